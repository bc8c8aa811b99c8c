"""A page of blocks as plain text, for a terminal, a mail, or to copy from.

* Tables stand in columns whose words wrap; an address or hash stands whole on a line of its own, to be copied.
* Letters of East Asia take two columns, and are counted so.
* The same blocks give the same text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from jindo.app.report.blocks import (
    Block,
    Bullets,
    Figures,
    Heading,
    Report,
    Section,
    Table,
    Terms,
    Text,
)

WIDTH = 100
LEAST = 8
"""Columns that a text column keeps at least."""
_COPIED = ("code", "party")


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
        yield from (f"{figure} {unit}  {meaning}" for figure, unit, meaning in block.items)
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
    beside = _choose(table, wanted)
    widths = _fit(table, wanted, beside)
    lines = [[heads[place] for place in beside], ["-" * width for width in widths]]
    kinds: list[str] = [table.columns[place].kind for place in beside]
    for cells in lines:
        yield from _write_row(cells, widths, kinds)
    for row in rows:
        yield from _write_row([row[place] for place in beside], widths, kinds)
        yield from (f"  {heads[n]}: {row[n]}" for n in range(len(heads)) if n not in beside and row[n])
    if table.more:
        yield table.more


def _choose(table: Table, wanted: list[int]) -> list[int]:
    """The columns that stand side by side: all but what is copied, and but the widest numbers where they do not fit."""
    beside = [place for place, column in enumerate(table.columns) if column.kind not in _COPIED]
    while True:
        least = [min(wanted[p], LEAST) if table.columns[p].kind == "text" else wanted[p] for p in beside]
        numbers = [place for place in beside if table.columns[place].kind == "number"]
        if not numbers or sum(least) + 2 * (len(beside) - 1) <= WIDTH:
            return beside
        beside.remove(max(numbers, key=lambda place: wanted[place]))


def _fit(table: Table, wanted: list[int], beside: list[int]) -> list[int]:
    """A width for each column: as wide as it wants, or less for the widest words until all fit."""
    widths = {place: wanted[place] for place in beside}
    loose = [place for place in beside if table.columns[place].kind == "text"]
    while loose and sum(widths.values()) + 2 * (len(beside) - 1) > WIDTH:
        widest = max(loose, key=lambda place: widths[place])
        if widths[widest] <= LEAST:
            break
        widths[widest] -= 1
    return [widths[place] for place in beside]


def _write_row(cells: list[str], widths: list[int], kinds: list[str]) -> Iterator[str]:
    columns = [
        _break(cell, width) if kind == "text" else [cell]
        for cell, width, kind in zip(cells, widths, kinds, strict=True)
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
