"""Requests: eighteen things or a refusal that names what is missing; the state is derived."""

from __future__ import annotations

import copy
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Connection
from tests.unit.respond.alliance import (
    DAY,
    DEPOSIT,
    ETHER,
    NOW,
    Alliance,
    add_trace,
    id_of,
    make_case,
)

from jindo.base.errors import ConflictError, InputError, NotFound, RefusedError
from jindo.respond import (
    IncompleteRequest,
    Request,
    build_reply_body,
    build_request_body,
    check_request,
    get_request,
    list_requests,
    match_accounts,
    record_reply,
    record_request,
    request_state,
)
from jindo.share import build_recall_body, publish, read_statement

OFFICER = {"id": "seoul-1", "rank": "Inspector", "contact": "duty@police.example"}


def build(conn: Connection, alliance: Alliance, **fields: Any) -> dict[str, Any]:
    case = make_case(conn, alliance.seoul)
    trace = add_trace(conn, case, alliance.seoul)
    given = {"authority": "Criminal Procedure Act, article 106", **fields}
    return build_request_body(
        case,
        trace,
        alliance.hanbit.member,
        id=id_of("request"),
        me=alliance.seoul.member,
        officer=OFFICER,
        kind="freeze",
        made=NOW,
        expires=NOW + 14 * DAY,
        tool="jindo",
        version="0.1.0",
        **given,
    )


def draft(conn: Connection, alliance: Alliance) -> Request:
    body = build(conn, alliance)
    statement = alliance.seoul.draft(conn, "request", body, "hanbit", case_id=body["case"]["id"])
    return record_request(
        conn, body, statement_id=statement, origin="seoul", case_id=body["case"]["id"], made=NOW
    )


def test_build_request_body_is_filled_in_from_case_and_trace(conn: Connection, alliance: Alliance) -> None:
    body = build(conn, alliance)
    check_request(body)
    assert [row["amount"] for row in body["identifiers"]] == ["600", "300"]
    assert body["identifiers"][0]["account"] == DEPOSIT
    assert len(body["identifiers"][0]["transactions"]) == 5
    assert body["totals"] == [{"asset": ETHER, "decimals": 18, "amount": "900"}]
    assert body["custody"]["exhibit"] == "exhibit 1"
    assert body["period"]["from"] == NOW - 3 * DAY
    assert [row["time"] for row in body["chronology"]] == sorted(row["time"] for row in body["chronology"])


MISSING: list[tuple[int, dict[str, Any]]] = [
    (1, {"kind": "seize"}),
    (2, {"case": {"id": "x"}}),
    (3, {"agency": {"member": "seoul", "name": "x", "country": "KR", "kind": "police", "authority": ""}}),
    (4, {"officer": {"id": "seoul-1", "rank": "", "contact": "", "alternative": ""}}),
    (5, {"addressee": {"member": "hanbit", "name": "x", "entities": []}}),
    (6, {"legal_basis": " "}),
    (7, {"chronology": []}),
    (8, {"persons": {"victim": "not stated", "suspect": ""}}),
    (9, {"identifiers": []}),
    (10, {"flow": ""}),
    (11, {"totals": []}),
    (12, {"duration_days": 0}),
    (13, {"data": []}),
    (14, {"confidentiality": ""}),
    (15, {"urgency": "urgent", "urgency_reason": ""}),
    (16, {"language": ""}),
    (17, {"custody": {}}),
    (18, {"release_contact": ""}),
]


@pytest.mark.parametrize(("number", "changed"), MISSING, ids=[str(number) for number, _ in MISSING])
def test_check_request_names_the_one_that_is_missing(
    conn: Connection, alliance: Alliance, number: int, changed: dict[str, Any]
) -> None:
    with pytest.raises(IncompleteRequest) as refused:
        check_request({**build(conn, alliance), **changed})
    assert f"({number})" in " ".join(refused.value.missing)
    assert refused.value.code == "respond.request-incomplete"


def test_check_request_needs_all_eighteen(conn: Connection, alliance: Alliance) -> None:
    with pytest.raises(IncompleteRequest) as refused:
        check_request({})
    assert [f"({n})" in text for n, text in enumerate(refused.value.missing, start=1)] == [True] * 18


@pytest.mark.parametrize("value", [None, 7, "x", [], {}, [None], {"a": 1}, True, -1])
def test_check_request_refuses_any_kind_of_value_without_falling(
    conn: Connection, alliance: Alliance, value: object
) -> None:
    body = build(conn, alliance)
    for name in body:
        with suppress(IncompleteRequest):
            check_request({**body, name: value})
    with pytest.raises(IncompleteRequest):
        check_request(dict.fromkeys(body, value))


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": "0"},
        {"amount": "1.5"},
        {"amount": "-1"},
        {"amount": "01"},
        {"amount": 5},
        {"account": DEPOSIT.upper()},
        {"account": ""},
        {"chain": "ethereum"},
        {"decimals": 999},
        {"first_time": "yesterday"},
        {"transactions": "0xab"},
    ],
)
def test_check_request_reads_every_account(
    conn: Connection, alliance: Alliance, changed: dict[str, Any]
) -> None:
    body = copy.deepcopy(build(conn, alliance))
    body["identifiers"][0].update(changed)
    with pytest.raises(IncompleteRequest, match=r"\(9\)"):
        check_request(body)


