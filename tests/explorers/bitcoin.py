"""A small chain of regtest blocks, random but valid, and what an explorer that speaks Esplora's API tells of it."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any

from tests.explorers.serving import Answer
from tests.unit.ledger.bitcoin.mining import (
    COINS,
    GENESIS,
    REGTEST,
    MadeTx,
    hash_of,
    make_block,
    make_coinbase,
    make_tx,
    pay_to,
)

from jindo.ledger.bitcoin.merkle import build_branch, build_levels
from jindo.ledger.bitcoin.networks import get_network
from jindo.ledger.bitcoin.script import find_address
from jindo.ledger.bitcoin.transaction import RawTransaction, parse_transaction, to_shown

PEOPLE = 12
START = 1_600_000_000


def address_of(who: int) -> str:
    """The address of somebody."""
    found = find_address(pay_to(who), get_network(REGTEST))
    assert found is not None
    return found


@dataclass
class MadeChain:
    """Blocks with their transactions."""

    blocks: list[bytes] = field(default_factory=list)
    bodies: list[list[MadeTx]] = field(default_factory=list)

    @property
    def tip(self) -> int:
        return len(self.blocks)

    def places(self) -> dict[str, tuple[int, int]]:
        """Height and index of each transaction."""
        return {tx.name: (h, i) for h, body in enumerate(self.bodies, 1) for i, tx in enumerate(body)}


def make_chain(seed: int, *, blocks: int = 25, people: int = PEOPLE) -> MadeChain:
    """A chain in which people pay each other; the first coins are each person's."""
    rng, made = random.Random(seed), MadeChain()
    unspent: list[tuple[bytes, int, int]] = []
    previous = GENESIS
    for height in range(1, blocks + 1):
        body = [make_coinbase(height, 1 + height % people)]
        body += [_pay(rng, unspent, people) for _ in range(rng.randrange(4) if unspent else 0)]
        unspent.append((body[0].txid, 0, COINS))
        block = make_block(previous, body, time=START + 600 * height)
        previous = hash_of(block)
        made.blocks.append(block)
        made.bodies.append(body)
    return made


def _pay(rng: random.Random, unspent: list[tuple[bytes, int, int]], people: int) -> MadeTx:
    spent = [unspent.pop(rng.randrange(len(unspent))) for _ in range(min(len(unspent), rng.randint(1, 3)))]
    left = sum(value for _, _, value in spent) - rng.randint(0, 5_000)
    cuts = sorted(rng.randrange(left) for _ in range(rng.randrange(3)))
    values = [b - a for a, b in zip([0, *cuts], [*cuts, left], strict=True)]
    tx = make_tx(
        [(txid, index) for txid, index, _ in spent],
        [(value, pay_to(rng.randint(1, people))) for value in values],
        witness=b"sig",
    )
    unspent += [(tx.txid, index, value) for index, value in enumerate(values)]
    return tx


