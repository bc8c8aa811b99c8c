"""What a CoinJoin is recognised by: every threshold, with where it comes from.

* Amounts are satoshi; shares are parts of a thousand. Whoever changes one has another heuristic, and says so.
* Sources: [GS] graphsense-lib, pull requests 76, 80 and 82 (2026); [SV] Schnoering and Vazirgiannis, arXiv 2311.12491
  (2023); [S] Stockinger, Haslhofer, Moreno-Sanchez, Maffei, arXiv 2109.10229 (2021); [WW] WalletWasabi, whose own
  wallet tells WabiSabi rounds so; [MB] Möser and Böhme, "Join me on a market for anonymity" (2016); [P] proposed here.

The sources were read in part or through others' summaries; none of their figures was measured again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

KINDS = ("whirlpool", "wasabi-2", "wasabi-1", "joinmarket")
"""The protocols, in the order in which they are tried: each is narrower than the next."""

BTC = 100_000_000
MOST_MONEY = 21_000_000 * BTC
"""No transaction of Bitcoin's moves more; one that does is no CoinJoin."""


@dataclass(frozen=True, slots=True)
class CoinJoinParameters:
    """Thresholds of the structural rules."""

    most_owned: int = 100
    """All kinds: no address has more than one input and more than this part of them [GS 82: 10 %]."""
    whirlpool_pools: tuple[int, ...] = (100_000, 1_000_000, 5_000_000, 50_000_000)
    """Denominations of the pools [S, GS 76]."""
    whirlpool_least: int = 5
    whirlpool_most: int = 8
    """Participants: five, and up to eight since "surge cycles" [GS 80]."""
    whirlpool_over: int = 110_000
    """What an input that comes in anew may have above the denomination, for fees [S]."""
    wasabi2_inputs: int = 50
    """Least inputs of a round [GS 76, WW]."""
    wasabi2_few: int = 21
    """Least inputs of a round of a small coordinator, where the outputs are as [WW] has them (GingerWallet, 2024)."""
    wasabi2_standard: int = 800
    """Outputs of a standard denomination, as a share [WW: more than 80 %]."""
    wasabi2_weak: int = 500
    """The same where the round has `wasabi2_inputs`: a round of many changes [P]."""
    wasabi2_odd: int = 200
    """Outputs of a denomination that is no round decimal number, which no payout has by chance [P]."""
    wasabi2_outputs: int = 200
    """Least outputs for a thousand inputs; a consolidation has fewer [P]."""
    wasabi1_base: int = BTC // 10
    wasabi1_tolerance: int = 50
    """The base denomination, and how far it may be off [GS 76: 0.1 BTC, 5 %]."""
    wasabi1_participants: int = 10
    """Least outputs of the base denomination [S]."""
    wasabi1_changes: int = 2
    """Least outputs of no denomination: a payroll of equal amounts has one change at most [P]."""
    wasabi1_levels: int = 14
    """Denominations above the base, each twice the one before [GS 76]."""
    joinmarket_participants: int = 3
    """Least outputs of the most frequent value [SV, GS 76: two with less than half the confidence]."""
    joinmarket_fee: int = 5
    joinmarket_fee_floor: int = 10_000
    """What a maker may earn: the larger of a share of the denomination and a number of satoshi [P, after MB]."""
    joinmarket_mined: int = 5_000_000
    """What the miners may get: more, and something else was meant [P]."""
    joinmarket_steps: int = 200_000
    """Steps of the search for who owns which input; where they are used up the question stays open [P]."""

    def to_json(self) -> dict[str, Any]:
        """The same as a JSON object."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}

    @classmethod
    def from_json(cls, stated: Mapping[str, Any]) -> CoinJoinParameters:
        """What `to_json` gave."""
        values: dict[str, Any] = dict(stated)
        return cls(**{**values, "whirlpool_pools": tuple(values["whirlpool_pools"])})


def build_denominations(most: int = MOST_MONEY) -> tuple[list[int], list[int]]:
    """Standard denominations of WabiSabi rounds [WW]: those that are round decimal numbers, and all others.

    They are the powers of two and of three, twice the powers of three, and 1, 2, 5 times the powers of ten, from
    5,000 satoshi on.
    """
    round_ones = {first * 10**i for first in (1, 2, 5) for i in range(16)}
    odd_ones = {2**i for i in range(51)} | {first * 3**i for first in (1, 2) for i in range(33)}
    kept = [sorted(v for v in values if 5_000 <= v <= most) for values in (round_ones, odd_ones - round_ones)]
    return kept[0], kept[1]
