"""A small Tron chain, and what a server that speaks TronGrid's API tells of it; transactions are signed for in real bytes."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass, field
from typing import Any

from tests.explorers.serving import Answer

from jindo.base.ids import TRON, Account, TxId, native_asset, parse_tron_address, token_asset
from jindo.ledger import Kind, Transfer

TOPIC = "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
PEOPLE = tuple(f"41{0xA000 + i:040x}" for i in range(10))
TOKEN = f"41{0xC000:040x}"
CONTRACT = f"41{0xD000:040x}"
START = 1_600_000_000


def show(address: str) -> Account:
    """The `T…` form of a hex address."""
    return parse_tron_address(address)


def varint(number: int) -> bytes:
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def number_field(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value)


def bytes_field(number: int, value: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(value)) + value


@dataclass
class TronTx:
    """One transaction: a transfer of TRX, or a call of a contract that moves tokens or pays on."""

    block: int
    index: int
    sender: str
    receiver: str
    value: int
    is_call: bool = False
    fee: int = 0
    failed: bool = False
    logs: list[tuple[str, str, int]] = field(default_factory=list)
    """Sender, receiver and value of each movement of `TOKEN`."""
    internals: list[tuple[str, str, int, bool]] = field(default_factory=list)
    """Sender, receiver, value, and whether it was rejected."""

    @property
    def raw(self) -> bytes:
        sort = 31 if self.is_call else 1
        ends = bytes_field(1, bytes.fromhex(self.sender)) + bytes_field(2, bytes.fromhex(self.receiver))
        name = b"type.googleapis.com/protocol." + (
            b"TriggerSmartContract" if self.is_call else b"TransferContract"
        )
        parameter = bytes_field(1, name) + bytes_field(2, ends + number_field(3, self.value))
        contract = number_field(1, sort) + bytes_field(2, parameter)
        return (
            bytes_field(1, self.index.to_bytes(2, "big"))
            + bytes_field(11, contract)
            + number_field(14, self.time)
        )

    @property
    def txid(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def time(self) -> int:
        """Milliseconds."""
        return 1000 * (START + 3 * self.block)

    def rows(self) -> list[Transfer]:
        """What it moves."""
        native = native_asset(TRON)

        def row(kind: Kind, a: str, b: str | None, units: int, asset: Any, place: int | None) -> Transfer:
            ends = show(a), None if b is None else show(b)
            return Transfer(
                self.block, TxId(self.txid), *ends, units, asset, kind, self.time // 1000, self.index, place
            )

        rows = [row(Kind.GAS, self.sender, None, self.fee, native, None)]
        if self.failed:
            return rows
        rows.append(row(Kind.NATIVE, self.sender, self.receiver, self.value, native, 0))
        for place, (a, b, units, rejected) in enumerate(self.internals, 1):
            rows += [] if rejected else [row(Kind.NATIVE, a, b, units, native, place)]
        token = token_asset(TRON, show(TOKEN))
        return rows + [row(Kind.TOKEN, a, b, units, token, n) for n, (a, b, units) in enumerate(self.logs)]

    def people(self) -> set[str]:
        """Who stands in the server's lists with it."""
        return {self.sender, self.receiver, *(who for each in self.internals for who in each[:2])}


def make_tron(seed: int, *, transactions: int = 140) -> list[TronTx]:
    """Transactions in order, several of them in some blocks."""
    rng, made = random.Random(seed), []
    block, index = 1_000, 0
    for _ in range(transactions):
        block, index = (block + rng.randint(1, 4), 0) if rng.randrange(3) else (block, index + 1)
        sender, receiver = rng.sample(PEOPLE, 2)
        tx = TronTx(
            block, index, sender, receiver, rng.randrange(1, 9_000_000), fee=rng.choice((0, 1_100_000))
        )
        sort = rng.randrange(6)
        if sort == 0:
            tx.is_call, tx.receiver, tx.failed = True, CONTRACT, True
        elif sort == 1:
            tx.is_call, tx.receiver = True, CONTRACT
            tx.internals = [(CONTRACT, receiver, tx.value, False), (CONTRACT, sender, 5, True)]
        elif sort in (2, 3):
            tx.is_call, tx.receiver, tx.value = True, TOKEN, 0
            tx.logs = [(*rng.sample(PEOPLE, 2), rng.randrange(1, 10**12)) for _ in range(rng.randint(1, 2))]  # type: ignore[misc]
        made.append(tx)
    return made


