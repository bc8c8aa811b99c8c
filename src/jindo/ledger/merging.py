"""Checked movements and those the ledger holds become one chain; what stays out is counted or named.

* A transaction stands in one block at one place: a movement that says otherwise than the first one is rejected.
* Of identical rows the ledger keeps as many as the fullest single file had, whether files come together or one by
  one; `distinct` keeps one. What a node
  states (all kinds but `transfer`) is one row each: a copy is there already, a contradiction is rejected.
* Native value comes from traces in a block that has them: what transactions said there is superseded,
  and what was taken for a success is withdrawn when it is known to have failed.
* The order is the ledger's (`rows`); rows that no index orders stand in the order in which they came in. A
  transaction's index holds for all its rows, whichever of them states it.

Sources fill the table `checked`; the files are `run_files`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import pyarrow as pa

from jindo.base.errors import IntegrityError
from jindo.base.ids import AssetId
from jindo.ledger.account_building import AccountRunBuilder, Start
from jindo.ledger.chain import AccountChain
from jindo.ledger.checking import to_problem
from jindo.ledger.files import quote
from jindo.ledger.reading import iter_text_batches
from jindo.ledger.runs import AccountRun
from jindo.ledger.spool import Spool
from jindo.ledger.staging import Staging

_FIELDS = "block, tx_hash, sender, receiver, tx_index, position, asset, time, amount, wide, memo, kind, ord"
_RANK = "CASE kind WHEN 2 THEN 0 WHEN 1 THEN 2 ELSE 1 END"
_TRACES_SPLIT = "traces are counted within one import, so those of one transaction cannot come in two"
_TRACES_TOGETHER = "Import all traces of a transaction at once, as a folder, into a new ledger."
_SAME = (
    "block, tx_hash, coalesce(sender, ''), coalesce(receiver, ''), coalesce(wide, amount::VARCHAR), "
    "asset, kind, position, CASE WHEN kind = 4 THEN tx_index END, CASE WHEN kind = 4 THEN time END, coalesce(memo, '')"
)
"""What two copies of one row agree in."""
_KEY = f"concat_ws(chr(9), {_SAME})"
_HASH = f"hash({_SAME})"
_BATCH = 1 << 17


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
    placed: int
    """Movements that the ledger held without their transaction's index, which is known now."""


def merge_transfers(staging: Staging, old: AccountChain | None, keep: int, *, distinct: bool) -> Merged:
    """Make the tables `fresh` (movements to add) and `held` (those there) out of `checked` and the runs after `keep`.

    Rejected rows are appended to the table `refused`(file, line, kind, part, problem).
    """
    staging.run(
        "CREATE OR REPLACE TABLE refused AS SELECT file, line, kind, part, problem FROM checked WHERE problem IS NOT NULL"
    )
    staging.run("DELETE FROM checked WHERE problem IS NOT NULL")
    staging.run("ALTER TABLE checked RENAME TO fresh")
    _load_held(staging, old, keep)
    superseded, dropped = _supersede(staging)
    _refuse_elsewhere(staging, old, keep)
    _refuse_conflicts(staging)
    placed = _spread_places(staging)
    there, left = _drop_copies(staging, distinct=distinct)
    _refuse_contradictions(staging)
    return Merged(
        added=staging.one("SELECT count(*) FROM fresh"),
        already_there=there,
        left_by_distinct=left,
        superseded=superseded,
        dropped=dropped,
        placed=placed,
    )


def build_merged(staging: Staging, start: Start) -> tuple[AccountRun | None, tuple[AssetId, ...]]:
    """The run of the tables `fresh` and `held` in ledger order, from `start` on, and all assets of the chain.

    Memory is the texts of the accounts and a batch: DuckDB sorts on disk.
    """
    staging.progress("sorting", 0, None)
    count = staging.one("SELECT count(*) FROM every_row")
    builder, done = AccountRunBuilder(start, Spool(staging.folder / "run")), 0
    reader = staging.con.sql(
        "SELECT block, time, tx_hash, tx_index, kind, position, sender, receiver, asset, amount, wide, memo "
        f"FROM every_row ORDER BY block, tx_index, {_RANK}, position, ord"
    ).to_arrow_reader(_BATCH)
    for batch in reader:
        builder.add(batch)
        done += len(batch)
        staging.progress("building", done, count)
    return builder.finish()


def find_names(staging: Staging) -> list[str]:
    """The accounts that the tables `fresh` and `held` name."""
    rows = staging.run("SELECT DISTINCT unnest([sender, receiver]) AS name FROM every_row")
    return [name for (name,) in rows if name is not None]


