"""What an Ethereum node's answers say, as rows of the tables that ethereum-etl writes.

* Numbers become decimal text; addresses and hashes stay hex. What is missing stays missing.
* Of the logs only those of the event Transfer are taken, whole: `ethereum_logs` says which are an amount.
* Traces come in two forms, Parity's list and Geth's tree of calls; both become ethereum-etl's traces.
* A withdrawal is a trace of its own at the block's end, in wei.

Whether an answer fits the block is `ethereum_checks`'s; which rows move value, `ethereum_etl`'s.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

Row: TypeAlias = tuple[str | None, ...]
Rows: TypeAlias = Iterator[tuple[str, Row]]
"""Name of the table, and a row with its columns in order."""

TABLES: Mapping[str, tuple[str, ...]] = {
    "blocks": ("number", "timestamp"),
    "transactions": (
        "block_number", "hash", "transaction_index", "from_address", "to_address", "value", "block_timestamp", "gas_price",
    ),
    "receipts": ("transaction_hash", "status", "gas_used", "effective_gas_price", "contract_address"),
    "logs": ("block_number", "transaction_hash", "transaction_index", "log_index", "address", "topics", "data"),
    "traces": (
        "block_number", "transaction_hash", "transaction_index", "from_address", "to_address", "value", "trace_type",
        "call_type", "trace_address", "trace_index", "status", "error",
    ),
}  # fmt: skip

BLOCK = "eth_getBlockByNumber"
RECEIPTS = ("eth_getBlockReceipts", "eth_getTransactionReceipt")
"""Ways to the receipts of a block, the better first."""
TRACES = ("trace_block", "debug_traceBlockByNumber", "")
"""Ways to its traces, the better first; the last is to do without."""

TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
"""Keccak-256 of `Transfer(address,address,uint256)`."""
WEI_PER_GWEI = 10**9

_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_DATA = re.compile(r"0x[0-9a-fA-F]*")


def parse_quantity(text: Any) -> int:
    """The number written as `text`, hex after 0x.

    Raises:
        ValueError: it is none, or has more than 256 bits.
    """
    return int(_match(_QUANTITY, text, "number"), 16)


def parse_hash(text: Any) -> str:
    """A 32-byte hash, in lower case.

    Raises:
        ValueError: it is none.
    """
    return _match(_HASH, text, "hash").lower()


def iter_block_rows(block: Mapping[str, Any]) -> Rows:
    """Rows of a block with its transactions in full, and of its withdrawals.

    Raises:
        ValueError: a field is not what it should be.
    """
    number, time = _number(block["number"]), _number(block["timestamp"])
    yield "blocks", (number, time)
    for tx in block["transactions"]:
        yield (
            "transactions",
            (
                number,
                parse_hash(tx["hash"]),
                _number(tx["transactionIndex"]),
                _address(tx["from"]),
                _maybe(_address, tx.get("to")),
                _number(tx["value"]),
                time,
                _maybe(_number, tx.get("gasPrice")),
            ),
        )
    for place, each in enumerate(block.get("withdrawals") or ()):
        value = str(parse_quantity(each["amount"]) * WEI_PER_GWEI)
        yield "traces", _issue(number, _address(each["address"]), value, "withdrawal", place)


def iter_receipt_rows(receipt: Mapping[str, Any]) -> Rows:
    """Rows of a receipt and of those of its logs that are called Transfer.

    Raises:
        ValueError: a field is not what it should be.
    """
    tx_hash = parse_hash(receipt["transactionHash"])
    yield (
        "receipts",
        (
            tx_hash,
            _maybe(_number, receipt.get("status")),
            _number(receipt["gasUsed"]),
            _maybe(_number, receipt.get("effectiveGasPrice")),
            _maybe(_address, receipt.get("contractAddress")),
        ),
    )
    for log in receipt["logs"]:
        topics = [parse_hash(topic) for topic in log["topics"]]
        if topics[:1] == [TRANSFER]:
            block, index = _number(receipt["blockNumber"]), _number(receipt["transactionIndex"])
            place, token = _number(log["logIndex"]), _address(log["address"])
            data = _match(_DATA, log["data"], "data").lower()
            yield "logs", (block, tx_hash, index, place, token, ",".join(topics), data)


def iter_parity_rows(traces: Sequence[Mapping[str, Any]]) -> Rows:
    """Rows of a block's traces as `trace_block` gives them.

    Raises:
        ValueError: a field is not what it should be.
    """
    for place, trace in enumerate(traces):
        number, sort, action = str(int(trace["blockNumber"])), str(trace["type"]), trace["action"]
        if sort == "reward":
            value = _number(action["value"])
            yield "traces", _issue(number, _address(action["author"]), value, sort, place)
            continue
        error = _maybe(str, trace.get("error"))
        yield (
            "traces",
            (
                number,
                parse_hash(trace["transactionHash"]),
                str(int(trace["transactionPosition"])),
                *_find_ends(sort, action, trace.get("result") or {}),
                sort,
                _maybe(str, action.get("callType")),
                ",".join(str(int(step)) for step in trace["traceAddress"]),
                str(place),
                "0" if error else "1",
                error,
            ),
        )


def iter_geth_rows(number: int, hashes: Sequence[str], traces: Sequence[Mapping[str, Any]]) -> Rows:
    """Rows of a block's traces as `debug_traceBlockByNumber` with `callTracer` gives them, a tree a transaction.

    Raises:
        ValueError: a field is not what it should be.
    """
    place = 0
    for index, (tx_hash, trace) in enumerate(zip(hashes, traces, strict=True)):
        for path, frame in _walk(trace["result"]):
            error = _maybe(str, frame.get("error"))
            ends = _maybe(_address, frame.get("from")), _maybe(_address, frame.get("to"))
            value = _number(frame.get("value") or "0x0")
            names = _name_call(str(frame["type"]))
            steps, status = ",".join(map(str, path)), "0" if error else "1"
            at = (str(number), tx_hash, str(index))
            yield "traces", (*at, *ends, value, *names, steps, str(place), status, error)
            place += 1


def _walk(root: Mapping[str, Any]) -> Iterator[tuple[tuple[int, ...], Mapping[str, Any]]]:
    """Every call of a tree with its place, a caller before what it calls; without recursion, for calls run deep."""
    todo: list[tuple[tuple[int, ...], Mapping[str, Any]]] = [((), root)]
    while todo:
        path, frame = todo.pop()
        yield path, frame
        calls = list(enumerate(frame.get("calls") or ()))
        todo += [((*path, step), call) for step, call in reversed(calls)]


def _name_call(sort: str) -> tuple[str, str | None]:
    sort = sort.lower()
    if sort in ("create", "create2"):
        return "create", None
    return ("suicide", None) if sort == "selfdestruct" else ("call", sort)


def _find_ends(
    sort: str, action: Mapping[str, Any], result: Mapping[str, Any]
) -> tuple[str | None, str | None, str | None]:
    """Sender, receiver and value of one of Parity's traces."""
    if sort == "suicide":
        return _address(action["address"]), _address(action["refundAddress"]), _number(action["balance"])
    receiver = result.get("address") if sort == "create" else action.get("to")
    return _address(action["from"]), _maybe(_address, receiver), _number(action["value"])


def _issue(number: str, receiver: str, value: str, sort: str, place: int) -> Row:
    return (number, None, None, None, receiver, value, sort, None, None, str(place), "1", None)


def _number(text: Any) -> str:
    return str(parse_quantity(text))


def _address(text: Any) -> str:
    return _match(_ADDRESS, text, "address").lower()


def _maybe(parse: Callable[[Any], str], value: Any) -> str | None:
    return None if value is None else parse(value)


def _match(form: re.Pattern[str], text: Any, says: str) -> str:
    if not isinstance(text, str) or not form.fullmatch(text):
        raise ValueError(f"what should be a {says} is none")
    return text
