"""`jindo ledger import`, `status` and `rollback`: chain data in, what is there, and blocks off again.

What an import does to rows is `jindo.ledger`'s; here options become its arguments, and its report a table.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from jindo.base.errors import InputError
from jindo.base.ids import parse_chain
from jindo.base.times import format_time
from jindo.cli.output import Json, Steps, View, emit, progress_bars
from jindo.cli.tables import build_facts, build_table, format_bytes, format_count, print_notes

if TYPE_CHECKING:
    from rich.console import Console

    from jindo.app import ImportReport, LedgerStatus
    from jindo.ledger import ChainStatus

commands = typer.Typer(no_args_is_help=True, add_completion=False)

FORMATS_HELP = (
    "transfers, ethereum-etl, aws-eth, cryo, graphsense-ethereum, bitcoin-etl, aws-btc, bigquery-btc, bitcoin-blocks, "
    "ethereum-rpc, bitcoin-rpc, esplora, etherscan or trongrid."
)
"""The formats by name, without the catalogue, which takes a second to load; a test holds it against that."""


class ImportCommand(TyperCommand):
    """A command whose help ends with what each format expects; only the help loads the catalogue."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help, with one line a format."""
        from jindo.app import CATALOGUE

        lines = [f"{entry.name}: {entry.expects}" for entry in CATALOGUE.values()]
        self.epilog = "\n\n".join(["What each format expects to find:", *lines])
        super().format_help(ctx, formatter)


