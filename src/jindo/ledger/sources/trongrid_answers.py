"""What a server that speaks TronGrid's API answered, sorted by transaction.

* What was signed is read from a transaction's own bytes, which give its id; the fields beside them are not used.
* A receipt (`gettransactioninfobyid`) says in which block a transaction is, what it cost, and what its contracts did.
* An account's lists count where both are whole: the last page names no further one.
* A token movement in an account's list, and a transfer, names the account.
* Lists of accounts name transactions; one that a list names and no receipt tells of is open.
* Blocks tell the order of their transactions, where more than one of them is known.

What moved is `trongrid`'s to say.

Source: TronGrid v1 API; TRON full node HTTP API.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from jindo.base.errors import InputError
from jindo.base.ids import Account, AssetId, ChainId, parse_tron_address, token_asset
from jindo.ledger.sources.etherscan_facts import split_transfer
from jindo.ledger.sources.explorer_json import (
    as_list,
    as_object,
    find_number,
    get_number,
    get_text,
    parse_json,
)
from jindo.ledger.sources.kept import KeptResponse
from jindo.ledger.sources.tron_transaction import (
    TRANSFER,
    TRANSFER_ASSET,
    TronContract,
    parse_tron_transaction,
)

SUCCEEDED = ("SUCCESS", "DEFAULT")
"""How results of contracts that did what was asked are called."""
_TXID = re.compile(r"[0-9a-f]{64}")
_LIST = re.compile(r"/v1/accounts/([^/]+)/transactions(/trc20)?$")


class SignedTransaction(NamedTuple):
    """A transaction as it was signed."""

    file: int
    contract: TronContract
    failed: bool | None
    """`None` where the answer does not say."""


class ListedToken(NamedTuple):
    """A token movement that a list of an account names."""

    file: int
    line: int
    row: dict[str, Any]


class TronPage(NamedTuple):
    """One page of an account's list."""

    file: int
    rows: list[Any]
    after: str
    """What names the next page, empty where there is none."""


class Trc20Log(NamedTuple):
    """One TRC-20 movement of a receipt."""

    log_index: int
    contract: Account
    sender: Account
    receiver: Account
    units: int


@dataclass(slots=True)
class TronAnswers:
    """Everything that was answered; by transaction id where nothing else is said."""

    pages: dict[tuple[Account, bool], dict[str, TronPage]] = field(default_factory=dict)
    """By account and whether it is the list of token movements; then by what named the page, empty for the first."""
    signed: dict[str, SignedTransaction] = field(default_factory=dict)
    receipts: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    """Number of the file, and the receipt."""
    tokens: list[ListedToken] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    """Transactions that a list names."""
    places: dict[str, int] = field(default_factory=dict)
    """Index in the block."""
    blocks: set[int] = field(default_factory=set)
    """Heights of the blocks that are there."""
    height: int | None = None
    """The block up to which was asked."""
    bad: list[tuple[int, str]] = field(default_factory=list)
    """Responses that cannot be true: number of the file, and why."""

    def find_whole(self) -> set[Account]:
        """The accounts of which both lists are whole."""
        ended = {view for view, pages in self.pages.items() if _walk(pages) is not None}
        return {account for account, _ in ended if {(account, False), (account, True)} <= ended}

    def find_open(self) -> set[str]:
        """Transactions that a list names and no receipt tells of."""
        return self.named - set(self.receipts)

    def find_unordered(self) -> set[int]:
        """Blocks of which several transactions are known, and not their order."""
        heights = [find_number(row, "blockNumber") for _, row in self.receipts.values()]
        return {h for h in set(heights) if h is not None and heights.count(h) > 1} - self.blocks


def read_tron_answers(responses: Iterable[KeptResponse]) -> TronAnswers:
    """The answers in these responses."""
    found = TronAnswers()
    for kept in responses:
        try:
            _take(found, kept)
        except InputError as error:
            problem = (
                f"the server's answer for {kept.path} {kept.posted[:100]} cannot be true: {error.problem}"
            )
            found.bad.append((kept.file, problem))
    for account in sorted(found.find_whole()):
        for is_token in (False, True):
            for page in _walk(found.pages[account, is_token]) or ():
                _take_page(found, page, account, is_token=is_token)
    return found


def iter_tron_logs(receipt: dict[str, Any]) -> Iterator[Trc20Log]:
    """The TRC-20 movements of a receipt; a log's index is its place in the transaction."""
    for index, value in enumerate(as_list(receipt.get("log") or [], "log")):
        log = as_object(value, "log")
        words = split_transfer(log)
        if words is not None:
            contract, sender, receiver = (
                parse_tron_address(f"41{text[-40:]}") for text in (get_text(log, "address"), *words[:2])
            )
            yield Trc20Log(index, contract, sender, receiver, words[2])


def find_tron_decimals(chain: ChainId, answers: TronAnswers) -> dict[AssetId, int]:
    """The decimals of tokens that every list states alike."""
    stated: dict[AssetId, set[int]] = {}
    for listed in answers.tokens:
        token = as_object(listed.row.get("token_info") or {}, "token_info")
        places = find_number(token, "decimals")
        if places is not None and token.get("address"):
            asset = token_asset(chain, parse_tron_address(get_text(token, "address")))
            stated.setdefault(asset, set()).add(places)
    return {asset: min(places) for asset, places in stated.items() if len(places) == 1}


