"""Compare two result folders: what changed, and by which cause.

* Both folders are held against their own hashes first: a comparison of changed files says nothing.
* One cause explains every change. Of several, an end is given to
  - `label` or `heuristic`, where its account stopped value in one of the two results only;
  - `blocks`, where every movement into or out of it that one result has alone lies in blocks that only one ledger holds.
* Results that rest on the same things and differ all the same contradict the method: that is an `IntegrityError`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jindo.app.comparing.causes import SEVERAL, Cause, Side, find_causes, find_changed_stops
from jindo.app.comparing.changes import (
    END,
    EndChange,
    MovementChanges,
    SheetChange,
    find_ends,
    find_movements,
    find_sheet_changes,
)
from jindo.app.tracing import read_flow_rows
from jindo.app.verifying import broken_is_integrity, read_result
from jindo.base.errors import IntegrityError
from jindo.seal import canonical_hash, sha256_hex


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from one result to another."""

    findings_hashes: tuple[str, str]
    """Before and after; equal where nothing changed."""
    causes: tuple[Cause, ...]
    sheets: tuple[SheetChange, ...]
    ends: tuple[EndChange, ...]
    """Largest change first."""
    added: int
    """MovementChanges of stolen value that only the second result has."""
    gone: int
    """MovementChanges of stolen value that only the first result has."""
    decimals: Mapping[str, int | None]

    @property
    def is_same(self) -> bool:
        """Whether both results found the same."""
        return self.findings_hashes[0] == self.findings_hashes[1]

    def to_json(self) -> dict[str, Any]:
        """The same as a JSON object; amounts are strings of base units."""
        return {
            "same": self.is_same,
            "findings_hashes": list(self.findings_hashes),
            "causes": [
                {"code": c.code, "place": c.place, "before": c.before, "after": c.after} for c in self.causes
            ],
            "sheets": [
                {
                    "theft": sheet.theft,
                    "chain": sheet.chain,
                    "asset": sheet.asset,
                    "before": {line: str(units) for line, units in sheet.before.items()},
                    "after": {line: str(units) for line, units in sheet.after.items()},
                }
                for sheet in self.sheets
            ],
            "endpoints": [
                {name: getattr(end, name) for name in (*END, "service", "cause")}
                | {"before": str(end.before), "after": str(end.after)}
                for end in self.ends
            ],
            "flows": {"added": self.added, "gone": self.gone},
            "decimals": dict(self.decimals),
        }


def compare_results(before: Path, after: Path) -> Comparison:
    """What changed from the result at `before` to that at `after`, and why.

    Raises:
        NotFound: there is no result folder at one of the paths.
        IntegrityError: a result is not what it was, or the two rest on the same things and differ.
    """
    old, new = (_read_side(path) for path in (before, after))
    with broken_is_integrity(after):
        causes = find_causes(old, new)
        moved = find_movements(old.flows, new.flows)
        hashes = old.result["findings_hash"], new.result["findings_hash"]
        if hashes[0] != hashes[1] and not causes:
            raise IntegrityError(
                "the two results rest on the same things and yet found something else",
                place=f"{before}, {after}",
                remedy="Run `jindo verify` on both; one was made by a faulty program, or changed.",
            )
        return Comparison(
            hashes,
            tuple(causes),
            tuple(find_sheet_changes(old.result["findings"], new.result["findings"])),
            tuple(_explain_ends(old, new, causes, moved)),
            len(moved.added),
            len(moved.gone),
            old.result["provenance"]["decimals"] | new.result["provenance"]["decimals"],
        )


def _read_side(path: Path) -> Side:
    result = read_result(path)
    with broken_is_integrity(path):
        text = (path / "flows.csv").read_bytes()
        findings = result["findings"]
        if canonical_hash(findings) != result["findings_hash"]:
            raise IntegrityError(
                "the findings do not have the hash beside them", place=str(path / "result.json")
            )
        if sha256_hex(text) != findings["flows"]["sha256"]:
            raise IntegrityError("the movements are not those of the result", place=str(path / "flows.csv"))
        return Side(result, read_flow_rows(text.decode()))


def _explain_ends(before: Side, after: Side, causes: list[Cause], moved: MovementChanges) -> list[EndChange]:
    old, new = (find_ends(side.result["findings"]) for side in (before, after))
    why = _Why(before, after, causes, moved)
    changes = []
    for key in old.keys() | new.keys():
        was, is_now = (int(ends[key]["amount"]) if key in ends else 0 for ends in (old, new))
        if was != is_now:
            shown = new.get(key) or old[key]
            theft, chain, account, asset, reason = key
            cause = why.find(chain, account, asset)
            changes.append(
                EndChange(theft, chain, account, asset, reason, shown["service"], was, is_now, cause)
            )
    return sorted(
        changes,
        key=lambda c: (c.theft, c.chain, c.asset, -abs(c.after - c.before), c.account, c.reason),
    )


class _Why:
    """Finds the cause of a change at one account."""

    def __init__(self, before: Side, after: Side, causes: list[Cause], moved: MovementChanges) -> None:
        self._codes = {cause.code for cause in causes}
        self._stops = find_changed_stops(before, after)
        self._shared = _find_shared_blocks(before, after)
        self._touching: dict[tuple[str, str, str], list[Mapping[str, str]]] = {}
        for row in (*moved.added, *moved.gone):
            for account in (row["to"], *row["from"].split()):
                self._touching.setdefault((row["chain"], account, row["asset"]), []).append(row)

    def find(self, chain: str, account: str, asset: str) -> str:
        """The code of the cause, or `SEVERAL`."""
        if len(self._codes) == 1:
            return next(iter(self._codes))
        if account and (chain, account) in self._stops:
            return self._stops[chain, account]
        rows = self._touching.get((chain, account, asset), [])
        if "blocks" in self._codes and rows and not any(self._is_shared(row) for row in rows):
            return "blocks"
        return SEVERAL

    def _is_shared(self, row: Mapping[str, str]) -> bool:
        first, last = self._shared.get(row["chain"], (0, -1))
        return first <= int(row["block"]) <= last


def _find_shared_blocks(before: Side, after: Side) -> dict[str, tuple[int, int]]:
    """The first and last block that both ledgers hold, by chain."""
    old, new = (_spans(side.result["provenance"]["ledger"]["chains"]) for side in (before, after))
    return {
        chain: (max(old[chain][0], new[chain][0]), min(old[chain][1], new[chain][1]))
        for chain in old.keys() & new.keys()
    }


def _spans(chains: Iterable[Mapping[str, Any]]) -> dict[str, tuple[int, int]]:
    return {
        chain["chain"]: (chain["first_block"], chain["last_block"])
        for chain in chains
        if chain["first_block"] is not None
    }
