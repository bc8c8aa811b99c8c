"""Matching and replies: never more than there is, never more than asked, and words that fit the amounts."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection
from tests.unit.respond.alliance import DAY, DEPOSIT, DEPOSIT_2, ETHER, NOW, Alliance, id_of
from tests.unit.respond.test_requests import draft

from jindo.base.errors import ConflictError, InputError, NotFound, RefusedError
from jindo.respond import (
    IncompleteReply,
    Matching,
    OwnAccount,
    Request,
    build_reply_body,
    check_reply,
    list_replies,
    match_accounts,
    parse_accounts,
    record_reply,
)

CSV = f"address,asset,balance,customer\n{DEPOSIT},{ETHER},450,Kim\n{DEPOSIT_2},{ETHER},9999,Lee\n"


def accounts(*rows: tuple[str, str, int]) -> list[OwnAccount]:
    return [OwnAccount(address, asset, balance, "") for address, asset, balance in rows]


def answer(request: Request, matching: Matching, alliance: Alliance, **changed: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "id": id_of("reply"),
        "me": alliance.hanbit.member,
        "made": NOW,
        "reason": "part of it was withdrawn before the request came",
        "until": NOW + 30 * DAY,
    }
    return build_reply_body(request, matching, **{**given, **changed})


def test_match_accounts_holds_what_is_there_and_was_asked(conn: Connection, alliance: Alliance) -> None:
    request = draft(conn, alliance)
    matching = match_accounts(request.body, parse_accounts(CSV, place="accounts.csv"))
    assert [(line.requested, line.available, line.held, line.missing) for line in matching.lines] == [
        (600, 450, 450, 150),
        (300, 9999, 300, 0),
    ]
    assert [total.to_dict() for total in matching.totals] == [
        {"asset": ETHER, "decimals": 18, "requested": "900", "held": "750", "missing": "150"}
    ]
    assert matching.state == "partially-held"
    assert matching.to_view()["lines"][1]["available"] == "9999"


@pytest.mark.parametrize(
    ("rows", "state"),
    [
        ([(DEPOSIT, ETHER, 600), (DEPOSIT_2, ETHER, 300)], "held"),
        ([(DEPOSIT, ETHER, 600)], "partially-held"),
        ([(DEPOSIT, ETHER, 0), (DEPOSIT_2, ETHER, 0)], "already-moved"),
        ([(DEPOSIT, "other", 600)], "already-moved"),
        ([], "no-such-customer"),
    ],
)
def test_match_accounts_says_what_a_reply_can(
    conn: Connection, alliance: Alliance, rows: list[tuple[str, str, int]], state: str
) -> None:
    assert match_accounts(draft(conn, alliance).body, accounts(*rows)).state == state


def test_match_accounts_never_holds_one_balance_twice(conn: Connection, alliance: Alliance) -> None:
    body = draft(conn, alliance).body
    twice = {**body, "identifiers": [body["identifiers"][0]] * 2}
    assert [line.held for line in match_accounts(twice, accounts((DEPOSIT, ETHER, 800))).lines] == [600, 200]


def test_match_accounts_knows_a_token_by_its_contract(conn: Connection, alliance: Alliance) -> None:
    body, contract = draft(conn, alliance).body, "0x" + "c" * 40
    asked = {**body["identifiers"][0], "asset": contract}
    found = match_accounts(
        {**body, "identifiers": [asked]}, accounts((DEPOSIT, f"eip155:1/erc20:{contract}", 5))
    )
    assert found.lines[0].held == 5


def test_parse_accounts_keeps_customers_as_keyed_digests_or_not_at_all() -> None:
    one, other = parse_accounts(CSV, place="a.csv", key=b"k" * 32)
    assert len(one.customer) == 64
    assert one.customer != other.customer
    assert {account.customer for account in parse_accounts(CSV, place="a.csv")} == {""}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "address,asset\n",
        f"address,asset,balance\n{DEPOSIT},{ETHER},-1\n",
        f"address,asset,balance\n{DEPOSIT},{ETHER},x\n",
        f"address,asset,balance\n{DEPOSIT},,1\n",
        f"address,asset,balance\nnot an address,{ETHER},1\n",
        f"address,asset,balance\n{DEPOSIT},{ETHER},1\n{DEPOSIT},{ETHER},1\n",
        f"address,asset,balance\n{DEPOSIT}\n",
    ],
)
def test_parse_accounts_names_the_line_and_never_a_customer(text: str) -> None:
    with pytest.raises(InputError, match=r"a\.csv"):
        parse_accounts(text, place="a.csv", key=b"k")


def test_build_reply_body_says_nothing_beyond_what_was_asked(conn: Connection, alliance: Alliance) -> None:
    request = draft(conn, alliance)
    body = answer(request, match_accounts(request.body, parse_accounts(CSV, place="a", key=b"k")), alliance)
    assert body["state"] == "partially-held"
    assert body["totals"] == [
        {"asset": ETHER, "decimals": 18, "requested": "900", "held": "750", "missing": "150"}
    ]
    assert "9999" not in str(body)
    assert set(body["lines"][0]) == {"chain", "account", "asset", "decimals", "requested", "held", "missing"}


@pytest.mark.parametrize(
    "changed",
    [
        {"reason": " "},
        {"until": None},
        {"until": NOW},
        {"state": "held"},
        {"state": "already-moved"},
    ],
)
def test_build_reply_body_refuses_words_that_do_not_fit(
    conn: Connection, alliance: Alliance, changed: dict[str, Any]
) -> None:
    request = draft(conn, alliance)
    with pytest.raises(IncompleteReply):
        answer(request, match_accounts(request.body, parse_accounts(CSV, place="a")), alliance, **changed)


def test_build_reply_body_is_the_addressees(conn: Connection, alliance: Alliance) -> None:
    request = draft(conn, alliance)
    with pytest.raises(RefusedError):
        answer(request, match_accounts(request.body, []), alliance, me=alliance.bonn.member)


@pytest.mark.parametrize(
    "state", ["received", "authenticated", "need-instrument", "refused", "no-such-customer"]
)
def test_build_reply_body_states_no_amount_where_nothing_is_held(
    conn: Connection, alliance: Alliance, state: str
) -> None:
    request = draft(conn, alliance)
    matching = match_accounts(request.body, parse_accounts(CSV, place="a"))
    body = answer(request, matching, alliance, state=state, until=None)
    assert (body["lines"], body["totals"]) == ([], [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"lines": []},
        {"totals": []},
        {"lines": [{}]},
        {"state": "maybe"},
        {"until": "soon"},
        {"made": None},
        {"id": "../x"},
        {"reason": None},
    ],
)
def test_check_reply_refuses_what_does_not_add_up(
    conn: Connection, alliance: Alliance, wrong: dict[str, Any]
) -> None:
    request = draft(conn, alliance)
    body = answer(request, match_accounts(request.body, parse_accounts(CSV, place="a")), alliance)
    with pytest.raises((InputError, IncompleteReply)):
        check_reply({**body, **wrong})


def test_check_reply_refuses_more_held_than_asked(conn: Connection, alliance: Alliance) -> None:
    request = draft(conn, alliance)
    body = answer(request, match_accounts(request.body, parse_accounts(CSV, place="a")), alliance)
    lines = [{**body["lines"][0], "held": "601"}, body["lines"][1]]
    with pytest.raises(InputError):
        check_reply({**body, "lines": lines})


def test_record_reply_is_once_and_only_by_who_was_asked(conn: Connection, alliance: Alliance) -> None:
    request = draft(conn, alliance)
    body = answer(request, match_accounts(request.body, parse_accounts(CSV, place="a")), alliance)
    asked: dict[str, Any] = {"statement_id": request.statement_id, "member": "hanbit", "made": NOW}
    reply = record_reply(conn, body, **asked)
    assert record_reply(conn, body, **asked) == reply
    assert list_replies(conn, request.id) == [reply]
    for wrong in ({"member": "bonn"}, {"made": NOW + 1}):
        with pytest.raises(RefusedError):
            record_reply(conn, body, **{**asked, **wrong})
    with pytest.raises(ConflictError):
        record_reply(conn, {**body, "reason": "another"}, **asked)
    with pytest.raises(NotFound):
        record_reply(conn, {**body, "request_id": id_of("none")}, **asked)


def test_record_reply_answers_only_what_was_asked(conn: Connection, alliance: Alliance) -> None:
    request = draft(conn, alliance)
    other = {**request.body["identifiers"][0], "account": "0x" + "9" * 40}
    body = answer(
        request,
        match_accounts({**request.body, "identifiers": [other]}, accounts(("0x" + "9" * 40, ETHER, 5))),
        alliance,
    )
    with pytest.raises(InputError, match="does not ask"):
        record_reply(conn, body, statement_id=request.statement_id, member="hanbit", made=NOW)
