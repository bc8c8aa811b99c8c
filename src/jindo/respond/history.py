"""The history of a case: who did what and when, as a chain of hashes that only grows.

* Each row's hash covers the row and the hash before it: nothing can be edited, left out or moved without a trace.
* Every row's hash is also a leaf of the member's log, so that the end of the chain cannot be cut off either.
* Order is the order of recording. A clock that jumps back shows in the times and breaks nothing.
* Rows name people by their id, and things by id and hash: no content and no personal data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, func, insert, select

from jindo.base.errors import IntegrityError
from jindo.seal import canonical_hash
from jindo.share import append_leaf
from jindo.store import tables

START = "0" * 64
"""What stands before the first row."""
COLUMNS = ("case_id", "n", "time", "actor", "act", "detail", "prev", "hash")


def record_history(
    conn: Connection, case_id: str, *, time: int, actor: str, act: str, detail: Mapping[str, Any]
) -> dict[str, Any]:
    """Append a row to the case's history and its hash to the log; the row as it stands.

    Raises:
        InputError: `detail` has no canonical JSON form.
    """
    n, prev = _find_head(conn, case_id)
    row = {"case_id": case_id, "n": n + 1, "time": time, "actor": actor, "act": act, "detail": dict(detail)}
    row = {**row, "prev": prev}
    row = {**row, "hash": hash_row(row)}
    conn.execute(insert(tables.history).values(row))
    append_leaf(conn, kind="history", subject=case_id, commitment=str(row["hash"]), time=time)
    return row


def read_history(conn: Connection, case_id: str) -> list[dict[str, Any]]:
    """The rows of a case, in order."""
    rows = tables.history
    found = conn.execute(select(rows).where(rows.c.case_id == case_id).order_by(rows.c.n)).mappings()
    return [{name: row[name] for name in COLUMNS} for row in found]


def verify_history(rows: Iterable[Mapping[str, Any]], *, head: str | None = None) -> str:
    """Check that the rows are one unbroken chain of one case; the hash of the last.

    With `head`, the last row must have that hash: a chain cut off at its end is whole in itself.

    Raises:
        IntegrityError: a row was edited, left out, moved or added; it names the row.
    """
    prev, case_id, n = START, None, 0
    for n, row in enumerate(rows, start=1):
        case_id = row.get("case_id") if case_id is None else case_id
        if row.keys() != set(COLUMNS) or row["case_id"] != case_id or row["n"] != n or row["prev"] != prev:
            raise IntegrityError(
                "the history is broken here: a row is missing, moved or added", place=_row(n)
            )
        if hash_row(row) != row["hash"]:
            raise IntegrityError("this row of the history was changed after it was written", place=_row(n))
        prev = str(row["hash"])
    if head is not None and prev != head:
        raise IntegrityError("the history does not end where the log says it does", place=_row(n))
    return prev


def hash_row(row: Mapping[str, Any]) -> str:
    """What a row's `hash` must be, from its other columns."""
    return canonical_hash({name: row[name] for name in COLUMNS if name != "hash"})


def _find_head(conn: Connection, case_id: str) -> tuple[int, str]:
    rows = tables.history
    last = select(func.max(rows.c.n)).where(rows.c.case_id == case_id).scalar_subquery()
    found = conn.execute(
        select(rows.c.n, rows.c.hash).where(rows.c.case_id == case_id, rows.c.n == last)
    ).first()
    return (found.n, found.hash) if found else (0, START)


def _row(n: int) -> str:
    return f"history row {n}"
