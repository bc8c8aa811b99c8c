"""The most that can flow from one node to another through what is left of a network: Dinic's method on exact integers.

* A number is two limbs, `high * 2^62 + low`: compiled, numbers go up to 2^124; interpreted, `high` is unbounded. The same
  lines serve both, so an amount of any width is exact.
* Levels are counted back from the sink and only as far as the source, so that a small change costs its neighbourhood.
* It works in place: what flows is taken off the edges' room and given to their reverse.

Source: E. A. Dinic, Soviet Mathematics Doklady 11 (1970): level graphs, blocking flows.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from numba.extending import register_jitable

LIMB_BITS = 62
LIMB = 1 << LIMB_BITS
SOURCE_AT, SINK_AT = 0, 1
"""Places in `FlowState.ends`."""


class FlowGraph(NamedTuple):
    """Who is joined to whom: edge e goes to `head[e]`, and `e ^ 1` is its reverse. Arrays, or lists of integers."""

    head: Any
    first: Any
    """Place in `edges` of each node's first edge, and one more."""
    edges: Any
    """Edges by the node they leave."""


class FlowState(NamedTuple):
    """What is left of each edge, and the working room of one search. Arrays, or lists of integers."""

    ends: Any
    """The source and the sink that are asked for."""
    total: Any
    """High and low limb of all that flowed."""
    high: Any
    low: Any
    level: Any
    """By node: edges to the sink, or -1; all -1 between two runs."""
    cursor: Any
    queue: Any
    path: Any


def run(graph: FlowGraph, state: FlowState, scratch: int) -> int:
    """Send all that can flow from the source to the sink, add it to `total`; how many rounds it took (`scratch` is unused)."""
    state.total[0] = scratch
    state.total[1] = scratch
    rounds = 0
    while True:
        seen = find_levels(graph, state)
        is_reached = state.level[state.ends[SOURCE_AT]] > 0
        if is_reached:
            send_all(graph, state)
            rounds += 1
        for i in range(seen):
            state.level[state.queue[i]] = -1
        if not is_reached:
            return rounds


@register_jitable
def find_levels(graph: FlowGraph, state: FlowState) -> int:
    """Number the nodes by their distance to the sink until the source is found; how many were numbered."""
    source, sink = state.ends[SOURCE_AT], state.ends[SINK_AT]
    state.level[sink] = 0
    state.queue[0] = sink
    at, seen = 0, 1
    while at < seen and state.level[source] < 0:
        node = state.queue[at]
        at += 1
        for place in range(graph.first[node], graph.first[node + 1]):
            edge = graph.edges[place]
            tail = graph.head[edge]
            if state.level[tail] < 0 and has_room(state, edge ^ 1):
                state.level[tail] = state.level[node] + 1
                state.cursor[tail] = graph.first[tail]
                state.queue[seen] = tail
                seen += 1
    return seen


@register_jitable
def has_room(state: FlowState, edge: int) -> bool:
    """Whether anything more can flow along an edge."""
    return bool(state.high[edge] > 0 or state.low[edge] > 0)


@register_jitable
def send_all(graph: FlowGraph, state: FlowState) -> None:
    """Fill shortest paths from source to sink until none is left."""
    source, sink = state.ends[SOURCE_AT], state.ends[SINK_AT]
    node, depth = source, 0
    while True:
        if node == sink:
            depth = send_path(state, depth)
            node = graph.head[state.path[depth] ^ 1]
        edge = find_step(graph, state, node)
        if edge >= 0:
            state.path[depth] = edge
            depth += 1
            node = graph.head[edge]
        elif depth == 0:
            return
        else:
            state.level[node] = -1
            depth -= 1
            node = graph.head[state.path[depth] ^ 1]
            state.cursor[node] += 1


@register_jitable
def find_step(graph: FlowGraph, state: FlowState, node: int) -> int:
    """The next edge from `node` with room and one step nearer to the sink, or -1."""
    while state.cursor[node] < graph.first[node + 1]:
        edge = graph.edges[state.cursor[node]]
        if state.level[graph.head[edge]] == state.level[node] - 1 and has_room(state, edge):
            return int(edge)
        state.cursor[node] += 1
    return -1


@register_jitable
def send_path(state: FlowState, depth: int) -> int:
    """Send what the path's narrowest edge lets through; the place of the first edge that this fills."""
    narrowest, edge = 0, state.path[0]
    high, low = state.high[edge], state.low[edge]
    for i in range(1, depth):
        edge = state.path[i]
        if state.high[edge] < high or (state.high[edge] == high and state.low[edge] < low):
            narrowest, high, low = i, state.high[edge], state.low[edge]
    for i in range(depth):
        edge = state.path[i]
        add_to(state.high, state.low, edge, -high, -low)
        add_to(state.high, state.low, edge ^ 1, high, low)
    state.total[1] += low
    state.total[0] += high
    if state.total[1] >= LIMB:
        state.total[1] -= LIMB
        state.total[0] += 1
    return narrowest


@register_jitable
def add_to(highs: Any, lows: Any, edge: int, high: int, low: int) -> None:
    """Add a number, or take it off where both limbs are given as negative."""
    raised = lows[edge] + low
    carried = highs[edge] + high
    if raised < 0:
        raised += LIMB
        carried -= 1
    elif raised >= LIMB:
        raised -= LIMB
        carried += 1
    lows[edge] = raised
    highs[edge] = carried
