"""`cluster.json`: what a cluster ledger holds; and a cluster ledger, opened.

    CLUSTER/
    ├── cluster.json                  what counts: chains, counts, leaves of the fingerprint, imports
    └── chains/NAME/BUILD/
        ├── rows/                     account chains: one movement a row
        ├── transactions/             UTXO chains: one transaction a row; beside it outputs/ and inputs/
        ├── blocks/                   running maximum of times by block
        └── rejects/                  rows refused, by group of files

* It is replaced in one step, and states its own SHA-256: whoever reads it sees the last whole version.
* Its fingerprint is that of a ledger on one machine with the same rows.
* It states the size of every file of the tables: one that is missing, cut, or put beside them is refused by name.
* A chain is built once, in one go; what was left by a build that was killed does not count.

How it is built is `building`'s.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from jindo.base.errors import InputError, IntegrityError, NotFound
from jindo.base.ids import ChainId
from jindo.ledger.engines.places import Place, parse_place, to_folder_name
from jindo.ledger.fingerprint import Leaf, combine_fingerprints, combine_leaves
from jindo.ledger.manifest import ImportEntry, Manifest
from jindo.ledger.opened import ChainStatus, Ledger, LedgerStatus
from jindo.seal import canonical_bytes, sha256_hex

FORMAT = "jindo-cluster-ledger"
VERSION = 1
FILE = "cluster.json"
_BUILD = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class ClusterChain:
    """One chain of a cluster ledger."""

    kind: str
    """`account` or `utxo`."""
    folder: str
    """Name of the build's folder, below the chain's."""
    rows: int
    transactions: int
    accounts: int
    blocks: list[int]
    """First and last block that has rows; empty where there is none."""
    times: list[int]
    """First and last known time in unix seconds; empty where none is known."""
    assets: list[str]
    """In order of text."""
    decimals: list[int | None]
    asset_rows: list[int]
    inexact: str | None
    leaves: list[list[Any]]
    """Segment, rows and SHA-256 of each leaf of the fingerprint, in order."""
    files: dict[str, int]
    """Bytes of each Parquet file of the tables, by name below the build's folder."""

    def fingerprint(self, chain: ChainId) -> str:
        """The chain's fingerprint, in hex."""
        return combine_leaves(chain, self.kind, (Leaf(*leaf) for leaf in self.leaves))


@dataclass(frozen=True, slots=True)
class ClusterLedger:
    """A cluster ledger as its `cluster.json` states it."""

    place: Place
    chains: dict[ChainId, ClusterChain] = field(default_factory=dict)
    imports: list[ImportEntry] = field(default_factory=list)

    def chain_place(self, chain: ChainId, folder: str) -> Place:
        """Where the tables that a build of a chain wrote are."""
        return self.place.at("chains", to_folder_name(chain), folder)

    def check_files(self, chain: ChainId) -> None:
        """Hold the list of a chain's files against what it was when they were written; their content is not read.

        Raises:
            IntegrityError: a file is missing, of another size, or was not there; the first is named.
        """
        stated, place = self.chains[chain].files, self.chain_place(chain, self.chains[chain].folder)
        there = list_tables(place)
        for name in sorted(stated.keys() | there.keys()):
            if stated.get(name) != there.get(name):
                raise IntegrityError(
                    "the file is not what the build wrote",
                    place=place.at(name).text,
                    remedy="Do not use this cluster ledger: build it anew at another place, and ask who wrote to it.",
                )

    def fingerprint(self) -> str:
        """Fingerprint of the whole ledger, in hex."""
        return combine_fingerprints({name: chain.fingerprint(name) for name, chain in self.chains.items()})

    def status(self) -> LedgerStatus:
        """Chains, assets, ranges, counts, rejects, size and fingerprint."""
        return LedgerStatus(
            chains={name: _describe(name, self.chains[name]) for name in sorted(self.chains)},
            imports=tuple(self.imports),
            rejected=sum(entry.rejected for entry in self.imports),
            rejects=tuple(entry.rejects for entry in self.imports if entry.rejects is not None),
            notes=tuple(dict.fromkeys(note for entry in self.imports for note in entry.notes)),
            size=self.place.size(),
            fingerprint=self.fingerprint(),
        )

    def to_ledger(self) -> Ledger:
        """It as a ledger that says of itself what this one does; its chains are not mapped."""
        return _StatedLedger(Path(self.place.shown), Manifest(imports=self.imports), self)

    def record(self) -> None:
        """Put this in the place of what `cluster.json` says."""
        content = {
            "format": FORMAT,
            "version": VERSION,
            "chains": {name: asdict(chain) for name, chain in self.chains.items()},
            "imports": [asdict(entry) for entry in self.imports],
        }
        content["sha256"] = sha256_hex(canonical_bytes(content))
        text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
        self.place.at(FILE).write_bytes(text.encode() + b"\n")


