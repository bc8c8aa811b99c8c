"""Rows that cannot both be true: the first to say it is believed, and the other is refused.

* A transaction stands in one block at one place: a movement that says otherwise than the first one is rejected.
* What a node says of one place in one transaction is one thing.

The tables are `merging`'s: `fresh` and `held`, the view `every_row` of both, and `shared`.
"""

from __future__ import annotations

import pyarrow as pa

from jindo.base.errors import IntegrityError
from jindo.ledger.chain import AccountChain
from jindo.ledger.checking import PLACE
from jindo.ledger.fields import to_problem
from jindo.ledger.files import quote
from jindo.ledger.packing import unpack_hash
from jindo.ledger.staging import Staging

_TRACES_SPLIT = "traces are counted within one import, so those of one transaction cannot come in two"
_TRACES_TOGETHER = "Import all traces of a transaction at once, as a folder, into a new ledger."


def refuse_elsewhere(staging: Staging, old: AccountChain | None, keep: int) -> None:
    """Refuse rows of transactions that stand in an earlier block, which these rows leave as it is."""
    if old is None or not keep:
        return
    before = old.runs[keep - 1]
    end = before.first_transaction + len(before.tx_hashes)
    elsewhere: list[bytes] = []
    asked = "SELECT DISTINCT tx_hash FROM fresh WHERE tx_hash NOT IN (SELECT tx_hash FROM held)"
    for batch in staging.stream(asked, 1 << 17):
        packed = batch["tx_hash"].to_pylist()
        ids = old.tx_hashes.find_all([unpack_hash(each) for each in packed])
        elsewhere += [each for each, i in zip(packed, ids.tolist(), strict=True) if 0 <= i < end]
    if elsewhere:
        staging.con.register("put_hashes", pa.table({"tx_hash": pa.array(elsewhere, pa.large_binary())}))
        staging.run("CREATE OR REPLACE TABLE elsewhere AS SELECT * FROM put_hashes")
        staging.con.unregister("put_hashes")
        clash = "FROM fresh WHERE tx_hash IN (SELECT tx_hash FROM elsewhere)"
        staging.run(f"INSERT INTO refused SELECT {PLACE}, {_stands('in another block')} {clash}")
        staging.run("DELETE FROM fresh WHERE tx_hash IN (SELECT tx_hash FROM elsewhere)")


def refuse_conflicts(staging: Staging) -> None:
    """Refuse rows of a transaction that say another block or place than the first row of it."""
    if not staging.one("SELECT count(*) FROM shared WHERE odd"):
        return
    staging.run(
        "CREATE OR REPLACE TABLE odd_txs AS SELECT DISTINCT tx_hash FROM every_row WHERE hash(tx_hash) IN "
        "(SELECT h FROM shared WHERE odd)"
    )
    _refuse(staging, "block", "min(block) <> max(block)", "r.block", "in another block")
    _refuse(
        staging, "tx_index", "min(nullif(tx_index, -1)) <> max(tx_index)", "nullif(r.tx_index, -1)",
        "at another place in its block",
    )  # fmt: skip


def refuse_contradictions(staging: Staging) -> None:
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
    problem = f"CASE WHEN kind = 0 AND position >= 0 THEN {split} ELSE {other} END"
    clash = f"FROM ({places}) p WHERE p.first <> p.ord AND p.ord >= 0"
    staging.run(f"INSERT INTO refused SELECT {PLACE}, {problem} {clash}")
    take_out(staging, f"SELECT ord {clash}")


def take_out(staging: Staging, places: str) -> None:
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


def _refuse(staging: Staging, column: str, odd: str, value: str, says: str) -> None:
    staging.run(
        f"CREATE OR REPLACE TABLE kept AS SELECT tx_hash, arg_min(nullif({column}, -1), ord) AS keep FROM every_row "
        f"WHERE tx_hash IN (SELECT tx_hash FROM odd_txs) GROUP BY tx_hash HAVING {odd}"
    )
    clash = f"FROM fresh r JOIN kept k ON r.tx_hash = k.tx_hash WHERE {value} <> k.keep"
    staging.run(f"INSERT INTO refused SELECT {PLACE}, {_stands(says)} {clash}")
    take_out(staging, f"SELECT r.ord {clash}")


def _stands(says: str) -> str:
    reason = f"the transaction stands {says} than an earlier row says"
    return quote(to_problem("ledger.impossible-order", reason, "Correct the row, or leave it out."))
