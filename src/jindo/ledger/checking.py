"""Texts become values, or a named problem, in one pass over the rows.

* What is written plainly is read by compiled code; every other text by its field's parser.
* A row has one problem at most: the first in the order of the fields.
* Accounts and assets become ids of this import, hashes the bytes that they stand for (`interning`, `packing`).
* Memory is a batch, and the names of the accounts.

The parsers are `fields`'; which rows make a chain, `merging`'s to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from jindo.base.amounts import MAX_DECIMALS
from jindo.base.ids import ChainId
from jindo.ledger.fields import build_fields
from jindo.ledger.interning import NameIds
from jindo.ledger.numbering import TextNumbering
from jindo.ledger.row_fields import DIGITS, TEXTS, RowFields
from jindo.ledger.runs import Ints
from jindo.ledger.staging import Staging

FILE = 1 << 44
"""A movement's `ord` is its file times this, plus four times its line, plus its part; held ones are negative."""
_BATCH = 122_880
"""Rows of a row group in DuckDB: what is put in by others takes more room."""
_COMMIT = 16
"""Batches after which what was put in is made lasting: until then it takes twice the room."""


class Checked:
    """The rows that pass, as columns, and why others do not."""

    def __init__(self, chain: ChainId) -> None:
        self.names = NameIds()
        """Accounts by the ids of this import."""
        self.assets = TextNumbering()
        """Assets likewise."""
        self.rows = 0
        """Movements that were looked at."""
        self.decimals: dict[int, tuple[int, int]] = {}
        """Fewest and most decimals that rows which pass state for an asset."""
        self._fields = build_fields(chain)

    def check(self, batch: Any) -> tuple[Any, Any]:
        """The rows of a batch that pass, and the others with their problems, each as a table."""
        rows = RowFields(batch, self._fields)
        columns = {name: rows.read_numbers(name, *DIGITS[name]) for name in DIGITS}
        tx_hash = rows.read_hashes()
        columns |= {name: rows.read_names(name, self.names) for name in ("sender", "receiver")}
        columns["asset"] = rows.read_assets(self.assets)
        amount, wide = rows.read_amounts()
        problems = rows.problems()
        for name in ("sender", "receiver", "tx_index", "position", "asset"):
            columns[name] = columns[name].astype(np.int32)
        arrays = {name: pa.array(column) for name, column in columns.items()}
        arrays |= {"tx_hash": tx_hash, "amount": amount, "wide": wide}
        arrays |= {name: batch[name] for name in ("memo", "kind", "ord")}
        table, decimals = pa.table(arrays), batch["decimals"]
        self.rows += len(table)
        if not problems:
            self._note_decimals(columns["asset"], decimals)
            return table, None
        bad = np.fromiter(problems, np.int64, len(problems))
        good = np.ones(len(table), np.bool_)
        good[bad] = False
        self._note_decimals(columns["asset"][good], decimals.filter(pa.array(good)))
        refused = {"ord": batch["ord"].take(pa.array(bad)), "kind": batch["kind"].take(pa.array(bad))}
        refused["problem"] = pa.array([*problems.values()], pa.string())
        return table.filter(pa.array(good)), pa.table(refused)

    def _note_decimals(self, asset: Ints, decimals: Any) -> None:
        if decimals.null_count == len(decimals):
            return
        there = decimals.is_valid().to_numpy(zero_copy_only=False)
        pairs = np.stack([asset[there], decimals.drop_null().to_numpy()], axis=1)
        for number, places in np.unique(pairs, axis=0).tolist():
            low, high = self.decimals.get(number, (places, places))
            self.decimals[number] = min(low, places), max(high, places)


def check_rows(staging: Staging, chain: ChainId) -> Checked:
    """From the view `raw` make the tables `fresh` (rows that pass), `refused` (the others) and `held` (still empty).

    `raw` has the fields as text, with `decimals`, `memo`, `kind` (a number), `part` (0 to 3, its place among the
    movements of one line) and `open_end` (true where a missing sender or receiver is meant). `fresh.amount` is NULL
    where the amount needs `wide`, decimal text. `refused` has file, line, kind, part and problem.
    """
    checked = Checked(chain)
    for table in ("fresh", "held"):
        staging.run(f"CREATE TABLE {table} ({', '.join(f'{name} {kind}' for name, kind in COLUMNS.items())})")
    staging.run(
        "CREATE TABLE refused (file INTEGER, line BIGINT, kind TINYINT, part INTEGER, problem VARCHAR)"
    )
    count = staging.one("SELECT count(*) FROM raw")
    staging.run("BEGIN")
    for place, batch in enumerate(_iter_raw(staging), 1):
        good, refused = checked.check(batch)
        put_rows(staging, "fresh", good)
        if refused is not None:
            staging.con.register("put_rows", refused)
            staging.run(f"INSERT INTO refused SELECT {PLACE}, problem FROM put_rows")
            staging.con.unregister("put_rows")
        if place % _COMMIT == 0:
            staging.run("COMMIT")
            staging.run("BEGIN")
        staging.progress("checking rows", checked.rows, count)
    staging.run("COMMIT")
    return checked


COLUMNS = {
    "block": "BIGINT", "tx_hash": "BLOB", "sender": "INTEGER", "receiver": "INTEGER", "tx_index": "INTEGER",
    "position": "INTEGER", "asset": "INTEGER", "time": "BIGINT", "amount": "BIGINT", "wide": "VARCHAR",
    "memo": "VARCHAR", "kind": "TINYINT", "ord": "BIGINT",
}  # fmt: skip
"""Of a movement: sender, receiver and asset are ids of this import, -1 for nobody."""
PLACE = f"ord // {FILE}, ord % {FILE} // 4, kind, ord % 4"
"""SQL of a movement's file, line, kind and part."""


def put_rows(staging: Staging, table: str, rows: Any) -> None:
    """Put an Arrow table of movements into a table of the same columns."""
    staging.con.register("put_rows", rows)
    staging.run(f"INSERT INTO {table} SELECT {', '.join(COLUMNS)} FROM put_rows")
    staging.con.unregister("put_rows")


def _iter_raw(staging: Staging) -> Iterator[Any]:
    scale = "coalesce(try_cast(decimals AS INTEGER), 0)"
    plain = f"{scale} BETWEEN 0 AND {MAX_DECIMALS} AND (decimals IS NULL OR {scale}::VARCHAR = decimals)"
    yield from staging.stream(
        f"SELECT file::BIGINT * {FILE} + line * 4 + part AS ord, {', '.join(f'{name}::VARCHAR AS {name}' for name in TEXTS)}, "
        f"kind::TINYINT AS kind, coalesce(open_end, false) AS open_end, try_cast(decimals AS INTEGER) AS decimals, "
        f"CASE WHEN {plain} THEN {scale} ELSE -1 END AS scale, decimals::VARCHAR AS stated FROM raw",
        _BATCH,
    )
