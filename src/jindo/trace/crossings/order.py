"""One order over several chains, in which nothing arrives before it left.

* Rows follow each other inside a chain as the ledger has them; between chains by the running maximum of block times,
  then by the chain's id.
* A chain's cursor waits at an arrival whose departure has not come, and all that follows on that chain waits with it.
* Where every chain waits for another, the matches make a **ring**. Of the arrivals that wait there, the one that stands
  first in the order has its match refused, and so on until something can go on: the same match whatever the order in
  which chains and matches were given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from jindo.ledger import Chain, Ints
from jindo.trace.crossings.crossing import BRIDGE, Crossing

Row = tuple[str, int]
"""A chain's id and a row of it."""
Times = Callable[[str, int], int]


def read_times(chains: Sequence[Chain]) -> Times:
    """What gives the running maximum of block times at a row of a chain, in unix seconds; -1 where none is known."""
    firsts: dict[str, Ints] = {}
    times: dict[str, Ints] = {}
    for chain in chains:
        pieces = list(zip(chain.blocks_of_runs, chain.row_starts, strict=False))
        firsts[chain.chain] = np.concatenate(
            [np.zeros(0, np.int64), *(start + blocks.first[:-1] for blocks, start in pieces)]
        )
        times[chain.chain] = np.concatenate(
            [np.zeros(0, np.int64), *(blocks.time_max for blocks, _ in pieces)]
        )

    def find(chain: str, row: int) -> int:
        return int(times[chain][int(np.searchsorted(firsts[chain], row, side="right")) - 1])

    return find


def merge_rows(
    rows: Mapping[str, Iterable[int]],
    times: Times,
    crossings: Sequence[Crossing],
    refuse: Callable[[int], None] | None = None,
) -> Iterator[Row]:
    """The rows of all chains, each ascending, in the one order; `refuse` is told the place of a match that makes a ring.

    Without `refuse`, there must be no ring.
    """
    waits, leaves = _list_waits(crossings)
    cursors = {chain: iter(of_chain) for chain, of_chain in rows.items()}
    heads: dict[str, int] = {}
    gone: set[int] = set()
    _advance(cursors, heads, [*cursors])
    while heads:
        ready = [(times(*at), *at) for at in heads.items() if waits.get(at, set()) <= gone]
        if not ready:
            _, first = min((times(*at), at) for at in heads.items())
            place = min(waits[first] - gone, key=lambda i: crossings[i].source)
            if refuse is None:
                raise AssertionError("crossings make a ring")
            refuse(place)
            gone.add(place)
            continue
        _, chain, row = min(ready)
        yield chain, row
        gone |= leaves.get((chain, row), set())
        _advance(cursors, heads, [chain])


def refuse_rings(crossings: Sequence[Crossing], times: Times) -> tuple[list[Crossing], list[Crossing]]:
    """The crossings without those matches that would make a ring, in the same order, and the matches refused.

    A refused one stays as a departure of which nothing came back.
    """
    marks: dict[str, set[int]] = {}
    for crossing in crossings:
        for leg in (crossing.source, *crossing.arrivals, *crossing.returns):
            marks.setdefault(leg.chain, set()).add(leg.row)
    refused: list[int] = []
    rows = {chain: sorted(of_chain) for chain, of_chain in sorted(marks.items())}
    for _ in merge_rows(rows, times, crossings, refused.append):
        pass
    alone = set(refused)
    kept = [
        replace(crossing, arrivals=(), returns=()) if place in alone else crossing
        for place, crossing in enumerate(crossings)
    ]
    return kept, [crossings[place] for place in refused]


def _list_waits(crossings: Sequence[Crossing]) -> tuple[dict[Row, set[int]], dict[Row, set[int]]]:
    """By row: the crossings that it waits for, and those that leave there. A swap is one row and waits for nothing."""
    waits: dict[Row, set[int]] = {}
    leaves: dict[Row, set[int]] = {}
    for place, crossing in enumerate(crossings):
        if crossing.kind == BRIDGE:
            leaves.setdefault((crossing.source.chain, crossing.source.row), set()).add(place)
            for leg in (*crossing.arrivals, *crossing.returns):
                waits.setdefault((leg.chain, leg.row), set()).add(place)
    return waits, leaves


def _advance(cursors: Mapping[str, Iterator[int]], heads: dict[str, int], chains: Iterable[str]) -> None:
    for chain in chains:
        row = next(cursors[chain], None)
        if row is None:
            heads.pop(chain, None)
        else:
            heads[chain] = row
