"""Exhibits: numbered, hashed, never changed, and no file name leaves its folder."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection
from tests.unit.respond.alliance import (
    DEPOSIT,
    ETHER,
    NOW,
    Alliance,
    add_trace,
    id_of,
    make_case,
    make_result,
)

from jindo.base.errors import ConflictError, InputError, NotFound, RefusedError
from jindo.base.markings import Tlp
from jindo.respond import (
    build_case_body,
    build_exhibit_body,
    build_trace_facts,
    check_files,
    check_trace_facts,
    find_standing_trace,
    get_exhibit,
    list_exhibits,
    read_history,
    record_exhibit,
    record_foreign_case,
    record_foreign_exhibit,
)
from jindo.seal import canonical_hash, sha256_hex

FILE = {"name": "a.txt", "size": 1, "sha256": sha256_hex(b"a")}


def add(conn: Connection, case_id: str, **changed: Any) -> Any:
    given: dict[str, Any] = {
        "id": id_of("note"),
        "case_id": case_id,
        "kind": "note",
        "title": "A note",
        "origin": "seoul",
        "tlp": Tlp.RED,
        "files": [FILE],
        "facts": {},
        "time": NOW,
        "actor": "seoul-1",
    }
    return record_exhibit(conn, **{**given, **changed})


def test_record_exhibit_numbers_hashes_and_is_once(conn: Connection, alliance: Alliance) -> None:
    case = make_case(conn, alliance.seoul)
    trace, note = add_trace(conn, case, alliance.seoul), add(conn, case.id)
    assert (trace.n, note.n) == (1, 2)
    assert note.sha256 == canonical_hash([FILE])
    assert add(conn, case.id) == note == get_exhibit(conn, note.id)
    assert list_exhibits(conn, case.id) == [trace, note]
    told = read_history(conn, case.id)[-1]
    assert (told["act"], told["detail"]["exhibit"], told["detail"]["sha256"]) == (
        "exhibit-added",
        note.id,
        note.sha256,
    )


def test_record_exhibit_never_changes_one(conn: Connection, alliance: Alliance) -> None:
    case = make_case(conn, alliance.seoul)
    add(conn, case.id)
    with pytest.raises(ConflictError):
        add(conn, case.id, title="Another note")
    with pytest.raises(NotFound):
        get_exhibit(conn, id_of("none"))


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "a/b",
        "../a",
        "/etc/passwd",
        "a\\b",
        "a\x00",
        "a\nb",
        "C:a",
        "x" * 256,
        "가" * 90,
        "\u202egpj.exe",
        7,
    ],
)
def test_check_files_keeps_names_inside_their_folder(name: object) -> None:
    with pytest.raises(InputError):
        check_files([{**FILE, "name": name}])


def test_check_files_sorts_and_refuses_doubles_and_odd_values() -> None:
    rows = check_files(
        [{**FILE, "name": "b"}, {**FILE, "name": "증거.pdf"}, {**FILE, "name": "a", "extra": 1}]
    )
    assert [row["name"] for row in rows] == ["a", "b", "증거.pdf"]
    assert set(rows[0]) == {"name", "size", "sha256"}
    for wrong in ({"size": -1}, {"size": True}, {"size": "1"}, {"sha256": "AB" * 32}, {"sha256": None}):
        with pytest.raises(InputError):
            check_files([{**FILE, **wrong}])
    with pytest.raises(InputError):
        check_files([FILE, FILE])


def test_record_foreign_exhibit_takes_the_signed_word_under_our_number(
    conn: Connection, alliance: Alliance
) -> None:
    case = make_case(conn, alliance.seoul)
    add(conn, case.id)
    trace = add_trace(conn, case, alliance.seoul)
    with alliance.bonn.store.begin() as theirs:
        record_foreign_case(theirs, build_case_body(case), origin="seoul", time=NOW)
        taken = record_foreign_exhibit(
            theirs, build_exhibit_body(trace), origin="seoul", case_id=case.id, time=NOW
        )
        again = record_foreign_exhibit(
            theirs, build_exhibit_body(trace), origin="seoul", case_id=case.id, time=NOW
        )
        assert taken == again
    assert (trace.n, taken.n, taken.sha256, taken.facts) == (2, 1, trace.sha256, trace.facts)


def test_record_foreign_exhibit_refuses_what_contradicts_itself(conn: Connection, alliance: Alliance) -> None:
    case = make_case(conn, alliance.seoul)
    body = build_exhibit_body(add_trace(conn, case, alliance.seoul))
    with alliance.bonn.store.begin() as theirs:
        record_foreign_case(theirs, build_case_body(case), origin="seoul", time=NOW)
        wrong: dict[str, Any]
        for wrong in (
            {"sha256": "0" * 64},
            {"files": []},
            {"facts": {}},
            {"kind": "x"},
            {"title": ""},
            {"n": "1"},
        ):
            with pytest.raises(InputError):
                record_foreign_exhibit(theirs, {**body, **wrong}, origin="seoul", case_id=case.id, time=NOW)
        for wrong in ({"origin": "hanbit"}, {"case_id": id_of("other")}):
            with pytest.raises(RefusedError):
                record_foreign_exhibit(theirs, {**body, **wrong}, origin="seoul", case_id=case.id, time=NOW)


def test_build_trace_facts_adds_up(conn: Connection) -> None:
    facts = build_trace_facts(make_result(), ["b", "a", "b"])
    service = facts["services"][0]
    assert (service["service"], service["amount"], service["asset"]) == ("Hanbit Exchange", "900", ETHER)
    assert [row["amount"] for row in service["addresses"]] == ["600", "300"]
    assert facts["held"][0]["amount"] == "90"
    assert facts["stolen"][0]["amount"] == "1000"
    assert facts["rests_on"] == ["a", "b"]
    check_trace_facts(facts)


def test_build_trace_facts_names_the_largest_movements(conn: Connection, alliance: Alliance) -> None:
    trace = add_trace(conn, make_case(conn, alliance.seoul), alliance.seoul)
    account = trace.facts["services"][0]["addresses"][0]
    assert account["account"] == DEPOSIT
    assert account["transactions"] == ["0x" + f"{n:064x}" for n in (7, 6, 5, 4, 3)]


def test_build_trace_facts_merges_thefts_that_end_at_one_account() -> None:
    result = make_result()
    ends = result["findings"]["endpoints"]
    ends.append({**ends[0], "theft": "second", "amount": "5", "first_time": 7, "last_time": None})
    account = build_trace_facts(result, [])["services"][0]["addresses"][0]
    assert (account["amount"], account["first_time"], account["last_time"]) == (
        "605",
        7,
        ends[0]["last_time"],
    )


def test_build_trace_facts_refuses_what_is_no_result() -> None:
    for wrong in ({}, {"findings": 3}, {**make_result(), "findings": {}}):
        with pytest.raises(InputError):
            build_trace_facts(wrong, [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"findings_hash": "x"},
        {"rests_on": "x"},
        {"rests_on": [7]},
        {"stolen": [{}]},
        {"held": [{"amount": "1"}]},
        {
            "services": [
                {
                    "service": "x",
                    "kind": "",
                    "reason": "service",
                    "asset": "a",
                    "amount": "2",
                    "addresses": [],
                }
            ]
        },
        {"services": {}},
        {"rule": None},
    ],
)
def test_check_trace_facts_refuses_what_does_not_add_up(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        check_trace_facts({**build_trace_facts(make_result(), []), **wrong})


def test_find_standing_trace_is_the_latest(conn: Connection, alliance: Alliance) -> None:
    case = make_case(conn, alliance.seoul)
    assert find_standing_trace(conn, case.id, us="seoul") is None
    add_trace(conn, case, alliance.seoul)
    second = add_trace(conn, case, alliance.seoul, name="second", at_exchange=(1, 2))
    assert find_standing_trace(conn, case.id, us="seoul") == second
