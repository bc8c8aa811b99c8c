"""Everything that this node holds of a case, as plain data: what a brief and an exported folder are made of.

* The **record** is this node's own word: the case, its exhibits, its people by id, what was denied, what is in draft.
* What was said to and by others is not in the record but in signed statements, which are listed by id alone.
* Receipts and recalls belong to a case with what they are about, whatever case they name themselves.
* The same database gives the same record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select

from jindo.base.errors import InputError
from jindo.base.markings import Tlp
from jindo.respond.cases import Case, build_case_body, case_people
from jindo.respond.exhibits import build_exhibit_body, list_exhibits
from jindo.share import Member, SignedStatement, get_act, list_members, read_statement, signed_of
from jindo.store import tables

RECORD_FORMAT = "jindo.case-record/1"
SAID = ("published", "received")
"""States of statements that were said: not drafts, not what stands in quarantine."""


KEPT_IN = (Tlp.RED, Tlp.AMBER_STRICT)
"""Markings that leave to no node: of these nothing was ever said to others, so that a record holds together without."""


def leave_out_marked(record: Mapping[str, Any], markings: Iterable[Tlp]) -> dict[str, Any]:
    """The record without the exhibits of these markings, and with how many there were of each.

    Raises:
        InputError: a marking is none of `KEPT_IN`, or the case itself is marked so.
    """
    chosen = sorted(set(markings), key=lambda level: -level.rank)
    for level in chosen:
        if level not in KEPT_IN:
            raise InputError(
                f"what is marked TLP:{level.value} may have been said to others, and its statements belong to the case",
                place="leave-out",
                remedy="Only TLP:RED and TLP:AMBER+STRICT can be left out.",
            )
        if record["case"]["tlp"] == level.value:
            raise InputError(f"the case itself is marked TLP:{level.value}", place="leave-out")
    left = count_marked(record["exhibits"], chosen)
    gone = {row["tlp"] for row in left}
    kept = [row for row in record["exhibits"] if row["tlp"] not in gone]
    return {**record, "exhibits": kept, "left_out": left} if left else dict(record)


def count_marked(exhibits: Iterable[Mapping[str, Any]], markings: Iterable[Tlp]) -> list[dict[str, Any]]:
    """How many exhibits bear each of these markings, as rows of `tlp` and `exhibits`; none where there is none."""
    marked = [str(row["tlp"]) for row in exhibits]
    found = [{"tlp": level.value, "exhibits": marked.count(level.value)} for level in markings]
    return [row for row in found if row["exhibits"]]


def read_case_record(conn: Connection, case: Case, *, me: Member, time: int) -> dict[str, Any]:
    """The record of a case at `time`, JSON-ready."""
    statements = list_case_statements(conn, case)
    return {
        "format": RECORD_FORMAT,
        "case": build_case_body(case),
        "held_by": me.id,
        "as_of": time,
        "people": case_people(conn, case.id),
        "members": _list_members(conn, case, me, statements),
        "exhibits": [
            {**build_exhibit_body(exhibit), "added_by": exhibit.added_by}
            for exhibit in list_exhibits(conn, case.id)
        ],
        "statements": [
            {
                "id": row["id"],
                "kind": row["kind"],
                "member": row["member"],
                "entered": row["published"],
                "leaf": row["leaf"],
            }
            for row in statements
        ],
        "drafts": _list_drafts(conn, case),
        "quarantined": _list_quarantined(conn, case, statements),
        "denials": _list_denials(conn, case),
    }


def list_case_statements(conn: Connection, case: Case) -> list[dict[str, Any]]:
    """Rows of every statement that was said about the case, by either side, recalled ones included; oldest first."""
    rows = tables.statement
    rests_on = {one for exhibit in list_exhibits(conn, case.id) for one in exhibit.facts.get("rests_on", [])}
    found = _select_said(conn, or_(rows.c.case_id == case.id, rows.c.id.in_(sorted(rests_on))))
    for kind in ("recall", "receipt"):
        about = rows.c.kind == kind, rows.c.subject.in_(sorted(found))
        found |= _select_said(conn, about[0] & about[1])
    return sorted(found.values(), key=lambda row: (row["made"], row["published"], row["leaf"], row["id"]))


def describe_statement(signed: SignedStatement, *, entered: int | None) -> dict[str, Any]:
    """What a brief takes from one signed statement; `entered` is when this node published or received it."""
    said = signed.statement
    return {
        "id": said.id,
        "kind": said.kind,
        "member": said.member,
        "case_id": said.case_id,
        "subject": said.subject,
        "made": said.made,
        "entered": entered,
        "expires": said.expires,
        "tlp": said.tlp.value,
        "purpose": said.purpose,
        "recipients": list(said.recipients),
        "body": dict(said.body),
        "sha256": signed.sha256,
        "signed_by": [
            {"officer": officer.id, "roles": list(officer.roles), "key_id": officer.key.key_id}
            for officer in sorted(signed.officers, key=lambda officer: (officer.id, officer.key.key_id))
        ],
    }


def describe_statements(conn: Connection, record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """`describe_statement` of every statement that a record lists, in its order."""
    return [
        describe_statement(signed_of(conn, row["id"]), entered=row["entered"]) for row in record["statements"]
    ]


def _select_said(conn: Connection, chosen: ColumnElement[bool]) -> dict[str, dict[str, Any]]:
    rows = tables.statement
    names = (
        rows.c.id,
        rows.c.kind,
        rows.c.member,
        rows.c.subject,
        rows.c.made,
        rows.c.published,
        rows.c.leaf,
    )
    found = conn.execute(select(*names).where(chosen, rows.c.state.in_(SAID))).mappings()
    return {str(row["id"]): dict(row) for row in found}


def _list_members(
    conn: Connection, case: Case, me: Member, statements: Iterable[Mapping[str, Any]]
) -> list[dict[str, str]]:
    """All who have a part: who opened the case, who said something, who was told something."""
    said, audience = list(statements), tables.audience
    ids = [row["id"] for row in said]
    told = conn.execute(select(audience.c.member).where(audience.c.statement_id.in_(ids))).scalars()
    involved = {me.id, case.origin, *(str(row["member"]) for row in said), *told}
    known = {member.id: member for member in [*list_members(conn), me]}
    return [
        {"id": member.id, "name": member.name, "country": member.country, "kind": member.kind}
        for _, member in sorted(known.items())
        if member.id in involved
    ]


def _list_drafts(conn: Connection, case: Case) -> list[dict[str, Any]]:
    rows = tables.statement
    chosen = select(rows.c.id).where(rows.c.case_id == case.id, rows.c.state == "draft")
    drafts = [
        read_statement(conn, draft_id)
        for draft_id in conn.execute(chosen.order_by(rows.c.made, rows.c.id)).scalars()
    ]
    return [
        {
            "id": draft.id,
            "kind": draft.statement.kind,
            "subject": draft.statement.subject,
            "made": draft.statement.made,
            "recipients": list(draft.statement.recipients),
            "tlp": draft.statement.tlp.value,
            "body": dict(draft.statement.body),
            "signed_by": sorted(officer.id for officer in draft.officers),
            "needs": get_act(draft.statement.kind).signatures,
        }
        for draft in drafts
    ]


def _list_quarantined(
    conn: Connection, case: Case, statements: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """What came for the case and was not believed; what it says is kept out of everything."""
    rows = tables.statement
    subjects = sorted({case.id, *(str(row["id"]) for row in statements)})
    about = or_(rows.c.case_id == case.id, rows.c.subject.in_(subjects))
    names = (rows.c.id, rows.c.member, rows.c.published, rows.c.problem)
    found = conn.execute(select(*names).where(about, rows.c.state == "quarantined").order_by(rows.c.id))
    return [
        {"id": row.id, "member": row.member, "time": row.published, "problem": row.problem or ""}
        for row in found
    ]


def _list_denials(conn: Connection, case: Case) -> list[dict[str, Any]]:
    rows = tables.denial
    found = conn.execute(select(rows).where(rows.c.case_id == case.id).order_by(rows.c.n))
    return [
        {
            "time": row.time,
            "subject": row.subject,
            "member": row.member,
            "rule": row.rule,
            "reason": row.reason,
        }
        for row in found
    ]