def test_check_request_holds_totals_against_accounts(conn: Connection, alliance: Alliance) -> None:
    body = build(conn, alliance)
    wrong = [{**body["totals"][0], "amount": "901"}]
    with pytest.raises(IncompleteRequest, match=r"totals by asset \(11\)"):
        check_request({**body, "totals": wrong})


def test_build_request_body_takes_what_an_officer_fills_in(conn: Connection, alliance: Alliance) -> None:
    asked = [
        {"chain": "eip155:1", "account": DEPOSIT, "asset": ETHER, "decimals": 18, "amount": "5"}
        | {"first_time": None, "last_time": None, "transactions": []}
    ]
    body = build(
        conn,
        alliance,
        identifiers=asked,
        persons={"victim": "a bridge"},
        urgency="urgent",
        urgency_reason="it moves",
    )
    check_request(body)
    assert body["totals"][0]["amount"] == "5"
    assert body["persons"] == {"victim": "a bridge", "suspect": "not stated"}


def test_build_request_body_refuses_a_field_that_no_request_has(conn: Connection, alliance: Alliance) -> None:
    with pytest.raises(InputError, match="urgencie"):
        build(conn, alliance, urgencie="urgent")


@pytest.mark.parametrize("junk", [3, "x", None, [3], [{"amount": "x"}]])
def test_build_request_body_never_falls_over_odd_accounts(
    conn: Connection, alliance: Alliance, junk: object
) -> None:
    with pytest.raises(IncompleteRequest, match=r"\(9\)"):
        check_request(build(conn, alliance, identifiers=junk))


def test_record_request_speaks_for_its_own_member_and_case(conn: Connection, alliance: Alliance) -> None:
    request = draft(conn, alliance)
    assert (
        record_request(
            conn,
            request.body,
            statement_id=request.statement_id,
            origin="seoul",
            case_id=request.case_id,
            made=NOW,
        )
        == request
    )
    assert get_request(conn, request.statement_id) == get_request(conn, request.id) == request
    assert list_requests(conn, request.case_id) == list_requests(conn) == [request]
    asked: dict[str, Any] = {
        "statement_id": request.statement_id,
        "origin": "seoul",
        "case_id": request.case_id,
        "made": NOW,
    }
    for wrong in ({"origin": "bonn"}, {"case_id": id_of("other")}, {"made": NOW + 1}):
        with pytest.raises(RefusedError):
            record_request(conn, request.body, **{**asked, **wrong})
    with pytest.raises(ConflictError):
        record_request(conn, {**request.body, "scope": "all"}, **asked)
    with pytest.raises(NotFound):
        get_request(conn, "none")


def test_request_state_follows_signatures_receipt_reply_and_recall(alliance: Alliance) -> None:
    seoul, hanbit = alliance.seoul, alliance.hanbit
    with seoul.store.begin() as conn:
        request = draft(conn, alliance)
        said = request.statement_id
        states = [request_state(conn, request.id, NOW)]
        seoul.sign(conn, said, 1)
        states.append(request_state(conn, request.id, NOW))
        seoul.sign(conn, said, 2)
        states.append(request_state(conn, request.id, NOW))
        publish(conn, said, me=seoul.member, time=NOW)
        states.append(request_state(conn, request.id, NOW))
        assert request_state(conn, request.id, NOW + 15 * DAY) == "expired"
    with hanbit.store.begin() as theirs:
        receipt = hanbit.hear(theirs, seoul, said)
        assert receipt is not None
        theirs_request = record_request(
            theirs, request.body, statement_id=said, origin="seoul", case_id=request.case_id, made=NOW
        )
        assert request_state(theirs, request.id, NOW) == "received"
        body = build_reply_body(
            theirs_request,
            match_accounts(request.body, []),
            id=id_of("reply"),
            me=hanbit.member,
            made=NOW,
            reason="",
            until=None,
        )
        reply = hanbit.say(theirs, "reply", body, "seoul", 1, case_id=request.case_id)
        record_reply(theirs, body, statement_id=reply, member="hanbit", made=NOW)
        assert request_state(theirs, request.id, NOW) == "answered"
    with seoul.store.begin() as conn:
        seoul.hear(conn, hanbit, receipt)
        states.append(request_state(conn, request.id, NOW))
        seoul.hear(conn, hanbit, reply)
        record_reply(conn, body, statement_id=reply, member="hanbit", made=NOW)
        states.append(request_state(conn, request.id, NOW + 15 * DAY))
        recall = build_recall_body(read_statement(conn, said).statement, reason="mistaken")
        seoul.say(conn, "recall", recall, "hanbit", 1, 2, 3, subject=said)
        states.append(request_state(conn, request.id, NOW))
    assert states == ["draft", "awaiting signature", "signed", "sent", "received", "answered", "recalled"]
