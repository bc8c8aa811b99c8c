"""The bitcoin-rpc format: raw blocks of Bitcoin Core, checked, kept, and read as bitcoin-blocks' are."""

from __future__ import annotations

import bz2
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.ledger.bitcoin.mining import (
    GENESIS,
    REGTEST,
    hash_of,
    make_block,
    make_coinbase,
    make_story,
    write_blocks,
)
from tests.unit.ledger.rpc_server import Method, Reply, RpcError, RpcServer, serve

from jindo.base.errors import InputError
from jindo.base.ids import BITCOIN
from jindo.ledger import ImportReport, UtxoChain, import_source, open_ledger
from jindo.ledger.fetching import (
    ChainUnsettled,
    FetchedBlocks,
    FetchOrder,
    SourceDeclined,
    WrongAnswer,
    iter_evidence,
)
from jindo.ledger.sources.bitcoin_rpc import fetch_bitcoin_blocks

MAIN_GENESIS = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"
LENGTH = 25


class BitcoinNode:
    """Blocks 1 and up of a chain; its methods are Bitcoin Core's, and a test may put others in their place."""

    def __init__(self, blocks: list[bytes], genesis: str = GENESIS[::-1].hex()) -> None:
        self.genesis = genesis
        self.take(blocks)
        self.methods: dict[str, Method] = {
            "getblockchaininfo": lambda: {"chain": "regtest", "blocks": len(self.by_height) - 1},
            "getblockhash": self.get_hash,
            "getblock": self.get_block,
        }

    def take(self, blocks: list[bytes]) -> None:
        """Follow another chain."""
        self.by_height = [self.genesis, *(hash_of(block)[::-1].hex() for block in blocks)]
        self.by_hash = dict(zip(self.by_height[1:], blocks, strict=True))

    def get_hash(self, height: int) -> str:
        if not 0 <= height < len(self.by_height):
            raise RpcError(-8, "Block height out of range")
        return self.by_height[height]

    def get_block(self, name: str, verbosity: int) -> str:
        if verbosity != 0 or name not in self.by_hash:
            raise RpcError(-5, "Block not found")
        return self.by_hash[name].hex()


def make_chain(length: int = LENGTH, *, branch_from: int = 1_000) -> list[bytes]:
    """The blocks of the story, and more on top; from a height on they may be others."""
    blocks = make_story().blocks
    for height in range(len(blocks) + 1, length + 1):
        who = 7 if height >= branch_from else 8
        blocks.append(
            make_block(hash_of(blocks[-1]), [make_coinbase(height, who)], time=1_600_000_000 + 600 * height)
        )
    return blocks


@pytest.fixture
def node() -> BitcoinNode:
    return BitcoinNode(make_chain())


@pytest.fixture
def server(node: BitcoinNode) -> Iterator[RpcServer]:
    with serve(node.methods) as running:
        yield running


def take(server: RpcServer, ledger: Path, **more: Any) -> ImportReport:
    asked: dict[str, Any] = {"from_block": 1, "per_second": 10_000.0} | more
    return import_source(server.url, format="bitcoin-rpc", into=ledger, **asked)


def fetch(server: RpcServer, keeps: Path, **more: Any) -> FetchedBlocks:
    asked: dict[str, Any] = {"from_block": 1, "per_second": float("inf"), "sleep": lambda _: None} | more
    return fetch_bitcoin_blocks(FetchOrder(server.url, keeps, **asked))


def list_asked(server: RpcServer, method: str) -> list[Any]:
    return [params[0] for name, params in server.asked() if name == method]


def test_a_node_and_files_of_its_blocks_give_one_fingerprint(
    node: BitcoinNode, server: RpcServer, tmp_path: Path
) -> None:
    report = take(server, tmp_path / "node", confirmations=0)
    files = write_blocks(tmp_path / "blocks", list(node.by_hash.values()))
    same = import_source(str(files), format="bitcoin-blocks", into=tmp_path / "files", chain=REGTEST)
    assert (report.chain, report.rejected) == (REGTEST, 0)
    assert report.source_rows == same.source_rows
    assert report.fingerprint == same.fingerprint


