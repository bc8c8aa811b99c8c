"""A trace held against the books of the world that it was made in, to the base unit.

* The comparison is exact, under all conserving rules: every account and service reached, fees, and what was burned.
  What is held is compared account by account under the stated rule, in sum under the others.
* A figure that differs is an error which names the rule and the place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jindo.base.errors import IntegrityError
from jindo.sim import TheftTruth
from jindo.trace import CONSERVING


@dataclass(frozen=True, slots=True)
class Agreement:
    """One theft on which the trace and the world's books agree."""

    theft: str
    asset: str
    stolen: int
    """Base units."""
    accounts: int
    """Accounts whose amounts were compared."""
    figures: int
    """Amounts compared, over all rules."""


def check_truth(truth: TheftTruth, result: Mapping[str, Any]) -> Agreement:
    """Hold a result against the books on one theft, to the unit, under every conserving rule.

    Raises:
        IntegrityError: a figure differs; it names the rule and where.
    """
    told = _figures_of_truth(truth)
    figures = 0
    for rule in CONSERVING:
        found = _figures_of_rule(truth, result, rule)
        for place in sorted(told.keys() | found.keys()):
            if told.get(place, 0) != found.get(place, 0):
                _refuse(truth, rule, place, told.get(place, 0), found.get(place, 0))
            figures += 1
    figures += _check_held(truth, result)
    return Agreement(truth.theft, truth.asset, truth.stolen, len(truth.endpoints), figures)


_Place = tuple[str, str, str]
"""Reason, account, service; what is one sum (fees, held) has no account, what is burned no service."""


def _figures_of_truth(truth: TheftTruth) -> dict[_Place, int]:
    figures: dict[_Place, int] = {("fee", "", ""): truth.fee, ("held", "", ""): 0}
    for end in truth.endpoints:
        place = _place(end.reason, end.account, end.service)
        figures[place] = figures.get(place, 0) + end.amount
    return figures


def _figures_of_rule(truth: TheftTruth, result: Mapping[str, Any], rule: str) -> dict[_Place, int]:
    """What the spread says under one rule; what it leaves of the loot is held, since the sheet balances."""
    rows = [row for row in result["spread"] if (row["theft"], row["asset"]) == (truth.theft, truth.asset)]
    figures: dict[_Place, int] = {}
    for row in rows:
        place = _place(row["reason"], row["account"], row["service"])
        figures[place] = figures.get(place, 0) + int(row["amounts"][rule])
    return figures | {("held", "", ""): truth.stolen - sum(figures.values())}


def _place(reason: str, account: str, service: str) -> _Place:
    return reason, "" if reason == "held" else account, "" if reason in {"held", "burned"} else service


def _check_held(truth: TheftTruth, result: Mapping[str, Any]) -> int:
    """How many accounts hold something: under the stated rule the very ones that the books say."""
    told = {end.account: end.amount for end in truth.endpoints if end.reason == "held"}
    found = {
        end["account"]: int(end["amount"])
        for end in result["findings"]["endpoints"]
        if (end["theft"], end["reason"]) == (truth.theft, "held")
    }
    for account in sorted(told.keys() | found.keys()):
        if told.get(account, 0) != found.get(account, 0):
            rule = result["findings"]["rule"]
            _refuse(truth, rule, ("held", account, ""), told.get(account, 0), found.get(account, 0))
    return len(told)


def _refuse(truth: TheftTruth, rule: str, place: _Place, told: int, found: int) -> None:
    where = " ".join(part for part in place if part)
    raise IntegrityError(
        f"{truth.theft}, {where}: the books say {told} base units, {rule} finds {found}",
        place="truth.json",
        remedy="Report this as a bug: the world's books and the trace must agree to the unit.",
    )
