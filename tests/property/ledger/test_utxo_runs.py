"""Runs of a UTXO chain joined or cut are those that would have been built at once, column by column."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.ledger.runs_compared import PEOPLE, amounts, to_lists

from jindo.base.amounts import MAX_AMOUNT
from jindo.base.errors import InputError
from jindo.base.ids import BITCOIN, TxId, native_asset
from jindo.ledger import (
    UtxoChain,
    UtxoInput,
    UtxoOutput,
    UtxoTransaction,
    build_utxo_chain,
    compute_fingerprint,
    read_transactions,
)
from jindo.ledger.build_utxo import build_utxo_run
from jindo.ledger.cutting import cut_run
from jindo.ledger.joining import join_runs

FEW = settings(max_examples=40)  # each is a chain of up to 18 transactions, built several times


@st.composite
def utxo_blocks(draw: st.DrawFn) -> list[list[UtxoTransaction]]:
    """Two to six blocks; inputs spend what is there, or come from outside, stated or not."""
    unspent: list[tuple[TxId, int, int]] = []
    height, blocks = 0, []
    for number in range(draw(st.integers(2, 6))):
        height, rows = height + draw(st.integers(1, 1500)), []
        time = draw(st.none() | st.integers(0, 100))
        for at in range(draw(st.integers(1, 3))):
            name = TxId(f"{number}.{at}")
            inputs = tuple(
                UtxoInput(*unspent.pop(draw(st.integers(0, len(unspent) - 1)))[:2])
                for _ in range(draw(st.integers(0, min(3, len(unspent)))))
            )
            if draw(st.booleans()):
                value = draw(st.none() | st.just(MAX_AMOUNT))
                address = draw(st.none() | st.sampled_from(PEOPLE))
                inputs += (UtxoInput(TxId(f"outside {name}"), draw(st.integers(0, 2)), value, address),)
            sizes = amounts().map(lambda units: units >> 8)  # so that what is missing can be stated too
            paid = draw(st.lists(st.tuples(sizes, st.sampled_from(PEOPLE)), min_size=1, max_size=3))
            made = tuple(UtxoOutput(v, who) for v, who in paid)
            is_issue = not inputs
            if not is_issue:
                inputs += (UtxoInput(TxId(f"more {name}"), 0),)  # brings whatever the outputs need
            unspent += [(name, i, made[i].value) for i in range(len(made))]
            rows.append(UtxoTransaction(height, name, at, inputs, made, coinbase=is_issue, time=time))
        blocks.append(rows)
    return blocks


@st.composite
def cut_utxo_blocks(draw: st.DrawFn) -> tuple[list[list[UtxoTransaction]], list[int]]:
    """Blocks, and where to cut them: from 0 to their number."""
    blocks = draw(utxo_blocks())
    inner = draw(st.sets(st.integers(1, len(blocks) - 1)))
    return blocks, [0, *sorted(inner), len(blocks)]


def all_of(blocks: list[list[UtxoTransaction]]) -> list[UtxoTransaction]:
    return [row for rows in blocks for row in rows]


def build_utxo_in_pieces(blocks: list[list[UtxoTransaction]], cuts: list[int]) -> UtxoChain:
    """The chain of these blocks with a run from each cut to the next."""
    chain = UtxoChain(BITCOIN, native_asset(BITCOIN), narrow=True, runs=())
    for start, stop in pairwise(cuts):
        run = build_utxo_run(chain, all_of(blocks[start:stop]))
        chain = replace(chain, runs=(*chain.runs, run))
    return chain


@FEW
@given(cut_utxo_blocks())
def test_utxo_runs_joined_are_the_run_built_at_once(
    given_: tuple[list[list[UtxoTransaction]], list[int]],
) -> None:
    blocks, cuts = given_
    (whole,) = build_utxo_chain(BITCOIN, all_of(blocks)).runs
    first, *others = build_utxo_in_pieces(blocks, cuts).runs
    for run in others:
        first = join_runs(first, run)
    assert to_lists(first) == to_lists(whole)


@FEW
@given(cut_utxo_blocks())
def test_utxo_runs_above_another_are_joined_the_same(
    given_: tuple[list[list[UtxoTransaction]], list[int]],
) -> None:
    blocks, cuts = given_
    parts = build_utxo_in_pieces(blocks, cuts).runs[1:]
    if parts:
        joined = parts[0]
        for run in parts[1:]:
            joined = join_runs(joined, run)
        whole = build_utxo_in_pieces(blocks, [0, cuts[1], len(blocks)]).runs[1]
        assert to_lists(joined) == to_lists(whole)


@FEW
@given(cut_utxo_blocks())
def test_a_utxo_run_cut_is_the_run_of_its_first_blocks(
    given_: tuple[list[list[UtxoTransaction]], list[int]],
) -> None:
    blocks, cuts = given_
    below = cuts[1] if len(cuts) > 2 else 1
    (whole,) = build_utxo_chain(BITCOIN, all_of(blocks)).runs
    (part,) = build_utxo_chain(BITCOIN, all_of(blocks[:below])).runs
    assert to_lists(cut_run(whole, below)) == to_lists(part)
    later = build_utxo_in_pieces(blocks, [0, below, len(blocks)]).runs[1]
    for count in range(1, len(blocks) - below + 1):
        expected = build_utxo_in_pieces(blocks[: below + count], [0, below, below + count]).runs[1]
        assert to_lists(cut_run(later, count)) == to_lists(expected)


@FEW
@given(cut_utxo_blocks())
def test_a_utxo_chain_says_the_same_however_it_is_cut_into_runs(
    given_: tuple[list[list[UtxoTransaction]], list[int]],
) -> None:
    blocks, cuts = given_
    whole, parts = build_utxo_chain(BITCOIN, all_of(blocks)), build_utxo_in_pieces(blocks, cuts)
    assert parts == whole
    assert compute_fingerprint(parts) == compute_fingerprint(whole)
    every = range(whole.tx_count)
    assert read_transactions(parts, every) == read_transactions(whole, every)
    spenders = [whole.spender_of(output) for output in range(whole.output_count)]
    assert [parts.spender_of(output) for output in range(parts.output_count)] == spenders
    assert parts.out_spender.tolist() == spenders
    for account in range(len(whole.accounts)):
        assert parts.outputs_to(account).tolist() == whole.outputs_to(account).tolist()


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (UtxoTransaction(1, TxId("c"), 0, (), (), coinbase=True), "not above"),
        (UtxoTransaction(3, TxId("b"), 0, (), (), coinbase=True), "there twice"),
        (UtxoTransaction(3, TxId("c"), 0, (UtxoInput(TxId("a"), 0),), ()), "spent twice"),
        (UtxoTransaction(3, TxId("c"), 0, (UtxoInput(TxId("lost"), 1),), ()), "spent twice"),
        (UtxoTransaction(3, TxId("lost"), 0, (), (), coinbase=True), "before it is made"),
        (UtxoTransaction(3, TxId("c"), 0, (UtxoInput(TxId("b"), 2),), ()), "none such"),
        (UtxoTransaction(3, TxId("c"), 0, (UtxoInput(TxId("b"), 0, 4),), ()), "stated as 4"),
        (
            UtxoTransaction(3, TxId("c"), 0, (UtxoInput(TxId("b"), 0),), (UtxoOutput(9, PEOPLE[0]),)),
            "worth 4 less",
        ),
    ],
)
def test_build_utxo_run_refuses_what_the_chain_below_forbids(row: UtxoTransaction, says: str) -> None:
    coin = UtxoTransaction(1, TxId("a"), 0, (), (UtxoOutput(5, PEOPLE[0]),), coinbase=True)
    inputs = (UtxoInput(TxId("a"), 0), UtxoInput(TxId("lost"), 1, 0))
    spent = UtxoTransaction(2, TxId("b"), 0, inputs, (UtxoOutput(5, PEOPLE[1]),))
    chain = build_utxo_chain(BITCOIN, [coin, spent])
    with pytest.raises(InputError, match=says):
        build_utxo_run(chain, [row])
