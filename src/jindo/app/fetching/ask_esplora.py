"""Asking a Bitcoin explorer that speaks Esplora's API for what a trace touches.

* Of a transaction: itself, its Merkle branch, its block's header; so each can be proven from what is kept.
* What is in no block yet, or not 6 blocks below the top that was taken first, is not there.
* Of an account, where a theft names one: its list, page by page up to an empty one, unless it is longer than allowed;
  it is whole where it has as many transactions as the explorer counts.

What the answers mean is the format `esplora`'s.

Source: Blockstream Esplora, `API.md`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jindo.app.fetching.explorer import COMPLETE, MISSING, Extent
from jindo.app.fetching.reading import SourceContradiction
from jindo.base.errors import InputError, JindoError, SourceError
from jindo.base.ids import parse_address
from jindo.ledger import CONFIRMATIONS, NETWORKS, Fetcher, SourceDeclined

_TXID = re.compile("[0-9a-f]{64}")


class EsploraExplorer:
    """One explorer; to be closed."""

    format = "esplora"

    def __init__(self, fetcher: Fetcher, folder: Path) -> None:
        self.folder, self.shown, self._fetcher = folder, fetcher.address.shown, fetcher
        genesis = self._get_text("block-height/0", _TXID)
        known = [network.chain for network in NETWORKS.values() if network.is_genesis(genesis)]
        if not known:
            raise InputError(f"the explorer's first block {genesis} is none of Bitcoin's", place=self.shown)
        self.chain = known[0]
        tip = int(self._get_text("blocks/tip/height", re.compile("[0-9]{1,9}")))
        self.height = max(0, tip - CONFIRMATIONS[self.format])

    def close(self) -> None:
        """Let go of the connection."""
        self._fetcher.close()

    def names(self, tx_hash: str) -> bool:
        """Whether it is 64 hex digits."""
        return _TXID.fullmatch(tx_hash) is not None

    def owns(self, address: str) -> bool:
        """Whether it is an address of Bitcoin's form."""
        return not address.startswith(("0x", "T")) and _is_address(address)

    def fetch_transaction(self, tx_hash: str) -> bool:
        """Keep a transaction with what proves it; whether it is there."""
        try:
            told = self._get_json(f"tx/{tx_hash}")
        except SourceDeclined:
            return False
        return self._prove(tx_hash, told)

    def fetch_account(self, address: str, most: int) -> Extent:
        """Keep the whole history of an address, with what proves each transaction."""
        stats = self._get_json(f"address/{address}").get("chain_stats") or {}
        total = int(stats.get("tx_count", 0))
        if total > most:
            why = f"{total:,} transactions, more than --fetch-most {most:,}"
            return Extent(self.chain, address, MISSING, self.height, None, total, why)
        listed, count = self._fetch_list(address)
        if count <= total <= listed:  # a block that came in between lists more than were counted
            return Extent(self.chain, address, COMPLETE, self.height, count, total)
        why = f"the explorer counts {total:,} transactions and lists {listed:,}"
        return Extent(self.chain, address, MISSING, self.height, None, total, why)

    def find_spenders(self, tx_hash: str) -> Sequence[str | None]:
        """The transaction that spends each output, in a block up to the height."""
        return [self._read_spender(row) for row in self._get_json(f"tx/{tx_hash}/outspends", kind=list)]

    def fill_gaps(self) -> None:
        """Nothing is left open: a transaction is told whole."""

    def _fetch_list(self, address: str) -> tuple[int, int]:
        """Keep an account's list; how many transactions it has, and how many of them up to the height."""
        seen: set[str] = set()
        count, last = 0, ""
        while page := self._get_json(f"address/{address}/txs/chain{last}", kind=list):
            for told in page:
                txid = str(told.get("txid") if isinstance(told, dict) else told)
                if txid in seen or not _TXID.fullmatch(txid):
                    said = "twice" if txid in seen else "without an id"
                    problem = f"the explorer's list of {address} has a transaction {said}: {txid[:70]}"
                    raise SourceContradiction(problem, place=self.shown)
                seen.add(txid)
                count += self._prove(txid, told)
            last = f"/{page[-1]['txid']}"
        return len(seen), count

    def _read_spender(self, row: dict[str, Any]) -> str | None:
        if row.get("spent") is not True or not self._is_placed(row.get("status")):
            return None
        spender = str(row.get("txid"))
        if not _TXID.fullmatch(spender):
            raise SourceError(f"the explorer calls a spender {spender[:70]!r}", place=self.shown)
        return spender

    def _prove(self, tx_hash: str, told: dict[str, Any]) -> bool:
        """Keep what proves that a transaction is in its block; whether it is in one."""
        status = told.get("status")
        if not self._is_placed(status) or not _TXID.fullmatch(tx_hash):
            return False
        self._get_json(f"tx/{tx_hash}/merkle-proof")
        block = str((status or {}).get("block_hash"))
        if not _TXID.fullmatch(block):
            raise SourceError(f"the explorer calls a block {block[:70]!r}", place=self.shown)
        self._get_text(f"block/{block}/header", re.compile("[0-9a-f]{160}"))
        return True

    def _is_placed(self, status: Any) -> bool:
        if not isinstance(status, dict) or status.get("confirmed") is not True:
            return False
        height = status.get("block_height")
        return isinstance(height, int) and height <= self.height

    def _get_json(self, path: str, kind: type = dict) -> Any:
        def check(body: bytes) -> None:
            if not isinstance(_load(body), kind):
                raise SourceError("the explorer's answer is not what was asked for", place=self.shown)

        return _load(self._fetcher.get(path, check=check))

    def _get_text(self, path: str, form: re.Pattern[str]) -> str:
        def check(body: bytes) -> None:
            if not form.fullmatch(body.decode("ascii", "replace").strip()):
                raise SourceError("the explorer's answer is not what was asked for", place=self.shown)

        return self._fetcher.get(path, check=check).decode("ascii").strip()


def _load(body: bytes) -> Any:
    try:
        return json.loads(body, parse_float=str)
    except (ValueError, RecursionError):
        return None


def _is_address(text: str) -> bool:
    try:
        return parse_address(text) == text
    except JindoError:
        return False
