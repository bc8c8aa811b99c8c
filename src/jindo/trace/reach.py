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

import numpy as np

from jindo.ledger import AccountChain, Ints
from jindo.trace import kernel_reach, kernel_state
from jindo.trace.kernel_reach import (
    DENSE,
    FOUND,
    NEEDS_ROOM,
    TOUCHED,
    ReachInput,
    ReachState,
    build_scan,
    build_state,
    grow_state,
)
from jindo.trace.kernel_state import compile_stamped

SCAN_FACTOR = 250
"""Rows that are read in order in the time that settling one pot takes (measured: 200 to 300)."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The pots that stolen value could have reached, in the order in which it could."""

    pots: Ints
    events: Ints
    """The movement by which each pot was first reached, ascending."""
    touched: int
    """Movements that could have carried stolen value, the stolen ones among them."""


def find_reach(
    chain: AccountChain,
    start_events: Iterable[int],
    *,
    end: int,
    stopped_pots: Iterable[int],
    scan_factor: int = SCAN_FACTOR,
) -> Reach:
    """The pots that value stolen in `start_events` could have reached by the events before `end`.

    `scan_factor` says when to leave settling for reading in order; it changes the time that is taken, and nothing
    else. 0 never leaves it.
    """
    columns = (chain.src, chain.dst, chain.amount, chain.out_offsets, chain.out_events)
    given = ReachInput(*columns, _find_moving(chain, start_events, end), end, scan_factor)
    state = build_state(np.unique(np.fromiter(stopped_pots, np.int64)), len(given.start))
    state = _run(given, state, pots=len(chain.pot_account), narrow=chain.narrow)
    events = state.found[: state.counters[FOUND]].copy()
    return Reach(pots=np.asarray(chain.dst[events]), events=events, touched=int(state.counters[TOUCHED]))


def _find_moving(chain: AccountChain, events: Iterable[int], end: int) -> Ints:
    """Those of the events before `end` that move something, ascending."""
    before = sorted({int(event) for event in events if event < end})
    return np.array([e for e in before if chain.src[e] != chain.dst[e] and chain.amount[e] > 0], np.int64)


def _run(given: ReachInput, state: ReachState, *, pots: int, narrow: bool) -> ReachState:
    settle, scan = _compiled() if narrow else (kernel_reach.settle, kernel_reach.scan)
    bits = np.zeros((2, 0), np.uint8)
    while (answer := settle(given, state, bits)) == NEEDS_ROOM:
        state = grow_state(state)
    if answer == DENSE:
        state, bits = build_scan(state, pots=pots), np.zeros((2, pots // 8 + 1), np.uint8)
        scan(given, state, bits)
    return state


@cache
def _compiled() -> tuple[Callable[..., int], Callable[..., int]]:
    modules = (kernel_state, kernel_reach)
    return compile_stamped(kernel_reach.settle, *modules), compile_stamped(kernel_reach.scan, *modules)
