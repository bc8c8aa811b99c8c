"""Take in what a partner says: verify it, find it in the partner's log, keep it, follow it, answer with a receipt.

* Only what stands inside a signed payload counts; the STIX around it is for those who know only STIX.
* What does not verify, or may not be said by its author, goes to quarantine with the reason, and never stops the rest.
* Keeping, following and answering are one savepoint: a statement that cannot be followed leaves nothing but its row in
  quarantine.
* A statement must be in its author's log, under the checkpoint that we verified: nobody can say later that it never was.
* Every statement but a receipt is answered by one, signed by the node's own key; a recall's goes to all who were told.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from jindo.app.acting import new_id
from jindo.app.client import Partner
from jindo.app.consequences import follow_theirs
from jindo.app.node import Node, service_voucher
from jindo.base.errors import IntegrityError, JindoError, SourceError
from jindo.base.markings import Tlp
from jindo.seal import Signature, leaf_hash, preauth_bytes, verify_inclusion
from jindo.share import (
    STATEMENT_TYPE,
    Denied,
    FromTheFuture,
    Member,
    SignedStatement,
    Statement,
    build_receipt_body,
    build_receipt_objects,
    check_known,
    check_release,
    find_envelope,
    find_leaf,
    list_members,
    measure_quarantine,
    parse_statement,
    parse_voucher,
    publish,
    read_gate_item,
    record_draft,
    record_quarantined,
    record_received,
    record_signature,
    statement_payload,
    verify_statement,
)
from jindo.store import tables

DAY = 86_400
MOST_QUARANTINED = 1_000
"""Statements of one member kept in quarantine a day; what comes beyond is counted and not kept."""
MOST_QUARANTINED_BYTES = 16 * 1024 * 1024
"""Bytes of one member kept in quarantine a day."""
FAR_AHEAD = DAY
"""Seconds: what is dated less far ahead is looked at again later, what is dated further is refused."""

_LOG = logging.getLogger("jindo.receiving")


class NotInLog(IntegrityError):
    """A partner showed us a statement that its own log does not prove."""

    code = "share.not-in-log"


@dataclass(frozen=True, slots=True)
class Carried:
    """A statement that a partner showed us."""

    payload: bytes
    signed: SignedStatement | None
    """`None` where it does not verify."""
    leaf: int | None
    """Where its author's log shall have it."""
    problem: str
    """Why it does not verify."""
    is_early: bool = False
    """Whether it is dated a little in the future, so that it may verify later."""


def open_carrier(node: Node, member: Member, item: Mapping[str, Any]) -> Carried | None:
    """The statement that a STIX object carries, verified; `None` where it carries none."""
    payload = repr(sorted(item)).encode()
    try:
        found = find_envelope(item)
        if found is None:
            return None
        payload = found[0].payload
        signed = verify_statement(*found, member, at=node.clock(), recipient=node.me.id)
        _check_marking(signed.statement)
    except FromTheFuture as error:
        early = parse_statement(payload).made <= node.clock() + FAR_AHEAD
        return Carried(payload, None, None, str(error), is_early=early)
    except JindoError as error:
        return Carried(payload, None, None, str(error))
    except Exception as error:
        return Carried(payload, None, None, _report_bug(member, error))
    return Carried(payload, signed, find_leaf(item), "")


def _check_marking(said: Statement) -> None:
    """What its author's own gate should have kept is not taken in: it cannot be meant for us."""
    if said.tlp.rank > Tlp.AMBER.rank:
        raise Denied(rule="tlp", recipient=said.member, reason=f"{said.tlp.value} leaves to no other member")


def check_logged(partner: Partner, carried: Carried, checkpoint: tuple[int, bytes]) -> None:
    """Hold that the author's log has the statement, under a checkpoint that was verified.

    Raises:
        NotInLog: it names no leaf, or the leaf commits to something else.
        SourceError: no proof came.
    """
    size, root = checkpoint
    signed, leaf = carried.signed, carried.leaf
    if signed is None:
        return
    if leaf is None or leaf >= size:
        raise NotInLog(f"the statement {signed.statement.id} names no leaf of its author's log")
    proof = partner.read_inclusion(leaf, size)
    try:
        data = str(proof["leaf"]).encode()
        steps = tuple(bytes.fromhex(step) for step in proof["proof"])
        said = json.loads(data)
        same = (said["commitment"], said["subject"]) == (signed.sha256, signed.statement.id)
        verify_inclusion(leaf_hash(data), index=leaf, size=size, proof=steps, root=root)
    except (KeyError, TypeError, ValueError, RecursionError, JindoError) as error:
        raise NotInLog(f"the proof for the statement {signed.statement.id} does not hold") from error
    if not same:
        raise NotInLog(f"the log of {signed.statement.member} has another statement in this place")


