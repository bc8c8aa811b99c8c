"""Where following stops: the pots that hold nothing, and why.

* Stops are decided once, before the trace, from labels; the tracer only asks whether it follows a pot.
* A label's kind gives the reason; burn addresses are stops without any label.
* What enters a stopped pot is counted under its reason and is gone; what leaves it is clean.

Where labels come from is `intel`'s and `app`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from jindo.base.ids import BURN_ADDRESSES
from jindo.ledger import NOBODY, AccountChain, Chain, UtxoChain

REASONS = ("service", "likely-service", "mixer", "departed", "burned", "fee", "limit", "held")
"""Every reason that a balance sheet can show, in its order."""
_KIND_REASONS = {"mixer": "mixer", "coinjoin": "mixer", "burn": "burned"}
KNOWN_KINDS = frozenset(
    f"{kind}{deposit}"
    for kind in (
        "exchange",
        "instant exchange",
        "custody",
        "payment",
        "gambling",
        "bridge",
        "swap",
        *_KIND_REASONS,
    )
    for deposit in ("", " deposit")
)


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a pot is not followed, and whose it is said to be."""

    reason: str
    service: str = ""
    kind: str = ""
    source: str = ""
    """Where the label comes from: a file's name, or `built in`."""


class Boundary(Protocol):
    """Answers the tracer's one question for all accounts at once."""

    def stops(self) -> Mapping[str, Stop]:
        """Stops by canonical address."""
        ...


class FindsStops(Protocol):
    """Answers the question for one pot at a time."""

    def find(self, pot: int) -> Stop | None:
        """The stop of a pot, or `None` where it is followed."""
        ...


@dataclass(frozen=True, slots=True)
class Stops:
    """Stops of one chain, by account id."""

    by_account: Mapping[int, Stop]
    chain: Chain

    def find(self, pot: int) -> Stop | None:
        """The stop of a pot, or `None` where it is followed."""
        return self.by_account.get(account_of(self.chain, pot))

    def __contains__(self, pot: object) -> bool:
        return isinstance(pot, int) and self.find(pot) is not None


def account_of(chain: Chain, pot: int) -> int:
    """The account that a pot belongs to; -1 for nobody's pot."""
    if pot < 0:
        return NOBODY
    return int(chain.out_account[pot] if isinstance(chain, UtxoChain) else chain.pot_account[pot])


def stop_of_kind(kind: str, *, service: str, source: str) -> Stop:
    """The stop that a label of `kind` makes; every labelled service is one."""
    return Stop(_KIND_REASONS.get(kind.strip().lower(), "service"), service, kind, source)


def build_stops(chain: Chain, boundary: Boundary | None) -> Stops:
    """The stops of `boundary` and the burn addresses that `chain` knows."""
    stops: dict[str, Stop] = {
        address: Stop("burned", "burn address", "burn", "built in") for address in BURN_ADDRESSES
    }
    stops.update(boundary.stops() if boundary else {})
    by_account = {chain.accounts.find(address): stop for address, stop in stops.items()}
    by_account.pop(-1, None)
    return Stops(by_account, chain)


def stopped_pots(chain: AccountChain, stops: Stops) -> list[int]:
    """Every stopped pot of an account chain, ascending."""
    return sorted(pot for account in stops.by_account for pot in chain.pots_of(account).tolist())
