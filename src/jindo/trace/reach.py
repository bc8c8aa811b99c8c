"""How far stolen value could have gone: the pots it can have reached, in ledger order, whatever the rule.

* A pot is reached by the first movement into it out of a pot reached before; the stolen movements come first.
* A movement of nothing, or of a pot to itself, reaches nobody. A stopped pot is reached and not followed.
* No rule moves stolen value outside this set, so it bounds every trace; it says nothing of amounts.

How much arrived, and whose it is, is `kernel`'s; the work is done in `kernel_reach`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from jindo.ledger import Ints
from jindo.trace import kernel_columns, kernel_reach, kernel_reach_scan, kernel_reach_state
from jindo.trace.compiling import compile_stamped
from jindo.trace.kernel_reach_state import (
    BUCKETS,
    DENSE,
    EVENT,
    FOUND,
    NEEDS_ROOM,
    TOUCHED,
    UNSORTED,
    ReachQuestion,
    ReachState,
    build_scan,
    build_state,
    grow_state,
)
from jindo.trace.prepared import PreparedAccountChain

SCAN_FACTOR = 250
"""Rows that are read in order in the time that settling one pot takes (measured: 150 to 300)."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The pots that stolen value could have reached, in the order in which it could."""

    pots: Ints
    events: Ints
    """The movement by which each pot was first reached, ascending."""
    touched: int
    """Movements that could have carried stolen value, the stolen ones among them."""


def find_reach(
    prepared: PreparedAccountChain,
    start_events: Iterable[int],
    *,
    end: int,
    scan_factor: int = SCAN_FACTOR,
) -> Reach:
    """The pots that value stolen in `start_events` could have reached by the events before `end`.

    `scan_factor` says when to leave settling for reading in order; it changes the time that is taken, and nothing
    else. 0 never leaves it.
    """
    tables, start = prepared.tables.until(end), _as_start(start_events, end)
    if not len(start):
        return Reach(pots=start, events=start, touched=0)
    settled: Any = tables.columns if tables.places is None else tables.places
    width = max(0, (end - 1 - int(start[0])).bit_length() - (BUCKETS - 1).bit_length())
    question = ReachQuestion(tables.facts, settled, prepared.stopped, start, end, width, scan_factor)
    run = kernel_reach.run if tables.places is None else _compiled()
    state = _run(run, question, build_state(len(start)), pots=prepared.chain.pot_count)
    pots, events = state.found[:, : state.counters[FOUND]]
    return Reach(pots, events, touched=int(state.counters[TOUCHED]))


def _as_start(events: Iterable[int], end: int) -> Ints:
    """The distinct events before `end`, ascending."""
    if isinstance(events, np.ndarray):
        return np.unique(events[events < end]).astype(np.int64)
    return np.array(sorted({int(event) for event in events if event < end}), np.int64)


def _run(run: Callable[..., int], question: ReachQuestion, state: ReachState, *, pots: int) -> ReachState:
    while (answer := run(question, state, 0)) == NEEDS_ROOM:
        state = grow_state(state)
    if state.counters[UNSORTED]:
        _sort_found(state.found[:, : state.counters[FOUND]])
    if answer == DENSE:
        state = build_scan(state, pots=pots)
        run(question, state, 0)
    return state


def _sort_found(found: Ints) -> None:
    """Put what settling found in the order of its events: event and place sorted as the halves of one number."""
    if not found.shape[1]:
        return
    events, bits = found[EVENT], found.shape[1].bit_length()
    first = int(events.min())
    if (int(events.max()) - first).bit_length() + bits < 64:
        keys = ((events - first) << bits) | np.arange(len(events))
        keys.sort()
        order = keys & ((1 << bits) - 1)
    else:
        order = np.argsort(events)
    found[:] = found[:, order]


@cache
def _compiled() -> Callable[..., int]:
    return compile_stamped(
        kernel_reach.run, kernel_columns, kernel_reach_state, kernel_reach_scan, kernel_reach
    )
