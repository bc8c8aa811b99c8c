"""What reach keeps while it runs: pots in a hash table, arrivals in buckets of the window.

* State grows with what is touched, never with the ledger; only where the window is read in order is there a bit for
  each pot.
* A pot lies in the hash table beside its earliest arrival, since one look then costs one read.
* Nothing here allocates inside the kernel: it asks `has_room`, and its driver grows the arrays outside.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba.extending import register_jitable

from jindo.base.compiling import compile_kept
from jindo.ledger import Ints
from jindo.trace.kernel_columns import (
    NONE,
)

POTS, FOUND, TOUCHED, WAITING, BUCKET, BATCH, AT, UNSORTED = range(8)
"""Places in `ReachState.counters`."""
DONE, NEEDS_ROOM, DENSE = 0, 1, 2
POT, EVENT, FOLLOWING, COUNT, FIRST, STOP = 0, 1, 2, 2, 2, 3
"""Columns: `arrivals` has POT and EVENT, and so have `table` (there, pot + 1) and the rows of `found`; `waiting` and
`batch` have a place in the table for POT, and FOLLOWING or COUNT; `part` has where a pot's draws begin and stop."""
KNOWN, FOLLOWED = 0, 1
"""Rows of `ReachState.bits`."""
BUCKETS = 128
_PART = 64
_FEW = 64
"""What a bucket may hold to be sorted by insertion."""
_START = 2048


class ReachQuestion(NamedTuple):
    """The chain and the question."""

    facts: Ints
    columns: Any
    """Both as in `kernel_columns.ChainTables`."""
    stopped: Ints
    """A bit for each pot."""
    start: Ints
    """Stolen events before `end`, ascending."""
    end: int
    bucket_bits: int
    """A bucket holds two to this power of events."""
    scan_factor: int
    """Rows read in order in the time that settling one pot takes; 0 to settle all."""


class ReachState(NamedTuple):
    """What settling keeps."""

    counters: Ints
    table: Ints
    """Open addressing, shape (a power of two, 2): pot + 1, and the event it is reached by."""
    batch: Ints
    """What is in the bucket at hand, and how many movements each touches."""
    part: Ints
    """What is spread at one time."""
    arrivals: Ints
    """Where it spreads to."""
    buckets: Ints
    """First of what waits in each bucket, as a place in `waiting`, or NONE."""
    waiting: Ints
    found: Ints
    """Pots that are settled, and their earliest arrivals: two rows (POT, EVENT), by bucket."""
    bits: Ints
    """Two rows of a bit for each pot where the window is read in order; else empty."""


def build_state(starts: int) -> ReachState:
    """An empty state with room for as many starts."""
    room = starts + _START
    return ReachState(
        counters=np.array([0, 0, 0, 0, -1, 0, 0, 0]),
        table=np.zeros((1 << (2 * room - 1).bit_length(), 2), np.int64),
        batch=np.empty((room, 3), np.int64),
        part=np.empty((_PART, 4), np.int64),
        arrivals=np.empty((room, 2), np.int64),
        buckets=np.full(BUCKETS, NONE, np.int64),
        waiting=np.empty((room, 3), np.int64),
        found=np.empty((2, room), np.int64),
        bits=np.zeros((2, 0), np.uint8),
    )


def grow_state(state: ReachState) -> ReachState:
    """The same state with four times the room."""
    table = np.zeros((4 * len(state.table), 2), np.int64)
    moved = _enter_again(table, state.table)
    batch, waiting = _widen(state.batch), _widen(state.waiting)
    for places, count in ((batch, state.counters[BATCH]), (waiting, state.counters[WAITING])):
        places[:count, POT] = moved[places[:count, POT]]
    found = _widen(state.found.T).T.copy()
    arrivals = _widen(state.arrivals)
    return state._replace(table=table, batch=batch, waiting=waiting, found=found, arrivals=arrivals)