@commands.command("import", cls=ImportCommand)
def import_(
    source: Annotated[
        str,
        typer.Argument(
            help="A file, a folder, or a pattern in quotes: CSV, JSON lines, Parquet.", metavar="SOURCE"
        ),
    ],
    format_: Annotated[
        str,
        typer.Option("--format", help=FORMATS_HELP, metavar="FORMAT"),
    ],
    into: Annotated[
        Path, typer.Option("--into", help="The ledger's folder; made where it is absent.", metavar="LEDGER")
    ],
    chain: Annotated[
        str | None, typer.Option(help="CAIP-2 id of the chain; else the format's usual one.", metavar="CAIP2")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="What a column is called in the source; may be repeated.", metavar="NAME=THEIRS"),
    ] = None,
    asset: Annotated[
        str | None, typer.Option(help="The asset of every row, where there is no asset column.")
    ] = None,
    decimals: Annotated[
        int | None, typer.Option(help="Amounts are whole tokens with so many decimals.")
    ] = None,
    distinct: Annotated[
        bool, typer.Option("--distinct", help="Keep one of each set of identical rows.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse all where one row is refused, or a last line may be cut.")
    ] = False,
    again: Annotated[
        bool,
        typer.Option("--again", help="Count a file's rows again that was imported before in another way."),
    ] = False,
    from_block: Annotated[
        int | None, typer.Option(help="The first block that a node is asked for.", metavar="N")
    ] = None,
    to_block: Annotated[
        int | None, typer.Option(help="The last one; else the last with enough confirmations.", metavar="N")
    ] = None,
    confirmations: Annotated[
        int | None,
        typer.Option(
            help="Blocks that must stand on the last one; 12 on Ethereum, 6 on Bitcoin.", metavar="N"
        ),
    ] = None,
    per_second: Annotated[
        float | None,
        typer.Option(help="Requests a second that a node is asked at most; else 50.", metavar="N"),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(
            help="Build a cluster ledger at LEDGER (a folder or s3a://… that all machines see): sc://HOST:PORT.",
            metavar="URL",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring chain data into a ledger folder. Importing twice adds nothing; rows that cannot be right are listed by line."""
    from jindo.app import import_source

    options: dict[str, Any] = {
        "format": format_,
        "chain": parse_chain(chain) if chain is not None else None,
        "columns": parse_columns(column or ()),
        "asset": asset,
        "decimals": decimals,
        "distinct": distinct,
        "strict": strict,
    }
    of_one: dict[str, Any] = {
        "again": again or None,
        "from_block": from_block,
        "to_block": to_block,
        "confirmations": confirmations,
        "per_second": per_second,
    }
    given = {name: value for name, value in of_one.items() if value is not None}
    with progress_bars() as progress:
        if engine is not None:
            report = _build_on_engine(source, into, engine, options, given, progress)
        else:
            report = import_source(source, into=into, progress=progress, **options, **given)
    emit(view_import(report, into), render_import, as_json=as_json)


def _build_on_engine(
    source: str,
    into: Path,
    engine: str,
    options: dict[str, Any],
    given: dict[str, Any],
    progress: Steps,
) -> ImportReport:
    from jindo.app import build_cluster_ledger

    for name in given:
        option = name.replace("_", "-")
        raise InputError(
            f"--{option} has no meaning with --engine", place=f"--{option}", remedy="Leave it out."
        )
    return build_cluster_ledger(source, into=str(into), engine=engine, progress=progress, **options)


@commands.command("status")
def status(
    ledger: Annotated[Path, typer.Argument(help="The ledger's folder.", metavar="LEDGER")],
    full: Annotated[
        bool, typer.Option("--full", help="Also compute every fingerprint from the rows again.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Check a ledger's files against their hashes, and show what it holds: chains, assets, ranges, rejects, fingerprint."""
    from jindo.app import open_ledger

    opened = open_ledger(ledger)
    with progress_bars() as progress:
        progress("checking the ledger's files", 0, None)
        opened.check(full=full)
    emit(view_status(opened.status(), ledger, full=full), render_status, as_json=as_json)


@commands.command("rollback")
def rollback(
    ledger: Annotated[Path, typer.Argument(help="The ledger's folder.", metavar="LEDGER")],
    chain: Annotated[str, typer.Option(help="CAIP-2 id of the chain.", metavar="CAIP2")],
    to: Annotated[int, typer.Option("--to", help="The last block that stays.", metavar="HEIGHT")],
    as_json: Json = False,
) -> None:
    """Take every block above a height off a chain, as when the network took them back; what is imported after counts."""
    from jindo.app import open_ledger, roll_back

    removed = roll_back(ledger, parse_chain(chain), to)
    view = {
        "ledger": str(ledger),
        "chain": chain,
        "to": to,
        "removed": removed,
        "fingerprint": open_ledger(ledger).fingerprint(),
    }
    emit(view, render_rollback, as_json=as_json)


def parse_columns(pairs: Iterable[str]) -> dict[str, str]:
    """Our column names to theirs, from `name=theirs` texts.

    Raises:
        InputError: a text without `=`, or a name given twice.
    """
    columns: dict[str, str] = {}
    for pair in pairs:
        ours, equals, theirs = pair.partition("=")
        if not (ours and equals and theirs):
            raise InputError(
                f"{pair!r} is not NAME=THEIRS", place="--column", remedy="Write --column from=sender."
            )
        if ours in columns:
            raise InputError(f"the column {ours!r} is given twice", place="--column")
        columns[ours] = theirs
    return columns


def view_import(report: ImportReport, into: Path) -> dict[str, Any]:
    """What became of a source's rows, as JSON."""
    return {
        "ledger": str(into),
        "chain": report.chain,
        "source_rows": report.source_rows,
        "read": report.read,
        "added": report.added,
        "already_there": report.already_there,
        "left_by_distinct": report.left_by_distinct,
        "superseded": report.superseded,
        "rejected": report.rejected,
        "rejects": str(report.rejects) if report.rejects else None,
        "first_rejects": [
            {"file": reject.file, "line": reject.line, "code": reject.code, "reason": reject.reason}
            for reject in report.first_rejects
        ],
        "notes": list(report.notes),
        "fingerprint": report.fingerprint,
    }


def view_status(status: LedgerStatus, folder: Path, *, full: bool = False) -> dict[str, Any]:
    """What a ledger holds, as JSON; times are ISO 8601 in UTC. `full`: the fingerprints were computed again."""
    imports = (
        "format", "chain", "read", "added", "already_there", "left_by_distinct", "superseded", "rejected", "rejects",
    )  # fmt: skip
    return {
        "ledger": str(folder),
        "chains": [_view_chain(chain, entry) for chain, entry in status.chains.items()],
        "imports": [
            {name: getattr(entry, name) for name in imports} | {"sources": entry.sources}
            for entry in status.imports
        ],
        "rejected": status.rejected,
        "rejects": list(status.rejects),
        "notes": list(status.notes),
        "checked": "fingerprint" if full else "files",
        "size": status.size,
        "fingerprint": status.fingerprint,
    }


def _view_chain(chain: str, entry: ChainStatus) -> dict[str, Any]:
    assets = zip(entry.assets, entry.decimals, entry.asset_rows, strict=True)
    return {
        "chain": chain,
        "kind": entry.kind,
        "rows": entry.rows,
        "transactions": entry.transactions,
        "accounts": entry.accounts,
        "first_block": entry.blocks[0] if entry.blocks else None,
        "last_block": entry.blocks[1] if entry.blocks else None,
        "first_time": format_time(entry.times[0]) if entry.times else None,
        "last_time": format_time(entry.times[1]) if entry.times else None,
        "assets": [{"asset": asset, "decimals": places, "rows": rows} for asset, places, rows in assets],
        "inexact": entry.inexact is not None,
        "fingerprint": entry.fingerprint,
    }


def render_import(console: Console, view: View) -> None:
    """What became of a source's rows."""
    labels = {
        "read": "read", "added": "added", "already_there": "already there", "left_by_distinct": "left by --distinct",
        "superseded": "said better by traces", "rejected": "rejected",
    }  # fmt: skip
    facts = {"ledger": view["ledger"], "chain": view["chain"]}
    facts |= {
        label: format_count(view[name])
        for name, label in labels.items()
        if view[name] or name in {"read", "added"}
    }
    if view["rejects"]:
        facts["rejects file"] = view["rejects"]
    console.print(build_facts(facts | {"fingerprint": view["fingerprint"]}))
    _render_rejects(console, view)
    print_notes(console, view["notes"])


def render_rollback(console: Console, view: View) -> None:
    """What a rollback took off."""
    facts = {name: view[name] for name in ("ledger", "chain")}
    facts |= {"last block that stays": str(view["to"]), "rows taken off": format_count(view["removed"])}
    console.print(build_facts(facts | {"fingerprint of the ledger": view["fingerprint"]}))


def _render_rejects(console: Console, view: View) -> None:
    if not view["rejected"]:
        return
    rows = "1 row was" if view["rejected"] == 1 else f"{format_count(view['rejected'])} rows were"
    console.print(f"{rows} rejected and left out:", style="yellow")
    for reject in view["first_rejects"]:
        console.print(f"  {reject['file']}:{reject['line']}: {reject['reason']}", soft_wrap=True)
    if more := view["rejected"] - len(view["first_rejects"]):
        console.print(f"  and {format_count(more)} more")
    console.print(f"  all of them, with what to do: {view['rejects']}\n", soft_wrap=True)


def render_status(console: Console, view: View) -> None:
    """What a ledger holds: each chain with its assets, then the whole."""
    for chain in view["chains"]:
        _render_chain(console, chain)
    facts = {"imports": format_count(len(view["imports"])), "rejected rows": format_count(view["rejected"])}
    if view["rejects"]:
        facts["rejects files"] = ", ".join(f"{view['ledger']}/{name}" for name in view["rejects"])
    facts |= {"size": format_bytes(view["size"]), "fingerprint": view["fingerprint"]}
    facts["checked"] = _say_checked(view)
    console.print("The whole ledger", style="bold")
    console.print(build_facts(facts))
    print_notes(console, view["notes"])


def _say_checked(view: View) -> str:
    files = "files are as they were written"
    rows = "fingerprints computed again from the rows" if view["checked"] == "fingerprint" else ""
    return "; ".join(text for text in (files, rows) if text)


def _render_chain(console: Console, chain: View) -> None:
    rows = "transactions" if chain["kind"] == "utxo" else "movements"
    console.print(f"{chain['chain']} ({chain['kind']})", style="bold")
    facts = {
        rows: format_count(chain["rows"]),
        "transactions": format_count(chain["transactions"]),
        "accounts": format_count(chain["accounts"]),
        "blocks": _span(chain["first_block"], chain["last_block"]),
        "times (UTC)": _span(chain["first_time"], chain["last_time"]),
        "fingerprint": chain["fingerprint"],
    }
    if chain["inexact"]:
        facts["amounts"] = "inexact: some may be off by rounding in the source (see the notes)"
    console.print(build_facts(facts))
    assets = build_table("asset", ">decimals", ">outputs" if chain["kind"] == "utxo" else ">movements")
    for asset in chain["assets"]:
        places = "unknown" if asset["decimals"] is None else str(asset["decimals"])
        assets.add_row(asset["asset"], places, format_count(asset["rows"]))
    console.print(assets)


def _span(first: object, last: object) -> str:
    return "unknown" if first is None else f"{first} to {last}"
