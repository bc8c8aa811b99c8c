"""Numbers by appearance, adjacency and sums are those that plain Python counts, also past what is worked on at a time."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jindo.ledger.amount_columns import cut_amounts, find_max_sum, find_max_traffic, join_amounts
from jindo.ledger.appearance import first_rows, number_by_appearance, number_pots
from jindo.ledger.indexing import build_adjacency
from jindo.ledger.pieces import PIECE, is_ascending
from jindo.ledger.runs import MOST_TRAFFIC
from jindo.ledger.wide import WideColumn

IDS = st.lists(st.tuples(st.integers(-1, 12), st.integers(-1, 12), st.integers(0, 2)), max_size=30)
FAR = 1 << 30
"""An id of a long chain, which a short run names."""


@given(IDS)
def test_number_by_appearance_counts_from_the_first_row_on(rows: list[tuple[int, int, int]]) -> None:
    first, second = (np.array([row[i] for row in rows], np.int64) for i in range(2))
    expected = list(dict.fromkeys(name for row in rows for name in row[:2] if name >= 0))
    found = number_by_appearance((first, second), 13)
    assert (found.count, found.order is not None and found.order.tolist()) == (len(expected), expected)
    numbers = {name: i for i, name in enumerate(expected)} | {-1: -1}
    assert [column.tolist() for column in found.columns] == [
        [numbers[int(name)] for name in column] for column in (first, second)
    ]


@given(IDS)
def test_number_pots_counts_accounts_and_assets_by_appearance(rows: list[tuple[int, int, int]]) -> None:
    parties = number_by_appearance([np.array([row[i] for row in rows], np.int64) for i in range(2)], 13)
    kinds = number_by_appearance([np.array([row[2] for row in rows], np.int64)], 3)
    pots = number_pots(*parties.columns, *kinds.columns)
    pairs = [
        (account, asset)
        for *accounts, asset in zip(*parties.columns, *kinds.columns, strict=True)
        for account in accounts
        if account >= 0
    ]
    expected = list(dict.fromkeys((int(account), int(asset)) for account, asset in pairs))
    assert list(zip(pots.account.tolist(), pots.asset.tolist(), strict=True)) == expected
    for column, accounts in zip((pots.src, pots.dst), parties.columns, strict=True):
        assert [int(pots.account[pot]) if pot >= 0 else -1 for pot in column] == accounts.tolist()


@given(st.lists(st.integers(-1, 9), max_size=40), st.sampled_from([0, 5, FAR]))
def test_build_adjacency_lists_the_rows_of_each_owner(owners: list[int], start: int) -> None:
    column = np.array([owner + start if owner >= 0 else -1 for owner in owners], np.int64)
    found = build_adjacency(column)
    for owner in (*range(start, start + 12), 0):
        assert found.find(owner).tolist() == np.flatnonzero(column == owner).tolist()
    assert found.owners is None or found.owners.tolist() == sorted(set(column[column >= 0].tolist()))


@given(
    st.lists(st.tuples(st.integers(-1, 6), st.integers(-1, 6), st.integers(0, 2**62 - 1)), max_size=12),
    st.sampled_from([0, FAR]),
)
def test_find_max_traffic_is_the_largest_sum_of_a_pot(rows: list[tuple[int, int, int]], start: int) -> None:
    total: dict[int, int] = {}
    for *pots, amount in rows:
        for pot in pots:
            if pot >= 0:
                total[pot] = total.get(pot, 0) + amount
    src, dst = (np.array([row[i] + start if row[i] >= 0 else -1 for row in rows], np.int64) for i in range(2))
    found = find_max_traffic(np.array([row[2] for row in rows], np.int64), src, dst)
    assert found == min(max(total.values(), default=0), MOST_TRAFFIC)


@given(st.lists(st.lists(st.integers(0, 2**62 - 1), max_size=4), max_size=6))
def test_find_max_sum_is_the_largest_of_the_lists(lists: list[list[int]]) -> None:
    offsets = np.cumsum([0, *map(len, lists)])
    amount = np.array([value for values in lists for value in values], np.int64)
    assert find_max_sum(amount, offsets) == min(max(map(sum, lists), default=0), MOST_TRAFFIC)


@given(*(2 * [st.lists(st.sampled_from([0, 7, 2**62 - 1, 2**62, 2**63, 2**64, 2**200]), max_size=5)]))
def test_amounts_joined_and_cut_stay_exact(first: list[int], second: list[int]) -> None:
    joined = join_amounts(WideColumn.from_ints(first), np.array([v for v in second if v < 2**62], np.int64))
    assert [*joined] == [*first, *(v for v in second if v < 2**62)]
    for count in range(len(joined) + 1):
        part = cut_amounts(joined, count)
        assert [int(part[i]) for i in range(count)] == [joined[i] for i in range(count)]
        assert hasattr(part, "dtype") is all(value < 2**62 for value in first[:count])


def test_columns_longer_than_a_piece_come_out_whole() -> None:
    rng = np.random.default_rng(5)
    rows = PIECE + 1000
    owner = rng.integers(-1, 50_000, rows)
    amount = rng.integers(0, 2**20, rows)
    found, order = build_adjacency(owner), np.argsort(owner, kind="stable")
    assert np.array_equal(found.rows, order[np.searchsorted(owner[order], 0) :])
    known, counts = np.unique(owner[owner >= 0], return_counts=True)
    assert np.array_equal(np.diff(found.offsets)[known], counts)
    sums = np.bincount(owner[owner >= 0], amount[owner >= 0])
    assert find_max_traffic(amount, owner, np.full(rows, -1)) == int(sums.max())
    offsets = np.array([0, 10, PIECE - 5, PIECE + 5, rows])
    assert find_max_sum(amount, offsets) == max(int(amount[a:b].sum()) for a, b in pairwise(offsets))
    numbered = number_by_appearance((owner,), 50_000)
    (local,), names = numbered.columns, numbered.order
    assert names is not None
    assert np.array_equal(names[local[owner >= 0]], owner[owner >= 0])
    assert number_by_appearance((np.sort(local[local >= 0]),), len(names)).order is None
    assert is_ascending(first_rows(local, len(names)))
    assert np.array_equal(owner[first_rows(local, len(names))], names)
    assert not is_ascending(np.append(np.arange(rows), 0))


def test_build_adjacency_refuses_ids_that_do_not_fit() -> None:
    with pytest.raises(OverflowError, match="2\\^31"):
        build_adjacency(np.array([1 << 31]))