def test_the_ledger_keeps_the_raw_blocks_for_proofs(server: RpcServer, tmp_path: Path) -> None:
    take(server, tmp_path / "ledger")
    ledger = open_ledger(tmp_path / "ledger")
    ledger.check(full=True)
    assert len(ledger.blocks(REGTEST)) == LENGTH - 6
    place = ledger.blocks(REGTEST).find(make_story().second.name)
    assert place is not None
    assert ledger.blocks(REGTEST).prove(place) is not None


def test_the_same_blocks_again_are_not_asked_for_and_more_are_added(
    server: RpcServer, tmp_path: Path
) -> None:
    take(server, tmp_path / "ledger", to_block=12)
    server.forget()
    again = take(server, tmp_path / "ledger", to_block=12)
    assert again.added == 0
    assert (list_asked(server, "getblock"), list_asked(server, "getblockhash")) == ([], [0])
    more = take(server, tmp_path / "ledger", from_block=13)
    assert more.fingerprint == take(server, tmp_path / "whole").fingerprint


def test_a_killed_fetch_goes_on_where_it_was(node: BitcoinNode, server: RpcServer, tmp_path: Path) -> None:
    gone = node.by_height[10:]
    give = node.methods["getblock"]

    def die(name: str, verbosity: int) -> Any:
        if name in gone:
            raise RpcError(-1, "the node has gone away")
        return give(name, verbosity)

    node.methods["getblock"] = die
    with pytest.raises(SourceDeclined):
        take(server, tmp_path / "ledger")
    node.methods["getblock"] = give
    server.forget()
    take(server, tmp_path / "ledger")
    assert list_asked(server, "getblock") == node.by_height[10 : LENGTH - 5]


def test_a_node_that_is_starting_is_waited_for(server: RpcServer, tmp_path: Path) -> None:
    slept: list[float] = []
    server.next = [Reply(error=(-28, "Verifying blocks")), Reply(503, b"Work queue depth exceeded")]
    fetch(server, tmp_path, sleep=slept.append)
    assert slept[:2] == [1, 2]


def test_the_wrong_network_is_refused(node: BitcoinNode, server: RpcServer, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="by its genesis block"):
        take(server, tmp_path, chain=BITCOIN)
    node.by_height[0] = "ff" * 32
    with pytest.raises(InputError, match="another chain than Bitcoin's"):
        take(server, tmp_path)
    node.methods["getblockhash"] = lambda _: 7
    with pytest.raises(WrongAnswer):
        fetch(server, tmp_path / "keeps")


@pytest.mark.parametrize("info", [None, {}, {"blocks": "25"}, {"blocks": True}])
def test_a_node_that_does_not_know_its_height_is_refused(
    node: BitcoinNode, server: RpcServer, tmp_path: Path, info: Any
) -> None:
    node.methods["getblockchaininfo"] = lambda: info
    with pytest.raises(WrongAnswer, match="how many blocks"):
        fetch(server, tmp_path)


def test_the_range_ends_where_blocks_have_their_confirmations(server: RpcServer, tmp_path: Path) -> None:
    fetch(server, tmp_path)
    assert max(list_asked(server, "getblockhash")) == LENGTH - 6
    with pytest.raises(InputError, match="5 blocks on it and 6 are wanted"):
        fetch(server, tmp_path, to_block=LENGTH - 5)


