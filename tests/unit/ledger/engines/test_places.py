"""Places: how they are written, and that what stands there is whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jindo.base.errors import InputError, SourceError
from jindo.ledger.engines.places import parse_place, to_folder_name


@pytest.mark.parametrize("written", ["{}", "file://{}", "file:{}"])
def test_parse_place_reads_a_folder(tmp_path: Path, written: str) -> None:
    place = parse_place(written.format(tmp_path / "a b"))
    assert (place.text, place.path, place.shown) == (
        f"file://{tmp_path}/a b",
        f"{tmp_path}/a b",
        f"{tmp_path}/a b",
    )
    assert place.at("c", "d").text == f"file://{tmp_path}/a b/c/d"


def test_parse_place_understands_what_a_path_made_of_a_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-north-1")  # else the bucket's own store is asked for it
    place = parse_place(str(Path("s3a://bucket/eth")))
    assert (place.text, place.path) == ("s3a://bucket/eth", "bucket/eth")


def test_parse_place_refuses_what_is_no_store() -> None:
    with pytest.raises(InputError, match="ftp is not a store"):
        parse_place("ftp://host/x")


def test_write_bytes_replaces_a_file_and_leaves_no_draft(tmp_path: Path) -> None:
    place = parse_place(str(tmp_path / "deep/er")).at("file")
    place.write_bytes(b"one")
    place.write_bytes(b"two")
    assert place.read_bytes() == b"two"
    assert parse_place(str(tmp_path)).list_files() == ["deep/er/file"]
    assert parse_place(str(tmp_path)).size() == 3


def test_write_parquet_that_fails_leaves_no_file_that_is_read(tmp_path: Path) -> None:
    schema = pa.schema([("n", pa.int64())])

    def batches() -> Iterator[Any]:
        yield pa.record_batch({"n": pa.array([1], pa.int64())})
        raise KeyError("cut")

    with pytest.raises(KeyError):
        parse_place(str(tmp_path)).at("rows.parquet").write_parquet(schema, batches())
    assert all(path.name.startswith("_") for path in tmp_path.iterdir())


def test_write_parquet_is_read_back_and_fetched(tmp_path: Path) -> None:
    schema = pa.schema([("n", pa.int64())])
    batch = pa.record_batch({"n": pa.array([1, 2], pa.int64())})
    place = parse_place(str(tmp_path / "there"))
    assert place.at("rows/a.parquet").write_parquet(schema, iter([batch])) == 2
    place.fetch(tmp_path / "here")
    assert pq.read_table(tmp_path / "here/rows/a.parquet")["n"].to_pylist() == [1, 2]
    place.remove()
    place.remove()
    assert not place.exists()
    assert place.list_files() == []


def test_read_bytes_names_the_place_where_the_store_fails(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="none"):
        parse_place(str(tmp_path)).at("none").read_bytes()


def test_to_folder_name_has_no_colon() -> None:
    assert to_folder_name("eip155:1") == "eip155_1"
