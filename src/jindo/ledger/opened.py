"""An open ledger: what it holds, and its chains, mapped when asked for.

* A chain is handed out after its files were held against the hashes taken when they were written; those that were
  held before and not touched since are not read again (`checked`).
* A reader that has a chain keeps it, whatever is written after: files are unlinked, never overwritten.
* A fingerprint is computed when asked for, from the leaves that are kept and the rows of the last segment.

Changing a ledger is `folder`'s.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jindo.base.errors import IntegrityError, NotFound
from jindo.base.ids import AssetId, ChainId
from jindo.ledger.account_chain import AccountChain
from jindo.ledger.bitcoin.parcel import BlockParcel
from jindo.ledger.bitcoin.store import BlockStore
from jindo.ledger.chain import Chain
from jindo.ledger.checked import check_unless_known
from jindo.ledger.fingerprint import (
    SEGMENT,
    combine_fingerprints,
    combine_leaves,
    compute_fingerprint,
    compute_leaves,
)
from jindo.ledger.hashing import check_files, check_no_others
from jindo.ledger.manifest import FILE, ChainEntry, ImportEntry, Manifest, RunEntry, read_manifest
from jindo.ledger.run_counts import ACCOUNT, Counts, Run
from jindo.ledger.run_files import SUFFIX, map_run, read_notes
from jindo.ledger.utxo_chain import UtxoChain

FETCHED = "fetched"
"""Folder of what servers answered, below the ledger's; a folder for each server (`fetching.keep`)."""
_OF_NODES = ("ethereum-rpc", "bitcoin-rpc")
"""Formats whose sources are lists of answers that the ledger keeps."""
_REMEDY = "Do not use this ledger: keep it as it is, and import the sources into a new folder."


@dataclass(frozen=True, slots=True)
class ChainStatus:
    """What one chain of a ledger holds."""

    kind: str
    """`account` or `utxo`."""
    rows: int
    """Movements on an account chain, transactions on a UTXO chain."""
    transactions: int
    accounts: int
    assets: list[str]
    decimals: list[int | None]
    asset_rows: list[int]
    """Rows of each asset; on a UTXO chain its outputs."""
    blocks: list[int]
    """First and last block that has rows."""
    times: list[int]
    """First and last known time in unix seconds; empty where none is known."""
    inexact: str | None
    """Why amounts may be off by rounding; `None` where they are exact."""
    runs: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class LedgerStatus:
    """What a ledger holds."""

    chains: dict[ChainId, ChainStatus]
    imports: tuple[ImportEntry, ...]
    rejected: int
    """Rows refused, over all imports."""
    rejects: tuple[str, ...]
    """Rejects files, below the ledger's folder."""
    notes: tuple[str, ...]
    """What is unknown or assumed in what was imported."""
    size: int
    """Bytes of the folder."""
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """An open ledger; its chains are mapped when asked for."""

    folder: Path
    manifest: Manifest

    def chain_ids(self) -> tuple[ChainId, ...]:
        """The chains there are, in order of id."""
        return tuple(ChainId(name) for name in sorted(self.manifest.chains))

    def chain(self, chain: ChainId, *, check: bool = True) -> Chain:
        """One chain, mapped, after its files were held against the hashes taken when they were written.

        Without `check` its files are mapped as they are: for looking, not for what evidence rests on.

        Raises:
            NotFound: the ledger does not hold it.
            IntegrityError: its files are not what was written, or not whole.
        """
        entry = self._find(chain, self.manifest)
        while True:
            try:
                return _map_chain(self.folder, chain, entry, check=check)
            except IntegrityError:
                now = self._find(chain, read_manifest(self.folder))  # it may have been written to meanwhile
                if now == entry:
                    raise
                entry = now

    def blocks(self, chain: ChainId) -> BlockStore:
        """The raw blocks of a chain that are kept for proofs; there may be none.

        Raises:
            IntegrityError: their index is not what was written.
        """
        return BlockStore(self.folder, chain, self.manifest.blocks.get(chain, []))

    def check(self, *, full: bool = False) -> None:
        """Hold every chain's files, and the raw blocks that are kept, against the hashes taken when they were written.

        So are the answers of nodes that imports rest on. Nothing that was checked before is taken for granted. With
        `full`, also compute every fingerprint from the rows again.

        Raises:
            IntegrityError: a file or a fingerprint is not what was written; the first is named.
        """
        for name in self.chain_ids():
            entry = self.manifest.chains[name]
            while True:
                try:
                    _check_chain(self.folder, name, entry, full=full)
                    break
                except IntegrityError:
                    now = read_manifest(self.folder).chains.get(name)  # it may have been written to meanwhile
                    if now is None or now == entry:
                        raise
                    entry = now
        for parcel in iter_parcels(self.manifest):
            check_files(self.folder / parcel.folder, parcel.files)
        self._check_fetched()

    def _check_fetched(self) -> None:
        imports = [entry for entry in self.manifest.imports if entry.format in _OF_NODES]
        if imports:
            from jindo.ledger.fetching import check_evidence

            lists = [source["sha256"] for entry in imports for source in entry.sources]
            check_evidence(self.folder / FETCHED, lists)

    def chain_fingerprint(self, chain: ChainId) -> str:
        """Fingerprint of one chain, in hex.

        Raises:
            NotFound: the ledger does not hold it.
            IntegrityError: its files cannot be read.
        """
        return self._read_status(chain).fingerprint

    def fingerprint(self) -> str:
        """Fingerprint of the whole ledger, in hex."""
        return combine_fingerprints({name: self.chain_fingerprint(name) for name in self.chain_ids()})

    def status(self) -> LedgerStatus:
        """Chains, assets, ranges, counts, rejects, size and fingerprint."""
        imports = self.manifest.imports
        chains = {name: self._read_status(name) for name in self.chain_ids()}
        return LedgerStatus(
            chains=chains,
            imports=tuple(imports),
            rejected=sum(entry.rejected for entry in imports),
            rejects=tuple(entry.rejects for entry in imports if entry.rejects is not None),
            notes=tuple(dict.fromkeys(n for entry in imports for n in entry.notes)),
            size=_measure(self.folder),
            fingerprint=combine_fingerprints({name: entry.fingerprint for name, entry in chains.items()}),
        )

    def _read_status(self, chain: ChainId) -> ChainStatus:
        """One chain as it is described, of one version: of a newer one where an import has come between."""
        entry = self._find(chain, self.manifest)
        while True:
            try:
                return _describe(entry, _find_fingerprint(self.folder, chain, entry))
            except IntegrityError:
                now = self._find(chain, read_manifest(self.folder))
                if now == entry:
                    raise
                entry = now

    def _find(self, chain: ChainId, manifest: Manifest) -> ChainEntry:
        entry = manifest.chains.get(chain)
        if entry is None:
            there = ", ".join(sorted(manifest.chains)) or "none"
            raise NotFound(f"the ledger has no chain {chain}; it has {there}")
        return entry