def build_scan(state: ReachState, *, pots: int) -> ReachState:
    """The same state with room to find every pot; pages that are not written cost nothing."""
    found = np.empty((2, max(pots, state.found.shape[1])), np.int64)
    found[:, : state.found.shape[1]] = state.found
    return state._replace(found=found, bits=np.zeros((2, pots // 8 + 1), np.uint8))


def _widen(array: Ints) -> Ints:
    wider = np.empty((4 * len(array), *array.shape[1:]), np.int64)
    wider[: len(array)] = array
    return wider


@register_jitable
def hash_pot(table, pot):  # type: ignore[no-untyped-def]
    """Where a pot is looked for first."""
    key = int(pot) + 1
    return ((key ^ (key >> 17)) * 0x9E3779B1) & (len(table) - 1)


@register_jitable
def find_place(table, pot):  # type: ignore[no-untyped-def]
    """Where a pot is, or would be."""
    mask, key, place = len(table) - 1, int(pot) + 1, hash_pot(table, pot)
    while table[place, POT] != 0 and table[place, POT] != key:
        place = (place + 1) & mask
    return place


@compile_kept
def _enter_again(table, old):  # type: ignore[no-untyped-def]
    """Enter what `old` holds; where each of its places is now."""
    moved = np.empty(len(old), np.int64)
    for i in range(len(old)):
        if old[i, POT] != 0:
            moved[i] = find_place(table, old[i, POT] - 1)
            table[moved[i], POT], table[moved[i], EVENT] = old[i, POT], old[i, EVENT]
    return moved


@register_jitable
def next_bucket(c, s):  # type: ignore[no-untyped-def]
    """Take up the next bucket in which anything waits; False where there is none."""
    s.counters[BATCH], s.counters[AT] = 0, 0
    while s.counters[BATCH] == 0 and s.counters[BUCKET] + 1 < len(s.buckets):
        s.counters[BUCKET] += 1
        i = s.buckets[s.counters[BUCKET]]
        while i != NONE:
            add_to_batch(s, s.waiting[i, POT], s.waiting[i, EVENT])
            i = s.waiting[i, FOLLOWING]
    return s.counters[BATCH] > 0


@register_jitable
def add_to_batch(s, place, event):  # type: ignore[no-untyped-def]
    """Put an arrival into the bucket at hand."""
    i = s.counters[BATCH]
    s.counters[BATCH] += 1
    s.batch[i, POT], s.batch[i, EVENT], s.batch[i, COUNT] = place, event, 0


@register_jitable
def arrive(c, s, pot, event):  # type: ignore[no-untyped-def]
    """Note that a pot can be reached by an event, where that is its earliest; there is room for it."""
    place = find_place(s.table, pot)
    if s.table[place, POT] == 0:
        s.counters[POTS] += 1
        s.table[place, POT] = pot + 1
    elif s.table[place, EVENT] <= event:
        return
    s.table[place, EVENT] = event
    bucket = (event - c.start[0]) >> c.bucket_bits
    if bucket == s.counters[BUCKET]:
        add_to_batch(s, place, event)
        return
    i = s.counters[WAITING]
    s.counters[WAITING] += 1
    s.waiting[i, POT], s.waiting[i, EVENT], s.waiting[i, FOLLOWING] = place, event, s.buckets[bucket]
    s.buckets[bucket] = i


@register_jitable
def sort_found(s, first):  # type: ignore[no-untyped-def]
    """Put what was found from place `first` on in the order of its events, or note that there is too much of it."""
    stop = s.counters[FOUND]
    if stop - first > _FEW:
        s.counters[UNSORTED] = 1
        return
    for i in range(first + 1, stop):
        pot, event, at = s.found[POT, i], s.found[EVENT, i], i
        while at > first and s.found[EVENT, at - 1] > event:
            s.found[POT, at], s.found[EVENT, at] = s.found[POT, at - 1], s.found[EVENT, at - 1]
            at -= 1
        s.found[POT, at], s.found[EVENT, at] = pot, event


@register_jitable
def has_room(s, arrivals):  # type: ignore[no-untyped-def]
    """Whether so many arrivals fit."""
    return (
        s.counters[POTS] + arrivals <= s.found.shape[1]
        and s.counters[WAITING] + arrivals <= len(s.waiting)
        and s.counters[WAITING] + s.counters[BATCH] + arrivals <= len(s.batch)
    )
