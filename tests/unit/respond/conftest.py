"""The alliance of three, and a connection to Seoul's database, for every test of the room."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection
from tests.unit.respond.alliance import Alliance


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The alliance's databases before anything was said, made once."""
    folder = tmp_path_factory.mktemp("alliance")
    Alliance(folder).close()
    return folder


@pytest.fixture
def alliance(founded: Path, tmp_path: Path) -> Iterator[Alliance]:
    shutil.copytree(founded, tmp_path, dirs_exist_ok=True)
    made = Alliance(tmp_path, is_new=False)
    yield made
    made.close()


@pytest.fixture
def conn(alliance: Alliance) -> Iterator[Connection]:
    """One writing transaction on Seoul's database."""
    with alliance.seoul.store.begin() as opened:
        yield opened
