"""Requests to freeze or to preserve as this node holds them, ours and other members'.

* A request speaks for the member that signed it, about the case that its statement names.
* Where it stands is derived from signatures, receipts, replies, recalls and the time; it is never stored.

What a request must say is `request_fields`'; two officers sign (`share`); a person sends (`app`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select

from jindo.base.errors import ConflictError, NotFound, RefusedError
from jindo.respond.request_fields import check_request
from jindo.share import check_ready
from jindo.store import tables

REQUEST_STATES = (
    "draft",
    "awaiting signature",
    "signed",
    "sent",
    "received",
    "answered",
    "expired",
    "recalled",
)
OPEN_REPLIES = ("received", "authenticated")
"""Replies that say no more than that the request arrived."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as this node holds it, ours or another member's."""

    id: str
    case_id: str
    origin: str
    addressee: str
    kind: str
    body: Mapping[str, Any]
    statement_id: str
    made: int


def record_request(
    conn: Connection, body: Mapping[str, Any], *, statement_id: str, origin: str, case_id: str, made: int
) -> Request:
    """Enter a request; the same statement again changes nothing.

    Raises:
        IncompleteRequest: as `check_request`.
        RefusedError: it speaks for another member than `origin`, or of another case.
        ConflictError: the id is used by another request.
    """
    check_request(body)
    place = f"request {body['id']}"
    if body["agency"]["member"] != origin or body["case"]["id"] != case_id or body["made"] != made:
        raise RefusedError(
            "the request is not of the member, case or time that its statement says", place=place
        )
    values = {
        "id": body["id"],
        "case_id": case_id,
        "origin": origin,
        "addressee": body["addressee"]["member"],
        "kind": body["kind"],
        "body": dict(body),
        "statement_id": statement_id,
        "made": made,
    }
    request, known = Request(**values), find_request(conn, body["id"])
    if known is not None and known != request:
        raise ConflictError("this id is another request's", place=place)
    if known is None:
        conn.execute(insert(tables.request).values(values))
    return request


def find_request(conn: Connection, request_id: str) -> Request | None:
    """The request with this id; else that of this statement, if it is here."""
    rows = tables.request
    for column in (rows.c.id, rows.c.statement_id):
        row = conn.execute(select(rows).where(column == request_id)).mappings().first()
        if row is not None:
            return _from_row(row)
    return None


def get_request(conn: Connection, request_id: str) -> Request:
    """The request with this id or of this statement.

    Raises:
        NotFound: there is none.
    """
    found = find_request(conn, request_id)
    if found is None:
        raise NotFound("there is no such request on this node", place=request_id)
    return found


def list_requests(conn: Connection, case_id: str | None = None) -> list[Request]:
    """All requests, or those of a case; the latest first."""
    rows = tables.request
    chosen = select(rows).order_by(rows.c.made.desc(), rows.c.id)
    if case_id is not None:
        chosen = chosen.where(rows.c.case_id == case_id)
    return [_from_row(row) for row in conn.execute(chosen).mappings()]


def request_state(conn: Connection, request_id: str, time: int) -> str:
    """Where a request stands at `time`, one of `REQUEST_STATES`; `quarantined` where its statement is.

    A recall outweighs an answer, an answer outweighs expiry. `signed` is a request that its officers have signed and
    nobody has sent.

    Raises:
        NotFound: there is no such request.
    """
    request = get_request(conn, request_id)
    statement = tables.statement
    stored = conn.execute(
        select(statement.c.state).where(statement.c.id == request.statement_id)
    ).scalar_one()
    return derive_state(
        is_recalled=_is_recalled(conn, request.statement_id),
        is_answered=_is_answered(conn, request.id),
        is_expired=request.body["expires"] <= time,
        stored=_draft_state(conn, request.statement_id) if stored == "draft" else stored,
        is_received=_is_received(conn, request),
    )


def derive_state(
    *, is_recalled: bool, is_answered: bool, is_expired: bool, stored: str, is_received: bool
) -> str:
    """The state of a request from what is known of it; `stored` is its statement's state, or its draft's."""
    if is_recalled:
        return "recalled"
    if stored == "quarantined":
        return "quarantined"
    if is_answered:
        return "answered"
    if is_expired:
        return "expired"
    if stored == "published":
        return "received" if is_received else "sent"
    return stored


def _draft_state(conn: Connection, statement_id: str) -> str:
    try:
        check_ready(conn, statement_id)
    except RefusedError:
        rows = tables.signature
        signed = conn.execute(select(rows.c.key_id).where(rows.c.statement_id == statement_id)).first()
        return "awaiting signature" if signed else "draft"
    return "signed"


def _is_recalled(conn: Connection, statement_id: str) -> bool:
    rows = tables.recall
    return bool(conn.execute(select(rows.c.recall_id).where(rows.c.statement_id == statement_id)).first())


def _is_received(conn: Connection, request: Request) -> bool:
    rows = tables.receipt
    told = rows.c.statement_id == request.statement_id, rows.c.member == request.addressee
    return bool(conn.execute(select(rows.c.receipt_id).where(*told)).first())


def _is_answered(conn: Connection, request_id: str) -> bool:
    """Whether a reply that was sent, and not recalled, says more than that the request arrived."""
    reply, statement, recall = tables.reply, tables.statement, tables.recall
    answers = (
        select(reply.c.id)
        .join(statement, statement.c.id == reply.c.statement_id)
        .outerjoin(recall, recall.c.statement_id == reply.c.statement_id)
        .where(reply.c.request_id == request_id, reply.c.state.not_in(OPEN_REPLIES))
        .where(statement.c.state.in_(("published", "received")), recall.c.statement_id.is_(None))
    )
    return bool(conn.execute(answers).first())


def _from_row(row: RowMapping) -> Request:
    return Request(**row)
