"""How a format writes Ethereum's tables, and those tables as everything after reads them: one text a field.

* Which table a file is, its columns say; what a table's columns are called, and what must be done to them, its shape.
* However a file writes that something failed (`0`, `0x0`, `0.0`, `false`), in these tables its status is `0`.
* A number in hex becomes a decimal one, exactly; an amount that a file has only as rounded is its shape's to refuse.
* What a block table counts, and what another chain's file says of itself, is held against what came.

What the tables know of each other is `ethereum_tables`'; which rows move value, `ethereum_moves`'.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from jindo.base.errors import InputError
from jindo.base.ids import ChainId
from jindo.ledger.files import SourceFile
from jindo.ledger.staging import Staging, load

FAILED = "regexp_full_match(lower({}), '0x0*|0+([.]0*)?|false')"
"""SQL: whether a status as a file has it means failure; in the tables it is then `0`."""

TABLES = {
    "transactions": (
        "block", "hash", "tx_index", "sender", "receiver", "value", "value_hex", "time", "gas_price", "status",
        "gas_used", "gas_paid", "created", "chain_id",
    ),
    "receipts": ("hash", "status", "gas_used", "gas_paid", "created"),
    "token_transfers": (
        "block", "hash", "tx_index", "sender", "receiver", "value", "value_hex", "time", "token", "log_index",
        "chain_id",
    ),
    "logs": (
        "block", "hash", "tx_index", "time", "token", "log_index", "topics", "topic0", "topic1", "topic2", "topic3",
        "data", "chain_id",
    ),
    "traces": (
        "block", "hash", "tx_index", "sender", "receiver", "value", "value_hex", "time", "status", "trace_type",
        "call_type", "trace_address", "trace_index", "trace_id", "error", "created", "chain_id",
    ),
    "blocks": ("block", "time", "transaction_count", "chain_id"),
}  # fmt: skip

MOVING = ("transactions", "token_transfers", "logs", "traces")
"""Tables of which at least one is needed."""


@dataclass(frozen=True, slots=True)
class EthereumShape:
    """How one format writes the tables."""

    find_table: Callable[[set[str]], str | None]
    """The table that a file with these columns (in snake case) is."""
    aliases: Mapping[str, tuple[str, ...]]
    """What each column may be called, best first; columns that are called the same need no entry."""
    remedy: str
    """What files to give."""
    adapt: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By table and column, SQL of the value from the columns as they are in the file."""
    unread: Mapping[str, str] = field(default_factory=dict)
    """Tables that `find_table` knows and that are not read, each with why."""
    check: Callable[[SourceFile, str], None] = lambda source, table: None
    """Refuses a file of a table that cannot be read exactly."""


def sort_files(
    files: Sequence[SourceFile], shape: EthereumShape
) -> tuple[dict[str, list[tuple[int, SourceFile]]], list[str]]:
    """The numbered files of each table, and notes on those that are none.

    Raises:
        InputError: none of the files is a table that moves value, or one cannot be read exactly.
    """
    tables: dict[str, list[tuple[int, SourceFile]]] = {}
    notes, unread = [], defaultdict(list)
    for number, source in enumerate(files):
        table = shape.find_table({to_snake(name) for name in source.columns})
        if table is None:
            notes.append(f"{source.name} is none of the tables that move value, and was not read")
        elif table in shape.unread:
            unread[table].append(source.name)
        else:
            shape.check(source, table)
            tables.setdefault(table, []).append((number, source))
    notes += [
        f"{names[0]}{_and_more(names)} was not read: {shape.unread[table]}" for table, names in unread.items()
    ]
    if not set(tables) & set(MOVING):
        there = ", ".join(files[0].columns) or "none"
        why = "".join(f"; {shape.unread[table]}" for table in unread)
        raise InputError(
            f"there is no table of transactions, token_transfers or traces; the columns are {there}{why}",
            place=files[0].name,
            remedy=shape.remedy,
        )
    return tables, notes


