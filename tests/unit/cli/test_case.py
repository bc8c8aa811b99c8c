"""`jindo case`: opened lawfully, added to, traced, told in a brief, handed over."""

import json
from pathlib import Path

import pytest
from tests.unit.cli.stage import (
    LAWFUL,
    THEFT,
    VICTIM,
    Desk,
    Stage,
    ask,
    open_case,
    opened,
    refused,
)

from jindo.base.errors import InputError
from jindo.cli.case import read_loss
from jindo.cli.working import WorkFailed, work_until_done


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (("--legal-basis", "law", "--expires", "2099-01-01"), "purpose"),
        (("--purpose", "investigation", "--expires", "2099-01-01"), "legal basis"),
        (("--purpose", "investigation", "--legal-basis", "law"), "expiry"),
        (("--purpose", "investigation", "--legal-basis", "law", "--expires", "2001-01-01"), "future"),
    ],
)
def test_open_refuses_a_case_without_ground(kim: Desk, words: tuple[str, ...], missing: str) -> None:
    code, error = kim.refused("case", "open", "A theft", *words)
    assert (code, error["code"]) == (3, "respond.unlawful")
    assert missing in error["problem"]
    assert kim.ask("case", "list") == {"cases": []}


def test_open_gives_a_number_that_names_the_case(kim: Desk) -> None:
    case = open_case(kim, "A theft", "--tx", THEFT, "--tlp", "amber+strict", "--summary", "So far")
    assert case["number"].startswith("SEOUL-")
    assert case["loss"] == [{"theft": case["loss"][0]["theft"], "tx_hash": THEFT}]
    shown = kim.ask("case", "show", case["number"])
    assert {name: shown[name] for name in case} == case
    assert shown["people"] == [{"person": "kim", "role": "lead"}]
    assert case["number"] in kim.read("case", "list")
    assert "TLP:AMBER+STRICT" in kim.read("case", "show", case["id"])


def test_open_acts_once_under_one_word(kim: Desk) -> None:
    words = ("case", "open", "A theft", *LAWFUL, "--once", "first")
    assert kim.ask(*words) == kim.ask(*words)
    assert len(kim.ask("case", "list")["cases"]) == 1
    code, _ = kim.refused("case", "open", "Another theft", *LAWFUL, "--once", "first")
    assert code == 6


def test_open_takes_an_intrusion_without_a_loss(kim: Desk) -> None:
    case = open_case(kim, "An intrusion into a bank", "--kind", "intrusion")
    assert (case["kind"], case["loss"]) == ("intrusion", [])
    assert kim.refused("case", "trace", case["number"])[0] == 2


def test_read_loss_leaves_empty_cells_out(tmp_path: Path) -> None:
    file = tmp_path / "stolen.csv"
    file.write_text(f"tx_hash,address,theft\n{THEFT},,a\n,{VICTIM},b\n", encoding="utf-8-sig")
    assert read_loss(file) == [{"tx_hash": THEFT, "theft": "a"}, {"address": VICTIM, "theft": "b"}]
    assert read_loss(None) == []


def test_read_loss_refuses_what_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "stolen.csv"
    file.write_bytes(b"tx_hash\n\xff\xfe\n")
    with pytest.raises(InputError, match="no CSV"):
        read_loss(file)


def test_add_lays_notes_and_files_beside_the_case(kim: Desk, tmp_path: Path) -> None:
    case = open_case(kim)["number"]
    note = kim.ask("case", "add", case, "--title", "Heard", "--note", "as told", "--tlp", "red")
    (tmp_path / "log.txt").write_text("line")
    file = kim.ask("case", "add", case, str(tmp_path / "log.txt"))
    exhibits = kim.ask("case", "show", case)["exhibits"]
    assert [(row["n"], row["kind"], row["tlp"]) for row in exhibits] == [
        (1, "note", "RED"),
        (2, "file", "AMBER"),
    ]
    assert [row["sha256"] for row in exhibits] == [note["sha256"], file["sha256"]]
    assert [row["name"] for row in exhibits[1]["files"]] == ["log.txt"]


@pytest.mark.parametrize("words", [(), ("a-folder", "--note", "and a note")])
def test_add_wants_a_path_or_a_note(kim: Desk, words: tuple[str, ...]) -> None:
    case = open_case(kim)["number"]
    assert kim.refused("case", "add", case, *words)[0] == 2


def test_assign_lets_a_colleague_in(kim: Desk, stage: Stage) -> None:
    lee, case = stage.desk("lee"), open_case(kim)["number"]
    assert lee.refused("case", "show", case)[1]["code"] == "node.case-access"
    assert kim.ask("case", "assign", case, "lee")["person"] == "lee"
    assert [row["person"] for row in lee.ask("case", "show", case)["people"]] == ["kim", "lee"]