@pytest.mark.parametrize(
    ("name", "says"),
    [("another", "the block given as"), ("cut", "is none"), ("longer", "is none"), ("odd", "not given raw"),
     ("nothing", "not given raw"), ("changed", "is none"), ("lazy", "does not meet its target")],
)  # fmt: skip
def test_a_block_that_is_not_the_one_asked_for_is_refused(
    node: BitcoinNode, server: RpcServer, tmp_path: Path, name: str, says: str
) -> None:
    honest, other = node.by_hash[node.by_height[5]], node.by_hash[node.by_height[6]]
    lazy = make_block(hash_of(honest), [make_coinbase(6, 8)], lazy=True)
    given = {
        "another": other.hex(), "cut": honest[:-1].hex(), "longer": honest.hex() + "00", "odd": "xyz", "nothing": None,
        "changed": (honest[:-5] + b"\xff" + honest[-4:]).hex(), "lazy": lazy.hex(),
    }  # fmt: skip
    give = node.methods["getblock"]
    node.methods["getblock"] = lambda asked, verbosity: (
        given[name] if asked == node.by_height[5] else give(asked, verbosity)
    )
    with pytest.raises(WrongAnswer, match=says):
        fetch(server, tmp_path)
    node.methods["getblock"] = give
    assert fetch(server, tmp_path).chain == REGTEST


@pytest.mark.parametrize("height", [6, 10])
def test_a_wrong_parent_is_found_inside_a_span_and_between_two(
    node: BitcoinNode, server: RpcServer, tmp_path: Path, height: int
) -> None:
    astray = make_block(b"\x11" * 32, [make_coinbase(height, 8)])
    node.by_height[height] = hash_of(astray)[::-1].hex()
    node.by_hash[node.by_height[height]] = astray
    with pytest.raises(ChainUnsettled):
        fetch(server, tmp_path)


def test_a_reorganisation_since_the_last_fetch_replaces_what_was_kept(
    node: BitcoinNode, server: RpcServer, tmp_path: Path
) -> None:
    fetch(server, tmp_path, to_block=19)
    node.take(make_chain(LENGTH + 3, branch_from=8))
    fetched = fetch(server, tmp_path, confirmations=0)
    bodies = b"".join(answer.body for answer in iter_evidence(fetched.files[0]))
    assert all(block.hex().encode() in bodies for block in node.by_hash.values())
    assert bodies.count(b'"id"') == 2 * (LENGTH + 3)


@pytest.mark.parametrize("name", ["", 7, None, "g" * 64, "ab"])
def test_an_id_that_is_none_is_refused(
    node: BitcoinNode, server: RpcServer, tmp_path: Path, name: Any
) -> None:
    node.by_height[4] = name
    with pytest.raises(WrongAnswer, match="the id of a block"):
        fetch(server, tmp_path)


@pytest.mark.realdata
def test_the_first_real_blocks_come_as_they_do_from_files(data_dir: Path, tmp_path: Path) -> None:
    data = bz2.decompress((data_dir / "blocks/bitcoin/blocks1-256.bz2").read_bytes())
    (tmp_path / "early.dat").write_bytes(data)
    blocks, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        blocks.append(data[at + 8 : at + 8 + size])
        at += 8 + size
    node = BitcoinNode(blocks, MAIN_GENESIS)
    with serve(node.methods) as server:
        report = take(server, tmp_path / "node", confirmations=0)
    same = import_source(str(tmp_path / "early.dat"), format="bitcoin-blocks", into=tmp_path / "files")
    assert report.source_rows == {"blocks": 255, "transactions": 262}
    assert report.fingerprint == same.fingerprint
    chain = open_ledger(tmp_path / "node").chain(BITCOIN)
    assert isinstance(chain, UtxoChain)
    assert np.count_nonzero(chain.coinbase) == 255


def test_a_range_without_a_beginning_is_refused(server: RpcServer, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the first block is not stated") as caught:
        take(server, tmp_path, from_block=None)
    assert "--from-block" in caught.value.remedy()
    with pytest.raises(InputError, match="belongs to the format"):
        import_source(str(tmp_path), format="bitcoin-blocks", into=tmp_path / "ledger", from_block=1)
