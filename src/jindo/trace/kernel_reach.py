"""The kernel of reach: pots settled in order while they are few, and the rest of the window read in order.

* Pots are settled in about the order in which they are reached, each by one look through its own later draws: the cost
  follows the movements touched, not the ledger.
* What waits to be settled stands in buckets of the window. The one at hand is spread as it comes, and what is reached
  earlier within it is spread again; nothing ever arrives before it, so once it is empty it is settled.
* Where arrivals are dense, the rest of the window is read in order: a dense reach costs one sequential pass. That is
  never begun before settling has cost a quarter of it, so a wrong guess costs no more than five times the work.

Amounts are only asked whether they move anything: compiled on whatever lies in memory, however wide, and interpreted
on other columns. State is `kernel_reach_state`'s, reading in order `kernel_reach_scan`'s; `reach` drives it.
"""

from __future__ import annotations

from numba.extending import register_jitable

from jindo.trace.kernel_columns import (
    AMOUNT,
    DST,
    FIRST_ROW,
    NEVER,
    OUTGOING,
    column_of,
    fetch,
    fetch_row,
    find_local,
    find_run,
    is_marked,
    is_something,
    item,
    load,
)
from jindo.trace.kernel_reach_scan import (
    count_starts,
    find_later,
    moves,
    scan,
)
from jindo.trace.kernel_reach_state import (
    AT,
    BATCH,
    BUCKET,
    COUNT,
    DENSE,
    DONE,
    EVENT,
    FIRST,
    FOUND,
    NEEDS_ROOM,
    POT,
    STOP,
    TOUCHED,
    arrive,
    has_room,
    hash_pot,
    next_bucket,
    sort_found,
)

_WORTH = 4
"""Reading in order may cost so many times what settling has cost until then."""


@register_jitable
def _spread(c, s, first, stop):  # type: ignore[no-untyped-def]
    """Note in `s.arrivals` where a part of the batch pays later on; their number, or -1 where there is no room.

    In passes over the part, so that what one reads is on its way while others are dealt with.
    """
    count = 0
    for i in range(first, stop):
        place, event = s.batch[i, POT], s.batch[i, EVENT]
        pot = s.table[place, POT] - 1
        is_spread = s.table[place, EVENT] == event and not is_marked(c.stopped, pot)
        s.part[i - first, POT], s.part[i - first, EVENT] = pot, event if is_spread else NEVER
        s.batch[i, COUNT] = 0
    for run in range(len(c.facts)):
        _find_draws_of_part(c, s, stop - first, run)
        count = _note_arrivals(c, s, first, stop, run, count)
        if count < 0:
            return -1
    return count


@register_jitable
def _find_draws_of_part(c, s, size, run):  # type: ignore[no-untyped-def]
    offsets, rows = column_of(c.columns, run, OUTGOING + 1), column_of(c.columns, run, OUTGOING + 2)
    dst, amount = column_of(c.columns, run, DST), column_of(c.columns, run, AMOUNT)
    later = c.facts[run + 1, FIRST_ROW] if run + 1 < len(c.facts) else NEVER
    for i in range(size):
        if c.facts[run, OUTGOING + 1] == 1:
            fetch(offsets, s.part[i, POT])
    for i in range(size):
        s.part[i, FIRST], s.part[i, STOP] = 0, 0
        if s.part[i, EVENT] < later:
            s.part[i, FIRST], s.part[i, STOP] = find_local(c, OUTGOING, s.part[i, POT], run)
            fetch(rows, s.part[i, FIRST])
            fetch(rows, (s.part[i, FIRST] + s.part[i, STOP]) >> 1)
    for i in range(size):
        local = s.part[i, EVENT] - c.facts[run, FIRST_ROW]
        if s.part[i, FIRST] < s.part[i, STOP]:
            s.part[i, FIRST] = find_later(rows, s.part[i, FIRST], s.part[i, STOP], local)
            if s.part[i, FIRST] < s.part[i, STOP]:
                fetch(dst, item(rows, s.part[i, FIRST]))
                fetch(amount, item(rows, s.part[i, FIRST]))


