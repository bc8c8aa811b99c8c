"""What differs between two results: balance sheets, ends of following, and movements of stolen value.

* Amounts are base units; a sheet or an end that one result lacks stands there with zero.
* Only what differs is listed. Why is `causes`' to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jindo.trace import REASONS

SHEET_LINES = ("stolen", "arrived", *REASONS)
"""The lines of a balance sheet, in its order."""
END = ("theft", "chain", "account", "asset", "reason")
"""What tells an end of following from any other."""
_MOVEMENT = ("theft", "named", "chain", "tx_hash", "index", "from", "to", "asset", "amount")


@dataclass(frozen=True, slots=True)
class SheetChange:
    """A balance sheet whose lines differ."""

    theft: str
    chain: str
    asset: str
    before: Mapping[str, int]
    """Every line of `SHEET_LINES`, in base units."""
    after: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class EndChange:
    """An account where another amount ends for the same reason."""

    theft: str
    chain: str
    account: str
    asset: str
    reason: str
    service: str
    before: int
    after: int
    cause: str
    """A code of `CAUSES`, or `SEVERAL`."""


@dataclass(frozen=True, slots=True)
class MovementChanges:
    """MovementChanges of stolen value that one result has and the other has not."""

    added: tuple[Mapping[str, str], ...]
    """Rows of `flows.csv`."""
    gone: tuple[Mapping[str, str], ...]


def find_sheet_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[SheetChange]:
    """The sheets of two findings that differ, by theft, chain and asset."""
    sheets = [_index(findings["sheets"], ("theft", "chain", "asset")) for findings in (before, after)]
    changes = []
    for key in sorted(sheets[0].keys() | sheets[1].keys()):
        old, new = ({line: int(of.get(key, {}).get(line, 0)) for line in SHEET_LINES} for of in sheets)
        if old != new:
            theft, chain, asset = key
            changes.append(SheetChange(theft, chain, asset, old, new))
    return changes


def find_ends(findings: Mapping[str, Any]) -> dict[tuple[str, ...], Mapping[str, Any]]:
    """The ends of following of one result, by `END`."""
    return _index(findings["endpoints"], END)


def find_movements(
    before: Iterable[Mapping[str, str]], after: Iterable[Mapping[str, str]]
) -> MovementChanges:
    """The movements of two results that are not in both; each row as often as it stands there."""
    old, new = _count(before), _count(after)
    return MovementChanges(_left(new, old), _left(old, new))


def _index(
    rows: Iterable[Mapping[str, Any]], names: tuple[str, ...]
) -> dict[tuple[str, ...], Mapping[str, Any]]:
    return {tuple(row[name] for name in names): row for row in rows}


def _count(rows: Iterable[Mapping[str, str]]) -> dict[tuple[str, ...], list[Mapping[str, str]]]:
    counted: dict[tuple[str, ...], list[Mapping[str, str]]] = {}
    for row in rows:
        counted.setdefault(tuple(row[name] for name in _MOVEMENT), []).append(row)
    return counted


def _left(
    have: Mapping[tuple[str, ...], list[Mapping[str, str]]],
    other: Mapping[tuple[str, ...], list[Mapping[str, str]]],
) -> tuple[Mapping[str, str], ...]:
    return tuple(row for key, rows in have.items() for row in rows[len(other.get(key, ())) :])
