"""Chain data comes into a ledger folder: all of it, or nothing, and every row is accounted for.

* read = added + already there + left by `distinct` + superseded + rejected.
* Importing the same again adds nothing; importing more extends; the order of imports does not matter for rows
  that carry their indices.
* `strict` refuses all where one row is refused, and writes nothing; so does every refusal of a whole import.

Formats are `sources`'; copies and order `merging`'s; the files `folder`'s; what refuses all, `refusals`'.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from jindo.base.errors import InputError
from jindo.base.ids import ChainId
from jindo.ledger.account_import import import_accounts
from jindo.ledger.chain import AccountChain, Chain, UtxoChain
from jindo.ledger.files import SourceFile
from jindo.ledger.folder import (
    begin_record,
    keep_blocks,
    keep_rejects,
    record_built,
    record_chain,
    record_import,
    writing,
)
from jindo.ledger.imported import Imported
from jindo.ledger.manifest import ImportEntry, Manifest
from jindo.ledger.opened import FETCHED, Ledger
from jindo.ledger.refusals import (
    FIRST,
    check_other_import,
    check_strict,
    check_taken,
    find_other_import,
    note_unended,
)
from jindo.ledger.rejects import Reject
from jindo.ledger.sources import (
    CATALOGUE,
    BlockSource,
    Format,
    SourceRequest,
    check_options,
    get_format,
)
from jindo.ledger.staging import Progress, Staging, open_staging
from jindo.ledger.utxo_import import import_transactions

FORMATS = tuple(CATALOGUE)
"""Names of the formats that can be imported."""
_COUNTS = ("read", "added", "already_there", "left_by_distinct", "superseded")


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a source's rows."""

    chain: ChainId
    read: int
    """Movements that the source's rows stand for; on a UTXO chain transactions."""
    added: int
    already_there: int
    left_by_distinct: int
    superseded: int
    """Native movements of transactions that the block's traces say better."""
    rejected: int
    source_rows: dict[str, int]
    """Rows read from each table of the source; rows that move nothing (receipts, failed calls) are among them."""
    rejects: Path | None
    first_rejects: tuple[Reject, ...]
    """The first of the rejected rows, to be shown."""
    notes: tuple[str, ...]
    fingerprint: str
    """The chain's fingerprint after the import."""


