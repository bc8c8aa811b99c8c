"""What another node fetches: files of exhibits that it was told of, whole or not at all, and proofs from the log."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from tests.unit.web.filled import build_desks, build_pass_for
from tests.unit.web.nodes import Desk, open_case

from jindo import app
from jindo.seal import leaf_hash, verify_checkpoint, verify_inclusion
from jindo.web import build_web

Told = tuple[Desk, Desk, Desk, str, str]


@pytest.fixture
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Seoul told The Hague of a note, and not of another that is marked RED."""
    seoul, hague, coinbay = build_desks(tmp_path_factory.mktemp("evidence"))
    analyst, case = seoul.people["analyst"], open_case(seoul)
    notes = [
        app.add_note(seoul.node, analyst, case, title=title, text=f"{title} text", tlp=tlp)["exhibit"]
        for title, tlp in (("Seen", "GREEN"), ("Heard", "RED"))
    ]
    for statement in app.share_case(seoul.node, analyst, case, to=["hague"])["statements"]:
        seoul.sign(statement["id"], "analyst")
    yield seoul, hague, coinbay, notes[0], notes[1]
    for desk in (seoul, hague, coinbay):
        desk.node.store.close()


def fetch(seoul: Desk, by: Desk, path: str, **query: Any) -> httpx.Response:
    with TestClient(build_web(seoul.node), base_url="https://127.0.0.1:8700") as client:
        headers = {"Authorization": f"Bearer {build_pass_for(by, 'seoul')}"}
        answer: httpx.Response = client.get(path, headers=headers, params=query)
        return answer


def test_who_was_told_of_an_exhibit_gets_its_file(told: Told) -> None:
    seoul, hague, _, seen, _ = told
    answer = fetch(seoul, hague, f"/files/{seen}/note.txt")
    assert (answer.status_code, answer.text) == (200, "Seen text")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    rows = app.show_audit(seoul.node, seoul.people["auditor"], limit=1000)["rows"]
    assert [row["actor"] for row in rows if row["act"] == "file.fetch"] == ["hague"]


def test_who_was_not_told_hears_that_there_is_nothing(told: Told) -> None:
    seoul, hague, coinbay, seen, heard = told
    nowhere = "00000000-0000-4000-8000-000000000000"
    asked = [(coinbay, seen), (hague, heard), (hague, nowhere)]
    answers = [fetch(seoul, by, f"/files/{exhibit}/note.txt") for by, exhibit in asked]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1


@pytest.mark.parametrize("name", ["other.txt", "..", "%2e%2e", "..%2f..%2fnode.toml", "note.txt%00"])
def test_no_other_file_is_given(told: Told, name: str) -> None:
    seoul, hague, _, seen, _ = told
    assert fetch(seoul, hague, f"/files/{seen}/{name}").status_code in {404, 422}


def test_file_that_was_changed_or_is_gone_is_given_to_nobody(told: Told) -> None:
    seoul, hague, _, seen, _ = told
    (path,) = seoul.node.folder.glob(f"cases/*/{seen}/note.txt")
    path.write_text("Seen texT", encoding="utf-8")
    answer = fetch(seoul, hague, f"/files/{seen}/note.txt")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "app.file-altered")
    path.unlink()
    assert fetch(seoul, hague, f"/files/{seen}/note.txt").status_code == 409


def test_file_of_a_recalled_exhibit_is_given_no_more(told: Told) -> None:
    seoul, hague, _, seen, _ = told
    analyst = seoul.people["analyst"]
    case = app.list_cases(seoul.node, analyst)["cases"][0]["id"]
    said = app.list_statements(seoul.node, analyst, case)["statements"]
    (statement,) = [row["id"] for row in said if row["subject"] == seen]
    recall = app.draft_recall(seoul.node, analyst, statement, reason="wrong note")["statement"]["id"]
    seoul.sign(recall, "analyst", "liaison", "prosecutor")
    assert fetch(seoul, hague, f"/files/{seen}/note.txt").status_code == 404


def test_log_is_proved_to_another_member(told: Told) -> None:
    seoul, hague = told[:2]
    note = fetch(seoul, hague, "/log/checkpoint")
    assert note.headers["Content-Type"].startswith("text/plain")
    origin = app.log_origin("seoul")
    checkpoint = verify_checkpoint(note.text, key=seoul.node.me.service_key, origin=origin)
    last = checkpoint.size - 1
    proof = fetch(seoul, hague, "/log/inclusion", index=last, size=checkpoint.size).json()
    verify_inclusion(
        leaf_hash(proof["leaf"].encode()),
        index=last,
        size=checkpoint.size,
        proof=[bytes.fromhex(step) for step in proof["proof"]],
        root=checkpoint.root,
    )
    grown = fetch(seoul, hague, "/log/consistency", old=1, new=checkpoint.size).json()
    assert (grown["old"], grown["new"]) == (1, checkpoint.size)
    assert fetch(seoul, hague, "/log/inclusion", index=0, size=10**6).status_code == 422
