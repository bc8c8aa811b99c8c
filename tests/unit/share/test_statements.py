"""Statements: what is signed counts, by officers of its author, as many as the act asks for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.share.cast import (
    DAY,
    HAGUE,
    MEMBERS,
    NOW,
    SEOUL,
    a_statement,
    an_officer,
    key_of,
    signed,
    signed_by,
    uuid_of,
    voucher_of,
)

from jindo.base.errors import InputError, IntegrityError, RefusedError
from jindo.seal import Envelope, canonical_bytes, parse_canonical, sign_envelope
from jindo.share import (
    KINDS,
    STATEMENT_TYPE,
    carrier_object,
    derive_statement_id,
    find_envelope,
    find_leaf,
    parse_statement,
    statement_payload,
    verify_statement,
)
from jindo.share.statements import MAX_PAYLOAD

KIM, LEE, PARK = (an_officer(SEOUL, name) for name in ("kim", "lee", "park"))


def test_no_member_can_say_something_under_another_s_id() -> None:
    """What Dolmen forges under Hague's id and its own name follows from no nonce that anybody can find."""
    theirs = a_statement("recall", member="hague", recipients=("dolmen", "seoul"))
    own = replace(theirs, member="dolmen", recipients=("hague", "seoul"))
    assert own.id != theirs.id == derive_statement_id("hague", theirs.nonce)
    value = {**parse_canonical(statement_payload(own)), "id": theirs.id}
    payload = canonical_bytes(value)
    officers = [an_officer(MEMBERS["dolmen"], name) for name in ("kim", "lee", "park")]
    envelope = sign_envelope(STATEMENT_TYPE, payload, [key_of(officer.id, "dolmen") for officer in officers])
    with pytest.raises(InputError, match="id does not follow"):
        verify_statement(envelope, [], MEMBERS["dolmen"], at=NOW)


@pytest.mark.parametrize("kind", KINDS)
def test_verify_statement_takes_what_its_act_asks_for(kind: str) -> None:
    made = signed(a_statement(kind))
    assert verify_statement(made.envelope, made.vouchers, SEOUL, at=NOW, recipient="hague") == made


def test_parse_statement_keeps_unknown_names_in_body_and_objects() -> None:
    item = {"type": "x-new", "id": f"x-new--{uuid_of('new')}", "x_odd": [1, {"deep": None}]}
    statement = a_statement("case", body={"later": {"than": "us"}}, objects=(item,))
    assert parse_statement(statement_payload(statement)) == statement


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "1"},
        {"id": uuid_of("x").upper()},
        {"id": uuid_of("another's")},
        {"nonce": uuid_of("another nonce")},
        {"nonce": "n"},
        {"kind": "decree"},
        {"member": "Seoul"},
        {"case": "c"},
        {"subject": ""},
        {"subject": "a\0b"},
        {"made": -1},
        {"made": True},
        {"made": 1.5},
        {"expires": 10**15},
        {"tlp": "amber"},
        {"tlp": "WHITE"},
        {"purpose": "any thing"},
        {"recipients": []},
        {"recipients": ["seoul"]},
        {"recipients": ["hague", "dolmen"]},
        {"recipients": ["hague", "hague"]},
        {"recipients": "hague"},
        {"body": []},
        {"objects": {}},
        {"objects": [{"type": "note", "id": "grouping--1"}]},
        {"objects": [{"id": "note--1"}]},
        {"objects": [{"type": "note", "id": "note--1"}] * 2},
        {"format": "jindo.statement/2"},
        {"more": 1},
    ],
)
def test_parse_statement_refuses_odd_fields(changed: dict[str, object]) -> None:
    value = {**parse_canonical(statement_payload(a_statement())), **changed}
    with pytest.raises(InputError):
        parse_statement(canonical_bytes(value))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        statement_payload(a_statement()) + b"\n",
        statement_payload(a_statement()).replace(b'"body":{}', b'"body":{"n":NaN}'),
        statement_payload(a_statement()).replace(b'"body":{}', b'"body":{"a":1,"a":1}'),
        statement_payload(a_statement()).replace(b'"body":{}', b'"body":{"a":"\\ud800"}'),
        b"0" * (MAX_PAYLOAD + 1),
    ],
    ids=["empty", "list", "no-utf8", "deep", "newline", "nan", "twice", "surrogate", "long"],
)
def test_parse_statement_refuses_what_is_not_canonical(payload: bytes) -> None:
    with pytest.raises(InputError):
        parse_statement(payload)


def test_parse_statement_names_no_value() -> None:
    value = {**parse_canonical(statement_payload(a_statement())), "purpose": "Hong Gil-dong"}
    with pytest.raises(InputError) as refused:
        parse_statement(canonical_bytes(value))
    assert "Hong" not in str(refused.value) + refused.value.remedy()


def test_verify_statement_refuses_an_officer_of_another_member() -> None:
    statement = a_statement("case")
    envelope, vouchers = signed_by(statement, [an_officer(HAGUE, "kim")])
    with pytest.raises(IntegrityError):
        verify_statement(envelope, vouchers, SEOUL, at=NOW)


def test_verify_statement_refuses_an_officer_whom_nobody_vouches_for() -> None:
    envelope, _ = signed_by(a_statement("case"), [KIM])
    forged = sign_envelope(envelope.payload_type, envelope.payload, [key_of("mallory")])
    with pytest.raises(IntegrityError):
        verify_statement(forged, [voucher_of(KIM, SEOUL)], SEOUL, at=NOW)
    with pytest.raises(IntegrityError):
        verify_statement(envelope, [], SEOUL, at=NOW)


