"""How one draw leaves a pot and enters the next, by rule: the kernel's account of lots.

* A row of lots is kept as its rule needs it: in age order for `fifo`, newest first for `lifo`; the other rules keep
  clean units as one number, since nothing tells one clean unit from another.
* What a draw takes stands in the scratch between leaving one pot and entering the next.

The one source runs on amounts of every width; see `kernel_units`. Which movement is next is
`kernel_account`'s.
"""

from __future__ import annotations

from typing import NamedTuple

from numba.extending import register_jitable

from jindo.ledger import Amounts, Ints
from jindo.trace.kernel_columns import NONE
from jindo.trace.kernel_state import (
    CLEAN_UNITS,
    HEAD,
    LENGTH,
    NEXT,
    ORIGIN,
    TAIL,
    add_held,
    add_to_origin,
    append_lot,
    clear_lots,
    free_lot,
    get_held,
    prepend_lot,
    put_held,
    record_flow,
)
from jindo.trace.kernel_units import mul_div, put_units, units_at

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


class Scratch(NamedTuple):
    """What one draw holds between leaving one pot and entering the next."""

    origin: Ints
    """CLEAN, a theft for units stolen before, or thefts + theft for units named in this movement."""
    amount: Amounts
    total: Amounts
    """Sum by theft, and by thefts + theft; zero between draws."""
    size: Ints


@register_jitable
def lay_lot(c, s, slot, origin, amount):  # type: ignore[no-untyped-def]
    """Lay a lot into a pot."""
    if c.rule == POISON:
        add_held(s, slot, CLEAN_UNITS, amount)
    elif c.rule == FIFO:
        append_lot(s, slot, origin, amount)
    elif c.rule == LIFO:
        prepend_lot(s, slot, origin, amount)
    elif origin == CLEAN:
        add_held(s, slot, CLEAN_UNITS, amount)
    elif c.rule == HAIRCUT:
        add_to_origin(s, slot, origin, amount)
    else:
        append_lot(s, slot, origin, amount)


@register_jitable
def add_piece(x, origin, amount):  # type: ignore[no-untyped-def]
    """Put a lot into the scratch, unless it is empty."""
    if amount > 0:
        i = x.size[0]
        x.size[0] += 1
        x.origin[i] = origin
        put_units(x.amount, i, amount)


@register_jitable
def _draw_row(s, x, slot, amount):  # type: ignore[no-untyped-def]
    """Take lots from the head of a row; what is left to draw."""
    lot = s.slots[slot, HEAD]
    while lot != NONE and amount > 0:
        size = units_at(s.lot_units, lot)
        if size > amount:
            add_piece(x, s.lots[lot, ORIGIN], amount)
            put_units(s.lot_units, lot, size - amount)
            amount -= amount
            break
        add_piece(x, s.lots[lot, ORIGIN], size)
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
    held = get_held(s, slot, CLEAN_UNITS)
    size = min(amount, held)
    put_held(s, slot, CLEAN_UNITS, held - size)
    add_piece(x, CLEAN, size)
    return amount - size


@register_jitable
def _draw_share(s, x, slot, amount):  # type: ignore[no-untyped-def]
    zero = amount - amount
    stolen, lot = zero, s.slots[slot, HEAD]
    while lot != NONE:
        stolen += units_at(s.lot_units, lot)
        lot = s.lots[lot, NEXT]
    held = stolen + get_held(s, slot, CLEAN_UNITS)
    size = min(amount, held)
    if size == 0:
        return amount
    share = mul_div(stolen, size, held)
    running, before, kept, last = zero, zero, NONE, NONE
    lot = s.slots[slot, HEAD]
    while lot != NONE:
        following = s.lots[lot, NEXT]
        units = units_at(s.lot_units, lot)
        running += units
        reached = mul_div(running, share, stolen)
        add_piece(x, s.lots[lot, ORIGIN], reached - before)
        units -= reached - before
        put_units(s.lot_units, lot, units)
        before = reached
        if units == 0:
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
        add_piece(x, s.lots[lot, ORIGIN], amount)
        lot = s.lots[lot, NEXT]
    held = get_held(s, slot, CLEAN_UNITS)
    size = min(amount, held)
    put_held(s, slot, CLEAN_UNITS, held - size)
    if size == held:
        clear_lots(s, slot)
    return amount - size


@register_jitable
def draw(c, s, x, slot, amount):  # type: ignore[no-untyped-def]
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
def name_pieces(c, x, theft, amount):  # type: ignore[no-untyped-def]
    """What was drawn clean becomes the theft's."""
    if c.rule == POISON:
        for i in range(x.size[0]):
            if x.origin[i] == theft:
                return
        add_piece(x, c.thefts + theft, amount)
        return
    for i in range(x.size[0]):
        if x.origin[i] == CLEAN:
            x.origin[i] = c.thefts + theft


@register_jitable
def record_pieces(c, s, x, event, pot):  # type: ignore[no-untyped-def]
    """One flow for each theft, once carried and once named; whether there was any."""
    for i in range(x.size[0]):
        if x.origin[i] >= 0:
            put_units(x.total, x.origin[i], units_at(x.total, x.origin[i]) + units_at(x.amount, i))
    found = False
    for i in range(x.size[0]):
        origin = x.origin[i]
        if origin >= 0:
            total = units_at(x.total, origin)
            if total > 0:
                record_flow(s, event, pot, origin % c.thefts, origin // c.thefts, total)
                put_units(x.total, origin, total - total)
                found = True
    return found


@register_jitable
def lay_pieces(c, s, x, slot, amount):  # type: ignore[no-untyped-def]
    """Lay what is in the scratch into a pot that `amount` enters."""
    if c.rule == POISON:
        zero = amount - amount
        add_held(s, slot, CLEAN_UNITS, amount)
        for i in range(x.size[0]):
            add_to_origin(s, slot, x.origin[i] % c.thefts, zero)
        return
    for i in range(x.size[0]):
        origin = x.origin[i] if x.origin[i] == CLEAN else x.origin[i] % c.thefts
        lay_lot(c, s, slot, origin, units_at(x.amount, i))
