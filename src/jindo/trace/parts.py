"""A UTXO chain a part at a time, as plain int64 arrays: what a compiled pass over the whole chain reads.

* A part is consecutive transactions of one run, so that no more than a part lies in memory, however long the chain.
* Offsets are the part's own (0 is its first input, its first output); `first_…` leads back to the chain's rows.
* An amount of `CAP` or more stands as `CAP`: no amount of Bitcoin's comes near, and no sum of two of them wraps.

What a pass looks for is `coinjoins`' and `clusters`'.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from jindo.ledger import Amounts, Ints, UtxoChain, UtxoRun

CAP = 1 << 61
PART = 1 << 18
"""Transactions of a part."""


class InputPart(NamedTuple):
    """Who signed some consecutive transactions."""

    first_transaction: int
    first_input: int
    in_offsets: Ints
    """One more than transactions."""
    in_account: Ints
    """Account of the output spent, or -1."""


class TransactionPart(NamedTuple):
    """Some consecutive transactions, whole."""

    first_transaction: int
    coinbase: Ints
    in_offsets: Ints
    in_account: Ints
    in_amount: Ints
    in_valued: Ints
    """1 where the value of the output spent is known, and not made up to balance."""
    out_offsets: Ints
    out_amount: Ints
    out_account: Ints


def iter_input_parts(chain: UtxoChain, *, end: int, size: int = PART) -> Iterator[InputPart]:
    """The inputs of transactions 0 to `end`, part by part."""
    for run, start, stop in _iter_cuts(chain, end, size):
        first, last = int(run.in_offsets[start]), int(run.in_offsets[stop])
        yield InputPart(
            run.first_transaction + start,
            run.first_input + first,
            _ints(run.in_offsets, start, stop + 1) - first,
            _ints(run.in_account, first, last),
        )


def iter_transaction_parts(chain: UtxoChain, *, end: int, size: int = PART) -> Iterator[TransactionPart]:
    """Transactions 0 to `end`, part by part."""
    for run, start, stop in _iter_cuts(chain, end, size):
        first_in, last_in = int(run.in_offsets[start]), int(run.in_offsets[stop])
        first_out, last_out = int(run.out_offsets[start]), int(run.out_offsets[stop])
        known = _ints(run.in_known, first_in, last_in) | _ints(run.in_stated, first_in, last_in)
        yield TransactionPart(
            first_transaction=run.first_transaction + start,
            coinbase=_ints(run.coinbase, start, stop),
            in_offsets=_ints(run.in_offsets, start, stop + 1) - first_in,
            in_account=_ints(run.in_account, first_in, last_in),
            in_amount=_capped(run.in_amount, first_in, last_in),
            in_valued=known,
            out_offsets=_ints(run.out_offsets, start, stop + 1) - first_out,
            out_amount=_capped(run.out_amount, first_out, last_out),
            out_account=_ints(run.out_account, first_out, last_out),
        )


def _iter_cuts(chain: UtxoChain, end: int, size: int) -> Iterator[tuple[UtxoRun, int, int]]:
    for run in chain.runs:
        rows = min(len(run.in_offsets) - 1, end - run.first_transaction)
        for start in range(0, max(rows, 0), size):
            yield run, start, min(start + size, rows)


def _ints(column: Any, start: int, stop: int) -> Ints:
    return np.array(column[start:stop], np.int64)


def _capped(column: Amounts, start: int, stop: int) -> Ints:
    if hasattr(column, "dtype"):
        return np.minimum(_ints(column, start, stop), CAP)
    return np.fromiter((min(int(column[row]), CAP) for row in range(start, stop)), np.int64, stop - start)
