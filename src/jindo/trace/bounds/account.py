"""The flow network of an account chain: pots between two draws, movements, and where following ends.

* A pot's node lasts until its next draw; what it then keeps goes on to the next node, at most the balance that is left.
  Clean units that the pot holds or that enter for want of money thereby leave room, or force stolen units out.
* A movement's edge holds its amount. A pot that sends all it has, or more, keeps nothing.
* A named movement lays down its whole amount as stolen: it supplies that, and what it drew that was stolen already is
  gone from the count. Where other thefts may have stolen what it draws first, how much is new is open (optional).

Balances are those of the reference: opening, fills, draws, shortfall. It walks only pots that can be reached.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from jindo.ledger import NOBODY, AccountChain
from jindo.trace.boundary import Stops, account_of
from jindo.trace.bounds.network import GONE, EndPlace, FlowNetwork
from jindo.trace.bounds.sizes import Sizes, check_rows
from jindo.trace.findings import FEE
from jindo.trace.naming import AccountSeeds
from jindo.trace.outcome import asset_of


@dataclass(frozen=True, slots=True)
class AccountInquiry:
    """What is asked of an account chain, in one asset: value never leaves its asset."""

    chain: AccountChain
    seeds: AccountSeeds
    stops: Stops
    end: int
    opening: Mapping[int, int]
    sizes: Sizes


@dataclass(frozen=True, slots=True)
class Movement:
    """One row that moves something."""

    sender: int
    receiver: int
    amount: int
    theft: int | None
    """The theft that names it."""


def read_movements(question: AccountInquiry, reached: Collection[int]) -> list[Movement]:
    """Every movement of the pots that stolen value can have reached, and every stolen one, in ledger order.

    Raises:
        BeyondSizes: there are more than the question's sizes allow.
    """
    chain, end, seeds = question.chain, question.end, question.seeds.theft_of
    parts, count = [np.array([*seeds], np.int64)], len(seeds)
    for pot in reached:
        if pot not in question.stops:
            parts += [chain.draws_of(pot), chain.fills_of(pot)]
            count += len(parts[-1]) + len(parts[-2])
            check_rows(count // 2, question.sizes)  # a row can stand in two pots
    events = np.unique(np.concatenate(parts))
    events = events[events < end].astype(np.int64)
    check_rows(len(events), question.sizes)
    rows = zip(events.tolist(), chain.src[events], chain.dst[events], chain.amount[events], strict=True)
    return [
        Movement(int(src), int(dst), int(amount), seeds.get(event))
        for event, src, dst, amount in rows
        if amount and src != dst
    ]


def build_account_network(
    question: AccountInquiry, movements: list[Movement], wanted: frozenset[int]
) -> FlowNetwork:
    """The network of what the `wanted` thefts took."""
    walk = _Walk(question, wanted, FlowNetwork(question.sizes), dict(question.opening))
    for movement in movements:
        walk.apply(movement)
    walk.hold()
    return walk.network


@dataclass(slots=True)
class _Walk:
    question: AccountInquiry
    wanted: frozenset[int]
    network: FlowNetwork
    balance: dict[int, int]
    nodes: dict[int, int] = field(default_factory=dict)
    """Node of each pot that may hold wanted units."""
    others: set[int] = field(default_factory=set)
    """Pots that may hold units of thefts that are not wanted."""

    def apply(self, movement: Movement) -> None:
        carries_others = movement.sender in self.others
        is_foreign = movement.theft is not None and movement.theft not in self.wanted
        exits = self._draw(movement)
        if movement.theft in self.wanted:
            self._take(movement, exits, is_sure=not carries_others)
        elif exits is not None:
            node, kept = exits
            self.network.pour(node, [(self._target(movement), movement.amount), *kept])
        self._fill(movement, is_foreign=carries_others or is_foreign)

    def _draw(self, movement: Movement) -> tuple[int, list[tuple[int, int]]] | None:
        """Take the amount off the sender's balance: its node until now and the edge to what it keeps, if it has any."""
        pot = movement.sender
        left = max(0, self.balance.get(pot, 0) - movement.amount)
        self.balance[pot] = left
        if not left:
            self.others.discard(pot)
        node = self.nodes.pop(pot, None)
        if node is None:
            return None
        if left:
            self.nodes[pot] = self.network.add_node()
        return node, [(self.nodes[pot], left)] if left else []

    def _take(
        self, movement: Movement, exits: tuple[int, list[tuple[int, int]]] | None, *, is_sure: bool
    ) -> None:
        network, amount = self.network, movement.amount
        through = GONE if is_sure else network.add_node()
        if exits is not None:
            node, kept = exits
            network.pour(node, [(through, amount), *kept])
        target = self._target(movement)
        network.supply(target if is_sure else through, amount, is_sure=is_sure)
        if not is_sure:
            network.pour(through, [(target, amount)])

    def _fill(self, movement: Movement, *, is_foreign: bool) -> None:
        pot = movement.receiver
        if pot == FEE or pot in self.question.stops:
            return
        self.balance[pot] = self.balance.get(pot, 0) + movement.amount
        if is_foreign:
            self.others.add(pot)

    def _target(self, movement: Movement) -> int:
        pot, chain = movement.receiver, self.question.chain
        if pot == FEE:
            return self.network.find_end(EndPlace("", "fee", asset_of(chain, movement.sender)))
        stop = self.question.stops.find(pot)
        if stop is not None:
            return self.network.find_end(self._place(pot, stop.reason))
        if pot not in self.nodes:
            self.nodes[pot] = self.network.add_node()
        return self.nodes[pot]

    def hold(self) -> None:
        """End every pot that may still hold wanted units."""
        for pot, node in self.nodes.items():
            end = self.network.find_end(self._place(pot, "held"))
            self.network.pour(node, [(end, self.balance[pot])])

    def _place(self, pot: int, reason: str) -> EndPlace:
        chain = self.question.chain
        account = account_of(chain, pot)
        return EndPlace("" if account == NOBODY else chain.accounts[account], reason, asset_of(chain, pot))


def split_seeds(chain: AccountChain, seeds: AccountSeeds, end: int) -> dict[str, AccountSeeds]:
    """The stolen movements before `end` that move something, by asset."""
    split: dict[str, AccountSeeds] = {}
    for event, theft in sorted(seeds.theft_of.items()):
        src, dst = int(chain.src[event]), int(chain.dst[event])
        if event < end and src != dst and chain.amount[event]:
            asset = asset_of(chain, src if dst == FEE else dst)
            split.setdefault(asset, AccountSeeds({})).theft_of[event] = theft
    return split
