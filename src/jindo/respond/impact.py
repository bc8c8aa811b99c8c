"""What a recall takes the ground from, and who was told of it.

* A recalled label takes it from every trace that stopped at it; a recalled exhibit, from itself.
* From a trace it goes on to the requests whose custody note names it, and to the statements that carried either.
* Who was told is the audience of each of those statements, with who acknowledged it and who has not.

Nothing is changed here: tracing again is a job (`app`), and what was said stays said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from jindo.base.times import format_time
from jindo.respond.exhibits import Exhibit, list_exhibits
from jindo.respond.requests import Request, list_requests
from jindo.share import Acknowledgement, StoredStatement, list_receipts, read_statement
from jindo.store import tables


@dataclass(frozen=True, slots=True)
class TouchedStatement:
    """A statement that carried something which lost its ground, and who was told."""

    id: str
    kind: str
    subject: str
    member: str
    told: tuple[Acknowledgement, ...]


@dataclass(frozen=True, slots=True)
class Impact:
    """All that rests on one statement."""

    statement: StoredStatement
    recall_id: str | None
    """The statement that recalls it; `None` while nobody has."""
    told: tuple[Acknowledgement, ...]
    """Who got the statement itself."""
    recall_told: tuple[Acknowledgement, ...]
    """Who was told of the recall, and who acknowledged it."""
    exhibits: tuple[Exhibit, ...]
    requests: tuple[Request, ...]
    touched: tuple[TouchedStatement, ...]

    def to_view(self) -> list[dict[str, Any]]:
        """What rested on the statement: each exhibit and request, and whom it had been given to."""
        exhibits = [_view_exhibit(exhibit, self.touched) for exhibit in self.exhibits]
        return [*exhibits, *(_view_request(request, self.touched) for request in self.requests)]


def find_impact(conn: Connection, statement_id: str) -> Impact:
    """What rests on a statement: traces, requests, and the statements that carried them to others.

    Raises:
        NotFound: there is no such statement.
    """
    stored = read_statement(conn, statement_id)
    exhibits = _find_exhibits(conn, stored)
    requests = _find_requests(conn, stored, {exhibit.id for exhibit in exhibits})
    subjects = {exhibit.id for exhibit in exhibits} | {request.id for request in requests}
    touched = [row for row in _find_touched(conn, subjects) if row.id != statement_id]
    recall_id = stored.recalled_by
    return Impact(
        statement=stored,
        recall_id=recall_id,
        told=tuple(list_receipts(conn, statement_id)),
        recall_told=tuple(list_receipts(conn, recall_id)) if recall_id else (),
        exhibits=exhibits,
        requests=requests,
        touched=tuple(touched),
    )


def _find_exhibits(conn: Connection, stored: StoredStatement) -> tuple[Exhibit, ...]:
    """Exhibits that rest on a label, in whichever case, or the one that the statement carried."""
    cases = conn.execute(
        select(tables.exhibit.c.case_id).distinct().order_by(tables.exhibit.c.case_id)
    ).scalars()
    everything = (exhibit for case_id in cases for exhibit in list_exhibits(conn, case_id))
    return tuple(
        exhibit
        for exhibit in everything
        if stored.id in exhibit.facts.get("rests_on", ())
        or (stored.statement.kind == "exhibit" and exhibit.id == stored.statement.subject)
    )


def _find_requests(conn: Connection, stored: StoredStatement, exhibits: set[str]) -> tuple[Request, ...]:
    return tuple(
        request
        for request in list_requests(conn)
        if request.body["custody"]["exhibit_id"] in exhibits or request.statement_id == stored.id
    )


def _find_touched(conn: Connection, subjects: set[str]) -> list[TouchedStatement]:
    rows = tables.statement
    kinds = rows.c.kind.in_(("exhibit", "request")), rows.c.state.in_(("published", "received"))
    chosen = select(rows.c.id, rows.c.kind, rows.c.subject, rows.c.member).where(*kinds)
    found = conn.execute(
        chosen.where(rows.c.subject.in_(sorted(subjects))).order_by(rows.c.made, rows.c.id)
    ).all()
    return [
        TouchedStatement(row.id, row.kind, row.subject, row.member, tuple(list_receipts(conn, row.id)))
        for row in found
    ]


def _view_exhibit(exhibit: Exhibit, touched: Iterable[TouchedStatement]) -> dict[str, Any]:
    told = _view_told(exhibit.id, touched)
    return {
        "kind": "exhibit",
        "id": exhibit.id,
        "case": exhibit.case_id,
        "title": exhibit.title,
        "told": told,
    }


def _view_request(request: Request, touched: Iterable[TouchedStatement]) -> dict[str, Any]:
    title = f"{request.kind} {request.body['case']['number']}"
    told = _view_told(request.id, touched)
    return {"kind": "request", "id": request.id, "case": request.case_id, "title": title, "told": told}


def _view_told(subject: str, touched: Iterable[TouchedStatement]) -> list[dict[str, str]]:
    """Each member that was given it, with when it acknowledged that, or nothing where it has not."""
    said = [row for statement in touched if statement.subject == subject for row in statement.told]
    return [{"member": row.member, "acknowledged": format_time(row.time)} for row in said]
