"""The balance sheets: what came in and what became of it, to the unit, on two sides that are equal."""

from __future__ import annotations

from typing import Any

from jindo.app.report.blocks import Block, Column, Heading, Row, Section, Table, Text
from jindo.app.report.facts import Facts, Strand
from jindo.app.report.wording import NATIVE, REASONS, count
from jindo.base.amounts import format_units

SHOWN_SHEETS = 40


def build_balance(facts: Facts) -> Section:
    """The section of balance sheets, or the reason why there are none."""
    sheets: list[dict[str, Any]] = facts.result["findings"]["sheets"]
    if not facts.is_conserving:
        text = (
            "There is no balance sheet under the rule poison: it does not conserve value, so what it marks can add up "
            "to more than was stolen. Trace under one of the five conserving rules for a sheet that balances."
        )
        return Section("balance", "Balance sheet", (Text(text, "warn"),))
    blocks: list[Block] = [
        Text("Each unit that was stolen is in exactly one place. The two sides are equal to the unit.")
    ]
    for sheet in sheets[:SHOWN_SHEETS]:
        strand = Strand(sheet["theft"], sheet["chain"], sheet["asset"])
        blocks.extend((Heading(strand.title()), _build_sheet(facts, strand, sheet)))
    if len(sheets) > SHOWN_SHEETS:
        blocks.append(Text(f"{count(len(sheets) - SHOWN_SHEETS, 'further sheet')} in result.json.", "note"))
    return Section("balance", "Balance sheet", tuple(blocks))


def _build_sheet(facts: Facts, strand: Strand, sheet: dict[str, Any]) -> Table:
    """One sheet with a column in base units and, where decimals are known, one in whole tokens."""
    came = [("Stolen", int(sheet["stolen"])), ("Arrived by matched crossings", int(sheet["arrived"]))]
    went = [(text, int(sheet[reason])) for reason, text in REASONS.items()]
    came_sum, went_sum = sum(units for _, units in came), sum(units for _, units in went)
    rows = [_row(facts, strand, item, units) for item, units in came]
    rows.append(_row(facts, strand, "What came in", came_sum, is_total=True))
    rows += [_row(facts, strand, item, units) for item, units in went]
    rows.append(_row(facts, strand, "What became of it", went_sum, is_total=True))
    columns = [Column("Item"), Column(f"Base units{_base_name(strand.asset)}", "number")]
    if facts.decimals(strand.asset):
        columns.append(Column(facts.unit(strand.asset), "number"))
    equal = (
        "The two sides are equal."
        if came_sum == went_sum
        else "THE TWO SIDES DIFFER: do not use this result."
    )
    return Table(equal, tuple(columns), tuple(rows), is_sheet=True)


def _row(facts: Facts, strand: Strand, item: str, units: int, *, is_total: bool = False) -> Row:
    cells = [item, format_units(units)]
    if facts.decimals(strand.asset):
        cells.append(facts.amount(strand.asset, units))
    return Row(tuple(cells), "total" if is_total else "plain")


def _base_name(asset: str) -> str:
    return f" ({NATIVE[asset][1]})" if asset in NATIVE else ""
