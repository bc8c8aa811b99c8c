"""The ledger folder: whole or not at all, one writer, and clear words about what is wrong."""

import fcntl
import hashlib
import json
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import jindo.ledger.folder as folder_module
from jindo.base.errors import ConflictError, InputError, IntegrityError, NotFound
from jindo.base.ids import BITCOIN, ETHEREUM, Account, AssetId, TxId
from jindo.ledger import (
    Transfer,
    UtxoInput,
    UtxoOutput,
    UtxoTransaction,
    build_account_chain,
    build_ledger_from_columns,
    build_utxo_chain,
    compute_fingerprint,
    import_source,
    open_ledger,
    read_transactions,
    read_transfers,
)
from jindo.ledger.folder import writing

A, B = (f"0x{n:040x}" for n in (1, 2))


def write(tmp_path: Path, *amounts: int) -> str:
    rows = "".join(f"{n},t{n},{A},{B},{amount}\n" for n, amount in enumerate(amounts))
    (tmp_path / "t.csv").write_text(f"block,tx_hash,from,to,amount\n{rows}")
    return str(tmp_path / "t.csv")


def sign(content: dict[str, Any]) -> dict[str, Any]:
    """The list of contents with the hash that fits, as whoever can write the folder could make it."""
    rest = {key: value for key, value in content.items() if key != "sha256"}
    text = json.dumps(rest, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return {**rest, "sha256": hashlib.sha256(text.encode()).hexdigest()}


def test_a_mapped_chain_equals_the_one_in_memory(tmp_path: Path) -> None:
    rows = [
        Transfer(1, TxId("t"), None, Account("é"), 2**256 - 1, AssetId("x"), memo="a\tb"),
        Transfer(2, TxId("s"), Account("é"), Account("b"), 5, AssetId("x"), time=9),
    ]
    chain = build_account_chain(ETHEREUM, rows, decimals={AssetId("x"): 18})
    build_ledger_from_columns(tmp_path / "ledger", chain)
    mapped = open_ledger(tmp_path / "ledger").chain(ETHEREUM)
    assert read_transfers(mapped, range(2)) == rows  # type: ignore[arg-type]
    assert mapped.decimals == (18,)  # type: ignore[union-attr]
    assert compute_fingerprint(mapped) == compute_fingerprint(chain)
    assert [mapped.accounts.find(text) for text in ("é", "b", "a", "z")] == [0, 1, -1, -1]


def test_a_mapped_utxo_chain_equals_the_one_in_memory(tmp_path: Path) -> None:
    coins = UtxoTransaction(1, TxId("z"), 0, (), (UtxoOutput(7, Account("m")),), coinbase=True, time=3)
    spend = UtxoTransaction(2, TxId("a"), 0, (UtxoInput(TxId("z"), 0),), (UtxoOutput(6, None, "6a"),))
    chain = build_utxo_chain(BITCOIN, [coins, spend])
    build_ledger_from_columns(tmp_path / "ledger", chain)
    mapped = open_ledger(tmp_path / "ledger").chain(BITCOIN)
    assert read_transactions(mapped, range(2)) == read_transactions(chain, range(2))  # type: ignore[arg-type]
    assert [mapped.tx_hashes.find(text) for text in ("z", "a", "q")] == [0, 1, -1]


def test_status_tells_what_is_there(tmp_path: Path) -> None:
    report = import_source(write(tmp_path, 5, 6, -1), format="transfers", into=tmp_path / "ledger")
    status = open_ledger(tmp_path / "ledger").status()
    entry = status.chains[ETHEREUM]
    assert (entry.rows, entry.transactions, entry.accounts, entry.asset_rows) == (2, 2, 2, [2])
    assert (entry.blocks, entry.times, status.rejected) == ([0, 1], [], 1)
    assert status.rejects == ("rejects/0001-t.csv",)
    assert (entry.fingerprint, status.size > 0, entry.runs) == (report.fingerprint, True, 1)


def test_the_manifest_names_no_path_and_no_clock(tmp_path: Path) -> None:
    texts = []
    for name in ("one", "two"):
        import_source(write(tmp_path, 5), format="transfers", into=tmp_path / name)
        texts.append((tmp_path / name / "ledger.json").read_text())
    assert texts[0] == texts[1]
    assert str(tmp_path) not in texts[0]


def test_a_killed_import_leaves_the_last_whole_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = import_source(write(tmp_path, 5), format="transfers", into=tmp_path / "ledger")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(folder_module, "write_manifest", die)
        with pytest.raises(KeyboardInterrupt):
            import_source(write(tmp_path, 5, 6), format="transfers", into=tmp_path / "ledger")
    ledger = open_ledger(tmp_path / "ledger")
    assert len(ledger.chain(ETHEREUM).block) == 1
    assert ledger.chain_fingerprint(ETHEREUM) == first.fingerprint
    again = import_source(write(tmp_path, 5, 6), format="transfers", into=tmp_path / "ledger")
    assert (again.added, again.already_there) == (1, 1)


def test_what_a_crash_left_behind_is_cleared(tmp_path: Path) -> None:
    import_source(write(tmp_path, 5), format="transfers", into=tmp_path / "ledger")
    (tmp_path / "ledger/chains/eip155_1/0009").mkdir()
    for name in ("chains/eip155_1/0010.arrow", ".checked-x"):
        (tmp_path / "ledger" / name).touch()
    (tmp_path / "ledger/.staging").mkdir()
    import_source(write(tmp_path, 5, 6), format="transfers", into=tmp_path / "ledger")
    left = [path.name for path in (tmp_path / "ledger").glob("chains/*/*")]
    others = [(tmp_path / "ledger" / name).exists() for name in (".staging", ".checked-x")]
    assert (len(left), others) == (1, [False, False])


def test_an_open_chain_outlives_a_later_import(tmp_path: Path) -> None:
    import_source(write(tmp_path, 5), format="transfers", into=tmp_path / "ledger")
    ledger = open_ledger(tmp_path / "ledger")
    chain = ledger.chain(ETHEREUM)
    import_source(write(tmp_path, 5, 6), format="transfers", into=tmp_path / "ledger")
    assert chain.amount.tolist() == [5]  # type: ignore[union-attr]
    assert len(ledger.chain(ETHEREUM).block) == 2


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    source = write(tmp_path, 5)
    import_source(source, format="transfers", into=tmp_path / "ledger")
    with (tmp_path / "ledger/lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ConflictError, match="another import"):
            import_source(source, format="transfers", into=tmp_path / "ledger")


def test_whoever_opened_the_lock_of_a_folder_that_went_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first writer gives up, and a third begins, between the second's opening of the lock and its locking."""
    first, third, lock = ExitStack(), ExitStack(), fcntl.flock
    first.enter_context(writing(tmp_path / "l"))

    def wait(stream: Any, how: int) -> None:
        monkeypatch.setattr(fcntl, "flock", lock)
        first.close()
        assert not (tmp_path / "l").exists()
        third.enter_context(writing(tmp_path / "l"))
        lock(stream, how)

    monkeypatch.setattr(fcntl, "flock", wait)
    with third:
        with pytest.raises(ConflictError), writing(tmp_path / "l"):
            pass
        assert (tmp_path / "l/lock").exists()
    assert import_source(write(tmp_path, 5), format="transfers", into=tmp_path / "l").added == 1


def test_a_folder_that_went_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, lock = ExitStack(), fcntl.flock
    first.enter_context(writing(tmp_path / "l"))

    def wait(stream: Any, how: int) -> None:
        monkeypatch.setattr(fcntl, "flock", lock)
        first.close()
        lock(stream, how)

    monkeypatch.setattr(fcntl, "flock", wait)
    assert import_source(write(tmp_path, 5), format="transfers", into=tmp_path / "l").added == 1
    assert len(open_ledger(tmp_path / "l").chain(ETHEREUM).block) == 1


def test_a_foreign_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/cat.jpg").touch()
    with pytest.raises(InputError, match=r"something else \(cat.jpg\)"):
        import_source(write(tmp_path, 5), format="transfers", into=tmp_path / "photos")
    with pytest.raises(NotFound, match="no ledger"):
        open_ledger(tmp_path / "photos")


@pytest.mark.parametrize(
    "text", ["", "{}", '{"format": "other"}', '{"format": "jindo-ledger", "version": 3}']
)
def test_a_damaged_manifest_is_an_integrity_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "ledger.json").write_text(text)
    with pytest.raises(IntegrityError):
        open_ledger(tmp_path)


def test_a_later_version_is_named(tmp_path: Path) -> None:
    (tmp_path / "ledger.json").write_text(json.dumps({"format": "jindo-ledger", "version": 99}))
    with pytest.raises(InputError, match="version 99") as caught:
        open_ledger(tmp_path)
    assert "newer Jindo" in caught.value.remedy()


@pytest.mark.parametrize("version", [1, 2])
def test_an_earlier_version_is_refused_and_left_as_it_is(tmp_path: Path, version: int) -> None:
    (tmp_path / "old").mkdir()
    text = json.dumps({"format": "jindo-ledger", "version": version, "chains": {}, "imports": []})
    (tmp_path / "old/ledger.json").write_text(text)
    for use in (
        lambda: open_ledger(tmp_path / "old"),
        lambda: import_source(write(tmp_path, 5), format="transfers", into=tmp_path / "old"),
    ):
        with pytest.raises(InputError, match=f"version {version} of an earlier Jindo") as caught:
            use()
        assert "Import the sources into a new folder" in caught.value.remedy()
    assert (tmp_path / "old/ledger.json").read_text() == text


@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_a_damaged_column_is_an_integrity_error(tmp_path: Path, damage: str) -> None:
    import_source(write(tmp_path, 5), format="transfers", into=tmp_path / "ledger")
    column = next((tmp_path / "ledger").rglob("*.arrow"))
    column.write_bytes(column.read_bytes()[:40]) if damage == "cut" else column.unlink()
    for check in (True, False):
        with pytest.raises(IntegrityError, match="eip155_1"):
            open_ledger(tmp_path / "ledger").chain(ETHEREUM, check=check)


def test_a_chain_that_is_not_there_is_named(tmp_path: Path) -> None:
    import_source(write(tmp_path, 5), format="transfers", into=tmp_path / "ledger")
    with pytest.raises(NotFound, match="eip155:1"):
        open_ledger(tmp_path / "ledger").chain(BITCOIN)


def test_a_folder_without_a_list_of_contents_keeps_its_subfolders(tmp_path: Path) -> None:
    mine = tmp_path / "mydata/chains/btc/blocks/b.dat"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    with pytest.raises(InputError, match=r"something else \(chains\)"):
        import_source(write(tmp_path, 5), format="transfers", into=tmp_path / "mydata")
    assert mine.read_text() == "mine"


@pytest.mark.parametrize("name", ["chains", "rejects", ".staging", "chains/eip155_1", "rejects/0009-x.csv"])
def test_a_link_in_a_ledger_is_refused_and_not_followed(tmp_path: Path, name: str) -> None:
    home = tmp_path / "home/sub/0001"
    home.mkdir(parents=True)
    (home / "letter.csv").touch()
    import_source(write(tmp_path, 5, -1), format="transfers", into=tmp_path / "ledger")
    link = tmp_path / "ledger" / name
    if link.exists():
        link.rename(tmp_path / "aside")
    link.symlink_to(tmp_path / "home/sub" if name == "chains/eip155_1" else tmp_path / "home")
    with pytest.raises(InputError, match="a link"):
        import_source(write(tmp_path, 5, 6), format="transfers", into=tmp_path / "ledger")
    assert (home / "letter.csv").exists()


def test_what_is_not_the_ledgers_own_is_left_in_it(tmp_path: Path) -> None:
    import_source(write(tmp_path, 5), format="transfers", into=tmp_path / "ledger")
    kept = [tmp_path / "ledger" / name for name in ("chains/eip155_1/notes", "chains/notes/0001", "rejects")]
    for folder in kept:
        folder.mkdir(parents=True)
    (kept[-1] / "letter.txt").touch()
    import_source(write(tmp_path, 5, 6), format="transfers", into=tmp_path / "ledger")
    assert all(folder.exists() for folder in [*kept, kept[-1] / "letter.txt"])


@pytest.mark.parametrize("path", ["../..", "chains/../x/0001", "/etc/0001", "chains/eip155_1/0001/..", 7])
@pytest.mark.parametrize("field", ["place", "rejects"])
def test_a_path_out_of_the_ledger_is_an_integrity_error(tmp_path: Path, field: str, path: object) -> None:
    import_source(write(tmp_path, 5, -1), format="transfers", into=tmp_path / "ledger")
    file = tmp_path / "ledger/ledger.json"
    content = json.loads(file.read_text())
    entry = content["chains"][ETHEREUM]["runs"][0] if field == "place" else content["imports"][0]
    entry[field] = path
    file.write_text(json.dumps(sign(content)))
    with pytest.raises(IntegrityError, match="damaged"):
        open_ledger(tmp_path / "ledger")


def test_a_first_import_that_was_killed_can_be_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(folder_module, "_clear_leftovers", lambda *_: None)
        patch.setattr(folder_module, "record_import", lambda *_: 1 / 0)
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)
        with pytest.raises(ZeroDivisionError):
            import_source(write(tmp_path, 5), format="transfers", into=tmp_path / "ledger")
    assert (tmp_path / "ledger/chains/eip155_1/0001.arrow").exists()
    assert import_source(write(tmp_path, 5), format="transfers", into=tmp_path / "ledger").added == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rows", -1),
        ("rows", 3),
        ("blocks", [5]),
        ("blocks", [1, 0]),
        ("max_traffic", "much"),
        ("files", {"../x.arrow": "0"}),
        ("pots", "2"),
    ],
)
def test_a_list_of_contents_that_does_not_fit_its_files_is_refused(
    tmp_path: Path, field: str, value: object
) -> None:
    import_source(write(tmp_path, 5, 6), format="transfers", into=tmp_path / "ledger")
    file = tmp_path / "ledger/ledger.json"
    content = json.loads(file.read_text())
    content["chains"][ETHEREUM]["runs"][0][field] = value
    file.write_text(json.dumps(sign(content)))
    with pytest.raises(IntegrityError):
        open_ledger(tmp_path / "ledger").chain(ETHEREUM)
