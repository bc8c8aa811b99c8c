"""Whether the numbers in a run's columns point at something: what a reader follows stays within the run and its chain.

* A ledger's folder may come from anybody, and hashes that fit can be written by anybody. Kernels read without looking
  whether a row is there: here it is looked, when a file is read for the first time.
* Ids are those of accounts, pots, outputs, transactions, assets and rows that there are, or -1 where nobody may stand.
* Offsets rise from nothing to the end of what they cut; texts lie within their bytes, and are UTF-8.
* Memory is a piece of a column.

That columns say the same as each other is `derived`'s; lengths are held against each other by `run_columns`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from jindo.ledger.columns import PlaceOfRow
from jindo.ledger.hex_texts import HexTexts
from jindo.ledger.pieces import iter_pieces
from jindo.ledger.rows import Kind
from jindo.ledger.run_counts import Run
from jindo.ledger.runs import NARROW_BITS, NOBODY, AccountRun, Adjacency, Blocks, Ints, UtxoRun
from jindo.ledger.stored import PerBlock
from jindo.ledger.texts import MappedTexts

_LAST = (1 << 63) - 1
_FLAG = 2
_INDICES = 1 << 32
"""Outputs that a Bitcoin transaction can name."""


def check_ranges(run: Run, *, assets: int) -> None:
    """Hold every number of a mapped run against what it counts or names; `assets` is how many its chain knows.

    Raises:
        ValueError: a number points at nothing; the column is named.
    """
    _check_blocks(run.blocks)
    time: Any = run.time
    _within("time", time.values if isinstance(time, PerBlock) else time, NOBODY, _LAST)
    _within("tx_index", run.tx_index, NOBODY, _LAST)
    for name in ("accounts", "tx_hashes"):
        _check_texts(name, getattr(run, name))
    if isinstance(run, AccountRun):
        _check_account_run(run, assets)
    else:
        _check_utxo_run(run)


def _check_account_run(run: AccountRun, assets: int) -> None:
    rows, transactions = len(run.src), len(run.tx_hashes)
    pots, accounts = run.first_pot + len(run.pot_account), run.first_account + len(run.accounts)
    for name, low, high in (
        ("src", NOBODY, pots),
        ("dst", NOBODY, pots),
        ("kind", 0, len(Kind)),
        ("position", NOBODY, _LAST),
        ("pot_account", 0, accounts),
        ("pot_asset", 0, assets),
    ):
        _within(name, getattr(run, name), low, high)
    _check_transactions(run.tx, transactions, rows)
    _check_amounts("amount", run.amount)
    _check_adjacency("outgoing", run.outgoing, pots, rows)
    _check_adjacency("incoming", run.incoming, pots, rows)
    _check_adjacency("account_pots", run.account_pots, accounts, len(run.pot_account))
    if run.tx_events is not None:
        _check_adjacency("tx_events", run.tx_events, transactions, rows)
    memo_rows = getattr(run.memos, "rows", None)
    if memo_rows is not None:
        _within("memo_rows", memo_rows, 0, rows)
        _rises("memo_rows", memo_rows, 1)


def _check_transactions(places: Any, transactions: int, rows: int) -> None:
    """The transaction of each event, or where the events of each transaction begin."""
    if not isinstance(places, PlaceOfRow):
        _within("tx", places, 0, transactions)
    elif places.first is not None:
        _check_offsets("tx_first", places.first, rows, by=1)


def _check_utxo_run(run: UtxoRun) -> None:
    inputs, outputs = run.first_input + len(run.in_output), run.first_output + len(run.out_account)
    accounts, end = run.first_account + len(run.accounts), run.first_transaction + len(run.tx_hashes)
    for name, low, high in (
        ("coinbase", 0, _FLAG),
        ("in_known", 0, _FLAG),
        ("in_stated", 0, _FLAG),
        ("in_output", NOBODY, outputs),
        ("in_account", NOBODY, accounts),
        ("out_account", 0, accounts),
        ("missing", 0, inputs - run.first_input),
        ("missing_index", 0, _INDICES),
        ("spent", 0, run.first_output),
        ("spent_by", run.first_transaction, end),
    ):
        _within(name, getattr(run, name), low, high)
    spenders = [run.out_spender[a:b] for a, b in iter_pieces(len(run.out_spender))]
    _within("out_spender", run.out_spender, NOBODY, end)
    if any(np.any((piece >= 0) & (piece < run.first_transaction)) for piece in spenders):
        raise ValueError("out_spender names a transaction before the run")
    _rises("missing", run.missing, 1)
    _rises("spent", run.spent, 1)
    _check_offsets("in_offsets", run.in_offsets, inputs - run.first_input)
    _check_offsets("out_offsets", run.out_offsets, len(run.out_account))
    _check_amounts("in_amount", run.in_amount)
    _check_amounts("out_amount", run.out_amount)
    _check_adjacency("account_outputs", run.account_outputs, accounts, len(run.out_account))
    _check_texts("missing_hash", run.missing_hash)


def _check_blocks(blocks: Blocks) -> None:
    _within("block_height", blocks.height, 0, _LAST)
    _rises("block_height", blocks.height, 1)
    _within("block_time_max", blocks.time_max, NOBODY, _LAST)
    _rises("block_time_max", blocks.time_max, 0)
    _check_offsets("block_first", blocks.first, int(blocks.first[-1]), by=1)


def _check_adjacency(name: str, owned: Adjacency, owners: int, rows: int) -> None:
    if owned.owners is not None:
        _within(f"{name}_owners", owned.owners, 0, owners)
        _rises(f"{name}_owners", owned.owners, 1)
    elif len(owned.offsets) - 1 > owners:
        raise ValueError(f"{name}_offsets has more owners than there are")
    _check_offsets(f"{name}_offsets", owned.offsets, len(owned.rows))
    _within(f"{name}_rows", owned.rows, 0, rows)


def _check_offsets(name: str, offsets: Ints, end: int, *, by: int = 0) -> None:
    """Each is at least the one before and `by` more."""
    _check_integers(name, offsets)
    if not len(offsets) or offsets[0] != 0 or offsets[-1] != end:
        raise ValueError(f"{name} does not lead from 0 to {end}")
    _rises(name, offsets, by)


def _check_amounts(name: str, amounts: Any) -> None:
    """Amounts of 32 bytes may be any."""
    if hasattr(amounts, "dtype"):
        _within(name, amounts, 0, 1 << NARROW_BITS)


def _check_texts(name: str, texts: Any) -> None:
    if isinstance(texts, HexTexts):
        rows, others = texts.others
        _within(f"{name}_other_rows", rows, 0, len(texts))
        _rises(f"{name}_other_rows", rows, 1)
        if len(rows) != len(others):
            raise ValueError(f"{name}_others has {len(others)} texts, not {len(rows)}")
        _check_texts(f"{name}_others", others)
        _check_order(f"{name}_order", texts.order, len(texts) - len(rows), len(texts))
    elif isinstance(texts, MappedTexts):
        data, offsets = texts.buffers()
        _within(name, offsets[:1], 0, len(data) + 1)
        _within(name, offsets[-1:], 0, len(data) + 1)
        _rises(name, offsets, 0)
        _check_utf8(texts)
        _check_order(f"{name}_order", texts.order, len(texts), len(texts))


def _check_order(name: str, order: Ints | None, count: int, ids: int) -> None:
    if order is None:
        return
    if len(order) != count:
        raise ValueError(f"{name} has {len(order)} values, not {count}")
    _within(name, order, 0, ids)


def _check_utf8(texts: MappedTexts) -> None:
    for start, stop in iter_pieces(len(texts)):
        texts.to_arrow(start, stop).validate(full=True)


def _within(name: str, column: Ints, low: int, high: int) -> None:
    """Every value is at least `low` and below `high`."""
    _check_integers(name, column)
    for piece in _iter_values(column):
        if int(piece.min()) < low or int(piece.max()) >= high:
            raise ValueError(f"{name} has a number that is not from {low} to {high - 1}")


def _rises(name: str, column: Ints, by: int) -> None:
    """Every value is at least the one before and `by` more."""
    for start, stop in iter_pieces(len(column)):
        first = max(start, 1)
        if np.any(column[first:stop] < column[first - 1 : stop - 1] + by):
            raise ValueError(f"{name} does not rise")


def _check_integers(name: str, column: Ints) -> None:
    if column.dtype.kind != "i":
        raise ValueError(f"{name} has no signed integers")


def _iter_values(column: Ints) -> Iterable[Ints]:
    """The values, piece by piece; one where all are the same one."""
    if len(column) and column.strides == (0,):
        return (column[:1],)
    return (column[start:stop] for start, stop in iter_pieces(len(column)))
