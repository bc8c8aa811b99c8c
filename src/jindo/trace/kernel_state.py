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

from jindo.ledger import Amounts, Ints

FOLLOWED, STOPPED, LIMITED = 1, 2, 3
SLOTS, LOTS, FREE, FREE_COUNT, HEAP, FLOWS, SEED = range(7)
"""Places in `State.count`."""
NONE = -1


class State(NamedTuple):
    """Arrays of the running trace; amounts are int64, or Python integers in object arrays."""

    count: Ints
    table: Ints
    """Open-addressing hash table of slot + 1; its length is a power of two."""
    slot_pot: Ints
    slot_status: Ints
    slot_hop: Ints
    slot_head: Ints
    slot_tail: Ints
    slot_length: Ints
    slot_clean: Amounts
    """Clean units, for the rules that need no order among clean lots; the balance under `poison`."""
    slot_inflow: Amounts
    slot_in: Ints
    """Next place in the pot's incoming events."""
    slot_out: Ints
    """Next place in the pot's outgoing events."""
    lot_origin: Ints
    lot_amount: Amounts
    lot_next: Ints
    heap: Ints
    flow_row: Ints
    flow_pot: Ints
    flow_theft: Ints
    flow_named: Ints
    flow_amount: Amounts


SLOT_ARRAYS = ("slot_pot", "slot_status", "slot_hop", "slot_head", "slot_tail", "slot_length", "slot_clean")
SLOT_ARRAYS += ("slot_inflow", "slot_in", "slot_out")
LOT_ARRAYS = ("lot_origin", "lot_amount", "lot_next")
FLOW_ARRAYS = ("flow_row", "flow_pot", "flow_theft", "flow_named", "flow_amount")
_AMOUNTS = ("slot_clean", "slot_inflow", "lot_amount", "flow_amount")


def build_state(size: int, *, wide: bool) -> State:
    """An empty state with room for `size` slots, lots, rows in the heap and flows."""
    arrays: dict[str, Any] = {"count": np.zeros(8, np.int64), "table": np.zeros(_table_size(size), np.int64)}
    for name in (*SLOT_ARRAYS, *LOT_ARRAYS, "heap", *FLOW_ARRAYS):
        arrays[name] = np.zeros(size, object if wide and name in _AMOUNTS else np.int64)
    arrays["count"][FREE] = NONE
    return State(**arrays)


def grow_state(state: State) -> State:
    """The same state with twice the room in every array that is more than half full."""
    grown = {name: _double(getattr(state, name)) for name in (*SLOT_ARRAYS, *LOT_ARRAYS, "heap", *FLOW_ARRAYS)}
    new = state._replace(**grown, table=np.zeros(_table_size(len(grown["slot_pot"])), np.int64))
    for slot in range(int(new.count[SLOTS])):
        place = _free_place(new.table, new.slot_pot, new.slot_pot[slot])
        new.table[place] = slot + 1
    return new


def _table_size(slots: int) -> int:
    return 1 << (2 * slots - 1).bit_length()


def _double(array: Amounts) -> Amounts:
    return np.concatenate([array, np.zeros(len(array), array.dtype)])


@register_jitable
def _free_place(table, slot_pot, pot):  # type: ignore[no-untyped-def]
    mask, pot = len(table) - 1, int(pot)
    place = ((pot ^ (pot >> 17)) * 0x9E3779B1) & mask
    while table[place] != 0 and slot_pot[table[place] - 1] != pot:
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
    free_lots = len(s.lot_origin) - s.count[LOTS] + s.count[FREE_COUNT]
    return (
        free_lots >= lots
        and s.count[SLOTS] + flows + 2 <= len(s.slot_pot)
        and s.count[HEAP] + flows + 4 <= len(s.heap)
        and s.count[FLOWS] + flows <= len(s.flow_row)
    )


@register_jitable
def find_slot(s, pot):  # type: ignore[no-untyped-def]
    """Slot of a pot, or NONE."""
    return s.table[_free_place(s.table, s.slot_pot, pot)] - 1


