"""A statement's whole way, from draft to receipt, on each engine: the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection
from tests.unit.share.bodies import label_body
from tests.unit.share.cast import HAGUE, MEMBERS, NOW, SEOUL, a_statement, card_of, draft_signed, signed

from jindo.base.markings import Tlp
from jindo.share import (
    Filters,
    build_label_objects,
    build_recall_body,
    build_receipt_body,
    find_envelope,
    list_receipts,
    list_statements,
    measure_quarantine,
    publish,
    read_objects,
    read_statement,
    record_member,
    record_problem,
    record_quarantined,
    record_recall,
    record_receipt,
    record_received,
    statement_payload,
    verify_log,
    verify_statement,
)
from jindo.share.filters import read_next
from jindo.store import open_store


@pytest.fixture
def conn(store_url: str) -> Iterator[Connection]:
    store = open_store(store_url)
    store.migrate()
    with store.begin() as conn:
        for member in MEMBERS.values():
            record_member(conn, card_of(member), time=NOW)
        yield conn
    store.close()


def test_statement_from_draft_to_receipt(conn: Connection) -> None:
    objects = build_label_objects(SEOUL, label_body(), Tlp.AMBER, NOW)
    label = a_statement("label", body=label_body(reason="상장 전"), objects=objects)
    draft_signed(conn, label)
    publish(conn, label.id, me=SEOUL, time=NOW)
    publish(conn, label.id, me=SEOUL, time=NOW)
    found = read_pages(conn)
    assert [item["id"] for item in found[:-1]] == [item["id"] for item in objects]
    carried = find_envelope(found[-1])
    assert carried is not None
    received = verify_statement(*carried, SEOUL, at=NOW, recipient="hague")
    body = build_receipt_body(received)
    receipt = a_statement("receipt", member="hague", recipients=("seoul",), subject=label.id, body=body)
    assert record_received(conn, signed(receipt), time=NOW)
    assert not record_received(conn, signed(receipt), time=NOW)
    record_receipt(conn, receipt, time=NOW)
    record_receipt(conn, receipt, time=NOW)
    assert [(each.member, each.time) for each in list_receipts(conn, label.id)] == [("hague", NOW)]
    recall = a_statement("recall", subject=label.id, body=build_recall_body(label, reason="wrong"))
    record_recall(conn, recall, time=NOW)
    assert read_statement(conn, label.id).recalled_by == recall.id
    record_quarantined(conn, b"\x00\xff", "hague", "no statement", NOW)
    assert [each.id for each in list_statements(conn, direction="in")] == [receipt.id]
    assert verify_log(conn) == 3


def test_quarantine_is_measured_by_the_day_and_by_member(conn: Connection) -> None:
    assert measure_quarantine(conn, "hague", since=0) == (0, 0)
    for n, payload in enumerate([b"\x00\xff", "고양이".encode(), b""]):
        record_quarantined(conn, payload, "hague", "no statement", NOW + n)
    record_quarantined(conn, b"x" * 99, "dolmen", "no statement", NOW)
    assert measure_quarantine(conn, "hague", since=0) == (3, 11)
    assert measure_quarantine(conn, "hague", since=NOW) == (2, 9)
    label = a_statement("label", member="hague", recipients=("seoul",), body=label_body())
    record_received(conn, signed(label), time=NOW)
    record_problem(conn, label.id, "no part in the case")
    held = read_statement(conn, label.id)
    assert (held.state, held.problem) == ("quarantined", "no part in the case")
    assert measure_quarantine(conn, "hague", since=NOW - 1) == (4, 11 + len(statement_payload(label)))


def read_pages(conn: Connection) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    filters = Filters(limit=3)
    while True:
        page = read_objects(conn, HAGUE, filters, us="seoul", time=NOW)
        found += page.objects
        if page.next is None:
            return found
        filters = Filters(limit=3, next=read_next(page.next))