def import_source(
    source: str,
    *,
    format: str,  # noqa: A002  # the command line's word
    into: Path,
    chain: ChainId | None = None,
    columns: Mapping[str, str] | None = None,
    asset: str | None = None,
    decimals: int | None = None,
    strict: bool = False,
    distinct: bool = False,
    again: bool = False,
    from_block: int | None = None,
    to_block: int | None = None,
    confirmations: int | None = None,
    per_second: float | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Bring a file, a folder, a glob pattern of files, or blocks of a node into the ledger folder `into`.

    `again` lets a file's rows count a second time, where it was imported before in another way. Of a node, whose URL
    `source` is, blocks `from_block` to `to_block` are asked for, or up to the last with enough `confirmations`.

    Raises:
        InputError: the source or an option cannot be used, no row can be taken in, or `strict` and one cannot.
        SourceError: a node does not answer; what it answered before is kept, and not asked again.
        ConflictError: somebody else is writing to the ledger, or a file was imported before in another way.
        IntegrityError: the ledger is damaged.
    """
    reader = get_format(format)
    wanted = {
        "from_block": from_block, "to_block": to_block, "confirmations": confirmations, "per_second": per_second
    }  # fmt: skip
    check_options(reader, {"columns": columns, "asset": asset, "decimals": decimals, **wanted})
    files = [] if reader.fetch is not None else reader.find(source)
    options: dict[str, Any] = {
        "asset": asset, "columns": dict(columns or {}), "decimals": decimals, "distinct": distinct
    }  # fmt: skip
    with writing(Path(into)) as ledger:
        fetched_notes: list[str] = []
        if reader.fetch is not None:
            source, chain, files, fetched_notes = _fetch(ledger, reader, source, chain, wanted, progress)
        chain = chain or reader.chain
        draft = _draft_entry(format, chain, files, options, progress)
        notes = fetched_notes + _check_before(ledger, draft, files, strict=strict, again=again)
        imported = _run(ledger, files, reader, chain, options, progress, again=again)
        if strict:
            check_strict(imported.rejects)
        check_taken(imported.rejects, imported.counts)
        return _record(ledger, source, draft, imported, notes)


def build_ledger_from_columns(into: Path, chain: Chain) -> Manifest:
    """A ledger folder that holds `chain` (see `assemble_account_chain`) without any source file."""
    with writing(Path(into)) as ledger:
        return record_chain(ledger, chain, None)


def _fetch(
    ledger: Ledger,
    reader: Format,
    source: str,
    chain: ChainId | None,
    wanted: Mapping[str, Any],
    progress: Progress | None,
) -> tuple[str, ChainId, list[SourceFile], list[str]]:
    """A node as it may be written down, its chain, the lists of its kept answers, and notes."""
    from jindo.ledger.fetching import FetchOrder, parse_service_address

    assert reader.fetch is not None  # noqa: S101  # who calls has looked
    given = {name: value for name, value in wanted.items() if value is not None}
    order = FetchOrder(
        source, ledger.folder / FETCHED, chain=chain, progress=progress or (lambda *_: None), **given
    )
    fetched = reader.fetch(order)
    return parse_service_address(source).shown, fetched.chain, fetched.files, fetched.notes


def _run(
    ledger: Ledger,
    files: list[SourceFile],
    reader: Format,
    chain: ChainId,
    options: dict[str, Any],
    progress: Progress | None,
    *,
    again: bool,
) -> Imported:
    old = ledger.chain(chain) if chain in ledger.chain_ids() else None
    wanted = UtxoChain if reader.kind == "utxo" else AccountChain
    if old is not None and not isinstance(old, wanted):
        raise InputError(
            f"the ledger holds {chain} as the other sort of chain",
            remedy="Name the right chain with --chain.",
        )
    folder = ledger.folder / ".staging"
    folder.mkdir()
    staging = open_staging(folder, progress)
    try:
        if reader.raw_blocks:
            return _run_blocks(ledger, staging, files, chain, old if isinstance(old, UtxoChain) else None)
        request = SourceRequest(staging, files, chain, old, options)
        if reader.unpack is not None:
            request.files = reader.unpack(request)
        imported = _run_rows(request, reader, again=again)
        return dataclasses.replace(imported, notes=[*request.notes, *imported.notes], inexact=request.inexact)
    finally:
        staging.con.close()


def _run_rows(request: SourceRequest, reader: Format, *, again: bool) -> Imported:
    staging, files, chain, old = request.staging, request.files, request.chain, request.old
    if reader.read is not None:
        held = old if isinstance(old, UtxoChain) else None
        return import_transactions(staging, files, chain, held, reader.read(request))
    assert reader.stage is not None  # noqa: S101  # a format has one of the three
    stage = partial(reader.stage, request)
    there = old if isinstance(old, AccountChain) else None
    return import_accounts(
        staging, files, stage, chain, there, distinct=request.options["distinct"], again=again
    )


def _run_blocks(
    ledger: Ledger, staging: Staging, files: list[SourceFile], chain: ChainId, old: UtxoChain | None
) -> Imported:
    folder = staging.folder / "blocks"
    with closing(BlockSource(staging, files, chain, ledger.blocks(chain).held(), folder)) as source:
        imported = import_transactions(staging, files, chain, old, source.rows())
        parcel = source.finish()
    return dataclasses.replace(
        imported,
        source_rows={"blocks": source.blocks, **imported.source_rows},
        staged=None if parcel is None else (folder, parcel),
    )


def _draft_entry(
    format: str,  # noqa: A002
    chain: ChainId,
    files: list[SourceFile],
    options: dict[str, Any],
    progress: Progress | None,
) -> ImportEntry:
    """What is known of an import before its rows are read."""
    sources = []
    for file in files:
        if progress:
            progress(f"hashing {file.name}", 0, None)
        sources.append({"name": file.name, "sha256": file.sha256()})
    return ImportEntry(
        format=format,
        chain=chain,
        sources=sources,
        options=options,
        rejected=0,
        rejects=None,
        notes=[],
        inexact=None,
        **dict.fromkeys(_COUNTS, 0),
    )


def _check_before(
    ledger: Ledger, draft: ImportEntry, files: list[SourceFile], *, strict: bool, again: bool
) -> list[str]:
    """Refuse what can be refused before a row is read; gives the notes on what is let through."""
    imports = ledger.manifest.imports
    if not again:
        check_other_import(imports, draft)
    notes = note_unended(files, strict=strict)
    if find_other_import(imports, draft) is not None:
        notes.append(
            "a file of this import was imported before in another way, and --again was given: where its rows now "
            "differ, they count a second time"
        )
    return notes


def _record(
    ledger: Ledger, source: str, draft: ImportEntry, imported: Imported, notes: list[str]
) -> ImportReport:
    if not imported.counts["read"]:
        notes.append("the source has no row that moves anything")
    notes += imported.notes
    inexact = imported.inexact if imported.counts["added"] else None
    if inexact is not None:
        notes.append(f"the ledger is inexact: {inexact}")
    counts: dict[str, Any] = {**imported.counts, "rejected": len(imported.rejects)}
    entry = dataclasses.replace(draft, notes=notes, inexact=inexact, **counts)
    begin_record(ledger)
    if imported.staged is not None:
        ledger = keep_blocks(ledger, ChainId(entry.chain), *imported.staged)
    ledger, rejects = keep_rejects(ledger, source, entry, imported.rejects)
    entry = dataclasses.replace(entry, rejects=rejects)
    if imported.built is None:
        manifest = record_import(ledger, ledger.manifest.chains, entry)
    else:
        manifest = record_built(ledger, ChainId(entry.chain), imported.built, entry, inexact=inexact)
    now = Ledger(ledger.folder, manifest)
    return ImportReport(
        chain=ChainId(entry.chain),
        rejected=len(imported.rejects),
        source_rows=imported.source_rows,
        rejects=ledger.folder / rejects if rejects else None,
        first_rejects=tuple(imported.rejects[:FIRST]),
        notes=tuple(notes),
        fingerprint=now.chain_fingerprint(ChainId(entry.chain)) if entry.chain in manifest.chains else "",
        **imported.counts,
    )
