"""Views of statements: what people and programs see of what was said, signed, given and received."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from jindo.base.times import format_time
from jindo.share import STATEMENT_TYPE, StoredStatement, get_act, list_receipts


def view_statement(conn: Connection, stored: StoredStatement) -> dict[str, Any]:
    """One statement, without its payload."""
    said = stored.statement
    act = get_act(said.kind)
    return {
        "id": stored.id,
        "kind": said.kind,
        "member": said.member,
        "case": said.case_id or "",
        "subject": said.subject,
        "title": title_of(said.kind, said.body),
        "tlp": said.tlp.value,
        "made": format_time(said.made),
        "expires": format_time(said.expires),
        "state": stored.state,
        "problem": stored.problem or "",
        "payload_type": STATEMENT_TYPE,
        "recipients": list(said.recipients),
        "needs": {"signatures": act.signatures, "roles": sorted(act.roles)},
        "has": [
            {"officer": officer.id, "roles": list(officer.roles), "key_id": officer.key.key_id}
            for officer in stored.officers
        ],
        "published": format_time(stored.published),
        "leaf": stored.leaf,
        "recalled_by": stored.recalled_by or "",
        "receipts": [
            {"member": row.member, "received": format_time(row.time)} for row in list_receipts(conn, said.id)
        ],
    }


def title_of(kind: str, body: Any) -> str:
    """A few words on what a statement says."""
    if kind in {"case", "exhibit"}:
        return str(body.get("title", ""))
    if kind == "label":
        named = len(body.get("addresses", ()))
        addresses = "1 address" if named == 1 else f"{named} addresses"
        return f"{body.get('service', '')} · {body.get('kind', '')} · {addresses}"
    if kind == "request":
        case = body.get("case")
        number = case.get("number", "") if isinstance(case, Mapping) else ""
        return f"{body.get('kind', '')} {number}".strip()
    if kind == "reply":
        return str(body.get("state", ""))
    return str(body.get("reason", ""))
