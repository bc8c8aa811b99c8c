"""The audit trail: who did what and when on this node, each row sealed with all rows before it.

* Rows are added, never changed; they are numbered from 1 without gaps.
* A row's hash covers its content and the hash of the row before: a change breaks every row after it.
* Actors and subjects are ids. Names of people do not belong here.

Rows cut off at the end leave an unbroken chain; that they were there is shown by the node's log (`share`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select

from jindo.base.errors import IntegrityError
from jindo.seal import canonical_hash
from jindo.store.tables import audit

FIRST_PREV = "0" * 64
"""What stands before the first row."""


class AuditBroken(IntegrityError):
    """A row of the audit trail is not what was written, or is missing."""

    code = "store.audit"


def record_audit(
    conn: Connection,
    *,
    time: int,
    actor: str,
    act: str,
    subject: str,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add one row.

    Raises:
        InputError: `detail` has no canonical JSON form.
    """
    last = conn.execute(select(audit.c.n, audit.c.hash).order_by(audit.c.n.desc()).limit(1)).first()
    row = {
        "n": 1 if last is None else last.n + 1,
        "time": time,
        "actor": actor,
        "act": act,
        "subject": subject,
        "detail": dict(detail or {}),
        "prev": FIRST_PREV if last is None else last.hash,
    }
    conn.execute(insert(audit).values(**row, hash=canonical_hash(row)))


def read_audit(conn: Connection, *, after: int = 0, limit: int = 200) -> list[dict[str, Any]]:
    """At most `limit` rows behind row `after`, in their order."""
    found = conn.execute(select(audit).where(audit.c.n > after).order_by(audit.c.n).limit(limit))
    return [dict(row) for row in found.mappings()]


def verify_audit(conn: Connection) -> int:
    """How many rows there are, if each is as it was written.

    Raises:
        IntegrityError: code `store.audit`, with the number of the first row that is not.
    """
    prev, count = FIRST_PREV, 0
    while rows := read_audit(conn, after=count, limit=1000):
        for row in rows:
            count += 1
            sealed = row.pop("hash")
            if row["n"] != count or row["prev"] != prev or canonical_hash(row) != sealed:
                raise AuditBroken("the row is not the one that was written here", place=f"audit row {count}")
            prev = sealed
    return count
