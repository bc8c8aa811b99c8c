"""Columns of integers worked on a piece at a time, so that a mapped one never lies in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from jindo.ledger.runs import NOBODY, Ints

PIECE = 1 << 22
"""Rows that are worked on at a time."""
MOST_IDS = (1 << 31) - 1
"""The largest id and row that fit int32."""


def iter_pieces(rows: int, size: int = PIECE) -> Iterator[tuple[int, int]]:
    """Where each piece of so many rows begins and ends."""
    return ((start, min(start + size, rows)) for start in range(0, rows, size))


def is_ascending(values: Ints) -> bool:
    """Whether no value is smaller than the one before."""
    return all(
        bool(np.all(values[max(start - 1, 0) : stop - 1] <= values[max(start, 1) : stop]))
        for start, stop in iter_pieces(len(values))
    )


def to_column(values: Iterable[int]) -> Ints:
    """The numbers as an int64 array."""
    return np.fromiter(values, dtype=np.int64)


def to_index(values: Ints) -> Ints:
    """Ids as int32 where they fit, else int64: half the memory of a large ledger."""
    return values.astype(np.int32 if find_max(values) <= MOST_IDS else np.int64)


def find_max(values: Ints) -> int:
    """The largest value; -1 where there is none."""
    return max((int(values[start:stop].max()) for start, stop in iter_pieces(len(values))), default=NOBODY)
