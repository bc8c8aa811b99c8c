"""`jindo request` from both ends: complete or refused, two officers, sent by hand, matched, answered."""

import json
from pathlib import Path

import pytest
from tests.unit.cli.stage import DEPOSIT, THEFT, Desk, Stage, carry, open_case

from jindo.base.errors import InputError
from jindo.cli.request import build_fields, read_fields

CONTACT = ("--contact", "duty@seoul.example")


@pytest.fixture
def case(kim: Desk) -> str:
    """A case of Seoul's that was traced."""
    number = str(open_case(kim, "A theft", "--tx", THEFT)["number"])
    kim.ask("case", "assign", number, "lee")
    kim.ask("case", "trace", number)
    return number


def test_request_goes_with_two_officers_and_comes_back_answered(stage: Stage, case: str) -> None:
    kim, lee, ines = (stage.desk(person) for person in ("kim", "lee", "ines"))
    words = (*CONTACT, "--urgent", "it is being withdrawn", "--days", "20", "--key", str(kim.key))
    drafted = kim.ask("request", "draft", case, "--to", "dolmen", *words)
    request = drafted["id"]
    assert (drafted["state"], drafted["body"]["duration_days"]) == ("awaiting signature", 20)
    assert [(row["account"], row["amount"]) for row in drafted["body"]["identifiers"]] == [(DEPOSIT, "40")]
    assert "1 more of analyst, prosecutor" in kim.read("request", "show", request)

    code, error = kim.refused("request", "send", request)
    assert (code, error["code"]) == (3, "share.signatures")
    assert lee.ask("request", "sign", request, "--key", str(lee.key), "--yes")["state"] == "signed"
    assert f"jindo request send {request}" in lee.read("request", "show", request)
    assert kim.ask("request", "send", request)["state"] == "sent"

    carry(kim.node, ines.node)
    (seen,) = ines.ask("request", "list")["requests"]
    assert (seen["id"], seen["state"], seen["origin"]) == (request, "received", "seoul")
    assert f"jindo request match {request}" in ines.read("request", "show", request)
    found = ines.ask("request", "match", request)
    assert (found["state"], found["totals"][0]["held"], found["totals"][0]["missing"]) == (
        "partially-held",
        "25",
        "15",
    )
    assert "partially-held" in ines.read("request", "match", request)
    said = ("--reason", "the rest was withdrawn", "--until", "2099-01-31")
    answered = ines.ask("request", "reply", request, *said, "--key", str(ines.key))
    assert (answered["reply"]["state"], answered["statement"]["state"]) == ("partially-held", "published")

    carry(ines.node, kim.node)
    shown = kim.ask("request", "show", request)
    assert (shown["state"], shown["replies"][0]["state"]) == ("answered", "partially-held")
    out = kim.read("request", "show", request)
    assert "the rest was withdrawn" in out
    assert [row["id"] for row in kim.ask("request", "list", "--case", case)["requests"]] == [request]
    assert request in kim.read("request", "list")


def test_draft_acts_once_under_one_word(kim: Desk, case: str) -> None:
    words = ("request", "draft", case, "--to", "dolmen", *CONTACT, "--key", str(kim.key), "--once", "ask")
    assert kim.ask(*words) == kim.ask(*words)
    assert len(kim.ask("request", "list")["requests"]) == 1


def test_draft_with_a_wrong_key_drafts_nothing(kim: Desk, stage: Stage, case: str) -> None:
    key = str(stage.desk("lee").key)
    code, error = kim.refused("request", "draft", case, "--to", "dolmen", *CONTACT, "--key", key)
    assert (code, error["code"]) == (3, "node.key-differs")
    assert kim.ask("request", "list") == {"requests": []}


def test_draft_that_lacks_something_is_refused_by_its_name(kim: Desk, case: str) -> None:
    code, error = kim.refused("request", "draft", case, "--to", "dolmen", "--contact", "")
    assert (code, error["code"]) == (3, "respond.request-incomplete")
    assert "officer" in error["problem"]


def test_draft_takes_further_fields_from_a_file(kim: Desk, case: str, tmp_path: Path) -> None:
    instrument = {"kind": "court order", "reference": "2026-1", "issued_by": "Seoul court", "issued": None}
    file = tmp_path / "fields.json"
    file.write_text(json.dumps({"rank": "Inspector", "instrument": instrument, "contact": "other"}))
    view = kim.ask(
        "request", "draft", case, "--to", "dolmen", "--kind", "preserve", "--fields", str(file), *CONTACT
    )
    assert view["body"]["instrument"] == instrument
    assert (view["body"]["officer"]["rank"], view["body"]["officer"]["contact"]) == ("Inspector", CONTACT[1])


def test_reply_is_the_addressee_s_alone(stage: Stage, case: str) -> None:
    kim, lee = stage.desk("kim"), stage.desk("lee")
    request = kim.ask("request", "draft", case, "--to", "dolmen", *CONTACT)["id"]
    assert lee.refused("request", "reply", request, "--reason", "we hold it ourselves")[0] == 3


def test_fields_that_were_not_given_stay_out() -> None:
    assert build_fields(contact="a@b", days=None, expires=None, urgent=None) == {"contact": "a@b"}
    assert build_fields(contact="", days=3, expires="2099-01-01", urgent="now") == {
        "duration_days": 3,
        "expires": "2099-01-01",
        "urgency": "urgent",
        "urgency_reason": "now",
    }


@pytest.mark.parametrize("content", ["[1]", "not json", ""])
def test_fields_of_a_file_are_an_object(tmp_path: Path, content: str) -> None:
    file = tmp_path / "fields.json"
    file.write_text(content)
    with pytest.raises(InputError):
        read_fields(file)
    assert read_fields(None) == {}


def test_list_of_no_requests_says_so(kim: Desk) -> None:
    assert "no requests" in kim.read("request", "list")
    assert kim.ask("request", "list") == {"requests": []}


def test_request_that_lost_its_ground_says_so_where_people_look(kim: Desk, stage: Stage, case: str) -> None:
    from jindo.cli.request_tables import describe_next, describe_standing

    request = kim.ask("request", "draft", case, "--to", "dolmen", *CONTACT)["id"]
    view = kim.ask("request", "show", request)
    assert (describe_standing(view), "request sign" in describe_next(view)) == ("draft", True)
    recall_traces(kim, stage, case)
    out = kim.read("request", "show", request)
    assert "draft, but its ground was recalled" in out
    assert "neither signed nor sent" in out
    assert "next: " not in out
    assert "but its" in kim.read("request", "list")
    lee = stage.desk("lee")
    code, error = lee.refused("request", "sign", request, "--key", str(lee.key), "--yes")
    assert (code, error["code"]) == (3, "respond.ground-gone")


def recall_traces(kim: Desk, stage: Stage, case: str) -> None:
    """Share all of a case, and take back the trace."""
    sent = kim.ask("share", "push", case, "--to", "hague", "--key", str(kim.key))["statements"]
    (exhibit,) = [row["id"] for row in sent if row["kind"] == "exhibit"]
    recall = kim.ask("share", "recall", exhibit, "--reason", "wrong")["statements"][0]["id"]
    kim.ask("case", "assign", case, "choi")
    for desk in (kim, stage.desk("lee"), stage.desk("choi")):
        desk.sign(recall)


def test_draft_to_who_holds_no_accounts_says_who_does(kim: Desk, case: str) -> None:
    code, error = kim.refused("request", "draft", case, "--to", "hague", *CONTACT)
    assert (code, error["place"]) == (2, "to")
    assert "Known are: dolmen" in error["remedy"]
