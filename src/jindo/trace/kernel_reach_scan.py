"""Reach where much of the window is touched: what is not settled is read in order, with bits for the pots reached.

What is touched is counted as settling counts it: what settled pots would have touched in the part that is read is
taken off again.
"""

from __future__ import annotations

import numpy as np
from numba.extending import register_jitable

from jindo.trace.kernel_columns import (
    AMOUNT,
    DST,
    FIRST_ROW,
    NEVER,
    OUTGOING,
    SRC,
    column_of,
    find_local,
    find_run,
    is_marked,
    is_something,
    item,
    item_of_word,
    lies_in_words,
    load,
    mark,
)
from jindo.trace.kernel_reach_state import (
    BUCKET,
    DONE,
    EVENT,
    FOLLOWED,
    FOUND,
    KNOWN,
    POT,
    TOUCHED,
    find_place,
)


@register_jitable
def scan(c, s):  # type: ignore[no-untyped-def]
    """Read the rest of the window in order, from the bucket at hand, none of which is settled; DONE."""
    begin = c.start[0] + (s.counters[BUCKET] << c.bucket_bits)
    s.counters[TOUCHED] += count_starts(c, s, begin)
    s.counters[TOUCHED] -= _count_from(c, s, begin)
    for i in range(s.counters[FOUND]):
        _mark_reached(c, s, s.found[POT, i])
    for run in range(find_run(c.facts, FIRST_ROW, begin), len(c.facts)):
        _scan_run(c, s, run, begin)
    return DONE


@register_jitable
def _mark_reached(c, s, pot):  # type: ignore[no-untyped-def]
    mark(s.bits[KNOWN], pot)
    if not is_marked(c.stopped, pot):
        mark(s.bits[FOLLOWED], pot)


@register_jitable
def _scan_run(c, s, run, begin):  # type: ignore[no-untyped-def]
    first, stop = c.facts[run, FIRST_ROW], c.end
    if run + 1 < len(c.facts):
        stop = min(stop, c.facts[run + 1, FIRST_ROW])
    src, dst = column_of(c.columns, run, SRC), column_of(c.columns, run, DST)
    if lies_in_words(src) and lies_in_words(dst):
        _scan_rows(c, s, run, max(begin, first), stop, item_of_word)
    else:
        _scan_rows(c, s, run, max(begin, first), stop, item)


@register_jitable
def _scan_rows(c, s, run, begin, stop, read):  # type: ignore[no-untyped-def]
    """Read events `begin` to `stop`, which are of one run."""
    first = c.facts[run, FIRST_ROW]
    src, dst = column_of(c.columns, run, SRC), column_of(c.columns, run, DST)
    amount = column_of(c.columns, run, AMOUNT)
    known, followed = s.bits[KNOWN], s.bits[FOLLOWED]
    next_start = np.searchsorted(c.start, begin)
    stolen = c.start[next_start] if next_start < len(c.start) else NEVER
    found, touched = s.counters[FOUND], s.counters[TOUCHED]
    for row in range(begin - first, stop - first):
        sender = read(src, row)
        if row + first == stolen:
            next_start += 1
            stolen = c.start[next_start] if next_start < len(c.start) else NEVER
        elif not is_marked(followed, sender):
            continue
        receiver = read(dst, row)
        if receiver == sender or not is_something(amount, row):
            continue
        touched += 1
        if receiver >= 0 and not is_marked(known, receiver):
            s.found[POT, found], s.found[EVENT, found] = receiver, first + row
            found += 1
            _mark_reached(c, s, receiver)
    s.counters[FOUND], s.counters[TOUCHED] = found, touched


@register_jitable
def _count_from(c, s, begin):  # type: ignore[no-untyped-def]
    """Movements from `begin` on that settled pots make."""
    touched = 0
    for i in range(s.counters[FOUND]):
        pot = s.found[POT, i]
        if is_marked(c.stopped, pot):
            continue
        for run in range(find_run(c.facts, FIRST_ROW, begin), len(c.facts)):
            rows, before = column_of(c.columns, run, OUTGOING + 2), begin - 1 - c.facts[run, FIRST_ROW]
            at, stop = find_local(c, OUTGOING, pot, run)
            at = find_later(rows, at, stop, before)
            while at < stop:
                row = item(rows, at)
                if c.facts[run, FIRST_ROW] + row >= c.end:
                    break
                touched += 1 if moves(c, run, row) else 0
                at += 1
    return touched


@register_jitable
def moves(c, run, row):  # type: ignore[no-untyped-def]
    """Whether a local event moves anything."""
    is_self = load(c.columns, run, SRC, row) == load(c.columns, run, DST, row)
    return not is_self and is_something(column_of(c.columns, run, AMOUNT), row)


@register_jitable
def count_starts(c, s, end):  # type: ignore[no-untyped-def]
    """Stolen events before `end` that draw from no followed pot reached before."""
    touched = 0
    for event in c.start:
        if event < end:
            run = find_run(c.facts, FIRST_ROW, event)
            row = event - c.facts[run, FIRST_ROW]
            sender = load(c.columns, run, SRC, row)
            place = find_place(s.table, sender)
            is_followed = sender >= 0 and s.table[place, POT] != 0 and not is_marked(c.stopped, sender)
            is_counted = is_followed and s.table[place, EVENT] < event
            touched += 1 if moves(c, run, row) and not is_counted else 0
    return touched


@register_jitable
def find_later(rows, low, high, local):  # type: ignore[no-untyped-def]
    """Place of the first of ascending rows that is after `local`."""
    while low < high:
        middle = (low + high) >> 1
        if item(rows, middle) <= local:
            low = middle + 1
        else:
            high = middle
    return low
