"""What the fast kernel keeps while it runs: pots in a hash table, lots in an arena, rows in a heap.

* State grows with what the trace touches, never with the ledger.
* Every function here is plain Python that numba also compiles (`register_jitable`); amounts of any width go through
  the same lines (`kernel_units`).
* Nothing here allocates: before each step the kernel asks `has_room`, and its driver grows the arrays outside.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba.extending import register_jitable

from jindo.base.compiling import compile_kept
from jindo.ledger import Amounts, Ints
from jindo.trace.kernel_columns import NONE
from jindo.trace.kernel_units import build_units, put_units, units_at

FOLLOWED, STOPPED, LIMITED = 1, 2, 3
SLOTS, LOTS, FREE, FREE_COUNT, HEAP, FLOWS, SEED, STEPS, ROW, READS = range(10)
"""Places in `State.counters`; the last three are `kernel_account`'s, and the next is `kernel_units.TOO_WIDE`."""
POT, STATUS, HOP, HEAD, TAIL, LENGTH, NEXT_IN, NEXT_OUT = 0, 1, 2, 3, 4, 5, 6, 9
"""Columns of `State.slots`: the last two are cursors of three columns, into the pot's incoming and outgoing events."""
CLEAN_UNITS, INFLOW = 0, 1
"""What `State.slot_units` has of each slot. Clean units are kept for the rules that need no order among clean lots; under
`poison` they are the pot's balance."""
ORIGIN, NEXT = 0, 1
"""Columns of `State.lots`."""


class State(NamedTuple):
    """Arrays of the running trace; amounts are of one of the kinds of `kernel_units`.

    They are few and two-dimensional because numba's time to compile goes with the number of arrays.
    """

    counters: Ints
    table: Ints
    """Open-addressing hash table of slot + 1; its length is a power of two."""
    slots: Ints
    slot_units: Amounts
    """Two for each slot, one slot after the other."""
    lots: Ints
    lot_units: Amounts
    heap: Ints
    flows: Ints
    """Columns: row, pot, theft, whether named."""
    flow_units: Amounts
    opened: Ints
    """A bit for each pot where the window is read in order; else empty."""


_WIDTHS = {"slots": 12, "lots": 2, "heap": 0, "flows": 4}
_UNITS = {"slot_units": 2, "lot_units": 1, "flow_units": 1}


def build_state(size: int, kind: int) -> State:
    """An empty state with room for `size` slots, lots, rows in the heap and flows; amounts of a kind."""
    arrays: dict[str, Any] = {
        "counters": np.zeros(16, np.int64),
        "table": np.zeros(_table_size(size), np.int64),
        "opened": np.zeros(0, np.uint8),
    }
    arrays |= {name: np.empty((size, width) if width else size, np.int64) for name, width in _WIDTHS.items()}
    arrays |= {name: build_units(size * each, kind) for name, each in _UNITS.items()}
    arrays["counters"][FREE] = NONE
    return State(**arrays)


def grow_state(state: State) -> State:
    """The same state with twice the room in every array."""
    grown = {name: _double(getattr(state, name)) for name in (*_WIDTHS, *_UNITS)}
    new = state._replace(**grown, table=np.zeros(_table_size(len(grown["slots"])), np.int64))
    _enter_slots(new.table, new.slots, int(new.counters[SLOTS]))
    return new


@compile_kept
def _enter_slots(table, slots, count):  # type: ignore[no-untyped-def]
    for slot in range(count):
        table[_free_place(table, slots, slots[slot, POT])] = slot + 1


def _table_size(slots: int) -> int:
    return 1 << (2 * slots - 1).bit_length()


def _double(array: Amounts) -> Amounts:
    return np.concatenate([array, np.empty(array.shape, array.dtype)])


@register_jitable
def _free_place(table, slots, pot):  # type: ignore[no-untyped-def]
    mask, pot = len(table) - 1, int(pot)
    place = ((pot ^ (pot >> 17)) * 0x9E3779B1) & mask
    while table[place] != 0 and slots[table[place] - 1, POT] != pot:
        place = (place + 1) & mask
    return place


@register_jitable
def has_room(s, lots, flows):  # type: ignore[no-untyped-def]
    """Whether one more step fits that makes up to `lots` lots and `flows` flows."""
    free_lots = len(s.lots) - s.counters[LOTS] + s.counters[FREE_COUNT]
    return (
        free_lots >= lots
        and s.counters[SLOTS] + flows + 2 <= len(s.slots)
        and s.counters[HEAP] + flows + 4 <= len(s.heap)
        and s.counters[FLOWS] + flows <= len(s.flows)
    )


@register_jitable
def find_slot(s, pot):  # type: ignore[no-untyped-def]
    """Slot of a pot, or NONE."""
    return s.table[_free_place(s.table, s.slots, pot)] - 1


@register_jitable
def add_slot(s, pot, status, hop):  # type: ignore[no-untyped-def]
    """A new slot for a pot that has none."""
    slot = s.counters[SLOTS]
    s.counters[SLOTS] += 1
    s.slots[slot, POT], s.slots[slot, STATUS], s.slots[slot, HOP] = pot, status, hop
    s.slots[slot, HEAD], s.slots[slot, TAIL], s.slots[slot, LENGTH] = NONE, NONE, 0
    s.table[_free_place(s.table, s.slots, pot)] = slot + 1
    return slot


