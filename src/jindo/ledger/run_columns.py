"""A run as columns by name, and back.

* What is read back is equal to what was written, value by value; columns may be narrower, or read from blocks.
* A run's place in its chain (its first event, pot, account) is not written: it is the sum of the runs before it.
* The counts are held against the lengths of the columns: a file that belongs to another run is not taken.

How a column is put away is `stored`'s and `stored_texts`'; where, `run_files`'.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from jindo.ledger.columns import PlaceOfRow
from jindo.ledger.fingerprint import Leaf
from jindo.ledger.indexing import find_first_rows
from jindo.ledger.memos import iter_memo_rows
from jindo.ledger.run_counts import (
    ACCOUNT,
    ADJACENCIES,
    UTXO,
    Counts,
    Run,
    check_lengths,
)
from jindo.ledger.runs import AccountRun, Adjacency, Blocks, Ints, UtxoRun
from jindo.ledger.stored import (
    PerBlock,
    Stored,
    load_amounts,
    load_ints,
    store_amounts,
    store_ints,
    store_times,
)
from jindo.ledger.stored_texts import Columns, load_texts, store_texts
from jindo.ledger.texts import MemoryTexts, SomeTexts

_DIGEST = 32
_TEXTS = ("accounts", "tx_hashes")
_INTS = {
    ACCOUNT: ("src", "dst", "kind", "position", "tx_index", "pot_account", "pot_asset"),
    UTXO: (
        "tx_index", "coinbase", "in_offsets", "in_output", "in_known", "in_account", "in_stated", "missing",
        "missing_index", "out_offsets", "out_account", "out_spender", "spent", "spent_by",
    ),
}  # fmt: skip
_AMOUNTS = {ACCOUNT: ("amount",), UTXO: ("in_amount", "out_amount")}


@dataclass(frozen=True, slots=True)
class Notes:
    """What is kept with a run that its columns would have to be read for."""

    leaves: tuple[Leaf, ...] = ()
    """The fingerprint's leaves of the segments that end with its blocks (`folder` says which)."""
    asset_rows: tuple[tuple[int, int], ...] = ()
    """Asset and rows, of the assets that its rows have; on a UTXO chain outputs."""


def store_run(run: Run, notes: Notes) -> list[Iterator[Stored]]:
    """The run's columns, and what is kept with it, in groups; each group is to be written in turn."""
    return [
        *(store_texts(name, getattr(run, name)) for name in _TEXTS),
        _store_rows(run),
        _store_rest(run, notes),
    ]


def _store_rows(run: Run) -> Iterator[Stored]:
    kind = ACCOUNT if isinstance(run, AccountRun) else UTXO
    for name in ("height", "time_max", "first"):
        yield store_ints(f"block_{name}", getattr(run.blocks, name))
    yield store_times(run.time, run.blocks)
    for name in _INTS[kind]:
        yield store_ints(name, getattr(run, name))
    if isinstance(run, AccountRun):
        yield from _store_transactions(run)
    for name in _AMOUNTS[kind]:
        yield store_amounts(name, getattr(run, name))
    for name in ADJACENCIES[kind]:
        yield from _store_adjacency(name, getattr(run, name))


def _store_rest(run: Run, notes: Notes) -> Iterator[Stored]:
    if isinstance(run, UtxoRun):
        yield from store_texts("missing_hash", _to_table(run.missing_hash), ordered=False)
    elif run.memos is not None:
        rows = np.array([*iter_memo_rows(run.memos)], np.int64)
        yield store_ints("memo_rows", rows)
        texts = MemoryTexts([run.memos[int(i)] or "" for i in rows])
        yield from store_texts("memos", texts, ordered=False)
    yield from _store_notes(notes)


