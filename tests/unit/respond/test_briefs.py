"""The facts of a brief: derived from record, statements and history, and nothing smoothed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.respond.alliance import DAY, ETHER, NOW, Alliance, make_case
from tests.unit.respond.story import Story, play

from jindo.base.errors import NotFound
from jindo.respond import (
    build_brief_facts,
    derive_brief_facts,
    describe_statement,
    get_case,
    list_case_statements,
    read_case_record,
    read_history,
)
from jindo.seal import canonical_bytes
from jindo.share import signed_of


def facts_of(alliance: Alliance, story: Story, *, time: int = NOW + DAY) -> dict[str, Any]:
    with alliance.seoul.store.read() as conn:
        return build_brief_facts(conn, story.case, me=alliance.seoul.member, time=time)


def test_build_brief_facts_tells_the_whole_story(alliance: Alliance) -> None:
    story = play(alliance)
    facts = facts_of(alliance, story)
    assert facts["marking"] == "RED"
    assert facts["case"]["number"] == "SEOUL-2026-1"
    assert [(trace["n"], trace["stands"]) for trace in facts["traces"]] == [(1, True), (3, False), (4, True)]
    assert facts["traces"][1]["lost"] == [story.label]
    assert facts["trace"]["n"] == 4
    request = facts["requests"][0]
    assert (request["state"], request["to"], request["accounts"]) == ("answered", "hanbit", 2)
    assert [signer["officer"] for signer in request["signed_by"]] == ["seoul-1", "seoul-2"]
    assert request["replies"][0]["state"] == "partially-held"
    assert facts["held"] == [{"asset": ETHER, "decimals": 18, "requested": "800", "held": "450"}]
    assert facts["labels"][0]["recalled"] == {"recall_id": story.recall, "time": NOW + 400}
    recall = facts["recalls"][0]
    assert (recall["member"], recall["took"], recall["reason"]) == ("bonn", [3], "the server was another's")
    assert recall["told"] == [{"member": "seoul", "acknowledged": NOW + 410}]
    assert [(row["member"], row["rule"]) for row in facts["denials"]] == [("bonn", "tlp-red")]
    assert [member["id"] for member in facts["members"]] == ["bonn", "hanbit", "seoul"]
    assert facts["history"][0]["act"] == "case-opened"
    canonical_bytes(facts)


def test_build_brief_facts_says_what_is_not_known(alliance: Alliance) -> None:
    story = play(alliance, until="request")
    codes = {row["code"]: row for row in facts_of(alliance, story)["limits"]}
    assert codes["unanswered"]["requests"] == [story.request]
    assert {"convention", "labels-asserted", "ledger-unproved", "one-node"} <= codes.keys()
    assert "unacknowledged" not in codes
    assert "held-by-word" not in codes


def test_build_brief_facts_holds_nothing_past_its_term(alliance: Alliance) -> None:
    story = play(alliance)
    assert facts_of(alliance, story, time=NOW + 31 * DAY)["held"] == []


def test_build_brief_facts_names_who_has_not_acknowledged(alliance: Alliance) -> None:
    story = play(alliance, until="label")
    with alliance.seoul.store.begin() as conn:
        body = signed_of(conn, story.said_case).statement.body
        alliance.seoul.say(conn, "case", body, "bonn", 1, case_id=story.case)
    limits = {row["code"]: row for row in facts_of(alliance, story)["limits"]}
    assert limits["unacknowledged"]["members"] == ["bonn"]


def test_build_brief_facts_of_a_case_without_a_coin(alliance: Alliance) -> None:
    with alliance.seoul.store.begin() as conn:
        case = make_case(conn, alliance.seoul, kind="intrusion", loss=())
        facts = build_brief_facts(conn, case.id, me=alliance.seoul.member, time=NOW)
    assert facts["trace"] is None
    assert [row["code"] for row in facts["limits"]] == ["no-loss", "one-node"]
    with alliance.seoul.store.read() as conn, pytest.raises(NotFound):
        build_brief_facts(conn, "none", me=alliance.seoul.member, time=NOW)


def test_build_brief_facts_of_a_draft_request(alliance: Alliance) -> None:
    story = play(alliance, until="label")
    with alliance.seoul.store.begin() as conn:
        from tests.unit.respond.test_requests import OFFICER

        from jindo.respond import build_request_body, get_exhibit, record_request

        body = build_request_body(
            get_case(conn, story.case),
            get_exhibit(conn, story.second),
            alliance.hanbit.member,
            id="r1",
            me=alliance.seoul.member,
            officer=OFFICER,
            kind="preserve",
            made=NOW,
            expires=NOW + 9 * DAY,
            tool="jindo",
            version="0.1.0",
            authority="Act",
        )
        said = alliance.seoul.draft(conn, "request", body, "hanbit", case_id=story.case)
        record_request(conn, body, statement_id=said, origin="seoul", case_id=story.case, made=NOW)
        alliance.seoul.sign(conn, said, 1)
    request = facts_of(alliance, story)["requests"][0]
    assert (request["state"], request["replies"]) == ("awaiting signature", [])


def test_list_case_statements_holds_both_sides_recalls_and_receipts(alliance: Alliance) -> None:
    story = play(alliance)
    with alliance.seoul.store.read() as conn:
        rows = list_case_statements(conn, get_case(conn, story.case))
    kinds = sorted(row["kind"] for row in rows)
    assert kinds == sorted(["case", "exhibit", "label", "request", "reply", "recall", *["receipt"] * 6])
    assert {row["member"] for row in rows} == {"seoul", "bonn", "hanbit"}
    assert all(row["leaf"] is not None for row in rows)


def test_derive_brief_facts_needs_no_database(alliance: Alliance) -> None:
    story = play(alliance)
    with alliance.seoul.store.read() as conn:
        case = get_case(conn, story.case)
        record = read_case_record(conn, case, me=alliance.seoul.member, time=NOW + DAY)
        said = [
            describe_statement(signed_of(conn, r["id"]), entered=r["entered"]) for r in record["statements"]
        ]
        history = read_history(conn, case.id)
    again = json.loads(json.dumps([record, said, history]))
    assert derive_brief_facts(*again) == facts_of(alliance, story)


def test_build_brief_facts_survives_a_recall_without_a_reason(alliance: Alliance) -> None:
    story = play(alliance, until="label")
    with alliance.bonn.store.begin() as conn:
        body = {"statement_id": story.label}
        recall = alliance.bonn.say(
            conn, "recall", body, "seoul", 1, 2, 3, subject=story.label, case_id=story.case
        )
    with alliance.seoul.store.begin() as conn:
        alliance.seoul.hear(conn, alliance.bonn, recall)
    told = facts_of(alliance, story)["recalls"][0]
    assert (told["reason"], told["kind"], told["took"]) == ("", "", [3])
