"""The inbox: twice is once, and nobody speaks, recalls or acknowledges for another."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Connection, func, select, update
from tests.unit.share.cast import HAGUE, NOW, SEOUL, a_statement, draft_signed, signed, uuid_of

from jindo.base.errors import InputError, IntegrityError, NotFound, RefusedError
from jindo.seal import canonical_bytes
from jindo.share import (
    Denied,
    Statement,
    build_recall_body,
    build_receipt_body,
    list_receipts,
    list_statements,
    parse_statement,
    publish,
    read_statement,
    record_denial,
    record_quarantined,
    record_recall,
    record_receipt,
    record_received,
    signed_of,
    statement_payload,
    verify_log,
    verify_statement,
)
from jindo.store import tables

LABEL = a_statement("label", member="hague", recipients=("dolmen", "seoul"))


def receipt_of(statement: Statement, member: str, **changed: object) -> Statement:
    body = build_receipt_body(signed(statement))
    made = {"member": member, "recipients": (statement.member,), "subject": statement.id, "body": body}
    return a_statement("receipt", statement.id, **{**made, **changed})


def recall_of(statement: Statement, *, member: str, **changed: object) -> Statement:
    body = build_recall_body(statement, reason="it was wrong")
    return a_statement(
        "recall",
        statement.id,
        member,
        **{"member": member, "recipients": ("busan",), "subject": statement.id, "body": body, **changed},
    )


def test_record_received_twice_is_once(conn: Connection) -> None:
    assert record_received(conn, signed(LABEL), time=NOW)
    assert not record_received(conn, signed(LABEL), time=NOW + 9)
    stored = read_statement(conn, LABEL.id)
    assert (stored.state, stored.published, stored.leaf) == ("received", NOW, 0)
    assert verify_log(conn) == 1


def test_received_statement_verifies_again_from_what_is_stored(conn: Connection) -> None:
    record_received(conn, signed(LABEL), time=NOW)
    out = signed_of(conn, LABEL.id)
    assert out == signed(LABEL)
    assert verify_statement(out.envelope, out.vouchers, HAGUE, at=NOW) == out


def test_record_received_alarms_on_the_same_id_with_other_content(conn: Connection) -> None:
    record_received(conn, signed(LABEL), time=NOW)
    with pytest.raises(IntegrityError) as alarm:
        record_received(conn, signed(replace(LABEL, body={"other": 1})), time=NOW)
    assert alarm.value.code == "share.replayed"
    assert read_statement(conn, LABEL.id).statement == LABEL


def test_record_received_alarms_where_a_member_shows_two_things_under_one_id(conn: Connection) -> None:
    record_received(conn, signed(LABEL), time=NOW)
    with pytest.raises(IntegrityError, match=r"hague shows .* differs from hague's"):
        record_received(conn, signed(replace(LABEL, body={"other": True})), time=NOW)


def test_no_member_can_say_something_under_another_s_id() -> None:
    theirs = a_statement("label", member="dolmen", recipients=("seoul",), nonce=LABEL.nonce)
    assert theirs.id != LABEL.id
    forged = statement_payload(theirs).replace(theirs.id.encode(), LABEL.id.encode())
    with pytest.raises(InputError, match="does not follow from the member"):
        parse_statement(forged)


def test_record_quarantined_keeps_it_under_an_id_of_our_own(conn: Connection) -> None:
    payload = statement_payload(LABEL)
    first = record_quarantined(conn, payload, "dolmen", "not its own", NOW)
    assert record_quarantined(conn, payload, "dolmen", "not its own", NOW + 9) == first
    assert first != LABEL.id
    assert record_received(conn, signed(LABEL), time=NOW)  # the true one is not kept out
    held = list_statements(conn, state="quarantined")
    assert [(each.id, each.problem) for each in held] == [(first, "not its own")]


@pytest.mark.parametrize("payload", [b"", b"\xff\x00", b"null", b'{"kind":"label"}', b"[" * 9999])
def test_record_quarantined_keeps_what_cannot_be_read(conn: Connection, payload: bytes) -> None:
    own_id = record_quarantined(conn, payload, "hague", "no statement", NOW)
    assert list_statements(conn) == []
    with pytest.raises(NotFound):
        read_statement(conn, own_id)
    kept = conn.scalar(select(tables.statement.c.payload).where(tables.statement.c.id == own_id))
    assert kept is not None
    assert bytes(kept) == payload
    assert verify_log(conn) == 1


def test_list_receipts_shows_who_has_not_acknowledged(conn: Connection) -> None:
    statement = a_statement("label", recipients=("dolmen", "hague"))
    draft_signed(conn, statement)
    mark_published(conn, statement)
    record_receipt(conn, receipt_of(statement, "hague"), time=NOW + 7)
    record_receipt(conn, receipt_of(statement, "hague", nonce=uuid_of("again")), time=NOW + 99)
    said = [(each.member, each.time) for each in list_receipts(conn, statement.id)]
    assert said == [("dolmen", None), ("hague", NOW + 7)]


def mark_published(conn: Connection, statement: Statement) -> None:
    """Published without the gate's consent to an AMBER label for an exchange: receipts are what matters here."""
    conn.execute(
        update(tables.statement).where(tables.statement.c.id == statement.id).values(state="published")
    )


