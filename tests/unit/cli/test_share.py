"""`jindo share`: drafted through the gate, signed by officers on their own side, acknowledged, taken back."""

import base64
import io

import pytest
from tests.unit.cli.stage import SECRET, Desk, Stage, carry, open_case, opened, run

from jindo.base.errors import InputError, IntegrityError
from jindo.cli.signing import read_payload
from jindo.cli.statement_tables import describe_state, is_waiting, list_silent
from jindo.share import STATEMENT_TYPE


def test_push_drafts_what_the_gate_allows_and_names_the_rule_of_the_rest(kim: Desk) -> None:
    case = open_case(kim)["number"]
    kim.ask("case", "add", case, "--title", "Heard", "--note", "as told", "--tlp", "red")
    view = kim.ask("share", "push", case, "--to", "hague,dolmen")
    assert [(row["kind"], row["recipients"], row["state"]) for row in view["statements"]] == [
        ("case", ["hague"], "draft")
    ]
    denied = {(row["title"], row["member"]): row["rule"] for row in view["denials"]}
    assert denied == {
        ("A theft", "dolmen"): "need-to-know",
        ("Heard", "hague"): "tlp-red",
        ("Heard", "dolmen"): "tlp-red",
    }


def test_push_with_a_key_signs_and_sends(kim: Desk) -> None:
    case = open_case(kim)["number"]
    view = kim.ask("share", "push", case, "--to", "hague", "--key", str(kim.key))
    (statement,) = view["statements"]
    assert (statement["state"], [row["officer"] for row in statement["has"]]) == ("published", ["kim"])
    assert kim.ask("share", "push", case, "--to", "hague", "--key", str(kim.key))["statements"] == []


def test_push_to_a_stranger_is_refused_and_names_whom_it_knows(kim: Desk) -> None:
    case = open_case(kim)["number"]
    code, error = kim.refused("share", "push", case, "--to", "hague,nobody")
    assert (code, error["problem"]) == (2, "no member nobody is known here")
    assert "dolmen, hague" in error["remedy"]
    assert kim.ask("share", "status", case) == {"case": case, "statements": [], "denials": []}


def test_push_with_a_wrong_key_drafts_nothing(kim: Desk, stage: Stage) -> None:
    case = open_case(kim)["number"]
    other, exposed = stage.desk("lee").key, stage.folder / "exposed.key"
    exposed.write_bytes(kim.key.read_bytes())
    exposed.chmod(0o644)
    for key, refusal in ((other, (3, "node.key-differs")), (exposed, (3, "cli.key-exposed"))):
        code, error = kim.refused("share", "push", case, "--to", "hague", "--key", str(key))
        assert (code, error["code"]) == refusal
    assert kim.refused("share", "push", case, "--to", "hague", "--key", str(stage.folder / "none"))[0] == 2
    assert kim.ask("share", "status", case)["statements"] == []
    sent = kim.ask("share", "push", case, "--to", "hague", "--key", str(kim.key))["statements"]
    assert [row["state"] for row in sent] == ["published"]


def test_push_again_finds_the_draft_that_waits(kim: Desk) -> None:
    case = open_case(kim)["number"]
    (draft,) = kim.ask("share", "push", case, "--to", "hague")["statements"]
    assert [row["id"] for row in kim.ask("share", "push", case, "--to", "hague")["statements"]] == [
        draft["id"]
    ]
    (sent,) = kim.ask("share", "push", case, "--to", "hague", "--key", str(kim.key))["statements"]
    assert (sent["id"], sent["state"]) == (draft["id"], "published")
    assert kim.ask("share", "push", case, "--to", "hague")["statements"] == []


def test_push_to_fewer_than_a_draft_is_for_does_not_send_that_draft(kim: Desk) -> None:
    """Who pushes to one member does not tell another by it."""
    case = open_case(kim, "A theft", "--tlp", "green")["number"]
    (wide,) = kim.ask("share", "push", case, "--to", "hague,dolmen")["statements"]
    (sent,) = kim.ask("share", "push", case, "--to", "hague", "--key", str(kim.key))["statements"]
    assert (sent["recipients"], sent["id"] == wide["id"]) == (["hague"], False)


