"""`jindo log`: what is in the log can be proved to whoever has the card, and nothing else can."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.unit.cli.stage import Desk, Stage, ask, open_case, refused


def publish(kim: Desk) -> str:
    words = ("share", "push", open_case(kim)["number"], "--to", "hague", "--key", str(kim.key))
    return str(kim.ask(*words)["statements"][0]["id"])


def test_proof_convinces_whoever_has_the_card(kim: Desk, stage: Stage, tmp_path: Path) -> None:
    statement, proof = publish(kim), tmp_path / "proof.json"
    view = kim.ask("log", "prove", statement, "--out", str(proof))
    assert json.loads(view["leaf"])["subject"] == statement
    checked = ask("log", "verify", str(proof), "--card", str(stage.folder / "seoul.card"))
    assert statement in checked["checks"][1]["detail"]
    assert statement in kim.read("log", "prove", statement)


@pytest.mark.parametrize("field", ["leaf", "proof", "index", "checkpoint"])
def test_proof_that_was_changed_convinces_nobody(kim: Desk, stage: Stage, tmp_path: Path, field: str) -> None:
    proof = tmp_path / "proof.json"
    kim.ask("log", "prove", publish(kim), "--out", str(proof))
    said = json.loads(proof.read_text())
    changed = {
        "leaf": said["leaf"].replace('"kind":"', '"kind":"x'),
        "proof": [step[::-1] for step in said["proof"]],
        "index": 0,
        "checkpoint": said["checkpoint"].replace("\n", "0\n", 2),
    }
    proof.write_text(json.dumps(said | {field: changed[field]}))
    code, _ = refused("log", "verify", str(proof), "--card", str(stage.folder / "seoul.card"))
    assert code == 4


def test_proof_is_of_its_own_member_s_log(kim: Desk, stage: Stage, tmp_path: Path) -> None:
    proof = tmp_path / "proof.json"
    kim.ask("log", "prove", publish(kim), "--out", str(proof))
    code, _ = refused("log", "verify", str(proof), "--card", str(stage.folder / "hague.card"))
    assert code in {2, 4}


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"origin": 1}'])
def test_file_that_is_no_proof_is_refused(stage: Stage, tmp_path: Path, content: str) -> None:
    (tmp_path / "proof.json").write_text(content)
    words = ("log", "verify", str(tmp_path / "proof.json"), "--card", str(stage.folder / "seoul.card"))
    assert refused(*words)[0] == 2
    assert refused(*words[:3])[0] == 2


def test_draft_is_in_no_log(kim: Desk) -> None:
    words = ("share", "push", open_case(kim)["number"], "--to", "hague")
    draft = kim.ask(*words)["statements"][0]["id"]
    assert kim.refused("log", "prove", draft)[0] == 6


@pytest.mark.parametrize("table", ["leaf", "statement", "audit"])
def test_own_log_verifies_until_a_row_is_changed(kim: Desk, table: str) -> None:
    publish(kim)
    assert len(ask("log", "verify", "--node", str(kim.node))["checks"]) == 3
    changes = {
        "leaf": "update leaf set data = data || ' ' where n = 0",
        "statement": "update statement set payload = cast(replace(cast(payload as text), 'theft', 'fraud') as blob)",
        "audit": "update audit set subject = 'nobody' where n = 2",
    }
    with closing(sqlite3.connect(kim.node / "jindo.db")) as database, database:
        database.execute(changes[table])
    assert refused("log", "verify", "--node", str(kim.node))[0] == 4
