"""Checked movements and those the ledger holds become one chain; what stays out is counted or named.

* A transaction stands in one block at one place: a movement that says otherwise than the first one is rejected.
* Of identical rows the ledger keeps as many as the fullest single file had, whether files come together or one by
  one; `distinct` keeps one. What a node
  states (all kinds but `transfer`) is one row each: a copy is there already, a contradiction is rejected.
* Native value comes from traces in a block that has them: what transactions said there is superseded,
  and what was taken for a success is withdrawn when it is known to have failed.
* The order is the ledger's (`rows`); rows that no index orders stand in the order in which they came in.

Sources fill the table `checked`; the files are `generation`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from jindo.base.errors import IntegrityError
from jindo.base.ids import AssetId, ChainId
from jindo.ledger.build import assemble_account_chain
from jindo.ledger.chain import AccountChain, Amounts
from jindo.ledger.checking import to_problem
from jindo.ledger.files import quote
from jindo.ledger.generation import from_arrow_texts
from jindo.ledger.reading import iter_text_batches
from jindo.ledger.staging import Staging
from jindo.ledger.texts import MappedTexts
from jindo.ledger.wide import WideColumn

_FIELDS = "block, tx_hash, sender, receiver, tx_index, position, asset, time, amount, wide, memo, kind, ord"
_RANK = "CASE kind WHEN 2 THEN 0 WHEN 1 THEN 2 ELSE 1 END"
_TRACES_SPLIT = "traces are counted within one import, so those of one transaction cannot come in two"
_TRACES_TOGETHER = "Import all traces of a transaction at once, as a folder, into a new ledger."
_KEY = (
    "concat_ws(chr(9), block, tx_hash, coalesce(sender, ''), coalesce(receiver, ''), coalesce(wide, amount::VARCHAR), "
    "asset, kind, position, CASE WHEN kind = 4 THEN tx_index END, CASE WHEN kind = 4 THEN time END, coalesce(memo, ''))"
)


@dataclass(frozen=True, slots=True)
class Merged:
    """What became of the movements that passed the checks."""

    added: int
    already_there: int
    left_by_distinct: int
    superseded: int
    """Native movements of transactions in blocks whose traces say the same better."""
    dropped: int
    """Movements that the ledger held, of traced blocks and of transactions now known to have failed."""


def merge_transfers(staging: Staging, old: AccountChain | None, *, distinct: bool) -> Merged:
    """Make the tables `fresh` (movements to add) and `held` (those there) out of `checked` and `old`.

    Rejected rows are appended to the table `refused`(file, line, kind, part, problem).
    """
    staging.run(
        "CREATE OR REPLACE TABLE refused AS SELECT file, line, kind, part, problem FROM checked WHERE problem IS NOT NULL"
    )
    staging.run("DELETE FROM checked WHERE problem IS NOT NULL")
    staging.run("ALTER TABLE checked RENAME TO fresh")
    _load_held(staging, old)
    superseded, dropped = _supersede(staging)
    _refuse_conflicts(staging)
    there, left = _drop_copies(staging, distinct=distinct)
    _refuse_contradictions(staging)
    return Merged(
        added=staging.one("SELECT count(*) FROM fresh"),
        already_there=there,
        left_by_distinct=left,
        superseded=superseded,
        dropped=dropped,
    )


def build_merged(staging: Staging, chain_id: ChainId, decimals: dict[AssetId, int]) -> AccountChain:
    """The chain of the tables `fresh` and `held`; both are used up, and the staging database is closed."""
    staging.progress("sorting", 0, None)
    accounts = _number_texts(
        staging, "accounts", "SELECT DISTINCT unnest([sender, receiver]) AS name FROM every_row"
    )
    assets = _number_texts(staging, "assets", "SELECT DISTINCT asset AS name FROM every_row")
    hashes = _number_texts(staging, "hashes", "SELECT tx_hash AS name FROM txs")
    columns, amount, memos = _fetch_rows(staging)
    staging.con.close()
    staging.progress("building", 0, None)
    return assemble_account_chain(
        chain_id,
        assets=tuple(AssetId(name) for name in assets),
        decimals=decimals,
        accounts=accounts,
        tx_hashes=hashes,
        amount=amount,
        memos=memos,
        **columns,
    )


def _load_held(staging: Staging, old: AccountChain | None) -> None:
    if old is None:
        staging.run(f"CREATE TABLE held AS SELECT {_FIELDS} FROM fresh LIMIT 0")
    else:
        batches = iter_text_batches(old)
        first = next(batches)
        staging.con.register(
            "held_rows", pa.RecordBatchReader.from_batches(first.schema, _chain(first, batches))
        )
        staging.run(f"CREATE TABLE held AS SELECT {_FIELDS} FROM held_rows")
        staging.con.unregister("held_rows")
    staging.run(f"CREATE VIEW every_row AS SELECT {_FIELDS} FROM held UNION ALL SELECT {_FIELDS} FROM fresh")


def _chain(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest


def _supersede(staging: Staging) -> tuple[int, int]:
    if not staging.one("SELECT count(*) FROM (SELECT 1 FROM fresh WHERE kind <> 4 LIMIT 1)"):
        return 0, 0
    staging.run(
        "CREATE TABLE traced AS SELECT DISTINCT block FROM every_row WHERE kind = 0 AND position >= 0"
    )
    plain = "kind = 0 AND position < 0 AND block IN (SELECT block FROM traced)"
    failed = "kind = 0 AND position < 0 AND tx_hash IN (SELECT key FROM failed_txs)"
    superseded = staging.one(f"SELECT count(*) FROM fresh WHERE {plain}")
    dropped = staging.one(f"SELECT count(*) FROM held WHERE {plain} OR {failed}")
    staging.run(f"DELETE FROM fresh WHERE {plain}")
    staging.run(f"DELETE FROM held WHERE {plain} OR {failed}")
    return superseded, dropped


def _refuse_conflicts(staging: Staging) -> None:
    _group_txs(staging)
    if not staging.one("SELECT count(*) FROM txs WHERE odd"):
        return
    _refuse(staging, "block", "min(block) <> max(block)", "r.block", "in another block")
    _refuse(
        staging, "tx_index", "min(nullif(tx_index, -1)) <> max(tx_index)", "nullif(r.tx_index, -1)",
        "at another place in its block",
    )  # fmt: skip
    _group_txs(staging)


def _group_txs(staging: Staging) -> None:
    staging.run(
        "CREATE OR REPLACE TABLE txs AS SELECT tx_hash, min(block) <> max(block) OR "
        "coalesce(min(nullif(tx_index, -1)) <> max(tx_index), false) AS odd FROM every_row GROUP BY tx_hash"
    )


def _refuse(staging: Staging, column: str, odd: str, value: str, says: str) -> None:
    staging.run(
        f"CREATE OR REPLACE TABLE kept AS SELECT tx_hash, arg_min(nullif({column}, -1), ord) AS keep FROM every_row "
        f"WHERE tx_hash IN (SELECT tx_hash FROM txs WHERE odd) GROUP BY tx_hash HAVING {odd}"
    )
    reason = f"the transaction stands {says} than an earlier row says"
    problem = quote(to_problem("ledger.impossible-order", reason, "Correct the row, or leave it out."))
    clash = f"FROM fresh r JOIN kept k ON r.tx_hash = k.tx_hash WHERE {value} <> k.keep"
    staging.run(f"INSERT INTO refused SELECT r.file, r.line, r.kind, r.part, {problem} {clash}")
    staging.run(f"DELETE FROM fresh WHERE ord IN (SELECT r.ord {clash})")


def _refuse_contradictions(staging: Staging) -> None:
    """What a node says of one place in one transaction is one thing: the first to say it is believed."""
    places = "SELECT *, min(ord) OVER (PARTITION BY tx_hash, kind, position) AS first FROM every_row WHERE kind <> 4"
    reason = "an earlier row says something else of the same place in the same transaction"
    other = quote(to_problem("ledger.differs", reason, "Compare with another copy of the chain."))
    split = quote(to_problem("ledger.differs", f"{reason}; {_TRACES_SPLIT}", _TRACES_TOGETHER))
    problem = f"CASE WHEN r.kind = 0 AND r.position >= 0 THEN {split} ELSE {other} END"
    if not staging.one("SELECT count(*) FROM (SELECT 1 FROM fresh WHERE kind <> 4 LIMIT 1)"):
        return
    clash = f"FROM fresh r JOIN ({places}) p ON r.ord = p.ord WHERE p.first <> p.ord"
    staging.run(f"INSERT INTO refused SELECT r.file, r.line, r.kind, r.part, {problem} {clash}")
    staging.run(f"DELETE FROM fresh WHERE ord IN (SELECT r.ord {clash})")
    staging.run("CREATE OR REPLACE TABLE txs AS SELECT DISTINCT tx_hash, false AS odd FROM every_row")


def _drop_copies(staging: Staging, *, distinct: bool) -> tuple[int, int]:
    if not distinct and not staging.one(
        "SELECT (SELECT count(*) FROM held) + (SELECT count(DISTINCT file) > 1 FROM fresh)::INTEGER + count(*) "
        "FROM (SELECT 1 FROM fresh WHERE kind <> 4 LIMIT 1)"
    ):
        return 0, 0
    staging.progress("comparing with the ledger", 0, None)
    low, high = staging.run("SELECT coalesce(min(block), 0), coalesce(max(block), -1) FROM fresh")[0]
    staging.run(
        f"CREATE TABLE copies AS SELECT n.ord, n.copy, n.one, coalesce(h.held, 0) AS held, "
        f"row_number() OVER (PARTITION BY n.key, n.copy ORDER BY n.ord) AS files FROM "
        f"(SELECT ord, {_KEY} AS key, CASE WHEN kind = 4 THEN 0 ELSE 1 END AS one, "
        f"row_number() OVER (PARTITION BY file, {_KEY} ORDER BY ord) AS copy FROM fresh) n "
        f"LEFT JOIN (SELECT {_KEY} AS key, count(*) AS held FROM held WHERE block BETWEEN {low} AND {high} GROUP BY ALL) h "
        f"ON n.key = h.key"
    )
    repeated = "(copy <= held OR files > 1 OR (one = 1 AND copy > 1))"
    there = staging.one(f"SELECT count(*) FROM copies WHERE {repeated}")
    extra = f"NOT {repeated} AND copy > 1" if distinct else "false"
    left = staging.one(f"SELECT count(*) FROM copies WHERE {extra}")
    staging.run(f"DELETE FROM fresh WHERE ord IN (SELECT ord FROM copies WHERE {repeated} OR ({extra}))")
    staging.run("CREATE OR REPLACE TABLE txs AS SELECT DISTINCT tx_hash, false AS odd FROM every_row")
    return there, left


def _number_texts(staging: Staging, table: str, names: str) -> MappedTexts:
    """Make `table`(name, id) of distinct names, numbered in their order, and give them."""
    staging.run(
        f"CREATE TABLE {table} AS SELECT name, row_number() OVER () - 1 AS id "
        f"FROM (SELECT name FROM ({names}) WHERE name IS NOT NULL ORDER BY name)"
    )
    chunks, count = [], 0
    for batch in staging.con.sql(f"SELECT name, id FROM {table}").to_arrow_reader(1 << 20):
        chunks.append(batch.column(0).cast(pa.large_string()))
        if not np.array_equal(batch.column(1).to_numpy(), np.arange(count, count + len(batch))):
            raise IntegrityError("DuckDB gave a table's rows in another order than they were put in")
        count += len(batch)
    return from_arrow_texts(
        pa.concat_arrays(chunks) if chunks else pa.array([], type=pa.large_string()), None
    )


def _fetch_rows(staging: Staging) -> tuple[dict[str, Any], Amounts, list[str | None] | None]:
    count = staging.one("SELECT count(*) FROM every_row")
    names = ("block", "time", "tx", "tx_index", "kind", "position", "sender", "receiver", "asset")
    columns = {name: np.empty(count, dtype=np.int8 if name == "kind" else np.int64) for name in names}
    amount, large, memos = np.empty(count, dtype=np.int64), [], {}
    reader = staging.con.sql(
        f"SELECT block, time, t.id AS tx, tx_index, kind, position, coalesce(s.id, -1) AS sender, "
        f"coalesce(r.id, -1) AS receiver, a.id AS asset, coalesce(amount, 0) AS amount, wide, memo FROM every_row e "
        f"JOIN hashes t ON e.tx_hash = t.name JOIN assets a ON e.asset = a.name "
        f"LEFT JOIN accounts s ON e.sender = s.name LEFT JOIN accounts r ON e.receiver = r.name "
        f"ORDER BY block, tx_index, {_RANK}, position, ord"
    ).to_arrow_reader(1 << 17)
    start = 0
    for batch in reader:
        end = start + len(batch)
        for name, column in columns.items():
            column[start:end] = batch.column(name).to_numpy()
        amount[start:end] = batch.column("amount").to_numpy()
        large += [(start + row, int(text)) for row, text in _there(batch.column("wide"))]
        memos.update({start + row: text for row, text in _there(batch.column("memo"))})
        start = end
        staging.progress("sorting", start, count)
    return columns, _to_amounts(amount, large), [memos.get(row) for row in range(count)] if memos else None


def _there(column: Any) -> list[tuple[int, str]]:
    if column.null_count == len(column):
        return []
    rows = np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))
    return list(zip(rows.tolist(), column.drop_null().to_pylist(), strict=True))


def _to_amounts(amount: Any, large: list[tuple[int, int]]) -> Amounts:
    if any(value >> 62 for _, value in large):
        return WideColumn.from_parts(amount, large)
    for row, value in large:
        amount[row] = value
    return amount
