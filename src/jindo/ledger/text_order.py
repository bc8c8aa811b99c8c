"""The order of texts by their bytes: what a table is searched by.

* Eight bytes at a time: most texts differ in the first, so that a sort of numbers does nearly all.
* Memory is 16 bytes a text while it sorts, and the texts themselves are not copied.

Tables are `texts`' and `hex_texts`'.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from jindo.base.compiling import compile_kept
from jindo.ledger.runs import Ints

STEP = 8
_SMALL = (1 << 31) - 1
_BUCKET_BITS = 18


def order_texts(data: Ints, offsets: Ints) -> Ints | None:
    """Ids of texts laid end to end in `data` (uint8), ascending by their bytes; `None` where the ids are so already.

    Equal texts stand next to each other, in no order of their own.
    """
    data, offsets = freeze(data), freeze(np.asarray(offsets, np.int64))
    longest = int(np.diff(offsets).max()) if len(offsets) > 1 else 0

    def find_keys(rows: Ints, depth: int) -> Ints:
        if depth >= longest + STEP:  # they differ by zeros at the end
            sizes: Ints = offsets[rows + 1] - offsets[rows]
            return sizes.astype(np.uint64)
        keys = np.empty(len(rows), np.uint64)
        fill_keys(data, offsets, rows, depth, keys)
        return keys

    return order_keys(find_keys(np.arange(len(offsets) - 1), 0), find_keys, longest + STEP)


def order_keys(keys: Ints, find_keys: Callable[[Ints, int], Ints], deepest: int) -> Ints | None:
    """`order_texts`, where the first eight bytes of each text are at hand (uint64, big-endian, padded with zeros).

    `find_keys` gives the eight bytes from a depth on of each of some texts. Those that are alike up to `deepest` and
    there too are equal.
    """
    if bool((keys[:-1] < keys[1:]).all()):
        return None
    found, order = sort_keys(keys)
    same = found[1:] == found[:-1]
    tied = _find_tied(same)
    group = np.cumsum(np.append(True, ~same))[tied] if len(tied) else tied
    del found, same
    depth = 0
    while len(tied) and depth < deepest:
        depth += STEP
        rows = order[tied]
        more = find_keys(rows, depth)
        by = np.lexsort((more, group))
        order[tied], more, group = rows[by], more[by], group[by]
        same = (more[1:] == more[:-1]) & (group[1:] == group[:-1])
        fresh, still = np.cumsum(np.append(True, ~same)), _find_tied(same)
        tied, group = tied[still], fresh[still]
    return _shrink(order)


def sort_keys(keys: Ints) -> tuple[Ints, Ints]:
    """The keys (uint64) ascending, and the row of each: int32 where that is wide enough."""
    order = np.empty(len(keys), np.int32 if len(keys) <= _SMALL else np.int64)
    found = np.empty(len(keys), np.uint64)
    if not len(keys):
        return found, order
    low, high = int(keys.min()), int(keys.max())
    bits = min(_BUCKET_BITS, max(1, len(keys).bit_length() - 4))
    shift = max(0, (high - low).bit_length() - bits)
    starts = np.zeros((1 << bits) + 1, np.int64)
    _scatter(freeze(keys), np.uint64(low), np.uint64(shift), starts, found, order)
    _sort_buckets(starts, found, order)
    return found, order


def freeze(column: Ints) -> Ints:
    """The column, not to be written to: compiled functions see one type, mapped or not."""
    if not column.flags.writeable:
        return column
    frozen = column.view()
    frozen.flags.writeable = False
    return frozen


def _find_tied(same: Ints) -> Ints:
    """Places that are like the one before or after."""
    return np.flatnonzero(np.append(same, False) | np.append(False, same))


def _shrink(order: Ints) -> Ints | None:
    if np.array_equal(order, np.arange(len(order))):
        return None
    return order


@compile_kept
def fill_keys(data: Any, offsets: Any, rows: Any, depth: int, keys: Any) -> None:
    """Put the eight bytes from `depth` on of each of the texts `rows` into `keys`, padded with zeros."""
    for place in range(len(rows)):
        start = offsets[rows[place]] + depth
        end = offsets[rows[place] + 1]
        key = np.uint64(0)
        for i in range(8):
            key <<= np.uint64(8)
            if start + i < end:
                key |= np.uint64(data[start + i])
        keys[place] = key


@compile_kept
def _scatter(keys: Any, low: Any, shift: Any, starts: Any, found: Any, order: Any) -> None:
    """Put the keys into buckets by their leading bits; `starts` says afterwards where each bucket begins."""
    for key in keys:
        starts[np.int64((key - low) >> shift) + 1] += 1
    for bucket in range(1, len(starts)):
        starts[bucket] += starts[bucket - 1]
    at = starts[:-1].copy()
    for row in range(len(keys)):
        place = np.int64((keys[row] - low) >> shift)
        found[at[place]], order[at[place]] = keys[row], row
        at[place] += 1


@compile_kept
def _sort_buckets(starts: Any, found: Any, order: Any) -> None:
    """Quicksort with chance pivots: no order of the keys makes it slow."""
    stack = np.zeros((128, 2), np.int64)
    chance = np.uint64(88172645463325252)
    for bucket in range(len(starts) - 1):
        stack[0, 0], stack[0, 1] = starts[bucket], starts[bucket + 1]
        depth = 1
        while depth:
            depth -= 1
            low, high = stack[depth, 0], stack[depth, 1]
            while high - low > 16:
                chance ^= chance << np.uint64(13)
                chance ^= chance >> np.uint64(7)
                chance ^= chance << np.uint64(17)
                pivot = found[low + np.int64(chance % np.uint64(high - low))]
                i, j = low, high - 1
                while i <= j:
                    while found[i] < pivot:
                        i += 1
                    while found[j] > pivot:
                        j -= 1
                    if i <= j:
                        found[i], found[j] = found[j], found[i]
                        order[i], order[j] = order[j], order[i]
                        i += 1
                        j -= 1
                if j + 1 - low < high - i:  # the longer part waits, so that few do
                    stack[depth, 0], stack[depth, 1] = i, high
                    high = j + 1
                else:
                    stack[depth, 0], stack[depth, 1] = low, j + 1
                    low = i
                depth += 1
            for i in range(low + 1, high):
                key, row = found[i], order[i]
                j = i - 1
                while j >= low and found[j] > key:
                    found[j + 1], order[j + 1] = found[j], order[j]
                    j -= 1
                found[j + 1], order[j + 1] = key, row
