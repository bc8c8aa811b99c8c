"""One ledger goes through the reorganisation, back and forward: at each height it is the ledger of what stands there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.realdata.reorganisation import (
    DOUBLE_SPEND,
    FIRST,
    FORK,
    SECOND,
    STEPS,
    import_blocks,
    read_reorganisation,
    write_blocks,
)

from jindo.app import import_source
from jindo.base.errors import InputError
from jindo.base.ids import BITCOIN
from jindo.cli import program
from jindo.ledger import (
    UtxoChain,
    UtxoTransaction,
    append_rows,
    check_proof,
    compute_fingerprint,
    get_network,
    open_ledger,
    roll_back,
    to_shown,
)
from jindo.ledger.bitcoin.block import parse_block
from jindo.ledger.bitcoin.columns import parse_blocks
from jindo.ledger.sources.bitcoin_blocks import RowTexts, iter_rows

pytestmark = pytest.mark.realdata

MAIN = get_network(BITCOIN)
BRANCHES = (FIRST, SECOND)


class Branches:
    """What each branch is at each height, where nothing else was ever in the ledger."""

    def __init__(self, blocks: Mapping[str, bytes], folder: Path) -> None:
        self.blocks = blocks
        self.fingerprints: dict[tuple[str, ...], str] = {}
        self.chains: dict[tuple[str, ...], UtxoChain] = {}
        for part in dict.fromkeys(names[: n + 1] for names in BRANCHES for n in range(len(names))):
            built = import_blocks([blocks[name] for name in part], folder / "-".join(part))
            self.fingerprints[part], self.chains[part] = built

    def rows(self, names: tuple[str, ...]) -> list[list[UtxoTransaction]]:
        """The transactions of each block of a branch, the double spend left out."""
        columns, refused = parse_blocks([self.blocks[name] for name in names], MAIN)
        assert refused == {}
        texts = RowTexts(columns)
        rows = [[*iter_rows(columns, height, height, texts)] for height in range(len(names))]
        return [[row for row in block if row.tx_hash != DOUBLE_SPEND] for block in rows]


@pytest.fixture(scope="module")
def branches(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Branches:
    return Branches(read_reorganisation(data_dir), tmp_path_factory.mktemp("branches"))


def check_stands(ledger: Path, names: tuple[str, ...], branches: Branches) -> None:
    """The ledger is that of these blocks alone: every column, the fingerprint kept and computed, every file."""
    opened = open_ledger(ledger)
    assert opened.chain(BITCOIN) == branches.chains[names]
    assert opened.chain_fingerprint(BITCOIN) == branches.fingerprints[names]
    assert compute_fingerprint(opened.chain(BITCOIN)) == branches.fingerprints[names]
    opened.check(full=True)


def check_proven(ledger: Path, names: tuple[str, ...], branches: Branches) -> None:
    """What is kept for proofs is the blocks that stand: each transaction of them is proven in its block, no other."""
    store = open_ledger(ledger).blocks(BITCOIN)
    standing = [parse_block(branches.blocks[name]) for name in names]
    assert {name: held.height for name, held in store.held().items()} == {
        block.header.hash: height for height, block in enumerate(standing)
    }
    there: set[str] = set()
    for height, block in enumerate(standing):
        for tx in block.transactions:
            place = store.find(to_shown(tx.txid))
            assert place is not None
            assert place.block == height
            proof = store.prove(place)
            assert proof is not None
            assert check_proof(proof)[1].hash == block.header.hash
            there.add(to_shown(tx.txid))
    for raw in branches.blocks.values():
        gone = {to_shown(tx.txid) for tx in parse_block(raw).transactions} - there
        assert [store.find(name) for name in gone] == [None] * len(gone)


def take(source: Path, ledger: Path) -> None:
    import_source(str(source), format="bitcoin-blocks", into=ledger)


def test_a_ledger_follows_the_network_step_by_step(branches: Branches, tmp_path: Path) -> None:
    """What comes is imported; where other blocks stand then, the ledger is rolled back to the fork before."""
    ledger = tmp_path / "ledger"
    known: tuple[str, ...] = ()
    stood: tuple[str, ...] = FIRST
    for number, step in enumerate(STEPS):
        known += step.comes
        source = write_blocks(branches.blocks, known, tmp_path / f"{number}")
        if step.stands != stood:
            assert roll_back(ledger, BITCOIN, FORK) > 0
            stood = step.stands
        take(source, ledger)
        check_stands(ledger, step.stands, branches)
        check_proven(ledger, step.stands, branches)


def test_what_lost_comes_back_where_it_wins_again(branches: Branches, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    sources = [write_blocks(branches.blocks, names, tmp_path / names[-1]) for names in BRANCHES]
    for number in range(5):
        take(sources[number % 2], ledger)
        check_stands(ledger, BRANCHES[number % 2], branches)
        check_proven(ledger, BRANCHES[number % 2], branches)
        roll_back(ledger, BITCOIN, FORK)
        check_stands(ledger, FIRST[: FORK + 1], branches)


@pytest.mark.parametrize(("names", "other"), [(FIRST, SECOND), (SECOND, FIRST)])
def test_back_to_each_height_and_forward_on_either_branch(
    branches: Branches, tmp_path: Path, names: tuple[str, ...], other: tuple[str, ...]
) -> None:
    sources = [write_blocks(branches.blocks, part, tmp_path / part[-1]) for part in (names, other)]
    for height in range(len(names)):
        ledger = tmp_path / f"to{height}"
        take(sources[0], ledger)
        before = branches.chains[names].tx_count - branches.chains[names[: height + 1]].tx_count
        assert roll_back(ledger, BITCOIN, height) == before
        check_stands(ledger, names[: height + 1], branches)
        check_proven(ledger, names[: height + 1], branches)
        forward = 0 if height > FORK else 1  # above the fork, only its own branch stands on what is there
        take(sources[forward], ledger)
        check_stands(ledger, (names, other)[forward], branches)
        check_proven(ledger, (names, other)[forward], branches)


@pytest.mark.parametrize(("names", "other"), [(FIRST, SECOND), (SECOND, FIRST)])
def test_live_blocks_one_by_one_off_and_on_again(
    branches: Branches, tmp_path: Path, names: tuple[str, ...], other: tuple[str, ...]
) -> None:
    """Appended block by block, taken off block by block to the fork, and on with the other branch."""
    ledger = tmp_path / "ledger"
    for height, rows in enumerate(branches.rows(names)):
        append_rows(ledger, BITCOIN, rows)
        check_stands(ledger, names[: height + 1], branches)
    for height in range(len(names) - 2, FORK - 1, -1):
        assert roll_back(ledger, BITCOIN, height) == len(branches.rows(names)[height + 1])
        check_stands(ledger, names[: height + 1], branches)
    for height, rows in list(enumerate(branches.rows(other)))[FORK + 1 :]:
        append_rows(ledger, BITCOIN, rows)
        check_stands(ledger, other[: height + 1], branches)


def test_the_double_spend_of_a_branch_cannot_be_appended(branches: Branches, tmp_path: Path) -> None:
    ledger, heights = tmp_path / "ledger", range(len(FIRST))
    columns, _ = parse_blocks([branches.blocks[name] for name in FIRST], MAIN)
    texts = RowTexts(columns)
    blocks = [[*iter_rows(columns, height, height, texts)] for height in heights]
    for rows in blocks[:-1]:
        append_rows(ledger, BITCOIN, rows)
    assert DOUBLE_SPEND in {row.tx_hash for row in blocks[-1]}
    with pytest.raises(InputError, match="spent"):
        append_rows(ledger, BITCOIN, blocks[-1])
    check_stands(ledger, FIRST[:-1], branches)


def test_the_command_line_rolls_back_and_forward(
    branches: Branches, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = tmp_path / "ledger"
    sources = [write_blocks(branches.blocks, names, tmp_path / names[-1]) for names in BRANCHES]

    def run(*words: str) -> dict[str, Any]:
        assert program.run(["ledger", *words, "--json"]) == 0
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        return told

    for names, source in zip((FIRST, SECOND, FIRST), (*sources, sources[0]), strict=True):
        run("import", str(source), "--format", "bitcoin-blocks", "--into", str(ledger))
        (chain,) = run("status", str(ledger), "--full")["chains"]
        assert chain["fingerprint"] == branches.fingerprints[names]
        check_stands(ledger, names, branches)
        told = run("rollback", str(ledger), "--chain", BITCOIN, "--to", str(FORK))
        stands = FIRST[: FORK + 1]
        assert told["removed"] == branches.chains[names].tx_count - branches.chains[stands].tx_count
        assert told["fingerprint"] == open_ledger(ledger).fingerprint()
        check_stands(ledger, stands, branches)
