"""What follows on this node from a statement, ours once published or theirs once received.

    case        the case is here, with who opened it; our liaison officers are put on it, and put others
    exhibit     it lies beside its case, and its files are fetched
    label       it stops traces: what was traced in the case is traced again
    request     it is here to be answered, or known to have been sent
    reply       the request has its answer
    recall      what was recalled counts no longer: what rested on it is traced again
    receipt     we know that it arrived

* All of it happens in the transaction in which the statement is published or received.
* The same statement again changes nothing.
* A thing of a case that is not here yet waits, and is taken up when the case comes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection, select

from jindo.app.acting import derived_id
from jindo.app.cases import has_ledger, queue_trace
from jindo.app.node import Node
from jindo.respond import (
    add_case_person,
    find_case,
    find_impact,
    get_case,
    list_exhibits,
    record_foreign_case,
    record_foreign_exhibit,
    record_history,
    record_labels,
    record_reply,
    record_request,
)
from jindo.share import Statement, list_statements, record_recall, record_receipt
from jindo.store import add_job, tables


def follow_own(conn: Connection, node: Node, said: Statement, actor: str) -> None:
    """What follows from a statement of ours that was just published."""
    note(conn, node, said, actor, "sent")
    if said.kind == "label":
        retrace(conn, node, said, reason="label")
    if said.kind == "recall":
        record_recall(conn, said, time=node.clock())
        _lift(conn, node, said)


def follow_theirs(conn: Connection, node: Node, said: Statement) -> None:
    """What follows from a statement of another member that was just received.

    Raises:
        InputError: its body cannot be read.
        RefusedError: its author may not say this.
    """
    if said.kind in _OF_A_CASE and find_case(conn, said.case_id or "") is None:
        return  # it waits for its case, which takes it up
    _FOLLOW[said.kind](conn, node, said)
    note(conn, node, said, said.member, "received")


def _follow_case(conn: Connection, node: Node, said: Statement) -> None:
    case = record_foreign_case(conn, said.body, origin=said.member, time=node.clock())
    for person in _liaisons(conn):
        add_case_person(conn, case.id, person, role="lead", actor=node.me.id, time=node.clock())
    for stored in list_statements(conn, case_id=case.id, state="received"):
        if stored.statement.kind in _OF_A_CASE:
            follow_theirs(conn, node, stored.statement)


def _liaisons(conn: Connection) -> list[str]:
    """Those of our people who work with other members, in order."""
    person = tables.person.c
    rows = conn.execute(select(person.id, person.roles).where(person.active).order_by(person.id))
    return [row.id for row in rows if "liaison" in row.roles]


def _follow_exhibit(conn: Connection, node: Node, said: Statement) -> None:
    exhibit = record_foreign_exhibit(
        conn, said.body, origin=said.member, case_id=str(said.case_id), time=node.clock()
    )
    args = {"case": exhibit.case_id, "exhibit": exhibit.id, "member": said.member}
    add_job(
        conn,
        id=derived_id("files", exhibit.id),
        kind="files",
        subject=exhibit.case_id,
        args=args,
        time=node.clock(),
    )


def _follow_label(conn: Connection, node: Node, said: Statement) -> None:
    record_labels(conn, said.id, said.body)
    retrace(conn, node, said, reason="label")


def _follow_request(conn: Connection, node: Node, said: Statement) -> None:
    record_request(
        conn,
        said.body,
        statement_id=said.id,
        origin=said.member,
        case_id=str(said.case_id),
        made=said.made,
    )


def _follow_reply(conn: Connection, node: Node, said: Statement) -> None:
    record_reply(conn, said.body, statement_id=said.id, member=said.member, made=said.made)


def _follow_recall(conn: Connection, node: Node, said: Statement) -> None:
    record_recall(conn, said, time=node.clock())
    _lift(conn, node, said)


def _follow_receipt(conn: Connection, node: Node, said: Statement) -> None:
    record_receipt(conn, said, time=node.clock())


_FOLLOW: Mapping[str, Callable[[Connection, Node, Statement], None]] = {
    "case": _follow_case,
    "exhibit": _follow_exhibit,
    "label": _follow_label,
    "request": _follow_request,
    "reply": _follow_reply,
    "recall": _follow_recall,
    "receipt": _follow_receipt,
}

_OF_A_CASE = frozenset({"exhibit"})
"""Kinds that cannot stand here before their case does."""


def _lift(conn: Connection, node: Node, said: Statement) -> None:
    """Trace again, in every case, what rested on the statement that was recalled."""
    impact = find_impact(conn, said.subject)
    for case_id in sorted({exhibit.case_id for exhibit in impact.exhibits if exhibit.origin == node.me.id}):
        _queue(conn, node, case_id, seed=said.id, reason="recall")


def retrace(conn: Connection, node: Node, said: Statement, *, reason: str) -> None:
    """Trace a case again because of this statement, where the case was traced here before."""
    if said.case_id is not None and find_case(conn, said.case_id) is not None:
        _queue(conn, node, said.case_id, seed=said.id, reason=reason)


def _queue(conn: Connection, node: Node, case_id: str, *, seed: str, reason: str) -> None:
    traced = [exhibit for exhibit in list_exhibits(conn, case_id) if exhibit.kind == "trace"]
    if not traced or not has_ledger(node) or not get_case(conn, case_id).loss:
        return
    rule = str(traced[-1].facts["rule"])
    queue_trace(conn, node, case_id, rule=rule, reason=reason, actor=node.me.id, seed=seed)


def note(conn: Connection, node: Node, said: Statement, actor: str, what: str) -> None:
    """A line in the case's history, where this node has the case."""
    if said.kind == "receipt" or said.case_id is None or find_case(conn, said.case_id) is None:
        return
    detail = {"statement": said.id, "subject": said.subject, "tlp": said.tlp.value}
    told = {"to": list(said.recipients)} if what == "sent" else {"from": said.member}
    record_history(
        conn,
        said.case_id,
        time=node.clock(),
        actor=actor,
        act=f"{said.kind}-{what}",
        detail={**detail, **told},
    )
