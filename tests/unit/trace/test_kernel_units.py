"""Amounts as the kernels keep them: which kind a trace takes, and that no kind wraps."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from jindo.base.ids import BITCOIN, ETHEREUM, UNNAMED_ASSET, Account, AssetId, TxId
from jindo.ledger import (
    AccountChain,
    Transfer,
    UtxoInput,
    UtxoOutput,
    UtxoTransaction,
    build_account_chain,
    build_utxo_chain,
)
from jindo.trace import RULES, AccountSeeds, UtxoSeed, UtxoSeeds, build_stops, kernel, kernel_units, reference
from jindo.trace.kernel_units import (
    ANY,
    LIMB_BITS,
    LIMBS,
    NARROW,
    from_ints,
    to_ints,
)

LARGEST = 2**126


def chain_of(amounts: list[int]) -> AccountChain:
    """Account 0 pays 1, 1 pays 2 and 0 in turn, one block each."""
    names = ["a0", "a1", "a2"]
    rows = [
        Transfer(
            i, TxId(f"0x{i:064x}"), Account(names[i % 3]), Account(names[(i + 1) % 3]), amount, UNNAMED_ASSET
        )
        for i, amount in enumerate(amounts)
    ]
    return build_account_chain(ETHEREUM, rows)


units_at: Any = kernel_units.units_at
put_units: Any = kernel_units.put_units
mul_div: Any = kernel_units.mul_div


@njit
def _combine(units):  # type: ignore[no-untyped-def]
    """Write sum, difference, least and a share of the first two and the third; which comparisons hold, as bits."""
    a, b, c = units_at(units, 0), units_at(units, 1), units_at(units, 2)
    both, less = a, a
    both += b
    less -= min(a, b)
    put_units(units, 3, both)
    put_units(units, 4, less)
    put_units(units, 5, min(a, b))
    put_units(units, 6, mul_div(a, min(b, c), c))
    signs = (
        ((a < b) << 0)
        | ((a <= b) << 1)
        | ((a > b) << 2)
        | ((a >= b) << 3)
        | ((a == b) << 4)
        | ((a != b) << 5)
    )
    return signs | ((a > 0) << 6) | ((a == 0) << 7) | ((a - b < 0) << 8)


@pytest.mark.parametrize("kind", [NARROW, LIMBS])
@given(data=st.data())
def test_compiled_amounts_count_as_integers_do(kind: int, data: st.DataObject) -> None:
    most = 2**61 if kind == NARROW else LARGEST - 1
    amounts = st.one_of(st.integers(0, 3), st.integers(0, most), st.integers(most - 3, most))
    a, b = data.draw(amounts), data.draw(amounts)
    c = data.draw(amounts.filter(bool))
    units = from_ints([a, b, c, 0, 0, 0, 0], kind)
    signs: int = _combine(units)
    assert to_ints(units) == [a, b, c, a + b, a - min(a, b), min(a, b), a * min(b, c) // c]
    compare: list[Callable[[int, int], bool]] = [
        operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne,
    ]  # fmt: skip
    said = [sign(a, b) for sign in compare] + [a > 0, a == 0, a < b]
    assert [bool(signs >> i & 1) for i in range(9)] == said


@pytest.mark.parametrize("kind", [NARROW, LIMBS, ANY])
def test_amounts_go_into_arrays_and_come_back(kind: int) -> None:
    amounts = [0, 1, 2**62, 2**63 - 1] + ([2**64, 2**126] if kind != NARROW else [])
    assert to_ints(from_ints(amounts, kind)) == amounts
    assert to_ints(from_ints([], kind)) == []


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("largest", [2**62, 2**64, 2**LIMB_BITS - 1, 2**LIMB_BITS, 2**128, 2**256 - 1])
def test_a_trace_takes_the_width_that_its_amounts_need(rule: str, largest: int) -> None:
    chain = chain_of([7, largest, 5, largest, largest, 3, largest, 1])
    stops, seeds = build_stops(chain, None), AccountSeeds({0: 0, 3: 1})
    asked: dict[str, Any] = {"rule": RULES[rule], "end": 8, "opening": {1: largest}}
    slow = reference.trace_account_chain(chain, seeds, stopped=stops, **asked)
    assert kernel.trace_account_chain(chain, seeds, stops=stops, **asked) == slow


@pytest.mark.parametrize("seed", [0, 1])
def test_an_asset_of_huge_amounts_beside_another_changes_nothing(seed: int) -> None:
    assets = [UNNAMED_ASSET, AssetId(f"{ETHEREUM}/erc20:0x{'b' * 40}")]
    rows = [
        Transfer(i, TxId(f"0x{i:064x}"), Account("a"), Account("b"), amount, assets[i % 2])
        for i, amount in enumerate([10**20, 2**255, 3 * 10**20, 2**254])
    ]
    chain = build_account_chain(ETHEREUM, rows)
    stops, seeds = build_stops(chain, None), AccountSeeds({seed: 0})
    asked: dict[str, Any] = {"rule": RULES["fifo"], "end": 4}
    slow = reference.trace_account_chain(chain, seeds, stopped=stops, **asked)
    assert kernel.trace_account_chain(chain, seeds, stops=stops, **asked) == slow


def test_opening_balances_that_limbs_do_not_hold_are_counted_whole() -> None:
    chain = chain_of([10, 2**70, 10])
    stops, opening = build_stops(chain, None), {0: 2**126, 1: 2**126}
    asked: dict[str, Any] = {"rule": RULES["haircut"], "end": 3, "opening": opening}
    slow = reference.trace_account_chain(chain, AccountSeeds({0: 0}), stopped=stops, **asked)
    assert kernel.trace_account_chain(chain, AccountSeeds({0: 0}), stops=stops, **asked) == slow


def test_the_limbs_of_an_amount_are_its_low_and_its_high_word() -> None:
    assert from_ints([(3 << 64) | 5], LIMBS).tolist() == np.array([[5, 3]], np.uint64).tolist()


def test_an_input_that_nobody_states_may_be_more_than_one_amount_can_be() -> None:
    outputs = (UtxoOutput(2**256 - 1, Account("x")), UtxoOutput(2**256 - 1, Account("y")))
    spent = UtxoTransaction(0, TxId("f" * 64), 0, (UtxoInput(TxId("e" * 64), 0),), outputs)
    chain = build_utxo_chain(BITCOIN, [spent])
    stops, seeds = build_stops(chain, None), UtxoSeeds({0: UtxoSeed((-1,), (0, -1), (True, False))}, (0,))
    asked: dict[str, Any] = {"rule": RULES["haircut"], "end": 1}
    slow = reference.trace_utxo_chain(chain, seeds, stopped=stops, **asked)
    assert kernel.trace_utxo_chain(chain, seeds, stops=stops, **asked) == slow