def _take(found: TronAnswers, kept: KeptResponse) -> None:
    value = as_object(parse_json(kept.body), "response")
    asked = as_object(json.loads(kept.posted), "request") if kept.posted else {}
    if match := _LIST.search(kept.path):
        page = TronPage(kept.file, as_list(value.get("data"), "data"), parse_tron_fingerprint(value))
        view = parse_tron_address(match[1]), match[2] is not None
        found.pages.setdefault(view, {})[kept.query.get("fingerprint", "")] = page
    elif kept.path.endswith("/gettransactioninfobyid"):
        _take_receipt(found, kept.file, value, str(asked.get("value", "")))
    elif kept.path.endswith("/gettransactionbyid"):
        _take_signed(found, kept.file, value, str(asked.get("value", "")))
    elif kept.path.endswith("/getblockbynum"):
        _take_block(found, value, int(asked.get("num", -1)))
    elif kept.path.endswith("/getnowblock"):
        height, _ = parse_tron_header(value)
        found.height = height if found.height is None else min(found.height, height)


def parse_tron_header(value: dict[str, Any]) -> tuple[int, int]:
    """Height of a block, and its time in milliseconds."""
    header = as_object(as_object(value.get("block_header"), "block_header").get("raw_data"), "raw_data")
    return find_number(header, "number") or 0, find_number(header, "timestamp") or 0


def parse_tron_fingerprint(value: dict[str, Any]) -> str:
    """What names the page after this one of a list, empty where there is none."""
    return get_text(as_object(value.get("meta") or {}, "meta"), "fingerprint")


def _walk(pages: dict[str, TronPage]) -> list[TronPage] | None:
    """The pages of a list from its first, `None` where one is missing."""
    walked: list[TronPage] = []
    after = ""
    while len(walked) < len(pages):
        page = pages.get(after)
        if page is None:
            return None
        walked.append(page)
        after = page.after
        if not after:
            return walked
    return None


def _take_page(found: TronAnswers, page: TronPage, account: Account, *, is_token: bool) -> None:
    for line, value in enumerate(page.rows, 1):
        try:
            row = as_object(value, "row")
            if is_token:
                _take_token(found, ListedToken(page.file, line, row), account)
            else:
                _take_listed(found, page.file, row, account)
        except InputError as error:
            found.bad.append((page.file, f"row {line} of the server's answer cannot be: {error.problem}"))


def _take_listed(found: TronAnswers, file: int, row: dict[str, Any], account: Account) -> None:
    if "internal_tx_id" in row:
        found.named.add(_get_txid(row, "tx_id"))
        return
    found.named.add(_get_txid(row, "txID"))
    _take_signed(found, file, row, "")
    contract = found.signed[row["txID"]].contract
    if contract.sort in (TRANSFER, TRANSFER_ASSET) and account not in (contract.owner, contract.receiver):
        raise InputError("it does not name the account whose list it is")


def _take_token(found: TronAnswers, listed: ListedToken, account: Account) -> None:
    if account not in {parse_tron_address(get_text(listed.row, name)) for name in ("from", "to")}:
        raise InputError("it does not name the account whose list it is")
    found.named.add(_get_txid(listed.row, "transaction_id"))
    if get_text(listed.row, "type") in ("", "Transfer") and not _is_numbered(listed.row):
        found.tokens.append(listed)


def _is_numbered(row: dict[str, Any]) -> bool:
    """Whether a token is one of a kind (TRC-721): its list states no decimals, and its value is a number of its own."""
    return find_number(as_object(row.get("token_info") or {}, "token_info"), "decimals") in (None, 0)


def _take_signed(found: TronAnswers, file: int, row: dict[str, Any], asked: str) -> None:
    if not row:  # the server knows no such transaction
        return
    txid = _get_txid(row, "txID")
    if asked and txid != asked:
        raise InputError(f"it is the transaction {txid}")
    results = [as_object(each, "ret") for each in as_list(row.get("ret") or [], "ret")]
    said = [text for each in results if (text := get_text(each, "contractRet"))]
    failed = any(text not in SUCCEEDED for text in said) if said else None
    signed = SignedTransaction(file, parse_tron_transaction(get_text(row, "raw_data_hex"), txid), failed)
    there = found.signed.setdefault(txid, signed)
    if there.failed is None:
        found.signed[txid] = signed
    elif failed is not None and there.failed != failed:
        raise InputError(f"the transaction {txid} failed by one answer, and not by another")


def _take_receipt(found: TronAnswers, file: int, row: dict[str, Any], asked: str) -> None:
    if not row:
        return
    if _get_txid(row, "id") != asked:
        raise InputError(f"it is the receipt of {get_text(row, 'id')[:64]}")
    get_number(row, "blockNumber")
    found.receipts[asked] = (file, row)


def _take_block(found: TronAnswers, value: dict[str, Any], asked: int) -> None:
    height, _ = parse_tron_header(value)
    if height != asked:
        raise InputError(f"it is block {height}")
    found.blocks.add(height)
    for index, row in enumerate(as_list(value.get("transactions") or [], "transactions")):
        found.places[_get_txid(as_object(row, "transaction"), "txID")] = index


def _get_txid(row: dict[str, Any], name: str) -> str:
    txid = get_text(row, name)
    if not _TXID.fullmatch(txid):
        raise InputError(f"the field {name} is not a transaction's id")
    return txid
