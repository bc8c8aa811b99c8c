"""The exported case: everything behind it, in one step, over nothing, marked as strictly as its contents."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.app.conftest import HandedOver
from tests.unit.app.handed_over import KIM

from jindo.app.export import export_case
from jindo.app.people import Actor
from jindo.app.verifying_case import check_left_out, verify_case_folder
from jindo.base.errors import ConflictError, InputError, IntegrityError, RefusedError
from jindo.base.markings import Tlp
from jindo.respond import leave_out_marked, read_history
from jindo.seal import parse_canonical, parse_envelope_bytes


def test_export_case_holds_everything_behind_the_case(handed_over: HandedOver) -> None:
    names = {
        path.relative_to(handed_over.out).as_posix() for path in handed_over.out.rglob("*") if path.is_file()
    }
    papers = {"case.json", "history.json", "manifest.json", "brief.txt", "brief.html", "brief.pdf"}
    cards = {f"members/{name}.json" for name in ("seoul", "bonn", "hanbit")}
    assert papers | cards | {"log/checkpoint", "log/history.json", "exhibits/2/note.txt"} <= names
    assert {f"exhibits/{n}/result.json" for n in (1, 3, 4)} <= names
    story = handed_over.story
    for said in (
        story.said_case,
        story.said_trace,
        story.label,
        story.said_request,
        story.reply,
        story.recall,
    ):
        assert {f"statements/{said}.json", f"log/{said}.json"} <= names
    assert len([name for name in names if name.startswith("statements/")]) == 12


def test_export_case_writes_every_paper_in_its_one_form(handed_over: HandedOver) -> None:
    for path in handed_over.out.rglob("*.json"):
        if "exhibits" not in path.parts:
            parse_canonical(path.read_bytes())
    manifest = json.loads(parse_envelope_bytes((handed_over.out / "manifest.json").read_bytes()).payload)
    assert manifest["marking"] == "RED"
    assert [row["name"] for row in manifest["files"]] == sorted(row["name"] for row in manifest["files"])


def test_export_case_says_in_the_history_who_exported(handed_over: HandedOver) -> None:
    with handed_over.node.store.read() as conn:
        last = read_history(conn, handed_over.story.case)[-1]
    assert (last["act"], last["actor"], last["detail"]) == (
        "case-exported",
        "seoul-1",
        {"lang": "en"},
    )
    payload = json.loads(parse_envelope_bytes((handed_over.out / "history.json").read_bytes()).payload)
    assert payload["rows"][-1]["hash"] == last["hash"]


def test_export_case_never_overwrites(handed_over: HandedOver, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for taken in (handed_over.out, tmp_path / "file", tmp_path / "link", tmp_path):
        with pytest.raises(ConflictError):
            export_case(handed_over.node, KIM, handed_over.story.case, taken)


def test_export_case_refuses_who_may_not(handed_over: HandedOver, tmp_path: Path) -> None:
    for actor in (Actor("x", frozenset({"admin"}), "person"), Actor("x", frozenset({"analyst"}), "person")):
        with pytest.raises(RefusedError):
            export_case(handed_over.node, actor, handed_over.story.case, tmp_path / "out")
    with pytest.raises(RefusedError):  # whether there is such a case is not said to everybody
        export_case(handed_over.node, KIM, "SEOUL-1999-1", tmp_path / "out")
    with pytest.raises(InputError):
        export_case(handed_over.node, KIM, handed_over.story.case, tmp_path / "out", lang="tlh")
    assert list(tmp_path.iterdir()) == []


def test_export_case_hands_over_no_exhibit_that_was_altered(handed_over: HandedOver, tmp_path: Path) -> None:
    note = next((handed_over.node.folder / "cases").rglob("note.txt"))
    for wrong in (b"nota", b"", None):
        if wrong is None:
            note.unlink()
        else:
            note.write_bytes(wrong)
        try:
            with pytest.raises(IntegrityError, match="exhibit 2"):
                export_case(handed_over.node, KIM, handed_over.story.case, tmp_path / "out")
        finally:
            note.write_bytes(b"note")
    assert list(tmp_path.iterdir()) == []


def test_export_case_sweeps_what_a_killed_export_to_the_same_place_left(
    handed_over: HandedOver, tmp_path: Path
) -> None:
    for name in (".out.draft-abcd_123", ".other.draft-abcd_123"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "case.json").write_text("{}")
    export_case(handed_over.node, KIM, handed_over.story.case, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".other.draft-abcd_123", "out"]


def test_export_case_leaves_out_what_is_red_and_says_so(handed_over: HandedOver, tmp_path: Path) -> None:
    out = tmp_path / "out"
    view = export_case(handed_over.node, KIM, handed_over.story.case, out, leave_out=[Tlp.RED])
    left = [{"tlp": "RED", "exhibits": 1}]
    assert (view["left_out"], view["restricted"], view["marking"]) == (left, [], "AMBER")
    assert not (out / "exhibits" / "2").exists()
    manifest = json.loads(parse_envelope_bytes((out / "manifest.json").read_bytes()).payload)
    record = parse_canonical((out / "case.json").read_bytes())
    assert (manifest["left_out"], record["left_out"]) == (left, left)
    assert 2 not in [row["n"] for row in record["exhibits"]]
    whole = parse_canonical((handed_over.out / "case.json").read_bytes())
    (title,) = [row["title"] for row in whole["exhibits"] if row["n"] == 2]
    for path in out.rglob("*"):
        assert not path.is_file() or title.encode() not in path.read_bytes(), path
    assert "1 × TLP:RED" in " ".join((out / "brief.txt").read_text(encoding="utf-8").split())
    checks = {check.name: check.detail for check in verify_case_folder(out).checks}
    assert "LEFT OUT by seoul: 1 marked TLP:RED" in checks["files"]


def test_export_case_counts_what_it_hands_over_in_clear(handed_over: HandedOver, tmp_path: Path) -> None:
    view = export_case(handed_over.node, KIM, handed_over.story.case, tmp_path / "out")
    assert (view["left_out"], view["restricted"]) == ([], [{"tlp": "RED", "exhibits": 1}])


def test_export_case_leaves_out_nothing_that_others_were_told(
    handed_over: HandedOver, tmp_path: Path
) -> None:
    for level in (Tlp.AMBER, Tlp.GREEN, Tlp.CLEAR):
        with pytest.raises(InputError, match="may have been said to others"):
            export_case(handed_over.node, KIM, handed_over.story.case, tmp_path / "out", leave_out=[level])
    assert list(tmp_path.iterdir()) == []


def test_leave_out_marked_keeps_a_case_that_is_marked_so_itself() -> None:
    record = {"case": {"tlp": "RED"}, "exhibits": [{"tlp": "RED"}]}
    with pytest.raises(InputError, match="the case itself"):
        leave_out_marked(record, [Tlp.RED])
    assert leave_out_marked(record, [Tlp.AMBER_STRICT]) == record


def test_check_left_out_misses_no_exhibit_and_no_marking() -> None:
    red = {"tlp": "RED"}
    check_left_out([red, red], [{"tlp": "RED", "exhibits": 2}])
    check_left_out([], [])
    for missing, told in (
        ([red], []),
        ([red, red], [{"tlp": "RED", "exhibits": 1}]),
        ([], [{"tlp": "RED", "exhibits": 1}]),
        ([{"tlp": "AMBER"}], [{"tlp": "RED", "exhibits": 1}]),
    ):
        with pytest.raises(IntegrityError, match="neither here nor said to be left out"):
            check_left_out(missing, told)
