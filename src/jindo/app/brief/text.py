"""A page of blocks as plain text, for a terminal, a mail, or to copy from.

* Tables stand in columns whose words wrap; an address or hash stands whole on a line of its own, to be copied.
* Names are not broken: a column that leaves no room stands below its row, times and long prose before any other.
* Letters of East Asia take two columns, and are counted so.
* The same blocks give the same text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from jindo.app.report.blocks import (
    Block,
    Bullets,
    Column,
    Figures,
    Heading,
    Report,
    Section,
    Table,
    Terms,
    Text,
)

WIDTH = 100
LEAST, LONGEST_WORD = 24, 40
"""Columns that a text column keeps at least where it wants as many, and what of a longer word is kept together."""
_COPIED = ("code", "party")
_LEADING = 2
"""A time among the first columns says when the row happened, and stands before any other."""


def to_text(report: Report) -> str:
    """The report as text of lines that end in a line feed."""
    lines = [report.title, "=" * min(measure(report.title), WIDTH), report.subtitle, ""]
    for number, section in enumerate(report.sections, start=1):
        lines += _write_section(number, section)
    if report.footer:
        lines += ["-" * 40, report.footer]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def measure(text: str) -> int:
    """Columns that a text takes on a terminal."""
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def _write_section(number: int, section: Section) -> Iterator[str]:
    title = f"{number}. {section.title}"
    yield from (title, "-" * measure(title))
    for block in section.blocks:
        yield from _write_block(block)
        yield ""


def _write_block(block: Block) -> Iterator[str]:
    if isinstance(block, Text):
        yield from _wrap(block.text, "! " if block.tone == "warn" else "")
    elif isinstance(block, Heading):
        yield f"## {block.text}"
    elif isinstance(block, Figures):
        width = max(measure(figure) for figure, _, _ in block.items)
        for figure, unit, meaning in block.items:
            yield f"{_pad(figure, width, is_number=True)} {unit}  {meaning}"
    elif isinstance(block, Bullets):
        for item in block.items:
            yield from _wrap(item, "* ")
    elif isinstance(block, Terms):
        width = max(measure(term) for term, _, _ in block.items)
        for term, value, is_code in block.items:
            yield from _wrap(value, f"{_pad(term, width)}  ", is_code=is_code)
    elif isinstance(block, Table):
        yield from _write_table(block)


def _write_table(table: Table) -> Iterator[str]:
    """Columns side by side; what has to be copied whole stands on a line of its own below its row."""
    yield f"[{table.caption}]"
    rows = [[" / ".join(cell.split("\n")).strip(" /") for cell in row.cells] for row in table.rows]
    heads = [column.head for column in table.columns]
    wanted = [max(measure(row[place]) for row in [heads, *rows]) for place in range(len(heads))]
    least = [
        _find_least(column, [row[n] for row in rows], wanted[n]) for n, column in enumerate(table.columns)
    ]
    beside = _choose(table, wanted, least)
    widths = _fit(wanted, least, beside)
    kinds: list[str] = [table.columns[place].kind for place in beside]
    for cells in ([heads[place] for place in beside], ["-" * width for width in widths]):
        yield from _write_row([[cell] for cell in cells], widths, kinds)
    for group in _group(rows, beside[0]):
        yield from _write_row([[row[place] for row in group] for place in beside], widths, kinds)
        for row in group:
            yield from _write_below(table, [n for n in range(len(heads)) if n not in beside and row[n]], row)
    if table.more:
        yield table.more


def _group(rows: list[list[str]], first: int) -> list[list[list[str]]]:
    """Rows with those that go on with them: a row of one cell, not its first, goes on with the row above it."""
    groups: list[list[list[str]]] = []
    for row in rows:
        if groups and not row[first] and sum(map(bool, row)) == 1:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _find_least(column: Column, cells: list[str], wanted: int) -> int:
    """The columns below which a column is not squeezed: all that it wants, unless its words can wrap."""
    if column.kind != "text":
        return wanted
    longest = max((measure(word) for text in [column.head, *cells] for word in text.split(" ")), default=0)
    return min(wanted, max(LEAST, min(longest, LONGEST_WORD)))


def _choose(table: Table, wanted: list[int], least: list[int]) -> list[int]:
    """The columns that stand side by side: all but what is copied, and but the least important where they do not fit."""
    all_beside = [place for place, column in enumerate(table.columns) if column.kind not in _COPIED]
    beside = all_beside[:1]
    for place in sorted(all_beside[1:], key=lambda place: _rank(table.columns[place], wanted[place], place)):
        if not _is_too_wide([least[one] for one in (*beside, place)]):
            beside.append(place)
    if any(_is_later_time(table, place) for place in set(all_beside) - set(beside)):
        beside = [place for place in beside if not _is_later_time(table, place)]
    return sorted(beside)


def _rank(column: Column, wanted: int, place: int) -> tuple[int, int]:
    """How late a column gets room: names first, then numbers, then prose, the longest last; then later times."""
    if column.kind == "time":
        return (0 if place < _LEADING else 3, place)
    if column.kind == "number":
        return (1, wanted)
    return (2, wanted) if wanted > LEAST else (0, place)


def _is_later_time(table: Table, place: int) -> bool:
    """Whether a column is a time that does not lead its row; such times stand together, beside or below."""
    return place >= _LEADING and table.columns[place].kind == "time"


def _fit(wanted: list[int], least: list[int], beside: list[int]) -> list[int]:
    """A width for each column: as wide as it wants, or less for the widest words until all fit."""
    widths = {place: wanted[place] for place in beside}
    while _is_too_wide(list(widths.values())):
        loose = [place for place in beside if widths[place] > least[place]]
        if not loose:
            break
        widths[max(loose, key=lambda place: widths[place])] -= 1
    return list(widths.values())


def _is_too_wide(widths: list[int]) -> bool:
    return sum(widths) + 2 * (len(widths) - 1) > WIDTH


def _write_below(table: Table, places: list[int], row: list[str]) -> Iterator[str]:
    """What stands below its row, as many on a line as fit; what is copied has a line of its own."""
    line = ""
    for place in places:
        part = f"{table.columns[place].head}: {row[place]}"
        is_code = table.columns[place].kind in _COPIED
        if line and (is_code or measure(f"  {line} · {part}") > WIDTH):
            yield from _wrap(line, "  ")
            line = ""
        if is_code:
            yield f"  {part}"
        else:
            line = f"{line} · {part}" if line else part
    if line:
        yield from _wrap(line, "  ")


def _write_row(cells_of: list[list[str]], widths: list[int], kinds: list[str]) -> Iterator[str]:
    """Columns beside each other, each with its cells one below the other."""
    columns = [
        [line for cell in cells if cell for line in (_break(cell, width) if kind == "text" else [cell])]
        for cells, width, kind in zip(cells_of, widths, kinds, strict=True)
    ]
    for line in range(max(len(column) for column in columns)):
        parts = [column[line] if line < len(column) else "" for column in columns]
        yield "  ".join(
            _pad(part, width, is_number=kind == "number")
            for part, width, kind in zip(parts, widths, kinds, strict=True)
        )


def _break(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns, broken at spaces where there are any."""
    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if measure(longer) <= width:
            line = longer
            continue
        lines += [line] if line else []
        *whole, line = _cut(word, width)
        lines += whole
    return [*lines, line]


def _cut(word: str, width: int) -> list[str]:
    """A word in parts of at most `width` columns; two columns hold one letter of East Asia at least."""
    parts = [""]
    for letter in word:
        if parts[-1] and measure(parts[-1] + letter) > width:
            parts.append("")
        parts[-1] += letter
    return parts


def _pad(text: str, width: int, *, is_number: bool = False) -> str:
    room = " " * max(0, width - measure(text))
    return room + text if is_number else text + room


def _wrap(text: str, lead: str, *, is_code: bool = False) -> Iterator[str]:
    """Lines of at most `WIDTH` columns after `lead`; what has to be copied is not broken."""
    if is_code or not text:
        yield lead + text
        return
    indent = " " * measure(lead)
    for n, line in enumerate(_break(text, WIDTH - measure(lead))):
        yield (indent if n else lead) + line
