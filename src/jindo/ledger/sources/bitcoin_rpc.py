"""The `bitcoin-rpc` format: a range of blocks from Bitcoin Core, by JSON-RPC.

* The genesis block that the node names says which network it is; another than the one that is named is refused.
* Blocks come raw: each is what hashes to the id that the node gave, with its work, its Merkle root and its
  parent, or it is asked for again.
* Every answer is kept; the ledger names the list of them. What is kept is not asked again.

What is in a block is read as `bitcoin-blocks` reads it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

from jindo.base.errors import InputError
from jindo.ledger.bitcoin.block import HEADER_SIZE, RawBlock, check_block, parse_block, parse_header
from jindo.ledger.bitcoin.networks import NETWORKS, Network
from jindo.ledger.bitcoin.transaction import to_shown
from jindo.ledger.fetching import (
    Call,
    ChainUnsettled,
    EvidenceList,
    FetchedBlocks,
    FetchedSpan,
    Fetcher,
    FetchOrder,
    JsonRpc,
    Span,
    Walk,
    WrongAnswer,
    check_that,
    find_range,
    iter_evidence,
    open_fetcher,
    parse_kept,
)
from jindo.ledger.files import SourceFile
from jindo.ledger.sources.kept import CONFIRMATIONS

_HASH, _BLOCK = "getblockhash", "getblock"


def fetch_bitcoin_blocks(order: FetchOrder) -> FetchedBlocks:
    """The blocks of an order, in a list of kept answers.

    Raises:
        InputError: the range, the address or the chain is not what the node has.
        SourceError: the node does not answer, or its answers do not fit each other.
    """
    with open_fetcher(order, os.environ) as fetcher:
        return _Fetching(fetcher, order).run()


def read_block_answers(source: SourceFile) -> Iterator[bytes]:
    """The bytes of each block in a list of kept answers.

    Raises:
        InputError: an answer is not one of a node.
        KeptDamaged: an answer is not what was received.
    """
    for answer in iter_evidence(source):
        for (method, _), result in parse_kept(answer):
            if method == _BLOCK:
                try:
                    yield bytes.fromhex(result)
                except (ValueError, TypeError) as error:
                    raise InputError("a kept answer holds no raw block", place=answer.sha256) from error


class _Fetching:
    """One order on its way."""

    def __init__(self, fetcher: Fetcher, order: FetchOrder) -> None:
        self._rpc, self._order, self._place = JsonRpc(fetcher), order, fetcher.address.shown
        self._evidence = EvidenceList(fetcher.keep)

    def run(self) -> FetchedBlocks:
        with closing(self._evidence):
            self._network = self._find_network()
            tip = self._find_tip()
            first, last = find_range(self._order, tip, CONFIRMATIONS["bitcoin-rpc"])
            walk = Walk(self._fetch, self._settle, self._place)
            walk.run(first, last, size=self._order.batch, progress=self._order.progress)
            files = [self._evidence.finish(f"{self._place} blocks {first} to {last}")]
        return FetchedBlocks(self._network.chain, files, [])

    def _find_network(self) -> Network:
        genesis = self._rpc.call(_HASH, 0, fresh=True)
        check_that(isinstance(genesis, str), "the node names no genesis block", self._place)
        found = next((network for network in NETWORKS.values() if network.is_genesis(genesis)), None)
        if found is None or self._order.chain not in (None, found.chain):
            there = "another chain than Bitcoin's" if found is None else f"the chain {found.chain}"
            raise InputError(
                f"the node has {there}, by its genesis block",
                place=self._place,
                remedy="Name the node's chain with --chain, or another node.",
            )
        return found

    def _find_tip(self) -> int:
        info = self._rpc.call("getblockchaininfo", fresh=True)
        tip = info.get("blocks") if isinstance(info, dict) else None
        if type(tip) is not int:
            raise WrongAnswer("the node does not say how many blocks it has", place=self._place)
        return tip

    def _settle(self, fetched: FetchedSpan) -> None:
        for answer in fetched.answers:
            self._evidence.add(answer)

    def _fetch(self, span: Span, fresh: bool) -> FetchedSpan:  # noqa: FBT001  # the walk's word
        heights: list[Call] = [(_HASH, [height]) for height in range(span.first, span.last + 1)]
        named = self._rpc.batch(heights, self._check_hashes, fresh=fresh)
        hashes = [name for each in named for name in each.results]
        blocks: list[Call] = [(_BLOCK, [name, 0]) for name in hashes]
        replies = self._rpc.batch(blocks, self._check_blocks)
        headers = [
            parse_header(bytes.fromhex(raw[: 2 * HEADER_SIZE])) for each in replies for raw in each.results
        ]
        parents = [to_shown(header.previous) for header in headers]
        if parents[1:] != hashes[:-1]:
            if fresh:
                raise ChainUnsettled(
                    f"blocks {span.first} to {span.last} do not hang together", place=self._place
                )
            return self._fetch(span, True)  # noqa: FBT003  # what was kept may be of a branch that is gone
        answers = tuple(each.answer.name for each in (*named, *replies))
        return FetchedSpan(span, parents[0], hashes[-1], answers)

    def _check_hashes(self, _: Sequence[Call], names: Sequence[Any]) -> None:
        for name in names:
            fits = isinstance(name, str) and len(name) == 64 and set(name) <= set("0123456789abcdef")
            check_that(fits, "the id of a block is none", self._place)

    def _check_blocks(self, calls: Sequence[Call], blocks: Sequence[Any]) -> None:
        for (_, (name, _verbosity)), raw in zip(calls, blocks, strict=True):
            own = to_shown(self._parse(name, raw).header.hash)
            check_that(own == name, f"the block given as {name} is {own}", self._place)

    def _parse(self, name: str, raw: Any) -> RawBlock:
        try:
            block = parse_block(bytes.fromhex(raw))
            check_block(block, self._network)
        except (ValueError, TypeError) as error:
            raise WrongAnswer(f"block {name} is not given raw", place=self._place) from error
        except InputError as error:
            raise WrongAnswer(f"block {name} is none: {error.problem}", place=self._place) from error
        return block
