"""A column of a whole chain, read through its runs: by one row, by a range, or by many rows at once.

* A chain of one run gives that run's own array; joining is only done where a range or a set of rows asks for it.
* What is read is exact: amounts wider than int64 come as Python integers.
* Indexing is by the chain's rows, from 0; negative rows and steps are not read.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from jindo.ledger.runs import Amounts, Blocks, Ints


class ChainColumn(Sequence[Any]):
    """One column over all runs of a chain."""

    __slots__ = ("_parts", "_starts")

    def __init__(self, parts: Sequence[Amounts], starts: Sequence[int]) -> None:
        self._parts = tuple(parts)
        """The column of each run: an array, or a sequence of Python integers or texts."""
        self._starts = [*starts]
        """First row of each run, and the number of rows: one more than parts."""

    @property
    def parts(self) -> tuple[Amounts, ...]:
        """The column of each run."""
        return self._parts

    @property
    def dtype(self) -> Any:
        """Type of the values; an `AttributeError` where they are no int64."""
        return np.result_type(*(part.dtype for part in self._parts)) if self._parts else np.dtype(np.int64)

    def __len__(self) -> int:
        return self._starts[-1]

    def __iter__(self) -> Iterator[Any]:
        return (value for part in self._parts for value in part)

    def __getitem__(self, rows: Any) -> Any:
        """One value; an array (a list where the column holds no int64) for a slice or an array of rows."""
        if isinstance(rows, slice):
            start, stop, _ = rows.indices(len(self))
            return _join([cut(part, a, b) for part, a, b in self._cut(start, max(start, stop))])
        if isinstance(rows, (int, np.integer)):
            run = self._run_of(int(rows))
            return self._parts[run][int(rows) - self._starts[run]]
        return self._take(np.asarray(rows, np.int64))

    def tolist(self) -> list[Any]:
        """Every value as a Python object."""
        values = self[0 : len(self)]
        listed: list[Any] = values.tolist() if isinstance(values, np.ndarray) else list(values)
        return listed

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:  # noqa: FBT001  # numpy's protocol
        return np.asarray(self[0 : len(self)], dtype)

    def __eq__(self, other: object) -> bool:
        """Whether both hold the same values, however they are cut into runs."""
        if not isinstance(other, ChainColumn):
            return NotImplemented
        return self.tolist() == other.tolist()

    __hash__ = None  # type: ignore[assignment]  # a column is data, not a key

    def _run_of(self, row: int) -> int:
        if not 0 <= row < len(self):
            raise IndexError(row)
        return bisect_right(self._starts, row) - 1

    def _cut(self, start: int, stop: int) -> Iterator[tuple[Amounts, int, int]]:
        for part, first, last in zip(self._parts, self._starts, self._starts[1:], strict=False):
            low, high = max(start, first), min(stop, last)
            if low < high:
                yield part, low - first, high - first

    def _take(self, rows: Ints) -> Any:
        if any(not hasattr(part, "dtype") for part in self._parts):
            return [self[int(row)] for row in rows]
        if len(self._parts) == 1:
            return self._parts[0][rows]
        runs = np.searchsorted(self._starts, rows, side="right") - 1
        found = np.empty(len(rows), self.dtype)
        for run in np.unique(runs):
            here = runs == run
            found[here] = self._parts[run][rows[here] - self._starts[run]]
        return found


class HeightOfRow(Sequence[int]):
    """The height of each local row of a run, found when asked."""

    dtype = np.dtype(np.int64)

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks

    def __len__(self) -> int:
        return int(self._blocks.first[-1])

    def __getitem__(self, rows: Any) -> Any:
        if isinstance(rows, slice):
            rows = np.arange(*rows.indices(len(self)))
        return self._blocks.height[np.searchsorted(self._blocks.first, rows, side="right") - 1]


class PlaceOfRow(Sequence[int]):
    """Of each local row of a run, which of the things it belongs to that have their rows one after the other."""

    dtype = np.dtype(np.int64)

    def __init__(self, first: Ints | None, count: int) -> None:
        """`first` is the first row of each thing, and the number of rows; `None` where each has one of `count` rows."""
        self._first, self._count = first, count

    @property
    def first(self) -> Ints | None:
        """The first row of each thing, and the number of rows; `None` where each has one."""
        return self._first

    def rows_of(self, place: int) -> tuple[int, int]:
        """The first row of a thing, and the one after its last."""
        if self._first is None:
            return place, place + 1
        return int(self._first[place]), int(self._first[place + 1])

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, rows: Any) -> Any:
        if isinstance(rows, slice):
            start, stop, step = rows.indices(self._count)
            return self._read(start, max(start, stop))[::step]
        if isinstance(rows, int) and not 0 <= rows < self._count:
            raise IndexError(rows)  # what ends a walk over the rows
        if self._first is None:
            return np.asarray(rows, np.int64)[()]
        return np.searchsorted(self._first, rows, side="right") - 1

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:  # noqa: FBT001  # numpy's protocol
        return np.asarray(self._read(0, self._count), dtype)

    def _read(self, start: int, stop: int) -> Ints:
        if self._first is None or start == stop:
            return np.arange(start, stop)
        low = int(np.searchsorted(self._first, start, side="right")) - 1
        high = int(np.searchsorted(self._first, stop, side="left"))
        ends = np.clip(np.asarray(self._first[low : high + 1]), start, stop)
        return np.repeat(np.arange(low, high), np.diff(ends))


class Shifted(Sequence[int]):
    """Local ids of a run as the chain's, or as those of a larger run."""

    def __init__(self, ids: Ints, first: int, kind: Any = np.int64) -> None:
        self._ids, self._first = ids, first
        self.dtype = np.dtype(kind)

    def __len__(self) -> int:
        return len(self._ids)

    def __getitem__(self, rows: Any) -> Any:
        return self._ids[rows] + self.dtype.type(self._first)


def join(parts: Sequence[Amounts]) -> Any:
    """The columns of runs that follow each other as one `ChainColumn`, which reads as an array would; nothing is copied."""
    return ChainColumn(parts, [0, *accumulate(len(part) for part in parts)])


def cut(part: Amounts, start: int, stop: int) -> Amounts:
    """Rows `start` to `stop` of one run's column: an array of one, a list of any other sequence."""
    if hasattr(part, "dtype"):
        return part[start:stop]
    return [part[row] for row in range(start, stop)]


def _join(pieces: list[Any]) -> Any:
    if len(pieces) == 1:
        return pieces[0]
    if all(hasattr(piece, "dtype") for piece in pieces):
        return np.concatenate(pieces) if pieces else np.zeros(0, np.int64)
    return [value for piece in pieces for value in piece]
