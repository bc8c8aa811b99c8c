"""How every use case of a node runs: who may, once, in one transaction, and on record.

* Permission is checked first, the case's own access and expiry inside the transaction.
* A use case is one transaction: a killed process leaves all of it or nothing.
* The same `once` key gives the first answer again and does nothing twice; keys are the actor's own.
* What changes anything leaves a row in the audit trail in the same transaction; so does a refusal.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from sqlalchemy import Connection

from jindo.app.node import Node
from jindo.app.people import Actor, check_case_access, check_permission
from jindo.app.refusals import recording_refusals
from jindo.respond import check_case_open
from jindo.seal import canonical_hash
from jindo.store import find_answer, record_answer, record_audit

View: TypeAlias = dict[str, Any]
"""JSON-ready: what the page, the API and the command line show."""


def new_id() -> str:
    """A fresh id, the same on every node that hears of it."""
    return str(uuid.uuid4())


def derived_id(*parts: str) -> str:
    """An id that follows from what it is about, so that the same work asked for twice is one piece of work."""
    return str(uuid.uuid5(_SPACE, "\n".join(parts)))


_SPACE = uuid.UUID("b5d1f3f0-3c0e-5a6e-9f43-2f5f0b6d7a11")


def perform(
    node: Node,
    actor: Actor,
    act: str,
    do: Callable[[Connection], View],
    *,
    subject: str,
    case: str | None = None,
    asked: Mapping[str, Any] | None = None,
    once: str | None = None,
) -> View:
    """Run one change and give its view.

    Raises:
        RefusedError: the actor may not do this, or not in this case.
        ConflictError: the `once` key was used for something else.
    """
    key = f"{actor.id}:{once}" if once else None
    question = canonical_hash({"subject": subject, "asked": dict(asked or {})})
    with recording_refusals(node, actor, act, subject):
        check_permission(actor, act)
        with node.store.begin() as conn:
            if case is not None:
                check_case_access(conn, actor, case)
                check_case_open(conn, case, time=node.clock())
            if key and (found := find_answer(conn, key, act=act, asked=question)) is not None:
                return dict(found)
            answer = do(conn)
            record_audit(conn, time=node.clock(), actor=actor.id, act=act, subject=subject, detail={})
            if key:
                record_answer(conn, key, act=act, asked=question, answer=answer, time=node.clock())
            return answer


def look(
    node: Node, actor: Actor, act: str, do: Callable[[Connection], View], *, case: str | None = None
) -> View:
    """Read and give a view; nothing changes.

    Raises:
        RefusedError: the actor may not see this.
    """
    with recording_refusals(node, actor, act, case or "node"):
        check_permission(actor, act)
        with node.store.read() as conn:
            if case is not None:
                check_case_access(conn, actor, case)
            return do(conn)
