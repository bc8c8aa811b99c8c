"""What others say: statements received, statements in quarantine, receipts, recalls, denials.

* What comes twice is once. The same id with another content is an alarm: someone was shown something else.
* Only the author of a statement recalls it, and only those to whom it was addressed acknowledge it.
* What could not be verified is kept aside under an id of our own, so that nobody can occupy another's.
* A receipt says by hash what was received; another hash than ours is an alarm.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from jindo.base.errors import InputError, IntegrityError, NotFound, RefusedError
from jindo.seal import Envelope, sha256_hex
from jindo.share.gate import Denied
from jindo.share.log import append_leaf
from jindo.share.officers import officer_of
from jindo.share.statements import SignedStatement, Statement, parse_statement
from jindo.share.stored import (
    StoredStatement,
    insert_signature,
    insert_statement,
    read_audience,
    read_statement,
    to_signed,
)
from jindo.store import tables

_QUARANTINE = uuid.UUID("74570838-391c-59fb-afff-73f781ec60cb")
_RECALLABLE = frozenset({"case", "exhibit", "label", "request", "reply"})


class ShownOtherwise(IntegrityError):
    """One id, two contents: one member showed two things, or two members claim one id."""

    code = "share.replayed"

    def default_remedy(self) -> str:
        """Keep both and ask the authors."""
        return "Keep both, tell the authors by another way, and act on neither."


class ForeignRecall(RefusedError):
    """A recall by someone who did not make the statement."""

    code = "share.recall-foreign"

    def default_remedy(self) -> str:
        """Its author recalls it."""
        return "Only the author of a statement can recall it."


class ForeignReceipt(RefusedError):
    """A receipt by someone to whom the statement was not addressed."""

    code = "share.receipt-foreign"

    def default_remedy(self) -> str:
        """Ask how it got there."""
        return "Ask that member how it came by the statement."


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """One addressee of a statement, and whether it said that it has it."""

    member: str
    receipt_id: str | None
    """The statement that says so; None while it has not."""
    time: int | None
    """When that reached us, unix seconds."""


def record_received(conn: Connection, signed: SignedStatement, *, time: int) -> bool:
    """Keeps a verified statement of another member, with its leaf in our log; whether it is new here.

    Raises:
        ShownOtherwise: this id is here with another content or author.
    """
    statement = signed.statement
    known = conn.scalar(select(tables.statement.c.payload).where(tables.statement.c.id == statement.id))
    if known is not None:
        _check_same(conn, statement, bytes(known), signed.envelope.payload)
        return False
    insert_statement(conn, statement, signed.envelope.payload, state="received", time=time)
    by_key = {officer.key.key_id: officer for officer in signed.officers}
    for signature, voucher in zip(signed.envelope.signatures, _in_order(signed), strict=True):
        insert_signature(conn, statement.id, signature, voucher, by_key[signature.key_id], time)
    leaf = append_leaf(conn, kind="received", subject=statement.id, commitment=signed.sha256, time=time)
    changed = update(tables.statement).where(tables.statement.c.id == statement.id)
    conn.execute(changed.values(leaf=leaf))
    return True


def record_quarantined(conn: Connection, payload: bytes, member: str, problem: str, time: int) -> str:
    """The id under which what `member` showed is kept aside; nothing is read from it. Twice is once."""
    digest = sha256_hex(payload)
    own_id = str(uuid.uuid5(_QUARANTINE, f"{member} {digest}"))
    if conn.scalar(select(tables.statement.c.id).where(tables.statement.c.id == own_id)) is None:
        leaf = append_leaf(conn, kind="quarantined", subject=own_id, commitment=digest, time=time)
        row = {"id": own_id, "member": member, "payload": payload, "problem": problem, "made": time}
        row |= {"state": "quarantined", "published": time, "leaf": leaf, **_claims_of(payload)}
        conn.execute(insert(tables.statement).values(**row))
    return own_id


def has_statement(conn: Connection, statement_id: str) -> bool:
    """Whether a statement of this id is here, ours or theirs."""
    rows = tables.statement.c
    return conn.scalar(select(rows.id).where(rows.id == statement_id)) is not None


def record_problem(conn: Connection, statement_id: str, problem: str) -> None:
    """Put a received statement into quarantine after all, with the reason; nothing rests on it from now on."""
    changed = update(tables.statement).where(tables.statement.c.id == statement_id)
    conn.execute(changed.values(state="quarantined", problem=problem))


def measure_quarantine(conn: Connection, member: str, *, since: int) -> tuple[int, int]:
    """How many statements of a member came into quarantine after `since`, and how many bytes they have."""
    rows = tables.statement.c
    asked = select(func.count(), func.sum(func.length(rows.payload)))
    theirs = (rows.member == member) & (rows.state == "quarantined") & (rows.published > since)
    count, size = conn.execute(asked.where(theirs)).one()
    return int(count), int(size or 0)


def record_receipt(conn: Connection, receipt: Statement, *, time: int) -> None:
    """Keeps that the author of `receipt` has what it names; perhaps not ours, as other addressees of a recall do.

    Raises:
        InputError: not a receipt.
        ForeignReceipt: the statement was not addressed to that member.
        ShownOtherwise: it received something else under this id than what is here.
    """
    statement_id = _named_by(receipt, "receipt")
    stored = _find(conn, statement_id)
    if stored is not None:
        _check_receipt(stored, receipt)
    same = (tables.receipt.c.statement_id == statement_id) & (tables.receipt.c.member == receipt.member)
    if conn.scalar(select(tables.receipt.c.receipt_id).where(same)) is None:
        row = {"statement_id": statement_id, "member": receipt.member, "receipt_id": receipt.id, "time": time}
        conn.execute(insert(tables.receipt).values(**row))


def record_recall(conn: Connection, recall: Statement, *, time: int) -> None:
    """Marks a statement as recalled, ours or theirs; the first recall stands.

    Raises:
        InputError: not a recall, or of something that cannot be recalled.
        NotFound: the statement is not here (it had expired before we could see it, say).
        ForeignRecall: another member made the statement.
    """
    statement_id = _named_by(recall, "recall")
    stored = read_statement(conn, statement_id)
    if stored.statement.member != recall.member or stored.state == "quarantined":
        raise ForeignRecall(f"{recall.member} recalls a statement of {stored.statement.member}")
    if stored.statement.kind not in _RECALLABLE:
        raise InputError(f"a {stored.statement.kind} cannot be recalled")
    known = select(tables.recall.c.recall_id).where(tables.recall.c.statement_id == statement_id)
    if conn.scalar(known) is None:
        row = {"statement_id": statement_id, "recall_id": recall.id, "time": time}
        conn.execute(insert(tables.recall).values(**row))


def record_denial(
    conn: Connection, denied: Denied, *, subject: str, case_id: str | None = None, time: int
) -> None:
    """Keeps that the gate denied something to somebody, and by which rule; the same denial again is kept once."""
    said = {
        "subject": subject,
        "case_id": case_id,
        "member": denied.recipient,
        "rule": denied.rule,
        "reason": denied.reason,
    }
    rows = tables.denial
    known = select(rows.c.n).where(*(rows.c[name].is_not_distinct_from(told) for name, told in said.items()))
    if conn.execute(known.limit(1)).first() is None:
        conn.execute(insert(rows).values(**said, time=time))


def list_receipts(conn: Connection, statement_id: str) -> list[Acknowledgement]:
    """Each addressee of a statement, sorted, with its acknowledgement or without."""
    of_it = tables.receipt.c.statement_id == statement_id
    rows = conn.execute(select(tables.receipt).where(of_it)).all()
    said = {row.member: Acknowledgement(row.member, row.receipt_id, row.time) for row in rows}
    members = read_audience(conn, statement_id) or sorted(said)
    return [said.get(member, Acknowledgement(member, None, None)) for member in members]


def _check_same(conn: Connection, statement: Statement, known: bytes, payload: bytes) -> None:
    if known != payload:
        author = conn.scalar(select(tables.statement.c.member).where(tables.statement.c.id == statement.id))
        raise ShownOtherwise(
            f"{statement.member} shows a statement {statement.id} that differs from {author}'s of the same id"
        )


def _in_order(signed: SignedStatement) -> list[Envelope]:
    """The vouchers in the order of the signatures."""
    by_key = {officer_of(voucher.payload).key.key_id: voucher for voucher in signed.vouchers}
    return [by_key[signature.key_id] for signature in signed.envelope.signatures]


def _claims_of(payload: bytes) -> dict[str, Any]:
    """Columns for what a payload in quarantine says of itself, where it can be read at all."""
    try:
        claimed = parse_statement(payload)
    except InputError:
        return {"kind": "unknown", "subject": "", "tlp": "RED"}
    return {"kind": claimed.kind, "subject": claimed.subject, "tlp": str(claimed.tlp)}


def _named_by(statement: Statement, kind: str) -> str:
    """The id of the statement that a receipt or recall is about, said the same in both places."""
    named = statement.body.get("statement_id")
    if statement.kind != kind or not isinstance(named, str) or named != statement.subject:
        raise InputError(f"the statement is no {kind} of one other statement")
    return named


def _find(conn: Connection, statement_id: str) -> StoredStatement | None:
    try:
        return read_statement(conn, statement_id)
    except NotFound:
        return None


def _check_receipt(stored: StoredStatement, receipt: Statement) -> None:
    if receipt.member not in stored.statement.recipients:
        raise ForeignReceipt(f"{receipt.member} acknowledges a statement that is not addressed to it")
    if receipt.body.get("sha256") != to_signed(stored).sha256:
        raise ShownOtherwise(f"{receipt.member} received something else under the id {stored.id}")
