"""Columns of amounts: their largest sums, which say whether int64 can hold them, and one column of two or of a part.

* Sums are exact up to 2^62, which stands for all that is larger: halves of 32 bits are summed apart.
* A column is int64 where every amount of the run is below 2^62; others reach the limit by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from jindo.base.compiling import compile_kept
from jindo.ledger.columns import join
from jindo.ledger.pieces import find_max, iter_pieces
from jindo.ledger.runs import MOST_TRAFFIC, NARROW_BITS, NOBODY, Amounts, Ints
from jindo.ledger.wide import WIDTH, WideColumn

_FEW = 1 << 10
_PIECE = 1 << 18
_SMALL = WIDTH - 8
"""First byte of those that an int64 has."""
_TOO_HIGH = 1 << (NARROW_BITS - 56)
"""The first value of that byte from which an amount reaches 2^62."""


def find_max_sum(amount: Amounts, offsets: Ints) -> int:
    """The largest sum of the amounts from one offset to the next, at most 2^62."""
    if not is_narrow(amount):
        return MOST_TRAFFIC
    starts = offsets[:-1][np.diff(offsets) > 0]
    low, high = np.zeros(len(starts), np.int64), np.zeros(len(starts), np.int64)
    for start, stop in iter_pieces(len(amount)):
        units = np.asarray(amount[start:stop])
        first, last = np.searchsorted(starts, [start, stop - 1], side="right").tolist()
        places = np.append(start, starts[first:last]) - start
        low[first - 1 : last] += np.add.reduceat(units & 0xFFFFFFFF, places)
        high[first - 1 : last] += np.add.reduceat(units >> 32, places)
    return _join_halves(low, high)


def find_max_traffic(amount: Amounts, src: Ints, dst: Ints) -> int:
    """The largest sum of what one pot receives and sends, at most 2^62."""
    if not is_narrow(amount):
        return MOST_TRAFFIC
    highest = max(find_max(src), find_max(dst))
    if highest > 4 * len(src) + _FEW:
        src, dst = np.asarray(src), np.asarray(dst)
        known, number = np.unique(np.concatenate([src, dst]), return_inverse=True)
        highest, count = len(known), len(src)
        src, dst = np.where(src >= 0, number[:count], NOBODY), np.where(dst >= 0, number[count:], NOBODY)
    sums = np.zeros((highest + 1, 2), np.int64)
    for start, stop in iter_pieces(len(src), _PIECE):
        units = np.array(amount[start:stop], np.int64)
        _add_halves(sums, np.array(src[start:stop], np.int64), units)
        _add_halves(sums, np.array(dst[start:stop], np.int64), units)
    return _join_halves(sums[:, 0], sums[:, 1])


def is_narrow(amount: Amounts) -> bool:
    """Whether a column of amounts is one of int64."""
    return hasattr(amount, "dtype")


def to_amounts(values: Sequence[int]) -> Amounts:
    """An int64 array where every amount is below 2^62, else the list itself."""
    if all(value < MOST_TRAFFIC for value in values):
        return np.array(values, dtype=np.int64)
    return list(values)


def join_amounts(first: Amounts, second: Amounts) -> Amounts:
    """The amounts of two runs as one column, not copied: int64 where both are."""
    if is_narrow(first) and is_narrow(second):
        return join([first, second])
    return WideColumn(join([_to_bytes(first), _to_bytes(second)]))


def cut_amounts(amount: Amounts, count: int) -> Amounts:
    """The first amounts of a column: int64 where they all fit."""
    if is_narrow(amount):
        return amount[:count]
    if not isinstance(amount, WideColumn):
        return to_amounts([int(amount[row]) for row in range(count)])
    data = amount.data[:count]
    pieces = [data[start:stop] for start, stop in iter_pieces(count)]
    if any(piece[:, :_SMALL].any() or int(piece[:, _SMALL].max()) >= _TOO_HIGH for piece in pieces):
        return WideColumn(data)
    small = [np.ascontiguousarray(piece[:, _SMALL:]).view(">i8")[:, 0].astype(np.int64) for piece in pieces]
    return np.concatenate([np.zeros(0, np.int64), *small])


class _Widened:
    """Amounts of int64 as bytes, shape (n, 32), made when asked."""

    dtype = np.dtype(np.uint8)

    def __init__(self, amount: Amounts) -> None:
        self._amount = amount

    def __len__(self) -> int:
        return len(self._amount)

    def __getitem__(self, rows: Any) -> Any:
        if isinstance(rows, slice) or np.ndim(rows):
            return WideColumn.from_parts(np.asarray(self._amount[rows]), []).data
        return WideColumn.from_parts(np.array([self._amount[rows]], np.int64), []).data[0]


def _to_bytes(amount: Amounts) -> Any:
    if is_narrow(amount):
        return _Widened(amount)
    return (amount if isinstance(amount, WideColumn) else WideColumn.from_ints(amount)).data


def _join_halves(low: Ints, high: Ints) -> int:
    if not len(low):
        return 0
    high += low >> 32
    most = int(high.max())
    return min((most << 32) + int((low[high == most] & 0xFFFFFFFF).max()), MOST_TRAFFIC)


@compile_kept
def _add_halves(sums, owner, units):  # type: ignore[no-untyped-def]
    """Add the lower and the upper 32 bits of each amount to the sums of its owner."""
    for row in range(len(owner)):
        if owner[row] >= 0:
            sums[owner[row], 0] += units[row] & 0xFFFFFFFF
            sums[owner[row], 1] += units[row] >> 32
