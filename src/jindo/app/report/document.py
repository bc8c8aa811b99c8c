"""The report's sections in their order, from a result and its flows.

* Every section is there, also where it has nothing to show: then it says so. Only what was fetched from servers has a
  section where something was.
* With many thefts the detailed sections take the largest, and the summary's table names all.
"""

from __future__ import annotations

from typing import Any

from jindo.app.report.arrivals import build_timeline
from jindo.app.report.balance import build_balance
from jindo.app.report.blocks import Report, Section, Text
from jindo.app.report.endpoints import build_held, build_requests
from jindo.app.report.facts import UNNAMED_THEFT, Facts, Strand, read_facts
from jindo.app.report.fetched import build_fetched
from jindo.app.report.method import build_method
from jindo.app.report.spread import build_inflow, build_spread
from jindo.app.report.summary import build_pictures, build_reading, build_summary
from jindo.app.report.wording import count, show_name, show_rule, show_time

SHOWN_STRANDS = 8
"""Thefts by asset that get pictures and tables of their own."""


def build_report(result: dict[str, Any], flows: list[dict[str, str]]) -> Report:
    """The report, whichever face prints it."""
    facts = read_facts(result, flows)
    strands = facts.strands[:SHOWN_STRANDS]
    names = [
        show_name(name)
        for name in dict.fromkeys(strand.theft for strand in facts.strands)
        if name != UNNAMED_THEFT
    ]
    called = f": {', '.join(names[:3])}{' and others' if len(names) > 3 else ''}" if names else ""
    title = f"Trace of stolen value{called}"
    subtitle = f"Rule {show_rule(facts.rule)} · as of {show_time(facts.as_of())} UTC"
    footer = f"Findings {result['findings_hash']}"
    return Report(title, subtitle, facts.as_of(), tuple(_build_sections(facts, strands)), footer)


def _build_sections(facts: Facts, strands: tuple[Strand, ...]) -> list[Section]:
    summary = build_summary(facts, strands)
    if len(facts.strands) > len(strands):
        rest = count(len(facts.strands) - len(strands), "further line")
        note = Text(
            f"{rest} of the table above are not shown in detail; result.json and the csv files have all.",
            "note",
        )
        summary = Section(summary.anchor, summary.title, (*summary.blocks, note))
    fetched = build_fetched(facts)
    return [
        summary,
        build_reading(),
        build_balance(facts),
        build_pictures(facts, strands),
        build_requests(facts, strands),
        build_held(facts, strands),
        build_timeline(facts, strands),
        build_spread(facts, strands),
        build_inflow(facts),
        *((fetched,) if fetched else ()),
        build_method(facts),
    ]
