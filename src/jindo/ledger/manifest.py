"""`ledger.json`: what a ledger folder holds, and which runs of each chain count.

* It is replaced in one step: whoever reads it sees the last whole version.
* It holds no clock time and no path of the machine: the same imports give the same text.
* It states the SHA-256 of every column's file and of itself.
* A file that is not a ledger's, not whole, or of another version is refused with what to do.

The columns themselves are `run_files`'; the folder's lock and its cleaning are `folder`'s.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from jindo.base.errors import InputError, IntegrityError, NotFound
from jindo.ledger.bitcoin.parcel import PARCEL_FILES, BlockParcel
from jindo.ledger.hashing import sync_folder
from jindo.ledger.run_counts import ACCOUNT, UTXO, Counts
from jindo.ledger.run_files import SUFFIX
from jindo.ledger.runs import MOST_TRAFFIC
from jindo.seal import sha256_hex

FORMAT = "jindo-ledger"
VERSION = 3
FILE = "ledger.json"
ROLLBACK = "rollback"
"""Format of the record of a rollback."""

_RUN = re.compile(r"chains/[-_a-zA-Z0-9]+/[0-9]{4,}(\.arrow)?")
_COLUMN = re.compile(r"[a-z_]+\.arrow|[0-9]{4,}\.arrow")
_PARCEL = re.compile(r"blocks/[-_a-zA-Z0-9]+/[0-9]{4,}")
_REJECTS = re.compile(r"rejects/[0-9]{4,}-[-._a-zA-Z0-9]+\.csv")


@dataclass(frozen=True, slots=True)
class RunEntry:
    """One run of a chain."""

    place: str
    """Its folder, or its one file (`.arrow`), below the ledger's."""
    rows: int
    """Movements on an account chain, transactions on a UTXO chain."""
    transactions: int
    accounts: int
    """Accounts first seen in it; so pots."""
    pots: int
    """On a UTXO chain: outputs."""
    inputs: int
    blocks: list[int]
    """First and last block that has rows."""
    times: list[int]
    """Least and greatest known time in unix seconds; empty where none is known."""
    assets: int
    """How many of the chain's assets are known by its end."""
    max_traffic: str
    """Decimal text of `AccountRun.max_traffic`, `UtxoRun.max_traffic`."""
    size: int
    """Bytes of its files."""
    files: dict[str, str]
    """SHA-256 of each file, by name."""

    @property
    def counts(self) -> Counts:
        """How much the run holds."""
        return Counts(self.rows, self.transactions, self.accounts, self.pots, self.inputs)

    def paths(self) -> dict[str, str]:
        """SHA-256 of each file, by path below the ledger's folder."""
        folder = self.place.rpartition("/")[0] if self.place.endswith(SUFFIX) else self.place
        return {f"{folder}/{name}": digest for name, digest in self.files.items()}


@dataclass(frozen=True, slots=True)
class ChainEntry:
    """One chain of the ledger."""

    kind: str
    """`account` or `utxo`."""
    next: int
    """Number of the next run to be written; none is used twice."""
    assets: list[str]
    """In order of appearance."""
    decimals: list[int | None]
    asset_rows: list[int]
    """Rows of each asset; on a UTXO chain its outputs."""
    inexact: str | None
    """Why amounts may be off by rounding, in the words of the source; `None` where they are exact."""
    runs: list[RunEntry]

    @property
    def narrow(self) -> bool:
        """Whether sums of int64 hold what any pot, or on a UTXO chain any transaction, moves."""
        traffic = [int(run.max_traffic) for run in self.runs]
        return (sum(traffic) if self.kind == ACCOUNT else max(traffic, default=0)) < MOST_TRAFFIC

    def counts(self, runs: int | None = None) -> Counts:
        """How much the chain, or its first runs, hold."""
        return sum((run.counts for run in self.runs[:runs]), Counts())


