"""Cases: lawful or refused, numbered by their member, taken from others by their own word alone."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection
from tests.unit.respond.alliance import DAY, DRAFT, NOW, Alliance, id_of, make_case

from jindo.base.errors import ConflictError, InputError, NotFound, RefusedError
from jindo.base.markings import Tlp
from jindo.respond import (
    UnlawfulCase,
    add_case_person,
    build_case_body,
    case_people,
    find_case,
    get_case,
    list_cases,
    open_case,
    parse_case_draft,
    read_history,
    record_foreign_case,
)

GIVEN = {
    "title": "The bridge theft",
    "kind": "theft",
    "purpose": "investigation",
    "legal_basis": "Criminal Act",
    "expires": "2027-01-01T00:00:00Z",
    "tlp": "amber+strict",
    "loss": [{"tx_hash": "0x" + "AB" * 32, "index": 3}, {"theft": "two", "address": "0x" + "0" * 39 + "1"}],
}


def test_open_case_numbers_by_member_and_year(conn: Connection, alliance: Alliance) -> None:
    first = make_case(conn, alliance.seoul)
    second = open_case(conn, DRAFT, id=id_of("2"), me=alliance.seoul.member, actor="seoul-1", time=NOW)
    assert (first.number, second.number) == ("SEOUL-2026-1", "SEOUL-2026-2")
    assert get_case(conn, "SEOUL-2026-1") == get_case(conn, first.id) == first
    assert case_people(conn, first.id) == {"seoul-1": "lead"}
    assert [case.id for case in list_cases(conn, person="seoul-1")] == sorted([first.id, second.id])
    assert list_cases(conn, person="nobody") == []


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({"purpose": ""}, ("purpose",)),
        ({"legal_basis": ""}, ("legal basis",)),
        ({"expires": None}, ("expiry",)),
        ({"expires": NOW}, ("expiry in the future",)),
        ({"purpose": "", "legal_basis": "", "expires": None}, ("purpose", "legal basis", "expiry")),
    ],
)
def test_open_case_refuses_what_is_not_lawful(
    conn: Connection, alliance: Alliance, changed: dict[str, Any], missing: tuple[str, ...]
) -> None:
    with pytest.raises(UnlawfulCase) as refused:
        make_case(conn, alliance.seoul, **changed)
    assert refused.value.missing == missing
    assert refused.value.code == "respond.unlawful"
    assert find_case(conn, id_of("case")) is None


def test_open_case_takes_an_intrusion_without_a_coin(conn: Connection, alliance: Alliance) -> None:
    case = make_case(conn, alliance.seoul, kind="intrusion", loss=())
    assert build_case_body(get_case(conn, case.id))["loss"] == []


def test_open_case_never_takes_an_id_twice(conn: Connection, alliance: Alliance) -> None:
    make_case(conn, alliance.seoul)
    with pytest.raises(ConflictError):
        make_case(conn, alliance.seoul)


def test_parse_case_draft_reads_every_way_of_writing() -> None:
    draft = parse_case_draft(GIVEN)
    assert draft.tlp is Tlp.AMBER_STRICT
    assert draft.expires == 1_798_761_600
    assert draft.loss == (
        {"theft": "theft", "tx_hash": "0x" + "ab" * 32, "index": 3},
        {"theft": "two", "address": "0x" + "0" * 39 + "1"},
    )
    assert parse_case_draft({"title": "x", "kind": "fraud"}).expires is None


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "murder"},
        {"title": ""},
        {"title": 7},
        {"title": "a\x00b"},
        {"expires": True},
        {"expires": "soon"},
        {"tlp": "PINK"},
        {"loss": "all of it"},
        {"loss": [{}]},
        {"loss": [{"tx_hash": "0xab"}]},
        {"loss": [{"tx_hash": "0x" + "ab" * 32, "index": -1}]},
        {"summary": ["a"]},
    ],
)
def test_parse_case_draft_refuses_what_it_cannot_read(changed: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        parse_case_draft({**GIVEN, **changed})


def test_record_foreign_case_keeps_id_and_number_and_is_once(conn: Connection, alliance: Alliance) -> None:
    case = make_case(conn, alliance.seoul)
    with alliance.bonn.store.begin() as theirs:
        taken = record_foreign_case(theirs, build_case_body(case), origin="seoul", time=NOW + 1)
        assert record_foreign_case(theirs, build_case_body(case), origin="seoul", time=NOW + 2) == taken
        assert (taken.id, taken.number, taken.opened_by) == (case.id, case.number, "seoul")
        assert [row["act"] for row in read_history(theirs, case.id)] == ["case-received"]


def test_record_foreign_case_believes_only_its_own_member(conn: Connection, alliance: Alliance) -> None:
    body = build_case_body(make_case(conn, alliance.seoul))
    with alliance.bonn.store.begin() as theirs:
        with pytest.raises(RefusedError):
            record_foreign_case(theirs, body, origin="hanbit", time=NOW)
        record_foreign_case(theirs, body, origin="seoul", time=NOW)
        with pytest.raises(ConflictError):
            record_foreign_case(theirs, {**body, "expires": NOW + 999 * DAY}, origin="seoul", time=NOW)


def test_record_foreign_case_refuses_a_body_with_a_field_gone(conn: Connection, alliance: Alliance) -> None:
    body = build_case_body(make_case(conn, alliance.seoul))
    with alliance.bonn.store.begin() as theirs:
        for gone in body:
            with pytest.raises(InputError):
                record_foreign_case(
                    theirs, {k: v for k, v in body.items() if k != gone}, origin="seoul", time=NOW
                )


def test_add_case_person_is_once_and_in_the_history(conn: Connection, alliance: Alliance) -> None:
    case = make_case(conn, alliance.seoul)
    before = len(read_history(conn, case.id))
    add_case_person(conn, case.id, "seoul-1", role="member", actor="seoul-1", time=NOW)
    assert len(read_history(conn, case.id)) == before
    with pytest.raises(NotFound):
        add_case_person(conn, case.id, "ghost", role="member", actor="seoul-1", time=NOW)


def test_get_case_says_when_there_is_none(conn: Connection) -> None:
    with pytest.raises(NotFound):
        get_case(conn, "SEOUL-2026-9")
