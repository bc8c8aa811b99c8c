"""What all of an explorer's answers together say of each transaction, and what they leave open.

* A transaction's place, time and failure may be in another answer than its movements.
* A transaction has one outcome: one that failed by one answer, and not by another, is disputed.
* Decimals are a token's where every answer says the same; where answers differ it has none.
* What is open: several token movements without log indices, internal movements without an index, and transactions
  whose place in the block no answer states.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from jindo.base.amounts import MAX_DECIMALS
from jindo.base.errors import InputError
from jindo.base.ids import ChainId, parse_address, token_asset
from jindo.ledger.sources.etherscan_answers import ETHERSCAN_LISTS, EtherscanAnswers, ListLine, hash_of
from jindo.ledger.sources.explorer_json import as_list, as_object, find_number, get_number, get_text

TRANSFER_TOPIC = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
"""Keccak-256 of `Transfer(address,address,uint256)`."""

InternalKey = tuple[str, str, str]
"""Sender, receiver and value of an internal movement."""


class Erc20Log(NamedTuple):
    """One ERC-20 movement of a receipt; addresses in lower case."""

    log_index: int
    contract: str
    sender: str
    receiver: str
    units: int


@dataclass(slots=True)
class EtherscanFacts:
    """What is known of transactions, by hash."""

    places: dict[str, int] = field(default_factory=dict)
    """Index in the block."""
    times: dict[str, int] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    outcomes: dict[str, dict[bool, int]] = field(default_factory=dict)
    """Whether a transaction failed, as each answer has it, and the number of a file that says so."""
    decimals: dict[str, int] = field(default_factory=dict)
    """By asset."""
    listed: dict[str, dict[str, Counter[InternalKey]]] = field(default_factory=dict)
    """Internal movements that the lists of accounts have of a transaction, by account."""
    receipted: set[str] = field(default_factory=set)
    """Transactions whose receipt is kept."""
    receipts: set[str] = field(default_factory=set)
    """Transactions whose receipt would tell the order of their token movements."""
    internals: set[str] = field(default_factory=set)
    """Transactions whose own list would number their internal movements."""
    unplaced: set[str] = field(default_factory=set)
    """Transactions whose place in the block nothing states."""


def gather_facts(chain: ChainId, answers: EtherscanAnswers) -> EtherscanFacts:
    """The facts in these answers; a row that cannot be read says nothing here."""
    facts = EtherscanFacts(receipted=set(answers.receipts))
    tokens: dict[str, Counter[tuple[str, ...]]] = {}
    seen: set[str] = set()
    for view, line in (pair for action in ETHERSCAN_LISTS for pair in answers.lines(action)):
        try:
            _note_line(facts, chain, view.action, line)
            tx_hash = hash_of(line.row)
            seen.add(tx_hash)
            if view.action == "txlistinternal":
                counted = facts.listed.setdefault(tx_hash, {}).setdefault(view.address, Counter())
                counted[internal_key(line.row)] += 1
                if find_number(line.row, "index") is None and tx_hash not in answers.internals:
                    facts.internals.add(tx_hash)
            elif view.action == "tokentx" and find_number(line.row, "logIndex") is None:
                _count_token(tokens.setdefault(tx_hash, Counter()), view.address, line)
        except InputError:
            continue
    for tx_hash, line in answers.transactions.items():
        _note_called(facts, answers, tx_hash, line)
    for tx_hash, line in answers.receipts.items():
        _note_outcome(facts, tx_hash, line, "status", failed="0")
    facts.failed = {tx_hash for tx_hash, said in facts.outcomes.items() if True in said}
    facts.receipts = {
        tx for tx, rows in tokens.items() if _count_distinct(rows) > 1 and tx not in answers.receipts
    }
    facts.unplaced = seen - set(facts.places) - {""}
    return facts


def iter_logs(line: ListLine) -> Iterator[Erc20Log]:
    """The ERC-20 movements of a receipt, no two of which have one index."""
    seen: set[int] = set()
    for value in as_list(line.row.get("logs"), "logs"):
        log = as_object(value, "log")
        words = split_transfer(log)
        if words is not None:
            sender, receiver, units = words
            contract, index = get_text(log, "address").lower(), get_number(log, "logIndex")
            if index in seen:
                raise InputError(f"two logs of a receipt have the index {index}")
            seen.add(index)
            yield Erc20Log(index, contract, f"0x{sender}", f"0x{receiver}", units)


def split_transfer(log: dict[str, Any]) -> tuple[str, str, int] | None:
    """Sender, receiver (40 hex digits each) and units of a `Transfer` log, `None` where it is no movement of units.

    Tokens may index all, some or none of the three; a fourth topic is the number of an ERC-721 token.
    """
    topics = [_to_words(topic) for topic in as_list(log.get("topics") or [], "topics") if topic is not None]
    if not topics or topics[0] != [TRANSFER_TOPIC.removeprefix("0x")] or len(topics) > 3:
        return None
    words = [word for topic in topics[1:] for word in topic] + _to_words(get_text(log, "data"))
    if len(words) != 3 or any(len(word) != 64 for word in words):
        return None
    return words[0][-40:], words[1][-40:], int(words[2], 16)


def _to_words(text: Any) -> list[str]:
    digits = str(text).lower().removeprefix("0x")
    if not set(digits) <= set("0123456789abcdef"):
        raise InputError("a log is not written in hex")
    return [digits[at : at + 64] for at in range(0, len(digits), 64)]


def internal_key(row: dict[str, Any]) -> InternalKey:
    """What tells an internal movement of a transaction from another."""
    receiver = get_text(row, "to") or get_text(row, "contractAddress")
    return get_text(row, "from").lower(), receiver.lower(), str(row.get("value"))


def _note_line(facts: EtherscanFacts, chain: ChainId, action: str, line: ListLine) -> None:
    row, tx_hash = line.row, hash_of(line.row)
    facts.times.setdefault(tx_hash, get_number(row, "timeStamp"))
    index = find_number(row, "transactionIndex")
    if index is not None:
        facts.places.setdefault(tx_hash, index)
    if action == "txlist":
        _note_outcome(facts, tx_hash, line, "isError", failed="1")
        _note_outcome(facts, tx_hash, line, "txreceipt_status", failed="0")
    if (
        action == "tokentx"
        and (places := find_number(row, "tokenDecimal")) is not None
        and places <= MAX_DECIMALS
    ):
        asset = token_asset(chain, parse_address(get_text(row, "contractAddress")))
        if facts.decimals.setdefault(asset, places) != places:
            facts.decimals[asset] = -1


def _note_called(facts: EtherscanFacts, answers: EtherscanAnswers, tx_hash: str, line: ListLine) -> None:
    try:
        facts.places.setdefault(tx_hash, get_number(line.row, "transactionIndex"))
        block = get_number(line.row, "blockNumber")
        if block in answers.times:
            facts.times.setdefault(tx_hash, answers.times[block])
    except InputError:
        return


def _note_outcome(facts: EtherscanFacts, tx_hash: str, line: ListLine, name: str, *, failed: str) -> None:
    """Note what a field says of a transaction's outcome; an empty one, of before there were such, says nothing."""
    try:
        said = find_number(line.row, name)
    except InputError:
        return
    if said is not None:
        facts.outcomes.setdefault(tx_hash, {}).setdefault(str(said) == failed, line.file)


def _count_token(rows: Counter[tuple[str, ...]], address: str, line: ListLine) -> None:
    """Count a token movement by the account in whose list it is: the same one stands in two lists."""
    row = line.row
    key = (
        get_text(row, "contractAddress"),
        get_text(row, "from"),
        get_text(row, "to"),
        str(row.get("value")),
    )
    rows[(address, *(part.lower() for part in key))] += 1


def _count_distinct(rows: Counter[tuple[str, ...]]) -> int:
    most: dict[tuple[str, ...], int] = {}
    for (_, *key), count in rows.items():
        most[tuple(key)] = max(count, most.get(tuple(key), 0))
    return sum(most.values())
