"""A session with a cluster over Spark Connect: Apache Spark 4, Sail, or another that speaks the protocol.

* Queries are built of our own tables and read by one place; a failure of the cluster is a `SourceError`.
* Only here is pyspark loaded, when an engine is asked for.
* Nothing is broadcast or cached by hand: engines differ in what they make of such hints, never in the answer.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import pyarrow as pa

from jindo.base.errors import InputError, SourceError
from jindo.ledger.engines.places import Place

Frame: TypeAlias = Any
"""A table on the cluster (pyspark's DataFrame)."""
_URL = re.compile(r"sc://(\[[0-9a-fA-F:]+\]|[^/:;\[\]]+)(?::([0-9]{1,5}))?(/.*)?")
_TYPES = {pa.int64(): "bigint", pa.int32(): "int", pa.string(): "string"}
_PORT = 15002
_PATIENCE = 10.0
"""Seconds to wait for the first answer on the port."""


@dataclass(frozen=True, slots=True)
class Engine:
    """An open session."""

    url: str
    session: Any

    def read(self, place: Place, schema: Any) -> Frame:
        """The Parquet files of a folder, with the columns of an Arrow schema; an empty table where there is no file.

        An engine may write no file for a table without rows. The schema is given since finding it is a job of its own.
        """
        if not any(name.endswith(".parquet") for name in place.list_files()):
            return self.put(schema.empty_table())
        with self.telling():
            return self.session.read.schema(to_ddl(schema)).parquet(place.text)

    def write(self, frame: Frame, place: Place) -> None:
        """Write a table as Parquet files into a folder, in the place of what is there."""
        with self.telling():
            frame.write.mode("overwrite").parquet(place.text)

    def put(self, table: Any) -> Frame:
        """An Arrow table of texts and whole numbers, on the cluster; it may be empty."""
        with self.telling():
            return self.session.createDataFrame(table, schema=to_ddl(table.schema))

    def query(self, sql: str, tables: Mapping[str, Frame]) -> Frame:
        """A query over tables, which it calls `{name}`."""
        with self.telling():
            return self.session.sql(sql, **tables)

    def get(self, frame: Frame) -> list[dict[str, Any]]:
        """The rows of a small table."""
        with self.telling():
            rows: list[dict[str, Any]] = frame.toArrow().to_pylist()
        return rows

    def map(self, frame: Frame, function: Callable[..., Any], schema: str, *, parts: int) -> Frame:
        """`function` over the record batches of a table that is dealt out in so many parts."""
        with self.telling():
            return frame.repartition(parts).mapInArrow(function, schema)

    def map_groups(self, frame: Frame, key: str, function: Callable[..., Any], schema: str) -> Frame:
        """`function` over the Arrow table of all rows that have one `key`, for each key."""
        with self.telling():
            return frame.groupBy(key).applyInArrow(function, schema)

    def close(self) -> None:
        """End the session."""
        with self.telling():
            self.session.stop()

    @contextmanager
    def telling(self) -> Iterator[None]:
        """What the engine refuses meanwhile is a `SourceError` with its own words."""
        import grpc
        from pyspark.errors import PySparkException

        try:
            yield
        except (PySparkException, grpc.RpcError) as error:
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            said = lines[-1] if lines else type(error).__name__
            raise SourceError(
                f"the engine gave up: {said[:500]}",
                place=self.url,
                remedy="See the engine's own log; that its workers see the same files, have this version of Jindo and "
                "memory enough. Then run the command again: nothing half-done counts.",
            ) from error


def to_ddl(schema: Any) -> str:
    """An Arrow schema of texts and whole numbers as Spark writes one."""
    return ", ".join(f"{field.name} {_TYPES[field.type]}" for field in schema)


@contextmanager
def open_engine(url: str) -> Iterator[Engine]:
    """A session with the engine at `sc://HOST:PORT`, closed at the end.

    Raises:
        InputError: the URL is none, or pyspark is not installed.
        SourceError: nobody answers there.
    """
    found = _URL.fullmatch(url)
    if found is None:
        raise InputError(
            f"{url!r} is not an engine's address", place="--engine", remedy="Write sc://HOST:PORT."
        )
    try:
        from pyspark.sql.connect.session import SparkSession
    except ImportError as error:
        raise InputError(
            "an engine needs pyspark, which is not installed",
            place="--engine",
            remedy="Install Jindo with its extra `spark`: pip install 'jindo[spark]'.",
        ) from error
    _check_port(url, found[1].strip("[]"), int(found[2] or _PORT))
    engine = Engine(url, None)
    with engine.telling():
        session: Any = SparkSession.builder.remote(url).create()
    engine = Engine(url, session)
    try:
        yield engine
    finally:
        engine.close()


def _check_port(url: str, host: str, port: int) -> None:
    """Pyspark itself asks a dead port again for ten minutes."""
    try:
        socket.create_connection((host, port), timeout=_PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise SourceError(
            f"nobody answers at {host}:{port}: {error}",
            place=url,
            remedy="Start the engine's Spark Connect server, or check the address.",
        ) from error
