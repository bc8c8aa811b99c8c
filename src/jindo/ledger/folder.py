"""A ledger in a folder: open it at once, change it in one step, never half.

    LEDGER/
    ├── ledger.json            what counts
    ├── chains/NAME/NNNN/      one generation of a chain: its columns (`generation`)
    ├── blocks/NAME/NNNN/      raw blocks that one import brought, kept for proofs (`bitcoin.store`)
    ├── rejects/NNNN-NAME.csv  rows refused by an import
    ├── fetched/HOST/          what a node answered, kept as evidence, also where an import ends halfway (`fetching.keep`)
    └── lock                   held while somebody writes

* A new generation is written in full and on the disk before `ledger.json` names it; a crash before that leaves
  the last whole version, and the next import clears what was left behind.
* Only what is named as the ledger names its own is ever deleted; a link is refused, never followed.
* One writer at a time; readers are never in its way, since a mapped generation outlives its name.

What goes into a generation is `importing`'s.
"""

from __future__ import annotations

import fcntl
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from jindo.base.errors import ConflictError, InputError, IntegrityError, NotFound
from jindo.base.ids import ChainId
from jindo.ledger.bitcoin.parcel import BlockParcel
from jindo.ledger.bitcoin.store import BlockStore
from jindo.ledger.chain import AccountChain, Chain
from jindo.ledger.fingerprint import combine_fingerprints, compute_fingerprint
from jindo.ledger.generation import map_account_chain, map_utxo_chain, sync_folder, write_chain
from jindo.ledger.hashing import check_files
from jindo.ledger.manifest import FILE, ChainEntry, ImportEntry, Manifest, read_manifest, write_manifest

FETCHED = "fetched"
"""Folder of what servers answered, below the ledger's; a folder for each server (`fetching.keep`)."""

_BEFORE = re.compile(r"ledger\.json\.new|lock|\.staging|fetched")
"""What may lie in a folder that is no ledger yet."""
_OF_NODES = ("ethereum-rpc", "bitcoin-rpc")
"""Formats whose sources are lists of answers that the ledger keeps."""
_OWN_FOLDER = re.compile(r"(chains|blocks)/[-a-z0-9]{3,8}_[-_a-zA-Z0-9]{1,32}/[0-9]{4,}|\.staging")
_OWN_REJECTS = re.compile(r"rejects/[0-9]{4,}-[-._a-zA-Z0-9]+\.csv")
_LINKABLE = ("*", "chains/*", "chains/*/*", "blocks/*", "blocks/*/*", "rejects/*")


@dataclass(frozen=True, slots=True)
class LedgerStatus:
    """What a ledger holds."""

    chains: dict[ChainId, ChainEntry]
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
        entry = self.manifest.chains.get(chain)
        if entry is None:
            there = ", ".join(self.chain_ids()) or "none"
            raise NotFound(f"the ledger has no chain {chain}; it has {there}")
        try:
            return _map_chain(self.folder, chain, entry, check=check)
        except IntegrityError:
            now = read_manifest(self.folder).chains.get(chain)  # an import may have come between
            if now is None or now.generation == entry.generation:
                raise
            return _map_chain(self.folder, chain, now, check=check)

    def blocks(self, chain: ChainId) -> BlockStore:
        """The raw blocks of a chain that are kept for proofs; there may be none.

        Raises:
            IntegrityError: their index is not what was written.
        """
        return BlockStore(self.folder, chain, self.manifest.blocks.get(chain, []))

    def check(self, *, full: bool = False) -> None:
        """Hold every chain's files, and the raw blocks that are kept, against the hashes taken when they were written.

        So are the answers of nodes that imports rest on. With `full`, also compute every fingerprint from the rows again.

        Raises:
            IntegrityError: a file or a fingerprint is not what was written; the first is named.
        """
        for name in self.chain_ids():
            chain = self.chain(name)
            newest = read_manifest(self.folder).chains  # an import may have come between
            stated = {chains[name].fingerprint for chains in (self.manifest.chains, newest)}
            if full and compute_fingerprint(chain) not in stated:
                raise IntegrityError(
                    f"the rows of {name} do not give the fingerprint that {FILE} states",
                    place=str(self.folder / self.manifest.chains[name].generation),
                    remedy="Do not use this ledger: keep it as it is, and import the sources into a new folder.",
                )
        for parcel in _iter_parcels(self.manifest):
            check_files(self.folder / parcel.folder, parcel.files)
        self._check_fetched()

    def _check_fetched(self) -> None:
        imports = [entry for entry in self.manifest.imports if entry.format in _OF_NODES]
        if imports:
            from jindo.ledger.fetching import check_evidence

            check_evidence(
                self.folder / FETCHED, [source["sha256"] for entry in imports for source in entry.sources]
            )

    def fingerprint(self) -> str:
        """Fingerprint of the whole ledger, in hex."""
        return combine_fingerprints(
            {ChainId(name): e.fingerprint for name, e in self.manifest.chains.items()}
        )

    def status(self) -> LedgerStatus:
        """Chains, assets, ranges, counts, rejects, size and fingerprint."""
        imports = self.manifest.imports
        return LedgerStatus(
            chains={chain: self.manifest.chains[chain] for chain in self.chain_ids()},
            imports=tuple(imports),
            rejected=sum(entry.rejected for entry in imports),
            rejects=tuple(entry.rejects for entry in imports if entry.rejects is not None),
            notes=(
                *_note_unhashed(self.manifest),
                *dict.fromkeys(n for entry in imports for n in entry.notes),
            ),
            size=sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file()),
            fingerprint=self.fingerprint(),
        )


