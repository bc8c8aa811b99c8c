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

from jindo.base.compiling import compile_kept
from jindo.ledger import Ints
from jindo.trace.services.movements import LIMBS, to_units

NOBODY_ELSE, MANY = -1, -2
"""In place of the only receiver: there is none, or there are several."""
_HELD = 1 << 22
"""Numbers that wait to be joined with those counted already."""


@dataclass(frozen=True, slots=True)
class AccountCounts:
    """Of every account: arrays of one length."""

    receipts: Ints
    payments: Ints
    only_receiver: Ints
    """The one account that it ever paid; `NOBODY_ELSE`, or `MANY`."""


@dataclass(slots=True)
class DistinctPairs:
    """Pairs of (owner, other) counted once each."""

    others: int
    """All others are below this."""
    _counted: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    _waiting: list[Ints] = field(default_factory=list)
    _held: int = 0

    def add(self, owner: Ints, other: Ints) -> None:
        """Count pairs; an owner or other of -1 is left out."""
        both = (owner >= 0) & (other >= 0)
        fresh = np.unique(owner[both] * self.others + other[both])
        self._waiting.append(fresh)
        self._held += len(fresh)
        if self._held > max(_HELD, len(self._counted)):
            self._join()

    def count(self, owners: int) -> Ints:
        """How many others each of so many owners has."""
        self._join()
        return np.bincount(self._counted // self.others, minlength=owners)

    def pairs(self) -> tuple[Ints, Ints]:
        """Owners and others, a pair a row."""
        self._join()
        return self._counted // self.others, self._counted % self.others

    def _join(self) -> None:
        self._counted = np.unique(np.concatenate([self._counted, *self._waiting]))
        self._waiting.clear()
        self._held = 0


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
def _count(payer, payee, receipts, payments, only_receiver):  # type: ignore[no-untyped-def]
    for i in range(len(payer)):
        one, other = payer[i], payee[i]
        payments[one] += 1
        receipts[other] += 1
        if only_receiver[one] == -1:
            only_receiver[one] = other
        elif only_receiver[one] != other:
            only_receiver[one] = -2
