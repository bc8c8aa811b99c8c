"""How far each account is known, where a trace fetched only what it touches.

* Accounts that are not whole come first: what entered them is counted as beyond a limit, and where it went is unknown.
* The page holds some accounts; `accounts-fetched.csv` has all.
"""

from __future__ import annotations

from typing import Any

from jindo.app.report.blocks import Block, Column, Row, Section, Table, Text
from jindo.app.report.facts import Facts
from jindo.app.report.wording import count, show_chain, show_id, show_name

SHOWN = 60
"""Accounts on the page."""
_COMPLETE = "complete"


def build_fetched(facts: Facts) -> Section | None:
    """The section on fetching; `None` where nothing was fetched."""
    stated = facts.result["provenance"].get("fetched")
    if stated is None:
        return None
    rows = sorted(
        stated["accounts"], key=lambda row: (row["state"] == _COMPLETE, row["chain"], row["account"])
    )
    open_ones = [row for row in rows if row["state"] != _COMPLETE]
    blocks: list[Block] = [
        Text(
            "This trace asked servers for the transactions and accounts that it touches, and for nothing else. What they "
            "answered is kept, and every answer is named by its SHA-256 in evidence-fetched.jsonl. A server could leave "
            "something out: compare with another server, or with a node, before relying on an account being empty."
        ),
        _list_servers(stated["servers"]),
    ]
    if open_ones:
        blocks.append(
            Text(
                f"{count(len(open_ones), 'account')} that stolen value entered "
                f"{'was' if len(open_ones) == 1 else 'were'} not fetched. What entered them is counted as beyond a limit; "
                "where it went from there is not known.",
                "warn",
            )
        )
    if rows:
        blocks.append(_list_accounts(rows))
    return Section("fetched", "Fetched from servers", tuple(blocks))


def _list_servers(servers: list[dict[str, Any]]) -> Table:
    return Table(
        "Servers that were asked",
        (
            Column("Chain"),
            Column("Server", "code"),
            Column("Up to block", "number"),
            Column("Answers", "number"),
        ),
        tuple(
            Row(
                (
                    show_chain(row["chain"]),
                    f"{show_id(row['format'])}: {show_id(row['url'])}",
                    f"{row['height']:,}",
                    f"{row['answers']:,}",
                )
            )
            for row in servers
        ),
    )


def _list_accounts(rows: list[dict[str, Any]]) -> Table:
    more = f"{count(len(rows) - SHOWN, 'further account')} in accounts-fetched.csv." if rows[SHOWN:] else ""
    return Table(
        "How far each account is known",
        (Column("Account", "code"), Column("Transactions", "number"), Column("Known")),
        tuple(Row((show_id(row["account"]), _count(row), _tell(row))) for row in rows[:SHOWN]),
        more,
    )


def _count(row: dict[str, Any]) -> str:
    return "unknown" if row["transactions"] is None else f"{row['transactions']:,}"


def _tell(row: dict[str, Any]) -> str:
    if row["state"] == _COMPLETE:
        return f"complete to block {row['height']:,}"
    return show_name(f"{row['state']}: {row['why']}")
