"""The `ethereum-rpc` format: a range of blocks from an Ethereum node, by JSON-RPC.

* The node's chain id says which chain it is; another than the one that is named is refused.
* Of each block: its transactions, their receipts (`eth_getBlockReceipts`, or one by one), and its traces where the
  node offers them (`trace_block`, or else `debug_traceBlockByNumber` with `callTracer`); the notes say which.
* Every answer is kept; the ledger names the list of them. What is kept is not asked again.

What fits a block `ethereum_checks` says; how the answers become tables, `ethereum_unpacking`.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any

from jindo.base.errors import InputError
from jindo.base.ids import ChainId
from jindo.ledger.fetching import (
    Call,
    ChainUnsettled,
    EvidenceList,
    FetchedBlocks,
    FetchedSpan,
    Fetcher,
    FetchOrder,
    JsonRpc,
    Replies,
    SourceDeclined,
    SourceRefused,
    Span,
    Walk,
    WrongAnswer,
    check_that,
    find_range,
    open_fetcher,
)
from jindo.ledger.sources.ethereum_answers import (
    RECEIPTS,
    TRACES,
    iter_geth_rows,
    iter_parity_rows,
    parse_hash,
    parse_quantity,
)
from jindo.ledger.sources.ethereum_checks import (
    check_block,
    check_failed_receipts,
    check_geth_traces,
    check_hashes,
    check_parity_traces,
    check_receipts,
    check_roots,
    list_hashes,
    list_outcomes,
)
from jindo.ledger.sources.ethereum_header import has_unknown_fields
from jindo.ledger.sources.kept import CONFIRMATIONS

HASHED_CHAINS = frozenset({"eip155:1", "eip155:11155111", "eip155:17000", "eip155:560048", "eip155:31337"})
"""Chains whose headers are hashed as Ethereum's: the main network, its test networks, and local nodes."""
RECEIPTS_AT_ONCE = 100

_TRACER = {"tracer": "callTracer", "timeout": "300s"}


def fetch_ethereum_blocks(order: FetchOrder) -> FetchedBlocks:
    """The blocks of an order, in a list of kept answers.

    Raises:
        InputError: the range, the address or the chain is not what the node has.
        SourceError: the node does not answer, or its answers do not fit each other.
    """
    with open_fetcher(order, os.environ) as fetcher:
        return _Fetching(fetcher, order).run()


