"""Asking a server that speaks TronGrid's API for what a trace touches on Tron.

* Only what is confirmed (solidified) is asked for, up to the time of the block that was taken first.
* An account's two lists name transactions; each of these is asked for its receipt, which alone says its block, and
  which the server must have.
* A block is asked for where several of its transactions are known, for their order.
* The key goes with each request and is never kept.

What the answers mean is the format `trongrid`'s.

Source: TronGrid v1 API; TRON full node HTTP API.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from jindo.app.fetching.explorer import COMPLETE, MISSING, Extent
from jindo.app.fetching.reading import say_untold
from jindo.base.errors import InputError, SourceError
from jindo.base.ids import TRON
from jindo.ledger import Fetcher, find_kept, parse_tron_fingerprint, parse_tron_header, read_trongrid_answers

_TXID = re.compile("[0-9a-f]{64}")
_ADDRESS = re.compile("T[1-9A-HJ-NP-Za-km-z]{33}")
_PAGE = 200
"""Rows of a page, the most that the API gives."""


class TronGridExplorer:
    """One server; to be closed."""

    format = "trongrid"
    chain = TRON

    def __init__(self, fetcher: Fetcher, folder: Path) -> None:
        self.folder, self.shown, self._fetcher = folder, fetcher.address.shown, fetcher
        try:
            self.height, self._time = parse_tron_header(self._post("walletsolidity/getnowblock", {}))
        except InputError as error:
            raise SourceError(f"the server tells of no block: {error.problem}", place=self.shown) from error

    def close(self) -> None:
        """Let go of the connection."""
        self._fetcher.close()

    def names(self, tx_hash: str) -> bool:
        """Whether it is 64 hex digits."""
        return _TXID.fullmatch(tx_hash) is not None

    def owns(self, address: str) -> bool:
        """Whether it is a Tron address."""
        return _ADDRESS.fullmatch(address) is not None

    def fetch_transaction(self, tx_hash: str) -> bool:
        """Keep a transaction and its receipt; whether it is there."""
        receipt = self._post("walletsolidity/gettransactioninfobyid", {"value": tx_hash})
        if not isinstance(receipt.get("blockNumber"), int) or receipt["blockNumber"] > self.height:
            return False
        self._post("walletsolidity/gettransactionbyid", {"value": tx_hash})
        return True

    def fetch_account(self, address: str, most: int) -> Extent:
        """Keep the two lists of an account, unless one is longer than `most`, with the receipts of all that they name."""
        named: set[str] = set()
        for path in (f"v1/accounts/{address}/transactions", f"v1/accounts/{address}/transactions/trc20"):
            found = self._fetch_list(path, most)
            if found is None:
                why = f"more transactions than --fetch-most {most:,}"
                return Extent(self.chain, address, MISSING, self.height, None, None, why)
            named |= found
        for tx_hash in sorted(named):
            self._fetch_receipt(tx_hash)
        return Extent(self.chain, address, COMPLETE, self.height, len(named))

    def fill_gaps(self) -> None:
        """Ask for the order of blocks of which several transactions are known."""
        answers = read_trongrid_answers(find_kept(str(self.folder), format=self.format))
        for height in sorted(answers.find_unordered()):
            self._post("walletsolidity/getblockbynum", {"num": height})

    def _fetch_receipt(self, tx_hash: str) -> None:
        """Keep the receipt of a transaction that the server has named."""

        def check(body: bytes) -> None:
            if not self._load(body):
                raise say_untold(self, tx_hash)

        self._fetcher.post_json("walletsolidity/gettransactioninfobyid", {"value": tx_hash}, check=check)

    def _fetch_list(self, path: str, most: int) -> set[str] | None:
        """The transactions that a list names; `None` where it is too long."""
        named: set[str] = set()
        asked: dict[str, str | int] = {
            "only_confirmed": "true",
            "limit": _PAGE,
            "order_by": "block_timestamp,asc",
            "max_timestamp": self._time,
        }
        after, rows = "", 0
        seen = {""}
        while True:
            value = self._get(path, asked | ({"fingerprint": after} if after else {}), seen)
            for row in value["data"]:
                named.add(str(row.get("txID") or row.get("transaction_id") or row.get("tx_id")))
            rows, after = rows + len(value["data"]), parse_tron_fingerprint(value)
            if not after:
                return named
            seen.add(after)
            if rows > most:
                return None

    def _get(self, path: str, params: dict[str, str | int], seen: set[str]) -> dict[str, Any]:
        """A page of a list, which names none of the pages in `seen` as the next."""

        def check(body: bytes) -> None:
            value = self._load(body)
            if not isinstance(value.get("data"), list):
                raise SourceError("the server's answer is no list", place=self.shown)
            after = parse_tron_fingerprint(value)
            if after and after in seen:
                raise SourceError("the server's list leads back to a page before", place=self.shown)

        return self._load(self._fetcher.get(path, params, check=check))

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._load(self._fetcher.post_json(path, body, check=self._check))

    def _check(self, body: bytes) -> None:
        self._load(body)

    def _load(self, body: bytes) -> dict[str, Any]:
        try:
            value = json.loads(body, parse_float=str)
        except (ValueError, RecursionError) as error:
            raise SourceError("the server's answer is not JSON", place=self.shown) from error
        if not isinstance(value, dict):
            raise SourceError("the server's answer is not what was asked for", place=self.shown)
        said = value.get("Error") or value.get("error")
        if said or value.get("success") is False:
            said = self._fetcher.quote(str(said))
            raise SourceError(f"the server refuses: {said}", place=self.shown)
        return value
