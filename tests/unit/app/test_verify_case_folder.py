"""Verifying an exported case: whole it holds; one byte flipped anywhere, it names the file and what that breaks."""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.unit.app.conftest import HandedOver
from tests.unit.app.handed_over import rewrite, rewrite_payload
from tests.unit.respond.alliance import key_of

from jindo.app.case_folder import MANIFEST_TYPE
from jindo.app.case_folder.exhibits import check_numbers
from jindo.app.verifying_case import verify_case_folder, verify_path
from jindo.base.errors import IntegrityError, NotFound
from jindo.seal import canonical_bytes, sha256_hex, sign_envelope


def names_of(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def break_of(folder: Path) -> IntegrityError:
    with pytest.raises(IntegrityError) as broken:
        verify_case_folder(folder)
    return broken.value


def flip(path: Path, place: int, bit: int = 0) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1 << bit
    path.write_bytes(bytes(data))


def sign_again(folder: Path, change: Any = None) -> None:
    """What a forger with the exporter's service key could do: list the files as they are now, and sign that."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    said = json.loads(base64.b64decode(manifest["payload"]))
    for row in said["files"]:
        data = (folder / row["name"]).read_bytes()
        row.update(size=len(data), sha256=sha256_hex(data))
    said = change(said) if change else said
    envelope = sign_envelope(MANIFEST_TYPE, canonical_bytes(said), [key_of("seoul service")])
    (folder / "manifest.json").write_bytes(envelope.to_bytes())


def test_verify_case_folder_holds_what_was_exported(handed_over: HandedOver) -> None:
    checks = {check.name: check.detail for check in verify_path(handed_over.out).checks}
    assert "TLP:RED" in checks["files"]
    assert "seoul: " in checks["members"]
    assert checks["statements"].startswith(
        "1 case, 1 exhibit, 1 label, 1 recall, 6 receipt, 1 reply, 1 request"
    )
    assert {"record", "history", "log", "exhibit 2", "trace in exhibit 4", "brief"} <= checks.keys()
    assert checks["brief.pdf"] == "drawn again: the same"


def test_verify_case_folder_needs_nothing_but_the_folder(exported: Path, tmp_path: Path) -> None:
    moved = tmp_path / "엘스웨어"
    exported.rename(moved)
    assert verify_case_folder(moved).checks


def test_a_flipped_byte_in_any_file_is_named_by_file(exported: Path, handed_over: HandedOver) -> None:
    chance = random.Random(7)
    for name in names_of(exported):
        size = (exported / name).stat().st_size
        for place in {0, size - 1, chance.randrange(size)}:
            flip(exported / name, place, chance.randrange(8))
            broken = break_of(exported)
            assert broken.place == str(exported / name), (name, place, str(broken))
            assert broken.problem
            shutil.copyfile(handed_over.out / name, exported / name)
    assert verify_case_folder(exported).checks


def test_every_single_flip_in_the_list_or_a_card_is_named_there(
    exported: Path, handed_over: HandedOver
) -> None:
    for name in ("manifest.json", "members/seoul.json", "members/bonn.json"):
        for place in range(0, (exported / name).stat().st_size, 97):
            flip(exported / name, place, place % 8)
            assert break_of(exported).place == str(exported / name), (name, place)
            shutil.copyfile(handed_over.out / name, exported / name)


def test_a_statement_that_says_something_else_names_who_no_longer_signed_it(
    exported: Path, handed_over: HandedOver
) -> None:
    path = exported / "statements" / f"{handed_over.story.said_request}.json"
    rewrite_payload(path, lambda said: {**said, "tlp": "CLEAR"}, lambda value: value["envelope"])
    told = break_of(exported)
    request = handed_over.story.request
    assert told.problem == (
        f"the signatures of request {request} of seoul by seoul-1 of seoul, seoul-2 of seoul no longer hold"
    )
    assert told.place == str(path)


def test_one_signature_that_was_exchanged_is_named_by_its_officer(
    exported: Path, handed_over: HandedOver
) -> None:
    def exchange(value: Any) -> Any:
        one, other = value["envelope"]["signatures"]
        other["sig"] = one["sig"]
        return value

    path = exported / "statements" / f"{handed_over.story.said_request}.json"
    rewrite(path, exchange)
    assert "the signature of request" in break_of(exported).problem
    assert break_of(exported).problem.endswith("no longer holds")


def test_a_voucher_that_was_changed_is_named_by_its_officer(exported: Path, handed_over: HandedOver) -> None:
    path = exported / "statements" / f"{handed_over.story.reply}.json"
    rewrite_payload(path, lambda said: {**said, "expires": 1}, lambda value: value["vouchers"][0])
    assert "the voucher for hanbit-1 of hanbit no longer holds" in break_of(exported).problem


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("exhibits/1/history.parquet", "exhibit 1: the trace no longer follows from its history"),
        ("exhibits/4/result.json", "exhibit 4: the findings are no longer those that were exported"),
        ("exhibits/2/note.txt", "exhibit 2: note.txt is no longer the file that was added"),
        (
            "log/history.json",
            "the end of the history of case SEOUL-2026-1 is in the log of seoul can no longer be shown",
        ),
        ("case.json", "the record of case SEOUL-2026-1 is no longer what was exported"),
        ("brief.txt", "the printed brief is no longer what was exported"),
        ("members/hanbit.json", "the card of hanbit is not whole, and no signature of hanbit can be checked"),
        ("manifest.json", "the list of files is not what its member signed"),
    ],
)
def test_a_break_says_what_it_breaks(exported: Path, name: str, told: str) -> None:
    flip(exported / name, (exported / name).stat().st_size // 2)
    assert told in break_of(exported).problem


def test_a_history_that_was_rewritten_names_its_row(exported: Path) -> None:
    def edit(said: Any) -> Any:
        said["rows"][2]["actor"] = "seoul-9"
        return said

    rewrite_payload(exported / "history.json", edit)
    assert "history row 3" in break_of(exported).problem


def test_what_is_missing_or_strange_is_named(exported: Path, handed_over: HandedOver) -> None:
    for name in names_of(exported):
        if name == "manifest.json":
            continue
        (exported / name).unlink()
        told = break_of(exported)
        assert told.place == str(exported / name)
        (exported / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(handed_over.out / name, exported / name)
    for name in ("extra.txt", "exhibits/1/extra.txt", "members/extra.json", "statements/extra.json"):
        (exported / name).write_text("{}")
        assert break_of(exported).place == str(exported / name)
        (exported / name).unlink()


def test_links_devices_and_empty_folders_are_named_and_never_followed(exported: Path) -> None:
    secret = exported.parent / "secret"
    shutil.copyfile(exported / "brief.txt", secret)
    for name in ("brief.txt", "members/bonn.json", "manifest.json", "case.json"):
        kept = (exported / name).read_bytes()
        (exported / name).unlink()
        (exported / name).symlink_to(secret)
        assert break_of(exported).place == str(exported / name)
        (exported / name).unlink()
        (exported / name).write_bytes(kept)
    os.mkfifo(exported / "pipe")
    assert break_of(exported).place == str(exported / "pipe")
    (exported / "pipe").unlink()
    (exported / "empty").mkdir()
    assert break_of(exported).place == str(exported / "empty")


def test_a_truncated_or_emptied_file_is_named(exported: Path, handed_over: HandedOver) -> None:
    for name in names_of(exported):
        for data in (b"", (exported / name).read_bytes()[:-1]):
            (exported / name).write_bytes(data)
            assert break_of(exported).place == str(exported / name)
        shutil.copyfile(handed_over.out / name, exported / name)


def test_a_signed_list_saves_no_forged_statement(exported: Path, handed_over: HandedOver) -> None:
    path = exported / "statements" / f"{handed_over.story.reply}.json"
    rewrite_payload(path, lambda said: {**said, "made": 5}, lambda value: value["envelope"])
    sign_again(exported)
    assert break_of(exported).place == str(path)


def test_a_signed_list_saves_no_statement_with_too_few_signatures(
    exported: Path, handed_over: HandedOver
) -> None:
    def drop(value: Any) -> Any:
        value["envelope"]["signatures"].pop()
        kept = value["envelope"]["signatures"][0]["keyid"]
        value["vouchers"] = [v for v in value["vouchers"] if _key_id(v) == kept]
        return value

    path = exported / "statements" / f"{handed_over.story.said_request}.json"
    rewrite(path, drop)
    sign_again(exported)
    told = break_of(exported)
    assert told.place == str(path)
    assert "needs 2 signatures" in told.problem


def _key_id(voucher: Any) -> str:
    said = json.loads(base64.b64decode(voucher["payload"]))
    return sha256_hex(base64.b64decode(said["key"].removeprefix("ed25519:")))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("case.json", lambda record: {**record, "exhibits": record["exhibits"][:-1]}),
        ("case.json", lambda record: {**record, "statements": record["statements"][:-1]}),
        ("case.json", lambda record: {**record, "case": {**record["case"], "title": "Another"}}),
        ("case.json", lambda record: {**record, "as_of": 5}),
        ("case.json", lambda record: {**record, "denials": []}),
        ("case.json", lambda record: {**record, "format": "x"}),
        ("case.json", lambda record: []),
        ("case.json", lambda record: {"format": "jindo.case-record/1"}),
        ("log/history.json", lambda proof: {**proof, "index": 0}),
        ("log/history.json", lambda proof: {**proof, "proof": proof["proof"][:-1]}),
        ("log/history.json", lambda proof: {**proof, "proof": "x"}),
    ],
)
def test_a_signed_list_saves_no_paper_that_contradicts_the_others(
    exported: Path, name: str, change: Any
) -> None:
    rewrite(exported / name, change)
    sign_again(exported)
    assert break_of(exported).place.startswith(str(exported))


def test_a_signed_list_saves_no_other_marking(exported: Path) -> None:
    sign_again(exported, lambda said: {**said, "marking": "CLEAR"})
    assert "marked otherwise" in break_of(exported).problem


def test_a_signed_list_saves_no_other_brief(exported: Path) -> None:
    path = exported / "brief.txt"
    path.write_text(path.read_text().replace("Criminal Act", "No Act"))
    sign_again(exported)
    told = break_of(exported)
    assert (told.place, told.problem) == (str(path), "the facts do not give this brief")


@pytest.mark.parametrize(
    "changed", [{"lang": "../x"}, {"lang": 7}, {"lang": None}, {"files": 3}, {"made": "x"}, {"odd": 1}]
)
def test_a_hostile_list_ends_in_no_crash(exported: Path, changed: dict[str, Any]) -> None:
    sign_again(exported, lambda said: {**said, **changed})
    assert break_of(exported).problem


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "a//b", "./a"])
def test_a_list_that_names_a_file_outside_is_refused(exported: Path, name: str) -> None:
    def add(said: Any) -> Any:
        return {**said, "files": [*said["files"], {"name": name, "size": 0, "sha256": "", "what": ""}]}

    sign_again(exported, add)
    assert "outside the folder" in break_of(exported).problem


def test_deeply_nested_papers_end_in_no_crash(exported: Path, handed_over: HandedOver) -> None:
    for name in ("manifest.json", "members/seoul.json", "case.json"):
        (exported / name).write_bytes(b"[" * 200_000)
        assert break_of(exported).place == str(exported / name)
        shutil.copyfile(handed_over.out / name, exported / name)


def credit(record: Any, origin: str) -> Any:
    """The record, which says that the note is another member's."""
    next(row for row in record["exhibits"] if row["kind"] == "note")["origin"] = origin
    return record


@pytest.mark.parametrize("member", ["bonn", "hanbit", "hague"])
def test_a_signed_list_saves_no_exhibit_said_to_be_another_member_s(exported: Path, member: str) -> None:
    rewrite(exported / "case.json", lambda record: credit(record, member))
    sign_again(exported)
    told = break_of(exported)
    assert told.place == str(exported / "case.json")
    assert told.problem == f"exhibit 2 is said to be {member}'s, and nothing that {member} signed says so"


def test_a_signed_list_saves_no_case_said_to_be_another_member_s(exported: Path) -> None:
    rewrite(exported / "case.json", lambda record: {**record, "case": {**record["case"], "origin": "bonn"}})
    sign_again(exported)
    assert "the case is said to be bonn's" in break_of(exported).problem


@pytest.mark.parametrize("wrong", ["../outside", "/etc/passwd", "..", "", 7, None, ["x"]])
def test_a_statement_under_what_is_no_id_opens_no_file(exported: Path, wrong: Any) -> None:
    (exported.parent / "outside.json").write_bytes(next((exported / "statements").iterdir()).read_bytes())

    def misname(record: Any) -> Any:
        record["statements"][0]["id"] = wrong
        return record

    rewrite(exported / "case.json", misname)
    sign_again(exported)
    assert break_of(exported).place == str(exported / "case.json")


@pytest.mark.parametrize("wrong", ["../..", "1", 0, -1, True, None, 1])
def test_an_exhibit_without_a_number_of_its_own_opens_no_folder(wrong: Any) -> None:
    record = {"exhibits": [{"n": 1}, {"n": wrong}]}
    with pytest.raises(IntegrityError, match="no number, or another's"):
        check_numbers(record)
    check_numbers({"exhibits": [{"n": 2}, {"n": 1}]})


@pytest.mark.parametrize("wrong", ["../x", "", "a/b", "x" * 41])
def test_a_list_by_what_is_no_member_is_refused(exported: Path, wrong: str) -> None:
    sign_again(exported, lambda said: {**said, "member": wrong})
    assert break_of(exported).place == str(exported / "manifest.json")


def test_a_trace_that_is_in_several_exhibits_is_traced_again_once(exported: Path) -> None:
    """The story has the same result as exhibits 1, 3 and 4; each is checked, and tracing runs but once."""
    told: list[str] = []
    checks = verify_case_folder(exported, lambda what, done, of: told.append(what)).checks
    begun = [what for what in told if what.startswith("tracing under")]
    assert begun
    assert len(begun) == len(set(begun))
    assert {f"trace in exhibit {n}" for n in (1, 3, 4)} <= {check.name for check in checks}


def test_verify_path_says_when_there_is_neither(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        verify_path(tmp_path)
    with pytest.raises(NotFound):
        verify_path(tmp_path / "none")
