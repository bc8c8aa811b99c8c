"""`jindo demo`: the main job from start to end on a made-up theft, told so that a stranger follows it.

What is made and compared is `jindo.app`'s; here it is told.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jindo.cli.findings import render_services, render_sheets, sum_services
from jindo.cli.output import Json, View, emit, progress_bars
from jindo.cli.tables import build_facts, format_amount, format_count, name_asset

if TYPE_CHECKING:
    from rich.console import Console

    from jindo.app import DemoOutcome


def demo(
    folder: Annotated[
        Path,
        typer.Option(
            "--dir", help="Where to make it; a folder that an earlier demo made is replaced.", metavar="DIR"
        ),
    ] = Path("build/demo"),
    seed: Annotated[int, typer.Option(help="Another seed makes another world.")] = 1,
    scale: Annotated[float, typer.Option(help="How many wallets and transactions, as a multiple.")] = 1.0,
    as_json: Json = False,
) -> None:
    """Make a theft whose outcome is known, trace it, and compare with the truth."""
    from jindo.app import run_demo

    with progress_bars() as progress:
        outcome = run_demo(folder, seed=seed, scale=scale, progress=progress)
    emit(view_demo(outcome), render_demo, as_json=as_json)


def view_demo(outcome: DemoOutcome) -> dict[str, Any]:
    """What the demo made and found, as JSON."""
    findings = outcome.result["findings"]
    return {
        "dir": str(outcome.folder),
        "world": outcome.world.name,
        "description": outcome.world.description,
        "seed": outcome.world.seed,
        "scale": outcome.world.scale,
        "imported": [{"chain": report.chain, "added": report.added} for report in outcome.imports],
        "rule": findings["rule"],
        "thefts": findings["thefts"],
        "services": sum_services(findings["endpoints"]),
        "sheets": findings["sheets"],
        "decimals": outcome.result["provenance"]["decimals"],
        "truth": [
            {
                "theft": agreement.theft,
                "asset": agreement.asset,
                "stolen": str(agreement.stolen),
                "accounts": agreement.accounts,
                "figures": agreement.figures,
                "equal": True,
            }
            for agreement in outcome.agreements
        ],
        "example": outcome.example,
    }


def render_demo(console: Console, view: View) -> None:
    """The story: what was made, what was found, that it is true, where to look."""
    _render_world(console, view)
    console.rule("2. Where the money went", align="left")
    console.print()
    render_services(console, view["services"], view["decimals"])
    render_sheets(console, view["sheets"], view["decimals"])
    _render_truth(console, view)
    _render_places(console, view)


def _render_world(console: Console, view: View) -> None:
    console.rule("1. A theft whose outcome is known", align="left")
    console.print()
    console.print(
        f"The world “{view['world']}” (seed {view['seed']}, scale {view['scale']:g}) is made up: {view['description']}"
    )
    for entry in view["imported"]:
        console.print(f"  imported into the ledger: {format_count(entry['added'])} rows of {entry['chain']}")
    for theft in sorted(view["thefts"], key=lambda theft: str(theft["theft"])):
        places = view["decimals"].get(theft["asset"])
        amount = f"{format_amount(theft['stolen'], places)} {name_asset(theft['asset'])}"
        console.print(f"  stolen, as {theft['theft']}: {amount}, named by {theft['movements']} movements")
    console.print()


def _render_truth(console: Console, view: View) -> None:
    console.rule("3. Is it true?", align="left")
    console.print()
    console.print(
        "The world kept books of who paid whom; the trace saw only the chains. Compared to the base unit under five "
        "rules (fifo, lifo, haircut, dirty-first, clean-first): every account and service reached, fees, what was burned, "
        "and what is still held (by account under fifo, in sum under the others)."
    )
    for row in view["truth"]:
        figures = f"{format_count(row['figures'])} figures on {format_count(row['accounts'])} accounts"
        console.print(f"  ✓ {row['theft']}: {figures}, equal to the world's truth", style="green")
    console.print()


def _render_places(console: Console, view: View) -> None:
    console.rule("4. Where to look", align="left")
    console.print()
    result = Path(view["dir"]) / "result"
    facts = {
        "the report": f"{result / 'report.html'} (in a browser), {result / 'report.pdf'}",
        "the figures": f"{result / 'result.json'}, {result / 'endpoints.csv'}, {result / 'flows.csv'}",
        "check it": f"jindo verify {result}",
        "one path": f"jindo trace explain {result} {view['example']}",
        "the truth": str(Path(view["dir"]) / "world" / "truth.json"),
    }
    console.print(build_facts(facts))
