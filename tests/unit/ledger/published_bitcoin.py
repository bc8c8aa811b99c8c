"""The same Bitcoin transactions in each published schema: bitcoin-etl, AWS's Parquet, BigQuery's exports.

Column names and types are those of the data sets' own descriptions, so that what passes here passes there.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ALICE, BOB = "1PkqKGbNLDdDJGveCcNUMV9CEFH77ADrPQ", "1HaHTfmvoUW6i6nhJf8jJs6tU4cHNmBQHQ"
KEY = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
"""A public key: the curve's generator."""

AWS_INPUT = pa.struct(
    [
        ("address", pa.string()), ("index", pa.int64()), ("required_signatures", pa.int64()),
        ("script_asm", pa.string()), ("script_hex", pa.string()), ("sequence", pa.int64()),
        ("spent_output_index", pa.int64()), ("spent_transaction_hash", pa.string()),
        ("txinwitness", pa.list_(pa.string())), ("type", pa.string()), ("value", pa.float64()),
    ]
)  # fmt: skip
AWS_OUTPUT = pa.struct(
    [
        ("address", pa.string()), ("index", pa.int64()), ("required_signatures", pa.int64()),
        ("script_asm", pa.string()), ("script_hex", pa.string()), ("type", pa.string()), ("value", pa.float64()),
    ]
)  # fmt: skip
AWS_TRANSACTIONS = pa.schema(
    [
        ("hash", pa.string()), ("version", pa.int64()), ("size", pa.int64()), ("block_hash", pa.string()),
        ("block_number", pa.int64()), ("index", pa.int64()), ("virtual_size", pa.int64()), ("lock_time", pa.int64()),
        ("input_count", pa.int64()), ("output_count", pa.int64()), ("is_coinbase", pa.bool_()),
        ("output_value", pa.float64()), ("outputs", pa.list_(AWS_OUTPUT)), ("block_timestamp", pa.timestamp("ns")),
        ("date", pa.string()), ("last_modified", pa.timestamp("ns")), ("fee", pa.float64()),
        ("input_value", pa.float64()), ("inputs", pa.list_(AWS_INPUT)),
    ]
)  # fmt: skip
AWS_BLOCKS = pa.schema(
    [
        ("date", pa.string()), ("hash", pa.string()), ("size", pa.int64()), ("stripped_size", pa.int64()),
        ("weight", pa.int64()), ("number", pa.int64()), ("version", pa.int32()), ("merkle_root", pa.string()),
        ("timestamp", pa.timestamp("ns")), ("nonce", pa.int64()), ("bits", pa.string()), ("coinbase_param", pa.string()),
        ("transaction_count", pa.int64()), ("mediantime", pa.timestamp("ns")), ("difficulty", pa.float64()),
        ("chainwork", pa.string()), ("previousblockhash", pa.string()),
    ]
)  # fmt: skip
NUMERIC = pa.decimal128(38, 9)
BIGQUERY_INPUT = pa.struct(
    [
        ("index", pa.int64()), ("spent_transaction_hash", pa.string()), ("spent_output_index", pa.int64()),
        ("script_asm", pa.string()), ("script_hex", pa.string()), ("sequence", pa.int64()),
        ("required_signatures", pa.int64()), ("type", pa.string()), ("addresses", pa.list_(pa.string())),
        ("value", NUMERIC),
    ]
)  # fmt: skip
BIGQUERY_OUTPUT = pa.struct(
    [
        ("index", pa.int64()), ("script_asm", pa.string()), ("script_hex", pa.string()),
        ("required_signatures", pa.int64()), ("type", pa.string()), ("addresses", pa.list_(pa.string())),
        ("value", NUMERIC),
    ]
)  # fmt: skip
BIGQUERY_TRANSACTIONS = pa.schema(
    [
        ("hash", pa.string()), ("size", pa.int64()), ("virtual_size", pa.int64()), ("version", pa.int64()),
        ("lock_time", pa.int64()), ("block_hash", pa.string()), ("block_number", pa.int64()),
        ("block_timestamp", pa.timestamp("us", "UTC")), ("block_timestamp_month", pa.date32()),
        ("input_count", pa.int64()), ("output_count", pa.int64()), ("input_value", NUMERIC), ("output_value", NUMERIC),
        ("is_coinbase", pa.bool_()), ("fee", NUMERIC), ("inputs", pa.list_(BIGQUERY_INPUT)),
        ("outputs", pa.list_(BIGQUERY_OUTPUT)),
    ]
)  # fmt: skip


def name(letter: str) -> str:
    """A transaction's hash."""
    return letter * 64


def output(value: int, address: str | None, script: str = "00") -> dict[str, Any]:
    """One output of so many satoshi."""
    return {"value": value, "address": address, "script_hex": script}


def spent(letter: str, index: int, value: int | None = None, address: str | None = None) -> dict[str, Any]:
    """One input."""
    return {"hash": name(letter), "index": index, "value": value, "address": address}


