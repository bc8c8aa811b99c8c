"""Tables and figures for people: every digit is shown, nothing is cut.

* A header that begins with `>` is a column of figures, aligned to the right.
* Amounts stand in whole tokens with all their decimals where the asset's decimals are known, else in base units.
* A long cell folds onto the next line; an ellipsis could hide the part of an address that matters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from jindo.base.amounts import format_units
from jindo.base.ids import BITCOIN, ETHEREUM, TRON, native_asset

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_SYMBOLS = {
    str(native_asset(ETHEREUM)): "ETH",
    str(native_asset(BITCOIN)): "BTC",
    str(native_asset(TRON)): "TRX",
}


def build_table(*headers: str, title: str | None = None) -> Table:
    """An empty table with these headers."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", pad_edge=False)
    for header in headers:
        figures = header.startswith(">")
        table.add_column(
            header.removeprefix(">"), justify="right" if figures else "left", overflow="fold", no_wrap=figures
        )
    return table


def build_facts(facts: Mapping[str, str]) -> Table:
    """Names and values, one a line."""
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts.items():
        table.add_row(name, value)
    return table


def print_notes(console: Console, notes: Sequence[str]) -> None:
    """What has to be said about the input, a sentence a line."""
    for note in notes:
        console.print(f"note: {note}", style="yellow", soft_wrap=True)


def name_asset(asset: str) -> str:
    """The name under which people know an asset: `ETH`, `BTC`, or its id where a name could mislead."""
    return _SYMBOLS.get(asset, asset)


def format_amount(units: str | int, decimals: int | None) -> str:
    """An amount in whole tokens, or in base units where the decimals are unknown."""
    return format_units(int(units), decimals=decimals or 0)


def format_count(count: int) -> str:
    """A count with its thousands separated."""
    return f"{count:,}"


def format_number(count: int, one: str, many: str | None = None) -> str:
    """A count with what is counted, in the right number: `1 token`, `2 tokens`."""
    return f"{format_count(count)} {one if count == 1 else many or one + 's'}"


def format_bytes(size: int) -> str:
    """A size in the unit that makes it readable."""
    value, unit = float(size), "B"
    for unit in ("B", "KB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
