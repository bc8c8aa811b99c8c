"""Checked movements and those the ledger holds become one chain; what stays out is counted or named.

* Of identical rows the ledger keeps as many as the fullest single file had, whether files come together or one by
  one; `distinct` keeps one. What a node
  states (all kinds but `transfer`) is one row each: a copy is there already, a contradiction is rejected.
* Native value comes from traces in a block that has them: what transactions said there is superseded,
  and what was taken for a success is withdrawn when it is known to have failed.
* A transaction's index holds for all its rows, whichever of them states it.

Sources fill the table `fresh` by way of `checking`; what contradicts what is `contradicting`'s,
the order and the run `account_building`'s.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from jindo.ledger.chain import AccountChain
from jindo.ledger.checking import COLUMNS, FILE, Checked, put_rows
from jindo.ledger.contradicting import (
    refuse_conflicts,
    refuse_contradictions,
    refuse_elsewhere,
    take_out,
)
from jindo.ledger.packing import pack_hashes
from jindo.ledger.reading import iter_text_batches
from jindo.ledger.staging import Staging

_SAME = (
    "block", "tx_hash", "sender", "receiver", "amount", "wide", "asset", "kind", "position",
    "CASE WHEN kind = 4 THEN tx_index END", "CASE WHEN kind = 4 THEN time END", "coalesce(memo, '')",
)  # fmt: skip
"""What two copies of one row agree in."""
_TEXT = {"tx_hash": "hex(tx_hash)", "amount": "coalesce(wide, amount::VARCHAR)"}
_KEY = f"concat_ws(chr(9), {', '.join(_TEXT.get(part, part) for part in _SAME if part != 'wide')})"
_HASH = f"hash({', '.join(_SAME)})"
_MANY = 4
"""Where one transaction in so many has several rows, looking for them first saves nothing."""


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


def merge_transfers(
    staging: Staging, checked: Checked, old: AccountChain | None, keep: int, *, distinct: bool
) -> Merged:
    """Leave in the table `fresh` what is to be added, and in `held` what is there, of the runs after `keep`.

    Rejected rows are appended to the table `refused`.
    """
    load_held(staging, checked, old, keep)
    superseded, dropped = _supersede(staging)
    refuse_elsewhere(staging, old, keep)
    shared = _find_shared(staging)
    refuse_conflicts(staging)
    placed = _spread_places(staging)
    there, left = _drop_copies(staging, shared, distinct=distinct)
    if shared:
        refuse_contradictions(staging)
    return Merged(
        added=staging.one("SELECT count(*) FROM fresh"),
        already_there=there,
        left_by_distinct=left,
        superseded=superseded,
        dropped=dropped,
        placed=placed,
    )


def find_kept_runs(staging: Staging, old: AccountChain | None) -> int:
    """How many runs of `old` the checked rows leave as they are: those that end before the first block touched."""
    if old is None:
        return 0
    low = staging.run("SELECT min(block) FROM fresh")[0][0]
    lows = [] if low is None else [int(low)]
    failed = old.tx_hashes.find_all([key for (key,) in staging.run("SELECT key FROM failed_txs")])
    lows += [int(old.block[int(old.events_of(tx)[0])]) for tx in failed[failed >= 0].tolist()]
    if not lows:
        return len(old.runs)
    return sum(int(run.blocks.height[-1]) < min(lows) for run in old.runs)


def load_held(staging: Staging, checked: Checked, old: AccountChain | None, keep: int) -> None:
    """Fill the table `held` from the runs after `keep`, and make the view `every_row` of both tables."""
    if old is not None and keep < len(old.runs):
        for batch in iter_text_batches(old, first_run=keep):
            put_rows(staging, "held", _pack(batch, checked))
    names = ", ".join(COLUMNS)
    staging.run(f"CREATE VIEW every_row AS SELECT {names} FROM held UNION ALL SELECT {names} FROM fresh")


def _pack(batch: pa.RecordBatch, checked: Checked) -> pa.Table:
    columns = {name: batch[name] for name in batch.schema.names}
    for name in ("sender", "receiver"):
        columns[name] = pa.array(checked.names.number(batch[name]))
    columns["asset"] = pa.array(checked.assets.number(batch["asset"]))
    columns["tx_hash"] = pack_hashes(batch["tx_hash"].cast(pa.large_string()))
    return pa.table(columns)


def _supersede(staging: Staging) -> tuple[int, int]:
    if not staging.one("SELECT count(*) FROM (SELECT 1 FROM fresh WHERE kind <> 4 LIMIT 1)"):
        return 0, 0
    staging.run(
        "CREATE TABLE traced AS SELECT DISTINCT block FROM every_row WHERE kind = 0 AND position >= 0"
    )
    _put_failed(staging)
    plain = "kind = 0 AND position < 0 AND block IN (SELECT block FROM traced)"
    failed = "kind = 0 AND position < 0 AND tx_hash IN (SELECT tx_hash FROM failed_hashes)"
    superseded = staging.one(f"SELECT count(*) FROM fresh WHERE {plain}")
    dropped = staging.one(f"SELECT count(*) FROM held WHERE {plain} OR {failed}")
    staging.run(f"DELETE FROM fresh WHERE {plain}")
    staging.run(f"DELETE FROM held WHERE {plain} OR {failed}")
    return superseded, dropped


def _put_failed(staging: Staging) -> None:
    staging.run("CREATE TABLE failed_hashes (tx_hash BLOB)")
    keys = [key for (key,) in staging.run("SELECT DISTINCT key FROM failed_txs WHERE key IS NOT NULL")]
    packed = pa.table({"tx_hash": pack_hashes(pa.array(keys, pa.large_string()))})
    staging.con.register("put_rows", packed)
    staging.run("INSERT INTO failed_hashes SELECT * FROM put_rows")
    staging.con.unregister("put_rows")


def _find_shared(staging: Staging) -> int:
    """Make the table `shared`: hashes of transactions that have several rows, and how they agree; gives their number.

    It is by 64-bit hashes, so that memory does not follow the texts: what it says is asked again of the rows.
    """
    staging.progress("comparing rows", 0, None)
    staging.run(
        "CREATE TABLE shared AS SELECT hash(tx_hash) AS h, min(block) <> max(block) OR "
        "coalesce(min(nullif(tx_index, -1)) <> max(tx_index), false) AS odd, "
        "min(tx_index) < 0 AND max(tx_index) >= 0 AS lacking FROM every_row GROUP BY h HAVING count(*) > 1"
    )
    return staging.one("SELECT count(*) FROM shared")


def _spread_places(staging: Staging) -> int:
    """Rows that lack their transaction's index take it from those that state it; how many held ones did."""
    if not staging.one("SELECT count(*) FROM shared WHERE lacking"):
        return 0
    staging.run(
        "CREATE OR REPLACE TABLE places AS SELECT tx_hash, max(tx_index) AS place FROM every_row WHERE hash(tx_hash) IN "
        "(SELECT h FROM shared WHERE lacking) GROUP BY tx_hash HAVING min(tx_index) < 0 AND max(tx_index) >= 0"
    )
    if not staging.one("SELECT count(*) FROM places"):
        return 0
    lacking = "tx_index < 0 AND tx_hash IN (SELECT tx_hash FROM places)"
    placed = staging.one(f"SELECT count(*) FROM held WHERE {lacking}")
    for table in ("fresh", "held"):
        staging.run(f"UPDATE {table} SET tx_index = place FROM places p WHERE {table}.tx_hash = p.tx_hash")
    return placed