def open_ledger(path: Path) -> Ledger:
    """The ledger in the folder `path`.

    Raises:
        NotFound: there is none.
        IntegrityError: its list of contents is damaged.
    """
    return Ledger(Path(path), read_manifest(Path(path)))


@contextmanager
def writing(path: Path) -> Iterator[Ledger]:
    """The ledger at `path`, new where there is none, with the right to change it.

    Raises:
        InputError: the folder holds something else.
        ConflictError: somebody else is writing.
    """
    fresh = not path.exists()
    _check_ours(path)
    path.mkdir(parents=True, exist_ok=True)
    with (path / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConflictError(
                "another import is writing to this ledger",
                place=str(path),
                remedy="Wait until it has ended, then run the command again.",
            ) from error
        manifest = _read_or_new(path)
        _clear_leftovers(path, manifest)
        try:
            yield Ledger(path, manifest)
        finally:
            now = _read_or_new(path)
            _clear_leftovers(path, now)
            if (
                fresh
                and not now.chains
                and not now.imports
                and not any(path.glob(f"{FETCHED}/*/responses/*"))
            ):
                shutil.rmtree(path, ignore_errors=True)


def begin_record(ledger: Ledger) -> None:
    """Mark the folder as a ledger before anything is written that a killed import would leave in it."""
    if not (ledger.folder / FILE).exists():
        write_manifest(ledger.folder, ledger.manifest)


def keep_blocks(ledger: Ledger, chain: ChainId, staged: Path, parcel: BlockParcel) -> Ledger:
    """The ledger with a parcel of raw blocks in its place; the next `record_…` names it in `ledger.json`."""
    begin_record(ledger)
    generations = ledger.folder / "blocks" / _name_folder(chain)
    generations.mkdir(parents=True, exist_ok=True)
    place = generations / f"{_next_number(generations):04d}"
    sync_folder(staged)
    staged.rename(place)
    for parent in (generations, generations.parent, ledger.folder):
        sync_folder(parent)
    parcel = replace(parcel, folder=place.relative_to(ledger.folder).as_posix())
    blocks = {**ledger.manifest.blocks, chain: [*ledger.manifest.blocks.get(chain, []), parcel]}
    return replace(ledger, manifest=replace(ledger.manifest, blocks=blocks))


def record_chain(ledger: Ledger, chain: Chain, entry: ImportEntry | None) -> Manifest:
    """Write `chain` as a new generation, put it in the place of the last, and give the new manifest."""
    name = _name_folder(chain.chain)
    number = _next_number(ledger.folder / "chains" / name)
    begin_record(ledger)
    generation = f"chains/{name}/{number:04d}"
    files = write_chain(chain, ledger.folder / generation)
    for parent in (ledger.folder / "chains" / name, ledger.folder / "chains", ledger.folder):
        sync_folder(parent)
    before = ledger.manifest.chains.get(chain.chain)
    inexact = (before is not None and before.inexact) or (entry is not None and entry.inexact is not None)
    described = replace(_describe(chain, generation, files), inexact=inexact)
    chains = {**ledger.manifest.chains, chain.chain: described}
    return record_import(ledger, chains, entry)


def record_import(ledger: Ledger, chains: dict[str, ChainEntry], entry: ImportEntry | None) -> Manifest:
    """Put the chains and one more import into `ledger.json`.

    The same import again replaces its record, or leaves it where it added nothing.
    """
    imports = list(ledger.manifest.imports)
    same = [n for n, old in enumerate(imports) if entry is not None and old.same_source(entry)]
    if entry is not None and not same:
        imports.append(entry)
    elif entry is not None and (entry.added or entry.rejected != imports[same[0]].rejected):
        imports[same[0]] = entry
    manifest = replace(ledger.manifest, chains=chains, imports=imports)
    write_manifest(ledger.folder, manifest)
    return manifest


def _name_folder(chain: ChainId) -> str:
    return re.sub(r"[^-a-zA-Z0-9]", "_", chain)


def _next_number(folder: Path) -> int:
    there = (path.name for path in folder.glob("[0-9]*"))
    return 1 + max((int(text) for text in there if re.fullmatch("[0-9]+", text)), default=0)


def _iter_parcels(manifest: Manifest) -> Iterable[BlockParcel]:
    return (parcel for chain in sorted(manifest.blocks) for parcel in manifest.blocks[chain])


def _map_chain(folder: Path, chain: ChainId, entry: ChainEntry, *, check: bool) -> Chain:
    place = folder / entry.generation
    if check and entry.files is not None:
        check_files(place, entry.files, pattern="*.arrow")
    if entry.kind == "utxo":
        return map_utxo_chain(place, chain, asset=entry.assets[0], narrow=entry.narrow)
    return map_account_chain(place, chain, assets=entry.assets, decimals=entry.decimals, narrow=entry.narrow)


def _check_ours(path: Path) -> None:
    if not path.exists():
        return
    if not path.is_dir():
        raise InputError(f"{str(path)!r} is a file, not a folder", remedy="Name a folder for the ledger.")
    foreign = [child.name for child in path.iterdir() if not _BEFORE.fullmatch(child.name)]
    if foreign and not (path / FILE).exists():
        raise InputError(
            f"the folder {str(path)!r} holds something else ({min(foreign)}), and no {FILE}",
            remedy="Name a new folder for the ledger.",
        )
    links = [str(link) for pattern in _LINKABLE for link in path.glob(pattern) if link.is_symlink()]
    if links:
        raise InputError(
            f"the ledger's folder has a link in the place of a file or folder of its own ({min(links)})",
            remedy="Put what it points to in its place, or import the sources into a new folder.",
        )


def _read_or_new(path: Path) -> Manifest:
    return read_manifest(path) if (path / FILE).exists() else Manifest()


def _clear_leftovers(path: Path, manifest: Manifest) -> None:
    """Remove the ledger's own generations, rejects and staging files that no manifest names."""
    named = {entry.generation for entry in manifest.chains.values()}
    named |= {entry.rejects for entry in manifest.imports if entry.rejects}
    named |= {parcel.folder for parcel in _iter_parcels(manifest)}
    for folder in [*path.glob("chains/*/*"), *path.glob("blocks/*/*"), path / ".staging"]:
        name = folder.relative_to(path).as_posix()
        if name not in named and _OWN_FOLDER.fullmatch(name) and folder.is_dir():
            shutil.rmtree(folder, ignore_errors=True)
    for file in path.glob("rejects/*"):
        name = file.relative_to(path).as_posix()
        if name not in named and _OWN_REJECTS.fullmatch(name):
            file.unlink()


def _note_unhashed(manifest: Manifest) -> list[str]:
    return [
        f"{name} was written by an earlier version, without hashes of its files: whether they are damaged cannot be "
        "told (`jindo ledger status --full` computes its fingerprint again)"
        for name, entry in sorted(manifest.chains.items())
        if entry.files is None
    ]


def _describe(chain: Chain, generation: str, files: dict[str, str]) -> ChainEntry:
    known = chain.time[chain.time >= 0]
    height = chain.blocks.height
    account = isinstance(chain, AccountChain)
    return ChainEntry(
        kind="account" if account else "utxo",
        generation=generation,
        fingerprint=compute_fingerprint(chain),
        rows=len(chain.block),
        transactions=len(chain.tx_hashes),
        accounts=len(chain.accounts),
        narrow=chain.narrow,
        assets=[str(asset) for asset in chain.assets]
        if isinstance(chain, AccountChain)
        else [str(chain.asset)],
        decimals=list(chain.decimals) if isinstance(chain, AccountChain) else [8],
        asset_rows=_count_assets(chain),
        blocks=[int(height[0]), int(height[-1])] if len(height) else [],
        times=[int(known.min()), int(known.max())] if len(known) else [],
        files=files,
    )


def _count_assets(chain: Chain) -> list[int]:
    if not isinstance(chain, AccountChain):
        return [len(chain.out_account)]
    pot = np.where(chain.src >= 0, chain.src, chain.dst)
    return [int(n) for n in np.bincount(chain.pot_asset[pot], minlength=len(chain.assets))]
