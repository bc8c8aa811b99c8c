"""A flow network that grows in ledger order, with a first flow through it: what both kinds of chain are turned into.

* Nodes are times of pots, or transactions; edges are movements, and what stays in a pot between two draws.
* Every edge carries from 0 to its capacity, whole units. A supply is what a theft took; a sure one is always full.
* The first flow fills exits in their order as the network grows, so it costs one pass; a sure unit without an exit
  would be a fault of ours, and is an `IntegrityError`.

Which edges there are is `account`'s and `utxo`'s; the most and least flow is `flow`'s.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from jindo.base.errors import IntegrityError
from jindo.trace.bounds.sizes import Sizes, check_edges

SOURCE, END, GONE = 0, 1, 2
"""Nodes of every network: where supplies come from, where all ends, and what is no endpoint: units that another naming
counts again, and clean ones."""


class EndPlace(NamedTuple):
    """An endpoint, as a report has it."""

    account: str
    """Canonical address; empty for fees and for outputs without one."""
    reason: str
    asset: str


class FlowNetwork:
    """Nodes, edges, and the flow so far."""

    def __init__(self, sizes: Sizes) -> None:
        self._sizes = sizes
        self.tails: list[int] = []
        self.heads: list[int] = []
        self.capacities: list[int] = []
        self.flows: list[int] = []
        self.optional: list[int] = []
        """Edges of supplies that may be anything from nothing to full; without any, bounds are exact."""
        self.places: dict[EndPlace, int] = {}
        """The node of each endpoint."""
        self.inflow = [0, 0, 0]
        """Units that the first flow brings to each node."""

    @property
    def is_exact(self) -> bool:
        """Whether both bounds of every endpoint are reached by some apportioning."""
        return not self.optional

    @property
    def supplied(self) -> int:
        """All that thefts can bring, in base units."""
        edges = zip(self.tails, self.capacities, strict=True)
        return sum(capacity for tail, capacity in edges if tail == SOURCE)

    @property
    def node_count(self) -> int:
        """How many nodes there are."""
        return len(self.inflow)

    def add_node(self) -> int:
        """A new node."""
        self.inflow.append(0)
        return len(self.inflow) - 1

    def find_end(self, place: EndPlace) -> int:
        """The node of an endpoint, made when it is first asked for."""
        if place not in self.places:
            self.places[place] = self.add_node()
        return self.places[place]

    def supply(self, node: int, amount: int, *, is_sure: bool) -> None:
        """Let a theft bring `amount` units to `node`: all of them, or as many as anyone likes."""
        if not is_sure:
            self.optional.append(len(self.tails))
        self._add_edge(SOURCE, node, amount, amount if is_sure else 0)

    def pour(self, node: int, exits: Iterable[tuple[int, int]]) -> None:
        """Give `node` its edges out, as (node, capacity), and send what has come to it through them in their order.

        Raises:
            IntegrityError: what has come does not fit through the exits.
            BeyondSizes: the network has grown beyond its size.
        """
        left = self.inflow[node]
        for head, capacity in exits:
            flow = min(left, capacity)
            left -= flow
            if capacity:
                self._add_edge(node, head, capacity, flow)
        if left:
            raise IntegrityError(f"bounds: {left} stolen units have no way on")
        check_edges(len(self.tails), self._sizes)

    def close(self) -> None:
        """Join every endpoint, and what is gone, to the end; nothing may be added after it."""
        total = self.supplied
        for node in (GONE, *self.places.values()):
            self._add_edge(node, END, total, self.inflow[node])

    def _add_edge(self, tail: int, head: int, capacity: int, flow: int) -> None:
        self.tails.append(tail)
        self.heads.append(head)
        self.capacities.append(capacity)
        self.flows.append(flow)
        self.inflow[head] += flow
