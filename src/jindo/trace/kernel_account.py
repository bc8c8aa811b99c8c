"""The fast tracer for account chains: a heap of next draws, or the window read in order where much of it is touched.

* Only pots that stolen value enters are opened. Opening one replays its own history, all of it clean, to its balance.
* Draws are taken from the heap in ledger order; clean money from unopened pots is laid in just before it matters.
* Once that has cost as much as reading the rest of the window in order would, the rest is read in order: whatever
  moves an opened pot is applied as it comes. State is the same, cursors and heap alone fall out of use.
* It is right where it gives the `Findings` of `trace.reference`.

The one source runs on amounts of every width; see `kernel_units`. The
rules are in `kernel_draws`, opened pots in `kernel_pots`.
"""

from __future__ import annotations

from numba.extending import register_jitable

from jindo.trace.kernel_columns import (
    DST,
    FIRST_ROW,
    INCOMING,
    NONE,
    SRC,
    column_of,
    find_run,
    is_marked,
    item,
    load,
    step,
)
from jindo.trace.kernel_draws import CLEAN, POISON, add_piece, draw, lay_pieces, name_pieces, record_pieces
from jindo.trace.kernel_pots import (
    find_seed,
    get_cursor,
    lay_clean_until,
    leave_cursors,
    open_pot,
    push_next,
    set_cursor,
)
from jindo.trace.kernel_state import (
    FOLLOWED,
    HEAP,
    HOP,
    INFLOW,
    LENGTH,
    NEXT_IN,
    READS,
    ROW,
    SEED,
    SLOTS,
    STATUS,
    STEPS,
    add_held,
    find_slot,
    has_room,
    pop_row,
)
from jindo.trace.kernel_units import load_amount

DONE, NEEDS_ROOM, DENSE = 0, 1, 2


@register_jitable
def _apply(c, s, x, event, sender, receiver, amount):  # type: ignore[no-untyped-def]
    """One movement, out of one pot and into another."""
    theft = find_seed(c, event)
    slot = find_slot(s, sender) if sender >= 0 else NONE
    follows = slot != NONE and s.slots[slot, STATUS] == FOLLOWED
    x.size[0], hop = 0, 0
    if amount > 0 and sender != receiver:
        if follows:
            hop = s.slots[slot, HOP]
            lay_clean_until(c, s, slot, event)
            rest = draw(c, s, x, slot, amount)
            if rest > 0 and theft == NONE:
                add_held(s, slot, INFLOW, rest)
            if c.rule != POISON:
                add_piece(x, CLEAN, rest)
        elif c.rule != POISON:
            add_piece(x, CLEAN, amount)
        if theft != NONE:
            name_pieces(c, x, theft, amount)
        found = record_pieces(c, s, x, event, receiver)
        if receiver >= 0:
            _enter(c, s, x, event, receiver, amount, hop + 1, found)
    if follows:
        push_next(c, s, slot, event)


@register_jitable
def _enter(c, s, x, event, receiver, amount, hop, is_stolen):  # type: ignore[no-untyped-def]
    slot = find_slot(s, receiver)
    if slot == NONE and is_stolen:
        slot = open_pot(c, s, receiver, hop, event, amount - amount)
    if slot != NONE and s.slots[slot, STATUS] == FOLLOWED:
        lay_clean_until(c, s, slot, event)
        lay_pieces(c, s, x, slot, amount)
        pot, run, at, stop = get_cursor(s, slot, NEXT_IN)
        if run < len(c.facts):  # it stands at this event, which is laid now
            run, at, stop = step(c, INCOMING, pot, run, at, stop)
            set_cursor(s, slot, NEXT_IN, run, at, stop)


@register_jitable
def _next_seed(c, s):  # type: ignore[no-untyped-def]
    return c.seed_event[s.counters[SEED]] if s.counters[SEED] < len(c.seed_event) else c.end


@register_jitable
def _row_length(s, pot):  # type: ignore[no-untyped-def]
    slot = find_slot(s, pot) if pot >= 0 else NONE
    return s.slots[slot, LENGTH] if slot != NONE else 0