def load_table(
    staging: Staging, table: str, files: Sequence[tuple[int, SourceFile]], shape: EthereumShape
) -> None:
    """Make the DuckDB table `table` of its files, with every column as text, empty where there is no file."""
    groups: dict[tuple[str | None, ...], list[tuple[int, SourceFile]]] = defaultdict(list)
    for number, source in files:
        there = {to_snake(name): name for name in source.columns}
        groups[_find_columns(table, there, shape)].append((number, source))
    names: list[str] = []
    for found, group in groups.items():
        names.append(f"{table}_files_{len(names)}")
        load(staging, names[-1], group, dict(zip(TABLES[table], found, strict=True)))
    nothing = ", ".join(f"NULL::VARCHAR AS {name}" for name in TABLES[table])
    parts = [f"SELECT * FROM {name}" for name in names] or [
        f"SELECT 0 AS file, 0::BIGINT AS line, {nothing} LIMIT 0"
    ]
    union = " UNION ALL ".join(parts)
    staging.run(f"CREATE TABLE {table} AS SELECT file, line, {_list_columns(table, shape)} FROM ({union})")


def check_chain(staging: Staging, chain: ChainId) -> None:
    """Refuse files that say themselves to be of another chain.

    Raises:
        InputError: they do.
    """
    tables = [table for table in TABLES if "chain_id" in TABLES[table]]
    union = " UNION ".join(f"SELECT DISTINCT chain_id FROM {table}" for table in tables)
    for (stated,) in staging.run(f"SELECT chain_id FROM ({union}) WHERE chain_id IS NOT NULL ORDER BY 1"):
        if f"eip155:{stated}" != chain:
            raise InputError(
                f"the files are of the chain eip155:{stated}, and the import of {chain}",
                remedy=f"Name the right one: --chain eip155:{stated}.",
            )


def note_missing_transactions(staging: Staging) -> list[str]:
    """A note where blocks have fewer transactions than the block table counts."""
    lacking = staging.run(
        "SELECT count(*), sum(stated - came), min(block), max(block) FROM ("
        "SELECT b.block, try_cast(max(b.transaction_count) AS BIGINT) AS stated, "
        "coalesce(max(t.came), 0) AS came FROM blocks b LEFT JOIN (SELECT block, count(DISTINCT key) AS came "
        "FROM transactions GROUP BY block) t USING (block) GROUP BY b.block) WHERE stated > came"
    )
    blocks, count, first, last = lacking[0]
    if not blocks:
        return []
    where = f"in {blocks} blocks from {first} to {last}"
    return [f"{count} transactions are missing that the block table counts, {where}: import their files too"]


def to_snake(name: str) -> str:
    """A column's name in snake case: `txHash` is `tx_hash`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def to_decimal(value: str) -> str:
    """SQL of a number as decimal text, where it is written in hex and is small enough for SQL; wider ones stay."""
    return (
        f"CASE WHEN regexp_full_match({value}, '0[xX]0*[0-9a-fA-F]{{1,30}}') "
        f"THEN ('0x' || right('{'0' * 30}' || substr({value}, 3), 30))::HUGEINT::VARCHAR ELSE {value} END"
    )


def _find_columns(table: str, there: Mapping[str, str], shape: EthereumShape) -> tuple[str | None, ...]:
    return tuple(
        next((there[alias] for alias in shape.aliases.get(ours, (ours,)) if alias in there), None)
        for ours in TABLES[table]
    )


def _list_columns(table: str, shape: EthereumShape) -> str:
    adapted = {name: shape.adapt.get(table, {}).get(name, name) for name in TABLES[table]}
    if "value_hex" in adapted:
        adapted["value"] = to_decimal(f"coalesce({adapted['value']}, {adapted['value_hex']})")
    if "status" in adapted:
        status = adapted["status"]
        adapted["status"] = f"CASE WHEN {FAILED.format(f'({status})')} THEN '0' ELSE {status} END"
    columns = [f"{sql} AS {name}" for name, sql in adapted.items() if name != "value_hex"]
    if "hash" in adapted:
        columns.append(f"lower({adapted['hash']}) AS key")
    return ", ".join(columns)


def _and_more(names: Sequence[str]) -> str:
    return f" (with {len(names) - 1} more like it)" if len(names) > 1 else ""
