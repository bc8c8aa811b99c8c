"""Leaves of the fingerprint, computed where the rows are: one segment of 1,024 blocks at a time, on the workers.

* A segment's rows are built into a chain and hashed by `fingerprint`: there is one definition of a row's line.
* What is hashed is what was written, read back.
* On a UTXO chain an input whose output the cluster ledger holds says its name only, as on one machine.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from jindo.base.ids import ChainId
from jindo.ledger.account_building import AccountRunBuilder, Start
from jindo.ledger.account_chain import AccountChain
from jindo.ledger.build_utxo import build_utxo_chain
from jindo.ledger.chain import Chain
from jindo.ledger.engines.tables import SEGMENT_BITS
from jindo.ledger.engines.transactions import to_transactions
from jindo.ledger.fingerprint import compute_leaves
from jindo.ledger.interning import NameIds
from jindo.ledger.numbering import TextNumbering
from jindo.ledger.packing import pack_hashes
from jindo.ledger.run_counts import ACCOUNT, count_run, find_start
from jindo.ledger.run_files import map_run, write_run
from jindo.ledger.runs import MOST_TRAFFIC, AccountRun
from jindo.ledger.spool import Spool

SCHEMA = "segment bigint, rows bigint, sha256 string, first_time bigint, last_time bigint"
_LONGEST = 18
"""Digits of an amount that surely fits 64 bits."""


def hash_account_segment(table: Any) -> Any:
    """The leaf of one segment of movements; runs on the workers."""
    rows = table.sort_by("event")
    with tempfile.TemporaryDirectory(prefix="jindo-leaf-") as scratch:
        chain = build_chain(ChainId("any:chain"), rows, {}, Path(scratch, "run"))
        return _to_leaf(chain, rows)


def hash_utxo_segment(table: Any) -> Any:
    """The leaf of one segment of transactions, inputs and outputs (column `what`); runs on the workers."""
    rows = to_transactions(table.to_pylist(), forget_known=True)
    chain = build_utxo_chain(ChainId("any:chain"), rows)
    return _to_leaf(chain, table.filter(pc.equal(table["what"], "transaction")))


def build_chain(chain: ChainId, rows: Any, decimals: dict[str, int | None], scratch: Path) -> AccountChain:
    """The chain of movements (an Arrow table, or batches of one) in order; its columns are files in `scratch`."""
    names, assets = NameIds(), TextNumbering()
    numbered = [
        _to_builder(batch, names, assets)
        for batch in (rows.to_batches() if isinstance(rows, pa.Table) else rows)
        if len(batch)
    ]
    builder = AccountRunBuilder(Start(), Spool(scratch / "growing"), names, [*assets.new_texts()])
    for batch in numbered:
        builder.add(batch)
    built, found = builder.finish()
    runs = tuple(_map(run, scratch / str(place)) for place, run in enumerate(built))
    narrow = sum(run.max_traffic for run in runs) < MOST_TRAFFIC
    return AccountChain(chain, found, tuple(map(decimals.get, found)), narrow=narrow, runs=runs)


def _map(run: AccountRun, place: Path) -> Any:
    """The run as the tracer reads it, out of a file."""
    write_run(run, place)
    return map_run(place, ACCOUNT, start=find_start(run), counts=count_run(run), max_traffic=run.max_traffic)


def _to_builder(batch: Any, names: NameIds, assets: TextNumbering) -> Any:
    """A batch as `AccountRunBuilder` takes it: names by id, short amounts as numbers, the others as text."""
    amount = batch["amount"].cast(pa.large_string())
    short = pc.less_equal(pc.utf8_length(amount), _LONGEST)
    nothing = pa.scalar(None, pa.large_string())
    columns = {name: batch[name].cast(pa.int64()) for name in ("block", "time", "tx_index", "position")}
    columns |= {name: pa.array(names.number(batch[name])) for name in ("sender", "receiver")}
    columns |= {
        "tx_hash": pack_hashes(batch["tx_hash"].cast(pa.large_string())),
        "asset": pa.array(assets.number(batch["asset"].cast(pa.large_string()))),
        "memo": batch["memo"].cast(pa.large_string()),
        "kind": batch["kind"].cast(pa.int8()),
        "amount": pc.if_else(short, amount, nothing).cast(pa.int64()),
        "wide": pc.if_else(short, nothing, amount),
    }
    return pa.record_batch(columns)


def _to_leaf(chain: Chain, rows: Any) -> Any:
    segment = int(chain.heights()[0]) >> SEGMENT_BITS
    (leaf,) = compute_leaves(chain, segment, segment + 1)
    times = pc.min_max(rows["time"].filter(pc.greater_equal(rows["time"], 0)))
    least, most = times["min"].as_py(), times["max"].as_py()
    return pa.table(
        {
            "segment": pa.array([leaf.segment], pa.int64()),
            "rows": pa.array([leaf.rows], pa.int64()),
            "sha256": pa.array([leaf.sha256], pa.string()),
            "first_time": pa.array([least], pa.int64()),
            "last_time": pa.array([most], pa.int64()),
        }
    )