@dataclass(frozen=True, slots=True)
class ImportEntry:
    """One import, as it went."""

    format: str
    chain: str
    sources: list[dict[str, str]]
    """`name` and `sha256` of each file."""
    options: dict[str, Any]
    read: int
    added: int
    already_there: int
    left_by_distinct: int
    superseded: int
    rejected: int
    rejects: str | None
    """Rejects file below the ledger's folder."""
    notes: list[str]
    inexact: str | None = None
    """Why amounts that it added may be off by rounding; `None` where they are exact."""

    def same_source(self, other: ImportEntry) -> bool:
        """Whether both read the same files in the same way."""
        mine = (self.format, self.chain, self.sources, self.options)
        return mine == (other.format, other.chain, other.sources, other.options)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of `ledger.json`."""

    chains: dict[str, ChainEntry] = field(default_factory=dict)
    imports: list[ImportEntry] = field(default_factory=list)
    blocks: dict[str, list[BlockParcel]] = field(default_factory=dict)
    """Raw blocks that are kept for proofs, by chain, in the order in which they came."""
    gone: dict[str, int] = field(default_factory=dict)
    """Number of the next run of each chain that was rolled back to nothing; none is used twice."""
    next_rejects: int = 1
    """Number that no rejects file has had yet."""
    next_parcels: dict[str, int] = field(default_factory=dict)
    """Number of the next parcel of raw blocks of each chain; none is used twice."""

    def find_record(self, entry: ImportEntry) -> int | None:
        """Place of the record of the same import, where its chain was not rolled back since."""
        for place in range(len(self.imports) - 1, -1, -1):
            old = self.imports[place]
            if old.same_source(entry):
                return place
            if old.format == ROLLBACK and old.chain == entry.chain:
                return None
        return None


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the ledger in `folder`.

    Raises:
        NotFound: there is no ledger.
        InputError: it was written by a later version.
        IntegrityError: it is not whole.
    """
    path = folder / FILE
    if not path.exists():
        raise NotFound(
            f"there is no ledger in {str(folder)!r}",
            remedy="Make one with `jindo ledger import SOURCE --format FORMAT --into LEDGER`.",
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise IntegrityError("the file is not a ledger's", place=str(path))
        _check_version(path, content["version"])
        _check_whole(content)
        chains = {name: _to_chain(entry) for name, entry in content["chains"].items()}
        imports = [ImportEntry(**entry) for entry in content["imports"]]
        blocks = {n: [BlockParcel(**entry) for entry in e] for n, e in content.get("blocks", {}).items()}
        gone, rejects = content.get("gone", {}), content.get("next_rejects", 1)
        manifest = Manifest(chains, imports, blocks, gone, rejects, content.get("next_parcels", {}))
        _check_places(manifest)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IntegrityError(
            "the ledger's list of contents is damaged", place=str(path), remedy="Import the sources again."
        ) from error
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest in one step, once the disk has the new one."""
    content = {"format": FORMAT, "version": VERSION, **dataclasses.asdict(manifest)}
    content["sha256"] = _hash_content(content)
    draft = folder / f"{FILE}.new"
    with draft.open("w", encoding="utf-8") as stream:
        json.dump(content, stream, indent=1, sort_keys=True, ensure_ascii=False)
        stream.write("\n")
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(folder / FILE)
    sync_folder(folder)


def _check_version(path: Path, version: int) -> None:
    if version > VERSION:
        raise InputError(
            f"the ledger has format version {version}, and this program reads {VERSION}",
            place=str(path),
            remedy="Use a newer Jindo, or import the sources into a new folder.",
        )
    if version < VERSION:
        raise InputError(
            f"the ledger has format version {version} of an earlier Jindo, and this program reads {VERSION}",
            place=str(path),
            remedy="Import the sources into a new folder; the earlier ledger stays as it is.",
        )


def _check_whole(content: dict[str, Any]) -> None:
    if content.pop("sha256") != _hash_content(content):
        raise ValueError("sha256")


def _to_chain(entry: dict[str, Any]) -> ChainEntry:
    chain = ChainEntry(**{**entry, "runs": [RunEntry(**run) for run in entry["runs"]]})
    numbers = [chain.next, *chain.asset_rows, *(n for run in chain.runs for n in (*run.blocks, *run.times))]
    numbers += [
        n for run in chain.runs for n in (*dataclasses.astuple(run.counts), run.assets, int(run.max_traffic))
    ]
    if chain.kind not in (ACCOUNT, UTXO) or any(type(n) is not int or n < -1 for n in numbers):
        raise ValueError(entry)
    if not len(chain.assets) == len(chain.decimals) == len(chain.asset_rows):
        raise ValueError(chain.assets)
    ends = [height for run in chain.runs for height in run.blocks]
    if len(ends) != 2 * len(chain.runs) or any(a > b for a, b in pairwise(ends)):
        raise ValueError(ends)
    return chain


def _hash_content(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256_hex(text.encode())


def _check_places(manifest: Manifest) -> None:
    """A manifest may come from anybody: no path in it may lead out of the ledger's folder."""
    numbers = (manifest.next_rejects, *manifest.gone.values(), *manifest.next_parcels.values())
    if any(type(number) is not int or number < 1 for number in numbers):
        raise ValueError(numbers)
    for run in (run for chain in manifest.chains.values() for run in chain.runs):
        if not _RUN.fullmatch(run.place):
            raise ValueError(run.place)
        if any(not _COLUMN.fullmatch(name) for name in run.files):
            raise ValueError(run.files)
    for parcel in (parcel for parcels in manifest.blocks.values() for parcel in parcels):
        if not _PARCEL.fullmatch(parcel.folder) or parcel.files.keys() != PARCEL_FILES:
            raise ValueError(parcel.folder)
    for entry in manifest.imports:
        if entry.rejects is not None and not _REJECTS.fullmatch(entry.rejects):
            raise ValueError(entry.rejects)
