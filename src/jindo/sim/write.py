r"""Writes a world to files, in the formats that the ledger imports.

    ethereum/transactions.csv, token_transfers.csv, traces.csv    as ethereum-etl writes them
    bitcoin/transactions.json                                     as bitcoin-etl writes them, inputs enriched
    stolen.csv, services.csv                                      what to trace, and where following stops
    truth.json, world.json                                        what reached whom; what this is

* The same world gives the same bytes: UTF-8, `\n`, keys and rows in a fixed order.
* Amounts in our own JSON are decimal strings in base units; in the chains' files they are as the tools
  write them.
* Nothing is written over: the folder must be absent or empty.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from jindo.base.errors import ConflictError
from jindo.base.ids import Account
from jindo.ledger import UtxoInput, UtxoOutput, UtxoTransaction
from jindo.sim.names import Namer
from jindo.sim.world import AccountSide, TheftTruth, World

# fmt: off
_TRANSACTION_COLUMNS = [
    "hash", "nonce", "block_hash", "block_number", "transaction_index", "from_address", "to_address",
    "value", "gas", "gas_price", "input", "block_timestamp", "max_fee_per_gas", "max_priority_fee_per_gas",
    "transaction_type", "receipt_cumulative_gas_used", "receipt_gas_used", "receipt_contract_address",
    "receipt_root", "receipt_status", "receipt_effective_gas_price",
]
_TOKEN_COLUMNS = [
    "token_address", "from_address", "to_address", "value", "transaction_hash", "log_index", "block_number",
    "block_timestamp",
]
_TRACE_COLUMNS = [
    "block_number", "transaction_hash", "transaction_index", "from_address", "to_address", "value", "input",
    "output", "trace_type", "call_type", "reward_type", "gas", "gas_used", "subtraces", "trace_address",
    "error", "status", "block_timestamp", "trace_id",
]
# fmt: on


def write_world(world: World, out: Path) -> None:
    """Writes `world` into the folder `out`, which is made where it is absent.

    Raises:
        ConflictError: `out` is a file, or a folder that holds something.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConflictError("the place for the world is not an empty folder", place=str(out))
    for folder in (out / "ethereum", out / "bitcoin"):
        folder.mkdir(parents=True)
    names = Namer(world.key)
    account = world.account
    _write_csv(out / "ethereum/transactions.csv", _TRANSACTION_COLUMNS, _transaction_lines(account, names))
    _write_csv(out / "ethereum/token_transfers.csv", _TOKEN_COLUMNS, _token_lines(account))
    _write_csv(out / "ethereum/traces.csv", _TRACE_COLUMNS, _trace_lines(account))
    _write_coins(out / "bitcoin/transactions.json", world.utxo.transactions, names)
    stolen = ((s.tx_hash, "" if s.output_index is None else s.output_index, s.theft) for s in world.stolen)
    _write_csv(out / "stolen.csv", ["tx_hash", "output_index", "theft"], stolen)
    services = ((s.address, s.service, s.kind) for s in world.services)
    _write_csv(out / "services.csv", ["address", "service", "kind"], services)
    _write_json(out / "truth.json", to_truth_json(world))
    _write_json(out / "world.json", _describe(world, out))


def to_truth_json(world: World) -> dict[str, Any]:
    """The truth as JSON; amounts are decimal strings in base units."""
    return {
        "world": {"name": world.name, "seed": world.seed, "scale": world.scale},
        "thefts": [_truth_of(theft) for theft in world.truth.thefts],
    }


def _truth_of(theft: TheftTruth) -> dict[str, Any]:
    endpoints = [
        {
            "account": end.account,
            "service": end.service,
            "kind": end.kind,
            "reason": end.reason,
            "amount": str(end.amount),
        }
        for end in theft.endpoints
    ]
    return {
        "theft": theft.theft,
        "chain": theft.chain,
        "asset": theft.asset,
        "stolen": str(theft.stolen),
        "frozen": str(theft.frozen),
        "reasons": {reason: str(amount) for reason, amount in theft.reasons().items()},
        "reached": {service: str(amount) for service, amount in theft.reached().items()},
        "endpoints": endpoints,
    }


