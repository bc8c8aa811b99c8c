"""Runs of an account chain joined or cut are those that would have been built at once, column by column."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.ledger.runs_compared import PEOPLE, amounts, to_lists

from jindo.base.errors import InputError
from jindo.base.ids import ETHEREUM, AssetId, TxId
from jindo.ledger import (
    AccountChain,
    Kind,
    Transfer,
    build_account_chain,
    compute_fingerprint,
    read_transfers,
)
from jindo.ledger.cutting import cut_run
from jindo.ledger.joining import join_runs
from jindo.ledger.reading import iter_text_batches
from jindo.ledger.stacking import stack_account_chain

FEW = settings(max_examples=40)  # each is a chain of up to 36 rows, built several times
ASSETS = [AssetId(name) for name in ("wei", "usd", "dai")]


@st.composite
def account_blocks(draw: st.DrawFn) -> list[list[Transfer]]:
    """Two to six blocks with rows, their transactions in one piece or apart, with and without an index."""
    height, blocks = 0, []
    for number in range(draw(st.integers(2, 6))):
        height += draw(st.integers(1, 1500))
        with_index, time = draw(st.booleans()), draw(st.none() | st.integers(0, 100))
        rows = [
            draw(movements(height, f"{number}.{draw(st.integers(0, 2))}", with_index=with_index, time=time))
            for _ in range(draw(st.integers(1, 6)))
        ]
        blocks.append(rows)
    return blocks


@st.composite
def movements(draw: st.DrawFn, height: int, name: str, *, with_index: bool, time: int | None) -> Transfer:
    sender = draw(st.sampled_from([None, *PEOPLE]))
    return Transfer(
        block=height,
        tx_hash=TxId(name),
        sender=sender,
        receiver=draw(st.sampled_from(PEOPLE if sender is None else [None, *PEOPLE])),
        amount=draw(amounts()),
        asset=draw(st.sampled_from(ASSETS)),
        kind=draw(st.sampled_from(list(Kind))),
        time=time,
        tx_index=int(name[-1]) if with_index else None,
        position=draw(st.none() | st.integers(0, 3)),
        memo=draw(st.none() | st.just("memo")),
    )


def flat(blocks: list[list[Transfer]]) -> list[Transfer]:
    return [row for rows in blocks for row in rows]


def build_in_pieces(blocks: list[list[Transfer]], cuts: list[int]) -> AccountChain:
    """The chain of these blocks with a run from each cut to the next."""
    chain = build_account_chain(ETHEREUM, [])
    for start, stop in pairwise(cuts):
        chain = stack_account_chain(chain, build_account_chain(ETHEREUM, flat(blocks[start:stop])))
    return chain


@st.composite
def cut_blocks(draw: st.DrawFn) -> tuple[list[list[Transfer]], list[int]]:
    """Blocks, and where to cut them: from 0 to their number."""
    blocks = draw(account_blocks())
    inner = draw(st.sets(st.integers(1, len(blocks) - 1)))
    return blocks, [0, *sorted(inner), len(blocks)]


@FEW
@given(cut_blocks())
def test_account_runs_joined_are_the_run_built_at_once(
    given_: tuple[list[list[Transfer]], list[int]],
) -> None:
    blocks, cuts = given_
    (whole,) = build_account_chain(ETHEREUM, flat(blocks)).runs
    first, *others = build_in_pieces(blocks, cuts).runs
    for run in others:
        first = join_runs(first, run)
    assert to_lists(first) == to_lists(whole)


@FEW
@given(cut_blocks())
def test_account_runs_above_another_are_joined_the_same(
    given_: tuple[list[list[Transfer]], list[int]],
) -> None:
    blocks, cuts = given_
    base, *parts = build_in_pieces(blocks, cuts).runs
    if parts:
        joined = parts[0]
        for run in parts[1:]:
            joined = join_runs(joined, run)
        assert to_lists(joined) == to_lists(build_in_pieces(blocks, [0, cuts[1], len(blocks)]).runs[1])
    assert base.first_event == 0


@FEW
@given(cut_blocks())
def test_an_account_run_cut_is_the_run_of_its_first_blocks(
    given_: tuple[list[list[Transfer]], list[int]],
) -> None:
    blocks, cuts = given_
    (whole,) = build_account_chain(ETHEREUM, flat(blocks)).runs
    (part,) = build_account_chain(ETHEREUM, flat(blocks[: cuts[1]])).runs
    assert to_lists(cut_run(whole, cuts[1])) == to_lists(part)
    again = join_runs(cut_run(whole, cuts[1]), part) if cuts[1] == 0 else cut_run(whole, len(blocks))
    assert to_lists(again) == to_lists(whole)


@FEW
@given(cut_blocks())
def test_a_later_account_run_cut_is_the_run_of_its_first_blocks(
    given_: tuple[list[list[Transfer]], list[int]],
) -> None:
    blocks, cuts = given_
    below = cuts[1] if len(cuts) > 2 else 1
    chain = build_in_pieces(blocks, [0, below, len(blocks)])
    for count in range(1, len(blocks) - below + 1):
        expected = build_in_pieces(blocks[: below + count], [0, below, below + count]).runs[1]
        assert to_lists(cut_run(chain.runs[1], count)) == to_lists(expected)


@FEW
@given(cut_blocks())
def test_an_account_chain_says_the_same_however_it_is_cut_into_runs(
    given_: tuple[list[list[Transfer]], list[int]],
) -> None:
    blocks, cuts = given_
    whole, parts = build_account_chain(ETHEREUM, flat(blocks)), build_in_pieces(blocks, cuts)
    assert parts == whole
    assert compute_fingerprint(parts) == compute_fingerprint(whole)
    assert read_transfers(parts, range(parts.event_count)) == read_transfers(whole, range(whole.event_count))
    assert [b.to_pydict() for b in iter_text_batches(parts)] == [
        b.to_pydict() for b in iter_text_batches(whole)
    ]
    for pot in range(whole.pot_count):
        assert parts.draws_of(pot).tolist() == whole.draws_of(pot).tolist()
        assert parts.fills_of(pot).tolist() == whole.fills_of(pot).tolist()
    for tx in range(len(whole.tx_hashes)):
        assert parts.events_of(tx).tolist() == whole.events_of(tx).tolist()
        assert parts.tx_hashes.find(whole.tx_hashes[tx]) == tx
    for account in range(len(whole.accounts)):
        assert parts.find_pots(whole.accounts[account]) == whole.find_pots(whole.accounts[account])
    heights = whole.heights().tolist()
    for height in {0, *heights, *(above + 1 for above in heights)}:
        assert parts.row_at(height) == whole.row_at(height)
        assert parts.time_at(height) == whole.time_at(height)


@FEW
@given(cut_blocks())
def test_an_account_chain_with_one_word_changed_is_another(
    given_: tuple[list[list[Transfer]], list[int]],
) -> None:
    blocks, _ = given_
    rows = flat(blocks)
    other = [replace(rows[0], amount=rows[0].amount ^ 1), *rows[1:]]
    assert build_account_chain(ETHEREUM, rows) != build_account_chain(ETHEREUM, other)


def test_stack_account_chain_refuses_a_block_that_is_not_above() -> None:
    row = Transfer(5, TxId("a"), PEOPLE[0], PEOPLE[1], 1, ASSETS[0])
    chain = build_account_chain(ETHEREUM, [row])
    with pytest.raises(InputError, match="not above"):
        stack_account_chain(chain, build_account_chain(ETHEREUM, [replace(row, tx_hash=TxId("b"))]))
    with pytest.raises(InputError, match="two places"):
        stack_account_chain(chain, build_account_chain(ETHEREUM, [replace(row, block=6)]))
