"""A small Ethereum chain as a node answers for it, and, written out by hand, as ethereum-etl would export it."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from tests.unit.ledger.rpc_server import Method, RpcError

from jindo.ledger.sources.ethereum_answers import TRANSFER
from jindo.ledger.sources.ethereum_header import compute_block_hashes

CHAIN_ID = 31337
A, B, C, D, SHOP, TOKEN = (f"0x{n:040x}" for n in (0xA, 0xB, 0xC, 0xD, 0x5109, 0x70C3))
TIP = 40
ETHER = 10**18
PRICE = 7


def name(text: str) -> str:
    return "0x" + hashlib.sha256(text.encode()).hexdigest()


def word(address: str) -> str:
    return "0x" + address[2:].zfill(64)


TX = {who: name(who) for who in ("pay", "shop", "token", "fail", "make")}
BLOCK_OF = {"pay": 3, "shop": 3, "token": 12, "fail": 12, "make": 13}


class EthereumNode:
    """The chain; its methods are a node's, and a test may put others in their place."""

    def __init__(self, *, branch: str = "", branch_from: int = TIP + 1) -> None:
        self.blocks = make_blocks(branch, branch_from)
        self.methods: dict[str, Method] = {
            "eth_chainId": lambda: hex(CHAIN_ID),
            "eth_blockNumber": lambda: hex(TIP),
            "eth_getBlockByNumber": lambda number, _full: self.at(number),
            "eth_getBlockReceipts": self.receipts,
            "eth_getTransactionReceipt": self.receipt,
            "trace_block": self.parity_traces,
            "debug_traceBlockByNumber": self.geth_traces,
        }

    def at(self, number: str) -> dict[str, Any] | None:
        place = int(number, 16)
        return self.blocks[place] if place <= TIP else None

    def receipts(self, number: str) -> list[dict[str, Any]]:
        block = self.at(number)
        assert block is not None
        return [make_receipt(block, tx) for tx in block["transactions"]]

    def receipt(self, tx_hash: str) -> dict[str, Any]:
        return next(
            r for b in self.blocks for r in self.receipts(b["number"]) if r["transactionHash"] == tx_hash
        )

    def parity_traces(self, number: str) -> list[dict[str, Any]]:
        block = self.at(number)
        assert block is not None
        found = []
        for tx in block["transactions"]:
            for path, frame in walk((), TREES[tx["what"]]):
                found.append(to_parity(block, tx, path, frame))
        if int(number, 16) == 5:
            action = {"author": D, "rewardType": "block", "value": hex(2 * ETHER)}
            found.append(
                {"action": action, "blockHash": block["hash"], "blockNumber": 5, "result": None, "subtraces": 0,
                 "traceAddress": [], "type": "reward"}
            )  # fmt: skip
        return found

    def geth_traces(self, number: str, tracer: dict[str, str]) -> list[dict[str, Any]]:
        if tracer["tracer"] != "callTracer":
            raise RpcError(-32602, "no such tracer")
        block = self.at(number)
        assert block is not None
        return [{"txHash": tx["hash"], "result": TREES[tx["what"]]} for tx in block["transactions"]]


@cache
def make_blocks(branch: str, branch_from: int) -> list[dict[str, Any]]:
    """The chain; from a block on it may be another one."""
    blocks: list[dict[str, Any]] = []
    parent = "0x" + "00" * 32
    for number in range(TIP + 1):
        blocks.append(make_block(number, parent, branch if number >= branch_from else ""))
        parent = blocks[-1]["hash"]
    return blocks


def call(
    sender: str, receiver: str | None, value: int, *calls: Any, sort: str = "CALL", error: str = ""
) -> Any:
    """A call as Geth's callTracer gives it."""
    frame: dict[str, Any] = {"type": sort, "from": sender, "gas": "0x1", "gasUsed": "0x1", "input": "0x"}
    frame |= {"to": receiver} if receiver else {}
    frame |= {} if sort == "STATICCALL" else {"value": hex(value)}
    frame |= {"error": error} if error else {}
    return frame | ({"calls": list(calls)} if calls else {})