class TronGridServer:
    """Answers of a server that has these transactions."""

    def __init__(self, made: list[TronTx], *, page: int = 200) -> None:
        self.made, self.page = made, page
        self.by_id = {tx.txid: tx for tx in made}
        self.change_receipt: Any = lambda receipt: receipt
        self.change_signed: Any = lambda signed: signed

    def __call__(self, path: str, query: dict[str, str], posted: bytes) -> Answer:
        asked = json.loads(posted) if posted else {}
        if path.startswith("/v1/accounts/"):
            return self._list(path.split("/")[3], query, tokens=path.endswith("/trc20"))
        call = path.removeprefix("/walletsolidity/")
        tx = self.by_id.get(asked.get("value", ""))
        if call == "getnowblock":
            return _dump(self._block(self.made[-1].block + 1))
        if call == "getblockbynum":
            return _dump(self._block(asked["num"]))
        if tx is None:
            return b"{}"
        return _dump(
            self.change_signed(self._signed(tx)) if call == "gettransactionbyid" else self._receipt(tx)
        )

    def _block(self, height: int) -> dict[str, Any]:
        header = {"number": height, "timestamp": 1000 * (START + 3 * height)}
        inside = sorted((tx for tx in self.made if tx.block == height), key=lambda tx: tx.index)
        return {"block_header": {"raw_data": header}, "transactions": [{"txID": tx.txid} for tx in inside]}

    def _signed(self, tx: TronTx) -> dict[str, Any]:
        ret = [{"contractRet": "REVERT" if tx.failed else "SUCCESS", "fee": tx.fee}]
        return {"ret": ret, "txID": tx.txid, "raw_data_hex": tx.raw.hex(), "raw_data": {"contract": []}}

    def _receipt(self, tx: TronTx) -> dict[str, Any]:
        receipt: dict[str, Any] = {
            "id": tx.txid, "fee": tx.fee, "blockNumber": tx.block, "blockTimeStamp": tx.time, "contractResult": [""],
            "receipt": {"result": "REVERT" if tx.failed else "SUCCESS"} if tx.is_call else {"net_fee": 100_000},
        }  # fmt: skip
        receipt |= {"result": "FAILED"} if tx.failed else {}
        if tx.logs:
            receipt["log"] = [
                {
                    "address": TOKEN[2:],
                    "topics": [TOPIC, f"{a[2:]:0>64}", f"{b[2:]:0>64}"],
                    "data": f"{units:064x}",
                }
                for a, b, units in tx.logs
            ]
        if tx.internals:
            receipt["internal_transactions"] = [
                {
                    "hash": "00" * 32, "caller_address": a, "transferTo_address": b, "note": b"call".hex(),
                    "callValueInfo": [{"callValue": units}], **({"rejected": True} if rejected else {}),
                }
                for a, b, units, rejected in tx.internals
            ]  # fmt: skip
        return self.change_receipt(receipt)  # type: ignore[no-any-return]

    def _list(self, who: str, query: dict[str, str], *, tokens: bool) -> Answer:
        rows = [row for tx in self.made for row in (self._token_rows if tokens else self._own_rows)(tx, who)]
        start = int(query.get("fingerprint", "0"))
        size = min(int(query["limit"]), self.page)
        meta: dict[str, Any] = {"at": 1, "page_size": size}
        if start + size < len(rows):
            meta["fingerprint"] = str(start + size)
        return _dump({"data": rows[start : start + size], "success": True, "meta": meta})

    def _own_rows(self, tx: TronTx, who: str) -> list[dict[str, Any]]:
        rows = []
        if who in (show(tx.sender), show(tx.receiver)):
            rows.append({**self._signed(tx), "blockNumber": tx.block, "block_timestamp": tx.time})
        for a, b, units, rejected in tx.internals:
            if who in (show(a), show(b)):
                data = {"note": "call", "rejected": rejected, "call_value": {"_": units}}
                rows.append({"internal_tx_id": "00" * 32, "tx_id": tx.txid, "data": data, "from_address": a})
        return rows

    def _token_rows(self, tx: TronTx, who: str) -> list[dict[str, Any]]:
        token = {"symbol": "USDT", "address": show(TOKEN), "decimals": 6, "name": "Tether USD"}
        return [
            {
                "transaction_id": tx.txid, "token_info": token, "block_timestamp": tx.time, "from": show(a),
                "to": show(b), "type": "Transfer", "value": str(units),
            }
            for a, b, units in tx.logs
            if who in (show(a), show(b))
        ]  # fmt: skip


def _dump(value: Any) -> bytes:
    return json.dumps(value).encode()
