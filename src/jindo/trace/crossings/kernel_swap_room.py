"""What the search for swaps reads, what it writes on while it runs, and what it finds; `kernel_swaps` does the work.

* Each is a tuple of arrays, so that compiled code takes it whole.
* Room is made for the most that so many movements can hold: an entry for each side of one, and one that it implies.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable

from jindo.ledger import Ints

UNKNOWN_POT = 1 << 31
"""From here on a pot is one that the chain does not know: of the wrapped coin of wrapper `pot - UNKNOWN_POT`."""


class Moves(NamedTuple):
    """Movements of whole transactions, in ledger order within each; n rows."""

    tx: Ints
    src: Ints
    dst: Ints
    limbs: Ints
    """int64, shape (n, L)."""
    is_gas: Ints


class KnownPots(NamedTuple):
    """What a pass knows of a chain's pots and wrappers."""

    account: Ints
    """int32: account of each pot."""
    asset: Ints
    """Asset of each pot."""
    native: int
    """The chain's own coin, or -1."""
    bars: Ints
    """Accounts that never swap, ascending: burn addresses and wrappers."""
    zero: int
    """The account of the zero address, or -1."""
    wrappers: Ints
    """Account of each wrapper."""
    wrapped: Ints
    """Asset of its tokens, or -1."""
    holders: Ints
    """Accounts that have a pot of each wrapper's tokens, ascending for each wrapper."""
    holder_pots: Ints
    holder_offsets: Ints
    """Where each wrapper's holders begin; one more than wrappers."""


class Found(NamedTuple):
    """Room for what one call finds."""

    swap: Ints
    """int64, shape (2n, 6): transaction, account, pot given from, pot filled, first leg in `legs`, 1 where every leg is a wrap."""
    given: Ints
    """int64, shape (2n, L + 1)."""
    got: Ints
    legs: Ints
    """int32: rows of the movements, as they were given."""
    unclear: Ints
    """Transactions in which somebody gave and got, but not one asset each."""
    counts: Ints
    """int64, shape (3,): swaps, legs, unclear transactions."""


def make_room(rows: int, limbs: int) -> Found:
    """Room for what `rows` movements can hold."""
    return Found(
        np.empty((2 * rows, 6), np.int64),
        np.empty((2 * rows, limbs + 1), np.int64),
        np.empty((2 * rows, limbs + 1), np.int64),
        np.empty(3 * rows, np.int32),
        np.empty(rows, np.int64),
        np.zeros(3, np.int64),
    )


class SwapScratch(NamedTuple):
    """What is known of one transaction while it is looked at."""

    givers: Ints
    """Account that each movement draws from, or -1."""
    takers: Ints
    kept: Ints
    """Row of each movement."""
    keys: Ints
    """Account and pot of each entry."""
    entry: Ints
    """Row of each entry."""
    flags: Ints
    side: Ints
    """1 where an entry fills its pot, -1 where it draws, 0 where it does not count."""
    nets: Ints
    """Net change of each pot."""
    runs: Ints
    """Of each pot: first entry, the one past its last, sign of the change."""
    groups: Ints
    """Of each account: its id, first pot, the one past its last, whether it swaps."""


@register_jitable
def make_scratch(rows, width):  # type: ignore[no-untyped-def]
    """Room to look at one transaction of up to `rows` movements."""
    return SwapScratch(
        np.empty(rows, np.int64),
        np.empty(rows, np.int64),
        np.empty(rows, np.int64),
        np.empty(3 * rows, np.int64),
        np.empty(3 * rows, np.int32),
        np.empty(3 * rows, np.int8),
        np.empty(3 * rows, np.int8),
        np.empty((3 * rows, width + 1), np.int64),
        np.empty((3 * rows, 3), np.int64),
        np.empty((3 * rows, 4), np.int64),
    )
