"""A source becomes a chain of a cluster ledger: groups of files are imported by the workers, then held together.

* read = added + already there + left by `distinct` + superseded + rejected, over all groups, as on one machine.
* What no group can see alone is checked over all: a block or a transaction in two groups; on a UTXO chain what is
  spent twice, before it is made, at another value, or out of nothing. Any of these refuses the whole, by name.
* `cluster.json` is written last: a build that is killed leaves nothing that counts, and may be run again.

The importer is the ledger's own; which files go together is `grouping`'s.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from jindo.base.errors import ConflictError, InputError
from jindo.base.ids import ChainId
from jindo.ledger.engines.checks import check_rows, check_transactions
from jindo.ledger.engines.cluster_ledger import ClusterChain, ClusterLedger, find_cluster_ledger, name_build
from jindo.ledger.engines.finishing import finish_accounts, finish_transactions
from jindo.ledger.engines.group_import import SCHEMA, check_report, import_groups
from jindo.ledger.engines.grouping import FileGroup, group_files
from jindo.ledger.engines.places import Place, parse_place, to_folder_name
from jindo.ledger.engines.session import Engine, open_engine
from jindo.ledger.engines.sources import find_source_files
from jindo.ledger.importing import ImportReport
from jindo.ledger.manifest import ImportEntry
from jindo.ledger.rejects import Reject
from jindo.ledger.sources import Format, check_options, get_format
from jindo.ledger.staging import Progress

_COUNTS = ("read", "added", "already_there", "left_by_distinct", "superseded", "rejected")
_FIRST = 5
_INEXACT = "the ledger is inexact: {}"
"""As an import notes it."""
_COUNTED = re.compile(r"(?:([0-9]+) )?(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Order:
    """One build."""

    source: str
    format: Format
    chain: ChainId
    cluster: ClusterLedger
    options: dict[str, Any]
    names: list[str]
    places: list[str]
    groups: list[FileGroup]


def build_cluster_ledger(
    source: str,
    *,
    format: str,  # noqa: A002  # the command line's word
    into: str,
    engine: str,
    chain: ChainId | None = None,
    columns: Mapping[str, str] | None = None,
    asset: str | None = None,
    decimals: int | None = None,
    strict: bool = False,
    distinct: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Build a chain of the cluster ledger at `into` out of a file, a folder, a pattern or a store's prefix.

    Source and `into` stand where this machine and every worker see them under the same name.

    Raises:
        InputError: the source or an option cannot be used, or rows of two groups contradict each other.
        ConflictError: the cluster ledger has this chain already.
        SourceError: the engine or the store does not do as asked.
    """
    progress = progress or (lambda *_: None)
    options = {
        "format": format, "columns": dict(columns or {}), "asset": asset, "decimals": decimals,
        "strict": strict, "distinct": distinct,
    }  # fmt: skip
    order = _prepare(source, into, chain, options)
    place = order.cluster.chain_place(order.chain, name_build())
    with open_engine(engine) as session, _kept_if_whole(place):
        progress(f"importing {len(order.groups)} groups of files on {engine}", 0, None)
        reports = _import(session, order, place)
        progress("checking what no group sees alone", 0, None)
        (check_rows if order.format.kind == "account" else check_transactions)(session, place)
        progress("hashing what was written", 0, None)
        known = _join_assets(reports)
        finish = finish_accounts if order.format.kind == "account" else finish_transactions
        built = finish(session, place, order.chain, known, _join_inexact(reports))
        return _record(order, reports, built, place)


@contextmanager
def _kept_if_whole(place: Place) -> Iterator[None]:
    """What a build wrote is taken away again where it fails."""
    try:
        yield
    except BaseException:
        place.remove()
        raise


def _prepare(source: str, into: str, chain: ChainId | None, options: dict[str, Any]) -> _Order:
    reader = get_format(options["format"])
    check_options(reader, {name: options[name] for name in ("columns", "asset", "decimals")})
    if reader.raw_blocks or getattr(reader, "fetch", None) is not None:
        raise InputError(
            f"the format {reader.name} is not read by an engine",
            place="--format",
            remedy="Leave --engine out: raw blocks are kept, and nodes asked, by one machine.",
        )
    chain = chain or reader.chain
    cluster = find_cluster_ledger(into) or ClusterLedger(parse_place(into))
    if chain in cluster.chains:
        raise ConflictError(
            f"the cluster ledger has {chain} already, and a chain is built in one go",
            place=into,
            remedy="Build at another place, from all the files at once.",
        )
    files = find_source_files(source, reader)
    names = [name for name, _ in files]
    return _Order(
        source, reader, chain, cluster, options, names, [place for _, place in files], group_files(names)
    )


