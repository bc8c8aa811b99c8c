"""The kernel of reach: pots settled from a heap while they are few, and the rest of the window read in order.

* Pots are settled in the order in which they are reached, each by one look through its own later draws: the cost
  follows the movements touched, not the ledger.
* Once that has cost as much as reading the rest of the window in order would, the rest is read in order: at worst
  the work doubles, and a dense reach costs one sequential pass.
* A pot lies in the hash table beside its earliest arrival, since one look then costs one read.

Amounts are only asked whether they move anything: compiled on int64, interpreted on wider columns, as in
`kernel_account`. `reach` drives it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable

from jindo.ledger import Amounts, Ints
from jindo.trace.compiling import compile_kept
from jindo.trace.kernel_state import HEAP, pop_row, push_row

POTS, FOUND, TOUCHED = 0, 1, 2
"""Places in `ReachState.counters`; `HEAP` is where `push_row` has it."""
DONE, NEEDS_ROOM, DENSE = 0, 1, 2
KNOWN, FOLLOWED = 0, 1
"""Rows of the bits that `scan` keeps for every pot."""
_START = 1024
_NEVER = np.iinfo(np.int64).max


class ReachInput(NamedTuple):
    """The chain's columns and the question."""

    src: Ints
    dst: Ints
    amount: Amounts
    out_offsets: Ints
    out_events: Ints
    start: Ints
    """Stolen events before `end` that move something, ascending."""
    end: int
    scan_factor: int
    """Rows read in order in the time that settling one pot takes; 0 to settle all."""


class ReachState(NamedTuple):
    """What settling keeps."""

    counters: Ints
    table: Ints
    """Open addressing, shape (a power of two, 2): pot + 1, negative where stopped, and the event it is reached by."""
    heap: Ints
    """Events that were the earliest arrival at their receiver when they were pushed."""
    found: Ints
    """Events that are, ascending."""


def build_state(stopped: Ints, starts: int) -> ReachState:
    """A state that holds the stopped pots (distinct) and has room for as many starts."""
    room = len(stopped) + starts + _START
    table = np.zeros((1 << (2 * room - 1).bit_length(), 2), np.int64)
    _enter_stopped(table, stopped)
    counters = np.zeros(8, np.int64)
    counters[POTS] = len(stopped)
    return ReachState(counters, table, np.empty(room, np.int64), np.empty(room, np.int64))


def grow_state(state: ReachState) -> ReachState:
    """The same state with twice the room."""
    table = np.zeros((2 * len(state.table), 2), np.int64)
    _enter_again(table, state.table)
    return state._replace(table=table, heap=_double(state.heap), found=_double(state.found))


def build_scan(state: ReachState, *, pots: int) -> ReachState:
    """The same state with room to find every pot; pages that are not written cost nothing."""
    found = np.empty(max(pots, len(state.found)), np.int64)
    found[: len(state.found)] = state.found
    return state._replace(found=found)


def _double(array: Ints) -> Ints:
    wider = np.empty(2 * len(array), np.int64)
    wider[: len(array)] = array
    return wider


@register_jitable
def _find_place(table, pot):  # type: ignore[no-untyped-def]
    """Where a pot is, or would be."""
    mask, key = len(table) - 1, int(pot) + 1
    place = ((key ^ (key >> 17)) * 0x9E3779B1) & mask
    while table[place, 0] != 0 and abs(table[place, 0]) != key:
        place = (place + 1) & mask
    return place


@compile_kept
def _enter_stopped(table, stopped):  # type: ignore[no-untyped-def]
    for pot in stopped:
        place = _find_place(table, pot)
        table[place, 0], table[place, 1] = -pot - 1, _NEVER


@compile_kept
def _enter_again(table, old):  # type: ignore[no-untyped-def]
    for i in range(len(old)):
        if old[i, 0] != 0:
            place = _find_place(table, abs(old[i, 0]) - 1)
            table[place, 0], table[place, 1] = old[i, 0], old[i, 1]


@register_jitable
def _arrive(s, pot, event):  # type: ignore[no-untyped-def]
    """Note that a pot can be reached by an event; False where there is no room for it."""
    place = _find_place(s.table, pot)
    is_new = s.table[place, 0] == 0
    if not is_new and s.table[place, 1] <= event:
        return True
    if s.counters[POTS] == len(s.found) or s.counters[HEAP] == len(s.heap):
        return False
    if is_new:
        s.counters[POTS] += 1
        s.table[place, 0] = pot + 1
    s.table[place, 1] = event
    push_row(s, event)
    return True


