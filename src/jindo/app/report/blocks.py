"""What a page is made of, whichever face prints it.

* A block holds finished text: every figure is already written out.
* Text is data and never markup; each face escapes it by its own rules.
* `to_plain` gives the same tree as JSON values, for the PDF's typesetter.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Kind = Literal["text", "number", "code", "party", "time"]
"""`code` is an address or hash, `party` a name with an address on the line below it, `number` right-aligned."""


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; `tone` sets apart what must not be overlooked."""

    text: str
    tone: Literal["plain", "note", "warn"] = "plain"
    block: str = "text"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a section."""

    text: str
    block: str = "heading"


@dataclass(frozen=True, slots=True)
class Figures:
    """The few numbers that a reader takes away: (figure, unit, what it is)."""

    items: tuple[tuple[str, str, str], ...]
    block: str = "figures"


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of sentences."""

    items: tuple[str, ...]
    block: str = "bullets"


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms and what they are: (term, value, whether the value is a hash or id)."""

    items: tuple[tuple[str, str, bool], ...]
    block: str = "terms"


@dataclass(frozen=True, slots=True)
class Column:
    """A table's column."""

    head: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Row:
    """A table's row; `group` rows head the rows that follow, `total` rows sum up."""

    cells: tuple[str, ...]
    role: Literal["plain", "group", "total"] = "plain"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a caption; `more` says what it leaves out and where that is."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    more: str = ""
    is_sheet: bool = False
    """Whether it is a balance sheet, which faces set apart."""
    block: str = "table"


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing in SVG, with the words that stand for it where it cannot be seen."""

    svg: str
    caption: str
    alternative: str
    block: str = "picture"


Block = Text | Heading | Figures | Bullets | Terms | Table | Picture


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered part of the report; `anchor` is unique in it."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report."""

    title: str
    subtitle: str
    as_of: int | None
    """Unix seconds of the last block that was looked at, which dates the document; `None` where unknown."""
    sections: tuple[Section, ...] = field(default_factory=tuple)
    footer: str = ""
    lang: str = "en"
    """The language that its words are in."""


def to_plain(report: Report) -> dict[str, Any]:
    """The report as JSON values."""
    return asdict(report)