def test_record_receipt_refuses_one_by_whom_it_was_not_for(conn: Connection) -> None:
    statement = a_statement("case")
    draft_signed(conn, statement)
    publish(conn, statement.id, me=SEOUL, time=NOW)
    with pytest.raises(RefusedError) as refused:
        record_receipt(conn, receipt_of(statement, "dolmen"), time=NOW)
    assert refused.value.code == "share.receipt-foreign"


def test_record_receipt_alarms_when_something_else_was_received(conn: Connection) -> None:
    statement = a_statement("case")
    draft_signed(conn, statement)
    publish(conn, statement.id, me=SEOUL, time=NOW)
    body = {"statement_id": statement.id, "sha256": "0" * 64}
    with pytest.raises(IntegrityError) as alarm:
        record_receipt(conn, receipt_of(statement, "hague", body=body), time=NOW)
    assert alarm.value.code == "share.replayed"


def test_record_receipt_takes_one_of_a_statement_that_is_not_here(conn: Connection) -> None:
    elsewhere = a_statement("recall", "elsewhere", member="hague", recipients=("dolmen", "seoul"))
    record_receipt(conn, receipt_of(elsewhere, "dolmen"), time=NOW)
    assert [each.member for each in list_receipts(conn, elsewhere.id)] == ["dolmen"]


@pytest.mark.parametrize("changed", [{"subject": "other"}, {"body": {}}, {"body": {"statement_id": 1}}])
def test_record_receipt_refuses_one_that_says_two_things(
    conn: Connection, changed: dict[str, object]
) -> None:
    with pytest.raises(InputError):
        record_receipt(conn, receipt_of(LABEL, "seoul", **changed), time=NOW)
    with pytest.raises(InputError):
        record_receipt(conn, recall_of(LABEL, member="hague"), time=NOW)


def test_record_recall_by_the_author(conn: Connection) -> None:
    record_received(conn, signed(LABEL), time=NOW)
    recall = recall_of(LABEL, member="hague")
    record_recall(conn, recall, time=NOW)
    record_recall(conn, replace(recall, nonce=uuid_of("second recall")), time=NOW + 5)
    assert read_statement(conn, LABEL.id).recalled_by == recall.id


def test_record_recall_refuses_a_foreign_one(conn: Connection) -> None:
    record_received(conn, signed(LABEL), time=NOW)
    with pytest.raises(RefusedError) as refused:
        record_recall(conn, recall_of(LABEL, member="dolmen"), time=NOW)
    assert refused.value.code == "share.recall-foreign"
    assert read_statement(conn, LABEL.id).recalled_by is None


def test_record_recall_refuses_what_is_not_here_or_in_quarantine(conn: Connection) -> None:
    with pytest.raises(NotFound):
        record_recall(conn, recall_of(LABEL, member="hague"), time=NOW)
    own_id = record_quarantined(conn, statement_payload(LABEL), "hague", "odd", NOW)
    with pytest.raises(RefusedError):
        record_recall(
            conn,
            recall_of(LABEL, member="hague", subject=own_id, body={"statement_id": own_id, "kind": "label"}),
            time=NOW,
        )
    assert conn.scalar(select(func.count()).select_from(tables.recall)) == 0


def test_record_recall_refuses_to_recall_a_recall(conn: Connection) -> None:
    first = a_statement("recall", "x", member="hague", recipients=("seoul",))
    record_received(conn, signed(first), time=NOW)
    with pytest.raises(InputError):
        record_recall(conn, recall_of(first, member="hague"), time=NOW)


def test_build_recall_body_needs_a_reason() -> None:
    with pytest.raises(InputError):
        build_recall_body(LABEL, reason="  ")


def test_record_denial_keeps_its_rule(conn: Connection) -> None:
    denied = Denied(rule="tlp-red", recipient="hague", reason="RED")
    record_denial(conn, denied, subject="an exhibit", case_id=uuid_of("case"), time=NOW)
    row = conn.execute(select(tables.denial)).one()
    assert (row.member, row.rule, row.reason, row.time) == ("hague", "tlp-red", "RED", NOW)
    assert canonical_bytes({"n": row.n})
