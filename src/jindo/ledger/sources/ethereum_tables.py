"""The tables of an Ethereum ETL, told by their columns, and what one table knows of another's rows.

* Which table a file is, its columns say; GraphSense's names for the same columns are understood.
* However a file writes that something failed (`0`, `0x0`, `0.0`, `false`), in these tables its status is `0`.
* A transaction's status and gas are its own, or its receipt's, or what a second copy of it says.
* A row's place in the block and its time may come from another table, or from the ledger.

Which rows move value is `ethereum_etl`'s to say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from jindo.base.errors import InputError
from jindo.ledger.chain import AccountChain
from jindo.ledger.files import SourceFile
from jindo.ledger.rows import Kind
from jindo.ledger.staging import Staging, load

FAILED = "regexp_full_match(lower(status), '0x0*|0+([.]0*)?|false')"
"""SQL: whether a status as a file has it means failure; in the tables it is then `0`."""

_ALIASES = {
    "block": ("block_number", "block_id", "number"),
    "hash": ("hash", "transaction_hash", "tx_hash"),
    "tx_index": ("transaction_index",),
    "sender": ("from_address",),
    "receiver": ("to_address",),
    "value": ("value",),
    "time": ("block_timestamp", "timestamp"),
    "gas_price": ("gas_price",),
    "status": ("receipt_status", "status"),
    "gas_used": ("receipt_gas_used", "gas_used"),
    "gas_paid": ("receipt_effective_gas_price", "effective_gas_price"),
    "created": ("receipt_contract_address", "contract_address"),
    "token": ("token_address",),
    "log_index": ("log_index",),
    "trace_type": ("trace_type",),
    "call_type": ("call_type",),
    "trace_address": ("trace_address",),
    "trace_index": ("trace_index",),
    "trace_id": ("trace_id",),
    "error": ("error",),
}
TABLES = {
    "transactions": (
        "block", "hash", "tx_index", "sender", "receiver", "value", "time", "gas_price", "status", "gas_used",
        "gas_paid", "created",
    ),
    "receipts": ("hash", "status", "gas_used", "gas_paid", "created"),
    "token_transfers": ("block", "hash", "sender", "receiver", "value", "time", "token", "log_index"),
    "traces": (
        "block", "hash", "tx_index", "sender", "receiver", "value", "time", "status", "trace_type", "call_type",
        "trace_address", "trace_index", "trace_id", "error",
    ),
    "blocks": ("block", "time"),
}  # fmt: skip


def sort_files(files: Sequence[SourceFile]) -> tuple[dict[str, list[tuple[int, SourceFile]]], list[str]]:
    """The numbered files of each table, and notes on those that are none.

    Raises:
        InputError: none of the files is a table that moves value.
    """
    tables: dict[str, list[tuple[int, SourceFile]]] = {}
    notes = []
    for number, source in enumerate(files):
        table = _find_table({_snake(name) for name in source.columns})
        if table is None:
            notes.append(f"{source.name} is none of the tables that move value, and was not read")
        else:
            tables.setdefault(table, []).append((number, source))
    if not set(tables) - {"blocks", "receipts"}:
        there = ", ".join(files[0].columns) or "none"
        raise InputError(
            f"there is no table of transactions, token_transfers or traces; the columns are {there}",
            place=files[0].name,
            remedy="Give files as ethereum-etl writes them, with their header.",
        )
    return tables, notes


def _find_table(columns: set[str]) -> str | None:
    has_hash = columns & {"hash", "transaction_hash", "tx_hash"}
    if columns & {"trace_address", "trace_id", "trace_type"} and "value" in columns:
        return "traces"
    if {"token_address", "from_address", "value"} <= columns:
        return "token_transfers"
    if has_hash and {"from_address", "value"} <= columns and columns & {"nonce", "gas_price", "gas"}:
        return "transactions"
    if has_hash and "gas_used" in columns and columns & {"cumulative_gas_used", "status"}:
        return "receipts"
    if "timestamp" in columns and columns & {"number", "block_id"}:
        return "blocks"
    return None


def load_table(staging: Staging, table: str, files: Sequence[tuple[int, SourceFile]]) -> None:
    """Make the DuckDB table `table` of its files, with every column as text, empty where there is no file."""
    names = []
    for number, source in files:
        there = {_snake(name): name for name in source.columns}
        columns = {
            ours: next((there[alias] for alias in _ALIASES[ours] if alias in there), None)
            for ours in TABLES[table]
        }
        names.append(f"{table}_file_{number}")
        load(staging, names[-1], [(number, source)], columns)
    nothing = ", ".join(f"NULL::VARCHAR AS {name}" for name in TABLES[table])
    parts = [f"SELECT * FROM {name}" for name in names] or [
        f"SELECT 0 AS file, 0::BIGINT AS line, {nothing} LIMIT 0"
    ]
    key = ", lower(hash) AS key" if "hash" in TABLES[table] else ""
    status = (
        f" REPLACE (CASE WHEN {FAILED} THEN '0' ELSE status END AS status)"
        if "status" in TABLES[table]
        else ""
    )
    staging.run(f"CREATE TABLE {table} AS SELECT *{status}{key} FROM ({' UNION ALL '.join(parts)})")


def make_lookups(staging: Staging, old: AccountChain | None) -> None:
    """Make the tables `tx`, `tx_places`, `block_times`, `traced_blocks`, `failed_txs`, `calls` and `failed`."""
    staging.run(
        "CREATE TABLE receipt AS SELECT key, any_value(status) AS status, any_value(gas_used) AS gas_used, "
        "any_value(gas_paid) AS gas_paid, any_value(created) AS created FROM ("
        "SELECT key, status, gas_used, gas_paid, created FROM receipts UNION ALL "
        "SELECT key, status, gas_used, gas_paid, created FROM transactions) WHERE key IS NOT NULL GROUP BY key"
    )
    staging.run(
        "CREATE TABLE tx AS SELECT t.* REPLACE (coalesce(t.status, r.status) AS status, "
        "coalesce(t.gas_used, r.gas_used) AS gas_used, coalesce(t.gas_paid, r.gas_paid, t.gas_price) AS gas_paid, "
        "coalesce(t.receiver, t.created, r.created) AS receiver) FROM transactions t LEFT JOIN receipt r USING (key)"
    )
    _add_held_failures(staging, old)
    staging.run(
        "CREATE TABLE tx_places AS SELECT key, any_value(tx_index) AS tx_index, any_value(status) AS status FROM ("
        "SELECT key, tx_index, status FROM tx UNION ALL SELECT key, tx_index, NULL FROM traces) "
        "WHERE key IS NOT NULL GROUP BY key"
    )
    _add_held_places(staging, old)
    times = " UNION ALL ".join(f"SELECT block, time FROM {t}" for t in TABLES if "time" in TABLES[t])
    staging.run(
        f"CREATE TABLE block_times AS SELECT block, min(time) AS time FROM ({times}) WHERE time IS NOT NULL GROUP BY block"
    )
    staging.run("CREATE TABLE failed_txs AS SELECT DISTINCT key FROM tx WHERE status = '0'")
    staging.run("CREATE TABLE traced_blocks AS SELECT DISTINCT block FROM traces WHERE key IS NOT NULL")
    staging.run(
        "CREATE TABLE calls AS SELECT c.*, p.tx_index AS place, coalesce(c.status, "
        "CASE WHEN c.error IS NOT NULL THEN '0' END, p.status) AS outcome FROM ("
        "SELECT * REPLACE (coalesce(trace_type, split_part(trace_id, '_', 1)) AS trace_type), "
        "regexp_extract_all(coalesce(trace_address, CASE WHEN key IS NOT NULL THEN "
        "regexp_replace(trace_id, '^[^_]*_[^_]*', '') END, ''), '[0-9]+')::BIGINT[] AS path FROM traces) c "
        "LEFT JOIN tx_places p USING (key)"
    )
    staging.run(
        "CREATE TABLE failed AS SELECT DISTINCT key, path FROM calls WHERE outcome = '0' AND key IS NOT NULL"
    )


def _add_held_places(staging: Staging, old: AccountChain | None) -> None:
    """Token transfers whose transaction came with an earlier import take its place in the block."""
    if old is None:
        return
    unknown = staging.run(
        "SELECT DISTINCT key FROM token_transfers WHERE key IS NOT NULL AND key NOT IN "
        "(SELECT key FROM tx_places WHERE tx_index IS NOT NULL)"
    )
    for (key,) in unknown:
        tx = old.tx_hashes.find(key)
        place = int(old.tx_index[tx]) if tx >= 0 else -1
        if place >= 0:
            staging.run("INSERT INTO tx_places VALUES (?, ?, NULL)", key, str(place))


def _add_held_failures(staging: Staging, old: AccountChain | None) -> None:
    """A transaction without status failed where the ledger holds its gas, but no value of it."""
    if old is None:
        return
    for (key,) in staging.run("SELECT DISTINCT key FROM tx WHERE status IS NULL AND key IS NOT NULL"):
        kinds = {int(old.kind[event]) for event in _events(old, key)}
        if Kind.GAS in kinds and Kind.NATIVE not in kinds:
            staging.run("UPDATE tx SET status = '0' WHERE key = ?", key)


def _events(old: AccountChain, key: str) -> list[int]:
    tx = old.tx_hashes.find(key)
    return [] if tx < 0 else old.events_of(tx).tolist()


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
