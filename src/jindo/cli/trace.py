"""`jindo trace LEDGER` and `jindo trace explain DIR ADDRESS`: where stolen value went, and by which paths.

What tracing means is `jindo.trace`'s, what a result folder holds `jindo.app`'s.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jindo.cli.findings import render_services, render_sheets, sum_services
from jindo.cli.output import Json, View, emit, progress_bars
from jindo.cli.paths import render_explanation
from jindo.cli.tables import build_facts, format_amount, name_asset, print_notes
from jindo.cli.trace_group import TraceGroup

if TYPE_CHECKING:
    from rich.console import Console

commands = typer.Typer(cls=TraceGroup, invoke_without_command=True, no_args_is_help=True)


def complete_ledger(incomplete: str) -> list[str]:
    """What may stand first after `trace`: folders, and the subcommand."""
    parent = (
        Path(incomplete or ".") if incomplete.endswith("/") or not incomplete else Path(incomplete).parent
    )
    inside = parent.iterdir() if parent.is_dir() else ()
    folders = sorted(
        f"{path}/" for path in inside if path.is_dir() and f"{path}".startswith(incomplete.rstrip("/"))
    )
    return [*folders, *(name for name in ("explain",) if name.startswith(incomplete))]


@commands.callback()
def trace(
    ledger: Annotated[
        Path,
        typer.Argument(
            help="The ledger's folder; ./explain where it has that name.",
            metavar="LEDGER",
            autocompletion=complete_ledger,
        ),
    ],
    stolen: Annotated[
        Path,
        typer.Option(help="CSV of stolen transfers (tx_hash, …) or accounts (address, …).", metavar="FILE"),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the result.", metavar="DIR")],
    services: Annotated[
        Path | None,
        typer.Option(
            help="CSV of address, service, kind: where following stops.",
            metavar="FILE",
            envvar="JINDO_SERVICES",
        ),
    ] = None,
    rule: Annotated[
        str,
        typer.Option(
            help="fifo, lifo, haircut, dirty-first, clean-first, or poison for the upper bound.",
            metavar="RULE",
            envvar="JINDO_RULE",
        ),
    ] = "fifo",
    until: Annotated[
        str | None, typer.Option(help="Leave out what came later: 2023-06-02T21:49:23Z.", metavar="TIME")
    ] = None,
    max_hops: Annotated[int | None, typer.Option(help="Follow so many transfers and no further.")] = None,
    opening: Annotated[
        Path | None, typer.Option(help="CSV of what accounts held before the ledger begins.", metavar="FILE")
    ] = None,
    allow_unseen: Annotated[
        bool,
        typer.Option("--allow-unseen", help="Trace although a stolen account is not in the ledger at all."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Follow stolen value through a ledger to a report, exact to the base unit; or explain a result.

    Writes result.json, flows.csv, endpoints.csv, history.parquet, report.html and report.pdf into DIR, and
    evidence-bitcoin.jsonl where the ledger keeps raw blocks.
    """
    from jindo.app import TraceRequest, trace_ledger

    request = TraceRequest(
        ledger=ledger,
        stolen=stolen,
        services=services,
        rule=rule,
        until=until,
        max_hops=max_hops,
        opening=opening,
        allow_unseen=allow_unseen,
        out=out,
    )
    with progress_bars() as progress:
        outcome = trace_ledger(request, progress)
    emit(view_trace(outcome.result, outcome.out), render_trace, as_json=as_json)


@commands.command("explain")
def explain(
    folder: Annotated[Path, typer.Argument(help="A result folder of `jindo trace`.", metavar="DIR")],
    address: Annotated[str, typer.Argument(help="The address that was reached.", metavar="ADDRESS")],
    limit: Annotated[int, typer.Option(help="Show so many paths at most.", min=1)] = 10,
    as_json: Json = False,
) -> None:
    """Show the paths by which stolen value reached an address, transfer by transfer."""
    from jindo.app import explain_address

    explanation = explain_address(folder, address, limit=limit)
    view = explanation.to_json() | {"decimals": read_decimals(folder)}
    emit(view, render_explanation, as_json=as_json)


def view_trace(result: dict[str, Any], out: Path) -> dict[str, Any]:
    """The summary of a result, as JSON; the whole is in result.json."""
    findings, provenance = result["findings"], result["provenance"]
    return {
        "out": str(out),
        "files": sorted(path.name for path in out.iterdir() if path.is_file()),
        "rule": findings["rule"],
        "thefts": findings["thefts"],
        "services": sum_services(findings["endpoints"]),
        "sheets": findings["sheets"],
        "unexplained_inflow": findings["unexplained_inflow"],
        "decimals": provenance["decimals"],
        "notes": result["notes"],
        "findings_hash": result["findings_hash"],
        "provenance_hash": result["provenance_hash"],
    }


def read_decimals(folder: Path) -> dict[str, int | None]:
    """Decimals of the assets in a result that was read already."""
    provenance = json.loads((folder / "result.json").read_bytes())["provenance"]
    return dict(provenance["decimals"])


def render_trace(console: Console, view: View) -> None:
    """The services reached, the balance sheets, and where the report is."""
    render_services(console, view["services"], view["decimals"])
    render_sheets(console, view["sheets"], view["decimals"])
    if not view["sheets"]:
        console.print(
            "poison is an upper bound: every unit is counted wherever it may be, so there is no sheet\n"
        )
    for inflow in view["unexplained_inflow"]:
        amount = format_amount(inflow["amount"], view["decimals"].get(inflow["asset"]))
        name = name_asset(inflow["asset"])
        console.print(
            f"unexplained inflow: {amount} {name} left accounts before the ledger shows it arriving"
        )
    print_notes(console, view["notes"])
    out = Path(view["out"])
    facts = {
        "rule": view["rule"],
        "findings hash": view["findings_hash"],
        "report": f"{out / 'report.html'}, {out / 'report.pdf'}",
        "check it": f"jindo verify {out}",
    }
    console.print(build_facts(facts))
