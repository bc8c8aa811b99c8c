"""A run comes back from the disk as it went, from a folder and from one file."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.property.ledger.ledgers import transactions, transfers

from jindo.base.errors import IntegrityError
from jindo.base.ids import BITCOIN, ETHEREUM, AssetId
from jindo.ledger import Blocks, build_account_chain, build_utxo_chain
from jindo.ledger.cutting import cut_run
from jindo.ledger.fingerprint import Leaf
from jindo.ledger.hashing import hash_file
from jindo.ledger.joining import join_runs
from jindo.ledger.run_columns import Notes
from jindo.ledger.run_counts import Counts, Run, count_run, find_start
from jindo.ledger.run_files import map_run, read_notes, write_run
from jindo.ledger.stored import PerBlock, store_ints, store_times

PLACES = ["0001", "0002.arrow"]


def account_run(blocks: range = range(60)) -> Run:
    rows = [row for block in blocks for row in transfers(block * 40, block, 9)]
    return build_account_chain(ETHEREUM, rows, decimals={AssetId("asset1"): 3}).runs[0]


def utxo_run() -> Run:
    rows: list[Any] = []
    for block in range(40):
        rows += transactions(block, block, rows)
    return build_utxo_chain(BITCOIN, rows).runs[0]


RUNS = {"account": account_run, "utxo": utxo_run}


def assert_equal(one: Any, other: Any, name: str = "run") -> None:
    """Field by field, value by value; types may differ."""
    if dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            assert_equal(getattr(one, field.name), getattr(other, field.name), f"{name}.{field.name}")
    elif one is None or isinstance(one, int):
        assert one == other, name
    else:
        assert list(one) == list(other), name


def read_back(run: Run, kind: str, place: Path, **changed: Any) -> Run:
    given: dict[str, Any] = {
        "start": find_start(run),
        "counts": count_run(run),
        "max_traffic": run.max_traffic,
    }
    return map_run(place, kind, **(given | changed))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", RUNS)
def test_a_run_comes_back(kind: str, place: str, tmp_path: Path) -> None:
    run = RUNS[kind]()
    written = write_run(run, tmp_path / place)
    assert_equal(run, read_back(run, kind, tmp_path / place))
    folder = tmp_path / place if (tmp_path / place).is_dir() else tmp_path
    assert written.files == {path.name: hash_file(path) for path in folder.iterdir()}
    assert written.size == sum((folder / name).stat().st_size for name in written.files)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", RUNS)
def test_what_is_cut_and_joined_comes_back(kind: str, place: str, tmp_path: Path) -> None:
    run = RUNS[kind]()
    write_run(run, tmp_path / "0000")
    half = cut_run(read_back(run, kind, tmp_path / "0000"), len(run.blocks.height) // 2)
    write_run(half, tmp_path / place)
    assert_equal(cut_run(run, len(run.blocks.height) // 2), read_back(half, kind, tmp_path / place))


def test_joined_runs_come_back(tmp_path: Path) -> None:
    rows = [row for block in range(60) for row in transfers(block * 40, block, 9)]
    whole = build_account_chain(ETHEREUM, rows)
    first = cut_run(whole.runs[0], 31)
    from jindo.ledger.stacking import stack_account_chain

    below = build_account_chain(ETHEREUM, [row for row in rows if row.block < 31 * 40])
    above = build_account_chain(ETHEREUM, [row for row in rows if row.block >= 31 * 40])
    second = stack_account_chain(below, above).runs[1]
    for n, run in enumerate((first, second)):
        write_run(run, tmp_path / f"1{n}")
    joined = join_runs(
        *(read_back(run, "account", tmp_path / f"1{n}") for n, run in enumerate((first, second)))
    )
    for place in PLACES:
        write_run(joined, tmp_path / place)
        assert_equal(whole.runs[0], read_back(joined, "account", tmp_path / place))


@pytest.mark.parametrize("place", PLACES)
def test_notes_come_back(place: str, tmp_path: Path) -> None:
    notes = Notes((Leaf(3, 7, "ab" * 32), Leaf(5, 1, "cd" * 32)), ((0, 3), (2, 9)))
    write_run(account_run(), tmp_path / place, notes)
    assert read_notes(tmp_path / place) == notes


def test_a_run_is_never_written_over_another(tmp_path: Path) -> None:
    for place in PLACES:
        write_run(account_run(), tmp_path / place)
        with pytest.raises(FileExistsError):
            write_run(account_run(), tmp_path / place)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Counts)])
def test_counts_that_do_not_fit_are_refused(place: str, name: str, tmp_path: Path) -> None:
    for kind, make in RUNS.items():
        run = make()
        if name == "inputs" and kind == "account":
            continue  # an account chain has none
        write_run(run, tmp_path / kind / place)
        counts = dataclasses.replace(count_run(run), **{name: getattr(count_run(run), name) + 1})
        with pytest.raises(IntegrityError, match="cannot be read"):
            read_back(run, kind, tmp_path / kind / place, counts=counts)


@pytest.mark.parametrize("place", PLACES)
def test_another_kind_or_no_run_is_refused(place: str, tmp_path: Path) -> None:
    write_run(account_run(), tmp_path / place)
    with pytest.raises(IntegrityError):
        read_back(utxo_run(), "utxo", tmp_path / place)
    with pytest.raises(IntegrityError):
        read_back(account_run(), "account", tmp_path / f"9{place}")


def test_a_folder_is_one_arrow_file_a_column_that_any_reader_opens(tmp_path: Path) -> None:
    run = account_run()
    write_run(run, tmp_path / "0001")
    for path in (tmp_path / "0001").iterdir():
        reader = pa.ipc.open_file(pa.memory_map(str(path)))
        assert (reader.num_record_batches, reader.schema.names) == (1, [path.stem])
        reader.get_batch(0).validate(full=True)
    src = pa.ipc.open_file(pa.memory_map(str(tmp_path / "0001/src.arrow"))).get_batch(0).column(0)
    assert src.to_pylist() == list(run.src)  # type: ignore[union-attr]


def test_one_file_holds_every_column_as_a_list(tmp_path: Path) -> None:
    run = account_run()
    write_run(run, tmp_path / "0001.arrow")
    batch = pa.ipc.open_file(pa.memory_map(str(tmp_path / "0001.arrow"))).get_batch(0)
    batch.validate(full=True)
    assert batch.num_rows == 1
    assert batch.column("src")[0].as_py() == list(run.src)  # type: ignore[union-attr]


def test_texts_in_hexadecimal_digits_are_kept_as_bytes(tmp_path: Path) -> None:
    write_run(account_run(), tmp_path / "0001")
    accounts, hashes = (
        pa.ipc.open_file(pa.memory_map(str(tmp_path / f"0001/{name}.arrow"))).schema.field(0)
        for name in ("accounts", "tx_hashes")
    )
    assert (accounts.type, accounts.metadata) == (pa.binary(20), {b"jindo.form": b"0x+20"})
    assert (hashes.type, hashes.metadata) == (pa.binary(32), {b"jindo.form": b"0x+32"})


def test_a_column_of_one_value_is_kept_once() -> None:
    stored = store_ints("kind", np.full(1000, 4, np.int8))
    assert (stored.length, stored.facts) == (1, {"jindo.length": "1000"})
    assert store_ints("src", np.full(1000, 4, np.int8)).length == 1000


def test_columns_are_narrowed_where_they_may_be() -> None:
    small, large = np.array([-1, 300]), np.array([0, 1 << 40])
    assert store_ints("position", small).type == pa.int16()
    assert store_ints("position", large).type == pa.int64()
    assert store_ints("incoming_rows", small).type == pa.int32()
    assert store_ints("incoming_rows", large).type == pa.int64()
    assert store_ints("amount", small).type == pa.int64()


def test_times_are_kept_by_block_where_its_rows_agree() -> None:
    blocks = Blocks(height=np.array([3, 9]), time_max=np.array([5, 7]), first=np.array([0, 2, 5]))
    agreed = store_times(np.array([5, 5, -1, -1, -1]), blocks)
    assert (agreed.name, agreed.length) == ("block_time", 2)
    assert store_times(np.array([5, 5, -1, 6, -1]), blocks).name == "time"


def test_per_block_reads_like_a_column() -> None:
    blocks = Blocks(height=np.arange(3), time_max=np.arange(3), first=np.array([0, 2, 5, 6]))
    column, plain = PerBlock(blocks, np.array([7, 8, 9])), [7, 7, 8, 8, 8, 9]
    assert (len(column), list(column), np.asarray(column).tolist()) == (6, plain, plain)
    for start in range(7):
        for stop in range(7):
            assert column[start:stop].tolist() == plain[start:stop]
    assert column[np.array([5, 0, 2])].tolist() == [9, 7, 8]
    assert [int(column[i]) for i in range(6)] == plain


def test_a_long_column_is_written_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bytes, however long a piece is."""
    run = account_run()
    whole = write_run(run, tmp_path / "0001")
    monkeypatch.setattr("jindo.ledger.stored.PIECE", 7)
    monkeypatch.setattr("jindo.ledger.stored_texts.PIECE", 7)
    assert write_run(run, tmp_path / "0002") == whole
    assert write_run(run, tmp_path / "0003.arrow").size > 0
    assert_equal(run, read_back(run, "account", tmp_path / "0003.arrow"))
