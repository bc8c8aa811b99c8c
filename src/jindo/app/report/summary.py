"""The first page: what was stolen, where it went, what is left, and how far each word can be relied on."""

from __future__ import annotations

from jindo.app.report.blocks import Block, Bullets, Column, Figures, Heading, Row, Section, Table, Text
from jindo.app.report.facts import ARRIVALS, Ending, Facts, Strand, at_services, group_parties, total
from jindo.app.report.method import show_text
from jindo.app.report.picture import draw_flow
from jindo.app.report.wording import (
    CONSERVING,
    NOT_TRACED,
    REASONS,
    RULES,
    count,
    show_asset,
    show_chain,
    show_name,
    show_rule,
    show_time,
)

TOP_SERVICES = 5
SHOWN_THEFTS = 60


def build_summary(facts: Facts, strands: tuple[Strand, ...]) -> Section:
    """The summary in plain words, with each strand's figures."""
    missing = [note for note in facts.result["notes"] if note.startswith(NOT_TRACED)]
    blocks: list[Block] = [Text(show_text(note), "warn") for note in [*_note_inexact(facts), *missing]]
    for strand in strands:
        if len(strands) > 1:
            blocks.append(Heading(strand.title()))
        blocks.append(_headline(facts, strand))
        blocks += [
            Text(_tell_strand(facts, strand)),
            Bullets(tuple(_tell_reasons(facts, strand)) or ("Nothing was found.",)),
        ]
    if len(facts.strands) > 1:
        blocks.append(_list_thefts(facts))
    if not facts.is_conserving:
        blocks.append(
            Text(
                "The rule poison marks everything that stolen value touched. Its figures are upper figures: they can "
                "add up to more than was stolen, they keep no balance sheet, and they do not say whose money it was.",
                "warn",
            )
        )
    return Section("summary", "Summary", tuple(blocks))


def _note_inexact(facts: Facts) -> list[str]:
    """Chains whose amounts may be off: whoever reads a figure here must know it."""
    chains = facts.result["provenance"]["ledger"]["chains"]
    return [
        f"Amounts on {show_chain(chain['chain'])} are inexact: {chain['inexact']}."
        for chain in chains
        if "inexact" in chain
    ]


def build_reading() -> Section:
    """What in the report is fact, what convention, what assertion, what inference."""
    convention = (
        "Convention: which units count as stolen after they mixed with others. The rule decides this; other rules "
        "decide otherwise, and the section on rules says how much that changes."
    )
    assertion = (
        "Assertion: that an address belongs to a service. It is said by the source of the label, which is named at the "
        "end, and it was not tested here."
    )
    items = (
        "Fact: transfers, amounts, addresses, blocks and times, as the ledger that was given holds them.",
        convention,
        assertion,
        "Inference: nothing in this report, unless a row is marked as a likely service. Such rows are counted apart.",
    )
    return Section("reading", "How to read this report", (Bullets(items),))


def build_pictures(facts: Facts, strands: tuple[Strand, ...]) -> Section:
    """The flow pictures."""
    blocks: list[Block] = []
    for strand in strands:
        picture = draw_flow(facts, strand)
        if picture is not None:
            blocks += [Heading(strand.title()), picture]
    if not blocks:
        blocks.append(Text("Nothing moved, so there is nothing to draw."))
    elif not facts.is_conserving:
        note = "Under poison the same unit is counted in every account that it stained; widths do not add up."
        blocks.insert(0, Text(note, "warn"))
    return Section("flow", "Where the value went", tuple(blocks))


def _headline(facts: Facts, strand: Strand) -> Figures:
    unit = facts.unit(strand.asset)
    reached, held = facts.ended(strand, *ARRIVALS), facts.ended(strand, "held")
    return Figures(
        (
            (facts.amount(strand.asset, facts.stolen(strand)), unit, f"stolen in {strand.called()}"),
            (facts.amount(strand.asset, total(reached)), unit, _tell_reached(reached)),
            (facts.amount(strand.asset, total(held)), unit, f"still held in {count(len(held), 'account')}"),
        )
    )


def _tell_reached(endings: list[Ending]) -> str:
    if all(ending.reason == "service" for ending in endings):
        return f"reached {at_services(endings)}"
    return f"reached services and mixers: {count(len(endings), 'account')}"


def _tell_strand(facts: Facts, strand: Strand) -> str:
    movements = sum(int(row["movements"]) for row in _thefts(facts, strand))
    stolen = facts.money(strand.asset, facts.stolen(strand))
    moved = f" in {count(movements, 'movement')}" if movements else ""
    law = RULES[facts.rule][1] if facts.rule in CONSERVING and facts.rule != "lifo" else ""
    named = f"{show_rule(facts.rule)}{f', in law {law}' if law else ''}"
    return (
        f"In {strand.called()}, {stolen} were taken on {show_chain(strand.chain)}{moved}. "
        f"Under the rule {named}, and as of {show_time(facts.as_of())} UTC:"
    )


def _tell_reasons(facts: Facts, strand: Strand) -> list[str]:
    return [f"{part}." for reason in REASONS if (part := _tell_reason(facts, strand, reason))]


def _tell_reason(facts: Facts, strand: Strand, reason: str) -> str:
    endings = facts.ended(strand, reason)
    if not endings:
        return ""
    amount = facts.money(strand.asset, total(endings))
    phrase = {
        "service": f"{amount} reached {at_services(endings)}, so labelled{_name_largest(facts, endings)}",
        "likely-service": f"{amount} reached likely services (inference): {count(len(endings), 'account')}",
        "mixer": f"{amount} reached mixers, where following stops",
        "departed": f"{amount} left by matched crossings",
        "burned": f"{amount} were burned",
        "fee": f"{amount} were paid as fees and gas",
        "limit": f"{amount} went beyond a limit of hops or of fetching and were not followed",
        "held": f"{amount} are still held in {count(len(endings), 'account')}",
    }
    return phrase[reason]


def _name_largest(facts: Facts, endings: list[Ending]) -> str:
    groups = group_parties(endings)
    shown = [
        f"{party} {facts.amount(group[0].strand.asset, total(group))}"
        for party, group in groups[:TOP_SERVICES]
    ]
    rest = f", and {len(groups) - TOP_SERVICES} more" if len(groups) > TOP_SERVICES else ""
    return f" (largest: {', '.join(shown)}{rest})" if shown else ""


def _list_thefts(facts: Facts) -> Table:
    columns = (
        Column("Theft"),
        Column("Asset"),
        Column("Chain"),
        Column("Stolen", "number"),
        Column("At services and mixers", "number"),
        Column("Still held", "number"),
    )
    rows = [_theft_row(facts, strand) for strand in facts.strands[:SHOWN_THEFTS]]
    left_out = len(facts.strands) - len(rows)
    more = f"{count(left_out, 'further line')} in result.json." if left_out else ""
    return Table("All thefts, by asset", columns, tuple(rows), more)


def _theft_row(facts: Facts, strand: Strand) -> Row:
    sums = (facts.stolen(strand), total(facts.ended(strand, *ARRIVALS)), total(facts.ended(strand, "held")))
    named = show_asset(strand.asset) if facts.decimals(strand.asset) is not None else facts.unit(strand.asset)
    amounts = (facts.amount(strand.asset, units) for units in sums)
    return Row((show_name(strand.theft), named, show_chain(strand.chain), *amounts))


def _thefts(facts: Facts, strand: Strand) -> list[dict[str, str]]:
    rows = facts.result["findings"]["thefts"]
    return [row for row in rows if (row["theft"], row["chain"], row["asset"]) == tuple(strand)]
