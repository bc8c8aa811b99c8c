"""How far stolen value could have gone: the pots it can have reached, in ledger order, whatever the rule.

* A pot is reached by the first movement into it out of a pot reached before; the stolen movements come first.
* A movement of nothing, or of a pot to itself, reaches nobody. A stopped pot is reached and not followed.
* No rule moves stolen value outside this set, so it bounds every trace; it says nothing of amounts.
* Pots are settled in the order in which they are reached, each by one look through its own later draws: the cost
  follows the movements touched, not the ledger.

Amounts are only asked whether they move anything, so the one source runs compiled on int64 and interpreted on
wider columns, as in `kernel_account`. What arrived, and how much, is `kernel`'s.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit
from numba.extending import register_jitable

from jindo.ledger import AccountChain, Amounts, Ints
from jindo.trace.kernel_state import HEAP, NONE, SLOTS, find_slot, pop_row, push_row

FOUND, TOUCHED = 5, 7
"""Places in `_State.count` that a full trace uses for what reach does not have."""
DONE, NEEDS_ROOM = 0, 1
_START = 1024
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Reach:
    """The pots that stolen value could have reached, in the order in which it could."""

    pots: Ints
    events: Ints
    """The movement by which each pot was first reached, ascending."""
    touched: int
    """Movements that could have carried stolen value, the stolen ones among them."""


class _Input(NamedTuple):
    """The chain's columns and the question."""

    src: Ints
    dst: Ints
    amount: Amounts
    out_offsets: Ints
    out_events: Ints
    start: Ints
    """Stolen events before `end` that move something, ascending."""
    end: int
    stopped: int
    """Slots below this one are of stopped pots."""


class _State(NamedTuple):
    """Pots in a hash table, as in `kernel_state`, with the earliest arrival known of each."""

    count: Ints  # type: ignore[assignment]  # numba knows no tuple.count
    table: Ints
    slot_pot: Ints
    slot_event: Ints
    heap: Ints
    """Events that were the earliest arrival at their receiver when they were pushed."""
    found: Ints
    """Events that are."""


def find_reach(
    chain: AccountChain, start_events: Iterable[int], *, end: int, stopped_pots: Iterable[int]
) -> Reach:
    """The pots that value stolen in `start_events` could have reached by the events before `end`."""
    start = sorted({int(event) for event in start_events if event < end})
    start = [e for e in start if chain.src[e] != chain.dst[e] and chain.amount[e] > 0]
    stopped = np.unique(np.fromiter(stopped_pots, np.int64))
    given = _Input(
        src=chain.src,
        dst=chain.dst,
        amount=chain.amount,
        out_offsets=chain.out_offsets,
        out_events=chain.out_events,
        start=np.array(start, np.int64),
        end=end,
        stopped=len(stopped),
    )
    run = _run_compiled if chain.narrow else _run
    state = _build_state(stopped, _START + len(start))
    while run(given, state) != DONE:
        state = _grow_state(state)
    events = state.found[: state.count[FOUND]].copy()
    return Reach(pots=np.asarray(chain.dst[events]), events=events, touched=int(state.count[TOUCHED]))


def _build_state(stopped: Ints, room: int) -> _State:
    size = len(stopped) + room
    state = _State(np.zeros(8, np.int64), *(np.zeros(size, np.int64) for _ in range(5)))
    state.count[SLOTS] = len(stopped)
    state.slot_pot[: len(stopped)], state.slot_event[: len(stopped)] = stopped, _NEVER
    return _fill_table(state)


def _grow_state(state: _State) -> _State:
    """The same state with twice the room."""
    doubled = {name: _double(getattr(state, name)) for name in ("slot_pot", "slot_event", "heap", "found")}
    return _fill_table(state._replace(**doubled))


def _double(array: Ints) -> Ints:
    wider = np.empty(2 * len(array), np.int64)
    wider[: len(array)] = array
    return wider


def _fill_table(state: _State) -> _State:
    table = np.zeros(1 << (2 * len(state.slot_pot) - 1).bit_length(), np.int64)
    _place_slots(table, state.slot_pot, int(state.count[SLOTS]))
    return state._replace(table=table)


@register_jitable
def _free_place(table, pot):  # type: ignore[no-untyped-def]
    """Where `find_slot` will look for a pot that is not in the table yet."""
    mask, pot = len(table) - 1, int(pot)
    place = ((pot ^ (pot >> 17)) * 0x9E3779B1) & mask
    while table[place] != 0:
        place = (place + 1) & mask
    return place


@njit(cache=True)
def _place_slots(table, slot_pot, count):  # type: ignore[no-untyped-def]
    for slot in range(count):
        table[_free_place(table, slot_pot[slot])] = slot + 1


@register_jitable
def _arrive(s, pot, event):  # type: ignore[no-untyped-def]
    """Note that a pot can be reached by an event; False where there is no room for it."""
    slot = find_slot(s, pot)
    if slot != NONE and s.slot_event[slot] <= event:
        return True
    if s.count[SLOTS] == len(s.slot_pot) or s.count[HEAP] == len(s.heap):
        return False
    if slot == NONE:
        slot = s.count[SLOTS]
        s.count[SLOTS] += 1
        s.slot_pot[slot] = pot
        s.table[_free_place(s.table, pot)] = slot + 1
    s.slot_event[slot] = event
    push_row(s, event)
    return True


@register_jitable
def _first_after(events, low, high, event):  # type: ignore[no-untyped-def]
    while low < high:
        middle = (low + high) >> 1
        if events[middle] <= event:
            low = middle + 1
        else:
            high = middle
    return low


@register_jitable
def _spread(c, s, pot, event):  # type: ignore[no-untyped-def]
    """Arrive wherever a pot pays after `event`; the movements touched, or NONE where there is no room."""
    stop = c.out_offsets[pot + 1]
    o = _first_after(c.out_events, c.out_offsets[pot], stop, event)
    touched = 0
    while o < stop and c.out_events[o] < c.end:
        row = c.out_events[o]
        o += 1
        receiver = c.dst[row]
        if receiver == pot or c.amount[row] == 0:
            continue
        touched += 1
        if receiver >= 0 and not _arrive(s, receiver, row):
            return NONE
    return touched


@register_jitable
def _is_touched(c, s, event):  # type: ignore[no-untyped-def]
    """Whether an event draws from a followed pot that was reached before it."""
    slot = find_slot(s, c.src[event]) if c.src[event] >= 0 else NONE
    return slot >= c.stopped and s.slot_event[slot] < event


def _run(c, s):  # type: ignore[no-untyped-def]
    """Go on until all is reached or there is no room; what a lack of room cut short is done again from its start."""
    if s.count[FOUND] == 0:
        for event in c.start:
            if c.dst[event] >= 0 and not _arrive(s, c.dst[event], event):
                return NEEDS_ROOM
    while s.count[HEAP] > 0:
        event = s.heap[0]
        pot = c.dst[event]
        slot = find_slot(s, pot)
        # An event that another overtook stays on the heap until its turn, and is passed over here.
        if s.slot_event[slot] == event:
            touched = _spread(c, s, pot, event) if slot >= c.stopped else 0
            if touched == NONE:
                return NEEDS_ROOM
            s.count[TOUCHED] += touched
            s.found[s.count[FOUND]] = event
            s.count[FOUND] += 1
        pop_row(s)
    for event in c.start:
        if not _is_touched(c, s, event):
            s.count[TOUCHED] += 1
    return DONE


_run_compiled = njit(cache=True)(_run)
