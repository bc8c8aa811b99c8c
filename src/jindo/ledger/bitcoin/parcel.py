"""A parcel: the raw blocks that one import added to a ledger, with the indices by which they are found.

    LEDGER/blocks/NAME/NNNN/          never changed after
    ├── blocks.dat                    the raw blocks, end to end
    ├── blocks.arrow                  of each block: hash, previous hash, height, where its bytes and transactions end
    └── transactions.arrow            id and place of each transaction in block order, and the ids' sorted order

* A parcel is written in full, and on the disk, before `ledger.json` names it with the SHA-256 of each file.
* The two indices are held against their hashes when they are opened; blocks.dat is not, since what is taken from it
  has to prove itself (`store`).
* Who has opened a parcel keeps it, also where a rollback takes it off the disk; an open parcel holds one file open.
* Memory follows the number of transactions (44 bytes each while writing), not the blocks.

Which blocks come in is `sources.bitcoin_blocks`'s; where parcels stand, `folder`'s.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from jindo.base.errors import IntegrityError
from jindo.ledger.bitcoin.block import HEADER_SIZE, BlockHeader
from jindo.ledger.bitcoin.placing import HeldBlock
from jindo.ledger.hashing import HashingFile, check_files

DATA, BLOCKS, TRANSACTIONS = "blocks.dat", "blocks.arrow", "transactions.arrow"
INDICES = (BLOCKS, TRANSACTIONS)
PARCEL_FILES = frozenset({DATA, *INDICES})
_DIGEST = 32


@dataclass(frozen=True, slots=True)
class BlockParcel:
    """One parcel, as `ledger.json` names it."""

    folder: str
    """Below the ledger's."""
    blocks: int
    transactions: int
    heights: list[int]
    """Least and greatest height."""
    files: dict[str, str]
    """SHA-256 of each file, by name."""
    up_to: int | None = None
    """Blocks above this height count no more: the chain was rolled back."""


@dataclass(frozen=True, slots=True)
class PlacedTransactions:
    """A block's transactions: id, and place in its bytes, which are less than 2^31."""

    txids: bytes
    """32 bytes each, end to end."""
    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]


class ParcelWriter:
    """A parcel that is being written into a new folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._stream = (folder / DATA).open("wb")
        self._data = HashingFile(self._stream)
        self._hashes, self._previous, self._txids = bytearray(), bytearray(), bytearray()
        self._heights, self._offsets, self._firsts = array("q"), array("q", [0]), array("q", [0])
        self._starts, self._sizes = array("i"), array("i")

    def add(self, raw: bytes, header: BlockHeader, height: int, transactions: PlacedTransactions) -> None:
        """Put one checked block in."""
        self._data.write(raw)
        self._hashes += header.hash
        self._previous += header.previous
        self._heights.append(height)
        self._offsets.append(self._offsets[-1] + len(raw))
        self._starts.frombytes(transactions.starts.astype(np.int32).tobytes())
        self._sizes.frombytes(transactions.sizes.astype(np.int32).tobytes())
        self._txids += transactions.txids
        self._firsts.append(len(self._sizes))

    def close(self) -> None:
        """Let go of the file; what was not finished counts for nothing."""
        self._stream.close()

    def finish(self) -> BlockParcel | None:
        """The parcel, on the disk, its folder not yet below the ledger's; `None` where no block was added."""
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()
        if not len(self._heights):
            return None
        files = {
            DATA: self._data.hexdigest(),
            BLOCKS: self._write_blocks(),
            TRANSACTIONS: self._write_transactions(),
        }
        heights = [min(self._heights), max(self._heights)]
        return BlockParcel("", len(self._heights), len(self._sizes), heights, files)

    def _write_blocks(self) -> str:
        columns = {
            "hash": _to_digests(self._hashes),
            "previous": _to_digests(self._previous),
            "height": pa.array(np.array(self._heights)),
            "end": pa.array(np.array(self._offsets[1:])),
            "last": pa.array(np.array(self._firsts[1:])),
        }
        return _write_table(self._folder / BLOCKS, columns)

    def _write_transactions(self) -> str:
        txids = _to_digests(self._txids)
        columns = {
            "txid": txids,
            "start": pa.array(np.array(self._starts)),
            "size": pa.array(np.array(self._sizes)),
            "order": pa.array(pc.sort_indices(txids).to_numpy().astype(np.int64)),
        }
        return _write_table(self._folder / TRANSACTIONS, columns)