def test_what_was_denied_stands_once(kim: Desk) -> None:
    case = open_case(kim)["number"]
    for _ in range(2):
        assert len(kim.ask("share", "push", case, "--to", "dolmen")["denials"]) == 1
    assert len(kim.ask("share", "status", case)["denials"]) == 1


def test_push_under_one_word_sends_once_and_answers_again(kim: Desk) -> None:
    case = open_case(kim)["number"]
    words = ("share", "push", case, "--to", "hague", "--key", str(kim.key), "--once", "told")
    assert kim.ask(*words) == kim.ask(*words)
    assert len(kim.ask("share", "status", case)["statements"]) == 1


def test_push_says_what_comes_next(kim: Desk) -> None:
    case = open_case(kim)["number"]
    out = kim.read("share", "push", case, "--to", "hague,dolmen")
    assert "next: jindo share sign " in out
    assert "need-to-know" in out


def test_status_shows_who_has_acknowledged_and_who_has_not(kim: Desk, stage: Stage) -> None:
    case = open_case(kim)["number"]
    kim.ask("share", "push", case, "--to", "hague", "--key", str(kim.key))
    assert kim.ask("share", "status", case)["statements"][0]["receipts"] == [
        {"member": "hague", "received": ""}
    ]
    assert carry(kim.node, stage.node("hague")) == ["received"]
    assert carry(stage.node("hague"), kim.node) == ["received"]
    said = {row["kind"]: row for row in kim.ask("share", "status", case)["statements"]}
    assert said["case"]["receipts"][0]["received"]
    assert said["receipt"]["member"] == "hague"
    assert "hague" in kim.read("share", "status", case)


def test_sign_refuses_the_key_of_another(kim: Desk, stage: Stage) -> None:
    lee = stage.desk("lee")
    case = open_case(kim)["number"]
    kim.ask("case", "assign", case, "lee")
    statement = kim.ask("share", "push", case, "--to", "hague")["statements"][0]["id"]
    assert kim.refused("share", "sign", statement, "--key", str(lee.key), "--yes")[0] == 3
    assert lee.ask("share", "sign", statement, "--key", str(lee.key), "--yes")["state"] == "published"


def test_sign_uses_no_key_that_others_can_read(kim: Desk) -> None:
    statement = kim.ask("share", "push", open_case(kim)["number"], "--to", "hague")["statements"][0]["id"]
    kim.key.chmod(0o644)
    code, error = kim.refused("share", "sign", statement, "--key", str(kim.key), "--yes")
    assert (code, error["code"]) == (3, "cli.key-exposed")


def test_sign_signs_nothing_but_the_statement_that_was_asked_for(kim: Desk) -> None:

    from jindo.app import show_statement, sign_in

    statement = kim.ask("share", "push", open_case(kim)["number"], "--to", "hague")["statements"][0]["id"]
    with opened(kim.node) as node:
        payload = base64.b64decode(show_statement(node, sign_in(node, kim.token), statement)["payload"])
    assert read_payload(STATEMENT_TYPE, payload, expected=statement).id == statement
    with pytest.raises(IntegrityError, match="another statement"):
        read_payload(STATEMENT_TYPE, payload, expected="00000000-0000-4000-8000-000000000000")
    with pytest.raises(IntegrityError, match="no statement"):
        read_payload("application/vnd.jindo.card+json", payload, expected=statement)
    with pytest.raises(InputError):
        read_payload(STATEMENT_TYPE, payload + b" ", expected=statement)