TREES = {
    "pay": call(A, B, 3 * ETHER),
    "shop": call(
        B, SHOP, 1000,
        call(SHOP, C, 600),
        call(SHOP, D, 1, call(D, A, 1), error="execution reverted"),
        call(SHOP, D, 0, sort="STATICCALL"),
        call(SHOP, A, 400, sort="DELEGATECALL"),
    ),
    "token": call(A, TOKEN, 0),
    "fail": call(A, SHOP, 77, call(SHOP, C, 77), error="execution reverted"),
    "make": call(A, D, 50, call(D, C, 50, sort="SELFDESTRUCT"), sort="CREATE"),
}  # fmt: skip
"""What each transaction calls."""


def walk(path: tuple[int, ...], frame: Any) -> list[tuple[tuple[int, ...], Any]]:
    return [(path, frame)] + [
        found for step, each in enumerate(frame.get("calls", ())) for found in walk((*path, step), each)
    ]


def to_parity(block: Any, tx: Any, path: tuple[int, ...], frame: Any) -> dict[str, Any]:
    sort, value = frame["type"].lower(), frame.get("value", "0x0")
    trace: dict[str, Any] = {
        "blockHash": block["hash"], "blockNumber": int(block["number"], 16), "subtraces": len(frame.get("calls", ())),
        "traceAddress": list(path), "transactionHash": tx["hash"],
        "transactionPosition": int(tx["transactionIndex"], 16),
    }  # fmt: skip
    if sort == "selfdestruct":
        action = {"address": frame["from"], "refundAddress": frame["to"], "balance": value}
        return trace | {"type": "suicide", "action": action, "result": None}
    if sort == "create":
        action = {"from": frame["from"], "value": value, "gas": "0x1", "init": "0x"}
        return trace | {"type": "create", "action": action, "result": {"address": frame["to"], "code": "0x"}}
    action = {"from": frame["from"], "to": frame["to"], "value": value, "callType": sort, "input": "0x"}
    trace |= {"type": "call", "action": action}
    return trace | (
        {"error": "Reverted"} if "error" in frame else {"result": {"gasUsed": "0x1", "output": "0x"}}
    )


def make_block(number: int, parent: str, branch: str) -> dict[str, Any]:
    block: dict[str, Any] = {
        "number": hex(number), "parentHash": parent, "sha3Uncles": name("uncles"), "miner": D,
        "stateRoot": name(f"state {number}"), "transactionsRoot": name(f"transactions {number}"),
        "receiptsRoot": name(f"receipts {number}"), "logsBloom": "0x" + "00" * 256, "difficulty": "0x0",
        "gasLimit": hex(30_000_000), "gasUsed": hex(21_000 * number), "timestamp": hex(time_of(number)),
        "extraData": "0x" + branch.encode().hex(), "mixHash": name("mix"), "nonce": "0x" + "00" * 8,
        "baseFeePerGas": hex(PRICE - 2), "withdrawalsRoot": name(f"withdrawals {number}"), "uncles": [], "size": "0x1",
    }  # fmt: skip
    (block["hash"],) = compute_block_hashes([block])
    of_block = [what for what, place in BLOCK_OF.items() if place == number]
    block["transactions"] = [make_transaction(block, index, what) for index, what in enumerate(of_block)]
    if number == 20:
        block["withdrawals"] = [
            {"index": "0x7", "validatorIndex": "0x9", "address": C, "amount": hex(32_000)}
        ]
    return block


def make_transaction(block: dict[str, Any], index: int, what: str) -> dict[str, Any]:
    tree = TREES[what]
    return {
        "hash": TX[what], "blockHash": block["hash"], "blockNumber": block["number"], "transactionIndex": hex(index),
        "from": tree["from"], "to": None if tree["type"] == "CREATE" else tree["to"], "value": tree["value"],
        "gas": "0x100000", "gasPrice": hex(PRICE), "input": "0x", "nonce": "0x0", "what": what,
    }  # fmt: skip