@register_jitable
def _first_after(c, pot, event):  # type: ignore[no-untyped-def]
    """Place of a pot's first draw after an event."""
    low, high = c.out_offsets[pot], c.out_offsets[pot + 1]
    while low < high:
        middle = (low + high) >> 1
        if c.out_events[middle] <= event:
            low = middle + 1
        else:
            high = middle
    return low


@register_jitable
def _spread(c, s, pot, event):  # type: ignore[no-untyped-def]
    """Arrive wherever a pot pays after `event`; the movements touched, or -1 where there is no room."""
    o, stop, touched = _first_after(c, pot, event), c.out_offsets[pot + 1], 0
    while o < stop and c.out_events[o] < c.end:
        row = c.out_events[o]
        o += 1
        receiver = c.dst[row]
        if receiver == pot or c.amount[row] == 0:
            continue
        touched += 1
        if receiver >= 0 and not _arrive(s, receiver, row):
            return -1
    return touched


@register_jitable
def _count_until(c, s, end):  # type: ignore[no-untyped-def]
    """Movements before `end` out of the followed pots found."""
    touched = 0
    for i in range(s.counters[FOUND]):
        pot = c.dst[s.found[i]]
        if s.table[_find_place(s.table, pot), 0] > 0:
            o, stop = _first_after(c, pot, s.found[i]), c.out_offsets[pot + 1]
            while o < stop and c.out_events[o] < end:
                touched += 1 if c.dst[c.out_events[o]] != pot and c.amount[c.out_events[o]] > 0 else 0
                o += 1
    return touched


@register_jitable
def _count_starts(c, s, end):  # type: ignore[no-untyped-def]
    """Stolen events before `end` that draw from no followed pot reached before."""
    touched = 0
    for event in c.start:
        if event < end:
            place = _find_place(s.table, c.src[event])
            is_followed = c.src[event] >= 0 and s.table[place, 0] > 0
            touched += 0 if is_followed and s.table[place, 1] < event else 1
    return touched


def settle(c, s, bits):  # type: ignore[no-untyped-def]
    """Settle pots until none is left, a scan is due, or there is no room; the pot cut short is spread again.

    `bits` are `scan`'s; both are called alike.
    """
    if s.counters[FOUND] == 0:
        for event in c.start:
            if c.dst[event] >= 0 and not _arrive(s, c.dst[event], event):
                return NEEDS_ROOM
    while s.counters[HEAP] > 0:
        event = s.heap[0]
        if s.counters[FOUND] * c.scan_factor > c.end - event:
            return DENSE
        pot = c.dst[event]
        place = _find_place(s.table, pot)
        # An event that another overtook stays on the heap until its turn, and is passed over here.
        if s.table[place, 1] == event:
            touched = _spread(c, s, pot, event) if s.table[place, 0] > 0 else 0
            if touched < 0:
                return NEEDS_ROOM
            s.counters[TOUCHED] += touched
            s.found[s.counters[FOUND]] = event
            s.counters[FOUND] += 1
        pop_row(s)
    s.counters[TOUCHED] += _count_starts(c, s, c.end)
    return DONE


@register_jitable
def _mark(s, pot, bits):  # type: ignore[no-untyped-def]
    """Note that a pot is reached, and followed unless it is stopped."""
    bit = 1 << (pot & 7)
    bits[KNOWN, pot >> 3] |= bit
    if s.table[_find_place(s.table, pot), 0] >= 0:
        bits[FOLLOWED, pot >> 3] |= bit


@register_jitable
def _is_marked(bits, pot, which):  # type: ignore[no-untyped-def]
    return (bits[which, pot >> 3] >> (pot & 7)) & 1


def scan(c, s, bits):  # type: ignore[no-untyped-def]
    """Read the rest of the window in order, from the first event that is not settled; DONE.

    `bits` has one for every pot of the chain in each row, none of them set.
    """
    first = s.heap[0]
    s.counters[TOUCHED] = _count_until(c, s, first) + _count_starts(c, s, first)
    for i in range(s.counters[FOUND]):
        _mark(s, c.dst[s.found[i]], bits)
    place = np.searchsorted(c.start, first)
    stolen = c.start[place] if place < len(c.start) else c.end
    for row in range(first, c.end):
        sender = c.src[row]
        if row == stolen:
            place += 1
            stolen = c.start[place] if place < len(c.start) else c.end
        elif sender < 0 or not _is_marked(bits, sender, FOLLOWED):
            continue
        receiver = c.dst[row]
        if receiver == sender or c.amount[row] == 0:
            continue
        s.counters[TOUCHED] += 1
        if receiver >= 0 and not _is_marked(bits, receiver, KNOWN):
            s.found[s.counters[FOUND]] = row
            s.counters[FOUND] += 1
            _mark(s, receiver, bits)
    return DONE
