"""Requests and replies on a terminal: every account and every amount whole, what is held beside what was asked.

* A request says where it stands and what it waits for: a signature, someone who sends it, the addressee.
* Sums are by asset; amounts of different assets are never added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jindo.base.times import format_time
from jindo.cli.output import View
from jindo.cli.statement_tables import render_statement
from jindo.cli.tables import build_facts, build_table, format_amount, format_count, name_asset

if TYPE_CHECKING:
    from rich.console import Console


def render_requests(console: Console, view: View) -> None:
    """Requests, one a row."""
    if not view["requests"]:
        console.print("there are no requests")
        return
    table = build_table("request", "case", "kind", "from", "to", "state", ">accounts", "totals", "expires")
    for row in view["requests"]:
        table.add_row(
            row["id"],
            row["reference"],
            row["kind"],
            row["origin"],
            row["addressee"],
            describe_standing(row),
            format_count(row["accounts"]),
            describe_totals(row["totals"], "amount"),
            row["expires"],
        )
    console.print(table)


def render_request(console: Console, view: View) -> None:
    """One request: what is asked, of whom, on what ground, and what came of it."""
    body, statement = view["body"], view["statement"]
    facts = {
        "request": f"{view['kind']} {view['id']}",
        "case": view["reference"],
        "from": f"{body['agency']['name']} ({body['agency']['country']}), officer {body['officer']['id']}, "
        f"{body['officer']['contact']}",
        "to": f"{body['addressee']['name']} ({view['addressee']})",
        "legal basis": body["legal_basis"],
        "asked": f"{body['scope']} For {body['duration_days']} days.",
        "urgency": " ".join(filter(None, (body["urgency"], body["urgency_reason"]))),
        "how it got there": body["flow"],
        "findings hash": view["findings_hash"],
        "made, expires": f"{view['made']}, {view['expires']}",
        "signed by": ", ".join(row["officer"] for row in statement["has"]),
        "state": describe_standing(view),
    }
    console.print(build_facts({name: text for name, text in facts.items() if text}))
    if view["lost"]:
        warn_of_lost_ground(console, view)
    render_identifiers(console, body["identifiers"])
    for reply in view["replies"]:
        render_reply_body(console, reply["member"], reply["body"])
    console.print(describe_next(view), soft_wrap=True)


def describe_standing(view: Mapping[str, Any]) -> str:
    """Where a request stands, and whether what it rests on was recalled."""
    return f"{view['state']}, but its ground was recalled" if view["lost"] else str(view["state"])


def warn_of_lost_ground(console: Console, view: Mapping[str, Any]) -> None:
    """That a request rests on what was recalled, and what can be done."""
    if view["statement"]["state"] == "draft":
        what = "It can be neither signed nor sent: draft it again from a trace that stands."
    elif view["state"] == "recalled":
        what = ""
    elif view["statement"]["state"] == "published":
        what = f"{view['addressee']} acts on it until you recall it: jindo share recall {view['statement_id']} --reason TEXT"
    else:
        what = f"Ask {view['origin']} whether it upholds the request."
    lost = ", ".join(view["lost"])
    console.print(
        f"warning: the trace it rests on lost its ground: {lost} was recalled. {what}".rstrip(),
        style="yellow",
        soft_wrap=True,
    )


def describe_next(view: Mapping[str, Any]) -> str:
    """What a request waits for."""
    name, statement = view["id"], view["statement"]
    if view["lost"] and statement["state"] == "draft":
        return ""
    missing = statement["needs"]["signatures"] - len(statement["has"])
    if view["state"] in {"draft", "awaiting signature"}:
        return f"next: {missing} more of {', '.join(statement['needs']['roles'])}: jindo request sign {name} --key FILE"
    if view["state"] == "signed":
        return f"next: jindo request send {name}"
    if statement["state"] == "received" and view["state"] == "received":
        return f"next: jindo request match {name}, then jindo request reply {name} --reason TEXT"
    return ""


def render_identifiers(console: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    """The accounts that a request is about."""
    table = build_table("account", "asset", ">amount", "first", "last", title="Accounts")
    for row in rows:
        table.add_row(
            row["account"],
            name_asset(row["asset"]),
            format_amount(row["amount"], row["decimals"]),
            format_time(row["first_time"]),
            format_time(row["last_time"]),
        )
    console.print(table)


def render_matching(console: Console, view: View) -> None:
    """What was found of a request in one's own accounts."""
    table = build_table("account", "asset", ">asked", ">there", ">can be held", ">missing", "ours")
    for row in view["lines"]:
        table.add_row(
            *_line(row, "requested", "available", "held", "missing"), "yes" if row["known"] else "no"
        )
    console.print(table)
    facts = {
        "what a reply would say": view["state"],
        "asked for": describe_totals(view["totals"], "requested"),
        "could be held": describe_totals(view["totals"], "held"),
    }
    console.print(build_facts(facts))
    console.print(f"next: jindo request reply {view['request']} --reason TEXT", soft_wrap=True)


def render_reply(console: Console, view: View) -> None:
    """A reply that was drafted, and its statement."""
    render_reply_body(console, view["statement"]["member"], view["reply"])
    render_statement(console, view["statement"])


def render_reply_body(console: Console, member: str, body: Mapping[str, Any]) -> None:
    """What a counterparty says it found and holds."""
    facts = {
        "reply of": member,
        "state": body["state"],
        "reason": body["reason"],
        "held until": format_time(body["until"]),
        "asked for": describe_totals(body["totals"], "requested"),
        "held": describe_totals(body["totals"], "held"),
    }
    console.print(build_facts({name: text for name, text in facts.items() if text}))
    table = build_table("account", "asset", ">asked", ">held", ">missing")
    for row in body["lines"]:
        table.add_row(*_line(row, "requested", "held", "missing"))
    console.print(table)


def describe_totals(totals: Sequence[Mapping[str, Any]], name: str) -> str:
    """Sums by asset, in whole tokens where the decimals are known."""
    return ", ".join(
        f"{format_amount(row[name], row['decimals'])} {name_asset(row['asset'])}" for row in totals
    )


def _line(row: Mapping[str, Any], *names: str) -> list[str]:
    amounts = [format_amount(row[name], row["decimals"]) for name in names]
    return [row["account"], name_asset(row["asset"]), *amounts]