def test_trace_makes_an_exhibit_with_what_was_found(kim: Desk) -> None:
    case = open_case(kim, "A theft", "--tx", THEFT)["number"]
    done = kim.ask("case", "trace", case)
    (exhibit,) = kim.ask("case", "show", case)["exhibits"]
    facts = exhibit["facts"]
    assert done["answer"] == {
        "exhibit": exhibit["id"],
        "n": 1,
        "findings_hash": facts["findings_hash"],
    }
    assert [(row["service"], row["amount"]) for row in facts["services"]] == [("Dolmen Exchange", "40")]
    assert facts["held"][0]["amount"] == "60"
    out = kim.read("case", "show", case)
    assert "Dolmen Exchange" in out
    assert facts["findings_hash"] in out


def test_trace_without_waiting_leaves_the_work_to_the_node(kim: Desk) -> None:
    case = open_case(kim, "A theft", "--tx", THEFT)["number"]
    queued = kim.ask("case", "trace", case, "--no-wait")
    assert (queued["state"], queued["answer"]) == ("queued", {})
    assert "at work: trace" in kim.read("case", "show", case)


def test_work_that_fails_ends_the_command_with_its_problem(kim: Desk) -> None:
    from jindo.app import sign_in

    case = open_case(kim, "A theft", "--tx", "0x" + "f" * 64)["number"]
    job = kim.ask("case", "trace", case, "--no-wait")["job"]
    with opened(kim.node) as node, pytest.raises(WorkFailed, match="f" * 20):
        work_until_done(node, sign_in(node, kim.token), job)


def test_brief_tells_the_case_in_both_languages(kim: Desk, tmp_path: Path) -> None:
    case = open_case(kim, "A theft")["number"]
    english, korean = kim.ask("case", "brief", case), kim.ask("case", "brief", case, "--lang", "ko")
    assert english["text"] != korean["text"]
    assert english["facts"]["case"]["number"] == case
    assert any(line.startswith("TLP:AMBER") for line in kim.read("case", "brief", case).splitlines())
    out = tmp_path / "brief.html"
    assert kim.ask("case", "brief", case, "--out", str(out))["path"] == str(out)
    assert case in out.read_text(encoding="utf-8")
    assert kim.refused("case", "brief", case, "--out", str(out))[0] == 6


def test_export_verifies_alone_until_a_byte_is_changed(kim: Desk, tmp_path: Path) -> None:
    case = open_case(kim)["number"]
    kim.ask("case", "add", case, "--title", "Heard", "--note", "as told")
    out = tmp_path / "handed-over"
    view = kim.ask("case", "export", case, "--out", str(out))
    assert (view["number"], view["findings_hash"]) == (case, "")
    assert ask("verify", str(out))["verified"] is True
    note = next(out.rglob("note.txt"))
    note.write_bytes(note.read_bytes().replace(b"told", b"tale"))
    code, error = refused("verify", str(out))
    assert code == 4
    assert "note.txt" in json.dumps(error)


def test_export_warns_of_what_is_red_and_leaves_it_out_when_told(kim: Desk, tmp_path: Path) -> None:
    case = open_case(kim)["number"]
    kim.ask("case", "add", case, "--title", "Heard", "--note", "as told", "--tlp", "red")
    out = " ".join(kim.read("case", "export", case, "--out", str(tmp_path / "whole")).split())
    assert "warning: 1 exhibit marked TLP:RED in clear" in out
    assert "--leave-out red" in out
    out = " ".join(
        kim.read("case", "export", case, "--out", str(tmp_path / "cut"), "--leave-out", "red").split()
    )
    assert "warning" not in out
    assert "left out 1 exhibit marked TLP:RED" in out
    view = kim.ask("case", "export", case, "--out", str(tmp_path / "cut2"), "--leave-out", "red,amber+strict")
    assert view["left_out"] == [{"tlp": "RED", "exhibits": 1}]
    assert kim.refused("case", "export", case, "--out", str(tmp_path / "x"), "--leave-out", "green")[0] == 2


def test_open_refuses_a_purpose_that_no_card_names(kim: Desk) -> None:
    words = ("case", "open", "A theft", "--purpose", "fun", "--legal-basis", "Act", "--expires", "2099-12-31")
    code, error = kim.refused(*words)
    assert (code, error["place"]) == (2, "purpose")
    assert "investigation" in error["remedy"]
    assert kim.ask("case", "list") == {"cases": []}


def test_open_says_how_an_expiry_is_written(kim: Desk) -> None:
    words = ("case", "open", "A theft", "--purpose", "investigation", "--legal-basis", "Act", "--expires")
    code, error = kim.refused(*words, "tomorrow")
    assert (code, error["place"]) == (2, "--expires")
    assert "2023-06-02" in error["remedy"]
    code, error = kim.refused(*words, "2020-01-01")
    assert (code, "2027-06-30" in error["remedy"]) == (3, True)


def test_assign_says_what_it_did(kim: Desk) -> None:
    case = open_case(kim)["number"]
    out = " ".join(kim.read("case", "assign", case, "lee").split())
    assert f"lee works on {case} now (member)" in out