@dataclass(frozen=True, slots=True)
class _StatedLedger(Ledger):
    cluster: ClusterLedger

    def fingerprint(self) -> str:
        """Fingerprint of the whole ledger, in hex."""
        return self.cluster.fingerprint()

    def status(self) -> LedgerStatus:
        """What the cluster ledger holds."""
        return self.cluster.status()


def list_tables(place: Place) -> dict[str, int]:
    """Bytes of each Parquet file below a build's folder, by name."""
    return {name: size for name, size in place.list_sizes().items() if name.endswith(".parquet")}


def name_build() -> str:
    """A new name for a build's folder, so that two builds never write into one."""
    return uuid.uuid4().hex[:12]


def find_cluster_ledger(text: str) -> ClusterLedger | None:
    """The cluster ledger at a place, `None` where there is none yet.

    Raises:
        InputError: the place cannot be read, or was written by another version.
        IntegrityError: its list of contents is damaged.
        SourceError: the store does not answer.
    """
    place = parse_place(text)
    place.check_plain()
    return _read(place) if place.at(FILE).exists() else None


def open_cluster_ledger(text: str) -> ClusterLedger:
    """The cluster ledger at a place.

    Raises:
        NotFound: there is none.
        InputError, IntegrityError, SourceError: as `find_cluster_ledger`.
    """
    found = find_cluster_ledger(text)
    if found is None:
        raise NotFound(
            f"there is no cluster ledger at {text!r}",
            remedy="Make one with `jindo ledger import SOURCE --format FORMAT --engine sc://HOST:PORT --into CLUSTER`.",
        )
    return found


def _read(place: Place) -> ClusterLedger:
    try:
        content = json.loads(place.at(FILE).read_bytes())
        if content["format"] != FORMAT:
            raise IntegrityError("the file is not a cluster ledger's", place=place.text)
        if content["version"] != VERSION:
            raise InputError(
                f"the cluster ledger has format version {content['version']}, and this program reads {VERSION}",
                place=place.text,
                remedy="Use the Jindo that built it, or build it anew at another place.",
            )
        chains = {ChainId(name): ClusterChain(**entry) for name, entry in content["chains"].items()}
        _check_whole(content, chains)
        return ClusterLedger(place, chains, [ImportEntry(**entry) for entry in content["imports"]])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IntegrityError(
            "the cluster ledger's list of contents is damaged",
            place=place.at(FILE).text,
            remedy="Build it anew at another place.",
        ) from error


def _check_whole(content: dict[str, Any], chains: dict[ChainId, ClusterChain]) -> None:
    """A list may come from anybody: no folder in it may lead elsewhere."""
    if content.pop("sha256") != sha256_hex(canonical_bytes(content)):
        raise ValueError("sha256")
    if not all(_BUILD.fullmatch(chain.folder) for chain in chains.values()):
        raise ValueError("folder")


def _describe(name: ChainId, chain: ClusterChain) -> ChainStatus:
    return ChainStatus(
        kind=chain.kind,
        rows=chain.rows,
        transactions=chain.transactions,
        accounts=chain.accounts,
        assets=chain.assets,
        decimals=chain.decimals,
        asset_rows=chain.asset_rows,
        blocks=chain.blocks,
        times=chain.times,
        inexact=chain.inexact,
        runs=0,
        fingerprint=chain.fingerprint(name),
    )
