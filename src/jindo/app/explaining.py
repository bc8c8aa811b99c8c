"""Explain how stolen value reached an account: path by path, movement by movement, back to the theft.

* A path starts at a named movement and ends at one that filled the account. Every step is a movement of stolen value
  that the result lists, and each is later in the chain than the one before.
* On a UTXO chain a step spends the very output that the step before it made. On an account chain a pot mixes what it
  holds: a step may carry any of the stolen units that had arrived before it, and which ones is the rule's convention.
* Larger movements are followed first. Where there are more paths than asked for, the explanation says so.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from jindo.app.history import read_spent_outputs
from jindo.app.tracing import read_flow_rows
from jindo.app.verifying import broken_is_integrity, read_result
from jindo.base.errors import InputError, NotFound
from jindo.base.ids import parse_address

Step = dict[str, str]
"""One row of `flows.csv`."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """How stolen value reached one account."""

    address: str
    rule: str
    endpoints: tuple[dict[str, Any], ...]
    """The result's endpoints at this account."""
    received: tuple[Step, ...]
    """Every movement of stolen value into the account."""
    paths: tuple[tuple[Step, ...], ...]
    is_complete: bool
    """Whether these are all paths there are."""

    def to_json(self) -> dict[str, Any]:
        """The same as a JSON object."""
        return {
            "address": self.address,
            "rule": self.rule,
            "endpoints": list(self.endpoints),
            "received": list(self.received),
            "paths": [list(path) for path in self.paths],
            "complete": self.is_complete,
        }


def explain_address(path: Path, address: str, *, limit: int = 20) -> Explanation:
    """The paths by which stolen value reached `address` in the result at `path`, at most `limit` of them.

    Raises:
        NotFound: no stolen value reached the address, or there is no result.
        InputError: the address cannot be read.
    """
    if limit < 1:
        raise InputError("the number of paths must be 1 or more", place="--limit")
    address = parse_address(address)
    with broken_is_integrity(path):
        return _explain(path, address, limit)


def _explain(path: Path, address: str, limit: int) -> Explanation:
    result = read_result(path)
    flows = read_flow_rows((path / "flows.csv").read_text(encoding="utf-8"))
    graph = _Graph(flows, read_spent_outputs(path / "history.parquet"))
    arrivals = [i for i, flow in enumerate(flows) if flow["to"] == address]
    if not arrivals:
        raise NotFound(
            f"under {result['findings']['rule']} no stolen value reached {address}",
            place=str(path),
            remedy="Look in endpoints.csv for the accounts that it reached.",
        )
    arrivals.sort(key=lambda i: (-int(flows[i]["amount"]), i))
    found = list(islice(_take_turns([graph.iter_paths(i) for i in arrivals]), limit + 1))
    endpoints = [e for e in result["findings"]["endpoints"] if e["account"] == address]
    return Explanation(
        address,
        result["findings"]["rule"],
        tuple(endpoints),
        tuple(flows[i] for i in sorted(arrivals)),
        tuple(tuple(flows[i] for i in steps) for steps in found[:limit]),
        len(found) <= limit,
    )


class _Graph:
    """The flows of a result, by what each could have carried on."""

    def __init__(self, flows: list[Step], spent: dict[str, frozenset[tuple[str, str]]]) -> None:
        self._flows, self._spent = flows, spent
        self._into: dict[tuple[str, ...], list[int]] = {}
        for i, flow in enumerate(flows):
            self._into.setdefault(self._filled(flow), []).append(i)

    def iter_paths(self, last: int) -> Iterator[list[int]]:
        """Every path from a named movement to the flow `last`, larger movements first."""
        waiting = [[last]]
        while waiting:
            path = waiting.pop()
            if self._flows[path[0]]["named"] == "yes":
                yield path
                continue
            before = sorted(self._find_before(path[0]), key=lambda i: int(self._flows[i]["amount"]))
            waiting += [[i, *path] for i in before]

    def _filled(self, flow: Step) -> tuple[str, ...]:
        if flow["tx_hash"] in self._spent:
            return flow["theft"], flow["tx_hash"], flow["index"]
        return flow["theft"], flow["chain"], flow["asset"], flow["to"]

    def _find_before(self, i: int) -> list[int]:
        flow = self._flows[i]
        if flow["tx_hash"] in self._spent:
            outputs = self._spent[flow["tx_hash"]]
            return [j for output in sorted(outputs) for j in self._into.get((flow["theft"], *output), [])]
        into = self._into.get((flow["theft"], flow["chain"], flow["asset"], flow["from"]), [])
        return into[: bisect_left(into, i)]


def _take_turns(paths: list[Iterator[list[int]]]) -> Iterator[list[int]]:
    """One path of each in turn, so that every arrival is explained before any is explained twice."""
    while paths:
        left = []
        for iterator in paths:
            path = next(iterator, None)
            if path is not None:
                yield path
                left.append(iterator)
        paths = left
