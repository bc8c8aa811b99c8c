"""A damaged ledger is refused by the name of the file that is damaged, before anything is read from it."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from jindo.base.errors import IntegrityError
from jindo.base.ids import ETHEREUM, Account, AssetId, TxId
from jindo.ledger import (
    Transfer,
    build_account_chain,
    compute_fingerprint,
    import_source,
    open_ledger,
    run_files,
)
from jindo.ledger.folder import record_built, writing
from jindo.ledger.hashing import check_files, hash_file
from jindo.ledger.imported import Built
from jindo.ledger.manifest import ChainEntry, write_manifest

A, B = (f"0x{n:040x}" for n in (1, 2))


@pytest.fixture(params=["file", "folder"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger of three movements, with memos, whose run is one file, or a folder as a large one's."""
    if request.param == "folder":
        monkeypatch.setattr(run_files, "SMALL", 1)
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


def test_every_file_has_its_hash_in_the_list_of_contents(ledger: Path) -> None:
    (run,) = json.loads((ledger / "ledger.json").read_text())["chains"][ETHEREUM]["runs"]
    assert run["files"] == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in columns(ledger)
    }
    if not run["place"].endswith(".arrow"):
        assert {"amount.arrow", "memos.arrow", "block_first.arrow"} <= run["files"].keys()


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
    path = columns(ledger)[-1]
    path.unlink()
    with pytest.raises(IntegrityError, match="missing") as caught:
        open_ledger(ledger).check()
    assert caught.value.place == str(path)


@pytest.mark.parametrize("ledger", ["folder"], indirect=True)
def test_a_column_that_was_put_there_is_named_and_not_read(ledger: Path) -> None:
    added = columns(ledger)[0].with_name("incoming_owners.arrow")
    shutil.copy(columns(ledger)[0], added)
    with pytest.raises(IntegrityError, match="none that the ledger wrote") as caught:
        open_ledger(ledger).chain(ETHEREUM)
    assert caught.value.place == str(added)
    assert open_ledger(ledger).chain(ETHEREUM, check=False).runs[0].incoming.owners is None  # type: ignore[union-attr]


def test_a_damaged_ledger_takes_no_more_in(ledger: Path) -> None:
    flip(columns(ledger)[0], -1)
    before = (ledger / "ledger.json").read_bytes()
    (ledger.parent / "u.csv").write_text(f"block,tx_hash,from,to,amount\n9,u,{A},{B},1\n")
    with pytest.raises(IntegrityError, match="damaged"):
        import_source(str(ledger.parent / "u.csv"), format="transfers", into=ledger)
    assert (ledger / "ledger.json").read_bytes() == before


@pytest.mark.parametrize(
    ("field", "value"), [("asset_rows", [6]), ("decimals", [6]), ("runs", []), ("next", 1), ("inexact", "x")]
)
def test_a_changed_list_of_contents_is_refused(ledger: Path, field: str, value: object) -> None:
    content = json.loads((ledger / "ledger.json").read_text())
    content["chains"][ETHEREUM][field] = value
    (ledger / "ledger.json").write_text(json.dumps(content))
    with pytest.raises(IntegrityError, match="list of contents is damaged"):
        open_ledger(ledger)


def test_a_full_check_computes_the_fingerprint_again(tmp_path: Path) -> None:
    """Leaves that are kept are believed by a reader, and by the full check only if the rows give them."""
    rows = [Transfer(n * 1024, TxId(f"t{n}"), Account("a"), Account("b"), n, AssetId("x")) for n in range(3)]
    chain = build_account_chain(ETHEREUM, rows)
    with writing(tmp_path / "ledger") as opened:
        record_built(opened, ETHEREUM, Built(0, chain.runs, chain.assets, chain.decimals), None)
    right = open_ledger(tmp_path / "ledger")
    assert right.chain_fingerprint(ETHEREUM) == compute_fingerprint(chain)
    (entry,) = right.manifest.chains[ETHEREUM].runs
    notes = run_files.read_notes(right.folder / entry.place)
    false = replace(notes, leaves=(replace(notes.leaves[0], sha256="0" * 64), *notes.leaves[1:]))
    (right.folder / entry.place).unlink()
    written = run_files.write_run(chain.runs[0], right.folder / entry.place, false)
    run = replace(entry, files=written.files)
    chains: dict[str, ChainEntry] = {ETHEREUM: replace(right.manifest.chains[ETHEREUM], runs=[run])}
    write_manifest(right.folder, replace(right.manifest, chains=chains))
    open_ledger(right.folder).check()
    with pytest.raises(IntegrityError, match="do not give the fingerprint"):
        open_ledger(right.folder).check(full=True)


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
