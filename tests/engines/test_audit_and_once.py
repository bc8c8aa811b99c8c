"""The audit trail and the answers that are given once, on both databases."""

import threading

import pytest
from sqlalchemy import delete, insert, select, update

from jindo.base.errors import ConflictError, InputError, IntegrityError
from jindo.store import Store, find_answer, read_audit, record_answer, record_audit, tables, verify_audit

audit = tables.audit


def fill(store: Store, count: int) -> None:
    for number in range(1, count + 1):
        with store.begin() as conn:
            record_audit(
                conn,
                time=number,
                actor="han",
                act="case.open",
                subject="사건",
                detail={"n": [number, None, "é"]},
            )


def test_rows_are_numbered_from_one_and_chained(store: Store) -> None:
    fill(store, 3)
    with store.read() as conn:
        rows = read_audit(conn)
        assert verify_audit(conn) == 3
    assert [row["n"] for row in rows] == [1, 2, 3]
    assert rows[0]["prev"] == "0" * 64
    assert [row["prev"] for row in rows[1:]] == [row["hash"] for row in rows[:-1]]
    assert rows[2]["detail"] == {"n": [3, None, "é"]}


def test_read_audit_reads_on(store: Store) -> None:
    fill(store, 5)
    with store.read() as conn:
        assert [row["n"] for row in read_audit(conn, after=2, limit=2)] == [3, 4]
        assert read_audit(conn, after=5) == []


def test_a_row_undone_leaves_no_gap(store: Store) -> None:
    """Unlike a counter of the database's own, which counts what was rolled back."""
    fill(store, 1)
    with store.begin() as conn, conn.begin_nested() as undone:
        record_audit(conn, time=2, actor="a", act="b", subject="c")
        undone.rollback()
    fill(store, 1)
    with store.read() as conn:
        assert verify_audit(conn) == 2


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("time", 99),
        ("actor", "park"),
        ("act", "case.close"),
        ("subject", "x"),
        ("detail", {"n": []}),
        ("prev", "0" * 64),
        ("hash", "0" * 64),
    ],
)
def test_verify_audit_names_a_changed_row(store: Store, column: str, value: object) -> None:
    fill(store, 4)
    with store.begin() as conn:
        conn.execute(update(audit).where(audit.c.n == 3).values({column: value}))
    with pytest.raises(IntegrityError) as caught, store.read() as conn:
        verify_audit(conn)
    assert (caught.value.code, caught.value.place) == ("store.audit", "audit row 3")


def test_verify_audit_names_a_missing_row(store: Store) -> None:
    fill(store, 4)
    with store.begin() as conn:
        conn.execute(delete(audit).where(audit.c.n == 2))
    with pytest.raises(IntegrityError, match="audit row 2"), store.read() as conn:
        verify_audit(conn)


def test_verify_audit_names_a_row_put_in_between(store: Store) -> None:
    fill(store, 2)
    with store.begin() as conn:
        row = dict(conn.execute(select(audit).where(audit.c.n == 1)).mappings().one())
        conn.execute(insert(audit).values({**row, "n": 3}))
    with pytest.raises(IntegrityError, match="audit row 3"), store.read() as conn:
        verify_audit(conn)


def test_record_audit_refuses_a_number_that_readers_round(store: Store) -> None:
    with pytest.raises(InputError), store.begin() as conn:
        record_audit(conn, time=1, actor="a", act="b", subject="c", detail={"amount": 2**60})


def test_an_answer_is_found_again(store: Store) -> None:
    with store.begin() as conn:
        assert find_answer(conn, "han/k1", act="case.open", asked="aa") is None
        record_answer(conn, "han/k1", act="case.open", asked="aa", answer={"id": "c1"}, time=5)
    with store.begin() as conn:
        assert find_answer(conn, "han/k1", act="case.open", asked="aa") == {"id": "c1"}
        assert find_answer(conn, "park/k1", act="case.open", asked="aa") is None


@pytest.mark.parametrize(("act", "asked"), [("case.open", "bb"), ("share", "aa")])
def test_a_key_used_for_something_else_is_refused(store: Store, act: str, asked: str) -> None:
    with store.begin() as conn:
        record_answer(conn, "k", act="case.open", asked="aa", answer={}, time=5)
    with pytest.raises(ConflictError) as caught, store.begin() as conn:
        find_answer(conn, "k", act=act, asked=asked)
    assert caught.value.code == "store.once"


def test_the_same_request_at_once_is_done_once(store: Store) -> None:
    done: list[int] = []
    answers: list[object] = []

    def ask(number: int) -> None:
        with store.begin() as conn:
            answer = find_answer(conn, "k", act="a", asked="x")
            if answer is None:
                done.append(number)
                answer = {"by": number}
                record_answer(conn, "k", act="a", asked="x", answer=answer, time=1)
            answers.append(answer)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 1
    assert answers == [{"by": done[0]}] * 6