def _drop_copies(staging: Staging, shared: int, *, distinct: bool) -> tuple[int, int]:
    """Leave out what is there already, and with `distinct` all but one of each; gives how many of either.

    Only rows whose 64-bit hash is there twice are compared: others have no copy.
    """
    if not shared:
        return 0, 0
    low, high = staging.run("SELECT coalesce(min(block), 0), coalesce(max(block), -1) FROM fresh")[0]
    near = f"block BETWEEN {low} AND {high}"
    few = shared * _MANY < staging.one("SELECT count(*) FROM every_row")
    among = f"{near} AND hash(tx_hash) IN (SELECT h FROM shared)" if few else near
    staging.run(
        f"CREATE OR REPLACE TABLE several AS SELECT {_HASH} AS h FROM every_row WHERE {among} GROUP BY h HAVING count(*) > 1"
    )
    if not staging.one("SELECT count(*) FROM several"):
        return 0, 0
    again = f"{_HASH} IN (SELECT h FROM several)"
    staging.run(
        f"CREATE OR REPLACE TABLE copies AS SELECT n.ord, n.copy, n.one, coalesce(h.held, 0) AS held, "
        f"row_number() OVER (PARTITION BY n.key, n.copy ORDER BY n.ord) AS files FROM "
        f"(SELECT ord, {_KEY} AS key, CASE WHEN kind = 4 THEN 0 ELSE 1 END AS one, "
        f"row_number() OVER (PARTITION BY ord // {FILE}, {_KEY} ORDER BY ord) AS copy FROM fresh WHERE {again}) n "
        f"LEFT JOIN (SELECT {_KEY} AS key, count(*) AS held FROM held WHERE {near} AND {again} GROUP BY ALL) h "
        f"ON n.key = h.key"
    )
    repeated = "(copy <= held OR files > 1 OR (one = 1 AND copy > 1))"
    there = staging.one(f"SELECT count(*) FROM copies WHERE {repeated}")
    extra = f"NOT {repeated} AND copy > 1" if distinct else "false"
    left = staging.one(f"SELECT count(*) FROM copies WHERE {extra}")
    take_out(staging, f"SELECT ord FROM copies WHERE {repeated} OR ({extra})")
    return there, left
