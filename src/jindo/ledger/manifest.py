"""`ledger.json`: what a ledger folder holds, and which generation of each chain counts.

* It is replaced in one step: whoever reads it sees the last whole version.
* It holds no clock time and no path of the machine: the same imports give the same text.
* It states the SHA-256 of every column's file and of itself; version 1, which has neither, is still read.
* A file that is not a ledger's, not whole, or of a later version is refused with what to do.

The columns themselves are `generation`'s; the folder's lock and its cleaning are `folder`'s.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jindo.base.errors import InputError, IntegrityError, NotFound
from jindo.ledger.bitcoin.parcel import PARCEL_FILES, BlockParcel
from jindo.ledger.generation import sync_folder
from jindo.seal import sha256_hex

FORMAT = "jindo-ledger"
VERSION = 2
UNHASHED = 1
"""The version that stated no hashes."""
FILE = "ledger.json"

_GENERATION = re.compile(r"chains/[-_a-zA-Z0-9]+/[0-9]{4,}")
_COLUMN = re.compile(r"[a-z_]+\.arrow")
_PARCEL = re.compile(r"blocks/[-_a-zA-Z0-9]+/[0-9]{4,}")
_REJECTS = re.compile(r"rejects/[0-9]{4,}-[-._a-zA-Z0-9]+\.csv")


@dataclass(frozen=True, slots=True)
class ChainEntry:
    """One chain of the ledger."""

    kind: str
    """`account` or `utxo`."""
    generation: str
    """Folder of its columns, below the ledger's."""
    fingerprint: str
    rows: int
    """Movements on an account chain, transactions on a UTXO chain."""
    transactions: int
    accounts: int
    narrow: bool
    assets: list[str]
    decimals: list[int | None]
    asset_rows: list[int]
    """Rows of each asset; on a UTXO chain its outputs."""
    blocks: list[int]
    """First and last block that has rows; empty where there is none."""
    times: list[int]
    """First and last known time in unix seconds; empty where none is known."""
    files: dict[str, str] | None = None
    """SHA-256 of each column's file, by name; `None` where the generation was written before there were any."""
    inexact: bool = False
    """Whether an amount may be off by rounding: whatever is concluded from the chain is marked so too."""


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
        if content["version"] > VERSION:
            raise InputError(
                f"the ledger has format version {content['version']}, and this program reads up to {VERSION}",
                place=str(path),
                remedy="Use a newer Jindo, or import the sources into a new folder.",
            )
        _check_whole(content)
        chains = {name: ChainEntry(**entry) for name, entry in content["chains"].items()}
        imports = [ImportEntry(**entry) for entry in content["imports"]]
        blocks = {n: [BlockParcel(**entry) for entry in e] for n, e in content.get("blocks", {}).items()}
        manifest = Manifest(chains, imports, blocks)
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


def _check_whole(content: dict[str, Any]) -> None:
    if content["version"] > UNHASHED and content.pop("sha256") != _hash_content(content):
        raise ValueError("sha256")


def _hash_content(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256_hex(text.encode())


def _check_places(manifest: Manifest) -> None:
    """A manifest may come from anybody: no path in it may lead out of the ledger's folder."""
    for chain in manifest.chains.values():
        if not _GENERATION.fullmatch(chain.generation):
            raise ValueError(chain.generation)
        if any(not _COLUMN.fullmatch(name) for name in chain.files or ()):
            raise ValueError(chain.files)
    for parcel in (parcel for parcels in manifest.blocks.values() for parcel in parcels):
        if not _PARCEL.fullmatch(parcel.folder) or parcel.files.keys() != PARCEL_FILES:
            raise ValueError(parcel.folder)
    for entry in manifest.imports:
        if entry.rejects is not None and not _REJECTS.fullmatch(entry.rejects):
            raise ValueError(entry.rejects)
