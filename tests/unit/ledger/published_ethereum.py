"""The same Ethereum block as ethereum-etl, BigQuery, AWS and GraphSense write it (`published_cryo` has cryo's).

Column names and types are those of the data sets' own descriptions, so that what passes here passes there. A story is
three lists in no file's shape: `transactions`, `traces`, `logs`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from tests.unit.ledger.published_schemas import AWS, NUMERIC

A, B, C, TOKEN, NFT = (f"0x{n:040x}" for n in (0xA1, 0xB2, 0xC3, 0xD4, 0xE5))
TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
MINER = "0x" + "77" * 20
TIME = 1_700_000_000


def tx(letter: str, index: int, value: float = 0, **more: Any) -> dict[str, Any]:
    """One transaction of the block 7, in no file's shape."""
    return {
        "hash": "0x" + letter * 64, "index": index, "sender": A, "receiver": B, "value": value, "status": 1,
        "gas_used": 21000, "gas_price": 5, "created": None, "block": 7,
    } | more  # fmt: skip


def trace(letter: str, index: int, path: Sequence[int], value: int, **more: Any) -> dict[str, Any]:
    """One trace; a reward has neither transaction nor sender."""
    return {
        "hash": "0x" + letter * 64, "index": index, "sender": A, "receiver": B, "value": value, "path": list(path),
        "type": "call", "call": "call", "error": None, "block": 7,
    } | more  # fmt: skip


def reward(value: int, receiver: str = MINER) -> dict[str, Any]:
    """What the block's author got."""
    row = trace("0", 0, [], value, sender=None, receiver=receiver, type="reward", call=None)
    return row | {"hash": None, "index": None}


def log(letter: str, index: int, number: int, amount: int, **more: Any) -> dict[str, Any]:
    """One ERC-20 transfer from A to B."""
    return {
        "hash": "0x" + letter * 64, "index": index, "log_index": number, "address": TOKEN, "block": 7,
        "topics": [TRANSFER, to_topic(A), to_topic(B)], "data": f"0x{amount:064x}",
    } | more  # fmt: skip


def to_topic(address: str) -> str:
    """An address as a topic has it."""
    return "0x" + "0" * 24 + address[2:]


STORY: dict[str, list[dict[str, Any]]] = {
    "transactions": [
        tx("a", 0, 10**18 + 1),
        tx("b", 1, 5, status=0),
        tx("c", 2, 7, receiver=None, created=C),
    ],
    "traces": [
        trace("a", 0, [], 10**18 + 1),
        trace("a", 0, [0], 10**18 + 1, sender=B, receiver=C, call="delegatecall"),
        trace("a", 0, [1], 3, sender=B, receiver=A, error="Reverted"),
        trace("a", 0, [1, 0], 2, sender=A, receiver=C),
        trace("a", 0, [2], 9, sender=B, receiver=C),
        trace("b", 1, [], 5, error="out of gas"),
        trace("c", 2, [], 7, receiver=C, type="create", call=None),
        trace("c", 2, [0], 4, sender=C, receiver=A, type="suicide", call=None),
        reward(2 * 10**18),
        reward(10**18, A),
    ],
    "logs": [
        log("a", 0, 3, 2**255 + 1),
        log("a", 0, 4, 77, topics=["0x" + "12" * 32], data="0x"),
        log(
            "c", 2, 5, 0, topics=[TRANSFER, to_topic(A), to_topic(B), f"0x{42:064x}"], data="0x", address=NFT
        ),
        log("c", 2, 6, 12_345_678_901_234_567_890),
    ],
}


def write_etl(folder: Path, story: dict[str, list[dict[str, Any]]], *, tokens: bool = True) -> Path:
    """As ethereum-etl writes it, in JSON lines."""
    _lines(folder / "transactions.json", (_etl_transaction(row) for row in story["transactions"]))
    _lines(folder / "traces.json", (_etl_trace(row) for row in story["traces"]))
    _lines(
        folder / "blocks.json",
        [{"number": 7, "timestamp": TIME, "transaction_count": len(story["transactions"])}],
    )
    if tokens:
        _lines(folder / "token_transfers.json", (_etl_token(row) for row in story["logs"] if is_erc20(row)))
    else:
        _lines(folder / "logs.json", (_etl_log(row) for row in story["logs"]))
    return folder


def write_bigquery(folder: Path, story: dict[str, list[dict[str, Any]]]) -> Path:
    """As BigQuery exports crypto_ethereum in Parquet: NUMERIC wei, token values as text."""
    times = [("block_timestamp", pa.timestamp("us", "UTC"))]
    changed = {"value": NUMERIC, "block_timestamp": times[0][1], "timestamp": times[0][1]}
    for table, rows in _etl_tables(story).items():
        kinds = changed | ({"value": pa.string()} if table == "token_transfers" else {})
        schema = pa.schema(
            [(n, kinds.get(n, kind)) for n, kind in AWS[table] if n not in ("date", "trace_id")]
        )
        write_parquet(
            folder / f"{table}-000000000000.parquet", (to_types(row, schema) for row in rows), schema
        )
    return folder


def write_aws(folder: Path, story: dict[str, list[dict[str, Any]]], *tables: str) -> Path:
    """As AWS's data set has it: doubles of wei."""
    for table, rows in _etl_tables(story).items():
        if not tables or table in tables:
            schema = pa.schema(AWS[table])
            place = folder / f"eth/{table}/date=2023-11-14/part-00000-c000.snappy.parquet"
            write_parquet(place, (to_types(row, schema) for row in rows), schema)
    return folder