def _load_held(staging: Staging, old: AccountChain | None, keep: int) -> None:
    if old is None or keep == len(old.runs):
        staging.run(f"CREATE TABLE held AS SELECT {_FIELDS} FROM fresh LIMIT 0")
    else:
        batches = iter_text_batches(old, first_run=keep)
        first = next(batches)
        staging.con.register(
            "held_rows", pa.RecordBatchReader.from_batches(first.schema, chain((first,), batches))
        )
        staging.run(f"CREATE TABLE held AS SELECT {_FIELDS} FROM held_rows")
        staging.con.unregister("held_rows")
    staging.run(f"CREATE VIEW every_row AS SELECT {_FIELDS} FROM held UNION ALL SELECT {_FIELDS} FROM fresh")


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


def find_kept_runs(staging: Staging, old: AccountChain | None) -> int:
    """How many runs of `old` the checked rows leave as they are: those that end before the first block touched."""
    if old is None:
        return 0
    low = staging.run("SELECT min(block) FROM checked WHERE problem IS NULL")[0][0]
    lows = [] if low is None else [int(low)]
    failed = old.tx_hashes.find_all([key for (key,) in staging.run("SELECT key FROM failed_txs")])
    lows += [int(old.block[int(old.events_of(tx)[0])]) for tx in failed[failed >= 0].tolist()]
    if not lows:
        return len(old.runs)
    return sum(int(run.blocks.height[-1]) < min(lows) for run in old.runs)


def _refuse_elsewhere(staging: Staging, old: AccountChain | None, keep: int) -> None:
    """Refuse rows of transactions that stand in an earlier block, which these rows leave as it is."""
    if old is None or not keep:
        return
    names = staging.con.sql(
        "SELECT DISTINCT tx_hash FROM fresh WHERE tx_hash NOT IN (SELECT tx_hash FROM held)"
    ).to_arrow_table()["tx_hash"]
    before = old.runs[keep - 1]
    end = before.first_transaction + len(before.tx_hashes)
    texts = names.to_pylist()
    ids = old.tx_hashes.find_all(texts)
    found = [text for text, i in zip(texts, ids.tolist(), strict=True) if 0 <= i < end]
    if found:
        _put_names(staging, "elsewhere", found)
        clash = "FROM fresh r WHERE tx_hash IN (SELECT name FROM elsewhere)"
        staging.run(
            f"INSERT INTO refused SELECT file, line, kind, part, {_stands('in another block')} {clash}"
        )
        staging.run("DELETE FROM fresh WHERE tx_hash IN (SELECT name FROM elsewhere)")


def _take_out(staging: Staging, places: str) -> None:
    """Take the movements of these places out of `fresh`.

    Raises:
        IntegrityError: two movements have one place, so that one would go with the other.
    """
    named = staging.one(f"SELECT count(DISTINCT ord) FROM ({places}) t(ord)")
    gone = staging.one(f"DELETE FROM fresh WHERE ord IN ({places})")
    if gone != named:
        raise IntegrityError(
            "two movements of the source have one place, as its reader numbers them; nothing was imported",
            remedy="Report this: the format's reader is wrong.",
        )


