"""The reorganisation fixture is what its reader says, and each branch of it builds a ledger."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import pytest
from tests.realdata.reorganisation import (
    DOUBLE_SPEND,
    FIRST,
    FORK,
    SECOND,
    STEPS,
    get_branch,
    import_blocks,
    iter_steps,
    read_reorganisation,
)

from jindo.base.ids import BITCOIN
from jindo.ledger import get_network
from jindo.ledger.bitcoin.block import check_block, parse_block
from jindo.ledger.bitcoin.columns import parse_blocks

pytestmark = pytest.mark.realdata

MAIN = get_network(BITCOIN)


def test_the_blocks_are_whole_and_hang_together(data_dir: Path) -> None:
    blocks = read_reorganisation(data_dir)
    assert list(blocks) == [*FIRST, *SECOND[FORK + 1 :]]
    for names in (FIRST, SECOND):
        chain = [parse_block(raw) for raw in get_branch(blocks, names)]
        for block in chain:
            check_block(block, MAIN)
        assert [b.header.previous for b in chain[1:]] == [b.header.hash for b in chain[:-1]]
    assert {parse_block(raw).header.work for raw in blocks.values()} == {4_295_032_833}
    columns, refused = parse_blocks(list(blocks.values()), MAIN)
    assert (len(columns), refused) == (8, {})


def test_the_steps_are_what_most_work_and_the_first_to_come_make_of_them(data_dir: Path) -> None:
    blocks = read_reorganisation(data_dir)
    links = {parse_block(raw).header.hash: parse_block(raw).header.previous for raw in blocks.values()}
    lengths: dict[bytes, int] = {}
    best: bytes = b""
    for comes, stands in iter_steps(blocks):
        for raw in comes:
            name = parse_block(raw).header.hash
            lengths[name] = lengths.get(links[name], 0) + 1
            best = max(best, name, key=lambda tip: lengths.get(tip, 0))  # the first of equals
        assert best == parse_block(stands[-1]).header.hash
    assert sum(len(step.comes) for step in STEPS) == len(blocks)


@pytest.mark.parametrize(("names", "count"), [(FIRST, 8), (SECOND, 9)])
def test_each_branch_builds_a_ledger_without_its_double_spend(
    data_dir: Path, tmp_path: Path, names: tuple[str, ...], count: int
) -> None:
    _, chain = import_blocks(get_branch(read_reorganisation(data_dir), names), tmp_path)
    assert chain.heights().tolist() == list(range(len(names)))
    assert (chain.tx_count, chain.tx_hashes.find(DOUBLE_SPEND)) == (count, -1)
    (file,) = (tmp_path / "ledger" / "rejects").iterdir()
    with file.open() as stream:
        (row,) = csv.DictReader(stream)
    assert row["code"] == "ledger.double-spend"
    assert DOUBLE_SPEND in row["row"]


def test_all_blocks_at_once_in_any_order_give_the_branch_that_stands(data_dir: Path, tmp_path: Path) -> None:
    blocks = read_reorganisation(data_dir)
    expected, _ = import_blocks(get_branch(blocks, SECOND), tmp_path / "alone")
    names = list(blocks)
    for number, order in enumerate(itertools.islice(itertools.permutations(names), 0, 40_000, 10_007)):
        found, _ = import_blocks([blocks[name] for name in order], tmp_path / f"{number}")
        assert found == expected