def transaction(letter: str, block: int, index: int, inputs: list[Any], outputs: list[Any]) -> dict[str, Any]:
    """One transaction, in no file's shape; without inputs it is a coinbase."""
    return {"hash": name(letter), "block": block, "index": index, "inputs": inputs, "outputs": outputs}


def to_etl(tx: dict[str, Any]) -> dict[str, Any]:
    """As bitcoin-etl writes it: whole satoshi."""
    row = _common(tx) | {"inputs": [_etl_input(n, i) for n, i in enumerate(tx["inputs"])]}
    row["outputs"] = [_etl_output(n, made) for n, made in enumerate(tx["outputs"])]
    return row | {
        name: value for name, value in _totals(tx).items() if value is not None
    } | {"index": tx["index"], "block_timestamp": _time(tx)}  # fmt: skip


def to_bigquery(tx: dict[str, Any]) -> dict[str, Any]:
    """As the table `crypto_bitcoin.transactions` has it: decimals, and no place in the block."""
    row = {key: value for key, value in to_etl(tx).items() if key != "index"}
    row["block_timestamp"] = datetime.fromtimestamp(_time(tx), UTC)
    for part in (*row["inputs"], *row["outputs"]):
        part["value"] = None if part["value"] is None else Decimal(part["value"])
    return row | {key: None if value is None else Decimal(value) for key, value in _totals(tx).items()}


def to_aws(tx: dict[str, Any], **more: Any) -> dict[str, Any]:
    """As AWS's data set has it: doubles of bitcoin, one address."""
    row = to_etl(tx)
    for part in (*row["inputs"], *row["outputs"]):
        part["address"] = next(iter(part.pop("addresses")), None)
        part["value"] = None if part["value"] is None else part["value"] / 1e8
    row["block_timestamp"] = datetime.fromtimestamp(_time(tx), UTC).replace(tzinfo=None)
    return row | {key: None if value is None else value / 1e8 for key, value in _totals(tx).items()} | more


def write_aws(folder: Path, *rows: dict[str, Any], day: str = "2011-03-13") -> Path:
    """A file of transactions where the data set has it."""
    place = folder / f"btc/transactions/date={day}/part-00000-c000.snappy.parquet"
    place.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows), schema=AWS_TRANSACTIONS), place, compression="snappy")
    return place


def write_aws_blocks(folder: Path, counts: dict[int, int]) -> None:
    """The blocks beside them."""
    place = folder / "btc/blocks/date=2011-03-13/part-00000-c000.snappy.parquet"
    place.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        {"number": number, "hash": name("e"), "transaction_count": count} for number, count in counts.items()
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=AWS_BLOCKS), place)


def write_bigquery(place: Path, *rows: dict[str, Any], schema: Any = BIGQUERY_TRANSACTIONS) -> Path:
    """A Parquet export."""
    place.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), place)
    return place


def write_bigquery_json(place: Path, *rows: dict[str, Any]) -> Path:
    """An export as JSON lines: INT64 and NUMERIC as text, times as BigQuery writes them."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("".join(json.dumps(_to_json(row)) + "\n" for row in rows))
    return place


def write_etl(place: Path, *rows: dict[str, Any]) -> Path:
    """Lines as bitcoin-etl writes them."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return place


def _to_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _to_json(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_to_json(item) for item in value]
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S UTC")
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


def _time(tx: dict[str, Any]) -> int:
    return 1_300_000_000 + int(tx["block"])


def _common(tx: dict[str, Any]) -> dict[str, Any]:
    return {
        "hash": tx["hash"], "size": 200, "virtual_size": 200, "version": 1, "lock_time": 0, "block_hash": name("e"),
        "block_number": tx["block"], "input_count": len(tx["inputs"]), "output_count": len(tx["outputs"]),
        "is_coinbase": not tx["inputs"],
    }  # fmt: skip


def _totals(tx: dict[str, Any]) -> dict[str, int | None]:
    values = [given["value"] for given in tx["inputs"]]
    made = sum(item["value"] for item in tx["outputs"])
    if None in values:
        return {"input_value": None, "output_value": made, "fee": None}
    given = sum(values)
    return {"input_value": given, "output_value": made, "fee": given - made if tx["inputs"] else 0}


def _etl_input(place: int, given: dict[str, Any]) -> dict[str, Any]:
    return {
        "index": place, "spent_transaction_hash": given["hash"], "spent_output_index": given["index"],
        "script_asm": "", "script_hex": "", "sequence": 4294967295, "required_signatures": 1, "type": "pubkeyhash",
        "addresses": [given["address"]] if given["address"] else [], "value": given["value"],
    }  # fmt: skip


def _etl_output(place: int, made: dict[str, Any]) -> dict[str, Any]:
    return {
        "index": place, "script_asm": "", "script_hex": made["script_hex"], "required_signatures": 1,
        "type": "pubkeyhash", "addresses": [made["address"]] if made["address"] else [], "value": made["value"],
    }  # fmt: skip
