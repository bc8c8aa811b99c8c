"""A ledger in a folder: change it in one step, never half.

    LEDGER/
    ├── ledger.json               what counts
    ├── chains/NAME/NNNN/         one run of a chain: its columns (`run_files`)
    ├── chains/NAME/NNNN.arrow    one small run
    ├── blocks/NAME/NNNN/         raw blocks that one import brought, kept for proofs (`bitcoin.store`)
    ├── rejects/NNNN-NAME.csv     rows refused by an import
    ├── fetched/HOST/             what a node answered, kept as evidence, also where an import ends halfway (`fetching.keep`)
    ├── checked                   which files were held against their hashes (`checked`)
    └── lock                      held while somebody writes

* New runs are written in full and on the disk before `ledger.json` names them; a crash before that leaves the last
  whole version, and the next writer clears what was left behind.
* Only what is named as the ledger names its own is ever deleted; a link is refused, never followed.
* One writer at a time; readers are never in its way, since a mapped run outlives its name.

What is in new runs is `importing`'s and `appending`'s; which are joined, `compacting`'s; reading, `opened`'s; who may write,
`locking`'s.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from jindo.base.ids import ChainId
from jindo.ledger import checked
from jindo.ledger.account_chain import AccountChain
from jindo.ledger.bitcoin.parcel import BlockParcel
from jindo.ledger.chain import Chain
from jindo.ledger.compacting import RunPart, write_parts
from jindo.ledger.hashing import sync_folder
from jindo.ledger.imported import Built
from jindo.ledger.locking import lock_folder, remove_folder
from jindo.ledger.manifest import (
    FILE,
    ChainEntry,
    ImportEntry,
    Manifest,
    RunEntry,
    read_manifest,
    write_manifest,
)
from jindo.ledger.mapping import map_runs, to_chain
from jindo.ledger.opened import FETCHED, Ledger, iter_parcels
from jindo.ledger.rejects import Reject, write_rejects
from jindo.ledger.run_counts import ACCOUNT, UTXO, Run, find_start
from jindo.ledger.run_files import read_notes
from jindo.ledger.runs import AccountRun

_OWN_FOLDER = re.compile(r"(chains|blocks)/[-a-z0-9]{3,8}_[-_a-zA-Z0-9]{1,32}/[0-9]{4,}|\.staging")
_OWN_FILE = re.compile(r"chains/[-a-z0-9]{3,8}_[-_a-zA-Z0-9]{1,32}/[0-9]{4,}\.arrow|\.checked-[^/]+")
_OWN_REJECTS = re.compile(r"rejects/[0-9]{4,}-[-._a-zA-Z0-9]+\.csv")


@contextmanager
def writing(path: Path) -> Iterator[Ledger]:
    """The ledger at `path`, new where there is none, with the right to change it.

    Raises:
        InputError: the folder holds something else.
        ConflictError: somebody else is writing.
    """
    with lock_folder(path) as fresh:
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
                remove_folder(path)


def begin_record(ledger: Ledger) -> None:
    """Mark the folder as a ledger before anything is written that a killed import would leave in it."""
    if not (ledger.folder / FILE).exists():
        write_manifest(ledger.folder, ledger.manifest)


def keep_blocks(ledger: Ledger, chain: ChainId, staged: Path, parcel: BlockParcel) -> Ledger:
    """The ledger with a parcel of raw blocks in its place; the next `record_…` names it in `ledger.json`."""
    begin_record(ledger)
    generations = ledger.folder / "blocks" / _name_folder(chain)
    generations.mkdir(parents=True, exist_ok=True)
    number = max(_next_number(generations), ledger.manifest.next_parcels.get(chain, 1))
    place = generations / f"{number:04d}"
    sync_folder(staged)
    staged.rename(place)
    for parent in (generations, generations.parent, ledger.folder):
        sync_folder(parent)
    parcel = replace(parcel, folder=place.relative_to(ledger.folder).as_posix())
    blocks = {**ledger.manifest.blocks, chain: [*ledger.manifest.blocks.get(chain, []), parcel]}
    numbers = {**ledger.manifest.next_parcels, chain: number + 1}
    return replace(ledger, manifest=replace(ledger.manifest, blocks=blocks, next_parcels=numbers))


def keep_rejects(
    ledger: Ledger, source: str, entry: ImportEntry, rejects: Sequence[Reject]
) -> tuple[Ledger, str | None]:
    """Write the rejects of an import; the next `record_…` with the ledger that this gives counts their number as used."""
    same = ledger.manifest.find_record(entry)
    before = None if same is None else ledger.manifest.imports[same].rejects
    number = max(ledger.manifest.next_rejects, len(ledger.manifest.imports) + 1)
    place = write_rejects(ledger.folder, number, source, rejects, before=before)
    if place not in (None, before):
        ledger = replace(ledger, manifest=replace(ledger.manifest, next_rejects=number + 1))
    return ledger, place


def record_built(
    ledger: Ledger,
    chain: ChainId,
    built: Built,
    entry: ImportEntry | None,
    *,
    inexact: str | None = None,
    held: Sequence[Run] | None = None,
) -> Manifest:
    """Put the runs that were built in the place of those after the first `built.keep`, join what should be joined, and
    name the result in `ledger.json` with one more import.

    What kept its runs keeps its files; where nothing is left, the chain is gone. `inexact` stays once it was said.
    `held` are the runs to be kept, where they are mapped already.

    Raises:
        IntegrityError: the runs to be kept cannot be read.
    """  # noqa: D205
    begin_record(ledger)
    name = _name_folder(chain)
    old = ledger.manifest.chains.get(chain)
    kept = old.runs[: built.keep] if old is not None else []
    account = isinstance(built.runs[0], AccountRun) if built.runs else (old is None or old.kind == ACCOUNT)
    draft = ChainEntry(
        kind=ACCOUNT if account else UTXO,
        next=ledger.manifest.gone.get(chain, 1) if old is None else old.next,
        assets=[str(asset) for asset in built.assets],
        decimals=list(built.decimals),
        asset_rows=[],
        inexact=inexact or (old.inexact if old is not None else None),
        runs=kept,
    )
    chains = {key: value for key, value in ledger.manifest.chains.items() if key != chain}
    gone = {key: value for key, value in ledger.manifest.gone.items() if key != chain}
    if kept or built.runs:
        held = map_runs(ledger.folder, draft.kind, kept) if held is None else held[: built.keep]
        chains[chain] = _write_runs(ledger, chain, draft, held, built.runs, folder=f"chains/{name}")
    elif draft.next > 1:
        gone[chain] = draft.next
    ledger = replace(ledger, manifest=replace(ledger.manifest, gone=gone))
    return record_import(ledger, chains, entry)


def _write_runs(
    ledger: Ledger, chain: ChainId, draft: ChainEntry, held: Sequence[Run], new: Sequence[Run], *, folder: str
) -> ChainEntry:
    """The entry of a chain whose runs are those of `draft` and the new ones, once they are on the disk."""
    if new and find_start(new[0]) != draft.counts():
        raise ValueError(f"the new runs begin at {find_start(new[0])}, the others end at {draft.counts()}")
    parts = [RunPart(run, kept) for run, kept in zip(held, draft.runs, strict=True)]
    parts += [RunPart(run, None) for run in new]
    whole = to_chain(chain, draft, [part.run for part in parts])
    runs = write_parts(ledger.folder, whole, parts, folder=folder, number=draft.next)
    rows = [0] * len(draft.assets)
    for run in runs:
        for asset, count in read_notes(ledger.folder / run.place).asset_rows:
            rows[asset] += count
    return replace(draft, runs=runs, asset_rows=rows, next=_count_on(runs, draft.next))


def record_chain(ledger: Ledger, chain: Chain, entry: ImportEntry | None) -> Manifest:
    """Put `chain` in the place of the one of the same name."""
    if isinstance(chain, AccountChain):
        return record_built(ledger, chain.chain, Built(0, chain.runs, chain.assets, chain.decimals), entry)
    return record_built(ledger, chain.chain, Built(0, chain.runs, (chain.asset,), (8,)), entry)


def record_import(ledger: Ledger, chains: dict[str, ChainEntry], entry: ImportEntry | None) -> Manifest:
    """Put the chains and one more import into `ledger.json`.

    The same import again replaces its record, or leaves its counts where it added nothing; where the chain was rolled
    back since, it is one more.
    """
    imports = list(ledger.manifest.imports)
    same = None if entry is None else ledger.manifest.find_record(entry)
    if entry is not None and same is None:
        imports.append(entry)
    elif entry is not None and same is not None:
        changed = entry.added or entry.rejected != imports[same].rejected
        imports[same] = entry if changed else replace(imports[same], rejects=entry.rejects)
    manifest = replace(ledger.manifest, chains=chains, imports=imports)
    write_manifest(ledger.folder, manifest)
    return manifest


def _name_folder(chain: ChainId) -> str:
    return re.sub(r"[^-a-zA-Z0-9]", "_", chain)


def _next_number(folder: Path) -> int:
    there = (path.name for path in folder.glob("[0-9]*"))
    return 1 + max((int(text) for text in there if re.fullmatch("[0-9]+", text)), default=0)


def _count_on(runs: Sequence[RunEntry], number: int) -> int:
    """The number that no run has had yet."""
    return max([number, *(1 + int(re.findall("[0-9]+", run.place)[-1]) for run in runs)])


def _read_or_new(path: Path) -> Manifest:
    return read_manifest(path) if (path / FILE).exists() else Manifest()


def _clear_leftovers(path: Path, manifest: Manifest) -> None:
    """Remove the ledger's own runs, rejects, drafts and staging files that no manifest names."""
    named = {run.place for entry in manifest.chains.values() for run in entry.runs}
    named |= {entry.rejects for entry in manifest.imports if entry.rejects}
    named |= {parcel.folder for parcel in iter_parcels(manifest)}
    for place in [
        *path.glob("chains/*/*"),
        *path.glob("blocks/*/*"),
        path / ".staging",
        *path.glob(f"{checked.DRAFT}*"),
    ]:
        name = place.relative_to(path).as_posix()
        if name in named:
            continue
        if _OWN_FOLDER.fullmatch(name) and place.is_dir():
            shutil.rmtree(place, ignore_errors=True)
        elif _OWN_FILE.fullmatch(name) and place.is_file():
            place.unlink(missing_ok=True)
    for file in path.glob("rejects/*"):
        name = file.relative_to(path).as_posix()
        if name not in named and _OWN_REJECTS.fullmatch(name):
            file.unlink()
