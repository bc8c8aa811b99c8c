"""Random words and texts in columns, for crowds too large for objects.

* Everything follows from the raw words of one PCG64 stream by whole numbers and exact products, so it is the same on
  any machine; the bytes of Parquet files follow from the version of pyarrow too.
* A crowd knows which places in a block are taken, and stands after them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from jindo.sim.names import BECH32, GENERATORS

Words: TypeAlias = NDArray[np.uint64]
Numbers: TypeAlias = NDArray[np.int64]
Bytes: TypeAlias = NDArray[np.uint8]

_HEX = np.frombuffer(b"".join(b"%02x" % i for i in range(256)), dtype="V2")
_LETTERS = np.frombuffer(BECH32.encode(), dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class BlockSpan:
    """A chain's blocks, and how many transactions stand in each already."""

    first_block: int
    blocks: int
    start: int
    """Unix seconds of the first block."""
    interval: int
    taken: Mapping[int, int]
    """By block, where there are any."""


@dataclass(frozen=True, slots=True)
class CrowdSize:
    """How large a crowd is."""

    accounts: int
    per_block: int
    """Mean transactions of a block."""
    part_blocks: int
    """Blocks of one file."""


class WordStream:
    """Random words in order, and what is made of them."""

    def __init__(self, seed: int) -> None:
        self._bits = np.random.PCG64(seed)

    def words(self, count: int) -> Words:
        """So many words of 64 bits."""
        return np.asarray(self._bits.random_raw(count), dtype=np.uint64)

    def below(self, count: int, limit: int) -> Numbers:
        """Whole numbers below a limit of at most 32 bits."""
        return ((self.words(count) >> np.uint64(32)) * np.uint64(limit) >> np.uint64(32)).astype(np.int64)

    def skewed(self, count: int, limit: int) -> Numbers:
        """Whole numbers below a limit, small ones far more often: the cube of a uniform draw."""
        unit = (self.words(count) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return np.minimum((unit * unit * unit * limit).astype(np.int64), limit - 1)

    def bytes(self, count: int, width: int) -> Bytes:
        """Rows of random bytes; the width is a multiple of four."""
        words = self.words((count * width + 7) // 8)
        return words.astype("<u8").view(np.uint8)[: count * width].reshape(count, width)


def to_hex(rows: Bytes, *, prefix: bytes = b"") -> pa.StringArray:
    """Rows of bytes as hex texts of one length."""
    count, width = rows.shape
    length = len(prefix) + 2 * width
    text = np.empty((count, length), dtype=np.uint8)
    text[:, : len(prefix)] = np.frombuffer(prefix, dtype=np.uint8)
    text[:, len(prefix) :] = _HEX[rows].view(np.uint8).reshape(count, 2 * width)
    return _to_texts(text)


def _to_texts(text: Bytes) -> pa.StringArray:
    count, length = text.shape
    offsets = np.arange(count + 1, dtype=np.int32) * np.int32(length)
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(text)))


def to_bech32(programs: Bytes) -> pa.StringArray:
    """Rows of 20 bytes as P2WPKH addresses (BIP-173)."""
    count = len(programs)
    bits = np.unpackbits(programs, axis=1).reshape(count, 32, 5)
    groups = (bits @ np.array([16, 8, 4, 2, 1], dtype=np.uint8)).astype(np.uint32)
    values = np.concatenate([np.zeros((count, 1), dtype=np.uint32), groups], axis=1)
    prefix = [*(ord(c) >> 5 for c in "bc"), 0, *(ord(c) & 31 for c in "bc")]
    check = np.ones(count, dtype=np.uint32)
    for value in prefix:
        check = _fold(check, np.full(count, value, dtype=np.uint32))
    for place in range(values.shape[1]):
        check = _fold(check, values[:, place])
    for _ in range(6):
        check = _fold(check, np.zeros(count, dtype=np.uint32))
    check ^= np.uint32(1)
    tail = np.stack([(check >> np.uint32(5 * (5 - i))) & np.uint32(31) for i in range(6)], axis=1)
    body = _LETTERS[np.concatenate([values, tail], axis=1)]
    head = np.tile(np.frombuffer(b"bc1", dtype=np.uint8), (count, 1))
    return _to_texts(np.concatenate([head, body], axis=1))


def _fold(check: NDArray[np.uint32], value: NDArray[np.uint32]) -> NDArray[np.uint32]:
    top = check >> np.uint32(25)
    check = ((check & np.uint32(0x1FFFFFF)) << np.uint32(5)) ^ value
    for place, generator in enumerate(GENERATORS):
        check ^= ((top >> np.uint32(place)) & np.uint32(1)) * np.uint32(generator)
    return check


def repeat_text(text: str, count: int) -> pa.Array:
    """One text so many times."""
    return pa.array([text]).take(pa.array(np.zeros(count, dtype=np.int64)))


def write_table(path: Path, columns: dict[str, Any]) -> None:
    """Writes columns as one Parquet file."""
    pq.write_table(
        pa.table(columns), path, compression="zstd", compression_level=1, write_statistics=False,
        row_group_size=1 << 20,
    )  # fmt: skip
