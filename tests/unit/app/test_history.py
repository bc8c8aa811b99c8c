"""A history from elsewhere: read in batches, and refused where it says that it becomes far more than it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jindo.app import history
from jindo.app.history import SCHEMA, describe_history, read_history
from jindo.base.errors import IntegrityError


def transfer(n: int) -> dict[str, Any]:
    return {
        "chain": "eip155:1",
        "block": n,
        "time": n,
        "time_max": n,
        "tx_hash": f"0x{n:064x}",
        "tx_index": 0,
        "kind": 0,
        "position": 0,
        "sender": f"0x{n:040x}",
        "receiver": f"0x{n + 1:040x}",
        "asset": "eip155:1/slip44:60",
        "amount": str(n),
    }


def write(path: Path, rows: list[dict[str, Any]], **options: Any) -> Path:
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path, compression="zstd", **options)
    return path


def test_history_is_the_same_whatever_batches_and_groups_it_is_read_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [transfer(n) for n in range(1, 24)]
    whole, parts = write(tmp_path / "whole", rows), write(tmp_path / "parts", rows, row_group_size=5)
    said = describe_history(whole)
    assert said["rows"] == 23
    monkeypatch.setattr(history, "BATCH", 3)
    assert describe_history(whole) == describe_history(parts) == said
    (chain,) = read_history(parts)
    assert chain.heights().tolist() == list(range(1, 24))


def test_history_that_says_it_has_more_rows_than_it_can_is_refused_unread(tmp_path: Path) -> None:
    count = 1_000_000
    columns = [pa.nulls(count, column.type) for column in SCHEMA]
    pq.write_table(pa.table(columns, schema=SCHEMA), tmp_path / "many", compression="zstd")
    for read in (describe_history, read_history):
        with pytest.raises(IntegrityError, match="are said to hold 1000000 rows") as told:
            read(tmp_path / "many")
        assert told.value.place == str(tmp_path / "many")


def test_history_whose_one_row_is_far_too_long_is_refused_unread(tmp_path: Path) -> None:
    made = {"value": "1", "address": "a"}
    long = {"chain": "bip122:0", "outputs": [made] * 300_000}
    with pytest.raises(IntegrityError, match="of 300000 entries"):
        describe_history(write(tmp_path / "entries", [long]))
    with pytest.raises(IntegrityError, match="are said to hold 1 rows"):
        describe_history(write(tmp_path / "text", [{**transfer(1), "sender": "0" * 50_000_000}]))


def test_history_with_other_columns_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"chain": ["eip155:1"]}), tmp_path / "odd")
    with pytest.raises(IntegrityError, match="other columns"):
        describe_history(tmp_path / "odd")
    (tmp_path / "none").write_bytes(b"PAR1")
    with pytest.raises(IntegrityError, match="cannot be read"):
        describe_history(tmp_path / "none")


def test_history_that_mixes_transfers_and_transactions_of_a_chain_is_refused(tmp_path: Path) -> None:
    spent = {**transfer(2), "kind": None, "coinbase": False, "inputs": [], "outputs": []}
    with pytest.raises(IntegrityError, match="mixes"):
        read_history(write(tmp_path / "mixed", [transfer(1), spent]))
