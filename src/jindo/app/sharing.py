"""Share: draft what others shall see, sign it, publish it, and show who was given what.

* The gate is asked for each item and each member when a share is drafted; what it denies is recorded with its rule.
* Nothing leaves by a draft: a statement is published when enough officers have signed, a request when it is sent.
* An officer hands in a signature made elsewhere; the node holds nobody's private key.
* What follows from a statement of ours (a label stops traces, a recall lifts it) happens as it is published.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, select

from jindo.app.acting import View, look, new_id, perform
from jindo.app.cases import find_case_id, own_exhibits
from jindo.app.consequences import follow_own
from jindo.app.node import Node
from jindo.app.onward import check_statement_onward, find_foreign_labels
from jindo.app.people import Actor, check_case_access
from jindo.app.showing import view_statement
from jindo.app.signers import get_key_officer
from jindo.base.errors import InputError, NotFound, RefusedError
from jindo.base.markings import Tlp
from jindo.respond import (
    Case,
    Exhibit,
    build_case_body,
    build_exhibit_body,
    check_ground,
    get_case,
)
from jindo.seal import Signature
from jindo.share import (
    Denied,
    GateItem,
    Statement,
    StoredStatement,
    build_case_objects,
    build_exhibit_objects,
    check_known,
    check_ready,
    check_release,
    list_members,
    publish,
    read_statement,
    record_denial,
    record_draft,
    record_signature,
)
from jindo.share import list_statements as read_statements
from jindo.store import tables

SENT_BY_HAND = frozenset({"request"})
"""Kinds that are not published by the last signature, but when someone sends them."""


def share_case(
    node: Node,
    actor: Actor,
    case: str,
    *,
    to: list[str],
    items: list[str] | None = None,
    once: str | None = None,
) -> View:
    """Draft what tells these members of a case: the case itself, then its exhibits, each as its marking allows.

    What a member was told already is not drafted for it again, and a draft that waits to be signed is given again. The
    view holds the statements to sign and what the gate denied, with the rule.

    Raises:
        InputError: nobody is named.
        NotFound: the case, an item or a member is not there.
        RefusedError: the actor may not share.
    """
    case_id = find_case_id(node, case)
    if not to:
        raise InputError("name at least one member to share with", place="to")

    def do(conn: Connection) -> View:
        check_members(conn, to)
        found = get_case(conn, case_id)
        share = _Share(conn, node, found, sorted(set(to)))
        if found.origin == node.me.id:
            share.offer_case()
        for exhibit in own_exhibits(conn, node, case_id, items):
            share.offer_exhibit(exhibit)
        return {"case": case_id, "statements": share.drafts, "denials": share.denials}

    asked = {"to": sorted(set(to)), "items": items}
    return perform(node, actor, "case.share", do, subject=case_id, case=case_id, asked=asked, once=once)


class _Share:
    """One call of `share_case`: what was drafted and what was denied."""

    def __init__(self, conn: Connection, node: Node, case: Case, to: list[str]) -> None:
        self.conn, self.node, self.case, self.to = conn, node, case, to
        self.drafts: list[View] = []
        self.denials: list[View] = []

    def offer_case(self) -> None:
        body = build_case_body(self.case)
        self._offer("case", self.case.id, self.case.title, self.case.tlp, body)

    def offer_exhibit(self, exhibit: Exhibit) -> None:
        self._offer("exhibit", exhibit.id, exhibit.title, exhibit.tlp, build_exhibit_body(exhibit))

    def _offer(self, kind: str, subject: str, title: str, tlp: Tlp, body: Mapping[str, Any]) -> None:
        waiting = find_waiting(self.conn, self.node, self.case.id, subject, to=self.to)
        self.drafts += [view_statement(self.conn, draft) for draft in waiting]
        told = members_told(self.conn, subject).union(*(draft.statement.recipients for draft in waiting))
        item = GateItem(kind, tlp, self.node.me.id, self.case.purpose, self.case.expires)
        asked = [member for member in self.to if member not in told]
        allowed, denials = ask_gate(self.conn, self.node, item, asked, subject=subject, case_id=self.case.id)
        for foreign in find_foreign_labels(self.conn, self.node, body.get("facts", {})):
            allowed, more = ask_gate(
                self.conn, self.node, foreign, allowed, subject=subject, case_id=self.case.id
            )
            denials += more
        self.denials += [{**denial, "title": title, "tlp": tlp.value} for denial in denials]
        if not allowed:
            return
        made = self.node.clock()
        objects = self._build_face(kind, body, tlp, made)
        statement = Statement(
            nonce=new_id(),
            kind=kind,
            member=self.node.me.id,
            case_id=self.case.id,
            subject=subject,
            made=made,
            expires=self.case.expires,
            tlp=tlp,
            purpose=self.case.purpose,
            recipients=tuple(allowed),
            body=body,
            objects=objects,
        )
        self.drafts.append(draft_statement(self.conn, self.node, statement))

    def _build_face(self, kind: str, body: Mapping[str, Any], tlp: Tlp, made: int) -> tuple[Any, ...]:
        me = self.node.me
        if kind == "case":
            return tuple(build_case_objects(me, body, tlp, made))
        about = build_case_body(self.case) if self.case.origin == me.id else None
        return tuple(build_exhibit_objects(me, body, tlp, made, case=about))


def ask_gate(
    conn: Connection, node: Node, item: GateItem, to: Iterable[str], *, subject: str, case_id: str | None
) -> tuple[list[str], list[View]]:
    """Who of these the gate lets have an item, and its denials, which are recorded."""
    members = {member.id: member for member in list_members(conn)}
    allowed: list[str] = []
    denials: list[View] = []
    for name in sorted(set(to)):
        try:
            check_release(item, check_known(name, members), us=node.me.id, time=node.clock())
        except Denied as denied:
            denials.append({"member": name, "subject": subject, "rule": denied.rule, "reason": denied.reason})
            record_denial(conn, denied, subject=subject, case_id=case_id, time=node.clock())
        else:
            allowed.append(name)
    return allowed, denials


def check_members(conn: Connection, names: Iterable[str]) -> None:
    """Hold that each of these is a member that this node knows: a slip in a name shall not look like a denial.

    Raises:
        NotFound: one is not.
    """
    known = {member.id for member in list_members(conn)}
    strangers = sorted(set(names) - known)
    if strangers:
        raise NotFound(
            f"no member {strangers[0]} is known here",
            place="to",
            remedy=f"Known are: {', '.join(sorted(known)) or 'none'}. Whose card is here is one: jindo node join.",
        )


def find_waiting(
    conn: Connection, node: Node, case_id: str, subject: str, *, to: Iterable[str]
) -> list[StoredStatement]:
    """Drafts about this that wait for signatures, and are for none but these members."""
    asked = set(to)
    return [
        stored
        for stored in read_statements(conn, case_id=case_id, state="draft")
        if (stored.statement.member, stored.statement.subject) == (node.me.id, subject)
        and stored.statement.kind in {"case", "exhibit"}
        and asked.issuperset(stored.statement.recipients)
    ]


def members_told(conn: Connection, subject: str) -> set[str]:
    """The members to whom we published a statement about this."""
    said, audience = tables.statement, tables.audience
    asked = select(audience.c.member).join(said, said.c.id == audience.c.statement_id)
    ours = (
        said.c.subject == subject,
        said.c.kind.in_(("case", "exhibit")),
        said.c.state == "published",
    )
    return set(conn.scalars(asked.where(*ours)))


def draft_statement(conn: Connection, node: Node, statement: Statement) -> View:
    """Put a statement down to be signed."""
    record_draft(conn, statement, node.clock())
    return view_statement(conn, read_statement(conn, statement.id))


def show_statement(node: Node, actor: Actor, statement: str) -> View:
    """A statement with the bytes to sign, who signed, who has it, and who has acknowledged it.

    Raises:
        NotFound: there is none.
    """

    def do(conn: Connection) -> View:
        stored = read_statement(conn, statement)
        check_may_see(conn, actor, stored)
        payload = base64.b64encode(stored.payload).decode()
        return {**view_statement(conn, stored), "payload": payload, "body": dict(stored.statement.body)}

    return look(node, actor, "case.read", do)


def check_may_see(conn: Connection, actor: Actor, stored: StoredStatement) -> None:
    """Hold that the actor is one of the people of the case that a statement belongs to, where this node has the case.

    Raises:
        RefusedError: the actor is not.
    """
    if stored.statement.case_id is not None:
        check_case_access(conn, actor, stored.statement.case_id, missing_ok=True)


def list_statements(node: Node, actor: Actor, case: str) -> View:
    """All that was said in a case, by us and to us, oldest first."""
    case_id = find_case_id(node, case)

    def do(conn: Connection) -> View:
        found = read_statements(conn, case_id=case_id)
        return {"statements": [view_statement(conn, stored) for stored in found]}

    return look(node, actor, "case.read", do, case=case_id)


def add_signature(
    node: Node, actor: Actor, statement: str, *, key_id: str, sig: str, once: str | None = None
) -> View:
    """Add the actor's own signature; the last one that is needed publishes, but a request is sent by hand.

    Raises:
        NotFound: there is no such statement.
        RefusedError: the key is not the actor's, the statement is no draft any more, or what a request rests on was
            recalled.
        IntegrityError: the signature is not by this key over this payload.
    """
    signature = Signature(key_id, _parse_base64(sig))

    def do(conn: Connection) -> View:
        stored = read_statement(conn, statement)
        check_may_see(conn, actor, stored)
        if stored.statement.kind == "request":
            check_ground(conn, str(stored.statement.body["custody"]["exhibit_id"]))
        officer, voucher = get_key_officer(conn, node, actor, key_id)
        record_signature(
            conn, statement, signature=signature, voucher=voucher, officer=officer, time=node.clock()
        )
        if stored.statement.kind not in SENT_BY_HAND and _is_ready(conn, statement):
            publish_and_follow(conn, node, statement, actor.id)
        return view_statement(conn, read_statement(conn, statement))

    asked = {"key_id": key_id, "sig": sig}
    return perform(node, actor, "statement.sign", do, subject=statement, asked=asked, once=once)


def publish_and_follow(conn: Connection, node: Node, statement: str, actor: str) -> None:
    """Publish a statement of ours, and do what follows from it here.

    Raises:
        RefusedError: one of those who signed uses the node no more, or the gate does not let it go.
    """
    stored = read_statement(conn, statement)
    _check_still_here(conn, stored)
    check_statement_onward(conn, node, stored.statement)
    publish(conn, statement, me=node.me, time=node.clock())
    follow_own(conn, node, read_statement(conn, statement).statement, actor)


def _check_still_here(conn: Connection, stored: StoredStatement) -> None:
    person = tables.person.c
    active = set(conn.scalars(select(person.id).where(person.active)))
    gone = sorted(officer.id for officer in stored.officers if officer.id not in active)
    if gone:
        raise RefusedError(
            f"the signature of {gone[0]} counts no more",
            place=f"statement {stored.id}",
            remedy="Draft it again, and have it signed by people who still use the node.",
        )


def _is_ready(conn: Connection, statement: str) -> bool:
    try:
        check_ready(conn, statement)
    except RefusedError:
        return False
    return True


def _parse_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise InputError("the signature is not base64", place="sig") from error
