"""Columns of rows in ledger order become the chain that the tracer reads: pots, blocks and offsets.

* Pure and vectorised: the builder in memory and the importer on disk both end here, so that they cannot differ.
* Rows come in ledger order and leave in it; every list of events keeps that order.
* Pots are numbered by account, then asset; accounts, assets and transactions are numbered by their text, so
  that their relative order survives a later import and an extract.

It does not check rows (`sources`) and does not store them (`folder`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from jindo.ledger.chain import NOBODY, Amounts, Blocks, Ints

NARROW_BITS = 62
"""A chain is narrow while no pot's whole traffic reaches two to this power."""

_FLAGS_LIMIT = 1 << 28
_Pair: TypeAlias = tuple[Ints, Ints]


@dataclass(frozen=True, slots=True)
class Pots:
    """The pots of n events: what `AccountChain` holds under the same names."""

    src: Ints
    dst: Ints
    pot_account: Ints
    pot_asset: Ints
    account_pots: Ints


def build_pots(sender: Ints, receiver: Ints, asset: Ints, *, accounts: int, assets: int) -> Pots:
    """Pots of events given by account and asset ids (arrays of length n, -1 for nobody)."""
    width = max(assets, 1)
    from_key = np.where(sender >= 0, sender * np.int64(width) + asset, NOBODY)
    to_key = np.where(receiver >= 0, receiver * np.int64(width) + asset, NOBODY)
    if accounts * width <= _FLAGS_LIMIT:
        there = np.zeros(accounts * width + 1, dtype=bool)  # the last place is nobody's
        there[from_key] = there[to_key] = True
        keys = np.flatnonzero(there[:-1])
        number = np.cumsum(there, dtype=np.int64) - 1
        number[-1] = NOBODY
        src, dst = number[from_key], number[to_key]
    else:
        keys = np.unique(np.concatenate([from_key, to_key]))
        keys = keys[keys >= 0]
        src = np.where(from_key >= 0, np.searchsorted(keys, from_key), NOBODY)
        dst = np.where(to_key >= 0, np.searchsorted(keys, to_key), NOBODY)
    account, of_asset = np.divmod(keys, width)
    return Pots(
        src=to_index(src),
        dst=to_index(dst),
        pot_account=to_index(account),
        pot_asset=to_index(of_asset),
        account_pots=np.searchsorted(account, np.arange(accounts + 1)).astype(np.int64),
    )


def build_groups(group: Ints, count: int) -> _Pair:
    """Offsets (count + 1) and rows of each group, rows in order; rows of group -1 are in none."""
    rows = np.argsort(group, kind="stable")
    nobody = int(np.count_nonzero(group < 0))
    sizes = np.bincount(group[group >= 0], minlength=count) if len(group) else np.zeros(count, dtype=np.int64)
    return build_offsets(sizes), to_index(rows[nobody:])


def build_offsets(sizes: Ints | Sequence[int]) -> Ints:
    """Where each of the runs of these sizes begins, and where the last ends."""
    offsets = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(np.asarray(sizes, dtype=np.int64), out=offsets[1:])
    return offsets


def build_blocks(block: Ints, time: Ints) -> Blocks:
    """The blocks of rows in ledger order, with the running maximum of their times."""
    first = (
        np.flatnonzero(np.diff(block, prepend=block[0] - 1)) if len(block) else np.zeros(0, dtype=np.int64)
    )
    running = np.maximum.accumulate(np.maximum(time, NOBODY)) if len(time) else time
    last = np.append(first[1:], len(block)) - 1 if len(block) else first
    return Blocks(
        height=block[first].astype(np.int64),
        time_max=running[last].astype(np.int64),
        first=np.append(first, len(block)).astype(np.int64),
    )


def fits_narrow(amount: Amounts, *groups: tuple[Ints, int]) -> bool:
    """Whether no group's sum reaches 2^62, summed over all the groupings together (`group`, count).

    Rows of group -1 count nowhere. Exact: halves of 32 bits are summed apart.
    """
    if not isinstance(amount, np.ndarray):
        return False
    size = max((count for _, count in groups), default=0)
    low, high = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    for group, _ in groups:
        rows = np.flatnonzero(group >= 0)
        np.add.at(low, group[rows], amount[rows] & 0xFFFFFFFF)
        np.add.at(high, group[rows], amount[rows] >> 32)
    return not len(low) or int((high + (low >> 32)).max()) < 1 << (NARROW_BITS - 32)


def to_amounts(values: Sequence[int]) -> Amounts:
    """An int64 array where every amount is below 2^62, else the list itself."""
    if all(value >> NARROW_BITS == 0 for value in values):
        return np.array(values, dtype=np.int64)
    return list(values)


def to_column(values: Iterable[int]) -> Ints:
    """The numbers as an int64 array."""
    return np.fromiter(values, dtype=np.int64)


def to_list(amount: Amounts) -> list[int]:
    """The amounts as Python integers."""
    return [int(value) for value in amount]


def to_index(values: Ints) -> Ints:
    """Ids as int32 where they fit, else int64: half the memory of a large ledger."""
    fits = not len(values) or int(values.max()) < 1 << 31
    return values.astype(np.int32 if fits else np.int64)
