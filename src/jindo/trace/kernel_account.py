"""The fast tracer for account chains: a heap of next draws over the ledger's adjacency.

* Only pots that stolen value enters are opened. Opening one replays its own history, all of it clean, to its balance.
* Draws are taken from the heap in ledger order; clean money from unopened pots is laid in just before it matters.
* A row of lots is kept as its rule needs it: in age order for `fifo`, newest first for `lifo`; the other rules keep
  clean units as one number, since nothing tells one clean unit from another.
* It is right where it gives the `Findings` of `trace.reference`.

The one source runs compiled on int64 columns and interpreted on wider amounts; see `kernel_state`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable

from jindo.ledger import Amounts, Ints
from jindo.trace.kernel_state import (
    CLEAN_UNITS,
    FOLLOWED,
    HEAD,
    HEAP,
    HOP,
    INFLOW,
    LENGTH,
    LIMITED,
    NEXT,
    NEXT_IN,
    NEXT_OUT,
    NONE,
    ORIGIN,
    POT,
    SEED,
    SLOTS,
    STATUS,
    TAIL,
    add_slot,
    add_to_origin,
    append_lot,
    clear_lots,
    find_slot,
    free_lot,
    has_room,
    mul_div,
    pop_row,
    prepend_lot,
    push_row,
    record_flow,
)

FIFO, LIFO, HAIRCUT, DIRTY_FIRST, CLEAN_FIRST, POISON = range(6)
RULE_CODES = {
    "fifo": FIFO,
    "lifo": LIFO,
    "haircut": HAIRCUT,
    "dirty-first": DIRTY_FIRST,
    "clean-first": CLEAN_FIRST,
    "poison": POISON,
}
CLEAN = -1
DONE, NEEDS_ROOM = 0, 1


class AccountColumns(NamedTuple):
    """The chain's columns and the question, as flat arrays."""

    src: Ints
    dst: Ints
    amount: Amounts
    out_offsets: Ints
    out_events: Ints
    in_offsets: Ints
    in_events: Ints
    seed_event: Ints
    """Stolen events, ascending."""
    seed_theft: Ints
    open_pot: Ints
    """Pots with an opening balance, ascending."""
    open_amount: Amounts
    rule: int
    end: int
    """Events from this one on are left out."""
    max_hops: int
    """-1 for no limit."""
    thefts: int


class Scratch(NamedTuple):
    """What one draw holds between leaving one pot and entering the next."""

    origin: Ints
    """CLEAN, a theft for units stolen before, or thefts + theft for units named in this movement."""
    amount: Amounts
    total: Amounts
    """Sum by theft, and by thefts + theft; zero between draws."""
    size: Ints
    shortfall: Amounts


@register_jitable
def _find_seed(c, event):  # type: ignore[no-untyped-def]
    place = np.searchsorted(c.seed_event, event)
    return c.seed_theft[place] if place < len(c.seed_event) and c.seed_event[place] == event else NONE


@register_jitable
def _opening(c, pot, zero):  # type: ignore[no-untyped-def]
    place = np.searchsorted(c.open_pot, pot)
    return c.open_amount[place] if place < len(c.open_pot) and c.open_pot[place] == pot else zero


@register_jitable
def _lay_lot(c, s, slot, origin, amount):  # type: ignore[no-untyped-def]
    if c.rule == POISON:
        s.slot_units[slot, CLEAN_UNITS] += amount
    elif c.rule == FIFO:
        append_lot(s, slot, origin, amount)
    elif c.rule == LIFO:
        prepend_lot(s, slot, origin, amount)
    elif origin == CLEAN:
        s.slot_units[slot, CLEAN_UNITS] += amount
    elif c.rule == HAIRCUT:
        add_to_origin(s, slot, origin, amount)
    else:
        append_lot(s, slot, origin, amount)


@register_jitable
def _lay_clean_until(c, s, slot, event):  # type: ignore[no-untyped-def]
    """Lay what unopened pots sent to this one before `event`."""
    stop = c.in_offsets[s.slots[slot, POT] + 1]
    i = s.slots[slot, NEXT_IN]
    while i < stop and c.in_events[i] < event:
        row = c.in_events[i]
        if c.src[row] != c.dst[row] and c.amount[row] > 0:
            _lay_lot(c, s, slot, CLEAN, c.amount[row])
        i += 1
    s.slots[slot, NEXT_IN] = i


