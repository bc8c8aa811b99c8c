"""A result and its flows, read once into types for all sections of the report.

* A **strand** is one theft in one asset on one chain: the line along which value is conserved and counted.
* Text from the input is cleaned here; amounts become integers, times unix seconds.
* Nothing is looked up elsewhere: what the result does not say, the report does not know.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from jindo.app.report.wording import (
    NATIVE,
    count,
    show_asset,
    show_chain,
    show_id,
    show_name,
    show_tokens,
    to_seconds,
)
from jindo.base.ids import UNNAMED_ASSET

ARRIVALS = ("service", "likely-service", "mixer")
"""Reasons under which value reached somebody who can be asked about it."""
UNNAMED_THEFT = "theft"
"""What the result calls a theft that the investigator gave no name."""


class Strand(NamedTuple):
    """One theft in one asset on one chain."""

    theft: str
    chain: str
    asset: str

    def title(self) -> str:
        """The strand in words, for headings."""
        named = "" if self.theft == UNNAMED_THEFT else f"{show_name(self.theft)}: "
        return f"{named}{show_asset(self.asset)} on {self.place()}"

    def called(self) -> str:
        """The theft in a sentence."""
        return "the theft" if self.theft == UNNAMED_THEFT else f"the theft “{show_name(self.theft)}”"

    def place(self) -> str:
        """The chain in words."""
        return show_chain(self.chain)


@dataclass(frozen=True, slots=True)
class Ending:
    """Where following a strand ended, at one account."""

    strand: Strand
    account: str
    service: str
    kind: str
    reason: str
    amount: int
    first_time: int | None
    last_time: int | None
    hops: int | None
    is_unexplained: bool

    def party(self) -> str:
        """The name that a label gives it, or else a word for having none."""
        return self.service or "no label"


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the flows."""

    strand: Strand
    is_named: bool
    time: int | None
    tx_hash: str
    source: str
    target: str
    amount: int
    reason: str
    hops: int | None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the sections draw on."""

    result: dict[str, Any]
    strands: tuple[Strand, ...]
    endings: dict[Strand, list[Ending]]
    moves: dict[Strand, list[Move]]
    upper: dict[Strand, list[Ending]]
    """Endings under poison."""
    parties: dict[tuple[Strand, str, str], str]
    """What labels call an account that was reached, by strand, account and reason."""

    @property
    def rule(self) -> str:
        """The rule that the findings follow."""
        return str(self.result["findings"]["rule"])

    @property
    def is_conserving(self) -> bool:
        """Whether the rule keeps a balance sheet."""
        return self.rule != "poison"

    def as_of(self) -> int | None:
        """Unix seconds up to which was looked; `None` where no chain has times."""
        until = to_seconds(self.result["provenance"]["until"])
        times = [
            to_seconds(chain.get("last_time")) for chain in self.result["provenance"]["ledger"]["chains"]
        ]
        last = max((time for time in times if time is not None), default=None)
        return last if until is None or last is None else min(until, last)

    def ended(self, strand: Strand, *reasons: str) -> list[Ending]:
        """Endings of a strand for these reasons, largest first."""
        kept = [ending for ending in self.endings.get(strand, []) if ending.reason in reasons]
        return sorted(kept, key=lambda ending: (-ending.amount, ending.service, ending.account))

    def stolen(self, strand: Strand) -> int:
        """Units stolen in a strand."""
        thefts = self.result["findings"]["thefts"]
        return sum(int(row["stolen"]) for row in thefts if _strand(row) == strand)

    def party(self, strand: Strand, account: str, reason: str) -> str:
        """What a label calls an account at which following stopped."""
        return self.parties.get((strand, account, reason), "no label")

    def decimals(self, asset: str) -> int | None:
        """Decimal places of an asset; `None` where neither the result nor the chain's own rules give them."""
        stated = self.result["provenance"].get("decimals", {}).get(asset)
        if stated is None and asset in NATIVE:
            return NATIVE[asset][2]
        return None if stated is None else int(stated)

    def amount(self, asset: str, units: int) -> str:
        """An amount without its unit."""
        return show_tokens(units, self.decimals(asset))

    def unit(self, asset: str) -> str:
        """What `amount` counts: `ETH`, or `base units of …`."""
        return show_asset(asset) if self.decimals(asset) is not None else f"base units of {show_asset(asset)}"

    def money(self, asset: str, units: int) -> str:
        """An amount with its unit, for sentences."""
        unit = self.unit(asset)
        return f"{self.amount(asset, units)} {f'of the {unit}' if unit == UNNAMED_ASSET else unit}"


def read_facts(result: dict[str, Any], flows: list[dict[str, str]]) -> Facts:
    """The facts of a result, with strands in the result's order."""
    endings = [read_ending(row) for row in result["findings"]["endpoints"]]
    moves = [_read_move(row) for row in flows]
    named = [_strand(row) for row in result["findings"]["thefts"]]
    strands = tuple(dict.fromkeys([*named, *(ending.strand for ending in endings)]))
    parties = {(ending.strand, ending.account, ending.reason): ending.party() for ending in endings}
    upper = [read_ending(row) for row in result["upper_bound"]["endpoints"]]
    return Facts(result, strands, _by_strand(endings), _by_strand(moves), _by_strand(upper), parties)


def read_ending(row: dict[str, Any]) -> Ending:
    """An endpoint as `result.json` states it."""
    return Ending(
        strand=_strand(row),
        account=show_id(row["account"]),
        service=show_name(row["service"]),
        kind=show_name(row["kind"]),
        reason=row["reason"],
        amount=int(row["amount"]),
        first_time=to_seconds(row.get("first_time")),
        last_time=to_seconds(row.get("last_time")),
        hops=row.get("hops"),
        is_unexplained=bool(row.get("unexplained")),
    )


def group_parties(endings: Iterable[Ending]) -> list[tuple[str, list[Ending]]]:
    """Endings by the service they are labelled as, largest sum first; each group largest account first."""
    groups: dict[str, list[Ending]] = {}
    for ending in endings:
        groups.setdefault(ending.party(), []).append(ending)
    return sorted(groups.items(), key=lambda item: (-total(item[1]), item[0]))


def total(endings: Iterable[Ending]) -> int:
    """The sum of their amounts."""
    return sum(ending.amount for ending in endings)


def at_services(endings: list[Ending]) -> str:
    """`87 accounts of 11 services`, in the numbers of these endings."""
    services = {ending.service for ending in endings if ending.service}
    accounts = count(len(endings), "account")
    return f"{accounts} of {count(len(services), 'service')}" if services else accounts


def _strand(row: dict[str, Any]) -> Strand:
    return Strand(str(row["theft"]), str(row["chain"]), str(row["asset"]))


def _read_move(row: dict[str, str]) -> Move:
    return Move(
        strand=_strand(row),
        is_named=row["named"] == "yes",
        time=to_seconds(row["time"]),
        tx_hash=show_id(row["tx_hash"]),
        source=show_id(row["from"]),
        target=show_id(row["to"]),
        amount=int(row["amount"]),
        reason=row["reason"],
        hops=int(row["hops"]) if row["hops"] not in {"", "None"} else None,
    )


_Row = TypeVar("_Row", Ending, Move)


def _by_strand(rows: list[_Row]) -> dict[Strand, list[_Row]]:
    strands: dict[Strand, list[_Row]] = {}
    for row in rows:
        strands.setdefault(row.strand, []).append(row)
    return strands
