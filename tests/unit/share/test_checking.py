"""A statement that was changed after it went into the log is found, and named."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, Table, delete, update
from tests.unit.share.cast import NOW, SEOUL, a_statement, draft_signed, signed

from jindo.base.errors import IntegrityError
from jindo.share import (
    append_leaf,
    publish,
    record_quarantined,
    record_received,
    statement_payload,
    verify_log,
    verify_statements,
)
from jindo.store import tables

OURS, THEIRS = a_statement("request"), a_statement("label", member="hague", recipients=("seoul",))


@pytest.fixture
def held(conn: Connection) -> Connection:
    draft_signed(conn, OURS)
    publish(conn, OURS.id, me=SEOUL, time=NOW)
    append_leaf(conn, kind="history", subject="case", commitment="ab", time=NOW)
    record_received(conn, signed(THEIRS), time=NOW)
    record_quarantined(conn, b"{", "hague", "no statement", NOW)
    draft_signed(conn, a_statement("case"))
    return conn


def test_verify_statements_counts_those_with_a_leaf(held: Connection) -> None:
    assert verify_statements(held) == 3
    assert verify_log(held) == 4


OTHER = statement_payload(a_statement("request", body={"other": True}, nonce=OURS.nonce))


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (tables.statement, {"payload": OTHER}),
        (tables.statement, {"leaf": 1}),
        (tables.statement, {"leaf": 99}),
        (tables.signature, {"sig": "A" * 86 + "=="}),
    ],
)
def test_verify_statements_names_what_was_changed(
    held: Connection, table: Table, values: dict[str, Any]
) -> None:
    column = table.c["id"] if table is tables.statement else table.c["statement_id"]
    held.execute(update(table).where(column == OURS.id).values(**values))
    with pytest.raises(IntegrityError) as found:
        verify_statements(held)
    assert found.value.place == f"statement {OURS.id}"


def test_verify_statements_finds_a_signature_taken_out(held: Connection) -> None:
    held.execute(delete(tables.signature).where(tables.signature.c.officer == "lee"))
    with pytest.raises(IntegrityError, match="not what the log committed to"):
        verify_statements(held)


def test_verify_statements_finds_a_change_in_quarantine(held: Connection) -> None:
    held.execute(
        update(tables.statement).where(tables.statement.c.state == "quarantined").values(payload=b"[]")
    )
    with pytest.raises(IntegrityError):
        verify_statements(held)


def test_verify_statements_names_an_unreadable_payload(held: Connection) -> None:
    held.execute(update(tables.statement).where(tables.statement.c.id == THEIRS.id).values(payload=b"{"))
    with pytest.raises(IntegrityError, match="cannot be read"):
        verify_statements(held)
