"""Whether an Ethereum node's answers fit what was asked, themselves and each other.

* A block has the number that was asked for, stands on the block before, and its hash is that of its header.
* Receipts and traces are of exactly the transactions of their block, in its order, each trace at its place.
* On chains with Ethereum's own rules a transaction's first call has its sender, receiver and value; it failed where the
  receipt says so, and only there; and what failed has no logs.
* An answer of which a row cannot be made does not fit.

A node that makes up a whole chain is not found out here: compare with another node.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jindo.base.errors import SourceError
from jindo.ledger.fetching import SourceDeclined, WrongAnswer, check_that
from jindo.ledger.sources.ethereum_answers import (
    TABLES,
    Rows,
    iter_block_rows,
    iter_geth_rows,
    iter_parity_rows,
    iter_receipt_rows,
    parse_hash,
    parse_quantity,
)
from jindo.ledger.sources.ethereum_header import compute_block_hashes


def check_block(block: Any, number: int, place: str) -> None:
    """Hold a block against what was asked.

    Raises:
        SourceError: it does not fit.
    """
    says = f"block {number}"
    check_that(block is not None, f"{says} is not there", place)
    _check_rows(lambda: iter_block_rows(block), says, place)
    check_that(parse_quantity(block["number"]) == number, f"{says} has another number", place)
    _check_rows(lambda: iter([parse_hash(block["hash"]), parse_hash(block["parentHash"])]), says, place)
    transactions = block["transactions"]
    for index, tx in enumerate(transactions):
        fits = tx.get("blockHash") == block["hash"] and parse_quantity(tx["transactionIndex"]) == index
        check_that(fits, f"transaction {index} of {says} is of another block", place)
    check_that(len(set(list_hashes(block))) == len(transactions), f"{says} repeats a transaction", place)


def check_hashes(blocks: Sequence[Mapping[str, Any]], place: str) -> None:
    """Hold the hash of each block, of which `check_block` says that it is one, against its header.

    Raises:
        SourceError: one is another, or a header cannot be read.
    """
    try:
        hashes = compute_block_hashes(blocks)
    except (ValueError, KeyError) as error:
        raise WrongAnswer("the header of a block cannot be read", place=place) from error
    for block, own in zip(blocks, hashes, strict=True):
        says = f"the hash of block {parse_quantity(block['number'])} is not that of its header"
        check_that(own in (None, block["hash"].lower()), says, place)


def list_hashes(block: Mapping[str, Any]) -> list[str]:
    """The ids of a block's transactions, in order."""
    return [parse_hash(tx["hash"]) for tx in block["transactions"]]


def check_receipts(receipts: Any, block: Mapping[str, Any], place: str) -> None:
    """Hold the receipts of a block against it.

    Raises:
        SourceError: they do not fit.
    """
    says = f"the receipts of block {parse_quantity(block['number'])}"
    whole = isinstance(receipts, list) and all(isinstance(receipt, dict) for receipt in receipts)
    check_that(whole, f"{says} are none", place)
    _check_rows(lambda: (row for receipt in receipts for row in iter_receipt_rows(receipt)), says, place)
    of = [parse_hash(receipt["transactionHash"]) for receipt in receipts]
    fits = of == list_hashes(block) and all(r.get("blockHash") == block["hash"] for r in receipts)
    check_that(fits, f"{says} are not those of its transactions", place)
    places = _list_log_places(receipts, says, place)
    check_that(places == sorted(set(places)), f"{says} do not number their logs in order", place)


def check_failed_receipts(receipts: Sequence[Mapping[str, Any]], place: str) -> None:
    """Hold receipts, of which `check_receipts` says that they are some, against Ethereum's rule on failures.

    Raises:
        SourceError: a transaction that failed has logs.
    """
    for receipt in receipts:
        says = f"the receipt of {parse_hash(receipt['transactionHash'])}"
        check_that(
            _has_failed(receipt) is not True or not receipt["logs"], f"{says} failed, and has logs", place
        )


def list_outcomes(receipts: Sequence[Mapping[str, Any]]) -> dict[str, bool | None]:
    """Whether each transaction failed, by its receipt; `None` where it does not say."""
    return {parse_hash(receipt["transactionHash"]): _has_failed(receipt) for receipt in receipts}


