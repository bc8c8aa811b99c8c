"""Whether the statements that a node holds are still those that its log committed to.

* A statement with a leaf has the envelope (payload and signatures) whose hash the leaf holds; what is in quarantine
  has its payload's.
* The first that does not fit is named; which side was changed cannot be told from here.
"""

from __future__ import annotations

import json

from sqlalchemy import Connection, select

from jindo.base.errors import InputError, IntegrityError
from jindo.seal import sha256_hex
from jindo.share.stored import read_statement, to_signed
from jindo.store import tables


def verify_statements(conn: Connection) -> int:
    """How many statements have a leaf, each of them as it was when the leaf was made.

    Raises:
        IntegrityError: a statement or its leaf was changed, or the leaf is not there; it names the statement.
    """
    said, leaf = tables.statement, tables.leaf
    joined = select(said.c.id, said.c.state, leaf.c.data).outerjoin(leaf, leaf.c.n == said.c.leaf)
    rows = conn.execute(joined.where(said.c.leaf.is_not(None)).order_by(said.c.leaf)).all()
    for row in rows:
        committed = {} if row.data is None else json.loads(row.data)
        held = _hash_of(conn, row.id, row.state)
        if (committed.get("subject"), committed.get("commitment")) != (row.id, held):
            raise IntegrityError(
                "the statement is not what the log committed to", place=f"statement {row.id}"
            )
    return len(rows)


def _hash_of(conn: Connection, statement_id: str, state: str) -> str:
    if state == "quarantined":
        of_it = tables.statement.c.id == statement_id
        return sha256_hex(bytes(conn.execute(select(tables.statement.c.payload).where(of_it)).scalar_one()))
    try:
        return to_signed(read_statement(conn, statement_id)).sha256
    except InputError as error:
        raise IntegrityError(
            "the statement cannot be read any more", place=f"statement {statement_id}"
        ) from error
