"""The `ethereum-etl` format: transactions, token transfers, traces and receipts, in CSV, JSON lines or Parquet.

* Which table a file is, its columns say; GraphSense's names for the same columns are understood.
* Where a block has traces of transactions, native value comes only from successful call, create and suicide
  traces without a failed ancestor; otherwise from successful transactions.
* Delegate, static and code calls move nothing. Rewards, genesis and withdrawals are issuance, at the block's end.
* Gas is what the receipt says was used, at the price that was paid, also where the transaction failed.
* An unknown status counts as success, and unknown gas as none; the import notes how many there were.

A token transfer's value is what the log said: for ERC-721 that is the token's number, not an amount.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from jindo.base.errors import InputError
from jindo.base.ids import ChainId, native_asset
from jindo.ledger.chain import AccountChain
from jindo.ledger.staging import SourceFile, Staging, load, quote

END_OF_BLOCK = 999_999_999
"""Transaction index of what a block does after its transactions: rewards and withdrawals."""

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
_TABLES = {
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

# What tells two traces without a transaction apart: their index, their id, or else their line.
_NAMED = "(try_cast(trace_index AS BIGINT), coalesce(trace_id, file || '-' || line))"


def stage_ethereum(
    staging: Staging, files: Sequence[SourceFile], *, chain: ChainId, old: AccountChain | None
) -> tuple[dict[str, int], list[str]]:
    """Make the table `raw` of these files, for `check_rows`; gives the rows of each table, and notes.

    Raises:
        InputError: none of the files is a table that is read.
    """
    tables, notes = _sort_files(files)
    counts = {}
    for table in _TABLES:
        _load_table(staging, table, tables.get(table, []))
        if tables.get(table):
            counts[table] = staging.one(f"SELECT count(*) FROM {table}")
    _make_lookups(staging, old)
    native = quote(native_asset(chain))
    staging.run(
        "CREATE TABLE raw AS SELECT m.* REPLACE (coalesce(m.time, b.time) AS time) FROM ("
        + " UNION ALL ".join((_tokens(), _gas(native), _plain(native), _traced(native), _issued(native)))
        + ") m LEFT JOIN block_times b ON m.block = b.block"
    )
    return counts, notes + _read_notes(staging)


def _sort_files(files: Sequence[SourceFile]) -> tuple[dict[str, list[tuple[int, SourceFile]]], list[str]]:
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


def _load_table(staging: Staging, table: str, files: Sequence[tuple[int, SourceFile]]) -> None:
    names = []
    for number, source in files:
        there = {_snake(name): name for name in source.columns}
        columns = {
            ours: next((there[alias] for alias in _ALIASES[ours] if alias in there), None)
            for ours in _TABLES[table]
        }
        names.append(f"{table}_file_{number}")
        load(staging, names[-1], [(number, source)], columns)
    nothing = ", ".join(f"NULL::VARCHAR AS {name}" for name in _TABLES[table])
    parts = [f"SELECT * FROM {name}" for name in names] or [
        f"SELECT 0 AS file, 0::BIGINT AS line, {nothing} LIMIT 0"
    ]
    key = ", lower(hash) AS key" if "hash" in _TABLES[table] else ""
    staging.run(f"CREATE TABLE {table} AS SELECT *{key} FROM ({' UNION ALL '.join(parts)})")


def _make_lookups(staging: Staging, old: AccountChain | None) -> None:
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
    staging.run(
        "CREATE TABLE tx_places AS SELECT key, any_value(tx_index) AS tx_index, any_value(status) AS status FROM ("
        "SELECT key, tx_index, status FROM tx UNION ALL SELECT key, tx_index, NULL FROM traces) "
        "WHERE key IS NOT NULL GROUP BY key"
    )
    _add_held_places(staging, old)
    times = " UNION ALL ".join(f"SELECT block, time FROM {t}" for t in _TABLES if "time" in _TABLES[t])
    staging.run(
        f"CREATE TABLE block_times AS SELECT block, min(time) AS time FROM ({times}) WHERE time IS NOT NULL GROUP BY block"
    )
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
    unknown = staging.run(
        "SELECT DISTINCT key FROM token_transfers WHERE key IS NOT NULL AND key NOT IN "
        "(SELECT key FROM tx_places WHERE tx_index IS NOT NULL)"
    )
    if old is None:
        return
    for (key,) in unknown:
        tx = old.tx_hashes.find(key)
        places: Sequence[int] = [] if tx < 0 else old.tx_index[old.tx_events[old.tx_offsets[tx] : old.tx_offsets[tx + 1]]]
        if len(places) and max(places) >= 0:
            staging.run("INSERT INTO tx_places VALUES (?, ?, NULL)", key, str(int(max(places))))


def _tokens() -> str:
    return _movement(
        "e.block", "e.hash", "e.sender", "e.receiver", "e.value", "e.time", "p.tx_index", "e.log_index", "e.token",
        1, "false", "token_transfers e LEFT JOIN tx_places p USING (key)",
    )  # fmt: skip


def _gas(native: str) -> str:
    whole = "regexp_full_match({}, '[0-9]{{1,18}}([.]0+)?')"
    clean = f"{whole.format('gas_used')} AND {whole.format('gas_paid')}"
    amount = (
        f"CASE WHEN {clean} THEN (split_part(gas_used, '.', 1)::HUGEINT * split_part(gas_paid, '.', 1)::HUGEINT)::VARCHAR "
        "ELSE gas_used || ' gas at ' || gas_paid END"
    )
    return _movement(
        "block", "hash", "sender", "NULL", amount, "time", "tx_index", "NULL", native, 2, "sender IS NOT NULL",
        "tx WHERE gas_used IS NOT NULL AND gas_paid IS NOT NULL",
    )  # fmt: skip


def _plain(native: str) -> str:
    return _movement(
        "block", "hash", "sender", "receiver", "value", "time", "tx_index", "NULL", native, 0, "false",
        "tx WHERE (block IS NULL OR block NOT IN (SELECT block FROM traced_blocks WHERE block IS NOT NULL)) "
        "AND coalesce(status, '1') NOT IN ('0', '0.0', '0x0', 'false') AND (receiver IS NOT NULL OR coalesce(value, '') <> '0')",
    )  # fmt: skip


def _traced(native: str) -> str:
    origin = "coalesce(key, trace_type || '-' || block)"
    position = f"dense_rank() OVER (PARTITION BY {origin} ORDER BY path, CASE WHEN key IS NULL THEN {_NAMED} END) - 1"
    moves = (
        "(trace_type IN ('create', 'create2', 'suicide', 'selfdestruct', 'daofork') "
        "OR (trace_type = 'call' AND coalesce(call_type, 'call') = 'call'))"
    )
    alive = "NOT EXISTS (SELECT 1 FROM failed f WHERE f.key = n.key AND f.path = n.path[1:len(f.path)])"
    return _movement(
        "block", "coalesce(hash, trace_type || '-' || block)", "sender", "receiver", "value", "time",
        f"coalesce(tx_index, place, CASE WHEN hash IS NULL THEN '{END_OF_BLOCK}' END)", "position::VARCHAR", native, 0, "false",
        f"(SELECT *, {position} AS position FROM calls) n WHERE {moves} AND coalesce(outcome, '1') <> '0' AND {alive}",
    )  # fmt: skip


def _issued(native: str) -> str:
    position = f"dense_rank() OVER (PARTITION BY trace_type, block ORDER BY {_NAMED}) - 1"
    return _movement(
        "block", "trace_type || '-' || block", "NULL", "receiver", "value", "time", f"'{END_OF_BLOCK}'",
        "position::VARCHAR", native, 3, "receiver IS NOT NULL",
        f"(SELECT *, {position} AS position FROM calls) n WHERE trace_type IN ('reward', 'genesis', 'withdrawal') "
        "AND coalesce(outcome, '1') <> '0'",
    )  # fmt: skip


def _movement(
    block: str, tx_hash: str, sender: str, receiver: str, amount: str, time: str, tx_index: str, position: str,
    asset: str, kind: int, open_end: str, origin: str,
) -> str:  # fmt: skip
    part = {2: 0, 0: 1}.get(kind, 0)
    return (
        f"SELECT file, line, {part} AS part, {block} AS block, {tx_hash} AS tx_hash, {sender}::VARCHAR AS sender, "
        f"{receiver}::VARCHAR AS receiver, {amount} AS amount, {time} AS time, {tx_index}::VARCHAR AS tx_index, "
        f"{position}::VARCHAR AS position, {asset} AS asset, NULL::VARCHAR AS decimals, NULL::VARCHAR AS memo, "
        f"{kind} AS kind, {open_end} AS open_end FROM {origin}"
    )


def _read_notes(staging: Staging) -> list[str]:
    unknown = staging.one(
        "SELECT count(DISTINCT key) FROM tx WHERE status IS NULL AND block NOT IN (SELECT block FROM traced_blocks WHERE block IS NOT NULL)"
    )
    no_gas = staging.one("SELECT count(DISTINCT key) FROM tx WHERE gas_used IS NULL OR gas_paid IS NULL")
    untold = staging.one("SELECT count(*) FROM calls WHERE key IS NOT NULL AND outcome IS NULL")
    notes = []
    if unknown:
        notes.append(f"{unknown} transactions have no receipt status and were taken as successful")
    if untold:
        notes.append(f"{untold} traces have no status and were taken as successful")
    if no_gas:
        notes.append(f"{no_gas} transactions state no gas used or no price; their fees are not in the ledger")
    return notes


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
