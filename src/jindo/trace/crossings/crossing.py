"""A crossing: what leaves one pot and comes back in another asset, on the same chain or on another.

* A swap or a wrapping draws from one pot and fills one, in one transaction. A bridge draws once and pays any number
  of times: `arrivals` in the asset that was asked for, `returns` in the asset that was given.
* What was given divides in drawn order: the last units drawn are those that return, the ones before them bought.
* Amounts are base units of the asset of their pot. Nothing here says whose units are stolen: that is `joint`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from jindo.ledger import NOBODY

SWAP, WRAP, BRIDGE = "swap", "wrap", "bridge"


class Leg(NamedTuple):
    """One side of a crossing."""

    chain: str
    """CAIP-2 id."""
    row: int
    """Event of an account chain, or transaction of a UTXO chain, at which it applies."""
    pot: int
    """The pot that is drawn from, or filled. On a UTXO chain the output; ids past an account chain's own pots are those
    that `add_pots` adds."""
    units: int


@dataclass(frozen=True, slots=True)
class Crossing:
    """What left, and all that came of it."""

    kind: str
    """`swap`, `wrap` or `bridge`."""
    source: Leg
    """What was given. On a UTXO chain its pot is the output that went to the bridge."""
    arrivals: tuple[Leg, ...] = ()
    """What was bought, all of one asset, in the order in which it came."""
    returns: tuple[Leg, ...] = ()
    """What was refunded, in the asset that was given."""
    dropped: tuple[int, ...] = ()
    """Rows of the source's chain that this replaces: they move nothing by themselves."""
    vault: int = NOBODY
    """Account on the source's chain that a bridge's departure paid; -1 for a swap."""
    memo: str = ""
    """What the departure says, on a bridge."""
    is_fact: bool = True
    """False where the match is an inference."""

    @property
    def is_in_transit(self) -> bool:
        """Whether nothing came back yet."""
        return not self.arrivals and not self.returns

    @property
    def bought(self) -> int:
        """Units that arrived."""
        return sum(leg.units for leg in self.arrivals)

    @property
    def returned(self) -> int:
        """Units that were refunded."""
        return sum(leg.units for leg in self.returns)


def cut_crossing(crossing: Crossing, ends: Mapping[str, int]) -> Crossing | None:
    """The crossing as it stands before the rows `ends` of the chains that are traced; `None` where it has not left."""
    if crossing.source.row >= ends.get(crossing.source.chain, 0):
        return None
    arrivals, returns = (
        tuple(leg for leg in legs if leg.row < ends.get(leg.chain, 0))
        for legs in (crossing.arrivals, crossing.returns)
    )
    if crossing.kind != BRIDGE:
        return crossing
    return replace(crossing, arrivals=arrivals, returns=returns)