def open_ledger(path: Path) -> Ledger:
    """The ledger in the folder `path`.

    Raises:
        NotFound: there is none.
        IntegrityError: its list of contents is damaged.
    """
    return Ledger(Path(path), read_manifest(Path(path)))


def map_runs(folder: Path, kind: str, runs: Sequence[RunEntry]) -> list[Run]:
    """The first runs of a chain, mapped as they are.

    Raises:
        IntegrityError: a file is missing or not whole.
    """
    found, start = [], Counts()
    for run in runs:
        traffic = int(run.max_traffic)
        found.append(
            map_run(
                folder / run.place, kind, start=start, counts=run.counts, max_traffic=traffic, names=run.files
            )
        )
        start += run.counts
    return found


def to_chain(chain: ChainId, entry: ChainEntry, runs: Sequence[Run]) -> Chain:
    """The chain of these runs."""
    if entry.kind == ACCOUNT:
        assets = tuple(AssetId(asset) for asset in entry.assets)
        return AccountChain(chain, assets, tuple(entry.decimals), entry.narrow, tuple(runs))  # type: ignore[arg-type]
    return UtxoChain(chain, AssetId(entry.assets[0]), entry.narrow, tuple(runs))  # type: ignore[arg-type]


def iter_parcels(manifest: Manifest) -> Iterable[BlockParcel]:
    """Every parcel of raw blocks that is named."""
    return (parcel for chain in sorted(manifest.blocks) for parcel in manifest.blocks[chain])


def _map_chain(folder: Path, chain: ChainId, entry: ChainEntry, *, check: bool) -> Chain:
    if check:
        _check_runs(folder, entry, again=False)
    return to_chain(chain, entry, map_runs(folder, entry.kind, entry.runs))


def _check_runs(folder: Path, entry: ChainEntry, *, again: bool) -> None:
    for run in entry.runs:
        if not run.place.endswith(SUFFIX):
            check_no_others(folder / run.place, run.files, pattern=f"*{SUFFIX}")
    files = {path: digest for run in entry.runs for path, digest in run.paths().items()}
    check_unless_known(folder, files, again=again)


def _check_chain(folder: Path, chain: ChainId, entry: ChainEntry, *, full: bool) -> None:
    _check_runs(folder, entry, again=True)
    mapped = to_chain(chain, entry, map_runs(folder, entry.kind, entry.runs))
    if full and compute_fingerprint(mapped) != _find_fingerprint(folder, chain, entry):
        raise IntegrityError(
            f"the rows of {chain} do not give the fingerprint that the ledger states",
            place=str(folder / FILE),
            remedy=_REMEDY,
        )


def _find_fingerprint(folder: Path, chain: ChainId, entry: ChainEntry) -> str:
    leaves = [leaf for run in entry.runs for leaf in read_notes(folder / run.place).leaves]
    if entry.runs:
        last = entry.runs[-1].blocks[1] // SEGMENT
        mapped = to_chain(chain, entry, map_runs(folder, entry.kind, entry.runs))
        leaves += compute_leaves(mapped, last, last + 1)
    return combine_leaves(chain, entry.kind, leaves)


def _describe(entry: ChainEntry, fingerprint: str) -> ChainStatus:
    counts = entry.counts()
    times = [time for run in entry.runs for time in run.times]
    return ChainStatus(
        kind=entry.kind,
        rows=counts.rows,
        transactions=counts.transactions,
        accounts=counts.accounts,
        assets=entry.assets,
        decimals=entry.decimals,
        asset_rows=entry.asset_rows,
        blocks=[entry.runs[0].blocks[0], entry.runs[-1].blocks[1]] if entry.runs else [],
        times=[min(times), max(times)] if times else [],
        inexact=entry.inexact,
        runs=len(entry.runs),
        fingerprint=fingerprint,
    )


def _measure(folder: Path) -> int:
    """Bytes of all files below a folder; what goes away meanwhile is not counted."""
    size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                size += Path(place, name).lstat().st_size
            except FileNotFoundError:
                continue
    return size