def test_verify_statement_refuses_to_take_it_from_another_author() -> None:
    made = signed(a_statement("case"))
    with pytest.raises(IntegrityError, match="has it as its own"):
        verify_statement(made.envelope, made.vouchers, HAGUE, at=NOW)


def test_verify_statement_refuses_an_expired_voucher() -> None:
    envelope, vouchers = signed_by(a_statement("case"), [replace(KIM, expires=NOW)])
    with pytest.raises(RefusedError) as refused:
        verify_statement(envelope, vouchers, SEOUL, at=NOW)
    assert refused.value.code == "share.voucher"


def test_verify_statement_takes_what_was_made_before_the_voucher_expired() -> None:
    envelope, vouchers = signed_by(a_statement("case"), [replace(KIM, expires=NOW + 1)])
    assert verify_statement(envelope, vouchers, SEOUL, at=NOW + DAY).officers[0].id == "kim"


def test_verify_statement_refuses_a_voucher_that_begins_later() -> None:
    envelope, vouchers = signed_by(a_statement("case"), [replace(KIM, since=NOW + DAY)])
    with pytest.raises(RefusedError):
        verify_statement(envelope, vouchers, SEOUL, at=NOW)


def test_verify_statement_takes_an_officer_added_after_the_draft() -> None:
    envelope, vouchers = signed_by(a_statement("case"), [replace(KIM, since=NOW + 600)])
    assert verify_statement(envelope, vouchers, SEOUL, at=NOW + 900).officers[0].id == "kim"


def test_verify_statement_refuses_one_officer_with_two_keys() -> None:
    statement, twice = a_statement("request"), replace(LEE, id="kim", roles=("analyst",))
    payload = statement_payload(statement)
    envelope = sign_envelope(STATEMENT_TYPE, payload, [key_of("seoul", "kim"), key_of("seoul", "lee")])
    vouchers = [voucher_of(KIM, SEOUL), voucher_of(twice, SEOUL)]
    with pytest.raises(RefusedError) as refused:
        verify_statement(envelope, vouchers, SEOUL, at=NOW)
    assert refused.value.code == "share.signatures"


def test_verify_statement_refuses_one_key_for_two_officers() -> None:
    envelope, vouchers = signed_by(a_statement("request"), [KIM])
    second = voucher_of(replace(LEE, key=KIM.key), SEOUL)
    with pytest.raises(IntegrityError):
        verify_statement(envelope, [*vouchers, second], SEOUL, at=NOW)


@pytest.mark.parametrize("kind", ["request", "label", "recall"])
def test_verify_statement_refuses_too_few_signatures(kind: str) -> None:
    envelope, vouchers = signed_by(a_statement(kind), [PARK])
    with pytest.raises(RefusedError) as refused:
        verify_statement(envelope, vouchers, SEOUL, at=NOW)
    assert refused.value.code == "share.signatures"


def test_verify_statement_refuses_what_is_addressed_to_others() -> None:
    made = signed(a_statement("case"))
    with pytest.raises(RefusedError) as refused:
        verify_statement(made.envelope, made.vouchers, SEOUL, at=NOW, recipient="dolmen")
    assert refused.value.code == "share.addressed"


def test_verify_statement_refuses_the_future() -> None:
    made = signed(a_statement("case", made=NOW + 301))
    with pytest.raises(RefusedError, match="future"):
        verify_statement(made.envelope, made.vouchers, SEOUL, at=NOW)
    verify_statement(made.envelope, made.vouchers, SEOUL, at=NOW + 1)


def test_verify_statement_refuses_signatures_in_another_order() -> None:
    made = signed(a_statement("request"))
    turned = Envelope(STATEMENT_TYPE, made.envelope.payload, made.envelope.signatures[::-1])
    with pytest.raises(IntegrityError):
        verify_statement(turned, made.vouchers, SEOUL, at=NOW)


def test_verify_statement_refuses_an_idle_voucher() -> None:
    made = signed(a_statement("case"))
    with pytest.raises(IntegrityError):
        verify_statement(made.envelope, [*made.vouchers, voucher_of(LEE, SEOUL)], SEOUL, at=NOW)


def test_verify_statement_refuses_another_type_of_envelope() -> None:
    made = signed(a_statement("case"))
    payload = made.envelope.payload
    with pytest.raises(InputError):
        verify_statement(sign_envelope("text/plain", payload, []), made.vouchers, SEOUL, at=NOW)


def test_service_role_signs_receipts_and_nothing_else() -> None:
    service = an_officer(SEOUL, "service")
    for kind in KINDS:
        envelope, vouchers = signed_by(a_statement(kind), [service])
        if kind == "receipt":
            verify_statement(envelope, vouchers, SEOUL, at=NOW)
        else:
            with pytest.raises(RefusedError):
                verify_statement(envelope, vouchers, MEMBERS["seoul"], at=NOW)


def test_statement_payload_refuses_what_readers_would_refuse() -> None:
    with pytest.raises(InputError):
        statement_payload(a_statement(recipients=("seoul",)))
    with pytest.raises(InputError):
        statement_payload(a_statement(body={"amount": 2**60}))
    with pytest.raises(InputError, match="bytes"):
        statement_payload(a_statement(body={"long": "x" * MAX_PAYLOAD}))


@pytest.mark.parametrize("leaf", [None, -1, True, 1.5, "3", [3]])
def test_find_leaf_takes_the_number_of_a_leaf_alone(leaf: object) -> None:
    carrier = carrier_object(signed(a_statement("label")), 3)
    assert (find_leaf(carrier), find_leaf(carrier_object(signed(a_statement("label"))))) == (3, None)
    next(iter(carrier["extensions"].values()))["leaf"] = leaf
    assert find_leaf(carrier) is None
    assert find_envelope(carrier) is not None