@register_jitable
def push_row(s, row):  # type: ignore[no-untyped-def]
    """Put a row on the heap."""
    i = s.counters[HEAP]
    s.counters[HEAP] += 1
    while i > 0 and s.heap[(i - 1) >> 1] > row:
        s.heap[i] = s.heap[(i - 1) >> 1]
        i = (i - 1) >> 1
    s.heap[i] = row


@register_jitable
def pop_row(s):  # type: ignore[no-untyped-def]
    """Take the lowest row off the heap."""
    top = s.heap[0]
    s.counters[HEAP] -= 1
    size = s.counters[HEAP]
    last = s.heap[size]
    i = 0
    while 2 * i + 1 < size:
        child = 2 * i + 1
        if child + 1 < size and s.heap[child + 1] < s.heap[child]:
            child += 1
        if s.heap[child] >= last:
            break
        s.heap[i] = s.heap[child]
        i = child
    s.heap[i] = last
    return top


@register_jitable
def get_held(s, slot, which):  # type: ignore[no-untyped-def]
    """CLEAN_UNITS or INFLOW of a slot."""
    return units_at(s.slot_units, 2 * slot + which)


@register_jitable
def put_held(s, slot, which, amount):  # type: ignore[no-untyped-def]
    """Set CLEAN_UNITS or INFLOW of a slot."""
    put_units(s.slot_units, 2 * slot + which, amount)


@register_jitable
def add_held(s, slot, which, amount):  # type: ignore[no-untyped-def]
    """Add to CLEAN_UNITS or INFLOW of a slot."""
    put_held(s, slot, which, get_held(s, slot, which) + amount)


@register_jitable
def add_to_lot(s, lot, amount):  # type: ignore[no-untyped-def]
    """Add to the units of a lot."""
    put_units(s.lot_units, lot, units_at(s.lot_units, lot) + amount)


@register_jitable
def new_lot(s, origin, amount):  # type: ignore[no-untyped-def]
    """A lot that is in no row yet."""
    lot = s.counters[FREE]
    if lot != NONE:
        s.counters[FREE] = s.lots[lot, NEXT]
        s.counters[FREE_COUNT] -= 1
    else:
        lot = s.counters[LOTS]
        s.counters[LOTS] += 1
    s.lots[lot, ORIGIN], s.lots[lot, NEXT] = origin, NONE
    put_units(s.lot_units, lot, amount)
    return lot


@register_jitable
def free_lot(s, lot):  # type: ignore[no-untyped-def]
    """Give a lot back to the arena."""
    s.lots[lot, NEXT] = s.counters[FREE]
    s.counters[FREE] = lot
    s.counters[FREE_COUNT] += 1


@register_jitable
def append_lot(s, slot, origin, amount):  # type: ignore[no-untyped-def]
    """Lay a lot as the newest of a pot; it joins the one before when that has the same origin."""
    tail = s.slots[slot, TAIL]
    if tail != NONE and s.lots[tail, ORIGIN] == origin:
        add_to_lot(s, tail, amount)
        return
    lot = new_lot(s, origin, amount)
    if tail == NONE:
        s.slots[slot, HEAD] = lot
    else:
        s.lots[tail, NEXT] = lot
    s.slots[slot, TAIL] = lot
    s.slots[slot, LENGTH] += 1


@register_jitable
def prepend_lot(s, slot, origin, amount):  # type: ignore[no-untyped-def]
    """Lay a lot where it is taken first; it joins the one there when that has the same origin."""
    head = s.slots[slot, HEAD]
    if head != NONE and s.lots[head, ORIGIN] == origin:
        add_to_lot(s, head, amount)
        return
    lot = new_lot(s, origin, amount)
    s.lots[lot, NEXT] = head
    s.slots[slot, HEAD] = lot
    if head == NONE:
        s.slots[slot, TAIL] = lot
    s.slots[slot, LENGTH] += 1


@register_jitable
def add_to_origin(s, slot, origin, amount):  # type: ignore[no-untyped-def]
    """Add to the one lot of an origin in a row sorted by origin."""
    before, lot = NONE, s.slots[slot, HEAD]
    while lot != NONE and s.lots[lot, ORIGIN] < origin:
        before, lot = lot, s.lots[lot, NEXT]
    if lot != NONE and s.lots[lot, ORIGIN] == origin:
        add_to_lot(s, lot, amount)
        return
    new = new_lot(s, origin, amount)
    s.lots[new, NEXT] = lot
    if before == NONE:
        s.slots[slot, HEAD] = new
    else:
        s.lots[before, NEXT] = new
    if lot == NONE:
        s.slots[slot, TAIL] = new
    s.slots[slot, LENGTH] += 1


@register_jitable
def clear_lots(s, slot):  # type: ignore[no-untyped-def]
    """Empty a pot's row."""
    lot = s.slots[slot, HEAD]
    while lot != NONE:
        following = s.lots[lot, NEXT]
        free_lot(s, lot)
        lot = following
    s.slots[slot, HEAD], s.slots[slot, TAIL], s.slots[slot, LENGTH] = NONE, NONE, 0


@register_jitable
def record_flow(s, row, pot, theft, named, amount):  # type: ignore[no-untyped-def]
    """Write down stolen units that a row laid in a pot."""
    i = s.counters[FLOWS]
    s.counters[FLOWS] += 1
    s.flows[i, 0], s.flows[i, 1], s.flows[i, 2], s.flows[i, 3] = row, pot, theft, named
    put_units(s.flow_units, i, amount)
