"""Cards and vouchers: a key is what counts, and it does not change under a name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Connection
from tests.unit.share.cast import (
    DAY,
    HAGUE,
    NOW,
    SEOUL,
    a_member,
    an_officer,
    card_of,
    key_of,
    voucher_of,
)

from jindo.base.errors import ConflictError, InputError, IntegrityError, NotFound, RefusedError
from jindo.seal import Envelope, SigningKey, canonical_bytes, parse_canonical, sign_envelope
from jindo.share import (
    CARD_TYPE,
    VOUCHER_TYPE,
    build_card,
    build_voucher,
    find_member,
    fingerprint,
    get_member,
    list_members,
    parse_card,
    parse_voucher,
    record_member,
)


def test_parse_card_gives_back_the_member() -> None:
    assert parse_card(card_of(SEOUL)) == SEOUL


def test_parse_card_refuses_a_card_signed_by_another_key() -> None:
    with pytest.raises(IntegrityError):
        parse_card(build_card(SEOUL, key_of("mallory")))


def test_parse_card_refuses_a_second_signature() -> None:
    payload = card_of(SEOUL).payload
    both = sign_envelope(CARD_TYPE, payload, [key_of("seoul", "member"), key_of("mallory")])
    with pytest.raises(IntegrityError):
        parse_card(both)


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "cartel"},
        {"country": "Korea"},
        {"id": "Seoul!"},
        {"url": "ftp://x"},
        {"purposes": ["a", "a"]},
    ],
)
def test_parse_card_refuses_odd_fields(changed: dict[str, object]) -> None:
    value = {**parse_canonical(card_of(SEOUL).payload), **changed}
    envelope = sign_envelope(CARD_TYPE, canonical_bytes(value), [key_of("seoul", "member")])
    with pytest.raises(InputError):
        parse_card(envelope)


@pytest.mark.parametrize("odd", [{"more": 1}, {"name": None}])
def test_parse_card_refuses_a_field_too_many_or_of_another_type(odd: dict[str, object]) -> None:
    value = {**parse_canonical(card_of(SEOUL).payload), **odd}
    with pytest.raises(InputError):
        parse_card(sign_envelope(CARD_TYPE, canonical_bytes(value), [key_of("seoul", "member")]))


def test_parse_card_refuses_another_type_of_envelope() -> None:
    with pytest.raises(InputError):
        parse_card(sign_envelope("application/json", card_of(SEOUL).payload, [key_of("seoul", "member")]))


def test_fingerprint_is_read_in_groups_of_four() -> None:
    groups = fingerprint(SEOUL.member_key).split()
    assert "".join(groups) == SEOUL.member_key.key_id
    assert {len(group) for group in groups} == {4}


def test_record_member_twice_is_once(conn: Connection) -> None:
    record_member(conn, card_of(SEOUL), time=NOW + 1)
    assert [member.id for member in list_members(conn)] == ["dolmen", "hague", "seoul"]


def test_record_member_refuses_another_key_under_a_known_id(conn: Connection) -> None:
    other = SigningKey.from_seed(b"\x07" * 32)
    stolen = replace(SEOUL, member_key=other.public, version=9)
    with pytest.raises(RefusedError) as refused:
        record_member(conn, build_card(stolen, other), time=NOW)
    assert refused.value.code == "share.member-key"
    assert get_member(conn, "seoul") == SEOUL


def test_record_member_refuses_a_known_key_under_another_id(conn: Connection) -> None:
    double = replace(SEOUL, id="seoul-two")
    with pytest.raises(RefusedError, match="seoul's key"):
        record_member(conn, build_card(double, key_of("seoul", "member")), time=NOW)


def test_record_member_takes_a_newer_card_and_refuses_an_older(conn: Connection) -> None:
    newer = replace(SEOUL, name="New name", version=2)
    record_member(conn, card_of(newer), time=NOW)
    assert get_member(conn, "seoul") == newer
    with pytest.raises(ConflictError):
        record_member(conn, card_of(SEOUL), time=NOW)
    with pytest.raises(ConflictError):
        record_member(conn, card_of(replace(newer, name="Same version")), time=NOW)


def test_get_member_says_who_is_missing(conn: Connection) -> None:
    assert find_member(conn, "busan") is None
    with pytest.raises(NotFound, match="busan"):
        get_member(conn, "busan")


def test_parse_voucher_gives_back_the_officer() -> None:
    kim = an_officer(SEOUL, "kim")
    assert parse_voucher(voucher_of(kim, SEOUL), SEOUL, at=NOW) == kim


@pytest.mark.parametrize("at", [NOW - 2 * DAY, NOW + 365 * DAY, NOW + 400 * DAY])
def test_parse_voucher_refuses_outside_its_time(at: int) -> None:
    with pytest.raises(RefusedError) as refused:
        parse_voucher(voucher_of(an_officer(SEOUL, "kim"), SEOUL), SEOUL, at=at)
    assert refused.value.code == "share.voucher"


def test_parse_voucher_refuses_another_members_word() -> None:
    foreign = build_voucher(an_officer(SEOUL, "kim"), key_of("hague", "member"))
    with pytest.raises(IntegrityError):
        parse_voucher(foreign, SEOUL, at=NOW)
    with pytest.raises(IntegrityError):
        parse_voucher(foreign, HAGUE, at=NOW)  # hague vouches for hague's officers only


@pytest.mark.parametrize(
    "changed", [{"roles": ()}, {"roles": ("service", "analyst")}, {"roles": ("king",)}, {"expires": 0}]
)
def test_build_voucher_refuses_what_nobody_would_read(changed: dict[str, object]) -> None:
    with pytest.raises(InputError):
        build_voucher(an_officer(SEOUL, "kim", **changed), key_of("seoul", "member"))


def test_voucher_is_not_a_card() -> None:
    voucher = voucher_of(an_officer(SEOUL, "kim"), SEOUL)
    with pytest.raises(InputError):
        parse_card(Envelope(CARD_TYPE, voucher.payload, voucher.signatures))
    card = card_of(SEOUL)
    with pytest.raises((InputError, IntegrityError)):
        parse_voucher(Envelope(VOUCHER_TYPE, card.payload, card.signatures), SEOUL, at=NOW)


def test_member_needs_no_services_or_certificate() -> None:
    assert parse_card(card_of(a_member("busan", "cert"))).services == ()
