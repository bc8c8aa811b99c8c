"""`jindo trace LEDGER`, `jindo trace explain DIR ADDRESS` and `jindo trace compare A B`: where stolen value went.

What tracing means is `jindo.trace`'s, what a result folder holds `jindo.app`'s.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jindo.base.errors import InputError
from jindo.cli.changes import render_comparison
from jindo.cli.findings import render_fetched, render_services, render_sheets, sum_services
from jindo.cli.output import Json, Steps, View, emit, progress_bars
from jindo.cli.paths import render_explanation
from jindo.cli.tables import build_facts, format_amount, name_asset, print_notes
from jindo.cli.trace_group import TraceGroup

if TYPE_CHECKING:
    from rich.console import Console

    from jindo.app import TraceOutcome, TraceRequest

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
    return [*folders, *(name for name in ("compare", "explain") if name.startswith(incomplete))]


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
    fetch: Annotated[
        list[str] | None,
        typer.Option(
            help="Ask this server for what the trace touches: esplora=URL, etherscan=URL?chainid=N or trongrid=URL. "
            "May be given several times.",
            metavar="FORMAT=URL",
        ),
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(help="Folder that keeps what servers answer; LEDGER.kept unless given.", metavar="DIR"),
    ] = None,
    fetch_accounts: Annotated[
        int | None, typer.Option(help="Fetch so many accounts and no more; 500 unless given.", min=1)
    ] = None,
    fetch_most: Annotated[
        int | None,
        typer.Option(help="Do not fetch an account with more transactions; 10,000 unless given.", min=1),
    ] = None,
    fetch_rate: Annotated[
        float | None,
        typer.Option(help="Requests a second to each server; what is usual for it unless given.", min=0.01),
    ] = None,
    fetch_all_rules: Annotated[
        bool,
        typer.Option(
            "--fetch-all-rules", help="Fetch what stolen value reaches under any rule, not RULE alone."
        ),
    ] = False,
    engine: Annotated[
        str | None,
        typer.Option(
            help="LEDGER is a cluster ledger, which this engine reads: sc://HOST:PORT.",
            metavar="URL",
        ),
    ] = None,
    engine_limit: Annotated[
        int | None,
        typer.Option(help="Bring so many rows here and no more; 50,000,000 unless given.", min=1),
    ] = None,
    as_json: Json = False,
) -> None:
    """Follow stolen value through a ledger to a report, exact to the base unit; or explain a result.

    Writes result.json, flows.csv, endpoints.csv, history.parquet, report.html and report.pdf into DIR, and
    evidence-bitcoin.jsonl where the ledger keeps raw blocks. With --fetch the ledger is filled from servers first,
    with what the trace touches and nothing else; evidence-fetched.jsonl and accounts-fetched.csv then say what it
    rests on. Keys of servers are read from JINDO_ETHERSCAN_KEY and JINDO_TRONGRID_KEY.
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
    told = {"accounts": fetch_accounts, "most": fetch_most, "all_rules": fetch_all_rules or None}
    limits = {name: value for name, value in told.items() if value is not None}
    with progress_bars() as progress:
        if engine is not None or engine_limit is not None:
            _refuse_without_fetch(keep, fetch_rate, limits)
            outcome = _trace_on_engine(request, engine, engine_limit, fetch, progress)
        elif fetch:
            outcome = _fetch(request, fetch, keep, fetch_rate, limits, progress)
        else:
            _refuse_without_fetch(keep, fetch_rate, limits)
            outcome = trace_ledger(request, progress)
    emit(view_trace(outcome.result, outcome.out), render_trace, as_json=as_json)


def _fetch(
    request: TraceRequest,
    fetch: list[str],
    keep: Path | None,
    rate: float | None,
    limits: dict[str, Any],
    progress: Steps,
) -> TraceOutcome:
    from jindo.app import Asking, FetchLimits, name_keep_folder, parse_server, trace_fetched

    folder = keep if keep is not None else name_keep_folder(request.ledger)
    asking = Asking(folder, dict(os.environ), per_second=rate)
    servers = [parse_server(text) for text in fetch]
    return trace_fetched(request, servers, asking, FetchLimits(**limits), progress)


def _trace_on_engine(
    request: TraceRequest, engine: str | None, limit: int | None, fetch: list[str] | None, progress: Steps
) -> TraceOutcome:
    from jindo.app import trace_on_engine

    if engine is None:
        raise InputError(
            "--engine-limit means something with --engine only", remedy="Add --engine, or leave it out."
        )
    if fetch:
        raise InputError(
            "--fetch fills a ledger on this machine, and --engine reads one on a cluster",
            remedy="Leave one of them out.",
        )
    return trace_on_engine(request, engine=engine, limit=limit, progress=progress)


def _refuse_without_fetch(keep: Path | None, rate: float | None, limits: dict[str, Any]) -> None:
    """An option that would have no effect was meant for something."""
    if keep is not None or rate is not None or limits:
        raise InputError(
            "--keep and --fetch-… mean something with --fetch only",
            remedy="Add --fetch FORMAT=URL, or leave them out.",
        )


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


@commands.command("compare")
def compare(
    before: Annotated[Path, typer.Argument(help="A result folder of `jindo trace`.", metavar="A")],
    after: Annotated[Path, typer.Argument(help="Another, of the same theft.", metavar="B")],
    as_json: Json = False,
) -> None:
    """Show what changed from result A to result B, and why: new blocks, labels, another rule or inference."""
    from jindo.app import compare_results

    comparison = compare_results(before, after)
    emit(comparison.to_json(), render_comparison, as_json=as_json)


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
        **({"fetched": _view_fetched(provenance["fetched"])} if "fetched" in provenance else {}),
    }


def _view_fetched(stated: dict[str, Any]) -> dict[str, Any]:
    """What was fetched, with only those accounts that are not whole; all are in accounts-fetched.csv."""
    open_ones = [row for row in stated["accounts"] if row["state"] != "complete"]
    return {
        "servers": stated["servers"],
        "accounts": len(stated["accounts"]),
        "not_whole": open_ones,
        "further_accounts": stated["further_accounts"],
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
    if "fetched" in view:
        render_fetched(console, view["fetched"])
    print_notes(console, view["notes"])
    out = Path(view["out"])
    facts = {
        "rule": view["rule"],
        "findings hash": view["findings_hash"],
        "report": f"{out / 'report.html'}, {out / 'report.pdf'}",
        "check it": f"jindo verify {out}",
    }
    console.print(build_facts(facts))
