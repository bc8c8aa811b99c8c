"""The outbox: drafts are signed as they stand, published when all is there, and never taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, update
from tests.unit.share.cast import (
    DAY,
    HAGUE,
    MEMBERS,
    NOW,
    SEOUL,
    a_statement,
    an_officer,
    card_of,
    draft_signed,
    key_of,
    sign_draft,
    signed,
    uuid_of,
    voucher_of,
)

from jindo.base.errors import ConflictError, InputError, IntegrityError, NotFound, RefusedError
from jindo.base.markings import Tlp
from jindo.seal import Signature, preauth_bytes
from jindo.share import (
    STATEMENT_TYPE,
    check_ready,
    list_statements,
    publish,
    read_statement,
    record_draft,
    record_member,
    record_signature,
    signed_of,
    statement_payload,
    verify_statement,
)
from jindo.store import tables

REQUEST = a_statement(
    "request", body={"addressee": {"member": "dolmen", "name": "Dolmen"}}, recipients=("dolmen",)
)


def count(conn: Connection, table: str) -> int:
    return conn.scalar(select(func.count()).select_from(getattr(tables, table))) or 0


def test_record_draft_twice_is_once_and_another_content_is_refused(conn: Connection) -> None:
    record_draft(conn, REQUEST, NOW)
    record_draft(conn, REQUEST, NOW + 5)
    assert read_statement(conn, REQUEST.id).statement == REQUEST
    assert read_statement(conn, REQUEST.id).state == "draft"
    with pytest.raises(ConflictError):
        record_draft(conn, replace(REQUEST, body={}), NOW)


def test_record_draft_refuses_the_future(conn: Connection) -> None:
    with pytest.raises(InputError, match="future"):
        record_draft(conn, REQUEST, NOW - DAY)


def test_request_goes_with_the_second_officer(conn: Connection) -> None:
    record_draft(conn, REQUEST, NOW)
    sign_draft(conn, REQUEST, "kim")
    with pytest.raises(RefusedError) as refused:
        publish(conn, REQUEST.id, me=SEOUL, time=NOW)
    assert refused.value.code == "share.signatures"
    with pytest.raises(RefusedError):
        check_ready(conn, REQUEST.id)
    sign_draft(conn, REQUEST, "lee")
    check_ready(conn, REQUEST.id)
    leaf = publish(conn, REQUEST.id, me=SEOUL, time=NOW)
    stored = read_statement(conn, REQUEST.id)
    assert (stored.state, stored.published, stored.leaf) == ("published", NOW, leaf)
    assert {officer.id for officer in stored.officers} == {"kim", "lee"}


def test_publish_twice_is_once(conn: Connection) -> None:
    draft_signed(conn, REQUEST)
    leaf = publish(conn, REQUEST.id, me=SEOUL, time=NOW)
    rows = count(conn, "shared_object")
    assert publish(conn, REQUEST.id, me=SEOUL, time=NOW + 9) == leaf
    assert (count(conn, "shared_object"), count(conn, "leaf")) == (rows, 1)
    assert read_statement(conn, REQUEST.id).published == NOW


def test_what_is_published_verifies_at_the_other_end(conn: Connection) -> None:
    draft_signed(conn, REQUEST)
    publish(conn, REQUEST.id, me=SEOUL, time=NOW)
    out = signed_of(conn, REQUEST.id)
    assert out == signed(REQUEST)
    assert verify_statement(out.envelope, out.vouchers, SEOUL, at=NOW, recipient="dolmen") == out


def test_record_signature_twice_is_once(conn: Connection) -> None:
    record_draft(conn, REQUEST, NOW)
    sign_draft(conn, REQUEST, "kim", "kim")
    assert len(read_statement(conn, REQUEST.id).signatures) == 1


def test_record_signature_refuses_the_same_officer_with_another_key(conn: Connection) -> None:
    record_draft(conn, REQUEST, NOW)
    sign_draft(conn, REQUEST, "kim")
    second = replace(an_officer(SEOUL, "kim"), key=key_of("seoul", "other").public)
    sig = key_of("seoul", "other").sign(preauth_bytes(STATEMENT_TYPE, statement_payload(REQUEST)))
    with pytest.raises(RefusedError, match="signed already"):
        record_signature(
            conn,
            REQUEST.id,
            signature=Signature(second.key.key_id, sig),
            voucher=voucher_of(second, SEOUL),
            officer=second,
            time=NOW,
        )


def test_record_signature_refuses_a_signature_over_other_bytes(conn: Connection) -> None:
    record_draft(conn, REQUEST, NOW)
    kim = an_officer(SEOUL, "kim")
    sig = key_of("seoul", "kim").sign(statement_payload(REQUEST))  # not over DSSE's encoding
    with pytest.raises(IntegrityError):
        record_signature(
            conn,
            REQUEST.id,
            signature=Signature(kim.key.key_id, sig),
            voucher=voucher_of(kim, SEOUL),
            officer=kim,
            time=NOW,
        )
    assert read_statement(conn, REQUEST.id).signatures == ()


def test_record_signature_refuses_an_officer_of_another_member(conn: Connection) -> None:
    record_draft(conn, REQUEST, NOW)
    kim = an_officer(HAGUE, "kim")
    sig = key_of("hague", "kim").sign(preauth_bytes(STATEMENT_TYPE, statement_payload(REQUEST)))
    with pytest.raises(IntegrityError):
        record_signature(
            conn,
            REQUEST.id,
            signature=Signature(kim.key.key_id, sig),
            voucher=voucher_of(kim, HAGUE),
            officer=kim,
            time=NOW,
        )


def test_record_signature_refuses_another_officers_voucher(conn: Connection) -> None:
    record_draft(conn, REQUEST, NOW)
    choi, kim = an_officer(SEOUL, "choi"), an_officer(SEOUL, "kim")
    sig = key_of("seoul", "choi").sign(preauth_bytes(STATEMENT_TYPE, statement_payload(REQUEST)))
    with pytest.raises(IntegrityError):
        record_signature(
            conn,
            REQUEST.id,
            signature=Signature(choi.key.key_id, sig),
            voucher=voucher_of(kim, SEOUL),
            officer=choi,
            time=NOW,
        )


def test_record_signature_refuses_a_wrong_role_at_once(conn: Connection) -> None:
    record_draft(conn, REQUEST, NOW)
    with pytest.raises(RefusedError) as refused:
        sign_draft(conn, REQUEST, "choi")
    assert refused.value.code == "share.signature-refused"
    assert "analyst or prosecutor" in refused.value.remedy()


def test_record_signature_refuses_an_expired_officer(conn: Connection) -> None:
    old = replace(REQUEST, nonce=uuid_of("late"), made=NOW + 400 * DAY)
    record_draft(conn, old, NOW + 400 * DAY)
    with pytest.raises(RefusedError) as refused:
        sign_draft(conn, old, "kim", time=NOW + 400 * DAY)
    assert refused.value.code == "share.voucher"


def test_record_signature_refuses_what_is_published(conn: Connection) -> None:
    case = a_statement("case")
    draft_signed(conn, case)
    publish(conn, case.id, me=SEOUL, time=NOW)
    with pytest.raises(RefusedError, match="takes no signature"):
        sign_draft(conn, case, "lee")
    sign_draft(conn, case, "kim")  # the one that is there already


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"tlp": Tlp.RED}, "tlp-red"),
        ({"tlp": Tlp.AMBER_STRICT}, "tlp-amber-strict"),
        ({"purpose": "statistics"}, "purpose"),
        ({"recipients": ("dolmen", "hague")}, "need-to-know"),
        ({"recipients": ("busan", "hague")}, "unknown-recipient"),
        ({"expires": NOW}, "expired"),
    ],
)
def test_publish_asks_the_gate_for_every_recipient(
    conn: Connection, changed: dict[str, Any], rule: str
) -> None:
    statement = replace(a_statement("case"), **changed)
    draft_signed(conn, statement)
    with pytest.raises(RefusedError) as denied:
        publish(conn, statement.id, me=SEOUL, time=NOW)
    assert (denied.value.code, denied.value.rule) == ("share.denied", rule)  # type: ignore[attr-defined]
    assert read_statement(conn, statement.id).state == "draft"
    assert (count(conn, "shared_object"), count(conn, "leaf")) == (0, 0)


def test_publish_asks_the_gate_by_the_card_of_today(conn: Connection) -> None:
    statement = a_statement("case")
    draft_signed(conn, statement)
    record_member(conn, card_of(replace(HAGUE, purposes=("statistics",), version=2)), time=NOW)
    with pytest.raises(RefusedError, match="purpose"):
        publish(conn, statement.id, me=SEOUL, time=NOW)


def test_recall_reaches_an_exchange_that_got_the_thing(conn: Connection) -> None:
    draft_signed(conn, REQUEST)
    publish(conn, REQUEST.id, me=SEOUL, time=NOW)
    recall = a_statement("recall", subject=REQUEST.id, recipients=("dolmen",))
    draft_signed(conn, recall)
    publish(conn, recall.id, me=SEOUL, time=NOW)
    foreign = a_statement("recall", "of a case", subject=uuid_of("else"), recipients=("dolmen",))
    draft_signed(conn, foreign)
    with pytest.raises(RefusedError, match="need-to-know"):
        publish(conn, foreign.id, me=SEOUL, time=NOW)


def test_publish_refuses_what_is_not_ours(conn: Connection) -> None:
    statement = a_statement("case")
    draft_signed(conn, statement)
    with pytest.raises(RefusedError, match="of our own"):
        publish(conn, statement.id, me=HAGUE, time=NOW)
    conn.execute(update(tables.statement).values(state="received"))
    with pytest.raises(RefusedError, match="of our own"):
        publish(conn, statement.id, me=SEOUL, time=NOW)


def test_publish_keeps_the_signatures_that_were_checked_only(conn: Connection) -> None:
    """A signature changed in the database does not leave the node unnoticed: the other end refuses it."""
    draft_signed(conn, REQUEST)
    conn.execute(
        update(tables.signature).where(tables.signature.c.officer == "lee").values(sig="A" * 86 + "==")
    )
    publish(conn, REQUEST.id, me=SEOUL, time=NOW)
    out = signed_of(conn, REQUEST.id)
    with pytest.raises(IntegrityError):
        verify_statement(out.envelope, out.vouchers, MEMBERS["seoul"], at=NOW)


def test_read_statement_says_what_is_missing(conn: Connection) -> None:
    with pytest.raises(NotFound):
        read_statement(conn, uuid_of("none"))


def test_list_statements_by_case_state_and_direction(conn: Connection) -> None:
    case = a_statement("case")
    other = a_statement("case", "other", case_id=uuid_of("other case"))
    draft_signed(conn, case)
    draft_signed(conn, other)
    publish(conn, case.id, me=SEOUL, time=NOW)
    assert [each.id for each in list_statements(conn, case_id=case.case_id)] == [case.id]
    assert [each.id for each in list_statements(conn, state="published")] == [case.id]
    assert {each.id for each in list_statements(conn, direction="out")} == {case.id, other.id}
    assert list_statements(conn, direction="in") == []
    with pytest.raises(InputError):
        list_statements(conn, direction="up")
