"""The reorganisation fixture: eight blocks on Bitcoin's own genesis block, two branches, and which stands when.

    0 ─ 1 ─ 2 ─ 3  ─ 4              blk_0_to_4.dat, there first
            └── 3A ─ 4A ─ 5A        then one file each; 5A has the branch overtake

* The file is btcd's `reorgtest.hex` (Armory made the blocks): hex in columns, a heading before each block, its magic
  and length first. The blocks have real work of the least difficulty, all the same.
* Transaction 77d353d2… (block 2) spends an output that no block here makes, and 125999b4… (blocks 4 and 5A) spends it
  again: consensus would take neither block, so a ledger refuses 125999b4… on each branch as a double spend, and
  takes all else. fafc9a23… is in 3 and in 3A.

How a ledger goes from one branch to the other, `test_reorganisation_ledger` says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from jindo.app import import_source
from jindo.base.ids import BITCOIN
from jindo.ledger import UtxoChain, open_ledger

FIXTURE = Path("blocks/bitcoin/reorgtest.hex")
"""Below the folder of real data."""
PREFIX = 8
"""Bytes of magic and length before a block."""
DOUBLE_SPEND = "125999b455d7487306b5788c885d2f950f8cffbfdda6e4fce88ac549de816a55"
FORK = 2
"""Height of the last block that both branches have."""
FIRST, SECOND = ("0", "1", "2", "3", "4"), ("0", "1", "2", "3A", "4A", "5A")
"""The branches from the genesis block to their tips, by the fixture's own names; places are heights."""


@dataclass(frozen=True)
class Step:
    """What comes, and which blocks stand then."""

    comes: tuple[str, ...]
    stands: tuple[str, ...]


STEPS = (
    Step(FIRST, FIRST),
    Step(("3A",), FIRST),
    Step(("4A",), FIRST),  # as much work: the first that came stays
    Step(("5A",), SECOND),
)


def read_reorganisation(data_dir: Path) -> dict[str, bytes]:
    """The raw block of each name."""
    text = (data_dir / FIXTURE).read_text(encoding="ascii")
    parts = re.split(r"Block (\w+):\n", re.sub(r"File path:.*", "", text))
    return {
        name: bytes.fromhex("".join(body.split()))[PREFIX:]
        for name, body in zip(parts[1::2], parts[2::2], strict=True)
    }


def get_branch(blocks: Mapping[str, bytes], names: tuple[str, ...]) -> list[bytes]:
    """The raw blocks of a branch, from the genesis block."""
    return [blocks[name] for name in names]


def iter_steps(blocks: Mapping[str, bytes]) -> Iterator[tuple[list[bytes], list[bytes]]]:
    """Of each step the raw blocks that come, and the raw blocks that stand then, by height from 0."""
    for step in STEPS:
        yield get_branch(blocks, step.comes), get_branch(blocks, step.stands)


def write_blocks(blocks: Mapping[str, bytes], names: tuple[str, ...], folder: Path) -> Path:
    """The folder, with one file for each of these blocks."""
    folder.mkdir(parents=True)
    for name in names:
        (folder / f"{name}.raw").write_bytes(blocks[name])
    return folder


def import_blocks(blocks: list[bytes], folder: Path) -> tuple[str, UtxoChain]:
    """Fingerprint and chain of a new ledger of these blocks, one a file."""
    named = {f"{number}": raw for number, raw in enumerate(blocks)}
    source = write_blocks(named, tuple(named), folder / "blocks")
    report = import_source(str(source), format="bitcoin-blocks", into=folder / "ledger")
    chain = open_ledger(folder / "ledger").chain(BITCOIN)
    assert isinstance(chain, UtxoChain)
    return report.fingerprint, chain
