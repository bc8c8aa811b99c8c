"""The same Ethereum block as cryo collects it: bytes, and values of 256 bits in three ways."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
from tests.unit.ledger.published_ethereum import MINER, TIME, is_erc20, to_types, write_parquet
from tests.unit.ledger.published_schemas import CRYO


def write_cryo(
    folder: Path,
    story: dict[str, list[dict[str, Any]]],
    *tables: str,
    leave: Iterable[str] = (),
    chain: int = 1,
) -> Path:
    """As cryo collects it; `leave` are columns that were not collected."""
    for table, rows in _cryo_tables(story).items():
        if table not in (tables or ("transactions", "traces", "logs", "blocks")):
            continue
        schema = pa.schema([field for field in CRYO[table] if field[0] not in leave])
        full = [row | {"chain_id": chain} for row in rows]
        place = folder / f"ethereum__{table}__00000007_to_00000007.parquet"
        write_parquet(place, (to_types(row, schema) for row in full), schema)
    return folder


def _cryo_tables(story: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    return {
        "transactions": [_cryo_transaction(row) for row in story["transactions"]],
        "traces": [_cryo_trace(row) for row in story["traces"]],
        "logs": [_cryo_log(row) for row in story["logs"]],
        "erc20_transfers": [_cryo_token(row) for row in story["logs"] if is_erc20(row)],
        "native_transfers": [_cryo_native(n, row) for n, row in enumerate(story["traces"])],
        "blocks": [{"block_number": 7, "timestamp": TIME, "author": _bytes(MINER)}],
    }


def _cryo_transaction(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "block_number": row["block"], "transaction_index": row["index"], "transaction_hash": _bytes(row["hash"]),
        "nonce": 0, "from_address": _bytes(row["sender"]), "to_address": _bytes(row["receiver"]), "gas_limit": 90000,
        "gas_used": row["gas_used"], "gas_price": row["gas_price"], "success": bool(row["status"]),
        "timestamp": row.get("time"),
    } | _u256(row["value"])  # fmt: skip


def _cryo_trace(row: dict[str, Any]) -> dict[str, Any]:
    calls = {"delegatecall": "delegate_call", "staticcall": "static_call", "callcode": "call_code"}
    is_reward, is_create = row["type"] == "reward", row["type"] == "create"
    return {
        "action_from": _bytes(row["receiver"] if is_reward else row["sender"]),
        "action_to": None if is_reward or is_create else _bytes(row["receiver"]), "action_value": str(row["value"]),
        "action_call_type": calls.get(row["call"] or "", row["call"]), "action_type": row["type"],
        "result_address": _bytes(row["receiver"]) if is_create else None, "transaction_index": row["index"],
        "trace_address": "_".join(map(str, row["path"])), "transaction_hash": _bytes(row["hash"]),
        "block_number": row["block"], "error": row["error"],
    }  # fmt: skip


def _cryo_log(row: dict[str, Any]) -> dict[str, Any]:
    topics = {f"topic{n}": _bytes(topic) for n, topic in enumerate(row["topics"])}
    return topics | {
        "block_number": row["block"], "transaction_index": row["index"], "log_index": row["log_index"],
        "transaction_hash": _bytes(row["hash"]), "address": _bytes(row["address"]), "data": _bytes(row["data"]),
    }  # fmt: skip


def _cryo_token(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "block_number": row["block"], "transaction_index": row["index"], "log_index": row["log_index"],
        "transaction_hash": _bytes(row["hash"]), "erc20": _bytes(row["address"]),
        "from_address": _bytes("0x" + row["topics"][1][26:]), "to_address": _bytes("0x" + row["topics"][2][26:]),
    } | _u256(int(row["data"], 16))  # fmt: skip


def _cryo_native(number: int, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "block_number": row["block"], "transaction_index": row["index"], "transfer_index": number,
        "transaction_hash": _bytes(row["hash"]), "from_address": _bytes(row["sender"] or "0x" + "0" * 40),
        "to_address": _bytes(row["receiver"]),
    } | _u256(row["value"])  # fmt: skip


def _u256(value: int) -> dict[str, Any]:
    return {"value_binary": value.to_bytes(32, "big"), "value_string": str(value), "value_f64": float(value)}


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text[2:])
