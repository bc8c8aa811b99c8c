"""`jindo bench run`: how fast this machine traces, beside other people's programs.

What is measured, and how, is `jindo.app.bench`'s.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jindo.base.errors import InputError
from jindo.cli.output import Json, View, emit, progress_bars
from jindo.cli.tables import build_facts, build_table, format_count

if TYPE_CHECKING:
    from rich.console import Console

commands = typer.Typer(no_args_is_help=True, add_completion=False)

_RESULT, _PICTURE = "bench.json", "reach.svg"


@commands.callback()
def group() -> None:
    """How fast this machine traces."""


@commands.command("run")
def run(
    out: Annotated[
        Path, typer.Option(help=f"Folder for `{_RESULT}` and the plot `{_PICTURE}`.", metavar="DIR")
    ] = Path("jindo-bench"),
    full: Annotated[
        bool,
        typer.Option(
            "--full/--quick",
            help="5, 20 and 100 million transfers, for an hour or two and 16 GB; else what ends within two minutes.",
        ),
    ] = False,
    sizes: Annotated[
        str, typer.Option(help="Transfers of each ledger, with commas between.", metavar="N,N")
    ] = "",
    touched: Annotated[
        str, typer.Option(help="Transfers that each theft touches, with commas between.", metavar="N,N")
    ] = "",
    appends: Annotated[
        int, typer.Option(help="Block-sized appends after which it is measured again; 0 for none.", min=0)
    ] = 10_000,
    as_json: Json = False,
) -> None:
    """Reach and the exact trace beside DuckDB, Polars, igraph, networkx and two floors, as ratios and a plot.

    Ledgers are made in memory; peers that are not installed are left out and named (`pip install "jindo[bench]"`).
    """
    from jindo.app import FULL_BENCH, QUICK_BENCH, BenchPlan, draw_bench, run_bench
    from jindo.seal import canonical_bytes

    plan = FULL_BENCH if full else QUICK_BENCH
    plan = BenchPlan(
        _parse_counts(sizes, "--sizes") or plan.sizes,
        _parse_counts(touched, "--touched") or plan.touched,
        appends,
    )
    out.mkdir(parents=True, exist_ok=True)
    with progress_bars() as report:
        result = run_bench(plan, folder=out, report=report)
    view = result.to_view()
    (out / _RESULT).write_bytes(canonical_bytes(view) + b"\n")
    (out / _PICTURE).write_text(draw_bench(result), encoding="utf-8")
    view |= {"files": [str(out / _RESULT), str(out / _PICTURE)]}
    emit(view, render_bench, as_json=as_json)


def render_bench(console: Console, view: View) -> None:
    """The machine, a row for each case, what was left out, and where the files are."""
    console.print(build_facts(view["facts"]))
    peers = sorted({name for case in view["cases"] for name in case["peers"]})
    table = build_table(
        *(">transfers", ">runs", ">touched", ">reach ms", ">cold", ">gather", ">window", ">exact"),
        *(f">{name}" for name in peers),
    )
    for case in view["cases"]:
        table.add_row(*_to_cells(case, peers))
    console.print(table)
    console.print(
        "cold: from a cold cache / reach. gather, window: reach / reading the touched transfers in random order, "
        "or the window in order. exact: the exact trace (fifo) / the gather floor. Peers: each / reach.",
        style="dim",
        soft_wrap=True,
    )
    for name, why in view["left_out"].items():
        console.print(f"note: {name} is left out: {why}", style="yellow")
    for text in view["not_found"]:
        console.print(f"note: {text}", style="yellow")
    console.print(f"\n{', '.join(view['files'])}", soft_wrap=True)


def _to_cells(case: Any, peers: list[str]) -> list[str]:
    reach, gather = case["reach"], case["gather"]
    ratios = [(case["cold"], reach), (reach, gather), (reach, case["read_window"]), (case["exact"], gather)]
    cells = [_format_ratio(*ratio) for ratio in ratios] + [
        _format_ratio(case["peers"].get(name), reach) for name in peers
    ]
    counts = [format_count(case[name]) for name in ("transfers", "runs", "touched")]
    return [*counts, f"{reach / 1e6:.2f}", *cells]


def _format_ratio(time: int | str | None, base: int) -> str:
    if not isinstance(time, int):
        return time or ""
    ratio = time / base
    return f"{ratio:,.0f}x" if ratio >= 100 else f"{ratio:.3g}x"


def _parse_counts(text: str, option: str) -> tuple[int, ...]:
    words = [word.strip().replace("_", "") for word in text.split(",")] if text else []
    if not all(word.isdecimal() and word.isascii() and int(word) for word in words):
        raise InputError(
            f"{text!r} is no list of counts", place=option, remedy="Write whole numbers above 0: 1000,100000."
        )
    return tuple(map(int, words))