def _has_failed(receipt: Mapping[str, Any]) -> bool | None:
    status = receipt.get("status")
    return None if status is None else parse_quantity(status) == 0


def _list_log_places(receipts: Sequence[Mapping[str, Any]], says: str, place: str) -> list[int]:
    try:
        return [parse_quantity(log["logIndex"]) for receipt in receipts for log in receipt["logs"]]
    except (ValueError, KeyError, TypeError) as error:
        raise WrongAnswer(f"{says} cannot be read", place=place) from error


def check_parity_traces(traces: Any, block: Mapping[str, Any], place: str) -> None:
    """Hold the traces of a block as `trace_block` gives them against it.

    Raises:
        SourceDeclined: the node does not have them all.
        SourceError: they do not fit.
    """
    says = f"the traces of block {parse_quantity(block['number'])}"
    _check_complete(isinstance(traces, list) and all(isinstance(t, dict) for t in traces), says, place)
    _check_rows(lambda: iter_parity_rows(traces), says, place)
    rows = [dict(zip(TABLES[table], row, strict=True)) for table, row in iter_parity_rows(traces)]
    number = str(parse_quantity(block["number"]))
    fits = all(row["block_number"] == number for row in rows) and all(
        trace.get("blockHash", block["hash"]) == block["hash"] for trace in traces
    )
    check_that(fits, f"{says} are of another", place)
    roots = [row["transaction_hash"] for row in rows if row["trace_address"] == ""]
    hashes = list_hashes(block)
    _check_complete(list(dict.fromkeys(roots)) == hashes, says, place)
    places = {tx_hash: str(index) for index, tx_hash in enumerate(hashes)}
    stand = all(row["transaction_index"] == places.get(row["transaction_hash"] or "") for row in rows)
    check_that(stand, f"{says} name another transaction, or another place of it", place)


def check_geth_traces(traces: Any, block: Mapping[str, Any], place: str) -> None:
    """Hold the traces of a block as `debug_traceBlockByNumber` gives them against it.

    Raises:
        SourceDeclined: the node does not have them all.
        SourceError: they do not fit.
    """
    says, hashes = f"the traces of block {parse_quantity(block['number'])}", list_hashes(block)
    whole = isinstance(traces, list) and all(
        isinstance(t, dict) and isinstance(t.get("result"), dict) for t in traces
    )
    _check_complete(whole and len(traces) == len(hashes), says, place)
    stated = [t.get("txHash", tx_hash) for t, tx_hash in zip(traces, hashes, strict=True)]
    check_that(stated == hashes, f"{says} are of another", place)
    _check_rows(lambda: iter_geth_rows(parse_quantity(block["number"]), hashes, traces), says, place)


def check_roots(rows: Rows, block: Mapping[str, Any], failed: Mapping[str, bool | None], place: str) -> None:
    """Hold the first call of each transaction, among the rows of a block's traces, against it and its receipt.

    Raises:
        SourceError: it is another's, or one failed and the other did not.
    """
    transactions = {parse_hash(tx["hash"]): tx for tx in block["transactions"]}
    for table, values in rows:
        row = dict(zip(TABLES[table], values, strict=True))
        if row["trace_address"] != "" or row["transaction_hash"] is None:
            continue
        tx_hash = row["transaction_hash"]
        says = f"the traces of transaction {tx_hash}"
        check_that(_fits(row, transactions[tx_hash]), f"{says} have another sender, receiver or value", place)
        agrees = failed.get(tx_hash) in (None, row["status"] == "0")
        check_that(agrees, f"{says} and its receipt differ on whether it failed", place)


def _fits(row: Mapping[str, str | None], tx: Mapping[str, Any]) -> bool:
    makes = tx.get("to") is None
    receiver = makes or row["to_address"] == str(tx["to"]).lower()
    ends = row["from_address"] == str(tx["from"]).lower() and receiver
    return (
        ends and makes == (row["trace_type"] == "create") and row["value"] == str(parse_quantity(tx["value"]))
    )


def _check_complete(fits: object, says: str, place: str) -> None:
    if not fits:
        raise SourceDeclined(f"{says} are not complete", place=place)


def _check_rows(rows: Callable[[], Rows | Any], says: str, place: str) -> None:
    try:
        for _ in rows():
            pass
    except SourceError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise WrongAnswer(f"{says} cannot be read", place=place) from error
