"""The `etherscan` format: kept responses of explorers that speak Etherscan's API, on any EVM chain.

* A transaction's own value stands at place 0 among its native movements, internal ones after it, as the explorer
  numbers or lists them; those of nothing, delegated calls and failed ones move nothing.
* A failed transaction pays its gas and moves nothing else; an outcome that two answers dispute is refused.
* An internal movement of a sort that is not known, and value without a receiver, are refused, not left out.
* A token movement has its log index where the explorer states it or the receipt is kept; else its position is
  unknown, never made up. A movement without one is a `transfer`, since no log is known for it.
* What one answer says of a transaction, another must not contradict.
* Block rewards and withdrawals of the beacon chain are in no list that is read.

What was answered is `etherscan_answers`'s to sort; who asks is `app`'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from jindo.base.errors import InputError
from jindo.base.ids import ChainId, native_asset, parse_address, token_asset
from jindo.ledger.files import SourceFile
from jindo.ledger.rows import Kind
from jindo.ledger.sources.etherscan_answers import (
    ETHERSCAN_LISTS,
    EtherscanAnswers,
    ListLine,
    hash_of,
    read_answers,
)
from jindo.ledger.sources.etherscan_facts import EtherscanFacts, gather_facts, internal_key, iter_logs
from jindo.ledger.sources.explorer_json import find_number, get_number, get_text
from jindo.ledger.sources.kept import read_kept
from jindo.ledger.sources.movement_table import MovementTable
from jindo.ledger.sources.request import SourceRequest

_REMEDY = "Keep the responses as they are, and ask another explorer."
_MOVING = ("call", "create", "create2", "suicide", "selfdestruct")
_NOT_MOVING = ("delegatecall", "staticcall", "callcode")


def read_etherscan_facts(files: Sequence[SourceFile], chain: ChainId) -> EtherscanFacts:
    """What kept responses say of transactions, and what has to be asked before they can come in whole."""
    return gather_facts(chain, read_answers(read_kept(files)))


def stage_etherscan(request: SourceRequest) -> dict[str, int]:
    """Make the tables `raw` and `failed_txs` of kept responses; gives the rows of each list."""
    answers = read_answers(read_kept(request.files))
    _check_chain(request.chain, answers)
    reader = _Reader(request.chain, answers)
    reader.read()
    for number, problem in (*answers.bad, *reader.bad):
        request.staging.rejected.append((number, 1, "ledger.bad-response", problem, _REMEDY, "{}"))
    reader.table.put(request.staging, {a: n for a, n in reader.facts.decimals.items() if n >= 0})
    request.notes.extend(reader.notes())
    return {action: sum(1 for _ in answers.lines(action)) for action in ETHERSCAN_LISTS}


def _check_chain(chain: ChainId, answers: EtherscanAnswers) -> None:
    other = {f"eip155:{number}" for number in answers.chain_ids} - {chain}
    if other:
        raise InputError(
            f"the responses are of {min(other)}, not of {chain}",
            remedy=f"Name the chain: --chain {min(other)}.",
        )


class _Reader:
    """One reading of the answers into movements."""

    def __init__(self, chain: ChainId, answers: EtherscanAnswers) -> None:
        self.table = MovementTable()
        self.bad: list[tuple[int, str]] = []
        self.facts = gather_facts(chain, answers)
        self._chain, self._native, self._answers = chain, native_asset(chain), answers
        self._unplaced = 0
        self._without_index: set[str] = set()

    def read(self) -> None:
        """Fill the table."""
        answers = self._answers
        for tx_hash, said in self.facts.outcomes.items():
            if len(said) > 1:
                problem = (
                    f"the transaction {tx_hash} failed by one answer of the explorer, and not by another"
                )
                self.bad.append((max(said.values()), problem))
        self._each("txlist", self._add_listed)
        for tx_hash, line in answers.transactions.items():
            if tx_hash in answers.receipts:
                self._try(self._add_called, line)
        self._each("tokentx", self._add_token)
        for line in answers.receipts.values():
            self._try(self._add_logs, line)
        self._each("txlistinternal", self._add_indexed)
        for tx_hash, lines in answers.internals.items():
            self._add_all_internal(tx_hash, lines)

    def notes(self) -> list[str]:
        """What the answers leave open."""
        notes = []
        if self._without_index:
            notes.append(
                f"{len(self._without_index)} token movements have no log index, since the explorer states none; each is "
                "the only one known of its transaction, and a theft cannot name it by index"
            )
        cut = len(self._answers.find_cut())
        if cut:
            notes.append(f"the lists of {cut} accounts are not whole, and count for nothing")
        if self._unplaced:
            notes.append(
                f"{self._unplaced} internal movements were left out: the list of their transaction was not asked for"
            )
        return notes

    def _each(self, action: str, add: Callable[[ListLine], None]) -> None:
        for _, line in self._answers.lines(action):
            self._try(add, line)

    def _try(self, add: Callable[[ListLine], None], line: ListLine) -> None:
        try:
            add(line)
        except InputError as error:
            self.bad.append(
                (line.file, f"row {line.line} of the explorer's answer cannot be: {error.problem}")
            )

    def _move(self, kind: Kind, line: ListLine, tx_hash: str, block: int, **fields: Any) -> None:
        if self._answers.height is None or block <= self._answers.height:
            fields |= {"time": self.facts.times.get(tx_hash), "tx_index": self.facts.places.get(tx_hash)}
            self.table.add(kind, file=line.file, line=line.line, block=block, tx_hash=tx_hash, **fields)

    def _add_listed(self, line: ListLine) -> None:
        row = line.row
        fee = get_number(row, "gasUsed") * get_number(row, "gasPrice")
        self._add_own(line, fee, created=get_text(row, "contractAddress"))

    def _add_called(self, line: ListLine) -> None:
        receipt = self._answers.receipts[hash_of(line.row)].row
        price = find_number(receipt, "effectiveGasPrice")
        price = get_number(line.row, "gasPrice") if price is None else price
        fee = get_number(receipt, "gasUsed") * price
        self._add_own(line, fee, created=get_text(receipt, "contractAddress"))

    def _add_own(self, line: ListLine, fee: int, *, created: str) -> None:
        """The gas of a transaction, and its own value."""
        row, tx_hash, block = line.row, hash_of(line.row), get_number(line.row, "blockNumber")
        sender, receiver = get_text(row, "from"), get_text(row, "to") or created
        own = {"sender": sender, "asset": self._native}
        self._move(Kind.GAS, line, tx_hash, block, receiver=None, units=fee, position=None, **own)
        units = get_number(row, "value")
        if tx_hash in self.facts.failed:
            return
        if units and not receiver:
            raise InputError(f"the transaction {tx_hash} has a value and no receiver")
        if receiver:
            self._move(Kind.NATIVE, line, tx_hash, block, receiver=receiver, units=units, position=0, **own)

    def _add_token(self, line: ListLine) -> None:
        row, tx_hash = line.row, hash_of(line.row)
        if "tokenID" in row or "value" not in row:  # Blockscout lists tokens that are one of a kind too
            return
        if tx_hash in self.facts.failed:
            raise InputError(f"the transaction {tx_hash} failed, and a list has a token movement of it")
        if tx_hash in self._answers.receipts:
            self._check_logged(line, tx_hash)
            return
        index = find_number(row, "logIndex")
        if index is None:
            self._without_index.add(tx_hash)
        self._move(
            Kind.TRANSFER if index is None else Kind.TOKEN,
            line,
            tx_hash,
            get_number(row, "blockNumber"),
            sender=get_text(row, "from"),
            receiver=get_text(row, "to"),
            units=get_number(row, "value"),
            asset=token_asset(self._chain, parse_address(get_text(row, "contractAddress"))),
            position=index,
        )

    def _check_logged(self, line: ListLine, tx_hash: str) -> None:
        texts = tuple(get_text(line.row, name).lower() for name in ("contractAddress", "from", "to"))
        told = (*texts, get_number(line.row, "value"))
        if told not in {log[1:] for log in iter_logs(self._answers.receipts[tx_hash])}:
            raise InputError(f"the receipt of {tx_hash} has no such token movement")

    def _add_logs(self, line: ListLine) -> None:
        tx_hash, block = get_text(line.row, "transactionHash").lower(), get_number(line.row, "blockNumber")
        if tx_hash in self.facts.failed:
            return
        for log in iter_logs(line):
            self._move(
                Kind.TOKEN,
                line._replace(line=log.log_index + 2),
                tx_hash,
                block,
                sender=log.sender,
                receiver=log.receiver,
                units=log.units,
                asset=token_asset(self._chain, log.contract),
                position=log.log_index,
            )

    def _add_indexed(self, line: ListLine) -> None:
        tx_hash, index = hash_of(line.row), find_number(line.row, "index")
        if tx_hash in self._answers.internals:
            return
        if index is None:
            self._unplaced += 1
        else:
            self._add_internal(line, tx_hash, index)

    def _add_all_internal(self, tx_hash: str, lines: Sequence[ListLine]) -> None:
        """The internal movements of a transaction, all of which its own list must have."""
        whole = Counter(internal_key(line.row) for line in lines)
        for address, listed in self.facts.listed.get(tx_hash, {}).items():
            if listed - whole:
                problem = f"the explorer's list of {tx_hash} lacks internal movements that its list of {address} has"
                self.bad.append((lines[0].file if lines else 0, problem))
        for place, line in enumerate(lines, 1):
            index = find_number(line.row, "index")
            stands = place if index is None else index
            self._try(partial(self._add_internal, tx_hash=tx_hash, place=stands), line)

    def _add_internal(self, line: ListLine, tx_hash: str, place: int) -> None:
        row = line.row
        if not _moves(row) or tx_hash in self.facts.failed:
            return
        self._move(
            Kind.NATIVE,
            line,
            tx_hash,
            get_number(row, "blockNumber"),
            sender=get_text(row, "from"),
            receiver=get_text(row, "to") or get_text(row, "contractAddress"),
            units=get_number(row, "value"),
            asset=self._native,
            position=place,
        )


def _moves(row: dict[str, Any]) -> bool:
    sort, call = get_text(row, "type").lower() or "call", get_text(row, "callType").lower()
    if get_text(row, "isError") not in ("", "0") or not get_number(row, "value"):
        return False
    if sort in _NOT_MOVING or call in _NOT_MOVING:
        return False
    if sort not in _MOVING or call not in ("", *_MOVING):
        raise InputError(
            f"an internal movement is of a sort that is not known: {f'{sort} {call}'.strip()[:40]!r}"
        )
    return True