def _import(session: Engine, order: _Order, place: Place) -> list[dict[str, Any]]:
    jobs = [
        json.dumps(
            {
                "number": number,
                "name": group.name,
                "chain": order.chain,
                "files": [(order.places[file], order.names[file]) for file in group.files],
                "into": place.text,
                "options": order.options,
            }
        )
        for number, group in enumerate(order.groups)
    ]
    asked = session.put(pa.table({"job": pa.array(jobs, pa.string())}))
    told = session.get(session.map(asked, import_groups, SCHEMA, parts=len(jobs)))
    reports = sorted((json.loads(row["report"]) for row in told), key=lambda report: int(report["number"]))
    for report in reports:
        check_report(report)
    return reports


def _join_assets(reports: Sequence[dict[str, Any]]) -> dict[str, int | None]:
    """Decimals of every asset; one asset has one scale."""
    found: dict[str, set[int]] = {}
    for report in reports:
        for asset, places in report.get("assets", {}).items():
            found.setdefault(asset, set()).update(() if places is None else (places,))
    for asset, scales in sorted(found.items()):
        if len(scales) > 1:
            raise InputError(
                f"the asset {asset!r} has {' and '.join(map(str, sorted(scales)))} decimals at once",
                remedy="Give all files the asset's true decimals, or name two assets with --asset.",
            )
    return {asset: min(scales, default=None) for asset, scales in sorted(found.items())}


def _join_inexact(reports: Sequence[dict[str, Any]]) -> str | None:
    """What the groups say, each sentence once: those that begin with a number are one, with the sum."""
    said: dict[str, int] = {}
    for report in reports:
        if report.get("inexact"):
            count, rest = _COUNTED.fullmatch(report["inexact"]).groups()  # type: ignore[union-attr]  # it matches all
            said[rest] = said.get(rest, 0) + int(count or 0)
    return "; ".join(f"{count} {rest}" if count else rest for rest, count in said.items()) or None


def _record(
    order: _Order, reports: Sequence[dict[str, Any]], built: ClusterChain, place: Place
) -> ImportReport:
    entries = [ImportEntry(**report["entry"]) for report in reports]
    counts = {name: sum(getattr(entry, name) for entry in entries) for name in _COUNTS}
    rejects = f"chains/{to_folder_name(order.chain)}/{built.folder}/rejects" if counts["rejected"] else None
    entry = ImportEntry(
        format=order.format.name,
        chain=order.chain,
        sources=[source for entry in entries for source in entry.sources],
        options=entries[0].options,
        rejects=rejects,
        notes=_join_notes(order.groups, entries, built.inexact),
        inexact=built.inexact,
        **counts,
    )
    cluster = dataclasses.replace(
        order.cluster,
        chains={**order.cluster.chains, order.chain: built},
        imports=[*order.cluster.imports, entry],
    )
    cluster.record()
    source_rows: dict[str, int] = {}
    for report in reports:
        for table, rows in report["source_rows"].items():
            source_rows[table] = source_rows.get(table, 0) + rows
    first = [Reject(**reject) for report in reports for reject in report["first_rejects"]]
    return ImportReport(
        chain=order.chain,
        source_rows=source_rows,
        rejects=None if rejects is None else Path(place.at("rejects").shown),
        first_rejects=tuple(first[:_FIRST]),
        notes=tuple(entry.notes),
        fingerprint=built.fingerprint(order.chain),
        **counts,
    )


def _join_notes(
    groups: Sequence[FileGroup], entries: Sequence[ImportEntry], inexact: str | None
) -> list[str]:
    """What the groups' imports note, each once: years of days would say the same thousands of times."""
    said: dict[str, list[str]] = {}
    for group, entry in zip(groups, entries, strict=True):
        for note in entry.notes:
            if note != _INEXACT.format(entry.inexact):
                said.setdefault(note, []).append(group.name)
    notes = [note + _say_where(names, len(groups)) for note, names in said.items()]
    return notes if inexact is None else [*notes, _INEXACT.format(inexact)]


def _say_where(names: Sequence[str], groups: int) -> str:
    if len(names) == groups:
        return ""
    return (
        f" ({names[0]})" if len(names) == 1 else f" ({len(names)} of {groups} groups, the first {names[0]})"
    )
