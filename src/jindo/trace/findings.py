"""What a trace found on one chain, before anyone gives it names: flows, holdings, inflows, hops.

* Everything is by the chain's dense ids: rows (events, or transactions on a UTXO chain), pots and thefts.
* Two implementations fill it, the readable reference and the fast kernel; equal findings are what "equal" means.
* `Findings` is in canonical order, so equality is plain `==`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

FEE = -1
"""Where fees go, in place of a pot."""
CROSSED = -2
"""Where units go that leave through a crossing, in place of a pot."""


class Flow(NamedTuple):
    """Stolen units that one movement laid somewhere."""

    row: int
    """Event of an account chain, or transaction of a UTXO chain."""
    pot: int
    """The pot that was filled, `FEE` or `CROSSED`."""
    theft: int
    named: bool
    """True for units that became stolen in this movement, False for units that were stolen already."""
    amount: int


@dataclass(frozen=True, slots=True)
class Findings:
    """The outcome of one rule on one chain."""

    flows: tuple[Flow, ...]
    held: Mapping[tuple[int, int], int]
    """Stolen units still in a followed pot at the end, by (pot, theft). Under `poison`: the stained balance."""
    inflow: Mapping[int, int]
    """Unexplained inflow by followed pot that ever held stolen value; by transaction on a UTXO chain."""
    hops: Mapping[int, int]
    """Hop of every pot that stolen value entered, stopped ones too."""
    limited: frozenset[int] = field(default_factory=frozenset)
    """Pots at which following stopped for `--max-hops`."""


def build_findings(
    flows: list[Flow],
    held: dict[tuple[int, int], int],
    inflow: dict[int, int],
    hops: dict[int, int],
    limited: set[int],
) -> Findings:
    """`Findings` in canonical order, without zero entries."""
    return Findings(
        flows=tuple(sorted(flow for flow in flows if flow.amount)),
        held={key: held[key] for key in sorted(held) if held[key]},
        inflow={key: inflow[key] for key in sorted(inflow) if inflow[key]},
        hops=dict(sorted(hops.items())),
        limited=frozenset(limited),
    )
