"""What the fast kernel keeps while it runs: pots in a hash table, lots in an arena, rows in a heap.

* State grows with what the trace touches, never with the ledger.
* Every function here is plain Python that numba also compiles (`register_jitable`): on int64 arrays compiled, on
  object arrays interpreted, so amounts of any width go through the same lines.
* Nothing here allocates: before each step the kernel asks `has_room`, and its driver grows the arrays outside.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba.extending import overload, register_jitable

from jindo.base.compiling import compile_kept
from jindo.ledger import Amounts, Ints
from jindo.trace.kernel_columns import NONE

FOLLOWED, STOPPED, LIMITED = 1, 2, 3
SLOTS, LOTS, FREE, FREE_COUNT, HEAP, FLOWS, SEED, STEPS, ROW, READS = range(10)
"""Places in `State.counters`; the last three are `kernel_account`'s."""
POT, STATUS, HOP, HEAD, TAIL, LENGTH, NEXT_IN, NEXT_OUT = 0, 1, 2, 3, 4, 5, 6, 9
"""Columns of `State.slots`: the last two are cursors of three columns, into the pot's incoming and outgoing events."""
CLEAN_UNITS, INFLOW = 0, 1
"""Columns of `State.slot_units`. Clean units are kept for the rules that need no order among clean lots; under
`poison` they are the pot's balance."""
ORIGIN, NEXT = 0, 1
"""Columns of `State.lots`."""


class State(NamedTuple):
    """Arrays of the running trace; amounts are int64, or Python integers in object arrays.

    They are few and two-dimensional because numba's time to compile goes with the number of arrays.
    """

    counters: Ints
    table: Ints
    """Open-addressing hash table of slot + 1; its length is a power of two."""
    slots: Ints
    slot_units: Amounts
    lots: Ints
    lot_units: Amounts
    heap: Ints
    flows: Ints
    """Columns: row, pot, theft, whether named."""
    flow_units: Amounts
    opened: Ints
    """A bit for each pot where the window is read in order; else empty."""


_WIDTHS = {"slots": 12, "slot_units": 2, "lots": 2, "lot_units": 0, "heap": 0, "flows": 4, "flow_units": 0}


def build_state(size: int, *, wide: bool) -> State:
    """An empty state with room for `size` slots, lots, rows in the heap and flows."""
    arrays: dict[str, Any] = {
        "counters": np.zeros(16, np.int64),
        "table": np.zeros(_table_size(size), np.int64),
        "opened": np.zeros(0, np.uint8),
    }
    for name, width in _WIDTHS.items():
        shape = (size, width) if width else size
        arrays[name] = np.empty(shape, object if wide and name.endswith("units") else np.int64)
    arrays["counters"][FREE] = NONE
    return State(**arrays)


def grow_state(state: State) -> State:
    """The same state with twice the room in every array."""
    grown = {name: _double(getattr(state, name)) for name in _WIDTHS}
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


def mul_div(a: int, b: int, c: int) -> int:
    """floor(a * b / c) for 0 <= a, b and 0 < c, exact whatever the width of the product."""
    return a * b // c


@overload(mul_div)
def _mul_div_compiled(a, b, c):  # type: ignore[no-untyped-def]
    """The same for int64 where the quotient fits int64: 128-bit product, long division by bits."""

    def compute(a, b, c):  # type: ignore[no-untyped-def]
        if b == 0 or a <= 0x7FFFFFFFFFFFFFFF // b:
            return a * b // c
        low = np.uint64(0xFFFFFFFF)
        half = np.uint64(32)
        x, y, divisor = np.uint64(a), np.uint64(b), np.uint64(c)
        x0, x1, y0, y1 = x & low, x >> half, y & low, y >> half
        middle = x1 * y0 + ((x0 * y0) >> half)
        other = x0 * y1 + (middle & low)
        rest = x1 * y1 + (middle >> half) + (other >> half)
        bits = (other << half) | ((x0 * y0) & low)
        quotient = np.uint64(0)
        rest = rest % divisor
        for i in range(63, -1, -1):
            rest = (rest << np.uint64(1)) | ((bits >> np.uint64(i)) & np.uint64(1))
            quotient = quotient << np.uint64(1)
            if rest >= divisor:
                rest -= divisor
                quotient |= np.uint64(1)
        return np.int64(quotient)

    return compute


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
def new_lot(s, origin, amount):  # type: ignore[no-untyped-def]
    """A lot that is in no row yet."""
    lot = s.counters[FREE]
    if lot != NONE:
        s.counters[FREE] = s.lots[lot, NEXT]
        s.counters[FREE_COUNT] -= 1
    else:
        lot = s.counters[LOTS]
        s.counters[LOTS] += 1
    s.lots[lot, ORIGIN], s.lot_units[lot], s.lots[lot, NEXT] = origin, amount, NONE
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
        s.lot_units[tail] += amount
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
        s.lot_units[head] += amount
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
        s.lot_units[lot] += amount
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
    s.flow_units[i] = amount
