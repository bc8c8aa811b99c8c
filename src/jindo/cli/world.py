"""`jindo world list` and `jindo world make`: synthetic thefts whose true outcome is known.

What a world is and how its books are kept is `jindo.sim`'s.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jindo.cli.output import Json, View, emit
from jindo.cli.tables import build_facts, build_table, format_bytes

if TYPE_CHECKING:
    from rich.console import Console

commands = typer.Typer(no_args_is_help=True, add_completion=False)


@commands.command("list")
def list_(as_json: Json = False) -> None:
    """List the worlds that can be made."""
    from jindo.app import WORLDS

    worlds = [{"name": recipe.name, "description": recipe.description} for recipe in WORLDS]
    emit({"worlds": worlds}, render_list, as_json=as_json)


@commands.command("make")
def make(
    name: Annotated[str, typer.Argument(help="One of `jindo world list`.", metavar="NAME")],
    seed: Annotated[int, typer.Option(help="Same name, seed and scale, same bytes.")],
    out: Annotated[Path, typer.Option(help="Folder to write; absent or empty.", metavar="DIR")],
    scale: Annotated[
        str,
        typer.Option(
            metavar="NUMBER|full",
            help="How many wallets and transactions, as a multiple; the loot stays. `full` is of `bybit` alone.",
        ),
    ] = "1",
    as_json: Json = False,
) -> None:
    """Write a world: chains as the export tools write them, stolen.csv, services.csv, truth.json."""
    from jindo.app import make_world, write_world

    given = parse_scale(scale)
    write_world(make_world(name, seed=seed, scale=given), out)
    files = [
        {"name": str(path.relative_to(out)), "size": path.stat().st_size}
        for path in sorted(out.rglob("*"))
        if path.is_file()
    ]
    view = {"world": name, "seed": seed, "scale": given, "out": str(out), "files": files}
    emit(view, render_made, as_json=as_json)


def parse_scale(text: str) -> float | str:
    """A scale as it is written: a number, or the name of one."""
    try:
        return float(text)
    except ValueError:
        return text


def render_list(console: Console, view: View) -> None:
    """The worlds, one a row."""
    table = build_table("world", "what it is")
    for world in view["worlds"]:
        table.add_row(world["name"], world["description"])
    console.print(table)


def render_made(console: Console, view: View) -> None:
    """Where the world is, and what lies there."""
    facts = {
        "world": view["world"],
        "seed": str(view["seed"]),
        "scale": f"{view['scale']:g}" if isinstance(view["scale"], float) else view["scale"],
        "folder": view["out"],
    }
    console.print(build_facts(facts))
    table = build_table("file", ">size")
    for file in view["files"]:
        table.add_row(file["name"], format_bytes(file["size"]))
    console.print(table)