class OpenParcel:
    """A parcel's indices, mapped."""

    def __init__(self, folder: Path, parcel: BlockParcel) -> None:
        check_files(folder, {name: parcel.files[name] for name in INDICES}, pattern="*.arrow")
        self._data = _open_data(folder / DATA)
        blocks, transactions = (_map_table(folder / name) for name in INDICES)
        self._hashes, self._previous = _from_digests(blocks["hash"]), _from_digests(blocks["previous"])
        self._heights = blocks["height"].to_numpy()
        self._offsets = np.append(0, blocks["end"].to_numpy())
        self._firsts = np.append(0, blocks["last"].to_numpy())
        self._txids = _from_digests(transactions["txid"])
        self._starts, self._sizes = transactions["start"].to_numpy(), transactions["size"].to_numpy()
        self._order = transactions["order"].to_numpy()
        self._counts = (
            np.ones(len(self._heights), np.bool_) if parcel.up_to is None else self._heights <= parcel.up_to
        )

    def __len__(self) -> int:
        return int(self._counts.sum())

    def iter_blocks(self) -> Iterator[tuple[bytes, HeldBlock]]:
        """Hash, height and previous hash of each block that counts."""
        for row in np.flatnonzero(self._counts).tolist():
            height = self._heights[row]
            yield _at(self._hashes, row), HeldBlock(int(height), _at(self._previous, row))

    def find(self, txid: bytes) -> Iterator[tuple[int, int, int]]:
        """Height, index and row of block of each transaction with this id."""
        low, high = 0, len(self._order)
        while low < high:
            middle = (low + high) // 2
            if _at(self._txids, int(self._order[middle])) < txid:
                low = middle + 1
            else:
                high = middle
        while low < len(self._order) and _at(self._txids, int(self._order[low])) == txid:
            row = int(self._order[low])
            block = int(np.searchsorted(self._firsts, row, side="right")) - 1
            if self._counts[block]:
                yield int(self._heights[block]), row - int(self._firsts[block]), block
            low += 1

    def txids(self, block: int) -> list[bytes]:
        """The ids of a block's transactions, in order."""
        return [
            _at(self._txids, row) for row in range(int(self._firsts[block]), int(self._firsts[block + 1]))
        ]

    def read(self, block: int, index: int) -> tuple[bytes, bytes]:
        """A block's header and one of its transactions, raw."""
        first, begins = int(self._firsts[block]), int(self._offsets[block])
        header = self._data.read_at(HEADER_SIZE, begins)
        raw = self._data.read_at(int(self._sizes[first + index]), begins + int(self._starts[first + index]))
        return header, raw


def _to_digests(data: bytearray) -> Any:
    count = len(data) // _DIGEST
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(_DIGEST), count, [None, pa.py_buffer(bytes(data))])


def _from_digests(column: Any) -> memoryview:
    return memoryview(column.buffers()[1])[: _DIGEST * len(column)]


def _at(digests: memoryview, row: int) -> bytes:
    return bytes(digests[_DIGEST * row : _DIGEST * (row + 1)])


def _write_table(path: Path, columns: dict[str, Any]) -> str:
    batch = pa.record_batch(columns)
    with path.open("wb") as stream:
        hashed = HashingFile(stream)
        with pa.ipc.new_file(hashed, batch.schema) as writer:
            writer.write_batch(batch)
        stream.flush()
        os.fsync(stream.fileno())
    return hashed.hexdigest()


def _map_table(path: Path) -> Any:
    try:
        with pa.memory_map(str(path)) as file:  # what is mapped outlives the open file
            batch = pa.ipc.open_file(file).get_batch(0)
        batch.validate()  # no column is longer than its bytes
        return batch
    except (OSError, pa.ArrowInvalid) as error:
        raise IntegrityError("the index of raw blocks cannot be read", place=str(path)) from error


def _open_data(path: Path) -> Any:
    try:
        return pa.OSFile(str(path))
    except OSError as error:
        raise IntegrityError(
            "the raw blocks that the ledger keeps cannot be read", place=str(path)
        ) from error