class Terminal(io.StringIO):
    """A terminal on which these lines are typed."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "state"), [("n\n", "draft"), ("y\n", "published")])
def test_sign_on_a_terminal_shows_what_is_said_and_asks(
    kim: Desk, monkeypatch: pytest.MonkeyPatch, typed: str, state: str
) -> None:
    case = open_case(kim, "A theft, with a title of its own")["number"]
    statement = kim.ask("share", "push", case, "--to", "hague")["statements"][0]["id"]
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    words = ("share", "sign", statement, "--key", str(kim.key), "--node", str(kim.node), "--token", kim.token)
    code, _, err = run(*words)
    assert (code == 0) == (state == "published")
    assert "with a title of its own" in err
    assert "TLP:AMBER" in err
    assert kim.ask("share", "status", case)["statements"][0]["state"] == state


def test_sign_where_nobody_can_be_asked_needs_yes(kim: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    statement = kim.ask("share", "push", open_case(kim)["number"], "--to", "hague")["statements"][0]["id"]
    for stdin in (io.StringIO("y\n"), None):
        monkeypatch.setattr("sys.stdin", stdin)
        code, error = kim.refused("share", "sign", statement, "--key", str(kim.key))
        assert (code, error["code"]) == (3, "cli.unasked")
        assert "--yes" in error["remedy"]
    assert kim.sign(statement)["state"] == "published"


def test_status_says_how_to_sign_what_waits(kim: Desk) -> None:
    case = open_case(kim)["number"]
    statement = kim.ask("share", "push", case, "--to", "hague")["statements"][0]["id"]
    assert f"next: jindo share sign {statement}" in kim.read("share", "status", case)


def test_label_takes_two_officers_and_its_recall_three(kim: Desk, stage: Stage) -> None:
    desks = [kim, stage.desk("choi"), stage.desk("lee")]
    case = open_case(kim)["number"]
    for desk in desks[1:]:
        kim.ask("case", "assign", case, desk.person)
    words = ("--service", "Quokka", "--kind", "exchange", "--reason", "test purchase", "--tlp", "green")
    drafted = kim.ask("case", "label", case, SECRET, *words, "--to", "hague,dolmen", "--key", str(kim.key))
    (label,) = drafted["statements"]
    assert (label["state"], label["recipients"]) == ("draft", ["dolmen", "hague"])
    assert kim.sign(label["id"])["state"] == "draft"
    assert desks[1].sign(label["id"])["state"] == "published"
    recalled = kim.ask("share", "recall", label["id"], "--reason", "wrong service", "--key", str(kim.key))
    (recall,) = recalled["statements"]
    states = [desk.sign(recall["id"])["state"] for desk in desks]
    assert states == ["draft", "draft", "published"]
    shown = kim.ask("case", "show", case)
    assert shown["labels"][0]["recalled_by"] == recall["id"]
    assert [row["member"] for row in shown["recalls"][0]["told"]] == ["dolmen", "hague"]
    assert "wrong service" in kim.read("case", "show", case)


def test_recall_is_of_what_was_published_alone(kim: Desk) -> None:
    statement = kim.ask("share", "push", open_case(kim)["number"], "--to", "hague")["statements"][0]["id"]
    assert kim.refused("share", "recall", statement, "--reason", "too early")[0] == 3


def test_pull_from_a_partner_that_does_not_answer_says_so(kim: Desk) -> None:
    code, error = kim.refused("share", "pull", "hague")
    assert code == 5
    assert error["code"] == "cli.work-failed"
    assert error["place"].startswith("pull ")


def test_state_counts_signatures_while_it_is_a_draft() -> None:
    draft = {"state": "draft", "recalled_by": "", "has": [{}], "needs": {"signatures": 2}, "receipts": []}
    assert (describe_state(draft), is_waiting(draft)) == ("draft, 1 of 2 signatures", True)
    assert is_waiting(draft | {"has": [{}, {}]}) is False
    sent = draft | {"state": "published", "receipts": [{"member": "hague", "received": ""}]}
    assert (describe_state(sent), list_silent(sent)) == ("published", "hague")
    assert describe_state(sent | {"recalled_by": "x"}) == "recalled"


def test_label_takes_addresses_alone(kim: Desk) -> None:
    case = open_case(kim)["number"]
    words = ("--service", "Quokka", "--kind", "exchange", "--reason", "test purchase", "--to", "hague")
    code, error = kim.refused("case", "label", case, SECRET, "nonsense", *words)
    assert (code, error["place"]) == (2, "addresses")
    assert kim.ask("case", "show", case)["labels"] == []
