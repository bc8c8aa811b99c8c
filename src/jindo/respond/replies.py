"""Replies: what a counterparty found and holds, account by account.

* Matching holds at most what is there and at most what was asked; one balance is never held twice.
* What a reply says in words follows from its amounts, or it is refused: `held` with nothing held says nothing.
* A reply goes no further into an account than the request did: no customer, no balance beyond what was asked for.
* Only the addressee of a request answers it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select

from jindo.base.errors import ConflictError, InputError, RefusedError
from jindo.respond.matching import Matching, MatchLine, sum_lines
from jindo.respond.reading import (
    parse_base_units,
    parse_choice,
    parse_decimals,
    parse_id,
    parse_maybe_moment,
    parse_moment,
    parse_rows,
    parse_text,
)
from jindo.respond.requests import Request, get_request
from jindo.share import Member
from jindo.store import tables

REPLY_STATES = (
    *("received", "authenticated", "held", "partially-held", "already-moved", "no-such-customer"),
    *("need-instrument", "refused", "expired", "released"),
)
HOLDING = ("held", "partially-held")
TELLING = (*HOLDING, "already-moved", "no-such-customer")
"""States that tell something of an account."""
EXPLAINED = ("partially-held", "already-moved", "need-instrument", "refused", "released")
"""States that need a reason in words."""


class IncompleteReply(RefusedError):
    """A reply lacks something, or its words and amounts contradict each other."""

    code = "respond.reply-incomplete"


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as this node holds it."""

    id: str
    request_id: str
    member: str
    state: str
    body: Mapping[str, Any]
    statement_id: str
    made: int


def build_reply_body(
    request: Request,
    matching: Matching | None,
    *,
    id: str,  # noqa: A002  the column's name
    me: Member,
    made: int,
    reason: str,
    until: int | None,
    state: str | None = None,
) -> dict[str, Any]:
    """The body of a reply; without a `state`, the one that follows from the amounts.

    Amounts are stated where value is held or had moved on; other replies state that nothing is held, and need no
    `matching`.

    Raises:
        ValueError: nothing was matched, and nothing else says the state or its amounts.
        RefusedError: we are not the one that was asked.
        IncompleteReply, InputError: as `check_reply`.
    """
    if me.id != request.addressee:
        raise RefusedError("only its addressee answers a request", place=f"request {request.id}")
    if matching is None and (state is None or state in TELLING):
        raise ValueError("what tells of an account is said after matching")
    said = state or (matching.state if matching else "")
    lines = matching.lines if matching and said in (*HOLDING, "already-moved") else ()
    body = {
        "id": id,
        "request_id": request.id,
        "state": said,
        "reason": reason.strip(),
        "until": until,
        "lines": [line.to_dict() for line in lines],
        "totals": [row.to_dict() for row in sum_lines(lines)],
        "made": made,
    }
    check_reply(body)
    return body


def check_reply(body: Mapping[str, Any]) -> None:
    """Check a reply for itself: its fields, its sums, and that its state fits its amounts.

    Raises:
        InputError: a field is missing or of the wrong kind.
        IncompleteReply: the state lacks its reason, its term or its amounts.
    """
    for name in ("id", "request_id"):
        parse_id(body, name)
    state = parse_choice(body, "state", REPLY_STATES)
    made, until = parse_moment(body, "made"), parse_maybe_moment(body, "until")
    if not parse_text(body, "reason", longest=2000, empty=True).strip() and state in EXPLAINED:
        raise IncompleteReply(f"a reply of the state {state!r} needs a reason")
    lines = [_parse_line(row) for row in parse_rows(body, "lines")]
    if body.get("totals") != [row.to_dict() for row in sum_lines(lines)]:
        raise InputError("the totals are not the sums of the lines", place="totals")
    if state in HOLDING and (until is None or until <= made):
        raise IncompleteReply(
            f"a reply of the state {state!r} says until when", remedy="Name a time after now."
        )
    _check_state(state, lines)


def record_reply(
    conn: Connection, body: Mapping[str, Any], *, statement_id: str, member: str, made: int
) -> Reply:
    """Enter a reply to a request; the same statement again changes nothing.

    Raises:
        NotFound: the request is not on this node.
        RefusedError: the member was not asked.
        InputError, IncompleteReply: as `check_reply`, or it speaks of accounts that the request does not name.
        ConflictError: the id is used by another reply.
    """
    check_reply(body)
    request, place = get_request(conn, body["request_id"]), f"reply {body['id']}"
    if member != request.addressee or body["made"] != made:
        raise RefusedError("the reply is not of the member that was asked, or of another time", place=place)
    _check_answers(request, [_parse_line(row) for row in body["lines"]])
    values = {
        "id": body["id"],
        "request_id": request.id,
        "member": member,
        "state": body["state"],
        "body": dict(body),
        "statement_id": statement_id,
        "made": made,
    }
    reply, rows = Reply(**values), tables.reply
    known = conn.execute(select(rows).where(rows.c.id == reply.id)).mappings().first()
    if known is not None and _from_row(known) != reply:
        raise ConflictError("this id is another reply's", place=place)
    if known is None:
        conn.execute(insert(rows).values(values))
    return reply


def list_replies(conn: Connection, request_id: str) -> list[Reply]:
    """The replies to a request, oldest first; drafts of ours among them."""
    rows = tables.reply
    found = select(rows).where(rows.c.request_id == request_id).order_by(rows.c.made, rows.c.id)
    return [_from_row(row) for row in conn.execute(found).mappings()]


def _from_row(row: RowMapping) -> Reply:
    return Reply(**row)


def _parse_line(row: Mapping[str, Any]) -> MatchLine:
    names = ("chain", "account", "asset")
    chain, account, asset = (parse_text(row, name, longest=300) for name in names)
    requested, held = parse_base_units(row, "requested"), parse_base_units(row, "held")
    if held > requested or parse_base_units(row, "missing") != requested - held:
        raise InputError("more is held than was asked for, or the missing part is wrong", place="lines")
    return MatchLine(chain, account, asset, parse_decimals(row), requested, held, held)


def _check_state(state: str, lines: list[MatchLine]) -> None:
    held, missing = sum(line.held for line in lines), sum(line.missing for line in lines)
    fits = {"held": held and not missing, "partially-held": held and missing}
    if not fits.get(state, not held):
        raise IncompleteReply(f"the amounts do not make the state {state!r}")


def _check_answers(request: Request, lines: list[MatchLine]) -> None:
    """Each line answers one account of the request, with the amount that was asked."""
    asked = [
        (row["chain"], row["account"], row["asset"], int(row["amount"]))
        for row in request.body["identifiers"]
    ]
    for line in lines:
        named = (line.chain, line.account, line.asset, line.requested)
        if named not in asked:
            raise InputError("a line answers what the request does not ask", place="lines")
        asked.remove(named)