def take_in(conn: Connection, node: Node, member: Member, carried: Carried) -> str:
    """Take in one statement: `received`, `known` or `quarantined`.

    Raises:
        SourceError: our database cannot hold it now.
    """
    if carried.signed is None:
        return _put_aside(conn, node, member, carried, carried.problem)
    try:
        with conn.begin_nested():
            if not record_received(conn, carried.signed, time=node.clock()):
                return "known"
            follow_theirs(conn, node, carried.signed.statement)
            if carried.signed.statement.kind != "receipt":
                acknowledge(conn, node, carried.signed)
    except SourceError:
        raise  # our own database or disk fails us; the statement is as good as it was
    except JindoError as error:
        return _put_aside(conn, node, member, carried, str(error))
    except Exception as error:
        return _put_aside(conn, node, member, carried, _report_bug(member, error))
    return "received"


def _report_bug(member: Member, error: Exception) -> str:
    """A bug of ours must not let one statement stop all that come after it; its place in the code is logged."""
    places = "".join(traceback.format_tb(error.__traceback__))
    _LOG.error("a statement of %s cannot be followed: %s\n%s", member.id, type(error).__name__, places)
    return "Jindo failed on it in a way it does not expect"


def _put_aside(conn: Connection, node: Node, member: Member, carried: Carried, problem: str) -> str:
    count, size = measure_quarantine(conn, member.id, since=node.clock() - DAY)
    if count < MOST_QUARANTINED and size + len(carried.payload) <= MOST_QUARANTINED_BYTES:
        record_quarantined(conn, carried.payload, member.id, problem, node.clock())
    return "quarantined"


def acknowledge(conn: Connection, node: Node, signed: SignedStatement) -> None:
    """Publish a receipt for a statement's author, once; of a recall, also for the others who were told."""
    said = signed.statement
    if _has_receipt(conn, node, said):
        return
    others = said.recipients if said.kind == "recall" else ()
    body, made = build_receipt_body(signed), node.clock()
    receipt = Statement(
        nonce=new_id(),
        kind="receipt",
        member=node.me.id,
        case_id=said.case_id,
        subject=said.id,
        made=made,
        expires=None,
        tlp=said.tlp,
        purpose=said.purpose,
        recipients=_reachable(conn, node, said, {said.member, *others} - {node.me.id}),
        body=body,
        objects=tuple(build_receipt_objects(node.me, body, said.tlp, made)),
    )
    record_draft(conn, receipt, made)
    _sign_by_node(conn, node, receipt)
    publish(conn, receipt.id, me=node.me, time=made)


def _has_receipt(conn: Connection, node: Node, said: Statement) -> bool:
    rows = tables.statement.c
    ours = (rows.kind == "receipt") & (rows.member == node.me.id) & (rows.subject == said.id)
    return conn.scalar(select(rows.id).where(ours)) is not None


def _sign_by_node(conn: Connection, node: Node, receipt: Statement) -> None:
    voucher, key = service_voucher(node), node.service_key
    data = preauth_bytes(STATEMENT_TYPE, statement_payload(receipt))
    record_signature(
        conn,
        receipt.id,
        signature=Signature(key.public.key_id, key.sign(data)),
        voucher=voucher,
        officer=parse_voucher(voucher, node.me, at=node.clock()),
        time=node.clock(),
    )


def _reachable(conn: Connection, node: Node, said: Statement, wanted: Iterable[str]) -> tuple[str, ...]:
    """The members whom we know and the gate lets a receipt of this go to; the author always."""
    members = {member.id: member for member in list_members(conn)}
    item = read_gate_item(conn, said)
    reached = {said.member}
    for name in wanted:
        try:
            check_release(item, check_known(name, members), us=said.member, time=node.clock())
        except Denied:
            continue
        reached.add(name)
    return tuple(sorted(reached))
