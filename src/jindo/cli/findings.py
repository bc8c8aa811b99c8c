"""A trace's findings on a terminal: the services that were reached, and the balance sheet.

* Every row of the services table is one service under one theft, its accounts summed; the largest come first.
* Where a table shows the top rows only, the rest stand summed below them: the column still adds up.
* A balance sheet shows each reason that holds something, and that they add up to what was stolen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jindo.cli.tables import build_table, format_amount, format_count, name_asset

if TYPE_CHECKING:
    from rich.console import Console

TOP = 12
"""Services shown for each theft before the rest is summed."""

REASONS = ("service", "likely-service", "mixer", "departed", "burned", "fee", "limit", "held")
"""Reasons of a balance sheet, in its order."""

SHOWN_OPEN = 20
"""Accounts that were not fetched, in a table for people."""
WORDS = {
    "service": "at services",
    "likely-service": "at likely services",
    "mixer": "in mixers",
    "departed": "left the chain",
    "burned": "burned",
    "fee": "paid as fees",
    "limit": "beyond a limit, not followed",
    "held": "still held",
}


def sum_services(endpoints: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What each service received of each theft, its accounts summed; largest first within a theft and asset."""
    sums: dict[tuple[str, ...], list[int]] = {}
    names = ("theft", "chain", "asset", "service", "kind", "reason")
    for endpoint in endpoints:
        if endpoint["service"] and endpoint["reason"] != "burned":
            entry = sums.setdefault(tuple(endpoint[name] for name in names), [0, 0])
            entry[0] += int(endpoint["amount"])
            entry[1] += 1
    rows = [
        dict(zip(names, key, strict=True)) | {"amount": str(a), "accounts": n} for key, (a, n) in sums.items()
    ]
    return sorted(
        rows, key=lambda row: (row["theft"], row["chain"], row["asset"], -int(row["amount"]), row["service"])
    )


def render_services(
    console: Console,
    services: Sequence[Mapping[str, Any]],
    decimals: Mapping[str, int | None],
    *,
    top: int = TOP,
) -> None:
    """One table of services for each theft and asset, the top ones and the rest summed."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in services:
        groups.setdefault((row["theft"], row["asset"]), []).append(row)
    for (theft, asset), rows in groups.items():
        places = decimals.get(asset)
        table = build_table(
            "service", "kind", ">accounts", f">{_unit(asset, places)}", title=f"Services that {theft} reached"
        )
        for row in rows[:top]:
            table.add_row(
                row["service"],
                row["kind"],
                format_count(row["accounts"]),
                format_amount(row["amount"], places),
            )
        if rest := rows[top:]:
            _add_sum(table, f"{len(rest)} more", rest, places)
        table.add_section()
        _add_sum(table, f"all {len(rows)}", rows, places)
        console.print(table)


def render_sheets(
    console: Console, sheets: Sequence[Mapping[str, str]], decimals: Mapping[str, int | None]
) -> None:
    """The balance sheet of each theft and asset, exact, in whole tokens and in base units."""
    for sheet in sorted(sheets, key=lambda sheet: (sheet["theft"], sheet["asset"])):
        places = decimals.get(sheet["asset"])
        table = build_table(
            "",
            f">{_unit(sheet['asset'], places)}",
            ">base units",
            ">share",
            title=f"Balance sheet of {sheet['theft']}",
        )
        total = int(sheet["stolen"]) + int(sheet["arrived"])
        for reason in REASONS:
            if units := int(sheet[reason]):
                share = f"{format_share(units, total)} %"
                table.add_row(WORDS[reason], format_amount(units, places), str(units), share)
        table.add_section()
        names = "stolen" if not int(sheet["arrived"]) else "stolen and arrived"
        table.add_row(names, format_amount(total, places), str(total), "100.0 %")
        console.print(table)


def render_fetched(console: Console, fetched: Mapping[str, Any]) -> None:
    """The servers that were asked, and the accounts whose history is not whole."""
    for server in fetched["servers"]:
        console.print(
            f"fetched from {server['url']} ({server['format']}): {format_count(server['answers'])} answers, as of block "
            f"{format_count(server['height'])}"
        )
    open_ones = fetched["not_whole"]
    whole = fetched["accounts"] - len(open_ones)
    console.print(f"accounts known in full: {format_count(whole)} of {format_count(fetched['accounts'])}")
    if open_ones:
        table = build_table("not fetched: where it went is not known", "why", title=None)
        for row in open_ones[:SHOWN_OPEN]:
            table.add_row(row["account"], row["why"])
        if open_ones[SHOWN_OPEN:]:
            table.add_row(f"and {format_count(len(open_ones) - SHOWN_OPEN)} more", "in accounts-fetched.csv")
        console.print(table)


def format_share(part: int, whole: int) -> str:
    """`part` of `whole` in per cent with one decimal, rounded half up in whole numbers."""
    tenths = (2000 * part + whole) // (2 * whole) if whole else 0
    return f"{tenths // 10}.{tenths % 10}"


def _unit(asset: str, places: int | None) -> str:
    return name_asset(asset) if places is not None else f"base units of {name_asset(asset)}"


def _add_sum(table: Any, name: str, rows: Sequence[Mapping[str, Any]], places: int | None) -> None:
    accounts = sum(row["accounts"] for row in rows)
    amount = sum(int(row["amount"]) for row in rows)
    table.add_row(name, "", format_count(accounts), format_amount(amount, places))
