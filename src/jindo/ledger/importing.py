"""Chain data comes into a ledger folder: all of it, or nothing, and every row is accounted for.

* read = added + already there + left by `distinct` + superseded + rejected.
* Importing the same again adds nothing; importing more extends; the order of imports does not matter for rows
  that carry their indices.
* `strict` refuses all where one row is refused, and writes nothing.

Formats are `sources`'; copies and order `merging`'s; the files `folder`'s.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jindo.base.errors import InputError
from jindo.base.ids import BITCOIN, ETHEREUM, ChainId
from jindo.ledger.account_import import import_accounts
from jindo.ledger.chain import AccountChain, Chain, UtxoChain
from jindo.ledger.files import SourceFile, find_files
from jindo.ledger.folder import Ledger, begin_record, record_chain, record_import, writing
from jindo.ledger.manifest import ImportEntry, Manifest
from jindo.ledger.rejects import Reject, write_rejects
from jindo.ledger.staging import Progress, open_staging
from jindo.ledger.utxo_import import import_transactions

FORMATS = ("transfers", "ethereum-etl", "bitcoin-etl")
_DEFAULT_CHAIN = {"transfers": ETHEREUM, "ethereum-etl": ETHEREUM, "bitcoin-etl": BITCOIN}


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
    progress: Progress | None = None,
) -> ImportReport:
    """Bring a file, a folder or a glob pattern of files into the ledger folder `into`.

    Raises:
        InputError: the source or an option cannot be used, or `strict` and a row was refused.
        ConflictError: somebody else is writing to the ledger.
    """
    if format not in FORMATS:
        raise InputError(f"there is no format {format!r}", remedy=f"Use one of {', '.join(FORMATS)}.")
    if format != "transfers" and (columns or asset is not None or decimals is not None):
        raise InputError("columns, asset and decimals belong to the format transfers only")
    chain = chain or _DEFAULT_CHAIN[format]
    files = find_files(source)
    options: dict[str, Any] = {
        "asset": asset, "columns": dict(columns or {}), "decimals": decimals, "distinct": distinct
    }  # fmt: skip
    with writing(Path(into)) as ledger:
        imported = _run(ledger, files, format, chain, options, progress)
        if strict and imported.rejects:
            _refuse_all(imported.rejects)
        return _record(ledger, source, files, format, chain, options, imported)


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
) -> Imported:
    old = ledger.chain(chain) if chain in ledger.chain_ids() else None
    wanted = UtxoChain if format == "bitcoin-etl" else AccountChain
    if old is not None and not isinstance(old, wanted):
        raise InputError(
            f"the ledger holds {chain} as the other sort of chain",
            remedy="Name the right chain with --chain.",
        )
    folder = ledger.folder / ".staging"
    folder.mkdir()
    staging = open_staging(folder, progress)
    try:
        if format == "bitcoin-etl":
            held = old if isinstance(old, UtxoChain) else None
            return Imported(*import_transactions(staging, files, chain, held))
        there = old if isinstance(old, AccountChain) else None
        return Imported(*import_accounts(staging, files, format, chain, there, options))
    finally:
        staging.con.close()


def _refuse_all(rejects: list[Reject]) -> None:
    first = rejects[0]
    raise InputError(
        f"{first.reason} ({len(rejects)} rows are refused in all, and nothing was imported)",
        place=f"{first.file}:{first.line}",
        remedy=first.remedy,
    )


def _note_other_mapping(ledger: Ledger, entry: ImportEntry) -> None:
    """Say that a file was imported before with other columns or another asset: its rows may then stand twice."""
    hashes = {source["sha256"] for source in entry.sources}
    for old in ledger.manifest.imports:
        if (
            old.options != entry.options
            and old.chain == entry.chain
            and hashes & {s["sha256"] for s in old.sources}
        ):
            entry.notes.append(
                "a file of this import was imported before with other options: where rows now differ, they count "
                "a second time. If that was not meant, start a new ledger"
            )
            return


def _record(
    ledger: Ledger,
    source: str,
    files: list[SourceFile],
    format: str,  # noqa: A002
    chain: ChainId,
    options: dict[str, Any],
    imported: Imported,
) -> ImportReport:
    entry = ImportEntry(
        format=format,
        chain=chain,
        sources=[{"name": file.name, "sha256": file.sha256()} for file in files],
        options=options,
        rejected=len(imported.rejects),
        rejects=None,
        notes=imported.notes,
        **imported.counts,
    )
    _note_other_mapping(ledger, entry)
    same = [n for n, old in enumerate(ledger.manifest.imports, 1) if old.same_source(entry)]
    number = same[0] if same else len(ledger.manifest.imports) + 1
    begin_record(ledger)
    rejects = write_rejects(ledger.folder, number, source, imported.rejects)
    entry = dataclasses.replace(entry, rejects=rejects)
    if imported.chain is None:
        manifest = record_import(ledger, ledger.manifest.chains, entry)
    else:
        manifest = record_chain(ledger, imported.chain, entry)
    stands = manifest.chains.get(chain)
    return ImportReport(
        chain=chain,
        rejected=len(imported.rejects),
        source_rows=imported.source_rows,
        rejects=ledger.folder / rejects if rejects else None,
        notes=tuple(imported.notes),
        fingerprint=stands.fingerprint if stands else "",
        **imported.counts,
    )
