"""Statements on a terminal: what was said, who signed, who got it, who has acknowledged, and what the gate denied.

* A statement that waits says for how many signatures and of whom, and the command that adds one.
* A denial always stands with its rule and its reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jindo.cli.output import View
from jindo.cli.tables import build_facts, build_table

if TYPE_CHECKING:
    from rich.console import Console


def render_statement(console: Console, view: View) -> None:
    """One statement, and what it waits for."""
    facts = {
        "statement": f"{view['kind']} {view['id']}",
        "says": view["title"],
        "by": view["member"],
        "to": ", ".join(view["recipients"]),
        "marking": f"TLP:{view['tlp']}",
        "state": describe_state(view),
        "problem": view["problem"],
        "signed by": ", ".join(row["officer"] for row in view["has"]),
        "acknowledged by": ", ".join(
            f"{row['member']} at {row['received']}" for row in view["receipts"] if row["received"]
        ),
        "not yet by": list_silent(view),
        "recalled by": view["recalled_by"],
    }
    console.print(build_facts({name: text for name, text in facts.items() if text}))
    print_next(console, [view])


def render_drafted(console: Console, view: View) -> None:
    """Statements that were drafted, perhaps signed already, and what the gate denied."""
    render_statements(console, view["statements"])
    if not view["statements"] and not view["denials"]:
        console.print("there is nothing to tell them that they were not told already")
    render_denials(console, view["denials"])
    print_next(console, view["statements"])


def print_next(console: Console, statements: Sequence[Mapping[str, Any]]) -> None:
    """The command that adds a signature, for each statement that waits for one."""
    for statement in statements:
        if is_waiting(statement):
            console.print(f"next: jindo share sign {statement['id']} --key FILE", soft_wrap=True)


def render_statements(
    console: Console, statements: Sequence[Mapping[str, Any]], *, title: str | None = None
) -> None:
    """Statements, one a row."""
    if not statements:
        return
    headers = ("statement", "kind", "says", "by", "to", "TLP", "state", "acknowledged by", "not yet by")
    table = build_table(*headers, title=title)
    for row in statements:
        acknowledged = ", ".join(receipt["member"] for receipt in row["receipts"] if receipt["received"])
        table.add_row(
            row["id"],
            row["kind"],
            row["title"],
            row["member"],
            ", ".join(row["recipients"]),
            row["tlp"],
            describe_state(row),
            acknowledged,
            list_silent(row),
        )
    console.print(table)


def list_spoken(statements: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Statements without receipts, which stand beside what they acknowledge."""
    return [row for row in statements if row["kind"] != "receipt"]


def render_denials(console: Console, denials: Sequence[Mapping[str, Any]]) -> None:
    """What was not given, to whom, by which rule and why."""
    if not denials:
        return
    table = build_table("denied", "to", "rule", "why", title="Denied by the gate")
    for row in denials:
        table.add_row(row.get("title") or row["subject"], row["member"], row["rule"], row["reason"])
    console.print(table)


def describe_state(view: Mapping[str, Any]) -> str:
    """The state in words; of a draft, how many signatures it has and needs."""
    if view["recalled_by"]:
        return "recalled"
    if view["state"] != "draft":
        return str(view["state"])
    has, needs = len(view["has"]), view["needs"]["signatures"]
    return f"draft, {has} of {needs} signatures"


def is_waiting(view: Mapping[str, Any]) -> bool:
    """Whether a statement of ours waits for signatures."""
    return bool(view["state"] == "draft" and len(view["has"]) < view["needs"]["signatures"])


def list_silent(view: Mapping[str, Any]) -> str:
    """Members that were given a published statement of ours and have not acknowledged it."""
    if view["state"] != "published":
        return ""
    return ", ".join(row["member"] for row in view["receipts"] if not row["received"])
