"""The last steps of a build: leaves, running times and counts of what was written.

* Everything is computed from the files as they were written, not from what was meant to be.
* The running maximum of times is carried over segments here, and within them on the cluster.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pyarrow as pa

from jindo.base.ids import ChainId, native_asset
from jindo.ledger.engines.cluster_ledger import ClusterChain, list_tables
from jindo.ledger.engines.leaves import SCHEMA, hash_account_segment, hash_utxo_segment
from jindo.ledger.engines.places import Place
from jindo.ledger.engines.session import Engine, Frame
from jindo.ledger.engines.tables import PLACE_BITS, ROWS, SEGMENT_BITS, UTXO_TABLES
from jindo.ledger.engines.transactions import UTXO_ROWS

_SEGMENT = f"shiftright(event, {PLACE_BITS + SEGMENT_BITS}) AS segment"
_RUNNING = (
    "SELECT block, segment, max(latest) OVER (PARTITION BY segment ORDER BY block) AS running FROM "
    f"(SELECT block, shiftright(block, {SEGMENT_BITS}) AS segment, max(time) AS latest FROM {{rows}} GROUP BY block) b"
)
_BLOCKS = (
    f"SELECT r.block, greatest(r.running, c.carried) AS time_max FROM ({_RUNNING}) r "
    "JOIN {carried} c ON r.segment = c.segment"
)


def finish_accounts(
    session: Engine, place: Place, chain: ChainId, decimals: dict[str, int | None], inexact: str | None
) -> ClusterChain:
    """What `cluster.json` says of an account chain; writes its table of blocks."""
    rows = session.read(place.at("rows"), ROWS)
    leaves = _hash(session, session.query(f"SELECT *, {_SEGMENT} FROM {{rows}}", {"rows": rows}), utxo=False)
    _write_blocks(session, place, rows, leaves)
    facts = session.get(session.query(_ACCOUNT_FACTS, {"rows": rows}))[0]
    counted = session.get(
        session.query("SELECT asset, count(*) AS n FROM {rows} GROUP BY asset ORDER BY asset", {"rows": rows})
    )
    counts = {row["asset"]: row["n"] for row in counted}
    assets = sorted(counts)
    return ClusterChain(
        kind="account",
        assets=assets,
        decimals=[decimals.get(asset) for asset in assets],
        asset_rows=[counts[asset] for asset in assets],
        inexact=inexact,
        **_describe(place, facts, leaves),
    )


def finish_transactions(
    session: Engine, place: Place, chain: ChainId, decimals: dict[str, int | None], inexact: str | None
) -> ClusterChain:
    """What `cluster.json` says of a UTXO chain; writes its table of blocks."""
    tables = {name: session.read(place.at(name), schema) for name, schema in UTXO_TABLES.items()}
    whole = session.query(f"SELECT *, {_SEGMENT} FROM ({UTXO_ROWS}) u", tables)
    leaves = _hash(session, whole, utxo=True)
    _write_blocks(session, place, tables["transactions"], leaves)
    facts = session.get(session.query(_UTXO_FACTS, tables))[0]
    return ClusterChain(
        kind="utxo",
        assets=[native_asset(chain)],
        decimals=[decimals.get(native_asset(chain), 8)],
        asset_rows=[facts["outputs"]],
        inexact=inexact,
        **_describe(place, facts, leaves),
    )


_ACCOUNT_FACTS = """
SELECT n, transactions, first_block, last_block, accounts FROM
(SELECT count(*) AS n, count(DISTINCT tx_hash) AS transactions, min(block) AS first_block, max(block) AS last_block
 FROM {rows}) r CROSS JOIN
(SELECT count(DISTINCT account) AS accounts FROM
 (SELECT sender AS account FROM {rows} UNION ALL SELECT receiver AS account FROM {rows}) p) a
"""
_UTXO_FACTS = """
SELECT n, n AS transactions, first_block, last_block, accounts, outputs FROM
(SELECT count(*) AS n, min(block) AS first_block, max(block) AS last_block FROM {transactions}) t CROSS JOIN
(SELECT count(*) AS outputs FROM {outputs}) o CROSS JOIN
(SELECT count(DISTINCT account) AS accounts FROM
 (SELECT account FROM {outputs} UNION ALL SELECT account FROM {inputs}) p) a
"""


def _hash(session: Engine, rows: Frame, *, utxo: bool) -> list[dict[str, Any]]:
    function = hash_utxo_segment if utxo else hash_account_segment
    found = session.get(session.map_groups(rows, "segment", function, SCHEMA))
    return sorted(found, key=lambda leaf: int(leaf["segment"]))


def _write_blocks(session: Engine, place: Place, rows: Frame, leaves: list[dict[str, Any]]) -> None:
    carried = [-1]
    for leaf in leaves:
        carried.append(max(carried[-1], -1 if leaf["last_time"] is None else leaf["last_time"]))
    table = pa.table(
        {
            "segment": pa.array([leaf["segment"] for leaf in leaves], pa.int64()),
            "carried": pa.array([before for before, _ in pairwise(carried)], pa.int64()),
        }
    )
    blocks = session.query(_BLOCKS, {"rows": rows, "carried": session.put(table)})
    session.write(blocks, place.at("blocks"))


def _describe(place: Place, facts: dict[str, Any], leaves: list[dict[str, Any]]) -> dict[str, Any]:
    first = [leaf["first_time"] for leaf in leaves if leaf["first_time"] is not None]
    last = [leaf["last_time"] for leaf in leaves if leaf["last_time"] is not None]
    return {
        "folder": place.path.rpartition("/")[2],
        "rows": facts["n"],
        "transactions": facts["transactions"],
        "accounts": facts["accounts"],
        "blocks": [facts["first_block"], facts["last_block"]],
        "times": [min(first), max(last)] if first else [],
        "files": list_tables(place),
        "leaves": [[leaf["segment"], leaf["rows"], leaf["sha256"]] for leaf in leaves],
    }