class EsploraServer:
    """Answers of an explorer that has `chain`; `lies` are put into the JSON of transactions."""

    def __init__(self, chain: MadeChain) -> None:
        self.chain = chain
        self.raw: dict[str, RawTransaction] = {
            tx.name: parse_transaction(tx.stripped) for body in chain.bodies for tx in body
        }
        self.places = chain.places()
        self.spenders = {
            (to_shown(txid), index): (name, n)
            for name, raw in self.raw.items()
            for n, (txid, index) in enumerate(raw.spent)
            if not raw.is_coinbase
        }
        self.lies: dict[str, Any] = {}
        """By transaction, what is put in the place of what is true."""
        self.on_top = 6
        """Further blocks, with nothing that anybody asks for."""
        self.page, self.hidden, self.circles = 25, 0, False
        """Transactions of a page, how many are counted and not listed, and whether every page is the first."""

    def __call__(self, path: str, query: dict[str, str], posted: bytes) -> Answer:
        del query, posted
        parts = path.strip("/").split("/")
        if parts[0] == "block-height":
            return GENESIS[::-1].hex().encode()
        if parts == ["blocks", "tip", "height"]:
            return str(self.chain.tip + self.on_top).encode()
        if parts[0] == "block":
            return self._header(parts[1])
        if parts[0] == "address":
            return self._address(parts[1], parts[2:])
        return self._tx(parts[1], parts[2:]) if parts[1] in self.raw else None

    def _header(self, name: str) -> Answer:
        return next(
            (b[:80].hex().encode() for b in self.chain.blocks if hash_of(b)[::-1].hex() == name), None
        )

    def _tx(self, txid: str, rest: list[str]) -> Answer:
        if not rest:
            return json.dumps(self.tell(txid)).encode()
        height, index = self.places[txid]
        if rest == ["merkle-proof"]:
            levels = build_levels([tx.txid for tx in self.chain.bodies[height - 1]])
            branch = [to_shown(digest) for digest in build_branch(levels, index)]
            return json.dumps({"block_height": height, "merkle": branch, "pos": index}).encode()
        if rest == ["outspends"]:
            return json.dumps([self._spend(txid, n) for n in range(len(self.raw[txid].outputs))]).encode()
        return None

    def _spend(self, txid: str, index: int) -> dict[str, Any]:
        spender = self.spenders.get((txid, index))
        if spender is None:
            return {"spent": False}
        return {"spent": True, "txid": spender[0], "vin": spender[1], "status": self._status(spender[0])}

    def _status(self, txid: str) -> dict[str, Any]:
        height, _ = self.places[txid]
        block = self.chain.blocks[height - 1]
        return {
            "confirmed": True,
            "block_height": height,
            "block_hash": hash_of(block)[::-1].hex(),
            "block_time": START + 600 * height,
        }

    def tell(self, txid: str) -> dict[str, Any]:
        """A transaction as the API tells it."""
        raw = self.raw[txid]
        told = {
            "txid": txid,
            "version": 2,
            "locktime": 0,
            "vin": [self._input(raw, n) for n in range(len(raw.spent))],
            "vout": [self._output(made.value, made.script) for made in raw.outputs],
            "size": raw.size,
            "weight": 4 * raw.size,
            "fee": 0,
            "status": self._status(txid),
        }
        return {**told, **self.lies.get(txid, {})}

    def _input(self, raw: RawTransaction, n: int) -> dict[str, Any]:
        txid, index = raw.spent[n]
        prevout = None
        if not raw.is_coinbase:
            made = self.raw[to_shown(txid)].outputs[index]
            prevout = self._output(made.value, made.script)
        return {
            "txid": to_shown(txid),
            "vout": index,
            "prevout": prevout,
            "scriptsig": raw.first_script.hex() if raw.is_coinbase else "",
            "scriptsig_asm": "",
            "is_coinbase": raw.is_coinbase,
            "sequence": 0xFFFFFFFF,
        }

    def _output(self, value: int, script: bytes) -> dict[str, Any]:
        return {
            "scriptpubkey": script.hex(),
            "scriptpubkey_asm": "",
            "scriptpubkey_type": "v0_p2wpkh",
            "scriptpubkey_address": find_address(script, get_network(REGTEST)),
            "value": value,
        }

    def _address(self, address: str, rest: list[str]) -> Answer:
        mine = [name for name, raw in self.raw.items() if self._touches(raw, address)]
        mine.sort(key=lambda name: self.places[name], reverse=True)
        if not rest:
            return json.dumps({"address": address, "chain_stats": {"tx_count": len(mine)}}).encode()
        mine = mine[: len(mine) - self.hidden]
        start = mine.index(rest[2]) + 1 if len(rest) > 2 and not self.circles else 0
        return json.dumps([self.tell(name) for name in mine[start : start + self.page]]).encode()

    def _touches(self, raw: RawTransaction, address: str) -> bool:
        scripts = [made.script for made in raw.outputs]
        if not raw.is_coinbase:
            scripts += [self.raw[to_shown(txid)].outputs[index].script for txid, index in raw.spent]
        return any(find_address(script, get_network(REGTEST)) == address for script in scripts)
