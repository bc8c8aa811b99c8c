"""Counting over all movements of a chain: how often, with how many others, on how many days, and how much.

* Three passes: counts of every account; then, of the few that could be services, who they dealt with and when; then
  their exact totals.
* Memory: three small numbers for each account, and a number for each pair of a candidate with somebody.
* The order of movements changes nothing, and neither does how they are cut into parts.

Which figures make a service is `finding`'s.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numba.extending import register_jitable

from jindo.base.compiling import compile_kept
from jindo.ledger import Ints
from jindo.trace.services.movements import LIMBS, to_units

NOBODY_ELSE, MANY = -1, -2
"""In place of the only receiver: there is none, or there are several."""
_FIRST = 1 << 12
"""Places of a table of pairs at first; a power of two."""
_SPREAD = 0x9E3779B97F4A7C1
"""Odd, and far from any pattern of ids: its product spreads them over a table."""


@dataclass(frozen=True, slots=True)
class AccountCounts:
    """Of every account: arrays of one length."""

    receipts: Ints
    payments: Ints
    only_receiver: Ints
    """The one account that it ever paid; `NOBODY_ELSE`, or `MANY`."""


class DistinctPairs:
    """Pairs of (owner, other) counted once each: a table of those that were seen, half full at most."""

    __slots__ = ("_counts", "_held", "_others", "_slots")

    def __init__(self, owners: int, others: int) -> None:
        self._others = others
        """All others are below this."""
        self._counts = np.zeros(owners, np.int64)
        self._slots = np.full(_FIRST, -1, np.int64)
        self._held = 0

    def add(self, owner: Ints, other: Ints) -> None:
        """Count pairs; an owner or other of -1 is left out."""
        at = 0
        while True:
            at, self._held = _insert(self._slots, self._held, owner, other, self._others, self._counts, at)
            if at == len(owner):
                return
            larger = np.full(2 * len(self._slots), -1, np.int64)
            _move(self._slots, larger)
            self._slots = larger

    def count(self) -> list[int]:
        """How many others each owner has."""
        found: list[int] = self._counts.tolist()
        return found


def count_accounts(movements: Iterable[tuple[Ints, Ints]], accounts: int) -> AccountCounts:
    """Receipts, payments and the only receiver of each account, from (payer, payee) arrays."""
    counts = AccountCounts(
        np.zeros(accounts, np.int64), np.zeros(accounts, np.int64), np.full(accounts, NOBODY_ELSE, np.int64)
    )
    for payer, payee in movements:
        _count(payer, payee, counts.receipts, counts.payments, counts.only_receiver)
    return counts


def number_places(chosen: Ints, accounts: int) -> Ints:
    """The place of each account among those chosen, -1 for the others."""
    places = np.full(accounts, -1, np.int64)
    places[chosen] = np.arange(len(chosen))
    return places


@register_jitable
def find_place(slots, mask, key):  # type: ignore[no-untyped-def]
    """Where a key stands in a table, or is to be put: its place by its mixed bits, or the next that is free."""
    mixed = (key ^ (key >> 32)) * _SPREAD
    place = (mixed ^ (mixed >> 29)) & mask
    while slots[place] >= 0 and slots[place] != key:
        place = (place + 1) & mask
    return place


def share(part: int, whole: int) -> int:
    """A part as thousandths of the whole, rounded down; 0 of nothing."""
    return 1000 * part // whole if whole else 0


@dataclass(slots=True)
class AssetTotals:
    """What each owner got and gave, asset by asset, exactly."""

    assets: int
    keys: Ints
    """owner * assets + asset of each pair that occurs, ascending."""
    got: Ints = field(init=False)
    gave: Ints = field(init=False)
    times: Ints = field(init=False)
    """How often, both ways together."""

    def __post_init__(self) -> None:
        self.got, self.gave = (np.zeros((len(self.keys), LIMBS), np.int64) for _ in range(2))
        self.times = np.zeros(len(self.keys), np.int64)

    def add(self, owner: Ints, asset: Ints, limbs: Ints, *, came: bool) -> None:
        """Add amounts that came to owners, or went from them; an owner of -1 is left out."""
        rows = np.flatnonzero(owner >= 0)
        places = np.searchsorted(self.keys, owner[rows] * self.assets + asset[rows])
        np.add.at(self.got if came else self.gave, places, limbs[rows])
        np.add.at(self.times, places, 1)

    def of_busiest(self, owners: int) -> list[tuple[int, int]]:
        """What each of so many owners got and gave in the asset that it moved most often, the first of several."""
        best = np.full(owners, -1, np.int64)
        by_times = np.argsort(-self.times, kind="stable")[::-1]  # the most often comes last, and stays
        best[self.keys[by_times] // self.assets] = by_times
        got, gave = to_units(self.got[best]), to_units(self.gave[best])
        return [(got[i], gave[i]) if best[i] >= 0 else (0, 0) for i in range(owners)]


@compile_kept
def _insert(slots, held, owner, other, others, counts, at):  # type: ignore[no-untyped-def]
    """Count the pairs from `at` on; gives where it stopped, for want of room or at the end, and how many are held."""
    mask = len(slots) - 1
    for i in range(at, len(owner)):
        if owner[i] < 0 or other[i] < 0:
            continue
        if 2 * held >= len(slots):
            return i, held
        key = owner[i] * others + other[i]
        place = find_place(slots, mask, key)
        if slots[place] < 0:
            slots[place] = key
            counts[owner[i]] += 1
            held += 1
    return len(owner), held


@compile_kept
def _move(slots, larger):  # type: ignore[no-untyped-def]
    """Put what a table holds into a larger one."""
    for key in slots:
        if key >= 0:
            larger[find_place(larger, len(larger) - 1, key)] = key


@compile_kept
def _count(payer, payee, receipts, payments, only_receiver):  # type: ignore[no-untyped-def]
    for i in range(len(payer)):
        one, other = payer[i], payee[i]
        payments[one] += 1
        receipts[other] += 1
        if only_receiver[one] == -1:
            only_receiver[one] = other
        elif only_receiver[one] != other:
            only_receiver[one] = -2