@register_jitable
def _note_arrivals(c, s, first, stop, run, count):  # type: ignore[no-untyped-def]
    rows, dst = column_of(c.columns, run, OUTGOING + 2), column_of(c.columns, run, DST)
    amount, end = column_of(c.columns, run, AMOUNT), c.end - c.facts[run, FIRST_ROW]
    for i in range(stop - first):
        at, pot, touched = s.part[i, FIRST], s.part[i, POT], 0
        while at < s.part[i, STOP] and item(rows, at) < end:
            row = item(rows, at)
            receiver = item(dst, row)
            at += 1
            if receiver == pot or not is_something(amount, row):
                continue
            touched += 1
            if receiver >= 0:
                if count == len(s.arrivals):
                    return -1
                s.arrivals[count, POT], s.arrivals[count, EVENT] = receiver, c.facts[run, FIRST_ROW] + row
                fetch_row(s.table, hash_pot(s.table, receiver))
                count += 1
        s.batch[first + i, COUNT] += touched
    return count


@register_jitable
def _settle_bucket(s):  # type: ignore[no-untyped-def]
    """Put down what the bucket at hand has found: nothing reaches it any more."""
    first = s.counters[FOUND]
    for i in range(s.counters[BATCH]):
        place, event = s.batch[i, POT], s.batch[i, EVENT]
        if s.table[place, EVENT] == event:  # else another overtook it
            at = s.counters[FOUND]
            s.found[POT, at], s.found[EVENT, at] = s.table[place, POT] - 1, event
            s.counters[FOUND] += 1
            s.counters[TOUCHED] += s.batch[i, COUNT]
    sort_found(s, first)


@register_jitable
def _begin(c, s):  # type: ignore[no-untyped-def]
    """Arrive by the stolen events."""
    for event in c.start:
        run = find_run(c.facts, FIRST_ROW, event)
        row = event - c.facts[run, FIRST_ROW]
        receiver = load(c.columns, run, DST, row)
        if receiver >= 0 and moves(c, run, row):
            arrive(c, s, receiver, event)


@register_jitable
def _settle(c, s):  # type: ignore[no-untyped-def]
    """Settle pots until none is left, a scan is due, or there is no room; the part cut short is spread again."""
    if s.counters[BUCKET] < 0:
        _begin(c, s)
    while s.counters[AT] < s.counters[BATCH] or next_bucket(c, s):
        if s.counters[AT] == 0 and _is_dense(c, s):
            return DENSE
        while s.counters[AT] < s.counters[BATCH]:
            stop = min(s.counters[AT] + len(s.part), s.counters[BATCH])
            count = _spread(c, s, s.counters[AT], stop)
            if count < 0 or not has_room(s, count):
                return NEEDS_ROOM
            for i in range(count):
                arrive(c, s, s.arrivals[i, POT], s.arrivals[i, EVENT])
            s.counters[AT] = stop
        _settle_bucket(s)
    s.counters[TOUCHED] += count_starts(c, s, c.end)
    return DONE


@register_jitable
def _is_dense(c, s):  # type: ignore[no-untyped-def]
    """Whether settling costs more than reading in order did it go on as it has, and has cost a part of the rest."""
    done = s.counters[BUCKET] << c.bucket_bits
    cost = s.counters[FOUND] * c.scan_factor
    return cost > done and cost * _WORTH > c.end - c.start[0] - done


def run(c, s, nothing):  # type: ignore[no-untyped-def]  # all kernels are called alike
    """Settle, or read in order where `s.bits` are there: DONE, NEEDS_ROOM, or DENSE where bits are wanted."""
    if s.bits.shape[1] == 0:
        return _settle(c, s)
    return scan(c, s)