@register_jitable
def _has_room_for(s, x, sender, receiver):  # type: ignore[no-untyped-def]
    need = _row_length(s, sender) + 8
    return need <= len(x.origin) and has_room(s, need + _row_length(s, receiver), need)


@register_jitable
def _follow_heap(c, s, x):  # type: ignore[no-untyped-def]
    """Take draws off the heap until none is left, a scan is due, or there is no room."""
    while True:
        event = _next_seed(c, s)
        if s.counters[HEAP] > 0:
            event = min(event, s.heap[0])
        if event >= c.end:
            return DONE
        if s.counters[STEPS] * c.scan_factor > c.end - event:
            s.counters[ROW] = event
            return DENSE
        run = find_run(c.facts, FIRST_ROW, event)
        place = event - c.facts[run, FIRST_ROW]
        sender, receiver = load(c.columns, run, SRC, place), load(c.columns, run, DST, place)
        if not _has_room_for(s, x, sender, receiver):
            return NEEDS_ROOM
        while s.counters[HEAP] > 0 and s.heap[0] == event:
            pop_row(s)
        _pass_seeds(c, s, event)
        s.counters[STEPS] += 1
        _apply(c, s, x, event, sender, receiver, load_amount(c, s, run, place))


@register_jitable
def _pass_seeds(c, s, event):  # type: ignore[no-untyped-def]
    while _next_seed(c, s) == event:
        s.counters[SEED] += 1


@register_jitable
def _read_in_order(c, s, x):  # type: ignore[no-untyped-def]
    """Apply what moves an opened pot, in ledger order, from `ROW` to the end or until there is no room."""
    run = find_run(c.facts, FIRST_ROW, s.counters[ROW])
    while run < len(c.facts):
        if not _read_run(c, s, x, run):
            return NEEDS_ROOM
        run += 1
    return DONE


@register_jitable
def _read_run(c, s, x, run):  # type: ignore[no-untyped-def]
    first, stop = c.facts[run, FIRST_ROW], c.end
    if run + 1 < len(c.facts):
        stop = min(stop, c.facts[run + 1, FIRST_ROW])
    src, dst = column_of(c.columns, run, SRC), column_of(c.columns, run, DST)
    seed = _next_seed(c, s)
    for row in range(s.counters[ROW], stop):
        sender, receiver = item(src, row - first), item(dst, row - first)
        if not (row == seed or is_marked(s.opened, sender) or is_marked(s.opened, receiver)):
            continue
        if not _has_room_for(s, x, sender, receiver):
            s.counters[ROW] = row
            return False
        _pass_seeds(c, s, row)
        seed = _next_seed(c, s)
        _apply(c, s, x, row, sender, receiver, load_amount(c, s, run, row - first))
    s.counters[ROW] = stop
    return True


@register_jitable
def _lay_all_until(c, s, event):  # type: ignore[no-untyped-def]
    """Lay all clean money before `event` in the opened pots; False where there is no room."""
    if not has_room(s, s.counters[SLOTS] + 8, 0):
        return False
    for slot in range(s.counters[SLOTS]):
        if s.slots[slot, STATUS] == FOLLOWED:
            lay_clean_until(c, s, slot, event)
    return True


@register_jitable
def _start_reading(c, s):  # type: ignore[no-untyped-def]
    """Bring every opened pot up to `ROW` and mark it; False where there is no room."""
    if not _lay_all_until(c, s, s.counters[ROW]):
        return False
    for slot in range(s.counters[SLOTS]):
        if s.slots[slot, STATUS] == FOLLOWED:
            leave_cursors(c, s, slot)
    s.counters[READS] = 1
    return True


def run(c, s, x):  # type: ignore[no-untyped-def]
    """Go on with the trace: DONE, NEEDS_ROOM, or DENSE where it goes on once `s.opened` has a bit for every pot."""
    if len(s.opened) == 0:
        answer = _follow_heap(c, s, x)
        if answer == DONE and not _lay_all_until(c, s, c.end):
            return NEEDS_ROOM
        return answer
    if s.counters[READS] == 0 and not _start_reading(c, s):
        return NEEDS_ROOM
    return _read_in_order(c, s, x)
