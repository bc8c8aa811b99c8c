"""Opening a database: which addresses there are, and what SQLite is told."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from jindo.base.errors import InputError, IntegrityError, SourceError
from jindo.store import Store, add_job, list_jobs, open_store

Opening = Callable[[str], Store]


@pytest.fixture
def opening() -> Iterator[Opening]:
    """Opens databases, and closes them when the test is over."""
    with ExitStack() as stack:
        yield lambda url: stack.enter_context(closing(open_store(url)))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "jindo.db"


@pytest.fixture
def store(file: Path, opening: Opening) -> Store:
    opened = opening(f"sqlite:///{file}")
    opened.migrate()
    return opened


@pytest.mark.parametrize(
    "url",
    [
        "",
        "jindo.db",
        "sqlite://",
        "sqlite:///:memory:",
        "mysql://u@h/d",
        "sqlite+aiosqlite:///x.db",
        "postgresql+asyncpg://h/d",
    ],
)
def test_open_store_refuses_other_addresses(url: str) -> None:
    with pytest.raises(InputError) as caught:
        open_store(url)
    assert caught.value.code == "store.url"


def test_password_is_not_shown(opening: Opening) -> None:
    store = opening("postgresql://jindo:hush@db.example/node")
    assert "hush" not in repr(store)
    assert store.url == "postgresql+psycopg://jindo:hush@db.example/node"
    with pytest.raises(InputError) as caught:
        open_store("mysql://jindo:hush@db.example/node")
    assert "hush" not in str(caught.value) + caught.value.remedy()


def test_url_opens_the_same_database(store: Store, opening: Opening) -> None:
    with store.begin() as conn:
        add_job(conn, id="x", kind="k", subject="s", args={}, time=1)
    with opening(store.url).read() as conn:
        assert [one.id for one in list_jobs(conn)] == ["x"]


@pytest.mark.parametrize(
    ("setting", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 60_000)],
)
def test_sqlite_is_durable_and_keeps_references(store: Store, setting: str, value: object) -> None:
    with store.begin() as conn:
        assert conn.exec_driver_sql(f"PRAGMA {setting}").scalar_one() == value


def test_begin_waits_for_the_writer_of_another_program(store: Store, file: Path) -> None:
    entered = threading.Event()

    def write() -> None:
        with store.begin() as conn:
            entered.set()
            add_job(conn, id="x", kind="k", subject="s", args={}, time=1)

    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writer = threading.Thread(target=write)
        writer.start()
        assert not entered.wait(0.2)
        other.execute("COMMIT")
        writer.join()
    assert entered.is_set()


def test_a_file_that_is_no_database_is_damage(file: Path, opening: Opening) -> None:
    file.write_bytes(b"half a file" * 500)
    with pytest.raises(IntegrityError) as caught:
        opening(f"sqlite:///{file}").migrate()
    assert caught.value.code == "store.damaged"


def test_a_page_that_was_overwritten_is_damage(store: Store, file: Path, opening: Opening) -> None:
    store.close()
    with file.open("r+b") as opened:
        opened.seek(100)
        opened.write(b"\xff" * 3000)
    with pytest.raises(IntegrityError), opening(store.url).begin() as conn:
        list_jobs(conn)


def test_a_folder_that_is_not_there_is_a_source_error(tmp_path: Path, opening: Opening) -> None:
    with pytest.raises(SourceError), opening(f"sqlite:///{tmp_path}/none/jindo.db").read():
        pass


def test_a_server_that_does_not_answer_is_a_source_error(opening: Opening) -> None:
    store = opening("postgresql://j:hush@127.0.0.1:1/node")
    with pytest.raises(SourceError) as caught, store.begin():
        pass
    assert (caught.value.code, caught.value.retry_after) == ("store.unreachable", 5)
    assert "hush" not in str(caught.value)


def test_a_database_without_tables_says_so(file: Path, opening: Opening) -> None:
    with pytest.raises(SourceError) as caught, opening(f"sqlite:///{file}").begin() as conn:
        add_job(conn, id="x", kind="k", subject="s", args={}, time=1)
    assert "schema" in caught.value.remedy()


def test_close_leaves_one_file(store: Store, file: Path) -> None:
    """The write-ahead log is folded into the database when the last connection goes."""
    with store.begin() as conn:
        add_job(conn, id="x", kind="k", subject="s", args={}, time=1)
    store.close()
    assert list(file.parent.iterdir()) == [file]
