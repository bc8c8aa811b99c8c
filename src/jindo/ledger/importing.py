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
from pathlib import Path
from typing import Any

from jindo.base.errors import InputError
from jindo.base.ids import BITCOIN, ETHEREUM, ChainId
from jindo.ledger.account_import import import_accounts
from jindo.ledger.bitcoin.parcel import BlockParcel
from jindo.ledger.chain import AccountChain, Chain, UtxoChain
from jindo.ledger.files import SourceFile, find_files
from jindo.ledger.folder import Ledger, begin_record, keep_blocks, record_chain, record_import, writing
from jindo.ledger.manifest import ImportEntry, Manifest
from jindo.ledger.refusals import (
    FIRST,
    check_other_import,
    check_strict,
    check_taken,
    find_other_import,
    note_unended,
)
from jindo.ledger.rejects import Reject, write_rejects
from jindo.ledger.sources import BlockSource, find_block_files, read_bitcoin
from jindo.ledger.staging import Progress, Staging, open_staging
from jindo.ledger.utxo_import import import_transactions

FORMATS = ("transfers", "ethereum-etl", "bitcoin-etl", "bitcoin-blocks")
_OF_UTXO = ("bitcoin-etl", "bitcoin-blocks")
_COUNTS = ("read", "added", "already_there", "left_by_distinct", "superseded")
_DEFAULT_CHAIN = {
    "transfers": ETHEREUM,
    "ethereum-etl": ETHEREUM,
    "bitcoin-etl": BITCOIN,
    "bitcoin-blocks": BITCOIN,
}


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


@dataclass(frozen=True, slots=True)
class Imported:
    """What a source's importer hands back; `chain` is `None` where nothing is new."""

    chain: Chain | None
    counts: dict[str, int]
    rejects: list[Reject]
    source_rows: dict[str, int]
    notes: list[str]
    staged: tuple[Path, BlockParcel] | None = None
    """Raw blocks to keep for proofs, and the folder that they were written into."""


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
    progress: Progress | None = None,
) -> ImportReport:
    """Bring a file, a folder or a glob pattern of files into the ledger folder `into`.

    `again` lets a file's rows count a second time, where it was imported before in another way.

    Raises:
        InputError: the source or an option cannot be used, no row can be taken in, or `strict` and one cannot.
        ConflictError: somebody else is writing to the ledger, or a file was imported before in another way.
        IntegrityError: the ledger is damaged.
    """
    if format not in FORMATS:
        raise InputError(f"there is no format {format!r}", remedy=f"Use one of {', '.join(FORMATS)}.")
    if format != "transfers" and (columns or asset is not None or decimals is not None):
        raise InputError("columns, asset and decimals belong to the format transfers only")
    chain = chain or _DEFAULT_CHAIN[format]
    files = find_block_files(source) if format == "bitcoin-blocks" else find_files(source)
    options: dict[str, Any] = {
        "asset": asset, "columns": dict(columns or {}), "decimals": decimals, "distinct": distinct
    }  # fmt: skip
    draft = _draft_entry(format, chain, files, options, progress)
    with writing(Path(into)) as ledger:
        notes = _check_before(ledger, draft, files, strict=strict, again=again)
        imported = _run(ledger, files, format, chain, options, progress, again=again)
        if strict:
            check_strict(imported.rejects)
        check_taken(imported.rejects, imported.counts)
        return _record(ledger, source, draft, imported, notes)


def build_ledger_from_columns(into: Path, chain: Chain) -> Manifest:
    """A ledger folder that holds `chain` (see `assemble_account_chain`) without any source file."""
    with writing(Path(into)) as ledger:
        return record_chain(ledger, chain, None)


def _run(
    ledger: Ledger,
    files: list[SourceFile],
    format: str,  # noqa: A002
    chain: ChainId,
    options: dict[str, Any],
    progress: Progress | None,
    *,
    again: bool,
) -> Imported:
    old = ledger.chain(chain) if chain in ledger.chain_ids() else None
    wanted = UtxoChain if format in _OF_UTXO else AccountChain
    if old is not None and not isinstance(old, wanted):
        raise InputError(
            f"the ledger holds {chain} as the other sort of chain",
            remedy="Name the right chain with --chain.",
        )
    folder = ledger.folder / ".staging"
    folder.mkdir()
    staging = open_staging(folder, progress)
    try:
        if format in _OF_UTXO:
            held = old if isinstance(old, UtxoChain) else None
            if format == "bitcoin-blocks":
                return _run_blocks(ledger, staging, files, chain, held)
            rows = read_bitcoin(staging, files)
            return Imported(*import_transactions(staging, files, chain, held, rows))
        there = old if isinstance(old, AccountChain) else None
        return Imported(*import_accounts(staging, files, format, chain, there, options, again=again))
    finally:
        staging.con.close()


def _run_blocks(
    ledger: Ledger, staging: Staging, files: list[SourceFile], chain: ChainId, old: UtxoChain | None
) -> Imported:
    folder = staging.folder / "blocks"
    with closing(BlockSource(staging, files, chain, ledger.blocks(chain).held(), folder)) as source:
        imported = Imported(*import_transactions(staging, files, chain, old, source.rows()))
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
    counts: dict[str, Any] = {**imported.counts, "rejected": len(imported.rejects)}
    entry = dataclasses.replace(draft, notes=notes, **counts)
    same = [n for n, old in enumerate(ledger.manifest.imports, 1) if old.same_source(entry)]
    number = same[0] if same else len(ledger.manifest.imports) + 1
    begin_record(ledger)
    if imported.staged is not None:
        ledger = keep_blocks(ledger, ChainId(entry.chain), *imported.staged)
    rejects = write_rejects(ledger.folder, number, source, imported.rejects)
    entry = dataclasses.replace(entry, rejects=rejects)
    if imported.chain is None:
        manifest = record_import(ledger, ledger.manifest.chains, entry)
    else:
        manifest = record_chain(ledger, imported.chain, entry)
    stands = manifest.chains.get(entry.chain)
    return ImportReport(
        chain=ChainId(entry.chain),
        rejected=len(imported.rejects),
        source_rows=imported.source_rows,
        rejects=ledger.folder / rejects if rejects else None,
        first_rejects=tuple(imported.rejects[:FIRST]),
        notes=tuple(notes),
        fingerprint=stands.fingerprint if stands else "",
        **imported.counts,
    )
