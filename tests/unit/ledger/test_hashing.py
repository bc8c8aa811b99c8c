"""A damaged ledger is refused by the name of the file that is damaged, before anything is read from it."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from jindo.base.errors import IntegrityError
from jindo.base.ids import ETHEREUM
from jindo.ledger import import_source, open_ledger
from jindo.ledger.hashing import check_files, hash_file

A, B = (f"0x{n:040x}" for n in (1, 2))


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A ledger of three movements, with memos."""
    rows = "".join(f"{n},t{9 - n},{A},{B},{n + 5},m{n}\n" for n in range(3))
    (tmp_path / "t.csv").write_text(f"block,tx_hash,from,to,amount,memo\n{rows}")
    import_source(str(tmp_path / "t.csv"), format="transfers", into=tmp_path / "ledger")
    return tmp_path / "ledger"


def columns(ledger: Path) -> list[Path]:
    return sorted(ledger.rglob("*.arrow"))


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def test_every_column_has_its_hash_in_the_list_of_contents(ledger: Path) -> None:
    stated = json.loads((ledger / "ledger.json").read_text())["chains"][ETHEREUM]["files"]
    assert stated == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in columns(ledger)}
    assert {"amount.arrow", "memos.arrow", "blocks_first.arrow"} <= stated.keys()


def test_a_whole_ledger_passes(ledger: Path) -> None:
    open_ledger(ledger).check(full=True)


def test_a_flipped_byte_in_any_column_is_named(ledger: Path) -> None:
    for path in columns(ledger):
        for place in (0, path.stat().st_size // 2, -1):
            flip(path, place)
            with pytest.raises(IntegrityError, match="damaged") as caught:
                open_ledger(ledger).chain(ETHEREUM)
            assert caught.value.place == str(path)
            flip(path, place)
    open_ledger(ledger).check()


def test_a_column_that_is_gone_is_named(ledger: Path) -> None:
    (path,) = (path for path in columns(ledger) if path.name == "memos.arrow")
    path.unlink()
    with pytest.raises(IntegrityError, match="missing") as caught:
        open_ledger(ledger).check()
    assert caught.value.place == str(path)


def test_a_column_that_was_put_there_is_named(ledger: Path) -> None:
    added = columns(ledger)[0].with_name("accounts_order.arrow")
    shutil.copy(columns(ledger)[0], added)
    with pytest.raises(IntegrityError, match="none that the ledger wrote") as caught:
        open_ledger(ledger).chain(ETHEREUM)
    assert caught.value.place == str(added)


def test_a_damaged_ledger_takes_no_more_in(ledger: Path) -> None:
    flip(columns(ledger)[0], -1)
    before = (ledger / "ledger.json").read_bytes()
    (ledger.parent / "u.csv").write_text(f"block,tx_hash,from,to,amount\n9,u,{A},{B},1\n")
    with pytest.raises(IntegrityError, match="damaged"):
        import_source(str(ledger.parent / "u.csv"), format="transfers", into=ledger)
    assert (ledger / "ledger.json").read_bytes() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [("fingerprint", "0" * 64), ("decimals", [6]), ("narrow", False), ("files", {}), ("files", None)],
)
def test_a_changed_list_of_contents_is_refused(ledger: Path, field: str, value: object) -> None:
    content = json.loads((ledger / "ledger.json").read_text())
    content["chains"][ETHEREUM][field] = value
    (ledger / "ledger.json").write_text(json.dumps(content))
    with pytest.raises(IntegrityError, match="list of contents is damaged"):
        open_ledger(ledger)


def make_old(ledger: Path, fingerprint: str | None = None) -> None:
    """The ledger as the version before hashes wrote it."""
    content = json.loads((ledger / "ledger.json").read_text())
    del content["sha256"], content["chains"][ETHEREUM]["files"]
    content["chains"][ETHEREUM]["fingerprint"] = fingerprint or content["chains"][ETHEREUM]["fingerprint"]
    content["version"] = 1
    (ledger / "ledger.json").write_text(json.dumps(content))


def test_a_ledger_without_hashes_opens_with_a_note(ledger: Path) -> None:
    make_old(ledger)
    opened = open_ledger(ledger)
    assert len(opened.chain(ETHEREUM).block) == 3
    assert "without hashes" in opened.status().notes[0]
    opened.check(full=True)


def test_a_ledger_without_hashes_has_them_after_the_next_import(ledger: Path) -> None:
    make_old(ledger)
    (ledger.parent / "u.csv").write_text(f"block,tx_hash,from,to,amount\n9,u,{A},{B},1\n")
    import_source(str(ledger.parent / "u.csv"), format="transfers", into=ledger)
    assert open_ledger(ledger).status().notes == ()


def test_a_full_check_computes_the_fingerprint_again(ledger: Path) -> None:
    make_old(ledger, "0" * 64)
    open_ledger(ledger).check()
    with pytest.raises(IntegrityError, match="do not give the fingerprint"):
        open_ledger(ledger).check(full=True)


def test_check_files_looks_at_those_that_the_pattern_names(tmp_path: Path) -> None:
    (tmp_path / "a.arrow").write_bytes(b"x")
    (tmp_path / "letter.txt").touch()
    files = {"a.arrow": hash_file(tmp_path / "a.arrow")}
    check_files(tmp_path, files, pattern="*.arrow")
    with pytest.raises(IntegrityError, match="none that the ledger wrote"):
        check_files(tmp_path, files)


def test_check_files_names_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(IntegrityError, match="cannot be read"):
        check_files(tmp_path, {"folder": "0" * 64}, pattern="f*")
