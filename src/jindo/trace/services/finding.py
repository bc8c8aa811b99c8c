"""Finding the likely services of a chain, each with the figures that say so.

* `hub`: dealt with many accounts on both sides, often, on several days, and passes on most of what it gets.
* `hot wallet`: many accounts pay it and nobody else, pass on nearly all they get, as often as they get it or less, and
  have been paid by many others. Those accounts are its `deposit address`es. On account chains only: on a UTXO chain
  deposit addresses are swept together, and clusters show that.
* Zero and burn addresses, labelled services and crossings are found as any other: the caller takes them out.

Nothing is weighed or guessed: an account is one where every threshold of a rule holds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from jindo.ledger import Chain, Ints, UtxoChain
from jindo.trace.parts import PART
from jindo.trace.services.counting import (
    AccountCounts,
    AssetTotals,
    DistinctPairs,
    count_accounts,
    number_places,
    share,
)
from jindo.trace.services.movements import DAYS, iter_movements, list_pots
from jindo.trace.services.parameters import ServiceParameters

HEURISTIC = "likely-service"
VERSION = "1"
"""Raised when a rule or a default changes: results with another version are not compared silently."""


@dataclass(frozen=True, slots=True)
class LikelyService:
    """Why an account is taken for a service; figures that a rule does not ask for are 0."""

    rule: str
    """One of `parameters.RULES`."""
    receipts: int
    """Movements that came in."""
    payments: int
    """Movements that went out; fees are none."""
    senders: int = 0
    """Distinct accounts that paid it (`hub`)."""
    receivers: int = 0
    """Distinct accounts that it paid (`hub`)."""
    days: int = 0
    """Days on which it moved anything (`hub`), or was swept into (`hot wallet`); 0 where no time is known."""
    turnover: int = 0
    """In thousandths: the smaller of in and out of the larger (`hub`); what was passed on (`deposit address`)."""
    deposits: int = 0
    """Deposit addresses that are swept into it (`hot wallet`), or into its hot wallet (`deposit address`)."""
    origins: int = 0
    """Distinct accounts that paid those deposit addresses."""
    hot_wallet: int = -1
    """The account that it is swept into (`deposit address`), or -1."""

    def reason(self) -> str:
        """The figures in words, in one line."""
        often = f"{self.receipts:,} movements in, {self.payments:,} out"
        when = f" on {self.days:,} days" if self.days else ""
        if self.rule == "hub":
            others = f"with {self.senders:,} senders and {self.receivers:,} receivers"
            return f"{often}, {others}{when}, turnover {_percent(self.turnover)}"
        swept = f"{self.deposits:,} accounts that pay nobody else, paid by {self.origins:,} others"
        if self.rule == "hot wallet":
            return f"{often}; swept into by {swept}{when}"
        return f"{often}; passes on {_percent(self.turnover)} to a hot wallet of {swept}"

    def to_json(self) -> dict[str, Any]:
        """The figures as a JSON object; the hot wallet is left to who knows its address."""
        names = (
            "rule",
            "receipts",
            "payments",
            "senders",
            "receivers",
            "days",
            "turnover",
            "deposits",
            "origins",
        )
        return {name: getattr(self, name) for name in names}


def find_likely_services(
    chain: Chain,
    *,
    end: int | None = None,
    parameters: ServiceParameters | None = None,
    part_size: int = PART,
) -> dict[int, LikelyService]:
    """The accounts that behave as services over rows 0 to `end` (all, where it is not given), by account."""
    end = chain.row_starts[-1] if end is None else end
    search = _Search(chain, end, parameters or ServiceParameters(), part_size)
    counts = count_accounts(((m.payer, m.payee) for m in search.movements()), len(chain.accounts))
    swept = {} if isinstance(chain, UtxoChain) else _find_swept(search, counts)
    return dict(sorted({**swept, **_find_hubs(search, counts)}.items()))


class _Search(NamedTuple):
    """What is looked through, and for what."""

    chain: Chain
    end: int
    asked: ServiceParameters
    size: int

    def movements(self, *, with_amounts: bool = False) -> Any:
        """All movements, part by part."""
        return iter_movements(self.chain, end=self.end, with_amounts=with_amounts, size=self.size)

    @property
    def accounts(self) -> int:
        """How many accounts there are."""
        return len(self.chain.accounts)

    @property
    def assets(self) -> int:
        """How many assets there are."""
        return 1 if isinstance(self.chain, UtxoChain) else max(1, len(self.chain.assets))

    def list_holdings(self, place: Ints) -> Ints:
        """Place * assets + asset of all that accounts with a place ever held, ascending."""
        if isinstance(self.chain, UtxoChain):
            return np.sort(place[place >= 0])
        account, asset = list_pots(self.chain)
        held = place[account] >= 0
        return np.sort(place[account[held]] * self.assets + asset[held])


# --------------------------------------------------------------------------------------------------------------- hubs


def _find_hubs(search: _Search, counts: AccountCounts) -> dict[int, LikelyService]:
    asked = search.asked
    busy = (counts.receipts >= asked.hub_senders) & (counts.payments >= asked.hub_receivers)
    chosen = np.flatnonzero(busy & (counts.receipts + counts.payments >= asked.hub_movements))
    if not len(chosen):
        return {}
    place = number_places(chosen, search.accounts)
    senders, receivers, days = (
        DistinctPairs(len(chosen), others) for others in (search.accounts, search.accounts, DAYS)
    )
    for m in search.movements():
        senders.add(place[m.payee], m.payer)
        receivers.add(place[m.payer], m.payee)
        for party in (m.payer, m.payee):
            days.add(place[party], m.day)
    totals = _sum_assets(search, place, len(chosen))
    figures = (pairs.count() for pairs in (senders, receivers, days))
    found = {}
    for account, froms, tos, on, (got, gave) in zip(chosen.tolist(), *figures, totals, strict=True):
        service = LikelyService(
            "hub", int(counts.receipts[account]), int(counts.payments[account]), froms, tos, on,
            turnover=share(min(got, gave), max(got, gave)),
        )  # fmt: skip
        if _is_hub(service, asked):
            found[account] = service
    return found


def _is_hub(service: LikelyService, asked: ServiceParameters) -> bool:
    return (
        service.senders >= asked.hub_senders
        and service.receivers >= asked.hub_receivers
        and service.turnover >= asked.hub_turnover
        and (service.days >= asked.hub_days or not service.days)
    )


def _sum_assets(search: _Search, place: Ints, owners: int) -> list[tuple[int, int]]:
    """What each of so many accounts, by their places, got and gave in the asset that it moved most often."""
    totals = AssetTotals(search.assets, search.list_holdings(place))
    for m in search.movements(with_amounts=True):
        totals.add(place[m.payee], m.asset, m.limbs, came=True)
        totals.add(place[m.payer], m.asset, m.limbs, came=False)
    return totals.of_busiest(owners)


# ------------------------------------------------------------------------------------------------------------- sweeps


def _find_swept(search: _Search, counts: AccountCounts) -> dict[int, LikelyService]:
    """Hot wallets and their deposit addresses."""
    asked, only = search.asked, counts.only_receiver
    feeding = (only >= 0) & (counts.receipts > 0) & (counts.payments <= counts.receipts)
    feeding &= (
        np.bincount(only[feeding], minlength=search.accounts)[np.maximum(only, 0)] >= asked.sweep_deposits
    )
    feeders = np.flatnonzero(feeding)
    if not len(feeders):
        return {}
    passed = _find_passed_on(search, feeders)
    emptied = passed >= asked.sweep_forwarded
    feeders, passed = feeders[emptied], passed[emptied]
    deposits = np.bincount(only[feeders], minlength=search.accounts)
    hot = np.flatnonzero(deposits >= asked.sweep_deposits)
    services = _find_hot_wallets(search, counts, feeders, hot)
    services = {account: replace(s, deposits=int(deposits[account])) for account, s in services.items()}
    found = dict(services)
    for feeder, part in zip(feeders.tolist(), passed.tolist(), strict=True):
        wallet = services.get(int(only[feeder]))
        if wallet is not None and feeder not in services:
            found[feeder] = LikelyService(
                "deposit address", int(counts.receipts[feeder]), int(counts.payments[feeder]), turnover=part,
                deposits=wallet.deposits, origins=wallet.origins, hot_wallet=int(only[feeder]),
            )  # fmt: skip
    return found


def _find_passed_on(search: _Search, feeders: Ints) -> Ints:
    """What each feeder passed on, in thousandths of what it got, in the asset that it moved most often."""
    place = number_places(feeders, search.accounts)
    totals = _sum_assets(search, place, len(feeders))
    return np.array([min(1000, share(gave, got)) for got, gave in totals], np.int64)


def _find_hot_wallets(
    search: _Search, counts: AccountCounts, feeders: Ints, hot: Ints
) -> dict[int, LikelyService]:
    asked, place = search.asked, number_places(hot, search.accounts)
    wallet_of = np.full(search.accounts, -1, np.int64)
    wallet_of[feeders] = place[counts.only_receiver[feeders]]
    origins, days = DistinctPairs(len(hot), search.accounts), DistinctPairs(len(hot), DAYS)
    for m in search.movements():
        into, out_of = wallet_of[m.payee], wallet_of[m.payer]
        is_own = (into == out_of) | (into == place[m.payer])
        origins.add(np.where(is_own, -1, into), m.payer)
        days.add(out_of, m.day)
    paid_by, on = origins.count(), days.count()
    return {
        account: LikelyService(
            "hot wallet", int(counts.receipts[account]), int(counts.payments[account]), days=d, origins=o
        )
        for account, o, d in zip(hot.tolist(), paid_by, on, strict=True)
        if o >= asked.sweep_origins and (d >= asked.sweep_days or not d)
    }


def _percent(thousandths: int) -> str:
    return f"{thousandths // 10}.{thousandths % 10} %"
