"""A database with three members, for each test anew."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection
from tests.unit.share.cast import Books, open_books


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with open_books(tmp_path) as books:
        yield books


@pytest.fixture
def conn(books: Books) -> Iterator[Connection]:
    """One writing transaction."""
    with books.begin() as conn:
        yield conn
