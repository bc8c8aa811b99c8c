"""`jindo cluster build`, `why` and `show`: addresses that one owner seems to have, and what says so.

What joins addresses is `jindo.trace`'s, how it is kept and refused `jindo.app`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jindo.base.ids import parse_chain
from jindo.cli.output import Json, View, emit, progress_bars
from jindo.cli.tables import build_facts, build_table, format_count, format_number

if TYPE_CHECKING:
    from rich.console import Console

    from jindo.app import ClusterRequest

commands = typer.Typer(no_args_is_help=True, add_completion=False)

LedgerFolder = Annotated[Path, typer.Argument(help="The ledger's folder.", metavar="LEDGER")]
ChainName = Annotated[
    str | None,
    typer.Option("--chain", help="CAIP-2 id, where two chains know the addresses.", metavar="CAIP2"),
]
Built = Annotated[
    Path | None,
    typer.Option("--clusters", help="Where the clusters are; else LEDGER.clusters.", metavar="DIR"),
]


@commands.command("build")
def build(
    ledger: LedgerFolder,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to write, absent or empty; else LEDGER.clusters.", metavar="DIR"),
    ] = None,
    chain: Annotated[
        str | None, typer.Option(help="CAIP-2 id; else every UTXO chain there is.", metavar="CAIP2")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in the place of older clusters.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Join addresses that sign one transaction together, CoinJoins left out, and keep what joined them. Inference, not fact."""
    from jindo.app import build_cluster_folder

    with progress_bars() as progress:
        view = build_cluster_folder(
            ledger,
            out=out,
            chain=None if chain is None else parse_chain(chain),
            replace=replace,
            progress=progress,
        )
    emit(view, render_build, as_json=as_json)


@commands.command("why")
def why(
    ledger: LedgerFolder,
    start: Annotated[str, typer.Argument(help="One address.", metavar="A")],
    stop: Annotated[str, typer.Argument(help="The other.", metavar="B")],
    clusters: Built = None,
    chain: ChainName = None,
    as_json: Json = False,
) -> None:
    """Say why two addresses are in one cluster: the transactions that joined them, the earliest there are."""
    from jindo.app import explain_cluster

    view = explain_cluster(_request(ledger, clusters, chain), start, stop)
    emit(view, render_why, as_json=as_json)


@commands.command("show")
def show(
    ledger: LedgerFolder,
    address: Annotated[str, typer.Argument(help="The address.", metavar="ADDRESS")],
    clusters: Built = None,
    chain: ChainName = None,
    limit: Annotated[int, typer.Option(help="Show so many members at most.", min=1)] = 100,
    as_json: Json = False,
) -> None:
    """Show the cluster of an address: its members by appearance, and the CoinJoins that the address signed."""
    from jindo.app import show_cluster

    view = show_cluster(_request(ledger, clusters, chain), address, limit=limit)
    emit(view, render_show, as_json=as_json)


def _request(ledger: Path, clusters: Path | None, chain: str | None) -> ClusterRequest:
    from jindo.app import ClusterRequest

    return ClusterRequest(ledger, clusters, None if chain is None else parse_chain(chain))


def render_build(console: Console, view: View) -> None:
    """What was built of each chain."""
    for entry in view["chains"]:
        console.print(entry["chain"], style="bold")
        found = entry["coinjoins"]
        facts = {
            "transactions": format_count(entry["transactions"]),
            "addresses": format_count(entry["accounts"]),
            "clusters of two or more": format_count(entry["clusters"]),
            "addresses in them": format_count(entry["accounts_joined"]),
            "addresses in the largest": format_count(entry["largest"]),
            "unions kept": format_count(entry["unions"]),
            "CoinJoins left out": ", ".join(f"{count:,} {kind}" for kind, count in found.items() if count)
            or "0",
        }
        console.print(build_facts(facts))
    for chain in view["left_out"]:
        console.print(f"note: {chain} is an account chain and has no common inputs", style="yellow")
    console.print(build_facts({"folder": view["out"], "hash": view["hash"]}))
    _render_statement(console, view)


def render_why(console: Console, view: View) -> None:
    """The path between two addresses."""
    if not view["joined"]:
        console.print(f"{view['start']} and {view['stop']} are in two clusters: nothing here joins them.")
    elif not view["path"]:
        console.print("Both are the same address.")
    else:
        steps = format_number(len(view["path"]), "transaction")
        console.print(f"In one cluster, joined by {steps}:", style="bold")
        for place, step in enumerate(view["path"], 1):
            when = f"{step['time'] or 'time unknown'}, block {step['block']}, {step['inputs']} inputs"
            console.print(f"{place:>4}. {step['from']}", soft_wrap=True)
            console.print(f"      {step['to']}", soft_wrap=True)
            console.print(f"      both sign {step['tx_hash']}  {when}", style="dim", soft_wrap=True)
    _render_coinjoins(console, view["coinjoins_of_both"], "Both sign these, which join nobody:")
    _render_statement(console, view)


def render_show(console: Console, view: View) -> None:
    """A cluster, and what of it is not shown."""
    facts = {
        "address": view["address"],
        "cluster": f"named for its address first seen, {view['cluster']}",
        "addresses in the cluster": format_count(view["size"]),
    }
    console.print(build_facts(facts))
    table = build_table("members of the cluster, as they first appear")
    for member in view["members"]:
        table.add_row(member)
    console.print(table)
    if not view["complete"]:
        console.print("There are more members: --limit shows more of them.", style="yellow")
    _render_coinjoins(console, view["coinjoins_of_address"], "CoinJoins that the address signed:")
    _render_statement(console, view)


def _render_coinjoins(console: Console, joins: Sequence[View], title: str) -> None:
    if not joins:
        return
    table = build_table("transaction", ">block", "looks like", ">confidence", title=title)
    for join in joins:
        table.add_row(join["tx_hash"], str(join["block"]), join["kind"], str(join["confidence"]))
    console.print(table)


def _render_statement(console: Console, view: View) -> None:
    console.print(f"{view['statement']} Its error on real data is unknown.", style="yellow")
