"""Transactions on both databases: all or nothing, one writer after the other, readers at one moment."""

import threading

import pytest
from sqlalchemy import Connection, func, insert, select, text, update

from jindo.base.errors import ConflictError, InputError, NotFound, SourceError
from jindo.store import Store, add_job, get_job, list_jobs, open_store, record_audit, tables, verify_audit


def add(conn: Connection, number: int) -> None:
    add_job(conn, id=f"job-{number}", kind="trace", subject="case", args={"n": number}, time=number)


def test_begin_keeps_what_was_written(store: Store) -> None:
    with store.begin() as conn:
        add(conn, 1)
    with store.read() as conn:
        assert get_job(conn, "job-1").args == {"n": 1}


def test_an_exception_undoes_everything(store: Store) -> None:
    def half() -> None:
        with store.begin() as conn:
            add(conn, 1)
            record_audit(conn, time=1, actor="a", act="b", subject="c")
            raise NotFound("no such case")

    with pytest.raises(NotFound):
        half()
    with store.read() as conn:
        assert (list_jobs(conn), verify_audit(conn)) == ([], 0)


def test_read_cannot_write(store: Store) -> None:
    with pytest.raises(SourceError), store.read() as conn:
        add(conn, 1)
    with store.begin() as conn:  # the same connection, from the pool
        add(conn, 2)
    with store.read() as conn:
        assert [one.id for one in list_jobs(conn)] == ["job-2"]


def test_reader_sees_one_moment_and_waits_for_nobody(store: Store) -> None:
    with store.begin() as conn:
        add(conn, 1)
    with store.read() as reader:
        assert len(list_jobs(reader)) == 1
        with store.begin() as writer:
            add(writer, 2)
            assert len(list_jobs(reader)) == 1
        assert len(list_jobs(reader)) == 1
    with store.read() as reader:
        assert len(list_jobs(reader)) == 2


def test_writers_come_one_after_the_other(store: Store) -> None:
    """Each reads a count and writes it back plus one: with two writers at once, additions would be lost."""
    with store.begin() as conn:
        add(conn, 0)
    problems: list[Exception] = []

    def work() -> None:
        try:
            for _ in range(10):
                with store.begin() as conn:
                    found = conn.execute(select(tables.job.c.attempts)).scalar_one()
                    conn.execute(update(tables.job).values(attempts=found + 1))
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with store.read() as conn:
        assert get_job(conn, "job-0").attempts == 60


def test_an_id_twice_is_a_conflict_and_shows_no_value(store: Store) -> None:
    row = {"id": "kim-cheolsu", "name": "x", "roles": [], "active": True, "added": 1}
    with pytest.raises(ConflictError) as caught, store.begin() as conn:
        conn.execute(insert(tables.person), [row, row])
    assert caught.value.code == "store.conflict"
    assert "kim" not in str(caught.value)
    with store.read() as conn:
        assert conn.execute(select(func.count()).select_from(tables.person)).scalar_one() == 0


def test_a_row_that_names_nothing_is_a_conflict(store: Store) -> None:
    with pytest.raises(ConflictError), store.begin() as conn:
        conn.execute(insert(tables.case_person).values(case_id="none", person="nobody", role="lead"))


@pytest.mark.parametrize("value", [2**70, -(2**64)])
def test_a_number_that_no_column_holds_is_an_input_error(store: Store, value: int) -> None:
    with pytest.raises(InputError) as caught, store.begin() as conn:
        add_job(conn, id="x", kind="k", subject="s", args={}, time=value)
    assert caught.value.code == "store.value"


def test_a_text_that_is_no_utf8_is_an_input_error(store: Store) -> None:
    with pytest.raises(InputError), store.begin() as conn:
        add_job(conn, id="\ud800", kind="k", subject="s", args={}, time=1)


def test_text_of_any_script_comes_back(store: Store) -> None:
    subject = "사건 2026-1 – ‘Ω’ \U0001f512"
    with store.begin() as conn:
        add_job(conn, id="x", kind="k", subject=subject, args={"title": subject}, time=1)
    with store.read() as conn:
        found = get_job(conn, "x")
    assert (found.subject, found.args) == (subject, {"title": subject})


@pytest.mark.engine("postgres")
def test_nul_is_an_input_error_on_postgres(pg_url: str) -> None:
    store = open_store(pg_url)
    store.migrate()
    with pytest.raises(InputError) as caught, store.begin() as conn:
        add_job(conn, id="a\x00b", kind="k", subject="s", args={}, time=1)
    store.close()
    assert caught.value.code == "store.value"


@pytest.mark.engine("postgres")
def test_a_connection_that_the_server_dropped_is_made_anew(pg_url: str) -> None:
    store, other = open_store(pg_url), open_store(pg_url)
    store.migrate()
    drop = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
    with other.read() as conn:
        conn.execute(text(drop))
    with store.begin() as conn:
        add(conn, 1)
    store.close()
    other.close()
