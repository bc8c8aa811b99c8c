"""Statements as this node holds them, ours and theirs, and the rows that they are made of.

* The payload is kept byte for byte as it was signed; what is shown is read from it, not from the columns beside it.
* The columns beside it find it, and say what became of it here: its state, its leaf, its recall.

Who may enter one is decided by `outbox` and `inbox`.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, Select, insert, select

from jindo.base.errors import InputError, NotFound
from jindo.seal import Envelope, Signature, parse_envelope
from jindo.share.gate import GateItem, build_gate_item
from jindo.share.officers import Officer, officer_of
from jindo.share.statements import STATEMENT_TYPE, SignedStatement, Statement, statement_of
from jindo.store import tables


@dataclass(frozen=True, slots=True)
class StoredStatement:
    """A statement as this node holds it."""

    id: str
    """The statement's own, but for one in quarantine: anyone can write any id, so it gets one from us."""
    statement: Statement
    payload: bytes
    """What is signed, byte for byte."""
    state: str
    """draft, published (ours); received, quarantined (theirs)."""
    signatures: tuple[Signature, ...]
    """Sorted by key id."""
    vouchers: tuple[Envelope, ...]
    """In the order of the signatures."""
    officers: tuple[Officer, ...]
    """In the order of the signatures."""
    published: int | None
    """When it was published or received here."""
    leaf: int | None
    problem: str | None
    recalled_by: str | None
    """The statement that recalls it."""


def read_statement(conn: Connection, statement_id: str) -> StoredStatement:
    """The statement of this id, ours or theirs.

    Raises:
        NotFound: there is none, or it is one in quarantine that could not be read.
    """
    row = conn.execute(_with_recall().where(tables.statement.c.id == statement_id)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"no statement {statement_id!r} is here")
    try:
        return _stored(conn, row)
    except InputError as error:
        raise NotFound(f"the statement {statement_id!r} in quarantine cannot be read") from error


def list_statements(
    conn: Connection,
    *,
    case_id: str | None = None,
    state: str | None = None,
    direction: str | None = None,
) -> list[StoredStatement]:
    """Statements of a case, in a state, or `out` (ours) or `in` (theirs); oldest first, without quarantine's unreadable."""
    asked = _with_recall().order_by(tables.statement.c.made, tables.statement.c.leaf, tables.statement.c.id)
    if case_id is not None:
        asked = asked.where(tables.statement.c.case_id == case_id)
    if state is not None:
        asked = asked.where(tables.statement.c.state == state)
    if direction is not None:
        asked = asked.where(tables.statement.c.state.in_(_states_of(direction)))
    return [_stored(conn, row) for row in conn.execute(asked).mappings().all() if row["kind"] != "unknown"]


def signed_of(conn: Connection, statement_id: str) -> SignedStatement:
    """The statement with the signatures that are here, as it goes out or came in.

    Raises:
        NotFound: there is none.
    """
    return to_signed(read_statement(conn, statement_id))


def read_audience(conn: Connection, statement_id: str) -> list[str]:
    """The members to whom a statement is addressed, sorted."""
    of_it = tables.audience.c.statement_id == statement_id
    asked = select(tables.audience.c.member).where(of_it).order_by(tables.audience.c.member)
    return list(conn.scalars(asked))


def read_gate_item(conn: Connection, statement: Statement) -> GateItem:
    """What the gate knows of a statement; of a recall, also who got what it recalls."""
    told: list[str] = []
    if statement.kind == "recall":
        told = read_audience(conn, statement.subject)
    return build_gate_item(statement, told=frozenset(told))


def insert_statement(
    conn: Connection, statement: Statement, payload: bytes, *, state: str, time: int | None
) -> None:
    """One row for the statement and one for each recipient."""
    row = {
        "id": statement.id,
        "kind": statement.kind,
        "member": statement.member,
        "case_id": statement.case_id,
        "subject": statement.subject,
        "made": statement.made,
        "expires": statement.expires,
        "tlp": str(statement.tlp),
        "payload": payload,
        "state": state,
        "published": time,
    }
    conn.execute(insert(tables.statement).values(**row))
    audience = [{"statement_id": statement.id, "member": member} for member in statement.recipients]
    conn.execute(insert(tables.audience), audience)


def insert_signature(
    conn: Connection, statement_id: str, signature: Signature, voucher: Envelope, officer: Officer, time: int
) -> None:
    """One row for a signature that was checked."""
    row = {"statement_id": statement_id, "key_id": signature.key_id, "officer": officer.id, "time": time}
    sig = base64.b64encode(signature.sig).decode()
    conn.execute(insert(tables.signature).values(**row, sig=sig, voucher=voucher.to_dict()))


def _with_recall() -> Select[tuple[object, ...]]:
    recall = tables.recall
    joined = tables.statement.outerjoin(recall, recall.c.statement_id == tables.statement.c.id)
    return select(tables.statement, recall.c.recall_id).select_from(joined)


def _states_of(direction: str) -> tuple[str, ...]:
    if direction not in {"out", "in"}:
        raise InputError("a direction is out or in")
    return ("draft", "published") if direction == "out" else ("received", "quarantined")


def _stored(conn: Connection, found: RowMapping) -> StoredStatement:
    payload = bytes(found["payload"])
    of_it = tables.signature.c.statement_id == found["id"]
    rows = conn.execute(select(tables.signature).where(of_it).order_by(tables.signature.c.key_id)).all()
    vouchers = tuple(parse_envelope(each.voucher) for each in rows)
    return StoredStatement(
        id=found["id"],
        statement=read_stored_payload(payload),
        payload=payload,
        state=found["state"],
        signatures=tuple(Signature(each.key_id, base64.b64decode(each.sig)) for each in rows),
        vouchers=vouchers,
        officers=tuple(officer_of(voucher.payload) for voucher in vouchers),
        published=found["published"],
        leaf=found["leaf"],
        problem=found["problem"],
        recalled_by=found["recall_id"],
    )


def read_stored_payload(payload: bytes) -> Statement:
    """The statement in bytes that were found canonical when they were stored.

    Raises:
        InputError: these never were a statement.
    """
    try:
        return statement_of(json.loads(payload))
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise InputError("the payload is no statement") from error


def to_signed(stored: StoredStatement) -> SignedStatement:
    """The statement with its signatures and vouchers, as it goes out or came in."""
    envelope = Envelope(STATEMENT_TYPE, stored.payload, stored.signatures)
    return SignedStatement(stored.statement, envelope, stored.vouchers, stored.officers)
