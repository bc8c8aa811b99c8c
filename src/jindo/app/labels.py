"""Labels that a member alone knows, and the recall of what was said.

* A label says that addresses are a service's. It stops traces, so it takes two officers.
* A recall is a statement about a statement of ours: it takes three, and goes to all who were told.
* What rested on what was recalled is traced again; who was told of that is shown.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from jindo.app.acting import View, look, new_id, perform
from jindo.app.cases import find_case_id
from jindo.app.node import Node
from jindo.app.people import Actor
from jindo.app.sharing import ask_gate, check_may_see, check_members, draft_statement
from jindo.app.showing import view_statement
from jindo.base.errors import InputError, RefusedError
from jindo.base.markings import parse_tlp
from jindo.base.times import format_time
from jindo.respond import build_label_body, check_addresses_of_case, find_impact, get_case, record_labels
from jindo.share import (
    GateItem,
    Statement,
    build_label_objects,
    build_recall_body,
    build_recall_objects,
    derive_statement_id,
    list_receipts,
    read_statement,
)


def draft_label(
    node: Node,
    actor: Actor,
    case: str,
    *,
    addresses: list[str],
    service: str,
    kind: str,
    tlp: str,
    reason: str,
    to: list[str],
    once: str | None = None,
) -> View:
    """Draft a label for two officers to sign, for members of whom the gate allows it.

    Raises:
        InputError: an address, the kind or the marking cannot be read, or nobody may have it.
        NotFound: the case or a member is not there.
        RefusedError: the actor may not.
    """
    case_id, marking = find_case_id(node, case), parse_tlp(tlp)
    body = build_label_body(addresses, service=service, kind=kind, reason=reason)

    def do(conn: Connection) -> View:
        check_members(conn, to)
        found = get_case(conn, case_id)
        check_addresses_of_case(body["addresses"], found.loss)
        item = GateItem("label", marking, node.me.id, found.purpose, found.expires)
        allowed, denials = ask_gate(conn, node, item, to, subject=f"label {service}", case_id=case_id)
        if not allowed:
            raise InputError(
                "the gate lets this label to none of the members named",
                place="to",
                remedy=" ".join(f"{row['member']}: {row['reason']}." for row in denials) or "Name members.",
            )
        nonce, made = new_id(), node.clock()
        statement_id = derive_statement_id(node.me.id, nonce)
        statement = Statement(
            nonce=nonce,
            kind="label",
            member=node.me.id,
            case_id=case_id,
            subject=statement_id,
            made=made,
            expires=found.expires,
            tlp=marking,
            purpose=found.purpose,
            recipients=tuple(allowed),
            body=body,
            objects=tuple(build_label_objects(node.me, body, marking, made)),
        )
        view = draft_statement(conn, node, statement)
        record_labels(conn, statement_id, body)
        return {"statement": view, "denials": denials}

    asked = {"addresses": addresses, "service": service, "kind": kind, "tlp": marking.value, "to": sorted(to)}
    return perform(node, actor, "label.draft", do, subject=case_id, case=case_id, asked=asked, once=once)


def draft_recall(node: Node, actor: Actor, statement: str, reason: str, once: str | None = None) -> View:
    """Draft the recall of a statement that we published, for three officers to sign.

    Raises:
        InputError: there is no reason.
        NotFound: there is no such statement.
        RefusedError: it is not ours, was never published, or was recalled already.
    """

    def do(conn: Connection) -> View:
        stored = read_statement(conn, statement)
        check_may_see(conn, actor, stored)
        said = stored.statement
        if said.member != node.me.id or stored.state != "published":
            raise RefusedError(
                "only what this node has published can be recalled", place=statement, remedy="Ask its author."
            )
        if stored.recalled_by:
            raise RefusedError("it was recalled already", place=statement)
        body, made = build_recall_body(said, reason=reason), node.clock()
        recall = Statement(
            nonce=new_id(),
            kind="recall",
            member=node.me.id,
            case_id=said.case_id,
            subject=said.id,
            made=made,
            expires=None,
            tlp=said.tlp,
            purpose=said.purpose,
            recipients=said.recipients,
            body=body,
            objects=tuple(build_recall_objects(node.me, body, said.tlp, made, recalled=said.objects)),
        )
        return {"statement": draft_statement(conn, node, recall)}

    return perform(node, actor, "recall.draft", do, subject=statement, asked={"reason": reason}, once=once)


def show_recall(node: Node, actor: Actor, statement: str) -> View:
    """A recall with what rested on what it recalled, and who was told of that.

    `told` are those who were given the statement itself; each of `rested` names an exhibit or a request, and
    whom it had been given to. `acknowledged` has the time, or nothing where no receipt came.

    Raises:
        NotFound: there is no such recall.
    """

    def do(conn: Connection) -> View:
        stored = read_statement(conn, statement)
        check_may_see(conn, actor, stored)
        if stored.statement.kind != "recall":
            raise InputError("this statement is no recall", place=statement)
        return build_recall_view(conn, node, stored)

    return look(node, actor, "case.read", do)


def build_recall_view(conn: Connection, node: Node, stored: Any) -> View:
    """What `show_recall` shows."""
    said = stored.statement
    recalled = read_statement(conn, said.subject)
    received = {row.member: row.time for row in list_receipts(conn, said.id)}
    impact = find_impact(conn, said.subject)
    return {
        "recall": view_statement(conn, stored),
        "recalled": view_statement(conn, recalled),
        "reason": str(said.body.get("reason", "")),
        "told": [
            {
                "member": member,
                "acknowledged": format_time(node_time(node, member, said, received, stored.published)),
            }
            for member in said.recipients
        ],
        "rested": impact.to_view(),
    }


def node_time(
    node: Node, member: str, said: Statement, received: dict[str, int | None], ours: int | None
) -> int | None:
    """When a member acknowledged a recall; for ourselves, when it came."""
    return ours if member == node.me.id and said.member != node.me.id else received.get(member)
