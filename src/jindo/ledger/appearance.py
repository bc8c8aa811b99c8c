"""Ids of whole columns numbered anew, as they first appear; pots of an account chain likewise.

* Rows are read in order, and the columns of a row from the first on.
* Memory is the new columns and one number for each id, whatever the number of rows.

Texts and pairs that stream by are `numbering`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jindo.base.compiling import compile_kept
from jindo.ledger.numbering import PairNumbering
from jindo.ledger.pieces import find_max, iter_pieces, to_index
from jindo.ledger.runs import NOBODY, Ints

_PIECE = 1 << 18
"""Rows that are numbered at a time."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """Columns of ids, numbered as they first appear."""

    columns: tuple[Ints, ...]
    """The columns, by the new numbers; -1 stays."""
    count: int
    """How many ids appear."""
    order: Ints | None = None
    """The ids that appear, in order of appearance; `None` where each is its own number."""
    number: Ints | None = None
    """The new number of each id, -1 where it does not appear; `None` likewise."""


def number_by_appearance(columns: Sequence[Ints], count: int) -> Numbered:
    """The columns with their ids, all below `count`, numbered as they first appear; not copied where they are so."""
    if len(columns) == 1 and _is_numbered(columns[0], count):
        return Numbered((columns[0],), count)
    numbered = tuple(np.empty(len(column), np.int32) for column in columns)
    number, order, found = np.full(count, NOBODY, np.int32), np.empty(count, np.int32), 0
    for start, stop in iter_pieces(len(columns[0]), _PIECE):
        ids = np.stack([column[start:stop] for column in columns], axis=1).astype(np.int64)
        there = np.empty(ids.shape, np.int32)
        found = number_ids(ids.reshape(-1), number, order, found, 0, there.reshape(-1))
        for place, column in enumerate(numbered):
            column[start:stop] = there[:, place]
    return Numbered(numbered, found, order[:found], number)


@dataclass(frozen=True, slots=True)
class Pots:
    """The pots of n events, numbered as they first appear."""

    src: Ints
    dst: Ints
    account: Ints
    asset: Ints


def number_pots(sender: Ints, receiver: Ints, asset: Ints) -> Pots:
    """Pots of events given by account and asset ids, both numbered as they first appear (-1 for nobody)."""
    accounts = max(find_max(sender), find_max(receiver)) + 1
    if find_max(asset) <= 0:  # of one asset, an account is a pot
        return Pots(sender, receiver, np.arange(accounts, dtype=np.int32), np.zeros(accounts, np.int32))
    numbering = PairNumbering()
    src, dst = np.empty(len(asset), np.int32), np.empty(len(asset), np.int32)
    for start, stop in iter_pieces(len(asset), _PIECE):
        parties = np.stack([sender[start:stop], receiver[start:stop]], axis=1).ravel().astype(np.int64)
        pots = numbering.number(parties, np.repeat(asset[start:stop], 2).astype(np.int64))
        src[start:stop], dst[start:stop] = pots[::2], pots[1::2]
    account, of_asset = numbering.new_pairs()
    return Pots(src, dst, to_index(account), to_index(of_asset))


def first_rows(ids: Ints, count: int) -> Ints:
    """The first row of each id, all of which appear, numbered as they do."""
    first, found = np.empty(count, np.int64), 0
    for start, stop in iter_pieces(len(ids)):
        highest = np.maximum(np.maximum.accumulate(ids[start:stop]), found - 1)
        fresh = np.flatnonzero(np.diff(highest, prepend=found - 1))
        first[found : found + len(fresh)] = start + fresh
        found += len(fresh)
    return first


def _is_numbered(ids: Ints, count: int) -> bool:
    """Whether the ids rise from 0 to the last by one at a time."""
    before = 0
    for start, stop in iter_pieces(len(ids)):
        steps = np.diff(ids[start:stop], prepend=ids.dtype.type(before))
        if int(steps.min()) < 0 or int(steps.max()) > 1:
            return False
        before = int(ids[stop - 1])
    return len(ids) > 0 and int(ids[0]) == 0 and before == count - 1


@compile_kept
def number_ids(ids, number, order, found, first, numbered):  # type: ignore[no-untyped-def]
    """Number the ids that have no number from `first` plus `found` on; gives how many are numbered so then."""
    for row in range(len(ids)):
        name = ids[row]
        if name < 0:
            numbered[row] = -1
            continue
        if number[name] < 0:
            number[name] = first + found
            order[found] = name
            found += 1
        numbered[row] = number[name]
    return found
