"""The pots that a trace on an account chain has opened: their history, their clean money, their next draw.

* Opening a pot replays its own history, all of it clean, to its balance and its shortfalls.
* Its incoming and outgoing events are two cursors over the runs; clean money is laid when the first is moved on.
* Where the window is read in order instead, cursors stand past the last event, and the pot has its bit in `opened`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba.extending import register_jitable

from jindo.ledger import Amounts, Ints
from jindo.trace.kernel_columns import (
    DST,
    FIRST_ROW,
    INCOMING,
    NONE,
    OUTGOING,
    SRC,
    event_at,
    fetch_ahead,
    fetch_first,
    find_events,
    is_marked,
    load,
    mark,
    step,
)
from jindo.trace.kernel_draws import CLEAN, lay_lot
from jindo.trace.kernel_state import (
    CLEAN_UNITS,
    FOLLOWED,
    INFLOW,
    LIMITED,
    NEXT_IN,
    NEXT_OUT,
    POT,
    STATUS,
    STEPS,
    STOPPED,
    add_slot,
    get_held,
    push_row,
    put_held,
)
from jindo.trace.kernel_units import load_amount, units_at


class AccountQuestion(NamedTuple):
    """The chain and the question, as flat arrays."""

    facts: Ints
    columns: Any
    """Both as in `kernel_columns.ChainTables`."""
    stopped: Ints
    """A bit for each pot."""
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
    scan_factor: int
    """Rows read in order in the time that one step by heap takes; 0 never reads in order."""


@register_jitable
def find_seed(c, event):  # type: ignore[no-untyped-def]
    """The theft that takes an event, or NONE."""
    place = np.searchsorted(c.seed_event, event)
    return c.seed_theft[place] if place < len(c.seed_event) and c.seed_event[place] == event else NONE


@register_jitable
def _opening(c, pot, zero):  # type: ignore[no-untyped-def]
    place = np.searchsorted(c.open_pot, pot)
    if place < len(c.open_pot) and c.open_pot[place] == pot:
        return units_at(c.open_amount, place)
    return zero


@register_jitable
def lay_clean_until(c, s, slot, event):  # type: ignore[no-untyped-def]
    """Lay what unopened pots sent to this one before `event`."""
    pot, run, at, stop = get_cursor(s, slot, NEXT_IN)
    row = event_at(c, INCOMING, run, at)
    if row >= event:
        return
    while row < event:
        fetch_ahead(c, INCOMING, SRC, run, at, stop)
        place = row - c.facts[run, FIRST_ROW]
        amount = load_amount(c, s, run, place)
        if amount > 0 and load(c.columns, run, SRC, place) != pot:
            lay_lot(c, s, slot, CLEAN, amount)
        s.counters[STEPS] += 1
        run, at, stop = step(c, INCOMING, pot, run, at, stop)
        row = event_at(c, INCOMING, run, at)
    set_cursor(s, slot, NEXT_IN, run, at, stop)


@register_jitable
def get_cursor(s, slot, which):  # type: ignore[no-untyped-def]
    """The pot of a slot and its cursor at NEXT_IN or NEXT_OUT: (pot, run, at, stop)."""
    return s.slots[slot, POT], s.slots[slot, which], s.slots[slot, which + 1], s.slots[slot, which + 2]


@register_jitable
def set_cursor(s, slot, which, run, at, stop):  # type: ignore[no-untyped-def]
    """Move a cursor of a slot."""
    s.slots[slot, which], s.slots[slot, which + 1], s.slots[slot, which + 2] = run, at, stop


@register_jitable
def open_pot(c, s, pot, hop, event, zero):  # type: ignore[no-untyped-def]
    """A slot for a pot that stolen value enters at `event`, with its balance and shortfalls until then."""
    status = LIMITED if 0 <= c.max_hops < hop else FOLLOWED
    slot = add_slot(s, pot, STOPPED if is_marked(c.stopped, pot) else status, hop)
    put_held(s, slot, CLEAN_UNITS, zero)
    put_held(s, slot, INFLOW, zero)
    if s.slots[slot, STATUS] == FOLLOWED:
        balance = _replay(c, s, slot, pot, event, _opening(c, pot, zero))
        if balance > 0:
            lay_lot(c, s, slot, CLEAN, balance)
        if len(s.opened) > 0:
            leave_cursors(c, s, slot)
        else:
            push_next(c, s, slot, event)
    return slot


@register_jitable
def _replay(c, s, slot, pot, event, balance):  # type: ignore[no-untyped-def]
    """The balance of a pot that held nothing stolen before `event`; counts what it was short of."""
    run, at, stop = find_events(c, INCOMING, pot, 0)
    out_run, out_at, out_stop = find_events(c, OUTGOING, pot, 0)
    fetch_first(c, INCOMING, SRC, run, at, stop)
    fetch_first(c, OUTGOING, DST, out_run, out_at, out_stop)
    filled, drawn = event_at(c, INCOMING, run, at), event_at(c, OUTGOING, out_run, out_at)
    while filled < event or drawn < event:
        if filled <= drawn:
            fetch_ahead(c, INCOMING, SRC, run, at, stop)
            place = filled - c.facts[run, FIRST_ROW]
            if load(c.columns, run, SRC, place) != pot:
                balance += load_amount(c, s, run, place)
            run, at, stop = step(c, INCOMING, pot, run, at, stop)
            filled = event_at(c, INCOMING, run, at)
            continue
        fetch_ahead(c, OUTGOING, DST, out_run, out_at, out_stop)
        place = drawn - c.facts[out_run, FIRST_ROW]
        if load(c.columns, out_run, DST, place) != pot:
            balance -= load_amount(c, s, out_run, place)
            if balance < 0:
                if find_seed(c, drawn) == NONE:
                    put_held(s, slot, INFLOW, get_held(s, slot, INFLOW) - balance)
                balance -= balance
        out_run, out_at, out_stop = step(c, OUTGOING, pot, out_run, out_at, out_stop)
        drawn = event_at(c, OUTGOING, out_run, out_at)
    set_cursor(s, slot, NEXT_IN, run, at, stop)
    set_cursor(s, slot, NEXT_OUT, out_run, out_at, out_stop)
    return balance


@register_jitable
def leave_cursors(c, s, slot):  # type: ignore[no-untyped-def]
    """The pot's events will be met in order: its cursors stand past the last."""
    set_cursor(s, slot, NEXT_IN, len(c.facts), 0, 0)
    set_cursor(s, slot, NEXT_OUT, len(c.facts), 0, 0)
    mark(s.opened, s.slots[slot, POT])


@register_jitable
def push_next(c, s, slot, event):  # type: ignore[no-untyped-def]
    """Put the pot's first draw after `event` on the heap."""
    pot, run, at, stop = get_cursor(s, slot, NEXT_OUT)
    row = event_at(c, OUTGOING, run, at)
    while row <= event:
        run, at, stop = step(c, OUTGOING, pot, run, at, stop)
        row = event_at(c, OUTGOING, run, at)
    set_cursor(s, slot, NEXT_OUT, run, at, stop)
    if row < c.end:
        push_row(s, row)
