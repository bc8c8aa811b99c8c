"""A world's chains as AWS's public data set has them: Parquet by day, doubles of wei and of bitcoin."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from tests.unit.ledger.published_bitcoin import AWS_TRANSACTIONS
from tests.unit.ledger.published_ethereum import to_types, write_parquet
from tests.unit.ledger.published_schemas import AWS


def write_aws_bucket(world: Path, bucket: Path, *, around: Collection[str] | None = None) -> None:
    """`v1.0/eth` and `v1.0/btc` below `bucket`, of the folder that `jindo world make` wrote.

    `around` leaves only the days on which these transactions stand, and the day that comes next.
    """
    schemas = {table: pa.schema(AWS[table]) for table in ("transactions", "token_transfers", "traces")}
    tables = {
        table: _read_table(world / f"ethereum/{table}.csv", schema) for table, schema in schemas.items()
    }
    days = _find_days(tables["transactions"], around)
    for table, rows in tables.items():
        _write_days(bucket / f"v1.0/eth/{table}", rows, schemas[table], days)
    with (world / "bitcoin/transactions.json").open() as file:
        coins = [_to_doubles(json.loads(line)) for line in file]
    _write_days(bucket / "v1.0/btc/transactions", coins, AWS_TRANSACTIONS, _find_days(coins, around))


def _read_table(path: Path, schema: Any) -> list[dict[str, Any]]:
    """The rows of a CSV file, with numbers where the schema has them."""
    whole = {field.name for field in schema if not pa.types.is_string(field.type)}
    with path.open(newline="") as file:
        return [
            {name: (int(text) if name in whole else text) if text else None for name, text in row.items()}
            for row in csv.DictReader(file)
        ]


def _to_doubles(tx: dict[str, Any]) -> dict[str, Any]:
    """A bitcoin-etl transaction with bitcoin for satoshi, and one address for a list."""
    for part in (*tx["inputs"], *tx["outputs"]):
        part["address"] = next(iter(part.pop("addresses")), None)
        part["value"] = None if part["value"] is None else part["value"] / 1e8
    for total in ("input_value", "output_value", "fee"):
        tx[total] = tx[total] / 1e8
    return tx


def _find_days(rows: list[dict[str, Any]], around: Collection[str] | None) -> list[str]:
    days = sorted({_day(row) for row in rows})
    if around is None:
        return days
    at = {days.index(_day(row)) for row in rows if row["hash"] in around}
    return [day for place, day in enumerate(days) if place in at or place - 1 in at]


def _write_days(folder: Path, rows: list[dict[str, Any]], schema: Any, days: Collection[str]) -> None:
    """A day stands in two files, cut where it comes."""
    for day in days:
        there = [to_types(row | {"date": day}, schema) for row in rows if _day(row) == day]
        half = (len(there) + 1) // 2
        for part, some in enumerate((there[:half], there[half:])):
            if some:
                write_parquet(folder / f"date={day}/part-{part:05d}.snappy.parquet", some, schema)


def _day(row: dict[str, Any]) -> str:
    return datetime.fromtimestamp(row["block_timestamp"], UTC).date().isoformat()
