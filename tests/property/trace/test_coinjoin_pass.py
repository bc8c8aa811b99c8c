"""The CoinJoins of a chain are the same however it is cut into runs or read in parts, compiled or interpreted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.property.trace.many_runs import split_utxo_chain
from tests.property.trace.strategies import Case, is_utxo, utxo_cases
from tests.unit.trace.joins import Join, joinmarket, rows_of, wabisabi, whirlpool, zerolink

from jindo.base.ids import BITCOIN
from jindo.ledger import Ints, UtxoChain, build_utxo_chain
from jindo.trace.coinjoins import (
    CoinJoinParameters,
    find_coinjoins,
    finding,
    kernel_rules,
    kernel_shares,
    kernel_structure,
)
from jindo.trace.parts import iter_transaction_parts


@st.composite
def joins(draw: st.DrawFn) -> Join:
    number, kind = draw(st.integers(0, 1 << 20)), draw(st.integers(0, 3))
    if kind == 0:
        return whirlpool(draw(st.integers(4, 9)), mark=f"w{number}-")
    if kind == 1:
        return zerolink(draw(st.integers(8, 14)), doubles=draw(st.integers(0, 3)), mark=f"z{number}-")
    if kind == 2:
        inputs, changes = draw(st.integers(18, 60)), draw(st.integers(0, 40))
        return wabisabi(inputs, 60, changes, seed=number, mark=f"s{number}-")
    return joinmarket(draw(st.integers(2, 7)), mark=f"j{number}-")


def find_interpreted(chain: UtxoChain) -> Ints:
    """The same lines without the compiler."""
    found = []
    for part in iter_transaction_parts(chain, end=chain.tx_count):
        question = kernel_structure.JoinQuestion(part, finding._to_thresholds(CoinJoinParameters()))
        figures = np.zeros((chain.tx_count + 1, kernel_rules.FIGURES), np.int64)
        scratch = kernel_shares.build_scratch(500, 500)
        count = kernel_structure.run(question, figures, scratch)  # type: ignore[no-untyped-call]
        found.append(figures[:count])
    return np.concatenate(found)


@given(st.lists(joins(), min_size=1, max_size=5), st.sets(st.integers(0, 12), max_size=5), st.integers(1, 5))
def test_coinjoins_do_not_depend_on_runs_and_parts(made: list[Join], cuts: set[int], size: int) -> None:
    rows = [replace(row, block=i) for i, row in enumerate(rows_of(made))]
    whole = build_utxo_chain(BITCOIN, rows)
    expected = find_coinjoins(whole).figures.tolist()
    assert find_coinjoins(split_utxo_chain(whole, rows, cuts), part_size=size).figures.tolist() == expected
    assert find_interpreted(whole).tolist() == expected


@given(utxo_cases(), st.integers(1, 7))
def test_hostile_amounts_are_read_without_harm(case: Case, size: int) -> None:
    assert is_utxo(case)
    found = find_coinjoins(case.chain, part_size=size)
    assert find_coinjoins(case.split).figures.tolist() == found.figures.tolist()
