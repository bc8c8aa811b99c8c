"""A small EVM chain, random but valid, and what explorers that speak Etherscan's API tell of it.

* The server speaks as Etherscan does (no log index, no index of internal movements, calls through `proxy`), or as
  Blockscout does (both indices, calls beside the API).
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any

from tests.explorers.serving import Answer

from jindo.base.ids import Account, ChainId, TxId, native_asset, token_asset
from jindo.ledger import Kind, Transfer

CHAIN = ChainId("eip155:137")
TOKENS = tuple(f"0x{0xC000 + i:040x}" for i in range(2))
PEOPLE = tuple(f"0x{0xA000 + i:040x}" for i in range(14))
CONTRACT = f"0x{0xD000:040x}"
TOPIC = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
START = 1_600_000_000


@dataclass
class Internal:
    sender: str
    receiver: str
    value: int
    error: bool = False
    sort: str = "call"


@dataclass
class Log:
    index: int
    contract: str
    sender: str
    receiver: str
    value: int


@dataclass
class EvmTx:
    """One transaction."""

    number: int
    block: int
    index: int
    sender: str
    receiver: str
    value: int
    gas: int = 21_000
    price: int = 7
    failed: bool = False
    internals: list[Internal] = field(default_factory=list)
    logs: list[Log] = field(default_factory=list)

    @property
    def hash(self) -> str:
        return f"0x{self.number:064x}"

    @property
    def time(self) -> int:
        return START + 12 * self.block

    def touches(self, who: str) -> bool:
        return who in (self.sender, self.receiver)

    def rows(self) -> list[Transfer]:
        """What it moves."""
        native = native_asset(CHAIN)

        def row(kind: Kind, a: str, b: str | None, units: int, asset: Any, place: int | None) -> Transfer:
            receiver = None if b is None else Account(b)
            return Transfer(
                self.block,
                TxId(self.hash),
                Account(a),
                receiver,
                units,
                asset,
                kind,
                self.time,
                self.index,
                place,
            )

        rows = [row(Kind.GAS, self.sender, None, self.gas * self.price, native, None)]
        if self.failed:
            return rows
        rows.append(row(Kind.NATIVE, self.sender, self.receiver, self.value, native, 0))
        rows += [
            row(Kind.NATIVE, each.sender, each.receiver, each.value, native, place)
            for place, each in enumerate(self.internals, 1)
            if each.value and not each.error and each.sort != "delegatecall"
        ]
        return rows + [
            row(Kind.TOKEN, log.sender, log.receiver, log.value, token_asset(CHAIN, log.contract), log.index)
            for log in self.logs
        ]


def make_evm(seed: int, *, transactions: int = 160) -> list[EvmTx]:
    """Transactions in order: people pay each other in coins and tokens, some through a contract, some in vain."""
    rng = random.Random(seed)
    made: list[EvmTx] = []
    block, index = 100, 0
    for number in range(1, transactions + 1):
        if rng.randrange(3):
            block, index = block + rng.randint(1, 3), 0
        else:
            index += 1
        sender, receiver = rng.sample(PEOPLE, 2)
        tx = EvmTx(number, block, index, sender, receiver, rng.randrange(1, 5_000_000))
        sort = rng.randrange(6)
        if sort == 0:
            tx.failed = True
            tx.internals = [Internal(CONTRACT, receiver, 5, error=True)]
        elif sort == 1:
            parts = rng.randint(1, 3)
            tx.receiver = CONTRACT
            tx.internals = [Internal(CONTRACT, rng.choice(PEOPLE), tx.value // parts) for _ in range(parts)]
            tx.internals.insert(rng.randrange(2), Internal(CONTRACT, PEOPLE[0], 99, sort="delegatecall"))
            tx.internals.append(Internal(CONTRACT, PEOPLE[1], 77, error=True))
        elif sort in (2, 3):
            tx.value, tx.receiver = 0, rng.choice(TOKENS)
            tx.logs = [_make_log(rng, 10 * index + n) for n in range(rng.randint(1, 3))]
        made.append(tx)
    return made


def _make_log(rng: random.Random, index: int) -> Log:
    sender, receiver = rng.sample(PEOPLE, 2)
    return Log(index, rng.choice(TOKENS), sender, receiver, rng.randrange(1, 10**21))


class EtherscanServer:
    """Answers of an explorer that has these transactions; `change` may rewrite any row of a list before it is sent."""

    def __init__(self, made: list[EvmTx], *, blockscout: bool, window: int = 10_000) -> None:
        self.made, self.blockscout, self.window = made, blockscout, window
        self.by_hash = {tx.hash: tx for tx in made}
        self.on_top = 17
        """Further blocks, with nothing that anybody asks for."""
        self.key = ""
        """The key that is wanted, empty for none."""
        self.limited = 0
        """So many of the next answers say that there were too many requests, as Etherscan does: with status 200."""
        self.change: Any = lambda action, row: row

    def __call__(self, path: str, query: dict[str, str], posted: bytes) -> Answer:
        if self.limited:
            self.limited -= 1
            return _dump(
                {"status": "0", "message": "NOTOK", "result": "Max calls per sec rate limit reached (3/sec)"}
            )
        if posted:
            if not (self.blockscout and path.endswith("/eth-rpc")):
                return None
            call = json.loads(posted)
            return _dump(
                {"jsonrpc": "2.0", "id": call["id"], "result": self._call(call["method"], call["params"])}
            )
        if self.key and query.get("apikey") != self.key:
            return _dump({"status": "0", "message": "NOTOK", "result": "Missing/Invalid API Key"})
        if query.get("module") == "proxy":
            return self._proxy(query)
        return self._list(query)

    def _proxy(self, query: dict[str, str]) -> Answer:
        if self.blockscout:
            return _dump({"status": "0", "message": "Unknown module", "result": None})
        given = [query.get("txhash") or query.get("tag")]
        return _dump({"jsonrpc": "2.0", "id": 1, "result": self._call(query["action"], given)})

    def _call(self, method: str, given: list[Any]) -> Any:
        if method == "eth_blockNumber":
            return hex(self.made[-1].block + self.on_top)
        if method == "eth_chainId":
            return hex(int(CHAIN.partition(":")[2]))
        if method == "eth_getBlockByNumber":
            number = int(given[0], 16)
            return {"number": given[0], "timestamp": hex(START + 12 * number)}
        tx = self.by_hash.get(given[0])
        if tx is None:
            return None
        place = {"blockNumber": hex(tx.block), "transactionIndex": hex(tx.index)}
        if method == "eth_getTransactionByHash":
            return {
                **place, "hash": tx.hash, "from": tx.sender, "to": tx.receiver, "value": hex(tx.value),
                "gasPrice": hex(tx.price), "gas": hex(9 * tx.gas),
            }  # fmt: skip
        return {
            **place, "transactionHash": tx.hash, "status": hex(not tx.failed), "gasUsed": hex(tx.gas),
            "effectiveGasPrice": hex(tx.price), "contractAddress": None, "logs": [self._log(log) for log in tx.logs],
        }  # fmt: skip

    def _log(self, log: Log) -> dict[str, Any]:
        ends = [f"0x{end[2:]:0>64}" for end in (log.sender, log.receiver)]
        return {
            "address": log.contract, "topics": [TOPIC, *ends], "data": f"0x{log.value:064x}", "logIndex": hex(log.index),
        }  # fmt: skip

    def _list(self, query: dict[str, str]) -> Answer:
        action, who = query["action"], query.get("address", "")
        if "txhash" in query:
            tx = self.by_hash.get(query["txhash"])
            rows = [self._internal(tx, n, whole=True) for n in range(len(tx.internals))] if tx else []
        else:
            first, last = int(query.get("startblock", 0)), int(query.get("endblock", 10**9))
            rows = [
                row for tx in self.made if first <= tx.block <= last for row in self._rows(action, tx, who)
            ]
            page, size = int(query.get("page", 1)), int(query.get("offset", 10_000))
            if page * size > 10_000:
                return _dump({"status": "0", "message": "NOTOK", "result": "Result window is too large"})
            rows = rows[: self.window][(page - 1) * size : page * size]
        rows = [self.change(action, row) for row in rows]
        if not rows:
            return _dump({"status": "0", "message": "No transactions found", "result": []})
        return _dump({"status": "1", "message": "OK", "result": rows})

    def _rows(self, action: str, tx: EvmTx, who: str) -> list[dict[str, Any]]:
        if action == "txlist":
            return [self._own(tx)] if tx.touches(who) else []
        if action == "txlistinternal":
            return [
                self._internal(tx, n)
                for n, each in enumerate(tx.internals)
                if who in (each.sender, each.receiver)
            ]
        return [self._token(tx, log) for log in tx.logs if who in (log.sender, log.receiver)]

    def _own(self, tx: EvmTx) -> dict[str, Any]:
        return {
            "blockNumber": str(tx.block), "timeStamp": str(tx.time), "hash": tx.hash,
            "transactionIndex": str(tx.index), "from": tx.sender, "to": tx.receiver, "value": str(tx.value),
            "gas": "99", "gasPrice": str(tx.price), "gasUsed": str(tx.gas), "isError": str(int(tx.failed)),
            "txreceipt_status": str(int(not tx.failed)), "contractAddress": "",
        }  # fmt: skip

    def _internal(self, tx: EvmTx, n: int, *, whole: bool = False) -> dict[str, Any]:
        each = tx.internals[n]
        row = {
            "blockNumber": str(tx.block), "timeStamp": str(tx.time), "from": each.sender, "to": each.receiver,
            "value": str(each.value), "contractAddress": "", "isError": str(int(each.error)), "gasUsed": "0",
        }  # fmt: skip
        if self.blockscout:
            call = "delegatecall" if each.sort == "delegatecall" else "call"
            return {**row, "transactionHash": tx.hash, "index": str(n + 1), "type": "call", "callType": call}
        return {**row, "type": each.sort, **({} if whole else {"hash": tx.hash, "traceId": f"0_{n}"})}

    def _token(self, tx: EvmTx, log: Log) -> dict[str, Any]:
        row = {
            "blockNumber": str(tx.block), "timeStamp": str(tx.time), "hash": tx.hash,
            "transactionIndex": str(tx.index), "from": log.sender, "to": log.receiver, "value": str(log.value),
            "contractAddress": log.contract, "tokenSymbol": "USDX", "tokenDecimal": "6",
        }  # fmt: skip
        return {**row, "logIndex": str(log.index)} if self.blockscout else row


def _dump(value: Any) -> bytes:
    return json.dumps(value).encode()