def _put_names(staging: Staging, table: str, names: list[str]) -> None:
    staging.con.register("put_names", pa.table({"name": pa.array(names, pa.string())}))
    staging.run(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM put_names")
    staging.con.unregister("put_names")


def _stands(says: str) -> str:
    reason = f"the transaction stands {says} than an earlier row says"
    return quote(to_problem("ledger.impossible-order", reason, "Correct the row, or leave it out."))


def _refuse_conflicts(staging: Staging) -> None:
    """Refuse rows of a transaction that say another block or place than the first row of it.

    Which transactions are odd is asked of 64-bit hashes first, so that memory does not follow the texts.
    """
    odd = "min({b}) <> max({b}) OR coalesce(min(nullif(tx_index, -1)) <> max(tx_index), false)".format(
        b="block"
    )
    staging.run(
        f"CREATE OR REPLACE TABLE odd_txs AS SELECT DISTINCT tx_hash FROM every_row WHERE hash(tx_hash) IN "
        f"(SELECT hash(tx_hash) FROM every_row GROUP BY 1 HAVING {odd})"
    )
    if staging.one("SELECT count(*) FROM odd_txs"):
        _refuse(staging, "block", "min(block) <> max(block)", "r.block", "in another block")
        _refuse(
            staging, "tx_index", "min(nullif(tx_index, -1)) <> max(tx_index)", "nullif(r.tx_index, -1)",
            "at another place in its block",
        )  # fmt: skip


def _spread_places(staging: Staging) -> int:
    """Rows that lack their transaction's index take it from those that state it; how many held ones did."""
    odd = "min(tx_index) < 0 AND max(tx_index) >= 0"
    staging.run(
        "CREATE OR REPLACE TABLE places AS SELECT tx_hash, max(tx_index) AS place FROM every_row WHERE hash(tx_hash) IN "
        f"(SELECT hash(tx_hash) FROM every_row GROUP BY 1 HAVING {odd}) GROUP BY tx_hash HAVING {odd}"
    )
    if not staging.one("SELECT count(*) FROM places"):
        return 0
    lacking = "tx_index < 0 AND tx_hash IN (SELECT tx_hash FROM places)"
    placed = staging.one(f"SELECT count(*) FROM held WHERE {lacking}")
    for table in ("fresh", "held"):
        staging.run(f"UPDATE {table} SET tx_index = place FROM places p WHERE {table}.tx_hash = p.tx_hash")
    return placed


def _refuse(staging: Staging, column: str, odd: str, value: str, says: str) -> None:
    staging.run(
        f"CREATE OR REPLACE TABLE kept AS SELECT tx_hash, arg_min(nullif({column}, -1), ord) AS keep FROM every_row "
        f"WHERE tx_hash IN (SELECT tx_hash FROM odd_txs) GROUP BY tx_hash HAVING {odd}"
    )
    clash = f"FROM fresh r JOIN kept k ON r.tx_hash = k.tx_hash WHERE {value} <> k.keep"
    staging.run(f"INSERT INTO refused SELECT r.file, r.line, r.kind, r.part, {_stands(says)} {clash}")
    _take_out(staging, f"SELECT r.ord {clash}")


def _refuse_contradictions(staging: Staging) -> None:
    """What a node says of one place in one transaction is one thing: the first to say it is believed."""
    if not staging.one("SELECT count(*) FROM (SELECT 1 FROM fresh WHERE kind <> 4 LIMIT 1)"):
        return
    place = "hash(tx_hash, kind, position)"
    several = f"SELECT {place} FROM every_row WHERE kind <> 4 GROUP BY 1 HAVING count(*) > 1"
    places = (
        "SELECT *, min(ord) OVER (PARTITION BY tx_hash, kind, position) AS first FROM every_row "
        f"WHERE kind <> 4 AND {place} IN ({several})"
    )
    reason = "an earlier row says something else of the same place in the same transaction"
    other = quote(to_problem("ledger.differs", reason, "Compare with another copy of the chain."))
    split = quote(to_problem("ledger.differs", f"{reason}; {_TRACES_SPLIT}", _TRACES_TOGETHER))
    problem = f"CASE WHEN r.kind = 0 AND r.position >= 0 THEN {split} ELSE {other} END"
    clash = f"FROM fresh r JOIN ({places}) p ON r.ord = p.ord WHERE p.first <> p.ord"
    staging.run(f"INSERT INTO refused SELECT r.file, r.line, r.kind, r.part, {problem} {clash}")
    _take_out(staging, f"SELECT r.ord {clash}")


def _drop_copies(staging: Staging, *, distinct: bool) -> tuple[int, int]:
    """Leave out what is there already, and with `distinct` all but one of each; gives how many of either.

    Only rows whose 64-bit hash is there twice are compared: others have no copy.
    """
    staging.progress("comparing rows", 0, None)
    low, high = staging.run("SELECT coalesce(min(block), 0), coalesce(max(block), -1) FROM fresh")[0]
    near = f"block BETWEEN {low} AND {high}"
    staging.run(
        f"CREATE OR REPLACE TABLE several AS SELECT {_HASH} AS h FROM every_row WHERE {near} GROUP BY h HAVING count(*) > 1"
    )
    if not staging.one("SELECT count(*) FROM several"):
        return 0, 0
    again = f"{_HASH} IN (SELECT h FROM several)"
    staging.run(
        f"CREATE OR REPLACE TABLE copies AS SELECT n.ord, n.copy, n.one, coalesce(h.held, 0) AS held, "
        f"row_number() OVER (PARTITION BY n.key, n.copy ORDER BY n.ord) AS files FROM "
        f"(SELECT ord, {_KEY} AS key, CASE WHEN kind = 4 THEN 0 ELSE 1 END AS one, "
        f"row_number() OVER (PARTITION BY file, {_KEY} ORDER BY ord) AS copy FROM fresh WHERE {again}) n "
        f"LEFT JOIN (SELECT {_KEY} AS key, count(*) AS held FROM held WHERE {near} AND {again} GROUP BY ALL) h "
        f"ON n.key = h.key"
    )
    repeated = "(copy <= held OR files > 1 OR (one = 1 AND copy > 1))"
    there = staging.one(f"SELECT count(*) FROM copies WHERE {repeated}")
    extra = f"NOT {repeated} AND copy > 1" if distinct else "false"
    left = staging.one(f"SELECT count(*) FROM copies WHERE {extra}")
    _take_out(staging, f"SELECT ord FROM copies WHERE {repeated} OR ({extra})")
    return there, left
