"""Raw blocks of files as columns, a batch at a time: nothing is left out, and memory follows the batch."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.ledger.bitcoin.mining import REGTEST, make_story, write_blocks, write_core_file

from jindo.base.ids import BITCOIN
from jindo.ledger import get_network, to_shown
from jindo.ledger.sources.block_batches import BlockBatch, iter_block_columns
from jindo.ledger.sources.block_files import find_block_files

TEST = get_network(REGTEST)
KEY = bytes(range(201, 209))


def read(source: Path, batch: int, *, names: bool = True) -> list[BlockBatch]:
    return list(iter_block_columns(find_block_files(str(source)), TEST, batch=batch, names=names))


@pytest.mark.parametrize(("size", "batches"), [(1, 3), (300, 2), (1 << 20, 1)])
def test_batches_hold_every_block_in_order(size: int, batches: int, tmp_path: Path) -> None:
    blocks = make_story().blocks
    found = read(write_blocks(tmp_path / "blocks", blocks), size)
    assert len(found) == batches
    assert [
        raw for batch in found for raw in map(batch.columns.read_block, range(len(batch.columns)))
    ] == blocks
    assert [place for batch in found for place in batch.places] == [(0, 1), (1, 1), (2, 1)]


def test_what_is_no_block_keeps_its_place(tmp_path: Path) -> None:
    first, second, third = make_story().blocks
    path = write_core_file(tmp_path / "blk00000.dat", [first, second[:-1], third], key=KEY)
    path.write_bytes(path.read_bytes() + b"rubbish")
    (batch,) = read(path, 1 << 20)
    assert batch.places == ((0, 1), (0, 3))
    assert [(file, line, row.code) for file, line, row in batch.refused] == [
        (0, 2, "ledger.bad-raw-block"),
        (0, 4, "ledger.bad-raw-block"),
    ]
    assert "end in the middle" in batch.refused[0][2].reason
    assert batch.columns.number.tolist() == [0, 2]


def test_names_are_left_out_where_nobody_asks(tmp_path: Path) -> None:
    story = make_story()
    (batch,) = read(write_blocks(tmp_path / "blocks", story.blocks), 1 << 20, names=False)
    assert batch.columns.account is None
    assert batch.columns.wtxid is None
    assert to_shown(batch.columns.txid[2].tobytes()) == story.first.name


def test_files_without_blocks_give_no_batch() -> None:
    assert list(iter_block_columns([], get_network(BITCOIN))) == []
