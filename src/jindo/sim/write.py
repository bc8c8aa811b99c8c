r"""Writes a world to files, in the formats that the ledger imports.

    ethereum/transactions.csv, token_transfers.csv, traces.csv    as ethereum-etl writes them
    bitcoin/transactions.json                                     as bitcoin-etl writes them, inputs enriched
    stolen.csv, services.csv                                      what to trace, and where following stops
    truth.json, world.json                                        what reached whom; what this is

* The same world gives the same bytes: UTF-8, `\n`, keys and rows in a fixed order.
* Amounts in our own JSON are decimal strings in base units; in the chains' files they are as the tools
  write them.
* A chain on which nothing happens has no folder.
* Nothing is written over: the folder must be absent or empty.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jindo.base.errors import ConflictError
from jindo.base.ids import Account
from jindo.ledger import UtxoInput, UtxoOutput, UtxoTransaction
from jindo.sim.names import Namer
from jindo.sim.told import to_truth_json, write_csv, write_json, write_told
from jindo.sim.world import (
    AccountSide,
    AccountTransaction,
    World,
)

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
    write_parts(world, out)
    write_described(world, out, {})


def write_parts(world: World, out: Path) -> None:
    """Writes all but `world.json`, which says what the others are.

    Raises:
        ConflictError: `out` is a file, or a folder that holds something.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConflictError("the place for the world is not an empty folder", place=str(out))
    out.mkdir(parents=True, exist_ok=True)
    names = Namer(world.key)
    if world.account.transactions:
        _write_account_side(world.account, out / "ethereum", names)
    if world.utxo.transactions:
        (out / "bitcoin").mkdir()
        _write_coins(out / "bitcoin/transactions.json", world.utxo.transactions, names)
    stolen = ((s.tx_hash, "" if s.output_index is None else s.output_index, s.theft) for s in world.stolen)
    write_csv(out / "stolen.csv", ["tx_hash", "output_index", "theft"], stolen)
    services = ((s.address, s.service, s.kind) for s in world.services)
    write_csv(out / "services.csv", ["address", "service", "kind"], services)
    write_told(world, out)
    write_json(out / "truth.json", to_truth_json(world))


def _write_account_side(side: AccountSide, out: Path, names: Namer) -> None:
    out.mkdir()
    write_csv(out / "transactions.csv", _TRANSACTION_COLUMNS, _transaction_lines(side, names))
    write_csv(out / "token_transfers.csv", _TOKEN_COLUMNS, _token_lines(side))
    write_csv(out / "traces.csv", _TRACE_COLUMNS, _trace_lines(side))


def _transaction_lines(side: AccountSide, names: Namer) -> Iterator[tuple[object, ...]]:
    block, used = -1, 0
    for tx in side.transactions:
        block, used = tx.block, (used if tx.block == block else 0) + tx.gas_used
        data = "0x" + (tx.calldata or (tx.memo or "").encode().hex())
        block_hash = "0x" + names.block_hash("account", tx.block)
        yield (
            tx.tx_hash, tx.nonce, block_hash, tx.block, tx.tx_index, tx.sender, tx.receiver, tx.value,
            tx.gas_used * 3 // 2, tx.gas_price, data, tx.time, tx.gas_price, 0, 2, used,
            tx.gas_used, "", "", int(tx.succeeded), tx.gas_price,
        )  # fmt: skip


def _token_lines(side: AccountSide) -> Iterator[tuple[object, ...]]:
    for tx in side.transactions:
        for move in tx.logs():
            contract = move.asset.rpartition(":")[2]
            yield (
                contract, move.sender, move.receiver, move.amount,
                tx.tx_hash, move.log_index, tx.block, tx.time,
            )  # fmt: skip


def _trace_lines(side: AccountSide) -> Iterator[tuple[object, ...]]:
    """The openings, as ethereum-etl writes the genesis block; then whole blocks, where a contract moved value.

    Where a block has traces its transactions' own rows do not count, so each of its transactions has its trace.
    """
    for row in side.openings:
        yield (
            row.block, "", "", "", row.receiver, row.amount, "", "", "genesis", "", "", "", "", 0, "", "", 1,
            row.time, row.tx_hash,
        )  # fmt: skip
    traced = {tx.block for tx in side.transactions if tx.calls}
    for tx in side.transactions:
        if tx.block in traced:
            yield from _call_lines(tx)


def _call_lines(tx: AccountTransaction) -> Iterator[tuple[object, ...]]:
    calls = tx.calls if tx.succeeded else ()
    moves = [
        (tx.sender, tx.receiver, tx.value, ""),
        *((c.sender, c.receiver, c.amount, str(i)) for i, c in enumerate(calls)),
    ]
    for sender, receiver, amount, path in moves:
        data = "" if path else "0x" + (tx.calldata or (tx.memo or "").encode().hex())
        yield (
            tx.block, tx.tx_hash, tx.tx_index, sender, receiver, amount, data, "", "call", "call", "",
            tx.gas_used, tx.gas_used, 0 if path else len(calls), path,
            "" if tx.succeeded else "Reverted", int(tx.succeeded), tx.time,
            f"call_{tx.tx_hash}_{path}",
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
    if coin.address is None:
        # As bitcoin-etl names what has no address.
        name = "nonstandard" + hashlib.sha256(coin.script.encode()).hexdigest()[:40]
        return {
            "index": place,
            "script_hex": coin.script,
            "type": "nonstandard",
            "addresses": [name],
            "value": coin.value,
        }
    return {
        "index": place,
        "type": _script_type(coin.address),
        "addresses": [coin.address],
        "value": coin.value,
    }


def _script_type(account: Account | None) -> str:
    starts = {"1": "pubkeyhash", "3": "scripthash", "bc1p": "witness_v1_taproot"}
    text = account or ""
    return next((sort for start, sort in starts.items() if text.startswith(start)), "witness_v0_keyhash")


def write_described(world: World, out: Path, more: Mapping[str, int]) -> None:
    """Writes `world.json`, with the digests of what is in the folder; `more` are counts besides its own."""
    write_json(out / "world.json", _describe(world, out, more))


def _describe(world: World, out: Path, more: Mapping[str, int]) -> dict[str, Any]:
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
            **more,
        },
        "models": list(world.models),
        "simplifications": list(world.simplifications),
        "sha256": {str(path.relative_to(out).as_posix()): _sha256(path) for path in files},
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
