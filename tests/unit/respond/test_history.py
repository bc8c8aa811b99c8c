"""The history of a case: a chain that shows every change, and reaches into the log."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import Connection, select
from tests.unit.respond.alliance import NOW, Alliance, make_case

from jindo.base.errors import IntegrityError
from jindo.respond import read_history, record_history, verify_history
from jindo.share import verify_log
from jindo.store import tables


def write(conn: Connection, alliance: Alliance, count: int = 3) -> list[dict[str, Any]]:
    case = make_case(conn, alliance.seoul)
    for n in range(count):
        record_history(conn, case.id, time=NOW + n, actor="seoul-1", act="note-added", detail={"n": n})
    return read_history(conn, case.id)


def test_verify_history_follows_the_chain_to_its_head(conn: Connection, alliance: Alliance) -> None:
    rows = write(conn, alliance)
    assert [row["act"] for row in rows[:2]] == ["case-opened", "person-added"]
    assert verify_history(rows) == rows[-1]["hash"]
    assert verify_history(rows, head=rows[-1]["hash"]) == rows[-1]["hash"]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor", "seoul-2"),
        ("time", 1),
        ("act", "x"),
        ("detail", {"n": 9}),
        ("hash", "0" * 64),
        ("prev", "1" * 64),
    ],
)
def test_verify_history_names_the_row_that_was_edited(
    conn: Connection, alliance: Alliance, column: str, value: object
) -> None:
    rows = write(conn, alliance)
    rows[3] = {**rows[3], column: value}
    with pytest.raises(IntegrityError, match="history row 4"):
        verify_history(rows)


def test_verify_history_sees_a_row_left_out_and_a_tail_cut_off(conn: Connection, alliance: Alliance) -> None:
    rows = write(conn, alliance)
    with pytest.raises(IntegrityError, match="history row 3"):
        verify_history(rows[:2] + rows[3:])
    assert verify_history(rows[:-1])
    with pytest.raises(IntegrityError, match="does not end where the log says"):
        verify_history(rows[:-1], head=rows[-1]["hash"])


def test_record_history_leaves_each_row_in_the_log(conn: Connection, alliance: Alliance) -> None:
    rows = write(conn, alliance)
    leaves = conn.execute(select(tables.leaf).order_by(tables.leaf.c.n)).mappings().all()
    assert [json.loads(leaf["data"])["commitment"] for leaf in leaves] == [row["hash"] for row in rows]
    assert verify_log(conn) == len(rows)


def test_a_clock_that_jumps_back_breaks_nothing(conn: Connection, alliance: Alliance) -> None:
    case = make_case(conn, alliance.seoul)
    record_history(conn, case.id, time=5, actor="seoul-1", act="note-added", detail={})
    rows = read_history(conn, case.id)
    assert rows[-1]["time"] < rows[0]["time"]
    verify_history(rows)