def make_receipt(block: dict[str, Any], tx: dict[str, Any]) -> dict[str, Any]:
    what = tx["what"]
    of_chain = {"blockHash": block["hash"], "blockNumber": block["number"]}
    of_tx = {"transactionHash": tx["hash"], "transactionIndex": tx["transactionIndex"]}
    logs: list[dict[str, Any]] = []
    if what == "token":
        moved = [TRANSFER, word(A), word(B)]
        logs = [
            {"topics": moved, "data": word("0x" + "ff" * 20)},
            {"topics": [name("Approval")], "data": "0x"},
            {"topics": [*moved, word("0x2a")], "data": "0x"},
            {"topics": moved, "data": "0x"},
            {"topics": [], "data": "0x"},
        ]
        logs = [log | {"address": TOKEN, "logIndex": hex(n)} | of_chain | of_tx for n, log in enumerate(logs)]
    return {
        **of_chain, **of_tx, "status": "0x0" if what == "fail" else "0x1", "gasUsed": hex(21_000),
        "cumulativeGasUsed": hex(21_000), "effectiveGasPrice": hex(PRICE), "logs": logs,
        "contractAddress": D if what == "make" else None,
    }  # fmt: skip


def time_of(number: int) -> int:
    return 1_700_000_000 + 12 * number


def write_etl(folder: Path, *, rewards: bool = True, traces: bool = True) -> Path:
    """The same chain as ethereum-etl exports it."""
    folder.mkdir()
    transactions, receipts, found = [], [], []
    for what, tree in TREES.items():
        block = BLOCK_OF[what]
        index = [other for other in TREES if BLOCK_OF[other] == block].index(what)
        makes = tree["type"] == "CREATE"
        transactions.append(
            {"hash": TX[what], "nonce": 0, "block_number": block, "transaction_index": index,
             "from_address": tree["from"], "to_address": None if makes else tree["to"],
             "value": int(tree["value"], 16), "gas": 1_048_576, "gas_price": PRICE, "block_timestamp": time_of(block)}
        )  # fmt: skip
        receipts.append(
            {"transaction_hash": TX[what], "status": 0 if what == "fail" else 1, "gas_used": 21_000,
             "effective_gas_price": PRICE, "cumulative_gas_used": 21_000, "contract_address": D if makes else None}
        )  # fmt: skip
        for path, frame in walk((), tree):
            sort = frame["type"].lower()
            kind = {"create": "create", "selfdestruct": "suicide"}.get(sort, "call")
            found.append(
                {"block_number": block, "transaction_hash": TX[what], "transaction_index": index,
                 "from_address": frame["from"], "to_address": frame["to"], "value": int(frame.get("value", "0x0"), 16),
                 "trace_type": kind, "call_type": sort if kind == "call" else None, "trace_address": list(path),
                 "status": 0 if "error" in frame else 1, "error": frame.get("error")}
            )  # fmt: skip
    issued = [("reward", 5, D, 2 * ETHER)] if rewards else []
    for sort, block, receiver, value in [*issued, ("withdrawal", 20, C, 32_000 * 10**9)]:
        found.append(
            {"block_number": block, "transaction_hash": None, "transaction_index": None, "from_address": None,
             "to_address": receiver, "value": value, "trace_type": sort, "call_type": None, "trace_address": None,
             "status": 1, "error": None}
        )  # fmt: skip
    tokens = [
        {"token_address": TOKEN, "from_address": A, "to_address": B, "value": value, "transaction_hash": TX["token"],
         "log_index": place, "block_number": 12}
        for place, value in ((0, 2**160 - 1),)
    ]  # fmt: skip
    blocks = [{"number": number, "timestamp": time_of(number)} for number in range(TIP + 1)]
    kept = found if traces else [row for row in found if row["transaction_hash"] is None]
    tables = {"transactions": transactions, "receipts": receipts, "traces": kept, "token_transfers": tokens}
    for table, rows in {**tables, "blocks": blocks}.items():
        (folder / f"{table}.json").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder
