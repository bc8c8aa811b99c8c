"""A file that was held against its hash is not read again, unless it was touched."""

import json
import os
from pathlib import Path

import pytest

from jindo.base.errors import IntegrityError
from jindo.ledger import checked
from jindo.ledger.checked import check_unless_known
from jindo.ledger.hashing import hash_file


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Two files and their hashes; files count as settled at once."""
    monkeypatch.setattr(checked, "_SETTLED", -(10**12))
    for name in ("a", "b"):
        (tmp_path / name).write_text(name * 9)
    return {name: hash_file(tmp_path / name) for name in ("a", "b")}


def damage_unseen(path: Path) -> None:
    """Change a byte, and make the file system tell nothing of it but the time of that change of its entry."""
    before = path.stat()
    with path.open("r+b") as stream:
        stream.write(b"X")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def read_known(folder: Path) -> dict[str, list[object]]:
    known: dict[str, list[object]] = json.loads((folder / checked.FILE).read_text())
    return known


def test_what_was_checked_is_remembered(files: dict[str, str], tmp_path: Path) -> None:
    check_unless_known(tmp_path, files)
    assert {name: stamp[0] for name, stamp in read_known(tmp_path).items()} == files


def test_a_file_that_was_touched_is_read_again(files: dict[str, str], tmp_path: Path) -> None:
    check_unless_known(tmp_path, files)
    damage_unseen(tmp_path / "a")
    with pytest.raises(IntegrityError, match="damaged"):
        check_unless_known(tmp_path, files)


def test_what_is_remembered_is_believed_and_again_is_not(files: dict[str, str], tmp_path: Path) -> None:
    check_unless_known(tmp_path, files)
    damage_unseen(tmp_path / "a")
    known = read_known(tmp_path)
    found = (tmp_path / "a").stat()
    known["a"] = [files["a"], found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]
    (tmp_path / checked.FILE).write_text(json.dumps(known))
    check_unless_known(tmp_path, files)
    with pytest.raises(IntegrityError, match="damaged"):
        check_unless_known(tmp_path, files, again=True)


def test_another_hash_than_the_one_remembered_is_checked(files: dict[str, str], tmp_path: Path) -> None:
    check_unless_known(tmp_path, files)
    with pytest.raises(IntegrityError, match="damaged"):
        check_unless_known(tmp_path, files | {"a": "0" * 64})


def test_a_file_that_changed_just_now_is_not_remembered(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    check_unless_known(tmp_path, {"a": hash_file(tmp_path / "a")})
    assert read_known(tmp_path) == {}


def test_files_that_are_no_more_are_forgotten(files: dict[str, str], tmp_path: Path) -> None:
    check_unless_known(tmp_path, files)
    (tmp_path / "a").unlink()
    (tmp_path / "c").write_text("c")
    check_unless_known(tmp_path, {"b": files["b"], "c": hash_file(tmp_path / "c")})
    assert read_known(tmp_path).keys() == {"b", "c"}


def test_files_of_another_chain_stay_known(files: dict[str, str], tmp_path: Path) -> None:
    check_unless_known(tmp_path, {"a": files["a"]})
    check_unless_known(tmp_path, {"b": files["b"]})
    assert read_known(tmp_path).keys() == {"a", "b"}


@pytest.mark.parametrize("text", ["", "[]", '{"a": 7}', '{"a": null, "b": [1]}', '{"c": [1]}', "\x00"])
def test_what_is_remembered_may_be_anything(files: dict[str, str], tmp_path: Path, text: str) -> None:
    (tmp_path / checked.FILE).write_text(text)
    check_unless_known(tmp_path, files)
    damage_unseen(tmp_path / "b")
    (tmp_path / checked.FILE).write_text(text)
    with pytest.raises(IntegrityError, match="damaged"):
        check_unless_known(tmp_path, files)


def test_a_folder_that_cannot_be_written_is_checked_all_the_same(
    files: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / checked.FILE).mkdir()  # in whose place no file can be put
    check_unless_known(tmp_path, files)
    damage_unseen(tmp_path / "b")
    with pytest.raises(IntegrityError):
        check_unless_known(tmp_path, files)


def test_a_missing_file_is_named(files: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "b").unlink()
    with pytest.raises(IntegrityError, match="missing") as caught:
        check_unless_known(tmp_path, files)
    assert caught.value.place == str(tmp_path / "b")
