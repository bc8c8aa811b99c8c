"""Whom to ask, and what is still there: accounts by service, and accounts that hold.

* Services are in the order of their sums, their accounts in the order of their amounts, addresses in full.
* The page holds the largest; the rest is counted, summed up and named as being in `endpoints.csv`.
"""

from __future__ import annotations

from jindo.app.report.blocks import Block, Column, Heading, Row, Section, Table, Text
from jindo.app.report.facts import ARRIVALS, Ending, Facts, Strand, group_parties, total
from jindo.app.report.wording import REASONS, count, show_time

SHOWN_ACCOUNTS = 240
"""Accounts in the whole section; every strand gets its part."""
SHOWN_PARTIES, LEAST_ACCOUNTS = 40, 3
"""Services in one table at most, and accounts of each at least."""
SHOWN_HELD = 20
MARK = "unexplained"


def build_requests(facts: Facts, strands: tuple[Strand, ...]) -> Section:
    """The accounts that requests can name, by service."""
    blocks: list[Block] = [
        Text(
            "These accounts received stolen value under the rule of this report. That an account belongs to a service is "
            f"asserted by the label's source. “{MARK}” marks accounts reached through a pot that also sent money which "
            "the ledger never saw it receive; there, other money may have mixed in."
        )
    ]
    if facts.result["provenance"].get("services") is None:
        blocks.append(
            Text(
                "No labels were given, so no service could be named and following never stopped at one.",
                "note",
            )
        )
    share = max(SHOWN_ACCOUNTS // max(len(strands), 1), 10)
    for strand in strands:
        for reason in (*ARRIVALS, "departed"):
            endings = facts.ended(strand, reason)
            if endings:
                blocks.append(Heading(f"{strand.title()}: {REASONS[reason].lower()}"))
                blocks.append(_list_parties(facts, strand, endings, share))
    if not any(facts.ended(strand, *ARRIVALS, "departed") for strand in strands):
        blocks.append(Text("No stolen value reached a labelled service in the blocks looked at."))
    return Section("requests", "Where to send requests", tuple(blocks))


def build_held(facts: Facts, strands: tuple[Strand, ...]) -> Section:
    """The accounts that still hold stolen value."""
    blocks: list[Block] = [
        Text(f"Followed accounts that held stolen value at {show_time(facts.as_of())} UTC.")
    ]
    for strand in strands:
        endings = facts.ended(strand, "held")
        if endings:
            blocks.append(Heading(strand.title()))
            blocks.append(_list_held(facts, strand, endings))
    if len(blocks) == 1:
        blocks.append(Text("Nothing is held: all of it ended elsewhere."))
    return Section("held", "What is still held", tuple(blocks))


def _columns(facts: Facts, strand: Strand, *, has_notes: bool) -> tuple[Column, ...]:
    columns = (
        Column("Account", "party"),
        Column(f"Amount ({facts.unit(strand.asset)})", "number"),
        Column("First (UTC)", "time"),
        Column("Last (UTC)", "time"),
        Column("Hops", "number"),
        Column("Note"),
    )
    return columns if has_notes else columns[:-1]


def _list_parties(facts: Facts, strand: Strand, endings: list[Ending], room: int) -> Table:
    """Every service with as many of its accounts as fit when all services are treated alike."""
    groups = group_parties(endings)
    shown = groups[:SHOWN_PARTIES]
    most = _share_out([len(members) for _, members in shown], room)
    rows: list[Row] = []
    for party, members in shown:
        rows.append(_group_row(facts, strand, party, members))
        rows += [_row(facts, strand, member) for member in members[:most]]
        if members[most:]:
            rows.append(
                _rest_row(facts, strand, f"{count(len(members) - most, 'further account')}", members[most:])
            )
    rest = [ending for _, members in groups[SHOWN_PARTIES:] for ending in members]
    if rest:
        rows.append(_rest_row(facts, strand, count(len(groups) - len(shown), "further service"), rest))
    rows.append(Row(("All", facts.amount(strand.asset, total(endings)), "", "", "", ""), "total"))
    caption = (
        f"{count(len(endings), 'account')}, {count(len(groups), 'name')}, grouped by service (as labelled)"
    )
    left_out = len(endings) - sum(min(len(members), most) for _, members in shown)
    return _build_table(facts, strand, caption, rows, left_out)


def _share_out(sizes: list[int], room: int) -> int:
    """The most accounts of one service that can be shown so that all services' rows fit."""
    most = max(sizes)
    while most > LEAST_ACCOUNTS and sum(min(size, most) for size in sizes) > room:
        most -= 1
    return most


def _list_held(facts: Facts, strand: Strand, endings: list[Ending]) -> Table:
    rows = [_row(facts, strand, ending) for ending in endings[:SHOWN_HELD]]
    rest = endings[SHOWN_HELD:]
    if rest:
        rows.append(_rest_row(facts, strand, count(len(rest), "further account"), rest))
    rows.append(Row(("All", facts.amount(strand.asset, total(endings)), "", "", "", ""), "total"))
    caption = f"{count(len(endings), 'account')}, the largest {min(SHOWN_HELD, len(endings))} shown"
    return _build_table(facts, strand, caption, rows, len(rest))


def _build_table(facts: Facts, strand: Strand, caption: str, rows: list[Row], left_out: int) -> Table:
    """A table of accounts, without the column for notes where no row has one."""
    has_notes = any(row.cells[-1] for row in rows)
    columns = _columns(facts, strand, has_notes=has_notes)
    fitted = tuple(Row(row.cells[: len(columns)], row.role) for row in rows)
    more = f"{count(left_out, 'account')} not shown here; endpoints.csv has all." if left_out else ""
    return Table(caption, columns, fitted, more)


def _group_row(facts: Facts, strand: Strand, party: str, members: list[Ending]) -> Row:
    kinds = ", ".join(sorted({member.kind for member in members if member.kind}))
    name = f"{party} ({kinds})" if kinds else party
    return Row((f"{name}: {count(len(members), 'account')}", *_sum_up(facts, strand, members), ""), "group")


def _rest_row(facts: Facts, strand: Strand, name: str, members: list[Ending]) -> Row:
    return Row((name, *_sum_up(facts, strand, members), ""))


def _sum_up(facts: Facts, strand: Strand, members: list[Ending]) -> tuple[str, str, str, str]:
    """Their amount, first and last time, and fewest hops."""
    return (
        facts.amount(strand.asset, total(members)),
        show_time(min((m.first_time for m in members if m.first_time is not None), default=None)),
        show_time(max((m.last_time for m in members if m.last_time is not None), default=None)),
        _hops(min((m.hops for m in members if m.hops is not None), default=None)),
    )


def _row(facts: Facts, strand: Strand, ending: Ending) -> Row:
    note = MARK if ending.is_unexplained else ""
    return Row((f"\n{ending.account}", *_sum_up(facts, strand, [ending]), note))


def _hops(hops: int | None) -> str:
    return "" if hops is None else f"{hops:,}"
