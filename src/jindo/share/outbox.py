"""What we say: drafts, the signatures on them, and what was published to whom.

* A draft does not change. Officers sign its bytes; a signature is checked before it is kept.
* A statement is published when its act has its signatures, the gate lets it to every recipient, and it has its leaf
  in the log: all in the caller's one transaction, and twice is once.
* Nothing that was published is taken out; what is wrong is recalled by another statement.

What recipients then see is `taxii`'s; what others say is `inbox`'s.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, select, update

from jindo.base.errors import ConflictError, InputError, IntegrityError, RefusedError
from jindo.seal import Envelope, Signature, preauth_bytes
from jindo.share.acts import Act, check_signatures, get_act, may_sign
from jindo.share.gate import check_known, check_release
from jindo.share.log import append_leaf
from jindo.share.members import Member, list_members
from jindo.share.officers import VOUCHER_TYPE, Officer, check_voucher_time, officer_of
from jindo.share.shelf import record_objects
from jindo.share.statements import SKEW, STATEMENT_TYPE, Statement, statement_payload
from jindo.share.stored import (
    StoredStatement,
    insert_signature,
    insert_statement,
    read_gate_item,
    read_statement,
    to_signed,
)
from jindo.store import tables


class SignatureRefused(RefusedError):
    """A signature does not count for this statement."""

    code = "share.signature-refused"


def record_draft(conn: Connection, statement: Statement, time: int) -> None:
    """Keeps a statement of ours to be signed; the same one twice is once.

    Raises:
        InputError: those who read it would refuse it.
        ConflictError: another statement has this id.
    """
    if statement.made > time + SKEW:
        raise InputError("a statement is not dated in the future", remedy="Check this machine's clock.")
    payload = statement_payload(statement)
    known = conn.scalar(select(tables.statement.c.payload).where(tables.statement.c.id == statement.id))
    if known is None:
        insert_statement(conn, statement, payload, state="draft", time=None)
    elif bytes(known) != payload:
        raise ConflictError(f"another statement has the id {statement.id}", remedy="Draft it again.")


def record_signature(
    conn: Connection,
    statement_id: str,
    *,
    signature: Signature,
    voucher: Envelope,
    officer: Officer,
    time: int,
) -> None:
    """Keeps an officer's signature on a draft; the same one twice is once.

    Raises:
        NotFound: there is no such statement.
        IntegrityError: the signature does not fit the draft, or the voucher is not this officer's.
        SignatureRefused: it is no draft any more, the officer has signed with another key, or may not sign this.
        VoucherRefused: the officer's key had expired when the draft was made, or is not valid yet.
    """
    stored = read_statement(conn, statement_id)
    if signature in stored.signatures:
        return
    _check_is_officers(stored, signature, voucher, officer)
    _check_may_sign(stored, officer)
    check_voucher_time(officer, signed_for=stored.statement.made, seen=time)
    insert_signature(conn, statement_id, signature, voucher, officer, time)


def check_may_sign(act: Act, officer: Officer) -> None:
    """Raises `SignatureRefused` where this officer's signature would not count for the act."""
    if not may_sign(act, officer):
        roles = " or ".join(sorted(act.roles))
        raise SignatureRefused(f"officer {officer.id} may not sign a {act.name}", remedy=f"It takes {roles}.")


def check_ready(conn: Connection, statement_id: str) -> None:
    """Raises `SignaturesMissing` where the act behind the statement needs more signatures."""
    stored = read_statement(conn, statement_id)
    check_signatures(get_act(stored.statement.kind), stored.officers)


def publish(conn: Connection, statement_id: str, *, me: Member, time: int) -> int:
    """The statement's leaf in our log; from now on its recipients find it on our shelf.

    Raises:
        NotFound: there is no such statement.
        RefusedError: not ours, or no draft.
        SignaturesMissing: the act needs more.
        Denied: the gate does not let it to one of its recipients.
    """
    stored = read_statement(conn, statement_id)
    if stored.state == "published" and stored.leaf is not None:
        return stored.leaf
    if stored.state != "draft" or stored.statement.member != me.id:
        raise RefusedError("only a draft of our own is published", place=f"statement {statement_id}")
    check_signatures(get_act(stored.statement.kind), stored.officers)
    recipients = _cleared_recipients(conn, stored.statement, me, time)
    signed = to_signed(stored)
    leaf = append_leaf(
        conn, kind=stored.statement.kind, subject=statement_id, commitment=signed.sha256, time=time
    )
    changed = update(tables.statement).where(tables.statement.c.id == statement_id)
    conn.execute(changed.values(state="published", published=time, leaf=leaf))
    record_objects(conn, signed, recipients, time=time, leaf=leaf)
    return leaf


def _check_is_officers(
    stored: StoredStatement, signature: Signature, voucher: Envelope, officer: Officer
) -> None:
    same = replace(officer, roles=tuple(sorted(officer.roles)))
    if voucher.payload_type != VOUCHER_TYPE or officer_of(voucher.payload) != same:
        raise IntegrityError(f"the voucher is not officer {officer.id}'s")
    if signature.key_id != officer.key.key_id or officer.member != stored.statement.member:
        raise IntegrityError(f"the signature is not by officer {officer.id} of {stored.statement.member}")
    officer.key.verify(preauth_bytes(STATEMENT_TYPE, stored.payload), signature.sig)


def _check_may_sign(stored: StoredStatement, officer: Officer) -> None:
    act = get_act(stored.statement.kind)
    if stored.state != "draft":
        raise SignatureRefused(
            f"the statement {stored.statement.id} is {stored.state} and takes no signature"
        )
    check_may_sign(act, officer)
    if officer.id in {other.id for other in stored.officers}:
        raise SignatureRefused(f"officer {officer.id} has signed already", remedy="Another officer signs.")


def _cleared_recipients(conn: Connection, statement: Statement, me: Member, time: int) -> list[Member]:
    members = {member.id: member for member in list_members(conn)}
    recipients = [check_known(recipient, members) for recipient in statement.recipients]
    item = read_gate_item(conn, statement)
    for recipient in recipients:
        check_release(item, recipient, us=me.id, time=time)
    return recipients
