"""The least and the most of every endpoint of a network, from one flow that is changed a little for each.

* Let the network carry its first flow. The most at an endpoint is what it has, and all that can be led there from the other
  endpoints; the least is what it has, less all that can be led away. Each answer is a flow that the next starts from.
* That is the definition: stolen units reach the end whatever a flow prefers, so the largest flow to one endpoint leaves the rest
  for the others, and the least at one is what was stolen less the largest flow to everything else.
* With optional supplies the most is asked with them, the least without: outer bounds.
* Compiled and interpreted, the same lines give the same numbers; small networks are not worth compiling for.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from jindo.base.errors import IntegrityError
from jindo.trace.bounds.flow import LIMB, LIMB_BITS, FlowGraph, FlowState
from jindo.trace.bounds.network import END, SOURCE, EndPlace, FlowNetwork
from jindo.trace.bounds.sizes import WIDEST

SMALL_WORK = 20_000
"""Edges times endpoints up to which interpreting is quicker than loading compiled code."""


def find_extremes(
    network: FlowNetwork, *, is_compiled: bool | None = None
) -> dict[EndPlace, tuple[int, int]]:
    """Least and most units at each endpoint of a closed network that can have any.

    `is_compiled` says how, where someone has to know; the numbers are the same.

    Raises:
        IntegrityError: the network does not carry its own supplies, which is a fault of ours.
    """
    if is_compiled is None:
        is_compiled = len(network.tails) * len(network.places) > SMALL_WORK
    largest = _Solver(network, with_optional=True, is_compiled=is_compiled)
    smallest = largest if network.is_exact else _Solver(network, with_optional=False, is_compiled=is_compiled)
    extremes = {}
    for place, node in network.places.items():
        most = largest.find_most(node)
        if most:
            extremes[place] = smallest.find_least(node), most
    return extremes


class _Solver:
    """A network's edges as arrays, and the flow that they carry now."""

    def __init__(self, network: FlowNetwork, *, with_optional: bool, is_compiled: bool) -> None:
        self._network = network
        self._total = network.supplied
        is_compiled &= self._total < WIDEST
        self._run = _compiled() if is_compiled else _interpreted()
        self._listed: Callable[[Any], Any] = _as_array if is_compiled else _as_list
        self._graph = _build_graph(network, self._listed)
        self._state = _build_state(network, self._rooms(with_optional=with_optional), self._listed)
        self._edge_of = {
            tail: edge
            for edge, (tail, head) in enumerate(zip(network.tails, network.heads, strict=True))
            if head == END
        }
        more = self._send(SOURCE, END)
        if more and not (with_optional and network.optional):
            raise IntegrityError(f"bounds: a network carried {more} units less than its thefts brought")

    def find_most(self, node: int) -> int:
        """Lead to `node` all that can be led there."""
        edge = 2 * self._edge_of[node]
        return self._set_flow(edge, self._shut(edge) + self._send(END, node))

    def find_least(self, node: int) -> int:
        """Lead away from `node` all that can be led away."""
        edge = 2 * self._edge_of[node]
        return self._set_flow(edge, self._shut(edge) - self._send(node, END))

    def _rooms(self, *, with_optional: bool) -> list[int]:
        """What is left of each edge and of its reverse; no edge needs more than all that is stolen."""
        network, rooms = self._network, []
        for capacity, flow in zip(network.capacities, network.flows, strict=True):
            rooms += [min(capacity, self._total) - flow, flow]
        for edge in network.optional if not with_optional else ():
            rooms[2 * edge] = 0
        return rooms

    def _send(self, source: int, sink: int) -> int:
        state = self._state
        state.ends[0], state.ends[1] = source, sink
        self._run(self._graph, state, 0)
        return (int(state.total[0]) << LIMB_BITS) + int(state.total[1])

    def _shut(self, edge: int) -> int:
        """The flow along an edge, which is then closed both ways."""
        flow = (int(self._state.high[edge ^ 1]) << LIMB_BITS) + int(self._state.low[edge ^ 1])
        self._write(edge, 0)
        self._write(edge ^ 1, 0)
        return flow

    def _set_flow(self, edge: int, flow: int) -> int:
        self._write(edge, self._total - flow)
        self._write(edge ^ 1, flow)
        return flow

    def _write(self, edge: int, units: int) -> None:
        self._state.high[edge], self._state.low[edge] = units >> LIMB_BITS, units & (LIMB - 1)


def _build_graph(network: FlowNetwork, listed: Callable[[Any], Any]) -> FlowGraph:
    ends = np.array([network.heads, network.tails], np.int64)
    head = ends.T.reshape(-1)
    tail = ends[::-1].T.reshape(-1)
    first = np.searchsorted(np.sort(tail), np.arange(network.node_count + 1))
    return FlowGraph(listed(head), listed(first), listed(np.argsort(tail, kind="stable")))


def _build_state(network: FlowNetwork, rooms: list[int], listed: Callable[[Any], Any]) -> FlowState:
    nodes = np.zeros(network.node_count, np.int64)
    return FlowState(
        ends=listed(np.zeros(2, np.int64)),
        total=listed(np.zeros(2, np.int64)),
        high=listed([units >> LIMB_BITS for units in rooms]),
        low=listed([units & (LIMB - 1) for units in rooms]),
        level=listed(nodes - 1),
        cursor=listed(nodes),
        queue=listed(nodes),
        path=listed(nodes),
    )


def _as_array(values: Any) -> Any:
    return np.array(values, np.int64)


def _as_list(values: Any) -> Any:
    return [int(value) for value in values]


@cache
def _compiled() -> Callable[..., int]:
    from jindo.trace.bounds import flow
    from jindo.trace.compiling import compile_stamped

    return compile_stamped(flow.run, flow)


def _interpreted() -> Callable[..., int]:
    from jindo.trace.bounds import flow

    return flow.run