@register_jitable
def _open(c, s, pot, hop, event):  # type: ignore[no-untyped-def]
    """A slot for a pot that stolen value enters at `event`, with its balance and shortfalls until then."""
    slot = add_slot(s, pot, LIMITED if 0 <= c.max_hops < hop else FOLLOWED, hop)
    zero = c.amount[event] - c.amount[event]
    s.slot_units[slot, CLEAN_UNITS], s.slot_units[slot, INFLOW] = zero, zero
    if s.slots[slot, STATUS] == LIMITED:
        return slot
    i, o = c.in_offsets[pot], c.out_offsets[pot]
    in_stop, out_stop = c.in_offsets[pot + 1], c.out_offsets[pot + 1]
    balance = _opening(c, pot, zero)
    while (i < in_stop and c.in_events[i] < event) or (o < out_stop and c.out_events[o] < event):
        if o >= out_stop or (i < in_stop and c.in_events[i] <= c.out_events[o]):
            row = c.in_events[i]
            i += 1
            if c.src[row] != pot:
                balance += c.amount[row]
        else:
            row = c.out_events[o]
            o += 1
            if c.dst[row] == pot:
                continue
            if c.amount[row] > balance:
                if _find_seed(c, row) == NONE:
                    s.slot_units[slot, INFLOW] += c.amount[row] - balance
                balance = zero
            else:
                balance -= c.amount[row]
    s.slots[slot, NEXT_IN], s.slots[slot, NEXT_OUT] = i, o
    if balance > 0:
        _lay_lot(c, s, slot, CLEAN, balance)
    _push_next(c, s, slot, event)
    return slot


@register_jitable
def _push_next(c, s, slot, event):  # type: ignore[no-untyped-def]
    """Put the pot's first draw after `event` on the heap."""
    stop = c.out_offsets[s.slots[slot, POT] + 1]
    o = s.slots[slot, NEXT_OUT]
    while o < stop and c.out_events[o] <= event:
        o += 1
    s.slots[slot, NEXT_OUT] = o
    if o < stop and c.out_events[o] < c.end:
        push_row(s, c.out_events[o])


@register_jitable
def _add_piece(x, origin, amount):  # type: ignore[no-untyped-def]
    if amount > 0:
        i = x.size[0]
        x.size[0] += 1
        x.origin[i], x.amount[i] = origin, amount


@register_jitable
def _draw_row(s, x, slot, amount):  # type: ignore[no-untyped-def]
    """Take lots from the head of a row; what is left to draw."""
    lot = s.slots[slot, HEAD]
    while lot != NONE and amount > 0:
        size = s.lot_units[lot]
        if size > amount:
            _add_piece(x, s.lots[lot, ORIGIN], amount)
            s.lot_units[lot] = size - amount
            amount -= amount
            break
        _add_piece(x, s.lots[lot, ORIGIN], size)
        amount -= size
        following = s.lots[lot, NEXT]
        free_lot(s, lot)
        lot = following
        s.slots[slot, LENGTH] -= 1
    s.slots[slot, HEAD] = lot
    if lot == NONE:
        s.slots[slot, TAIL] = NONE
    return amount


@register_jitable
def _draw_clean(s, x, slot, amount):  # type: ignore[no-untyped-def]
    size = min(amount, s.slot_units[slot, CLEAN_UNITS])
    s.slot_units[slot, CLEAN_UNITS] -= size
    _add_piece(x, CLEAN, size)
    return amount - size


@register_jitable
def _draw_share(s, x, slot, amount):  # type: ignore[no-untyped-def]
    zero = amount - amount
    stolen, lot = zero, s.slots[slot, HEAD]
    while lot != NONE:
        stolen += s.lot_units[lot]
        lot = s.lots[lot, NEXT]
    held = stolen + s.slot_units[slot, CLEAN_UNITS]
    size = min(amount, held)
    if size == 0:
        return amount
    share = mul_div(stolen, size, held)
    running, before, kept, last = zero, zero, NONE, NONE
    lot = s.slots[slot, HEAD]
    while lot != NONE:
        following = s.lots[lot, NEXT]
        running += s.lot_units[lot]
        reached = mul_div(running, share, stolen)
        _add_piece(x, s.lots[lot, ORIGIN], reached - before)
        s.lot_units[lot] -= reached - before
        before = reached
        if s.lot_units[lot] == 0:
            free_lot(s, lot)
            s.slots[slot, LENGTH] -= 1
        else:
            if last == NONE:
                kept = lot
            else:
                s.lots[last, NEXT] = lot
            s.lots[lot, NEXT] = NONE
            last = lot
        lot = following
    s.slots[slot, HEAD], s.slots[slot, TAIL] = kept, last
    _draw_clean(s, x, slot, size - share)
    return amount - size


@register_jitable
def _draw_stain(s, x, slot, amount):  # type: ignore[no-untyped-def]
    """All that is drawn carries every stain; a draw that empties the pot takes the stains with it."""
    lot = s.slots[slot, HEAD]
    while lot != NONE:
        _add_piece(x, s.lots[lot, ORIGIN], amount)
        lot = s.lots[lot, NEXT]
    rest = amount - min(amount, s.slot_units[slot, CLEAN_UNITS])
    s.slot_units[slot, CLEAN_UNITS] -= amount - rest
    if s.slot_units[slot, CLEAN_UNITS] == 0:
        clear_lots(s, slot)
    return rest


@register_jitable
def _draw(c, s, x, slot, amount):  # type: ignore[no-untyped-def]
    """Draw from a followed pot into the scratch; returns the shortfall."""
    if c.rule == POISON:
        return _draw_stain(s, x, slot, amount)
    if c.rule == HAIRCUT:
        return _draw_share(s, x, slot, amount)
    if c.rule == DIRTY_FIRST:
        return _draw_clean(s, x, slot, _draw_row(s, x, slot, amount))
    if c.rule == CLEAN_FIRST:
        return _draw_row(s, x, slot, _draw_clean(s, x, slot, amount))
    return _draw_row(s, x, slot, amount)


