"""Asking an explorer of an EVM chain that speaks Etherscan's API: Etherscan's own, and Blockscout.

* An account's three lists are asked for in windows: pages from one block on, and where the explorer's window is full,
  again from the last block that was seen; a list ends with an empty page, since a short one may be a cut one.
* A transaction is asked for by the calls of a node, through the explorer's `proxy` module or beside it (`eth-rpc`).
* Receipts and lists of internal movements are asked for only where a list leaves something open.
* What is not 12 blocks below the top that was taken first is not there.
* The key goes with each request and is never kept.

What the answers mean is the format `etherscan`'s.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jindo.app.fetching.explorer import COMPLETE, MISSING, Extent
from jindo.base.errors import InputError, SourceError
from jindo.base.ids import ChainId
from jindo.ledger import (
    CONFIRMATIONS,
    ETHERSCAN_LISTS,
    Fetcher,
    find_kept,
    lacks_proxy,
    parse_etherscan_list,
    parse_etherscan_result,
    read_etherscan_facts,
)

_HASH = re.compile("0x[0-9a-f]{64}")
_ADDRESS = re.compile("0x[0-9a-f]{40}")
_PAGE, _WINDOW = 1000, 10_000
"""Rows of a page, and those of all pages that can be asked for from one block on."""


class EtherscanExplorer:
    """One explorer; to be closed."""

    format = "etherscan"

    def __init__(self, fetcher: Fetcher, folder: Path, chain: ChainId) -> None:
        self.folder, self.shown, self._fetcher, self.chain = folder, fetcher.address.shown, fetcher, chain
        self._chain_id = chain.partition(":")[2]
        self._has_proxy = self._find_proxy()
        self.height = max(0, int(self._call("eth_blockNumber"), 16) - CONFIRMATIONS[self.format])

    def close(self) -> None:
        """Let go of the connection."""
        self._fetcher.close()

    def names(self, tx_hash: str) -> bool:
        """Whether it is 64 hex digits after `0x`."""
        return _HASH.fullmatch(tx_hash) is not None

    def owns(self, address: str) -> bool:
        """Whether it is an EVM address."""
        return _ADDRESS.fullmatch(address) is not None

    def fetch_transaction(self, tx_hash: str) -> bool:
        """Keep a transaction, its receipt, its block's time and its internal movements; whether it is there."""
        told = self._call("eth_getTransactionByHash", tx_hash)
        if not isinstance(told, dict) or told.get("blockNumber") is None:
            return False
        block = int(str(told["blockNumber"]), 16)
        if block > self.height:
            return False
        self._call("eth_getTransactionReceipt", tx_hash)
        self._call("eth_getBlockByNumber", hex(block))
        self._list({"action": "txlistinternal", "txhash": tx_hash})
        return True

    def fetch_account(self, address: str, most: int) -> Extent:
        """Keep the three lists of an account, unless one is longer than `most`."""
        hashes: set[str] = set()
        for action in ETHERSCAN_LISTS:
            try:
                hashes |= self._fetch_list(action, address, most)
            except _TooLong as error:
                return Extent(self.chain, address, MISSING, self.height, None, None, str(error))
        return Extent(self.chain, address, COMPLETE, self.height, len(hashes))

    def fill_gaps(self) -> None:
        """Ask for receipts, lists of internal movements and places that the lists leave open."""
        facts = read_etherscan_facts(find_kept(str(self.folder), format=self.format), self.chain)
        for tx_hash in sorted(facts.receipts):
            self._call("eth_getTransactionReceipt", tx_hash)
        for tx_hash in sorted(facts.internals):
            self._list({"action": "txlistinternal", "txhash": tx_hash})
        for tx_hash in sorted(facts.unplaced):
            self._call("eth_getTransactionByHash", tx_hash)

    def _fetch_list(self, action: str, address: str, most: int) -> set[str]:
        """The transactions of one list, window by window."""
        asked: dict[str, str | int] = {"action": action, "address": address, "endblock": self.height}
        asked |= {"offset": _PAGE, "sort": "asc"}
        start, count = 0, 0
        hashes: set[str] = set()
        while True:
            window: list[dict[str, Any]] = []
            for page in range(1, _WINDOW // _PAGE + 1):
                rows = self._list({**asked, "startblock": start, "page": page})
                if not rows:
                    return hashes
                window += rows
                hashes |= {str(row.get("hash") or row.get("transactionHash")) for row in rows}
                if count + len(window) > most:
                    raise _TooLong(f"more rows in {action} than --fetch-most {most:,}")
            last = int(window[-1]["blockNumber"])
            if last <= start and int(window[0]["blockNumber"]) == last:
                raise _TooLong(f"block {last} alone has more rows in {action} than the explorer gives")
            start, count = last, count + len(window)

    def _list(self, params: dict[str, str | int]) -> list[dict[str, Any]]:
        asked = {"chainid": self._chain_id, "module": "account", **params}
        quote = self._fetcher.quote
        return parse_etherscan_list(self._fetcher.get("", asked, check=self._check_list), quote)

    def _check_list(self, body: bytes) -> None:
        _counting(parse_etherscan_list, body, self._fetcher.quote)

    def _check_result(self, body: bytes) -> None:
        if not lacks_proxy(body):
            _counting(parse_etherscan_result, body, self._fetcher.quote)

    def _call(self, method: str, *given: str) -> Any:
        """What a node's call gives, asked for in the explorer's way."""
        body = self._ask(method, *given, through_proxy=self._has_proxy)
        return parse_etherscan_result(body, self._fetcher.quote)

    def _ask(self, method: str, *given: str, through_proxy: bool) -> bytes:
        is_block = method == "eth_getBlockByNumber"
        if not through_proxy:
            params: list[Any] = [*given, False] if is_block else list(given)
            call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            return self._fetcher.post_json("eth-rpc", call, check=self._check_result)
        asked: dict[str, str | int] = {"chainid": self._chain_id, "module": "proxy", "action": method}
        if given:
            asked |= {"tag": given[0], "boolean": "false"} if is_block else {"txhash": given[0]}
        return self._fetcher.get("", asked, check=self._check_result)

    def _find_proxy(self) -> bool:
        """Whether the explorer has the `proxy` module; where not, its `eth-rpc` must say that it has the chain."""
        if not lacks_proxy(self._ask("eth_blockNumber", through_proxy=True)):
            return True
        answer = self._ask("eth_chainId", through_proxy=False)
        told = int(str(parse_etherscan_result(answer, self._fetcher.quote)), 16)
        if f"eip155:{told}" != self.chain:
            raise InputError(
                f"the explorer has the chain eip155:{told}, not {self.chain}",
                place=self.shown,
                remedy="Write the chain's number in the URL: ?chainid=N.",
            )
        return False


class _TooLong(Exception):
    """A list is longer than is fetched."""


def _counting(parse: Any, body: bytes, quote: Callable[[str], str]) -> None:
    """Let an answer of no form of the API's be asked for again; a refusal is one."""
    try:
        parse(body, quote)
    except InputError as error:
        if "refuses" in error.problem:
            raise
        raise SourceError(error.problem) from error