def load_run(columns: Columns, kind: str, *, start: Counts, counts: Counts, max_traffic: int) -> Run:
    """The run in these columns, not copied.

    Raises:
        KeyError: a column is missing or of a kind that is not known.
        ValueError: a column is not as long as the counts say.
    """
    blocks = Blocks(*(_ints(columns, f"block_{name}") for name in ("height", "time_max", "first")))
    values: dict[str, Any] = {name: _ints(columns, name) for name in _INTS[kind]}
    values |= {name: load_amounts(*_get(columns, name)) for name in _AMOUNTS[kind]}
    values |= {name: _load_adjacency(columns, name) for name in ADJACENCIES[kind]}
    values |= {name: load_texts(columns, name) for name in _TEXTS}
    times = columns.find("block_time")
    values["time"] = _ints(columns, "time") if times is None else PerBlock(blocks, load_ints(*times))
    values |= {"blocks": blocks, "max_traffic": max_traffic}
    run: Run
    if kind == ACCOUNT:
        run = AccountRun(
            first_event=start.rows,
            first_transaction=start.transactions,
            first_account=start.accounts,
            first_pot=start.pots,
            memos=_load_memos(columns, counts.rows),
            tx=_load_transactions(columns, counts),
            **values,
        )
    else:
        run = UtxoRun(
            first_transaction=start.transactions,
            first_input=start.inputs,
            first_output=start.pots,
            first_account=start.accounts,
            missing_hash=load_texts(columns, "missing_hash"),
            **values,
        )
    check_lengths(run, counts)
    return run


def load_notes(columns: Columns) -> Notes:
    """What is kept with a run.

    Raises:
        KeyError: a column is missing.
        ValueError: columns differ in length.
    """
    names = ("leaf_segment", "leaf_rows", "noted_asset", "noted_rows")
    segments, rows, assets, counts = (_ints(columns, name).tolist() for name in names)
    digests = _get(columns, "leaf_digest")[0].to_pylist()
    leaves = (Leaf(s, n, digest.hex()) for s, n, digest in zip(segments, rows, digests, strict=True))
    return Notes(tuple(leaves), tuple(zip(assets, counts, strict=True)))


def _to_table(texts: Sequence[str]) -> Any:
    return texts if hasattr(texts, "find") else MemoryTexts(texts)


def _store_adjacency(name: str, rows: Adjacency | None) -> Iterator[Stored]:
    if rows is None:
        return
    if rows.owners is not None:
        yield store_ints(f"{name}_owners", rows.owners)
    yield store_ints(f"{name}_offsets", rows.offsets)
    yield store_ints(f"{name}_rows", rows.rows)


def _store_transactions(run: AccountRun) -> Iterator[Stored]:
    """Nothing where each transaction has one event; where each begins, or else the one of each event."""
    if run.tx_events is not None:
        yield store_ints("tx", run.tx)
    elif len(run.tx_hashes) < len(run.src):
        yield store_ints("tx_first", find_first_rows(run.tx))


def _load_transactions(columns: Columns, counts: Counts) -> Any:
    if columns.find("tx") is not None:
        return _ints(columns, "tx")
    found = columns.find("tx_first")
    if found is None:
        return PlaceOfRow(None, counts.transactions)
    first = load_ints(*found)
    if len(first) != counts.transactions + 1:
        raise ValueError(f"tx_first has {len(first)} values, not {counts.transactions + 1}")
    return PlaceOfRow(first, int(first[-1]))


def _store_notes(notes: Notes) -> Iterator[Stored]:
    yield store_ints("leaf_segment", np.array([leaf.segment for leaf in notes.leaves], np.int64))
    yield store_ints("leaf_rows", np.array([leaf.rows for leaf in notes.leaves], np.int64))
    raw = b"".join(bytes.fromhex(leaf.sha256) for leaf in notes.leaves)
    yield Stored("leaf_digest", pa.binary(_DIGEST), len(notes.leaves), ((len(raw), (raw,)),))
    yield store_ints("noted_asset", np.array([asset for asset, _ in notes.asset_rows], np.int64))
    yield store_ints("noted_rows", np.array([rows for _, rows in notes.asset_rows], np.int64))


def _get(columns: Columns, name: str) -> tuple[Any, dict[str, str]]:
    found = columns.find(name)
    if found is None:
        raise KeyError(name)
    return found


def _ints(columns: Columns, name: str) -> Ints:
    return load_ints(*_get(columns, name))


def _load_adjacency(columns: Columns, name: str) -> Adjacency | None:
    offsets = columns.find(f"{name}_offsets")
    if offsets is None and name == "tx_events":
        return None
    owners = columns.find(f"{name}_owners")
    return Adjacency(
        owners=None if owners is None else load_ints(*owners),
        offsets=_ints(columns, f"{name}_offsets"),
        rows=_ints(columns, f"{name}_rows"),
    )


def _load_memos(columns: Columns, count: int) -> SomeTexts | None:
    rows = columns.find("memo_rows")
    return None if rows is None else SomeTexts(count, load_ints(*rows), load_texts(columns, "memos"))