@register_jitable
def _name_pieces(c, x, theft, amount):  # type: ignore[no-untyped-def]
    """What was drawn clean becomes the theft's."""
    if c.rule == POISON:
        for i in range(x.size[0]):
            if x.origin[i] == theft:
                return
        _add_piece(x, c.thefts + theft, amount)
        return
    for i in range(x.size[0]):
        if x.origin[i] == CLEAN:
            x.origin[i] = c.thefts + theft


@register_jitable
def _record_pieces(c, s, x, event, pot):  # type: ignore[no-untyped-def]
    """One flow for each theft, once carried and once named; whether there was any."""
    for i in range(x.size[0]):
        if x.origin[i] >= 0:
            x.total[x.origin[i]] += x.amount[i]
    found = False
    for i in range(x.size[0]):
        origin = x.origin[i]
        if origin >= 0 and x.total[origin] > 0:
            record_flow(s, event, pot, origin % c.thefts, origin // c.thefts, x.total[origin])
            x.total[origin] -= x.total[origin]
            found = True
    return found


@register_jitable
def _lay_pieces(c, s, x, slot, amount):  # type: ignore[no-untyped-def]
    if c.rule == POISON:
        zero = amount - amount
        s.slot_units[slot, CLEAN_UNITS] += amount
        for i in range(x.size[0]):
            add_to_origin(s, slot, x.origin[i] % c.thefts, zero)
        return
    for i in range(x.size[0]):
        origin = x.origin[i] if x.origin[i] == CLEAN else x.origin[i] % c.thefts
        _lay_lot(c, s, slot, origin, x.amount[i])


@register_jitable
def _apply(c, s, x, event):  # type: ignore[no-untyped-def]
    """One movement, out of one pot and into another."""
    sender, receiver, amount, theft = c.src[event], c.dst[event], c.amount[event], _find_seed(c, event)
    slot = find_slot(s, sender) if sender >= 0 else NONE
    follows = slot != NONE and s.slots[slot, STATUS] == FOLLOWED
    x.size[0], hop = 0, 0
    if amount > 0 and sender != receiver:
        if follows:
            hop = s.slots[slot, HOP]
            _lay_clean_until(c, s, slot, event)
            rest = _draw(c, s, x, slot, amount)
            if rest > 0 and theft == NONE:
                s.slot_units[slot, INFLOW] += rest
            if c.rule != POISON:
                _add_piece(x, CLEAN, rest)
        elif c.rule != POISON:
            _add_piece(x, CLEAN, amount)
        if theft != NONE:
            _name_pieces(c, x, theft, amount)
        found = _record_pieces(c, s, x, event, receiver)
        if receiver >= 0:
            _enter(c, s, x, event, receiver, amount, hop + 1, found)
    if follows:
        _push_next(c, s, slot, event)


@register_jitable
def _enter(c, s, x, event, receiver, amount, hop, is_stolen):  # type: ignore[no-untyped-def]
    slot = find_slot(s, receiver)
    if slot == NONE and is_stolen:
        slot = _open(c, s, receiver, hop, event)
    if slot == NONE:
        return
    if is_stolen and s.slots[slot, HOP] == NONE:
        s.slots[slot, HOP] = hop
    if s.slots[slot, STATUS] == FOLLOWED:
        _lay_clean_until(c, s, slot, event)
        _lay_pieces(c, s, x, slot, amount)
        s.slots[slot, NEXT_IN] += 1


@register_jitable
def _next_event(c, s):  # type: ignore[no-untyped-def]
    seed = c.seed_event[s.counters[SEED]] if s.counters[SEED] < len(c.seed_event) else c.end
    return min(seed, s.heap[0]) if s.counters[HEAP] > 0 else seed


@register_jitable
def _row_length(s, pot):  # type: ignore[no-untyped-def]
    slot = find_slot(s, pot) if pot >= 0 else NONE
    return s.slots[slot, LENGTH] if slot != NONE else 0


def run(c, s, x):  # type: ignore[no-untyped-def]
    """Go on with the trace until it is done or out of room; DONE or NEEDS_ROOM."""
    while True:
        event = _next_event(c, s)
        if event >= c.end:
            break
        need = _row_length(s, c.src[event]) + 8
        if need > len(x.origin) or not has_room(s, need + _row_length(s, c.dst[event]), need):
            return NEEDS_ROOM
        while s.counters[HEAP] > 0 and s.heap[0] == event:
            pop_row(s)
        while s.counters[SEED] < len(c.seed_event) and c.seed_event[s.counters[SEED]] == event:
            s.counters[SEED] += 1
        _apply(c, s, x, event)
    if not has_room(s, s.counters[SLOTS] + 8, 0):
        return NEEDS_ROOM
    for slot in range(s.counters[SLOTS]):
        if s.slots[slot, STATUS] == FOLLOWED:
            _lay_clean_until(c, s, slot, c.end)
    return DONE