def write_graphsense(folder: Path, story: dict[str, list[dict[str, Any]]]) -> Path:
    """As GraphSense's extract has it: camel case, traces by their id."""
    _table(folder / "transactions.csv", (_sense_transaction(row) for row in story["transactions"]))
    _table(folder / "traces.csv", (_sense_trace(n, row) for n, row in enumerate(story["traces"])))
    _table(
        folder / "blocks.csv", [{"blockIdGroup": 0, "blockId": 7, "timestamp": TIME, "transactionCount": 3}]
    )
    _lines(folder / "logs.json", (_sense_log(row) for row in story["logs"]))
    return folder


def is_erc20(row: dict[str, Any]) -> bool:
    """Whether a log is an ERC-20 transfer."""
    return row["topics"][0] == TRANSFER and len(row["topics"]) == 3


def _etl_tables(story: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    return {
        "transactions": [_etl_transaction(row) for row in story["transactions"]],
        "traces": [_etl_trace(row) for row in story["traces"]],
        "token_transfers": [_etl_token(row) for row in story["logs"] if is_erc20(row)],
        "logs": [_etl_log(row) for row in story["logs"]],
        "blocks": [{"number": 7, "timestamp": TIME, "transaction_count": len(story["transactions"])}],
    }


def _etl_transaction(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "hash": row["hash"], "nonce": 1, "block_number": row["block"], "transaction_index": row["index"],
        "from_address": row["sender"], "to_address": row["receiver"], "value": row["value"], "gas": 90000,
        "gas_price": row["gas_price"], "block_timestamp": TIME, "receipt_status": row["status"],
        "receipt_gas_used": row["gas_used"], "receipt_effective_gas_price": row["gas_price"],
        "receipt_contract_address": row["created"],
    }  # fmt: skip


def _etl_trace(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "transaction_hash": row["hash"], "transaction_index": row["index"], "from_address": row["sender"],
        "to_address": row["receiver"], "value": row["value"], "trace_type": row["type"], "call_type": row["call"],
        "trace_address": ",".join(map(str, row["path"])), "error": row["error"], "status": int(row["error"] is None),
        "block_number": row["block"], "block_timestamp": TIME,
    }  # fmt: skip


def _etl_token(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "token_address": row["address"], "from_address": "0x" + row["topics"][1][26:],
        "to_address": "0x" + row["topics"][2][26:], "value": int(row["data"], 16), "transaction_hash": row["hash"],
        "log_index": row["log_index"], "block_number": row["block"], "block_timestamp": TIME,
    }  # fmt: skip


def _etl_log(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "log_index": row["log_index"], "transaction_hash": row["hash"], "transaction_index": row["index"],
        "address": row["address"], "data": row["data"], "topics": row["topics"], "block_number": row["block"],
        "block_timestamp": TIME,
    }  # fmt: skip


def _sense_transaction(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "txhashPrefix": row["hash"][2:7], "txHash": row["hash"], "nonce": 0, "blockId": row["block"],
        "transactionIndex": row["index"], "fromAddress": row["sender"], "toAddress": row["receiver"] or "",
        "value": row["value"], "gas": 90000, "gasPrice": row["gas_price"], "input": "0x", "blockTimestamp": TIME,
        "receiptGasUsed": row["gas_used"], "receiptStatus": row["status"],
    }  # fmt: skip


def _sense_trace(number: int, row: dict[str, Any]) -> dict[str, Any]:
    name = f"{row['type']}_{row['hash'] or row['block']}_{'_'.join(map(str, row['path']))}"
    return {
        "blockIdGroup": 0, "blockId": row["block"], "traceId": name, "traceIndex": number,
        "fromAddress": row["sender"] or "", "toAddress": row["receiver"], "value": row["value"],
        "status": int(row["error"] is None), "callType": row["call"] or "", "txHash": row["hash"] or "",
    }  # fmt: skip


def _sense_log(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "blockIdGroup": 0, "blockId": row["block"], "topic0": row["topics"][0], "logIndex": row["log_index"],
        "address": row["address"], "data": row["data"], "topics": row["topics"], "transactionIndex": row["index"],
        "txHash": row["hash"],
    }  # fmt: skip


def to_types(row: dict[str, Any], schema: Any) -> dict[str, Any]:
    """A row's values in the types of a schema."""
    return {field.name: _cast(row.get(field.name), field.type) for field in schema}


def _cast(value: Any, kind: Any) -> Any:
    if value is None:
        return None
    if pa.types.is_timestamp(kind):
        return datetime.fromtimestamp(value, UTC).replace(tzinfo=None if kind.tz is None else UTC)
    if pa.types.is_floating(kind):
        return float(value)
    if pa.types.is_string(kind):
        return str(value)
    return value


def write_parquet(place: Path, rows: Iterable[dict[str, Any]], schema: Any) -> None:
    """Rows as one Parquet file."""
    place.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), place, compression="snappy")


def _lines(place: Path, rows: Iterable[dict[str, Any]]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _table(place: Path, rows: Iterable[dict[str, Any]]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    every = list(rows)
    with place.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, every[0])
        writer.writeheader()
        writer.writerows(every)
