"""A node's database: SQLite in a file, or PostgreSQL, and the one way to read and write it.

* A use case is one transaction: all of it is there afterwards, or nothing, also when the process is killed.
* Writers come one after the other, so that what a writer has read still holds when it writes.
* Readers see one moment, wait for nobody, and cannot write.
* A database's own errors leave as ours, and show neither values nor passwords.

What the rows mean is said by the rooms that write them; the schema is made by `migrating`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from jindo.base.errors import InputError
from jindo.store.failures import Unreachable, raise_ours
from jindo.store.migrating import migrate_schema

WAIT_SECONDS = 60
"""How long a writer waits for the writers before it."""

_WRITERS_LOCK = 0x4A494E444F
"""The advisory lock that PostgreSQL's writers take in turn: "JINDO" in ASCII."""

_OPENING = {
    ("sqlite", "read"): ("PRAGMA query_only = ON", "BEGIN"),
    ("sqlite", "write"): ("PRAGMA query_only = OFF", "BEGIN IMMEDIATE"),
    ("postgresql", "read"): ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",),
    ("postgresql", "write"): (
        f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'",
        f"SELECT pg_advisory_xact_lock({_WRITERS_LOCK})",
    ),
}
"""What begins a transaction, by database and intent."""

_SQLITE_SETTINGS = (
    f"PRAGMA busy_timeout = {WAIT_SECONDS * 1000}",
    "PRAGMA journal_mode = WAL",  # readers and the writer do not wait for each other
    "PRAGMA synchronous = FULL",  # what is committed survives a power cut
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
)


class Store:
    """One open database; `open_store` makes it, and threads may share it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __repr__(self) -> str:
        return f"Store({self._engine.url.render_as_string(hide_password=True)})"

    @property
    def url(self) -> str:
        """The database's address, with its password: not for people to see."""
        return self._engine.url.render_as_string(hide_password=False)

    def migrate(self) -> None:
        """Bring the schema to the one that this version knows, in one transaction; again does nothing.

        Raises:
            RefusedError: code `store.newer`, a later version of Jindo made the database.
        """
        with self.begin() as conn:
            migrate_schema(conn)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that may write; it is committed at the end, and undone by any exception.

        Raises:
            ConflictError: code `store.conflict`, what was written contradicts what is there.
            SourceError: code `store.unreachable`, no answer, or too many writers before this one.
            InputError: code `store.value`, the database cannot hold a value.
            IntegrityError: code `store.damaged`, the database's file is broken.
        """
        with self._transaction("write") as conn:
            yield conn

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one moment and cannot write.

        Raises:
            SourceError: code `store.unreachable`, no answer, or an attempt to write.
            IntegrityError: code `store.damaged`, the database's file is broken.
        """
        with self._transaction("read") as conn:
            yield conn

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self, intent: str) -> Iterator[Connection]:
        with self._connect() as conn, conn.begin():
            for line in _OPENING[self._engine.dialect.name, intent]:
                conn.exec_driver_sql(line)
            yield conn

    def _connect(self) -> Connection:
        try:
            return self._engine.connect()
        except PoolExhausted as error:
            raise Unreachable("too many requests are at the database already", retry_after=5) from error


def open_store(url: str) -> Store:
    """The database at `url`: `sqlite:////path/to/jindo.db` or `postgresql://user:password@host/name`.

    SQLite makes the file; the schema comes with `Store.migrate`.

    Raises:
        InputError: code `store.url`, it is no address of such a database.
    """
    address = _parse_url(url)
    engine = create_engine(
        address, hide_parameters=True, pool_pre_ping=address.get_backend_name() == "postgresql", pool_size=20
    )
    event.listen(engine, "handle_error", raise_ours)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    return Store(engine)


class StoreUrlUnknown(InputError):
    """The address of a database is not one that a node can use."""

    code = "store.url"

    def default_remedy(self) -> str:
        """Say which addresses there are."""
        return "Write sqlite:////path/to/jindo.db, or postgresql://user:password@host/name."


def _parse_url(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise StoreUrlUnknown("this is no address of a database", place="[database] url") from error
    if address.drivername in {"postgresql", "postgres", "postgresql+psycopg"}:
        return address.set(drivername="postgresql+psycopg")
    if address.drivername != "sqlite":
        raise StoreUrlUnknown(f"{address.drivername!r} is no database we know", place="[database] url")
    if address.database in {None, "", ":memory:"}:
        raise StoreUrlUnknown("a node's SQLite database is a file", place="[database] url")
    return address


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Transactions are ours to begin (the driver would begin them late), and commits are durable."""
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        for line in _SQLITE_SETTINGS:
            cursor.execute(line)
    finally:
        cursor.close()