class _Fetching:
    """One order on its way."""

    def __init__(self, fetcher: Fetcher, order: FetchOrder) -> None:
        self._rpc, self._order, self._place = JsonRpc(fetcher), order, fetcher.address.shown
        self._receipts, self._traces = 0, 0
        """Which of the node's ways is tried."""
        self._proven = {"receipts": False, "traces": False}
        """Whether the way was seen to work."""
        self._hashed, self._unhashed = False, 0
        self._evidence = EvidenceList(fetcher.keep)

    def run(self) -> FetchedBlocks:
        with closing(self._evidence):
            chain = self._find_chain()
            self._hashed = chain in HASHED_CHAINS
            tip = self._quantity("eth_blockNumber")
            first, last = find_range(self._order, tip, CONFIRMATIONS["ethereum-rpc"])
            walk = Walk(self._fetch, self._settle, self._place)
            walk.run(first, last, size=self._order.batch, progress=self._order.progress)
            files = [self._evidence.finish(f"{self._place} blocks {first} to {last}")]
        return FetchedBlocks(chain, files, self._list_notes(first))

    def _find_chain(self) -> ChainId:
        chain = ChainId(f"eip155:{self._quantity('eth_chainId')}")
        if self._order.chain not in (None, chain):
            raise InputError(
                f"the node has the chain {chain}, not {self._order.chain}",
                place=self._place,
                remedy="Name the node's chain with --chain, or another node.",
            )
        return chain

    def _quantity(self, method: str) -> int:
        try:
            return parse_quantity(self._rpc.call(method, fresh=True))
        except ValueError as error:
            raise WrongAnswer(f"the answer to {method} is no number", place=self._place) from error

    def _settle(self, fetched: FetchedSpan) -> None:
        for answer in fetched.answers:
            self._evidence.add(answer)

    def _fetch(self, span: Span, fresh: bool) -> FetchedSpan:  # noqa: FBT001  # the walk's word
        try:
            replies = self._fetch_blocks(span, fresh=fresh)
            blocks = [block for each in replies for block in each.results]
            receipts = self._fetch_receipts([block for block in blocks if block["transactions"]])
            replies += receipts + self._fetch_traces(blocks, _list_failed(receipts))
        except WrongAnswer:
            if fresh:
                raise
            return self._fetch(span, True)  # noqa: FBT003  # what was kept may be of a branch that is gone
        self._unhashed += sum(self._hashed and has_unknown_fields(block) for block in blocks)
        answers = tuple(each.answer.name for each in replies)
        return FetchedSpan(span, blocks[0]["parentHash"], blocks[-1]["hash"], answers)

    def _fetch_blocks(self, span: Span, *, fresh: bool) -> list[Replies]:
        calls: list[Call] = [
            ("eth_getBlockByNumber", [hex(number), True]) for number in range(span.first, span.last + 1)
        ]
        replies = self._rpc.batch(calls, self._check_blocks, fresh=fresh)
        blocks = [block for each in replies for block in each.results]
        if not _hang_together(blocks):
            if fresh:
                raise ChainUnsettled(
                    f"blocks {span.first} to {span.last} do not hang together", place=self._place
                )
            return self._fetch_blocks(span, fresh=True)
        return replies

    def _check_blocks(self, calls: Sequence[Call], blocks: Sequence[Any]) -> None:
        for (_, params), block in zip(calls, blocks, strict=True):
            check_block(block, int(params[0], 16), self._place)
        if self._hashed:
            check_hashes(blocks, self._place)
        check_that(_hang_together(blocks), "a block does not stand on the one before", self._place)

    def _fetch_receipts(self, blocks: list[Any]) -> list[Replies]:
        if not blocks:
            return []
        by_number = {hex(parse_quantity(block["number"])): block for block in blocks}
        by_hash = {tx_hash: block for block in blocks for tx_hash in list_hashes(block)}

        def check_whole(calls: Sequence[Call], results: Sequence[Any]) -> None:
            for (_, params), receipts in zip(calls, results, strict=True):
                self._check_receipts(receipts, by_number[params[0]])

        def check_single(calls: Sequence[Call], results: Sequence[Any]) -> None:
            for (_, params), receipt in zip(calls, results, strict=True):
                block = by_hash[params[0]]
                own = [tx for tx in block["transactions"] if parse_hash(tx["hash"]) == params[0]]
                alone = {**block, "transactions": own}
                self._check_receipts([receipt], alone)

        def ask(method: str) -> list[Replies]:
            if method == RECEIPTS[0]:
                return self._rpc.batch([(method, [number]) for number in by_number], check_whole)
            calls: list[Call] = [(method, [tx_hash]) for tx_hash in by_hash]
            pieces = [calls[at : at + RECEIPTS_AT_ONCE] for at in range(0, len(calls), RECEIPTS_AT_ONCE)]
            return [replies for piece in pieces for replies in self._rpc.batch(piece, check_single)]

        replies, self._receipts = self._try_ways(RECEIPTS, self._receipts, "receipts", ask)
        self._proven["receipts"] = True
        return replies

    def _check_receipts(self, receipts: Any, block: Any) -> None:
        check_receipts(receipts, block, self._place)
        if self._hashed:
            check_failed_receipts(receipts, self._place)

    def _fetch_traces(self, blocks: list[Any], failed: Mapping[str, bool | None]) -> list[Replies]:
        by_number = {hex(parse_quantity(block["number"])): block for block in blocks}

        def check(calls: Sequence[Call], results: Sequence[Any]) -> None:
            for (method, params), traces in zip(calls, results, strict=True):
                self._check_traces(method, traces, by_number[params[0]], failed)

        def ask(method: str) -> list[Replies]:
            if method == TRACES[0]:
                return self._rpc.batch([(method, [number]) for number in by_number], check)
            full = [number for number, block in by_number.items() if block["transactions"]]
            return self._rpc.batch([(method, [number, _TRACER]) for number in full], check) if method else []

        replies, self._traces = self._try_ways(TRACES, self._traces, "traces", ask)
        self._proven["traces"] |= any(block["transactions"] for block in blocks)
        return replies

    def _check_traces(self, method: str, traces: Any, block: Any, failed: Mapping[str, bool | None]) -> None:
        if method == TRACES[0]:
            check_parity_traces(traces, block, self._place)
            rows = iter_parity_rows(traces)
        else:
            check_geth_traces(traces, block, self._place)
            rows = iter_geth_rows(parse_quantity(block["number"]), list_hashes(block), traces)
        if self._hashed:
            check_roots(rows, block, failed, self._place)

    def _try_ways(
        self, ways: Sequence[str], way: int, what: str, ask: Callable[[str], list[Replies]]
    ) -> tuple[list[Replies], int]:
        """The replies by the first way that the node offers; once one has worked, there is no other."""
        while True:
            try:
                return ask(ways[way]), way
            except (SourceDeclined, SourceRefused):
                if self._proven[what] or way == len(ways) - 1:
                    raise
                way += 1

    def _list_notes(self, first: int) -> list[str]:
        notes = []
        way = TRACES[self._traces]
        if not way:
            notes.append(
                "the node offers no traces: native value comes from transactions alone, and what contracts sent is missing"
            )
        elif way != TRACES[0]:
            notes.append(
                f"traces are those of {way}, which have no block rewards: these are missing where there were any"
            )
        if first == 0:
            notes.append("no node tells what the genesis block gave to whom: these balances are missing")
        if not self._hashed:
            notes.append("block hashes were not recomputed: how this chain's headers are hashed is not known")
        if self._unhashed:
            notes.append(
                f"the hashes of {self._unhashed} blocks were not recomputed: they have unknown fields"
            )
        return notes


def _list_failed(replies: Sequence[Replies]) -> dict[str, bool | None]:
    """Whether each transaction failed, by the receipts of a block each or one by one."""
    results = [result for each in replies for result in each.results]
    receipts = [one for result in results for one in (result if isinstance(result, list) else [result])]
    return list_outcomes(receipts)


def _hang_together(blocks: Sequence[Any]) -> bool:
    return all(block["parentHash"] == before["hash"] for before, block in itertools.pairwise(blocks))
