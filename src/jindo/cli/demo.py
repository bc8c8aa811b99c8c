"""`jindo demo`: the joint story, played by three real nodes on this machine and told so that a stranger follows it.

What is played and checked is `jindo.app`'s; here it is told.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jindo.cli.output import Json, View, emit, open_console, progress_bars

if TYPE_CHECKING:
    from rich.console import Console

    from jindo.app import DemoOutcome, Scene

PROLOGUE = (
    "Three nodes on this machine, each its own process, database and keys: a police unit in Seoul, an agency in "
    "The Hague, and an exchange. 401,000 ether are stolen; the chains, the people and the loot are made up, the work "
    "is real."
)


def demo(
    folder: Annotated[
        Path,
        typer.Option(
            "--dir", help="Where to make it; a folder that an earlier demo made is replaced.", metavar="DIR"
        ),
    ] = Path("build/demo"),
    seed: Annotated[int, typer.Option(help="Another seed makes another world.")] = 1,
    scale: Annotated[float, typer.Option(help="How many wallets and transactions, as a multiple.")] = 0.1,
    page: Annotated[
        int,
        typer.Option(
            help="For how many seconds Seoul's node goes on serving its page; 0 stops it.", min=0, max=86_400
        ),
    ] = 900,
    as_json: Json = False,
) -> None:
    """Play the joint story: trace a theft, share it across borders, freeze a part of it, take a word back."""
    from jindo.app import run_demo

    console = open_console()
    if not as_json:
        console.print(PROLOGUE + "\n", soft_wrap=True)
    with progress_bars() as progress:
        outcome = run_demo(
            folder,
            seed=seed,
            scale=scale,
            lasting=page,
            tell=None if as_json else lambda scene: render_scene(console, view_scene(scene)),
            progress=progress,
        )
    emit(view_demo(outcome), render_end, as_json=as_json)


def view_scene(scene: Scene) -> dict[str, Any]:
    """One act, as JSON."""
    return {"number": scene.number, "title": scene.title, "lines": list(scene.lines)}


def view_demo(outcome: DemoOutcome) -> dict[str, Any]:
    """What the story came to, as JSON."""
    return {
        "dir": str(outcome.folder),
        "scenes": [view_scene(scene) for scene in outcome.scenes],
        "page": outcome.page,
        "token": outcome.token,
        "export": str(outcome.export),
        "serving": {"pid": outcome.pid, "seconds": outcome.lasting},
    }


def render_scene(console: Console, view: View) -> None:
    """One act, as soon as it is over."""
    console.print(f"{view['number']}  {view['title']}", style="bold", soft_wrap=True)
    for line in view["lines"]:
        console.print(f"   {line}", soft_wrap=True)
    console.print()


def render_end(console: Console, view: View) -> None:
    """Where to look."""
    node = f"{view['dir']}/seoul"
    console.print("The case, on a page that Seoul's node serves:", style="bold")
    console.print(f"   {view['page']}", soft_wrap=True)
    console.print("   The certificate is the node's own, so a browser asks once. Sign in with Kim's token:")
    console.print(f"   {view['token']}", soft_wrap=True)
    serving = view["serving"]
    if serving["pid"]:
        minutes = serving["seconds"] // 60
        console.print(f"   It is served for {minutes} minutes more; to end it now: kill {serving['pid']}")
    console.print(f"   To serve it again: jindo serve {node}", soft_wrap=True)
