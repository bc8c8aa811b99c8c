"""Pull: read what a partner has for us, believe what its officers signed, answer with a receipt.

* Only what stands inside a signed payload counts; the STIX around it is for those who know only STIX.
* What does not verify goes to quarantine with the reason, and never stops the rest.
* A page is taken in and the place in the collection remembered in one transaction: a crash loses and doubles nothing.
* The partner's log must hold all that it held when we last looked; if it does not, nothing more is taken from it.
* Every statement but a receipt is answered by one, signed by the node's own key; a recall's goes to all who were told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from jindo.app.acting import View, derived_id
from jindo.app.client import Partner, open_partner
from jindo.app.consequences import follow_theirs
from jindo.app.node import Node, service_voucher
from jindo.base.errors import IntegrityError, JindoError, SourceError
from jindo.seal import Signature, preauth_bytes
from jindo.share import (
    STATEMENT_TYPE,
    Denied,
    Member,
    SignedStatement,
    Statement,
    build_receipt_body,
    build_receipt_objects,
    check_known,
    check_release,
    find_envelope,
    get_member,
    list_members,
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


def pull_member(node: Node, member_id: str) -> View:
    """Take in everything new that a partner has for us.

    Raises:
        NotFound: we know no such partner.
        SourceError: it does not answer.
        IntegrityError: its log is not the one that we saw before.
    """
    with node.store.read() as conn:
        member = get_member(conn, member_id)
    received = quarantined = 0
    try:
        with open_partner(node, member) as partner:
            watch_log(node, member, partner)
            for page in partner.iter_pages(added_after=_cursor(node, member)):
                carried = [open_carrier(node, member, item) for item in page.objects]
                with node.store.begin() as conn:
                    taken = [take_in(conn, node, member, each) for each in carried if each is not None]
                    _remember(conn, member.id, page.last_added)
                received += taken.count("received")
                quarantined += taken.count("quarantined")
        _note(node, member.id, problem=None)
    except (SourceError, IntegrityError) as error:
        _note(node, member.id, problem=str(error))
        raise
    return {"member": member.id, "received": received, "quarantined": quarantined}


def watch_log(node: Node, member: Member, partner: Partner) -> None:
    """Hold a partner's checkpoint against the last one that we saw, and remember it.

    Raises:
        IntegrityError: the log has lost or changed something.
    """
    with node.store.read() as conn:
        before = conn.scalar(select(tables.member.c.checkpoint).where(tables.member.c.id == member.id))
    now = partner.follow_log(before)
    with node.store.begin() as conn:
        conn.execute(update(tables.member).where(tables.member.c.id == member.id).values(checkpoint=now))


@dataclass(frozen=True, slots=True)
class Carried:
    """A statement that a partner showed us, and whether it verifies."""

    payload: bytes
    signed: SignedStatement | None
    """`None` where it does not."""
    problem: str
    """Why it does not."""


def open_carrier(node: Node, member: Member, item: Mapping[str, Any]) -> Carried | None:
    """The statement that a STIX object carries, verified; `None` where it carries none."""
    payload = repr(sorted(item)).encode()
    try:
        found = find_envelope(item)
        if found is None:
            return None
        payload = found[0].payload
        signed = verify_statement(*found, member, at=node.clock(), recipient=node.me.id)
    except JindoError as error:
        return Carried(payload, None, str(error))
    return Carried(payload, signed, "")


def take_in(conn: Connection, node: Node, member: Member, carried: Carried) -> str:
    """Take in one statement: `received`, `known` or `quarantined`."""
    if carried.signed is None:
        record_quarantined(conn, carried.payload, member.id, carried.problem, node.clock())
        return "quarantined"
    try:
        with conn.begin_nested():
            if not record_received(conn, carried.signed, time=node.clock()):
                return "known"
            follow_theirs(conn, node, carried.signed.statement)
    except JindoError as error:
        record_quarantined(conn, carried.payload, member.id, str(error), node.clock())
        return "quarantined"
    if carried.signed.statement.kind != "receipt":
        _acknowledge(conn, node, carried.signed)
    return "received"


def _acknowledge(conn: Connection, node: Node, signed: SignedStatement) -> None:
    """Publish a receipt for its author; of a recall, also for the others who were told."""
    said = signed.statement
    others = said.recipients if said.kind == "recall" else ()
    body = build_receipt_body(signed)
    receipt = Statement(
        id=derived_id("receipt", node.me.id, said.id),
        kind="receipt",
        member=node.me.id,
        case_id=said.case_id,
        subject=said.id,
        made=node.clock(),
        expires=None,
        tlp=said.tlp,
        purpose=said.purpose,
        recipients=_reachable(conn, node, said, {said.member, *others} - {node.me.id}),
        body=body,
        objects=tuple(build_receipt_objects(node.me, body, said.tlp, node.clock())),
    )
    record_draft(conn, receipt, node.clock())
    voucher = service_voucher(node)
    officer = parse_voucher(voucher, node.me, at=node.clock())
    payload = statement_payload(receipt)
    signature = Signature(
        node.service_key.public.key_id, node.service_key.sign(preauth_bytes(STATEMENT_TYPE, payload))
    )
    record_signature(
        conn,
        receipt.id,
        signature=signature,
        voucher=voucher,
        officer=officer,
        time=node.clock(),
    )
    publish(conn, receipt.id, me=node.me, time=node.clock())


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


def _cursor(node: Node, member: Member) -> str | None:
    """When the last object that we took in had been added to the partner's collection."""
    with node.store.read() as conn:
        return conn.scalar(select(tables.member.c.cursor).where(tables.member.c.id == member.id))


def _remember(conn: Connection, member_id: str, cursor: str | None) -> None:
    if cursor:
        conn.execute(update(tables.member).where(tables.member.c.id == member_id).values(cursor=cursor))


def _note(node: Node, member_id: str, *, problem: str | None) -> None:
    """When a partner last answered, or why it did not."""
    values: dict[str, Any] = {"problem": problem}
    if problem is None:
        values["pulled"] = node.clock()
    with node.store.begin() as conn:
        conn.execute(update(tables.member).where(tables.member.c.id == member_id).values(**values))
