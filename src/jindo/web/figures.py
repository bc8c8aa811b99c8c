"""Sums that a page shows beside each other; every one is over whole base units of one asset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

Row: TypeAlias = Mapping[str, Any]

SAID = frozenset({"published", "received"})
"""States of statements that were said; a draft was not."""

HOLDING = frozenset({"held", "partially-held"})
"""States of replies that hold something."""


def sum_by_asset(rows: Iterable[Row], name: str = "amount") -> list[dict[str, Any]]:
    """One row for each asset, with the sum of `name` over `rows`."""
    sums: dict[tuple[str, int | None], int] = {}
    for row in rows:
        place = (str(row["asset"]), row.get("decimals"))
        sums[place] = sums.get(place, 0) + int(row[name])
    return [
        {"asset": asset, "decimals": decimals, name: str(total)} for (asset, decimals), total in sums.items()
    ]


def sum_held_now(requests: Iterable[Row], now: int) -> list[dict[str, Any]]:
    """What those who were asked hold at `now` by their own latest word, over requests that stand answered."""
    latest = [
        [reply for reply in request["replies"] if reply["statement_state"] in SAID][-1:]
        for request in requests
        if request["state"] == "answered"
    ]
    holding = [reply["body"] for replies in latest for reply in replies if _holds(reply, now)]
    return sum_by_asset((row for body in holding for row in body["totals"]), "held")


def find_earliest(rows: Iterable[Row], name: str) -> int | None:
    """The earliest time under `name`, where any row has one."""
    return min((row[name] for row in rows if row.get(name) is not None), default=None)


def find_latest(rows: Iterable[Row], name: str) -> int | None:
    """The latest time under `name`, where any row has one."""
    return max((row[name] for row in rows if row.get(name) is not None), default=None)


def sort_statements(rows: Iterable[Row]) -> list[Row]:
    """Statements in the order in which this node entered them in its log; drafts last."""
    return sorted(rows, key=lambda row: (row["leaf"] is None, row["leaf"] or 0, row["made"]))


def pair_up(rows: Iterable[Row], key: str, value: str) -> dict[Any, Any]:
    """`value` of each row by its `key`."""
    return {row[key]: row[value] for row in rows}


def _holds(reply: Row, now: int) -> bool:
    until = reply["body"]["until"]
    return reply["state"] in HOLDING and (until is None or until > now)