def _transaction_lines(side: AccountSide, names: Namer) -> Iterator[tuple[object, ...]]:
    block, used = -1, 0
    for tx in side.transactions:
        block, used = tx.block, (used if tx.block == block else 0) + tx.gas_used
        data = "0x" + tx.memo.encode().hex() if tx.memo else "0x"
        block_hash = "0x" + names.block_hash("account", tx.block)
        yield (
            tx.tx_hash, tx.nonce, block_hash, tx.block, tx.tx_index, tx.sender, tx.receiver, tx.value,
            tx.gas_used * 3 // 2, tx.gas_price, data, tx.time, tx.gas_price, 0, 2, used,
            tx.gas_used, "", "", int(tx.succeeded), tx.gas_price,
        )  # fmt: skip


def _token_lines(side: AccountSide) -> Iterator[tuple[object, ...]]:
    for tx in side.transactions:
        for move in tx.tokens if tx.succeeded else ():
            contract = move.asset.rpartition(":")[2]
            yield (
                contract, move.sender, move.receiver, move.amount,
                tx.tx_hash, move.log_index, tx.block, tx.time,
            )  # fmt: skip


def _trace_lines(side: AccountSide) -> Iterator[tuple[object, ...]]:
    """The openings, as ethereum-etl writes the genesis block."""
    for row in side.openings:
        yield (
            row.block, "", "", "", row.receiver, row.amount, "", "", "genesis", "", "", "", "", 0, "", "", 1,
            row.time, row.tx_hash,
        )  # fmt: skip


def _write_coins(path: Path, transactions: Iterable[UtxoTransaction], names: Namer) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for tx in transactions:
            file.write(json.dumps(_coin_line(tx, names)) + "\n")


def _coin_line(tx: UtxoTransaction, names: Namer) -> dict[str, Any]:
    size = 11 + 68 * len(tx.inputs) + 31 * len(tx.outputs)
    paid = sum(output.value for output in tx.outputs)
    taken = sum(i.value or 0 for i in tx.inputs)
    return {
        "hash": tx.tx_hash,
        "size": size,
        "virtual_size": size,
        "version": 2,
        "lock_time": 0,
        "block_number": tx.block,
        "block_hash": names.block_hash("utxo", tx.block),
        "block_timestamp": tx.time,
        "is_coinbase": tx.coinbase,
        "index": tx.tx_index,
        "inputs": [_input_line(place, i) for place, i in enumerate(tx.inputs)],
        "outputs": [_output_line(place, o) for place, o in enumerate(tx.outputs)],
        "input_count": len(tx.inputs),
        "output_count": len(tx.outputs),
        "input_value": taken,
        "output_value": paid,
        "fee": 0 if tx.coinbase else taken - paid,
    }


def _input_line(place: int, coin: UtxoInput) -> dict[str, Any]:
    return {
        "index": place,
        "spent_transaction_hash": coin.prev_hash,
        "spent_output_index": coin.prev_index,
        "sequence": 4_294_967_293,
        "type": _script_type(coin.address),
        "addresses": [coin.address],
        "value": coin.value,
    }


def _output_line(place: int, coin: UtxoOutput) -> dict[str, Any]:
    return {
        "index": place,
        "type": _script_type(coin.address),
        "addresses": [coin.address],
        "value": coin.value,
    }


def _script_type(account: Account | None) -> str:
    return "pubkeyhash" if account is not None and account.startswith("1") else "witness_v0_keyhash"


def _describe(world: World, out: Path) -> dict[str, Any]:
    files = sorted(path for path in out.rglob("*") if path.is_file())
    return {
        "name": world.name,
        "description": world.description,
        "synthetic": True,
        "seed": world.seed,
        "scale": world.scale,
        "counts": {
            "account_transactions": len(world.account.transactions),
            "account_movements": sum(1 for _ in world.account.iter_rows()),
            "utxo_transactions": len(world.utxo.transactions),
            "stolen": len(world.stolen),
            "services": len(world.services),
        },
        "models": list(world.models),
        "simplifications": list(world.simplifications),
        "sha256": {str(path.relative_to(out).as_posix()): _sha256(path) for path in files},
    }


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write_csv(path: Path, columns: list[str], lines: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(lines)


def _write_json(path: Path, value: dict[str, Any]) -> None:
    text = json.dumps(value, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
