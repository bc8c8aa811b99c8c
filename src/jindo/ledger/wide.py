"""Amounts up to 2^256-1 as a column of 32-byte numbers, read one at a time.

* A value is exact: nothing passes through a float or a 64-bit integer.
* Big-endian, so that the column's bytes sort like its values.

Narrow chains do not come here: their amounts are int64.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from jindo.base.compiling import compile_kept
from jindo.ledger.runs import Ints

WIDTH = 32


class WideColumn(Sequence[int]):
    """A sequence of Python integers over an array of bytes, shape (n, 32)."""

    __slots__ = ("_bytes",)

    def __init__(self, data: Ints) -> None:
        self._bytes = data

    @classmethod
    def from_ints(cls, values: Iterable[int]) -> WideColumn:
        """The column of these values, each from 0 to 2^256-1."""
        raw = b"".join(int(value).to_bytes(WIDTH, "big") for value in values)
        return cls(np.frombuffer(raw, dtype=np.uint8).reshape(-1, WIDTH))

    @classmethod
    def from_parts(cls, small: Ints, large: Iterable[tuple[int, int]]) -> WideColumn:
        """The column of `small` (int64, not negative) with the values `large` (row, value) put over it."""
        data = np.zeros((len(small), WIDTH), dtype=np.uint8)
        data[:, 24:] = small.astype(">i8").view(np.uint8).reshape(-1, 8)
        for row, value in large:
            data[row] = np.frombuffer(value.to_bytes(WIDTH, "big"), dtype=np.uint8)
        return cls(data)

    @property
    def data(self) -> Ints:
        """The bytes, shape (n, 32)."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._bytes)

    def __getitem__(self, index: int) -> int:  # type: ignore[override]  # slices are never asked for
        return int.from_bytes(self._bytes[index].tobytes(), "big")

    def __iter__(self) -> Iterator[int]:
        return (self[i] for i in range(len(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # a column is data, not a key


def parse_decimals(texts: Any) -> Ints:
    """The numbers written in an Arrow array of decimal texts without NULL, each up to 2^256-1; shape (n, 32)."""
    array = texts.cast(pa.large_string())
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    found = np.zeros((len(array), WIDTH), np.uint8)
    _parse_digits(np.frombuffer(data or b"0", np.uint8), ends, found)
    return found


@compile_kept
def _parse_digits(data, ends, found):  # type: ignore[no-untyped-def]
    """Schoolbook: each digit multiplies eight limbs of 32 bits by ten."""
    limbs = np.zeros(8, np.uint64)
    for row in range(len(ends) - 1):
        limbs[:] = 0
        for i in range(ends[row], ends[row + 1]):
            carry = np.uint64(data[i] - 48)
            for place in range(8):
                value = limbs[place] * np.uint64(10) + carry
                limbs[place] = value & np.uint64(0xFFFFFFFF)
                carry = value >> np.uint64(32)
        for place in range(32):
            found[row, 31 - place] = (limbs[place // 4] >> np.uint64(8 * (place % 4))) & np.uint64(0xFF)
