"""What a column of a run is on the disk: of which type, how long, and its bytes piece by piece.

* Integers are as narrow as they can be without a change of meaning; the columns that a tracer walks along keep the
  type that they came in.
* A column of one value is that value, once. Times are kept once a block where a block's rows agree.
* Memory is a piece, however long the column.

Which columns a run has is `run_columns`'; the files are `run_files`'.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from jindo.ledger.runs import Amounts, Blocks, Ints
from jindo.ledger.wide import WIDTH, WideColumn

PIECE = 1 << 20
LENGTH = "jindo.length"
"""Fact of a column of one value: how many rows have it."""
MAY_BE_ONE = frozenset(
    {"kind", "position", "time", "tx_index", "coinbase", "in_known", "in_stated", "pot_asset"}
)
"""Columns that are often of one value and are not walked along."""
NARROWED = frozenset({"position", "tx_index"})
_TYPES = (np.int8, np.int16, np.int32, np.int64)
_SMALL = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class Stored:
    """One column on its way to the disk."""

    name: str
    type: Any
    """Arrow type: integers, fixed-size binary, or large string."""
    length: int
    buffers: tuple[tuple[int, Iterable[Any]], ...]
    """Bytes, and pieces, of each buffer of values; they are read once, in turn."""
    facts: Mapping[str, str] = field(default_factory=dict)


class PerBlock(Sequence[int]):
    """A column whose rows agree within a block: read as if it had a value a row."""

    __slots__ = ("_first", "_values")
    dtype = np.dtype(np.int64)

    def __init__(self, blocks: Blocks, values: Ints) -> None:
        self._first = blocks.first
        self._values = values
        """One for each block."""

    @property
    def values(self) -> Ints:
        """The value of each block."""
        return self._values

    def __len__(self) -> int:
        return int(self._first[-1])

    def __getitem__(self, rows: Any) -> Any:
        if isinstance(rows, slice):
            start, stop, step = rows.indices(len(self))
            return self._piece(start, max(start, stop))[::step]
        rows = np.asarray(rows)
        return self._values[np.searchsorted(self._first, rows, side="right") - 1]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:  # noqa: FBT001  # numpy's protocol
        return np.asarray(self._piece(0, len(self)), dtype)

    def _piece(self, start: int, stop: int) -> Ints:
        if start == stop:
            return np.zeros(0, np.int64)
        low = int(np.searchsorted(self._first, start, side="right")) - 1
        high = int(np.searchsorted(self._first, stop, side="left"))
        ends = np.clip(self._first[low : high + 1], start, stop)
        return np.repeat(np.asarray(self._values[low:high]), np.diff(ends))


def store_ints(name: str, column: Ints) -> Stored:
    """An integer column, as narrow as it may be."""
    count = len(column)
    low, high = _find_range(column)
    if count and low == high and name in MAY_BE_ONE:
        one = np.array([low], _find_type(low, high))
        return Stored(
            name, pa.from_numpy_dtype(one.dtype), 1, ((one.nbytes, (to_raw(one),)),), {LENGTH: str(count)}
        )
    kind = _choose_type(name, column.dtype, low, high)
    return Stored(
        name, pa.from_numpy_dtype(kind), count, ((count * kind.itemsize, _iter_ints(column, kind)),)
    )


def store_times(time: Any, blocks: Blocks) -> Stored:
    """The times of rows, once a block where all of each block agree."""
    values = time.values if isinstance(time, PerBlock) else _find_block_times(time, blocks)
    return store_ints("time", time) if values is None else store_ints("block_time", values)


def store_amounts(name: str, amounts: Amounts) -> Stored:
    """Amounts: int64, or 32 bytes each, big-endian."""
    if not isinstance(amounts, WideColumn) and hasattr(amounts, "dtype"):
        return store_ints(name, amounts)
    wide = amounts if isinstance(amounts, WideColumn) else WideColumn.from_ints(amounts)
    pieces = (to_raw(wide.data[start : start + PIECE]) for start in range(0, len(wide), PIECE))
    return Stored(name, pa.binary(WIDTH), len(wide), ((WIDTH * len(wide), pieces),))


def to_raw(column: Ints) -> Ints:
    """The bytes of an array, flat (uint8)."""
    return np.ascontiguousarray(column).reshape(-1).view(np.uint8)


def load_ints(array: Any, facts: Mapping[str, str]) -> Ints:
    """The column that `store_ints` put away, not copied."""
    column = array.to_numpy(zero_copy_only=True)
    return np.broadcast_to(column[0], int(facts[LENGTH])) if LENGTH in facts else column


def load_amounts(array: Any, facts: Mapping[str, str]) -> Amounts:
    """The column that `store_amounts` put away, not copied."""
    if not pa.types.is_fixed_size_binary(array.type):
        return load_ints(array, facts)
    return WideColumn(load_bytes(array))


def load_bytes(array: Any) -> Ints:
    """The bytes of a column of fixed-size binary, shape (n, width), not copied."""
    width, data = array.type.byte_width, array.buffers()[1]
    flat = np.frombuffer(data or b"", np.uint8)[array.offset * width : (array.offset + len(array)) * width]
    return flat.reshape(-1, width)


def _iter_ints(column: Ints, kind: np.dtype[Any]) -> Iterator[Any]:
    for start in range(0, len(column), PIECE):
        yield to_raw(np.asarray(column[start : start + PIECE], kind))


def _find_range(column: Ints) -> tuple[int, int]:
    """Least and greatest value; 0 and -1 where there is none."""
    ends = [
        (int(piece.min()), int(piece.max()))
        for piece in (np.asarray(column[i : i + PIECE]) for i in range(0, len(column), PIECE))
    ]
    return (min(low for low, _ in ends), max(high for _, high in ends)) if ends else (0, -1)


def _choose_type(name: str, kind: Any, low: int, high: int) -> np.dtype[Any]:
    if name in NARROWED:
        return _find_type(low, high)
    counts = name.endswith(("_offsets", "_rows", "_owners"))
    if counts and np.dtype(kind).itemsize > np.dtype(np.int32).itemsize and high <= _SMALL:
        return np.dtype(np.int32)
    whole: np.dtype[Any] = np.dtype(kind)
    return whole


def _find_type(low: int, high: int) -> np.dtype[Any]:
    return next(np.dtype(t) for t in _TYPES if np.iinfo(t).min <= low and high <= np.iinfo(t).max)


def _find_block_times(time: Ints, blocks: Blocks) -> Ints | None:
    """The time of each block, `None` where the rows of one disagree."""
    first = np.asarray(blocks.first)
    values = np.asarray(time[first[:-1]]) if len(first) > 1 else np.zeros(0, np.int64)
    spread = PerBlock(blocks, values)
    for start in range(0, len(time), PIECE):
        if not np.array_equal(time[start : start + PIECE], spread[start : start + PIECE]):
            return None
    return values.astype(np.int64)
