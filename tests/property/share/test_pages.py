"""Laws of the shelf: pages add up to the collection, each object once, for whoever comes, whenever."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection
from tests.unit.share.cast import DOLMEN, HAGUE, NOW, SEOUL, Books, a_statement, draft_signed, open_books

from jindo.base.markings import Tlp
from jindo.share import (
    Filters,
    Member,
    Statement,
    find_envelope,
    publish,
    read_manifest,
    read_objects,
)
from jindo.share.filters import read_next
from jindo.share.shelf import parse_micros
from jindo.share.stix import close_references, said_object, wallet_object


@dataclass(frozen=True)
class Told:
    """One statement to be: which wallets it names, for whom, how long, from when on."""

    wallets: frozenset[int]
    to: tuple[str, ...]
    lasts: int | None
    at: int
    tlp: Tlp


told = st.lists(
    st.builds(
        Told,
        st.frozensets(st.integers(0, 5), max_size=4),
        st.sampled_from([("hague",), ("dolmen",), ("dolmen", "hague")]),
        st.none() | st.integers(1, 50),
        st.integers(-20, 20),
        st.sampled_from([Tlp.GREEN, Tlp.CLEAR]),
    ),
    max_size=6,
)


class _Undo(Exception):
    """Takes back a transaction."""


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    """One database for all examples; each takes back what it wrote."""
    with open_books(tmp_path_factory.mktemp("shelf")) as opened:
        yield opened


@contextmanager
def undone(books: Books) -> Iterator[Connection]:
    try:
        with books.begin() as conn:
            yield conn
            take_back()
    except _Undo:
        pass


def take_back() -> None:
    raise _Undo


def a_told(number: int, one: Told) -> Statement:
    made = NOW + one.at
    note = said_object("note", (str(number),), author=SEOUL, tlp=one.tlp, created=made)
    wallets = [wallet_object(f"wallet-{each}", (), one.tlp) for each in sorted(one.wallets)]
    refs = [wallet["id"] for wallet in wallets] or [note["created_by_ref"]]
    objects = close_references(SEOUL, one.tlp, [*wallets, {**note, "content": "c", "object_refs": refs}])
    expires = None if one.lasts is None else made + one.lasts
    return a_statement(
        "case", str(number), objects=objects, expires=expires, tlp=one.tlp, made=made, recipients=one.to
    )


def tell(conn: Connection, number: int, one: Told) -> Statement:
    statement = a_told(number, one)
    draft_signed(conn, statement, NOW + one.at)
    publish(conn, statement.id, me=SEOUL, time=NOW + one.at)
    return statement


def read_all(conn: Connection, who: Member, time: int, limit: int, versions: str = "last") -> list[Any]:
    found: list[Any] = []
    filters = Filters(limit=limit, versions=(versions,))
    while True:
        page = read_objects(conn, who, filters, us="seoul", time=time)
        listed = read_manifest(conn, who, filters, us="seoul", time=time)
        assert [row["id"] for row in listed.objects] == [item["id"] for item in page.objects]
        assert len(page.objects) == limit or not page.more
        found += page.objects
        if not page.more:
            return found
        filters = Filters(limit=limit, versions=(versions,), next=place(page.next))


def place(text: str | None) -> tuple[int, int]:
    assert text is not None
    return read_next(text)


def may_see(statements: list[Statement], who: Member, time: int) -> list[Statement]:
    live = (one for one in statements if one.expires is None or one.expires > time)
    return [one for one in live if who.id in one.recipients]


@settings(max_examples=25)
@given(told, st.integers(1, 12), st.integers(0, 80))
def test_pages_add_up_to_what_one_may_see(books: Books, tellings: list[Told], limit: int, later: int) -> None:
    """Also for a late joiner, who reads from the start when some of it has expired."""
    with undone(books) as conn:
        statements = [tell(conn, number, one) for number, one in enumerate(tellings)]
        for who in (HAGUE, DOLMEN):
            found = read_all(conn, who, NOW + later, limit)
            ids = [item["id"] for item in found]
            assert len(ids) == len(set(ids))
            visible = may_see(statements, who, NOW + later)
            wanted = {item["id"] for one in visible for item in one.objects}
            assert set(ids) == wanted | {f"grouping--{one.id}" for one in visible}


@settings(max_examples=15)
@given(told, st.integers(1, 12))
def test_who_asks_for_what_is_newer_misses_nothing(books: Books, tellings: list[Told], limit: int) -> None:
    """A client that polls with the last date it saw gets, in the end, each statement that it may see, once."""
    with undone(books) as conn:
        seen: list[str] = []
        after: int | None = None
        for number, one in enumerate(tellings):
            tell(conn, number, one)
            after = poll(conn, limit, after, seen)
        mine = [a_told(n, one).id for n, one in enumerate(tellings) if "hague" in one.to]
        assert seen == mine


def poll(conn: Connection, limit: int, after: int | None, seen: list[str]) -> int | None:
    while True:
        page = read_objects(conn, HAGUE, Filters(limit=limit, added_after=after), us="seoul", time=NOW - 20)
        seen += [item["id"].removeprefix("grouping--") for item in page.objects if find_envelope(item)]
        after = after if page.last_added is None else parse_micros(page.last_added)
        if not page.more:
            return after


@settings(max_examples=15)
@given(told, st.integers(1, 12), st.integers(1, 12))
def test_page_size_changes_nothing(books: Books, tellings: list[Told], one: int, two: int) -> None:
    with undone(books) as conn:
        for number, each in enumerate(tellings):
            tell(conn, number, each)
        for versions in ("last", "first", "all"):
            first = read_all(conn, HAGUE, NOW, one, versions)
            assert first == read_all(conn, HAGUE, NOW, two, versions)
