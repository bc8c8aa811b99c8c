"""When stolen value arrived at services and mixers: a bar chart and the arrivals themselves.

* Bars are days, or months where there are too many days; both in UTC.
* The heights follow the amounts in whole pixels; the table beside them is exact.
* Arrivals without a time are counted and said.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

from jindo.app.report.blocks import Block, Column, Heading, Picture, Row, Section, Table, Text
from jindo.app.report.facts import ARRIVALS, Facts, Move, Strand
from jindo.app.report.svg import draw_bar, draw_frame, draw_line, draw_text
from jindo.app.report.wording import count, show_time

MOST_DAYS, MOST_BARS = 92, 120
SHOWN_ROWS, SHOWN_ARRIVALS = 40, 5
WIDTH, HEIGHT, LEFT, TOP = 980, 200, 8, 26


def build_timeline(facts: Facts, strands: tuple[Strand, ...]) -> Section:
    """The section on when value arrived."""
    blocks: list[Block] = []
    for strand in strands:
        moves = [move for move in facts.moves.get(strand, []) if move.reason in ARRIVALS]
        if not moves:
            continue
        blocks.append(Heading(strand.title()))
        blocks.extend(_tell_strand(facts, strand, moves))
    if not blocks:
        blocks.append(Text("No stolen value reached a service or mixer in the blocks looked at."))
    return Section("timeline", "Timeline", tuple(blocks))


def _tell_strand(facts: Facts, strand: Strand, moves: list[Move]) -> list[Block]:
    timed = [move for move in moves if move.time is not None]
    blocks: list[Block] = []
    if len(timed) < len(moves):
        untimed = count(len(moves) - len(timed), "arrival has", "arrivals have")
        blocks.append(Text(f"{untimed} no time in the ledger and cannot be placed here.", "note"))
    if timed:
        word, periods = _bucket(timed)
        blocks.append(_draw_chart(facts, strand, word, periods))
        blocks.append(_list_periods(facts, strand, word, periods))
        blocks.append(_list_arrivals(facts, strand, timed))
    return blocks


def _bucket(moves: list[Move]) -> tuple[str, dict[str, list[Move]]]:
    """`day` or `month`, and the arrivals by it."""
    days = sorted({_day(move) for move in moves})
    is_daily = (days[-1] - days[0]).days < MOST_DAYS
    periods: dict[str, list[Move]] = defaultdict(list)
    for move in sorted(moves, key=lambda move: (move.time or 0, move.tx_hash, move.target, move.amount)):
        periods[_day(move).isoformat()[: 10 if is_daily else 7]].append(move)
    return ("day" if is_daily else "month"), periods


def _day(move: Move) -> date:
    return datetime.fromtimestamp(move.time or 0, tz=UTC).date()


def _every(word: str, periods: dict[str, list[Move]]) -> list[str]:
    """All days or months from the first to the last, empty ones too, up to what can be drawn."""
    first, last = min(periods), max(periods)
    if word == "day":
        start = date.fromisoformat(first)
        steps = (date.fromisoformat(last) - start).days + 1
        return [(start + timedelta(days=step)).isoformat() for step in range(steps)]
    start_month, end_month = (int(text[:4]) * 12 + int(text[5:7]) - 1 for text in (first, last))
    months = [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range(start_month, end_month + 1)]
    return months[-MOST_BARS:]


def _draw_chart(facts: Facts, strand: Strand, word: str, periods: dict[str, list[Move]]) -> Picture:
    every = _every(word, periods)
    sums = {period: sum(move.amount for move in periods.get(period, [])) for period in every}
    most = max(*sums.values(), 1)
    step = min((WIDTH - 2 * LEFT) // len(every), 48)
    floor = TOP + HEIGHT
    shapes = [draw_line(LEFT, floor, LEFT + step * len(every), floor)]
    for place, period in enumerate(every):
        if sums[period]:
            height = max(sums[period] * HEIGHT // most, 1)
            title = f"{period}: {facts.money(strand.asset, sums[period])}"
            shapes.append(
                draw_bar(LEFT + step * place + 1, floor - height, max(step - 3, 2), height, "service", title)
            )
    shapes.extend(_draw_axis(every, step, floor))
    peak = max(sums, key=lambda period: sums[period])
    words = f"Highest bar: {facts.money(strand.asset, sums[peak])} on {peak}. First {word}: {every[0]}. Last: {every[-1]}."
    shapes.append(
        draw_text(LEFT, 14, f"highest: {facts.amount(strand.asset, sums[peak])} ({peak})", tone="faint")
    )
    svg = draw_frame(WIDTH, floor + 26, f"Arrivals by {word}: {strand.title()}", words, shapes)
    return Picture(
        svg, f"Arrivals at services and mixers by {word}, in {facts.unit(strand.asset)} (UTC).", words
    )


def _draw_axis(every: list[str], step: int, floor: int) -> list[str]:
    """Labels as close as they can be read."""
    apart = max(-(-88 // step), 1)
    return [
        draw_text(LEFT + step * place, floor + 18, period, tone="faint", size=12)
        for place, period in enumerate(every)
        if place % apart == 0
    ]


def _list_periods(facts: Facts, strand: Strand, word: str, periods: dict[str, list[Move]]) -> Table:
    sums = {period: sum(move.amount for move in moves) for period, moves in periods.items()}
    largest = set(sorted(sums, key=lambda period: (-sums[period], period))[:SHOWN_ROWS])
    rows = [
        Row((period, f"{len(periods[period]):,}", facts.amount(strand.asset, sums[period])))
        for period in sorted(largest)
    ]
    left_out = len(periods) - len(largest)
    more = (
        f"{count(left_out, f'smaller {word}')} not shown; flows.csv has every movement." if left_out else ""
    )
    columns = (
        Column(word.capitalize(), "time"),
        Column("Arrivals", "number"),
        Column(f"Amount ({facts.unit(strand.asset)})", "number"),
    )
    return Table(f"Amounts that arrived, by {word} (UTC)", columns, tuple(rows), more)


def _list_arrivals(facts: Facts, strand: Strand, moves: list[Move]) -> Table:
    ordered = sorted(moves, key=lambda move: (move.time or 0, move.tx_hash, move.target, move.amount))
    largest = sorted(range(len(ordered)), key=lambda place: (-ordered[place].amount, place))[:SHOWN_ARRIVALS]
    size = len(ordered)
    notes: dict[int, list[str]] = defaultdict(list)
    for word, places in (
        ("first", range(min(SHOWN_ARRIVALS, size))),
        ("largest", largest),
        ("last", range(max(size - SHOWN_ARRIVALS, 0), size)),
    ):
        for place in places:
            notes[place].append(word)
    rows = [_row(facts, strand, ordered[place], ", ".join(notes[place])) for place in sorted(notes)]
    left_out = size - len(rows)
    more = f"{count(left_out, 'other arrival')} in flows.csv." if left_out else ""
    columns = (
        Column("Time (UTC)", "time"),
        Column("Why listed"),
        Column("Received by", "party"),
        Column("Transaction", "code"),
        Column(f"Amount ({facts.unit(strand.asset)})", "number"),
    )
    return Table("First, largest and last arrivals", columns, tuple(rows), more)


def _row(facts: Facts, strand: Strand, move: Move, note: str) -> Row:
    party = facts.party(strand, move.target, move.reason)
    amount = facts.amount(strand.asset, move.amount)
    return Row((show_time(move.time), note, f"{party}\n{move.target}", move.tx_hash, amount))
