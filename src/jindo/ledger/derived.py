"""Whether the columns of a run that follow from others are what follows: a fingerprint covers rows, not these.

* Whose rows are whose, which transaction spends an output, and how much one pot moves at most, are computed from the rows again.
* The order in which texts are looked up is their order.
* Memory is a piece of the columns, and what the largest sums and the spenders take while they are found (24 bytes an output).

That numbers point at something is looked at first, by `ranges`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow.compute as pc

from jindo.ledger.amount_columns import find_max_sum, find_max_traffic
from jindo.ledger.hex_texts import HexTexts
from jindo.ledger.indexing import find_spenders
from jindo.ledger.pieces import is_ascending, iter_pieces
from jindo.ledger.run_counts import Run
from jindo.ledger.runs import AccountRun, Adjacency, Ints, UtxoRun
from jindo.ledger.stored import PerBlock
from jindo.ledger.texts import MappedTexts


def check_derived(run: Run, *, last_time: int) -> None:
    """Compute what follows from a mapped run's rows again; `last_time` is the running maximum of times before it.

    Raises:
        ValueError: a column says something else; it is named.
    """
    _check_times(run, last_time)
    for name in ("accounts", "tx_hashes"):
        _check_lookup(name, getattr(run, name))
    if isinstance(run, AccountRun):
        _check_adjacency("outgoing", run.outgoing, run.src)
        _check_adjacency("incoming", run.incoming, run.dst)
        _check_adjacency("account_pots", run.account_pots, run.pot_account)
        if run.tx_events is not None:
            _check_adjacency("tx_events", run.tx_events, run.tx)
        elif not is_ascending(run.tx):
            raise ValueError("the events of transactions that stand apart are not listed")
        traffic = find_max_traffic(run.amount, run.src, run.dst)
    else:
        _check_adjacency("account_outputs", run.account_outputs, run.out_account)
        _check_spenders(run)
        _check_missing(run)
        sums = (run.in_amount, run.in_offsets), (run.out_amount, run.out_offsets)
        traffic = max(find_max_sum(amount, offsets) for amount, offsets in sums)
    if run.max_traffic < traffic:
        raise ValueError(f"max_traffic is {run.max_traffic}, and a pot moves {traffic}")


def _check_adjacency(name: str, owned: Adjacency, column: Ints) -> None:
    """Every row that has an owner is listed once, at its owner, and the rows of an owner rise."""
    listed = sum(int(np.count_nonzero(column[start:stop] >= 0)) for start, stop in iter_pieces(len(column)))
    if listed != len(owned.rows):
        raise ValueError(f"{name} lists {len(owned.rows)} rows, and {listed} have an owner")
    before = (-1, -1)
    for start, stop in iter_pieces(len(owned.rows)):
        places = np.searchsorted(owned.offsets, np.arange(start, stop), side="right") - 1
        owners = places if owned.owners is None else np.asarray(owned.owners[places], np.int64)
        rows = np.asarray(owned.rows[start:stop], np.int64)
        same = np.append(before[0], owners[:-1]) == owners
        rising = np.append(before[1], rows[:-1]) < rows
        if not np.array_equal(column[rows], owners) or np.any(same & ~rising):
            raise ValueError(f"{name} lists rows that are another's")
        before = int(owners[-1]), int(rows[-1])


def _check_spenders(run: UtxoRun) -> None:
    found = find_spenders(
        run.in_output, run.in_offsets, run.first_output, len(run.out_account), run.first_transaction
    )
    for name, column in zip(("out_spender", "spent", "spent_by"), found, strict=True):
        if not np.array_equal(getattr(run, name), column):
            raise ValueError(f"{name} is not what the inputs say")


def _check_missing(run: UtxoRun) -> None:
    """Inputs whose output is not there are listed; a coinbase has none."""
    missing = [
        start + np.flatnonzero(run.in_output[start:stop] < 0)
        for start, stop in iter_pieces(len(run.in_output))
    ]
    if not np.array_equal(run.missing, np.concatenate(missing) if missing else run.missing[:0]):
        raise ValueError("missing does not list the inputs whose output is not there")


def _check_times(run: Run, last_time: int) -> None:
    time: Any = run.time
    first = np.asarray(run.blocks.first)
    if isinstance(time, PerBlock):
        highs = np.asarray(time.values)
    else:
        highs = np.maximum.reduceat(np.asarray(time), first[:-1]) if len(first) > 1 else first[:0]
    if not np.array_equal(np.maximum.accumulate(np.maximum(highs, last_time)), run.blocks.time_max):
        raise ValueError("block_time_max is not what the rows' times say")


def _check_lookup(name: str, texts: Any) -> None:
    """The texts in the order in which they are looked up rise, so that none is passed over and none is there twice."""
    if isinstance(texts, HexTexts):
        rows, others = texts.others
        _check_lookup(f"{name}_others", others)
        ids = texts.order
        if ids is None and len(rows):
            raise ValueError(f"{name}_order is missing")
    elif isinstance(texts, MappedTexts):
        ids = texts.order
    else:
        return
    count = len(texts) if ids is None else len(ids)
    for start, stop in iter_pieces(count):
        first = max(start - 1, 0)
        taken = np.arange(first, stop) if ids is None else np.asarray(ids[first:stop], np.int64)
        piece = texts.take(taken)
        rises = pc.less(piece.slice(0, len(piece) - 1), piece.slice(1))
        if not pc.all(rises, min_count=0).as_py():
            raise ValueError(f"{name}_order is not the order of the texts")
