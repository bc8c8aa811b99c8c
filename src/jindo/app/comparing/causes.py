"""Why two results differ: every thing that they rest on and that is not the same in both.

* A cause is read from what the results state of themselves. Nothing is guessed: a file that was edited without effect on
  the trace is no cause of a change.
* A stop that one result has alone is a cause only where stolen value came to that account in both: an exchange that money
  reached for the first time is a consequence of what brought it there.
* Later blocks are told apart from other rows in the same blocks, since the second means that somebody's data is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CAUSES = {
    "stolen": "other movements or accounts are named as stolen",
    "rule": "another rule",
    "limit": "another limit of hops",
    "method": "another version of what tracing means",
    "until": "another end of the trace",
    "opening": "other opening balances",
    "blocks": "blocks that the other result's ledger did not hold",
    "data": "other rows in blocks that both ledgers hold",
    "chain": "a chain that the other result's ledger did not hold",
    "label": "other labels where stolen value stopped",
    "heuristic": "another inference of where following stops, or another version of one",
    "fetched": "other accounts or answers were fetched",
}
"""What can make two results differ, by code, in the order in which it is told."""
SEVERAL = "several"
"""Several causes, and the results alone do not tell which."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that differs."""

    code: str
    """One of `CAUSES`."""
    place: str
    """The chain, the account or the like that it is of; empty where there is one for all."""
    before: str
    after: str
    """What each result states; empty for nothing."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two results."""

    result: Mapping[str, Any]
    """The content of `result.json`."""
    flows: Sequence[Mapping[str, str]]
    """The rows of `flows.csv`."""

    def find_reached(self) -> frozenset[tuple[str, str]]:
        """Chain and account wherever stolen value came under the stated rule."""
        return frozenset((row["chain"], row["to"]) for row in self.flows)


def find_causes(before: Side, after: Side) -> list[Cause]:
    """What two results rest on and do not share."""
    found = [cause for find in _FINDERS for cause in find(before.result, after.result)]
    found += [
        Cause(code, f"{chain}:{account}", _say_stop(old), _say_stop(new))
        for (chain, account), (code, old, new) in _find_stops(before, after).items()
    ]
    order = list(CAUSES)
    return sorted(found, key=lambda cause: (order.index(cause.code), cause.place))


def find_changed_stops(before: Side, after: Side) -> dict[tuple[str, str], str]:
    """Codes of the causes that stops are, by chain and account."""
    return {key: code for key, (code, _, _) in _find_stops(before, after).items()}


def _question(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Cause]:
    for code, name in (("rule", "rule"), ("limit", "max_hops"), ("method", "method")):
        old, new = before["findings"][name], after["findings"][name]
        if old != new:
            yield Cause(code, "", _say(old), _say(new))
    old, new = before["provenance"]["until"], after["provenance"]["until"]
    if old != new:
        yield Cause("until", "", _say(old), _say(new))
    old, new = before["provenance"]["opening"], after["provenance"]["opening"]
    if _balances(old) != _balances(new):
        yield Cause("opening", "", f"{len(_balances(old))} balances", f"{len(_balances(new))} balances")


def _naming(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Cause]:
    old, new = (result["provenance"]["stolen"]["named"] for result in (before, after))
    if old != new:
        yield Cause("stolen", "", f"{len(old)} named", f"{len(new)} named")


def _ledgers(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Cause]:
    old, new = (
        {chain["chain"]: chain for chain in result["provenance"]["ledger"]["chains"]}
        for result in (before, after)
    )
    for name in sorted(old.keys() | new.keys()):
        if name not in old or name not in new:
            yield Cause("chain", name, _say_blocks(old.get(name)), _say_blocks(new.get(name)))
        elif old[name]["fingerprint"] != new[name]["fingerprint"]:
            code = "data" if _span(old[name]) == _span(new[name]) else "blocks"
            yield Cause(code, name, _say_blocks(old[name]), _say_blocks(new[name]))


def _fetched(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Cause]:
    old, new = (result["provenance"].get("fetched") for result in (before, after))
    if old != new:
        yield Cause("fetched", "", _say_fetched(old), _say_fetched(new))


_FINDERS: tuple[Callable[[Mapping[str, Any], Mapping[str, Any]], Iterator[Cause]], ...] = (
    _question,
    _naming,
    _ledgers,
    _fetched,
)


def _find_stops(
    before: Side, after: Side
) -> dict[tuple[str, str], tuple[str, Mapping[str, Any] | None, Mapping[str, Any] | None]]:
    """Accounts that value came to in both results and that are not the same stop in both, with the cause's code."""
    old, new = (
        {(row["chain"], row["account"]): row for row in side.result["findings"]["stops"]}
        for side in (before, after)
    )
    in_both = before.find_reached() & after.find_reached()
    return {
        key: (_code_of(old.get(key), new.get(key)), old.get(key), new.get(key))
        for key in sorted((old.keys() | new.keys()) & in_both)
        if old.get(key) != new.get(key)
    }


def _code_of(*stops: Mapping[str, Any] | None) -> str:
    return "heuristic" if any(stop.get("inference") for stop in stops if stop) else "label"


def _span(chain: Mapping[str, Any]) -> tuple[Any, Any]:
    return chain["first_block"], chain["last_block"]


def _balances(opening: Mapping[str, Any] | None) -> list[Any]:
    return list(opening["balances"]) if opening else []


def _say(value: object) -> str:
    return "" if value is None else str(value)


def _say_blocks(chain: Mapping[str, Any] | None) -> str:
    if chain is None:
        return ""
    rows = f"{chain['rows']} rows"
    return (
        rows
        if chain["first_block"] is None
        else f"blocks {chain['first_block']} to {chain['last_block']}, {rows}"
    )


def _say_stop(stop: Mapping[str, Any] | None) -> str:
    return (
        "" if stop is None else ", ".join(stop[name] for name in ("reason", "service", "kind") if stop[name])
    )


def _say_fetched(fetched: Mapping[str, Any] | None) -> str:
    return "" if fetched is None else f"{len(fetched['accounts'])} accounts"
