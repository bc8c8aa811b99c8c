"""The `trongrid` format: kept responses of a server that speaks TronGrid's API: TRX, TRC-20 and TRC-10 on Tron.

* What a transaction moves of its own is what its signed bytes say; it moves nothing where it failed.
* Internal movements come from receipts, in their order, after the transaction's own value at place 0; rejected ones
  move nothing. A token movement's position is its log's place in the transaction.
* The fee is what the receipt says was burned, and its payer who signed.
* A transaction's place in its block is known only where the block was asked for, since nothing else states it.
* What one answer says of a transaction, another must not contradict, and whether it failed least of all.
* An internal movement of a sort that is not known is refused, not left out.
* Frozen TRX stays with its owner. What the protocol's own exchange and shielded transfers move is not read.

What was answered is `trongrid_answers`'s to sort; who asks is `app`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from jindo.base.errors import InputError
from jindo.base.ids import Account, AssetId, ChainId, native_asset, parse_tron_address, token_asset
from jindo.ledger.files import SourceFile
from jindo.ledger.rows import Kind
from jindo.ledger.sources.explorer_json import as_list, as_object, find_number, get_number, get_text
from jindo.ledger.sources.kept import read_kept
from jindo.ledger.sources.movement_table import MovementTable
from jindo.ledger.sources.request import SourceRequest
from jindo.ledger.sources.tron_transaction import CREATE, OTHER_MOVING
from jindo.ledger.sources.trongrid_answers import (
    SUCCEEDED,
    ListedToken,
    SignedTransaction,
    TronAnswers,
    find_tron_decimals,
    iter_tron_logs,
    read_tron_answers,
)

_REMEDY = "Keep the responses as they are, and ask another server."
_TRX_DECIMALS = 6
_ENDS = ("caller_address", "transferTo_address")
_MOVING = ("", "call", "create", "suicide")
"""What internal transactions that move value call themselves."""
_NOT_MOVING = (
    "freeze",
    "unfreeze",
    "voteWitness",
    "withdraw",
    "cancelAllUnfreeze",
    "delegateResource",
    "unDelegateResource",
)
"""How those begin that stake, vote, or take out what their owner has."""


def read_trongrid_answers(files: Sequence[SourceFile]) -> TronAnswers:
    """What kept responses say, and what has to be asked before it can come in whole."""
    return read_tron_answers(read_kept(files))


def stage_trongrid(request: SourceRequest) -> dict[str, int]:
    """Make the tables `raw` and `failed_txs` of kept responses; gives how many receipts and signed ones there are."""
    answers = read_trongrid_answers(request.files)
    reader = _Reader(request.chain, answers)
    reader.read()
    for number, problem in (*answers.bad, *reader.bad):
        request.staging.rejected.append((number, 1, "ledger.bad-response", problem, _REMEDY, "{}"))
    decimals = {str(asset): places for asset, places in find_tron_decimals(request.chain, answers).items()}
    reader.table.put(request.staging, {**decimals, native_asset(request.chain): _TRX_DECIMALS})
    request.notes.extend(reader.notes())
    return {"receipts": len(answers.receipts), "transactions": len(answers.signed)}


class _Reader:
    """One reading of the answers into movements."""

    def __init__(self, chain: ChainId, answers: TronAnswers) -> None:
        self.table = MovementTable()
        self.bad: list[tuple[int, str]] = []
        self._chain, self._native, self._answers = chain, native_asset(chain), answers
        self._unread = 0

    def read(self) -> None:
        """Fill the table."""
        for txid, (file, receipt) in self._answers.receipts.items():
            self._try(file, partial(self._add, txid, file, receipt))
        for listed in self._answers.tokens:
            self._try(listed.file, partial(self._check_listed, listed))

    def notes(self) -> list[str]:
        """What the answers leave open."""
        notes, open_ones = [], len(self._answers.find_open())
        if open_ones:
            notes.append(
                f"{open_ones} transactions that a list names were left out: their receipts were not asked for"
            )
        if self._unread:
            notes.append(
                f"{self._unread} transactions trade or hide value in ways of Tron's that are not read"
            )
        return notes

    def _try(self, file: int, add: Callable[[], None]) -> None:
        try:
            add()
        except InputError as error:
            self.bad.append((file, f"the server's answers cannot all be true: {error.problem}"))

    def _add(self, txid: str, file: int, receipt: dict[str, Any]) -> None:
        block = get_number(receipt, "blockNumber")
        if self._answers.height is not None and block > self._answers.height:
            return
        signed = self._answers.signed.get(txid)
        failed = _has_failed(receipt)
        if signed is not None and signed.failed not in (None, failed):
            raise InputError(f"the transaction {txid} failed by one answer, and not by another")
        if signed is not None:
            self._add_own(txid, file, receipt, signed, failed=failed)
        if not failed:
            self._add_logs(txid, file, receipt)
            self._add_internal(txid, file, receipt)

    def _add_own(
        self, txid: str, file: int, receipt: dict[str, Any], signed: SignedTransaction, *, failed: bool
    ) -> None:
        """The fee of a transaction, and what it moves of its own."""
        contract, fee = signed.contract, find_number(receipt, "fee") or 0
        self._move(Kind.GAS, txid, file, receipt, 1, contract.owner, None, fee, self._native, None)
        reward = find_number(receipt, "withdraw_amount") or 0
        if failed:
            return
        self._unread += contract.sort in OTHER_MOVING
        if reward:
            self._move(
                Kind.ISSUANCE, txid, file, receipt, 1, None, contract.owner, reward, self._native, None
            )
        receiver = contract.receiver
        if contract.sort == CREATE and (contract.units or contract.token):
            receiver = parse_tron_address(get_text(receipt, "contract_address"))
        if receiver is None:
            return
        units = contract.token_units or (contract.units if contract.token else 0)
        if contract.token:
            asset = _asset_of(self._chain, contract.token)
            self._move(Kind.TRANSFER, txid, file, receipt, 1, contract.owner, receiver, units, asset, None)
        if not contract.token or contract.token_units:
            self._move(
                Kind.NATIVE, txid, file, receipt, 1, contract.owner, receiver, contract.units, self._native, 0
            )

    def _add_logs(self, txid: str, file: int, receipt: dict[str, Any]) -> None:
        for log in iter_tron_logs(receipt):
            asset = token_asset(self._chain, log.contract)
            self._move(
                Kind.TOKEN,
                txid,
                file,
                receipt,
                log.log_index + 1,
                log.sender,
                log.receiver,
                log.units,
                asset,
                log.log_index,
            )

    def _add_internal(self, txid: str, file: int, receipt: dict[str, Any]) -> None:
        place = 0
        for value in as_list(receipt.get("internal_transactions") or [], "internal_transactions"):
            row = as_object(value, "internal transaction")
            for paid in as_list(row.get("callValueInfo") or [], "callValueInfo"):
                place += 1
                info = as_object(paid, "callValueInfo")
                units = find_number(info, "callValue") or 0
                if not units or row.get("rejected") is True or not _moves(row):
                    continue
                payer, payee = (parse_tron_address(get_text(row, name)) for name in _ENDS)
                token = get_text(info, "tokenId")
                asset = _asset_of(self._chain, token) if token else self._native
                kind, position = (Kind.TRANSFER, None) if token else (Kind.NATIVE, place)
                self._move(kind, txid, file, receipt, place + 1, payer, payee, units, asset, position)

    def _check_listed(self, listed: ListedToken) -> None:
        """A list of an account may not name a token movement that the receipt does not have."""
        row, txid = listed.row, get_text(listed.row, "transaction_id")
        if txid not in self._answers.receipts:
            return
        token = as_object(row.get("token_info"), "token_info")
        texts = (get_text(token, "address"), get_text(row, "from"), get_text(row, "to"))
        told = (*(parse_tron_address(text) for text in texts), get_number(row, "value"))
        receipt = self._answers.receipts[txid][1]
        if told not in {log[1:] for log in iter_tron_logs(receipt)}:
            raise InputError(f"the receipt of {txid} has no token movement that a list of an account names")

    def _move(
        self, kind: Kind, txid: str, file: int, receipt: dict[str, Any], line: int, sender: Account | None,
        receiver: Account | None, units: int, asset: AssetId, position: int | None,
    ) -> None:  # fmt: skip
        time = find_number(receipt, "blockTimeStamp")
        self.table.add(
            kind, file=file, line=line, block=get_number(receipt, "blockNumber"), tx_hash=txid, sender=sender,
            receiver=receiver, units=units, asset=asset, time=None if time is None else time // 1000,
            tx_index=self._answers.places.get(txid), position=position,
        )  # fmt: skip


def _has_failed(receipt: dict[str, Any]) -> bool:
    inner = as_object(receipt.get("receipt") or {}, "receipt")
    return get_text(receipt, "result") == "FAILED" or get_text(inner, "result") not in ("", *SUCCEEDED)


def _moves(row: dict[str, Any]) -> bool:
    note = _read_note(row)
    if note not in _MOVING and not note.startswith(_NOT_MOVING):
        raise InputError(f"an internal movement is of a sort that is not known: {note[:40]!r}")
    return note in _MOVING


def _read_note(row: dict[str, Any]) -> str:
    try:
        return bytes.fromhex(get_text(row, "note")).decode("utf-8", "replace")
    except ValueError:
        return get_text(row, "note")


def _asset_of(chain: ChainId, token: str) -> AssetId:
    if not (token.isascii() and token.isdecimal()):
        raise InputError(f"{token[:40]!r} is not the id of a TRC-10 token")
    return AssetId(f"{chain}/trc10:{token}")
