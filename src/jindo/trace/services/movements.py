"""The movements of a chain between accounts, a part at a time: who paid whom, when, and in which asset.

* A movement of nothing, to oneself, from nobody or to nobody (issuance, fees) is none.
* On a UTXO chain a transaction's payer is the account of its first input whose owner is known, and what goes back to any of
  its inputs' accounts is change and no movement.
* Amounts stay exact, as limbs of 32 bits: sums over a whole chain cannot wrap, however wide the amounts.

What the movements say is `counting`'s and `finding`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from jindo.base.compiling import compile_kept
from jindo.ledger import AccountChain, AccountRun, Chain, Ints, UtxoChain, WideColumn
from jindo.trace.parts import PART, TransactionPart, iter_transaction_parts

LIMBS = 8
_LIMB_BITS = 32
_LIMB = (1 << _LIMB_BITS) - 1
DAY = 86_400
DAYS = 1 << 20
"""More days since 1970 than a chain has; a time past them stands on the last."""
_NO_LIMBS = np.zeros((0, LIMBS), np.int64)


class Movements(NamedTuple):
    """Some movements in ledger order, arrays of one length."""

    payer: Ints
    payee: Ints
    asset: Ints
    """Place in the chain's assets; 0 on a UTXO chain."""
    day: Ints
    """Days since 1970, or -1."""
    limbs: Ints
    """Amounts: int64, shape (n, 8), each below 2^32, the lowest first; no rows where they were not asked for."""


def iter_movements(
    chain: Chain, *, end: int, with_amounts: bool = False, size: int = PART
) -> Iterator[Movements]:
    """The movements of rows 0 to `end`, part by part."""
    if isinstance(chain, UtxoChain):
        yield from _iter_utxo(chain, end, size, with_amounts=with_amounts)
        return
    pot_account, pot_asset = list_pots(chain)
    for run in chain.runs:
        rows = min(len(run.src), end - run.first_event)
        for start in range(0, max(rows, 0), size):
            span = slice(start, min(start + size, rows))
            yield _read_events(run, span, pot_account, pot_asset, with_amounts=with_amounts)


def list_pots(chain: AccountChain) -> tuple[Ints, Ints]:
    """Account and asset of every pot, int64."""
    return np.array(chain.pot_account, np.int64), np.array(chain.pot_asset, np.int64)


def to_units(totals: Ints) -> list[int]:
    """Totals as whole numbers, however wide."""
    return [sum(limb << (_LIMB_BITS * place) for place, limb in enumerate(row)) for row in totals.tolist()]


def to_limbs(column: Any, start: int, stop: int) -> Ints:
    """Amounts of a run's column as limbs."""
    if isinstance(column, WideColumn):
        words = np.ascontiguousarray(column.data[start:stop]).view(">u4")
        return words[:, ::-1].astype(np.int64)
    limbs = np.zeros((stop - start, LIMBS), np.int64)
    if hasattr(column, "dtype"):
        amounts = np.array(column[start:stop], np.int64)
        limbs[:, 0], limbs[:, 1] = amounts & _LIMB, amounts >> _LIMB_BITS
        return limbs
    for row in range(start, stop):
        amount = int(column[row])
        limbs[row - start] = [(amount >> (_LIMB_BITS * place)) & _LIMB for place in range(LIMBS)]
    return limbs


def _read_events(
    run: AccountRun, span: slice, pot_account: Ints, pot_asset: Ints, *, with_amounts: bool
) -> Movements:
    columns = [np.array(column[span], np.int64) for column in (run.src, run.dst, run.time)]
    found = np.empty((5, span.stop - span.start), np.int64)
    count = _gather(*columns, _is_something(run.amount, span), pot_account, pot_asset, found)
    payer, payee, asset, day, rows = found[:, :count]
    limbs = to_limbs(run.amount, span.start, span.stop)[rows] if with_amounts else _NO_LIMBS
    return Movements(payer, payee, asset, day, limbs)


def _is_something(column: Any, span: slice) -> Ints:
    if isinstance(column, WideColumn):
        return np.array(column.data[span].any(axis=1), np.bool_)
    if hasattr(column, "dtype"):
        return np.array(column[span] != 0, np.bool_)
    return np.array([column[row] != 0 for row in range(span.start, span.stop)], np.bool_)


def _iter_utxo(chain: UtxoChain, end: int, size: int, *, with_amounts: bool) -> Iterator[Movements]:
    seen = np.full(len(chain.accounts), -1, np.int64)
    for part in iter_transaction_parts(chain, end=end, size=size):
        count = len(part.coinbase)
        payer, place = np.empty(len(part.out_account), np.int64), np.empty(len(part.out_account), np.int64)
        _find_payers(part, seen, payer, place)
        rows = np.flatnonzero((payer >= 0) & (part.out_account >= 0) & (part.out_amount > 0))
        times = np.asarray(chain.time[part.first_transaction : part.first_transaction + count])
        yield Movements(
            payer[rows],
            part.out_account[rows],
            np.zeros(len(rows), np.int64),
            _to_days(times[place[rows]]),
            _exact_limbs(chain, part, rows) if with_amounts else _NO_LIMBS,
        )


def _exact_limbs(chain: UtxoChain, part: TransactionPart, rows: Ints) -> Ints:
    """Amounts of a part's outputs; read again where the part states only that they are large."""
    limbs = to_limbs(part.out_amount, 0, len(part.out_amount))[rows]
    if not chain.narrow:
        first = chain.outputs_of(part.first_transaction).start
        exact = [int(chain.out_amount[first + int(row)]) for row in rows]
        limbs = to_limbs(exact, 0, len(exact))
    return limbs


def _to_days(times: Ints) -> Ints:
    return np.where(times >= 0, np.minimum(times // DAY, DAYS - 1), -1).astype(np.int64)


@compile_kept
def _gather(src, dst, time, something, pot_account, pot_asset, found):  # type: ignore[no-untyped-def]
    """Payer, payee, asset, day and row of each movement among the events; gives how many there are."""
    count = 0
    for row in range(len(src)):
        if src[row] < 0 or dst[row] < 0 or not something[row]:
            continue
        payer, payee = pot_account[src[row]], pot_account[dst[row]]
        if payer == payee:
            continue
        found[0, count], found[1, count], found[2, count] = payer, payee, pot_asset[dst[row]]
        found[3, count] = min(time[row] // DAY, DAYS - 1) if time[row] >= 0 else -1
        found[4, count] = row
        count += 1
    return count


@compile_kept
def _find_payers(part, seen, payer, place):  # type: ignore[no-untyped-def]
    """Who paid each output: the first known owner among the inputs, nobody where it goes back to one of them."""
    for t in range(len(part.coinbase)):
        transaction, first = part.first_transaction + t, -1
        for i in range(part.in_offsets[t], part.in_offsets[t + 1]):
            account = part.in_account[i]
            if account >= 0:
                seen[account] = transaction
                first = account if first < 0 else first
        for i in range(part.out_offsets[t], part.out_offsets[t + 1]):
            account = part.out_account[i]
            is_change = account >= 0 and seen[account] == transaction
            payer[i], place[i] = -1 if is_change else first, t
