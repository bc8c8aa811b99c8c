"""A case in one view: what the page, the API and the command line show of it.

* Everything that happened is there: exhibits, statements both ways, denials, labels, recalls, requests, history.
* What was recalled stays, and says so.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from jindo.app.acting import View, look
from jindo.app.cases import find_case_id, view_case
from jindo.app.labels import build_recall_view
from jindo.app.node import Node
from jindo.app.people import Actor
from jindo.app.requests import view_request
from jindo.app.showing import view_statement
from jindo.base.times import format_time
from jindo.respond import (
    Exhibit,
    case_people,
    get_case,
    list_exhibits,
    list_requests,
    read_history,
    recalled_ids,
    unstands,
)
from jindo.share import StoredStatement, list_statements
from jindo.store import list_jobs, tables


def show_case(node: Node, actor: Actor, case: str) -> View:
    """A case with all that belongs to it.

    Raises:
        NotFound: there is no such case.
        RefusedError: the actor may not see it.
    """
    case_id = find_case_id(node, case)

    def do(conn: Connection) -> View:
        said = list_statements(conn, case_id=case_id)
        recalled = recalled_ids(conn)
        return {
            **view_case(get_case(conn, case_id)),
            "people": [
                {"person": person, "role": role} for person, role in case_people(conn, case_id).items()
            ],
            "exhibits": [view_exhibit(row, recalled) for row in list_exhibits(conn, case_id)],
            "statements": [view_statement(conn, row) for row in said],
            "labels": [view_label(conn, row) for row in said if row.statement.kind == "label"],
            "recalls": [build_recall_view(conn, node, row) for row in said if _is_recall(row)],
            "denials": _view_denials(conn, case_id),
            "requests": [view_request(conn, node, row) for row in list_requests(conn, case_id=case_id)],
            "history": [{**row, "time": format_time(row["time"])} for row in read_history(conn, case_id)],
            "jobs": [
                {"job": row.id, "kind": row.kind, "state": row.state, "problem": row.problem or ""}
                for row in list_jobs(conn, subject=case_id)
            ],
        }

    return look(node, actor, "case.read", do, case=case_id)


def view_exhibit(exhibit: Exhibit, recalled: frozenset[str]) -> dict[str, Any]:
    """An exhibit as the faces show it; `stands` is false where something that it rests on was recalled."""
    return {
        "id": exhibit.id,
        "n": exhibit.n,
        "kind": exhibit.kind,
        "title": exhibit.title,
        "origin": exhibit.origin,
        "tlp": exhibit.tlp.value,
        "sha256": exhibit.sha256,
        "files": [dict(row) for row in exhibit.files],
        "facts": dict(exhibit.facts),
        "added": format_time(exhibit.added),
        "added_by": exhibit.added_by,
        "stands": not unstands(exhibit, recalled),
    }


def view_label(conn: Connection, stored: StoredStatement) -> dict[str, Any]:
    """A label with its statement's state."""
    body = stored.statement.body
    return {
        **view_statement(conn, stored),
        "service": str(body.get("service", "")),
        "label_kind": str(body.get("kind", "")),
        "addresses": len(body.get("addresses", ())),
        "reason": str(body.get("reason", "")),
    }


def _is_recall(stored: StoredStatement) -> bool:
    return stored.statement.kind == "recall" and stored.state in {"published", "received"}


def _view_denials(conn: Connection, case_id: str) -> list[dict[str, Any]]:
    rows = conn.execute(
        select(tables.denial).where(tables.denial.c.case_id == case_id).order_by(tables.denial.c.n)
    )
    return [
        {
            "time": format_time(row.time),
            "subject": row.subject,
            "member": row.member,
            "rule": row.rule,
            "reason": row.reason,
        }
        for row in rows
    ]