@register_jitable
def add_slot(s, pot, status, hop):  # type: ignore[no-untyped-def]
    """A new slot for a pot that has none."""
    slot = s.count[SLOTS]
    s.count[SLOTS] += 1
    s.slot_pot[slot], s.slot_status[slot], s.slot_hop[slot] = pot, status, hop
    s.slot_head[slot], s.slot_tail[slot], s.slot_length[slot] = NONE, NONE, 0
    s.table[_free_place(s.table, s.slot_pot, pot)] = slot + 1
    return slot


@register_jitable
def push_row(s, row):  # type: ignore[no-untyped-def]
    """Put a row on the heap."""
    i = s.count[HEAP]
    s.count[HEAP] += 1
    while i > 0 and s.heap[(i - 1) >> 1] > row:
        s.heap[i] = s.heap[(i - 1) >> 1]
        i = (i - 1) >> 1
    s.heap[i] = row


@register_jitable
def pop_row(s):  # type: ignore[no-untyped-def]
    """Take the lowest row off the heap."""
    top = s.heap[0]
    s.count[HEAP] -= 1
    size = s.count[HEAP]
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
    lot = s.count[FREE]
    if lot != NONE:
        s.count[FREE] = s.lot_next[lot]
        s.count[FREE_COUNT] -= 1
    else:
        lot = s.count[LOTS]
        s.count[LOTS] += 1
    s.lot_origin[lot], s.lot_amount[lot], s.lot_next[lot] = origin, amount, NONE
    return lot


@register_jitable
def free_lot(s, lot):  # type: ignore[no-untyped-def]
    """Give a lot back to the arena."""
    s.lot_next[lot] = s.count[FREE]
    s.count[FREE] = lot
    s.count[FREE_COUNT] += 1


@register_jitable
def append_lot(s, slot, origin, amount):  # type: ignore[no-untyped-def]
    """Lay a lot as the newest of a pot; it joins the one before when that has the same origin."""
    tail = s.slot_tail[slot]
    if tail != NONE and s.lot_origin[tail] == origin:
        s.lot_amount[tail] += amount
        return
    lot = new_lot(s, origin, amount)
    if tail == NONE:
        s.slot_head[slot] = lot
    else:
        s.lot_next[tail] = lot
    s.slot_tail[slot] = lot
    s.slot_length[slot] += 1


@register_jitable
def prepend_lot(s, slot, origin, amount):  # type: ignore[no-untyped-def]
    """Lay a lot where it is taken first; it joins the one there when that has the same origin."""
    head = s.slot_head[slot]
    if head != NONE and s.lot_origin[head] == origin:
        s.lot_amount[head] += amount
        return
    lot = new_lot(s, origin, amount)
    s.lot_next[lot] = head
    s.slot_head[slot] = lot
    if head == NONE:
        s.slot_tail[slot] = lot
    s.slot_length[slot] += 1


@register_jitable
def add_to_origin(s, slot, origin, amount):  # type: ignore[no-untyped-def]
    """Add to the one lot of an origin in a row sorted by origin."""
    before, lot = NONE, s.slot_head[slot]
    while lot != NONE and s.lot_origin[lot] < origin:
        before, lot = lot, s.lot_next[lot]
    if lot != NONE and s.lot_origin[lot] == origin:
        s.lot_amount[lot] += amount
        return
    new = new_lot(s, origin, amount)
    s.lot_next[new] = lot
    if before == NONE:
        s.slot_head[slot] = new
    else:
        s.lot_next[before] = new
    if lot == NONE:
        s.slot_tail[slot] = new
    s.slot_length[slot] += 1


@register_jitable
def clear_lots(s, slot):  # type: ignore[no-untyped-def]
    """Empty a pot's row."""
    lot = s.slot_head[slot]
    while lot != NONE:
        following = s.lot_next[lot]
        free_lot(s, lot)
        lot = following
    s.slot_head[slot], s.slot_tail[slot], s.slot_length[slot] = NONE, NONE, 0


@register_jitable
def record_flow(s, row, pot, theft, named, amount):  # type: ignore[no-untyped-def]
    """Write down stolen units that a row laid in a pot."""
    i = s.count[FLOWS]
    s.count[FLOWS] += 1
    s.flow_row[i], s.flow_pot[i], s.flow_theft[i], s.flow_named[i], s.flow_amount[i] = row, pot, theft, named, amount
