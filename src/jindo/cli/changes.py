"""Draws what changed between two results: causes first, then the balance sheets, then the ends of following."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jindo.cli.findings import WORDS
from jindo.cli.output import View
from jindo.cli.tables import build_table, format_amount, format_number, name_asset

if TYPE_CHECKING:
    from rich.console import Console

TOP = 30
"""Ends that are shown; `--json` gives all."""
_LINES = {"stolen": "stolen", "arrived": "arrived through crossings", **WORDS}


def render_comparison(console: Console, view: View) -> None:
    """What differs, why, and by how much."""
    from jindo.app import CAUSES

    if view["same"]:
        console.print("Both results found the same: their findings hashes are equal.")
    _render_causes(console, view["causes"], CAUSES, found_same=view["same"])
    for sheet in view["sheets"]:
        _render_sheet(console, sheet, view["decimals"])
    if view["endpoints"]:
        _render_ends(console, view["endpoints"], view["decimals"])
    flows = view["flows"]
    if flows["added"] or flows["gone"]:
        added, gone = (format_number(flows[name], "movement") for name in ("added", "gone"))
        console.print(f"{added} of stolen value only in the second result, {gone} only in the first.")


def _render_causes(
    console: Console, causes: Sequence[Mapping[str, str]], words: Mapping[str, str], *, found_same: bool
) -> None:
    if not causes:
        console.print("They rest on the same ledger, naming, labels, rule and end.")
        return
    title = "What they rest on differs, without effect" if found_same else "Why"
    table = build_table("what differs", "of", "before", "after", title=title)
    for cause in causes:
        table.add_row(words[cause["code"]], cause["place"], cause["before"] or "-", cause["after"] or "-")
    console.print(table)


def _render_sheet(console: Console, sheet: View, decimals: Mapping[str, int | None]) -> None:
    places = decimals.get(sheet["asset"])
    table = build_table(
        "",
        ">before",
        ">after",
        ">change",
        title=f"Balance sheet of {sheet['theft']} in {name_asset(sheet['asset'])}",
    )
    for line, words in _LINES.items():
        before, after = int(sheet["before"][line]), int(sheet["after"][line])
        if before or after:
            table.add_row(words, *_cells(before, after, places))
    console.print(table)


def _render_ends(
    console: Console, ends: Sequence[Mapping[str, Any]], decimals: Mapping[str, int | None]
) -> None:
    table = build_table(
        "account", "reason", "asset", ">before", ">after", ">change", "because of", title="Ends"
    )
    for end in ends[:TOP]:
        name = f"{end['account']} ({end['service']})" if end["service"] else end["account"] or "-"
        cells = _cells(int(end["before"]), int(end["after"]), decimals.get(end["asset"]))
        table.add_row(name, WORDS[end["reason"]], name_asset(end["asset"]), *cells, _name_cause(end["cause"]))
    console.print(table)
    if rest := ends[TOP:]:
        console.print(f"and {len(rest)} more; --json gives all")


def _name_cause(code: str) -> str:
    return "one of several; these results do not tell which" if code == "several" else code


def _cells(before: int, after: int, places: int | None) -> tuple[str, str, str]:
    change = after - before
    signed = ("+" if change > 0 else "-" if change < 0 else "") + format_amount(abs(change), places)
    return format_amount(before, places), format_amount(after, places), signed
