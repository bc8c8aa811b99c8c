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
* In a case that is here, only its opener and those whom we or the opener told of it have a say; all others are refused.
* What a statement is said to be about is what its body is about.
* A thing of a case that is not here yet waits, and is taken up when the case comes; a recall waits for what it recalls.
  Whoever turns out to have no part in the case then goes to quarantine after all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from sqlalchemy import Connection, and_, or_, select

from jindo.app.acting import derived_id
from jindo.app.cases import DEFAULT_RULE, has_ledger, queue_trace
from jindo.app.node import Node
from jindo.base.errors import InputError, JindoError, RefusedError, SourceError
from jindo.respond import (
    add_case_person,
    check_foreign_exhibit,
    check_request,
    find_case,
    find_impact,
    get_case,
    get_request,
    list_exhibits,
    record_foreign_case,
    record_foreign_exhibit,
    record_history,
    record_labels,
    record_reply,
    record_request,
)
from jindo.share import (
    Statement,
    has_statement,
    list_statements,
    read_statement,
    record_problem,
    record_recall,
    record_receipt,
)
from jindo.store import add_job, tables

_Follow: TypeAlias = Callable[[Connection, Node, Statement], None]


def follow_own(conn: Connection, node: Node, said: Statement, actor: str) -> None:
    """What follows from a statement of ours that was just published."""
    note(conn, node, said, actor, "sent")
    if said.kind == "label":
        retrace(conn, node, said, reason="label")
    if said.kind == "recall":
        record_recall(conn, said, time=node.clock())
        _lift(conn, node, said)


class NoPart(RefusedError):
    """A member speaks in a case in which it has no part."""

    code = "share.no-part"

    def default_remedy(self) -> str:
        """Share the case with it first."""
        return "If the member shall have a say in this case, share the case with it, and ask it to say this again."


def follow_theirs(conn: Connection, node: Node, said: Statement) -> None:
    """What follows from a statement of another member that was just received.

    Raises:
        InputError: its body cannot be read, or is about something else than it says.
        RefusedError: its author may not say this.
    """
    _check_subject(said)
    is_here = said.case_id is not None and find_case(conn, said.case_id) is not None
    if said.kind in _OF_A_CASE and not is_here:
        check_foreign_exhibit(said.body, origin=said.member, case_id=str(said.case_id))
        return  # it waits for its case, which takes it up
    if is_here and said.kind != "receipt":
        _check_part(conn, node, said)
    _FOLLOW[said.kind](conn, node, said)
    note(conn, node, said, said.member, "received")
    if recall := _find_waiting_recall(conn, said):
        _take_up(conn, node, recall, _follow_recall)


def _check_subject(said: Statement) -> None:
    """Hold that a statement is about what its body is about; a label, request or reply has its statement's own id."""
    own, named = said.body.get("id"), said.body.get("statement_id")
    about = {
        "case": own == said.subject == said.case_id,
        "exhibit": own == said.subject,
        "label": said.subject == said.id,
        "request": own == said.subject == said.id,
        "reply": own == said.id and said.body.get("request_id") == said.subject,
        "recall": named == said.subject,
        "receipt": named == said.subject,
    }
    if not about[said.kind]:
        raise InputError("what the statement is said to be about is not what its body is about")


def _check_part(conn: Connection, node: Node, said: Statement) -> None:
    """Hold that the author opened the case, or that we or the opener told it of the case or asked it in the case.

    What the opener says goes to signed recipients, so whoever stands among them is known to be invited.
    """
    case = get_case(conn, str(said.case_id))
    rows, audience = tables.statement, tables.audience
    told = (
        select(rows.c.id)
        .join(audience, audience.c.statement_id == rows.c.id)
        .where(rows.c.case_id == case.id, rows.c.kind != "receipt")
        .where(
            or_(rows.c.state == "published", and_(rows.c.state == "received", rows.c.member == case.origin))
        )
        .where(audience.c.member == said.member)
    )
    if said.member != case.origin and conn.execute(told.limit(1)).first() is None:
        raise NoPart(f"{said.member} has no part in this case, and says something in it ({said.kind})")


