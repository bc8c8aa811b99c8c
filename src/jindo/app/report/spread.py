"""How much the answer depends on the rule, and on what the ledger never saw.

* Least and most are over the five conserving rules: conventions, not bounds.
* Sums by service are taken rule by rule first, since the least of a sum is not the sum of the least.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from jindo.app.report.blocks import Block, Column, Heading, Row, Section, Table, Text
from jindo.app.report.facts import ARRIVALS, Facts, Strand, total
from jindo.app.report.wording import CONSERVING, RULES, count, show_name

SHOWN_SERVICES = 30


def build_spread(facts: Facts, strands: tuple[Strand, ...]) -> Section:
    """The section on what other rules would have said."""
    blocks: list[Block] = [
        Text(
            "Once stolen and other money lie in one account, no fact says which of it leaves. Each rule is a convention "
            "for that. The least and the most below are over the five rules that conserve value: they are conventions, "
            "not bounds. The column poison is an upper figure: all that anything stolen touched."
        )
    ]
    if facts.result.get("bounds") == "not computed":
        blocks.append(
            Text("The true bounds (by largest flow through time-ordered accounts) were not computed.", "note")
        )
    for strand in strands:
        rows = [row for row in facts.result["spread"] if _is_of(row, strand)]
        if rows:
            blocks += [
                Heading(strand.title()),
                _compare_rules(facts, strand, rows),
                _compare_services(facts, strand, rows),
            ]
    if len(blocks) < 3 and not facts.result["spread"]:
        blocks.append(Text("The result has no spread."))
    return Section("spread", "What other rules say", tuple(blocks))


def build_inflow(facts: Facts) -> Section:
    """The section on money that followed accounts had from outside the ledger."""
    inflow = facts.result["findings"]["unexplained_inflow"]
    blocks: list[Block] = [
        Text(
            "Unexplained inflow is what followed accounts sent beyond what the ledger had seen them receive, over their "
            "whole history up to the end of the trace. It came from outside the ledger and counts as clean. A large "
            "figure means that the ledger is partial: even the rule clean-first can then accuse money that was clean."
        )
    ]
    if not inflow:
        blocks.append(Text("There is none: the ledger explains all that followed accounts sent."))
    for row in inflow:
        amount = facts.money(row["asset"], int(row["amount"]))
        blocks.append(Text(f"{amount} on {Strand('', row['chain'], row['asset']).place()}.", "note"))
    blocks += _tell_marked(facts)
    return Section("inflow", "Unexplained inflow", tuple(blocks))


def _tell_marked(facts: Facts) -> list[Block]:
    marked = [ending for endings in facts.endings.values() for ending in endings if ending.is_unexplained]
    by_asset: dict[str, int] = defaultdict(int)
    for ending in marked:
        by_asset[ending.strand.asset] += ending.amount
    sums = ", ".join(facts.money(asset, units) for asset, units in sorted(by_asset.items()))
    said = (
        f"{count(len(marked), 'endpoint')} with {sums} were reached through such an account; they are marked."
    )
    return [Text(said)] if marked else []


def _is_of(row: dict[str, Any], strand: Strand) -> bool:
    return (row["theft"], row["chain"], row["asset"]) == tuple(strand)


def _compare_rules(facts: Facts, strand: Strand, rows: list[dict[str, Any]]) -> Table:
    unit = facts.unit(strand.asset)
    columns = (
        Column("Rule"),
        Column("In law"),
        Column("Accounts", "number"),
        Column(f"At services and mixers ({unit})", "number"),
        Column(f"Elsewhere ({unit})", "number"),
    )
    table = []
    for rule in CONSERVING:
        amounts = [(row["reason"], int(row["amounts"].get(rule, "0"))) for row in rows]
        reached = [units for reason, units in amounts if reason in ARRIVALS and units]
        elsewhere = facts.amount(strand.asset, facts.stolen(strand) - sum(reached))
        sums = (f"{len(reached):,}", facts.amount(strand.asset, sum(reached)), elsewhere)
        mark = " (this report)" if rule == facts.rule else ""
        table.append(Row((f"{rule}{mark}\n{RULES[rule][0]}", RULES[rule][1], *sums), "plain"))
    upper = [ending for ending in facts.upper.get(strand, []) if ending.reason in ARRIVALS]
    sums = (f"{len(upper):,}", facts.amount(strand.asset, total(upper)), "no sheet")
    table.append(Row((f"poison\n{RULES['poison'][0]}", RULES["poison"][1], *sums), "group"))
    caption = "Each rule on the same ledger; elsewhere is held, burned, paid as fees or not followed"
    return Table(caption, columns, tuple(table))


def _compare_services(facts: Facts, strand: Strand, rows: list[dict[str, Any]]) -> Table:
    by_party: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(CONSERVING, 0))
    for row in rows:
        if row["reason"] in ARRIVALS:
            for rule in CONSERVING:
                by_party[show_name(row["service"]) or "no label"][rule] += int(row["amounts"].get(rule, "0"))
    upper: dict[str, int] = defaultdict(int)
    for ending in facts.upper.get(strand, []):
        if ending.reason in ARRIVALS:
            upper[ending.party()] += ending.amount
    ordered = sorted(by_party, key=lambda party: (-max(by_party[party].values()), party))
    table = [_service_row(facts, strand, party, by_party[party], upper) for party in ordered[:SHOWN_SERVICES]]
    unit = facts.unit(strand.asset)
    heads = ("Least", "Most", "Poison, upper figure")
    columns = (Column("Service (as labelled)"), *(Column(f"{head} ({unit})", "number") for head in heads))
    left_out = len(ordered) - len(table)
    more = (
        f"{count(left_out, 'further service')}, and every account by itself, in result.json."
        if left_out
        else ""
    )
    return Table("Least and most over the five conserving rules, by service", columns, tuple(table), more)


def _service_row(
    facts: Facts, strand: Strand, party: str, amounts: dict[str, int], upper: dict[str, int]
) -> Row:
    least, most = min(amounts.values()), max(amounts.values())
    cells = [party]
    for units in (least, most):
        rules = ", ".join(rule for rule in CONSERVING if amounts[rule] == units)
        cells.append(f"{facts.amount(strand.asset, units)}\n{'all five' if least == most else rules}")
    return Row((*cells, facts.amount(strand.asset, upper.get(party, 0))))
