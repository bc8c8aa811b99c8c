"""Sorting a few values of a column into room that is there already: a compiled pass that makes arrays is slower.

* Heap sort: no more than n log n steps, whatever values a hostile chain has, and no room of its own.
"""

from __future__ import annotations

from numba.extending import register_jitable


@register_jitable
def sort_into(room, column, span):  # type: ignore[no-untyped-def]
    """Put the values of a column from span[0] to span[1], ascending, at the beginning of `room`."""
    count = span[1] - span[0]
    for i in range(count):
        room[i] = column[span[0] + i]
    for start in range(count // 2 - 1, -1, -1):
        _sift(room, start, count)
    for end in range(count - 1, 0, -1):
        largest = room[0]
        room[0] = room[end]
        room[end] = largest
        _sift(room, 0, end)


@register_jitable
def reverse(values):  # type: ignore[no-untyped-def]
    """Turn the order of values round, in place."""
    for i in range(len(values) // 2):
        kept = values[i]
        values[i] = values[len(values) - 1 - i]
        values[len(values) - 1 - i] = kept


@register_jitable
def _sift(room, root, count):  # type: ignore[no-untyped-def]
    """Let a value sink until none below it is larger."""
    value = room[root]
    child = 2 * root + 1
    while child < count:
        if child + 1 < count and room[child] < room[child + 1]:
            child += 1
        if room[child] <= value:
            break
        room[root] = room[child]
        root, child = child, 2 * child + 1
    room[root] = value
