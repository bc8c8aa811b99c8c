"""What explorers that speak Etherscan's API answered, sorted by transaction.

* A list of an account comes in windows: each begins at a block, has pages, and counts up to where the next begins.
* An account's lists count where all three are whole: only an empty page ends a list, since an explorer may give fewer
  rows than were asked for, and each window reaches the block at which the next begins.
* Each row of an account's list names the account.
* One row of a list is one line of its response; a transaction's own answers (transaction, receipt, block, internal
  movements) are kept by its hash.
* Etherscan and Blockscout are told apart by what they send, not by their names: `index` and `logIndex` are used
  where they are there.
* An answer for another transaction or another chain than was asked is an `InputError`.

What moved is `etherscan`'s to say; what a response says of itself, `etherscan_envelope`'s.

Source: Etherscan API v2; Blockscout, RPC and ETH RPC API; Ethereum JSON-RPC.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from jindo.base.errors import InputError, SourceError
from jindo.ledger.sources.etherscan_envelope import (
    lacks_proxy,
    parse_etherscan_list,
    parse_etherscan_result,
)
from jindo.ledger.sources.explorer_json import as_object, get_number, get_text
from jindo.ledger.sources.kept import CONFIRMATIONS, KeptResponse

ETHERSCAN_LISTS = ("txlist", "txlistinternal", "tokentx")


class ListLine(NamedTuple):
    """One row of a list, and where it stands."""

    file: int
    line: int
    row: dict[str, Any]


class ListView(NamedTuple):
    """One list of one account."""

    action: str
    address: str


ListPages = dict[int, list[ListLine]]
"""The pages of a window, from 1 on."""


@dataclass(slots=True)
class EtherscanAnswers:
    """Everything that was answered."""

    windows: dict[ListView, dict[int, ListPages]] = field(default_factory=dict)
    """Pages of each list, by the block at which the window begins, and by page."""
    chain_ids: set[str] = field(default_factory=set)
    """EIP-155 numbers of the chains that were asked for."""
    transactions: dict[str, ListLine] = field(default_factory=dict)
    receipts: dict[str, ListLine] = field(default_factory=dict)
    internals: dict[str, list[ListLine]] = field(default_factory=dict)
    """All internal movements of a transaction, in order."""
    times: dict[int, int] = field(default_factory=dict)
    """Unix seconds of blocks."""
    height: int | None = None
    """The last block that is looked at."""
    bad: list[tuple[int, str]] = field(default_factory=list)
    """Responses that cannot be true: number of the file, and why."""

    def lines(self, action: str) -> Iterator[tuple[ListView, ListLine]]:
        """Every row of the lists of accounts that are whole, once a list."""
        whole = self.find_whole()
        for view, windows in self.windows.items():
            if view.action == action and view.address in whole:
                yield from ((view, line) for line in _join(windows))

    def find_whole(self) -> set[str]:
        """The accounts of which all lists are whole."""
        ended = {view for view, windows in self.windows.items() if _has_ended(windows)}
        return {
            view.address for view in ended if all(ListView(a, view.address) in ended for a in ETHERSCAN_LISTS)
        }

    def find_cut(self) -> set[str]:
        """The accounts of which a list is not whole."""
        return {view.address for view in self.windows} - self.find_whole()


def read_answers(responses: Iterable[KeptResponse]) -> EtherscanAnswers:
    """The answers in these responses."""
    found = EtherscanAnswers()
    for kept in responses:
        try:
            _take(found, kept)
        except InputError as error:
            asked = kept.posted or "&".join(f"{name}={value}" for name, value in kept.query.items())
            found.bad.append(
                (kept.file, f"the explorer's answer for {asked[:200]} cannot be true: {error.problem}")
            )
    return found


def _take(found: EtherscanAnswers, kept: KeptResponse) -> None:
    action = kept.query.get("action", "")
    found.chain_ids |= {kept.query["chainid"]} if "chainid" in kept.query else set()
    try:
        if kept.query.get("module") == "account" and action in ETHERSCAN_LISTS:
            _take_list(found, kept, action)
        elif (kept.posted or kept.query.get("module") == "proxy") and not lacks_proxy(kept.body):
            method, asked = _read_call(kept)
            _take_call(found, kept, method, asked, parse_etherscan_result(kept.body))
    except SourceError as error:
        raise InputError(error.problem) from error


def _take_list(found: EtherscanAnswers, kept: KeptResponse, action: str) -> None:
    lines = [
        ListLine(kept.file, n, as_object(row, "row"))
        for n, row in enumerate(parse_etherscan_list(kept.body), 1)
    ]
    if "txhash" in kept.query:
        asked = kept.query["txhash"].lower()
        told = {hash_of(line.row) for line in lines} - {"", asked}
        if told:
            raise InputError(f"it has movements of {min(told)[:70]}")
        found.internals[asked] = lines
        return
    view = ListView(action, kept.query.get("address", "").lower())
    start, page = int(kept.query.get("startblock", "0")), int(kept.query.get("page", "1"))
    blocks = [get_number(line.row, "blockNumber") for line in lines]
    if any(block < start for block in blocks) or blocks != sorted(blocks):
        raise InputError("its rows are out of order, or from before the block that was asked for")
    for line in lines:
        _check_names(view, line)
    found.windows.setdefault(view, {}).setdefault(start, {})[page] = lines


def _check_names(view: ListView, line: ListLine) -> None:
    ends = ("from", "to") if view.action == "tokentx" else ("from", "to", "contractAddress")
    if view.address not in {get_text(line.row, name).lower() for name in ends}:
        raise InputError(f"row {line.line} does not name the account whose list it is")


def _read_call(kept: KeptResponse) -> tuple[str, str]:
    """The method that was called, and the first thing that it was asked for."""
    if kept.posted:
        call = as_object(json.loads(kept.posted), "call")
        given = call.get("params") or [""]
        return str(call.get("method", "")), str(given[0]).lower()
    asked = kept.query.get("txhash") or kept.query.get("tag") or ""
    return kept.query.get("action", ""), asked.lower()


def _take_call(found: EtherscanAnswers, kept: KeptResponse, method: str, asked: str, result: Any) -> None:
    if method == "eth_blockNumber":
        height = max(0, get_number({"height": result}, "height") - CONFIRMATIONS["etherscan"])
        found.height = height if found.height is None else min(found.height, height)
        return
    if method == "eth_chainId":
        found.chain_ids.add(str(get_number({"chain": result}, "chain")))
        return
    if result is None:
        return
    row = as_object(result, "result")
    if method == "eth_getTransactionByHash":
        _check_same(get_text(row, "hash"), asked)
        if row.get("blockNumber") is not None:
            found.transactions[asked] = ListLine(kept.file, 1, row)
    elif method == "eth_getTransactionReceipt":
        _check_same(get_text(row, "transactionHash"), asked)
        found.receipts[asked] = ListLine(kept.file, 1, row)
    elif method == "eth_getBlockByNumber":
        number = get_number(row, "number")
        if number != int(asked, 16):
            raise InputError(f"it is block {number}")
        found.times[number] = get_number(row, "timestamp")


def hash_of(row: dict[str, Any]) -> str:
    """The transaction of a row: Blockscout calls it `transactionHash` in lists of internal movements."""
    return (get_text(row, "hash") or get_text(row, "transactionHash")).lower()


def _check_same(told: str, asked: str) -> None:
    if told.lower() != asked:
        raise InputError(f"it is about {told[:70]}")


def _has_ended(windows: dict[int, ListPages]) -> bool:
    """Whether the windows follow each other without a gap up to an empty page."""
    starts = sorted(windows)
    return all(
        sorted(windows[start]) == list(range(1, len(windows[start]) + 1))
        and _reaches(windows[start][len(windows[start])], after)
        for start, after in zip(starts, [*starts[1:], None], strict=True)
    )


def _reaches(page: list[ListLine], after: int | None) -> bool:
    """Whether a window whose last page this is ends the list, or leads to the window that begins at `after`."""
    return not page or (after is not None and get_number(page[-1].row, "blockNumber") >= after)


def _join(windows: dict[int, ListPages]) -> Iterator[ListLine]:
    """The rows of a list's windows; a window counts up to the block at which the next begins."""
    starts = sorted(windows)
    for start, after in zip(starts, [*starts[1:], None], strict=True):
        for page in sorted(windows[start]):
            for line in windows[start][page]:
                if after is None or get_number(line.row, "blockNumber") < after:
                    yield line