def _check_same_case(said: Statement, case_id: str | None) -> None:
    """Hold that a statement about another is said in the same case."""
    if said.case_id != case_id:
        raise RefusedError(f"the {said.kind} is said in another case than what it is about")


def _find_waiting_recall(conn: Connection, said: Statement) -> Statement | None:
    """The author's recall of this very statement, where it came first."""
    rows = tables.statement.c
    came = (rows.kind == "recall") & (rows.subject == said.id) & (rows.member == said.member)
    found = conn.scalar(select(rows.id).where(came, rows.state == "received"))
    return None if found is None else read_statement(conn, found).statement


def _follow_case(conn: Connection, node: Node, said: Statement) -> None:
    case = record_foreign_case(conn, said.body, origin=said.member, time=node.clock())
    for person in _liaisons(conn):
        add_case_person(conn, case.id, person, role="lead", actor=node.me.id, time=node.clock())
    for stored in list_statements(conn, case_id=case.id, state="received"):
        if stored.statement.kind in _OF_A_CASE:
            _take_up(conn, node, stored.statement, follow_theirs)
        elif stored.statement.kind == "label":
            _take_up(conn, node, stored.statement, _check_part)


def _take_up(conn: Connection, node: Node, said: Statement, follow: _Follow) -> None:
    """Follow what waited for this; what does not hold goes to quarantine after all, and holds up nothing."""
    try:
        with conn.begin_nested():
            follow(conn, node, said)
    except SourceError:
        raise
    except JindoError as error:
        record_problem(conn, said.id, str(error))


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
        id=derived_id("files", node.me.id, said.member, exhibit.id),
        kind="files",
        subject=exhibit.case_id,
        args=args,
        time=node.clock(),
    )


def _follow_label(conn: Connection, node: Node, said: Statement) -> None:
    record_labels(conn, said.id, said.body)
    retrace(conn, node, said, reason="label")


def _follow_request(conn: Connection, node: Node, said: Statement) -> None:
    check_request(said.body)
    if said.body["addressee"]["member"] != node.me.id:
        raise RefusedError("the request is addressed to another member", place=f"request {said.subject}")
    record_request(
        conn,
        said.body,
        statement_id=said.id,
        origin=said.member,
        case_id=str(said.case_id),
        made=said.made,
    )


def _follow_reply(conn: Connection, node: Node, said: Statement) -> None:
    _check_same_case(said, get_request(conn, said.subject).case_id)
    record_reply(conn, said.body, statement_id=said.id, member=said.member, made=said.made)


def _follow_recall(conn: Connection, node: Node, said: Statement) -> None:
    if not has_statement(conn, said.subject):
        return  # it waits for what it recalls
    _check_same_case(said, read_statement(conn, said.subject).statement.case_id)
    record_recall(conn, said, time=node.clock())
    _lift(conn, node, said)


def _follow_receipt(conn: Connection, node: Node, said: Statement) -> None:
    record_receipt(conn, said, time=said.made)


_FOLLOW: Mapping[str, _Follow] = {
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
    """Trace a case again under the rule of our last trace, where it was traced by us or by who opened it."""
    case = get_case(conn, case_id)
    traces = [row for row in list_exhibits(conn, case_id) if row.kind == "trace"]
    ours = [row for row in traces if row.origin == node.me.id]
    theirs = [row for row in traces if row.origin == case.origin]
    if not (ours or theirs) or not has_ledger(node) or not case.loss:
        return
    rule = str(ours[-1].facts["rule"]) if ours else DEFAULT_RULE
    queue_trace(conn, node, case_id, rule=rule, reason=reason, actor=node.me.id, seed=seed)


def note(conn: Connection, node: Node, said: Statement, actor: str, what: str) -> None:
    """A line in the case's history, where this node has the case."""
    if said.kind in {"receipt", "case"} and what == "received":
        return  # a case that comes is in its history already
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
