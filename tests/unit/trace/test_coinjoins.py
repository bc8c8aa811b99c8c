"""CoinJoins are told by their structure, and what only resembles one is not."""

import random
from dataclasses import replace

import pytest
from tests.unit.trace.chains import coin, outside, spend, utxo_chain
from tests.unit.trace.joins import (
    FEE,
    Join,
    chain_of,
    joinmarket,
    name,
    rows_of,
    wabisabi,
    whirlpool,
    zerolink,
)

from jindo.trace.coinjoins import CoinJoin, CoinJoinParameters, find_coinjoins
from jindo.trace.coinjoins.parameters import BTC, build_denominations


def find_one(join: Join, parameters: CoinJoinParameters | None = None) -> CoinJoin | None:
    found = find_coinjoins(chain_of(join), parameters)
    assert set(found.transactions.tolist()) <= {1}
    return found.find(1)


def kind_of(join: Join, parameters: CoinJoinParameters | None = None) -> str:
    found = find_one(join, parameters)
    return "" if found is None else found.kind


@pytest.mark.parametrize(
    ("join", "kind"),
    [
        (whirlpool(), "whirlpool"),
        (whirlpool(8, 50_000_000), "whirlpool"),
        (whirlpool(5, 100_000), "whirlpool"),
        (zerolink(10), "wasabi-1"),
        (zerolink(80, 10_020_000), "wasabi-1"),
        (zerolink(20, doubles=6), "wasabi-1"),
        (wabisabi(), "wasabi-2"),
        (wabisabi(200, 240, 60), "wasabi-2"),
        (wabisabi(24, 40, 3), "wasabi-2"),
        (joinmarket(3), "joinmarket"),
        (joinmarket(9), "joinmarket"),
    ],
)
def test_find_coinjoins_tells_each_protocol(join: Join, kind: str) -> None:
    assert kind_of(join) == kind


def test_figures_are_those_that_decided() -> None:
    found = find_one(zerolink(20, doubles=6))
    assert found is not None
    assert (found.participants, found.denomination, found.owners, found.most_owned) == (20, 9_990_000, 20, 1)
    assert (found.levels, found.fitting, found.changes) == (2, 26, 21)
    assert found.to_json()["denomination"] == "9990000"


def test_joinmarket_is_decided_by_dealing_the_inputs_out() -> None:
    found = find_one(joinmarket(6))
    assert found is not None
    assert (found.dealt, found.confidence) == ("fits", 70)


def test_joinmarket_inputs_that_cannot_be_dealt_out_are_no_coinjoin() -> None:
    inputs, outputs = joinmarket(4)
    shifted = [(owner, value + (3_000_000 if i == 0 else 0)) for i, (owner, value) in enumerate(inputs)]
    shifted[1] = (shifted[1][0], shifted[1][1] - 3_000_000)
    assert kind_of((shifted, outputs)) == ""


def test_joinmarket_stays_open_where_the_steps_are_used_up() -> None:
    found = find_one(joinmarket(6), CoinJoinParameters(joinmarket_steps=3))
    assert found is not None
    assert (found.dealt, found.confidence) == ("not decided", 20)


def test_joinmarket_sweep_leaves_the_taker_without_change() -> None:
    inputs, outputs = joinmarket(4)
    change = outputs.pop()[1]
    inputs[-1] = (inputs[-1][0], inputs[-1][1] - change)
    assert kind_of((inputs, outputs)) == "joinmarket"


def test_joinmarket_of_two_is_too_common_to_be_told() -> None:
    assert kind_of(joinmarket(2)) == ""


def test_guard_refuses_an_address_that_owns_more_than_a_tenth_of_the_inputs() -> None:
    inputs, outputs = wabisabi(60)
    busy = [("one", value) if i < 7 else (owner, value) for i, (owner, value) in enumerate(inputs)]
    assert kind_of((busy, outputs)) == ""
    assert kind_of((busy, outputs), CoinJoinParameters(most_owned=200)) == "wasabi-2"
    less = [("one", value) if i < 6 else (owner, value) for i, (owner, value) in enumerate(inputs)]
    assert kind_of((less, outputs)) == "wasabi-2"


def test_an_address_paid_twice_is_no_coinjoin() -> None:
    inputs, outputs = zerolink(20)
    outputs[0] = (outputs[1][0], outputs[0][1])
    assert kind_of((inputs, outputs)) == ""


def test_wasabi_2_needs_odd_denominations_and_not_round_ones_alone() -> None:
    inputs, outputs = wabisabi(60, 100, 0)
    round_ones = [(owner, build_denominations()[0][i % 12]) for i, (owner, _) in enumerate(outputs)]
    assert kind_of((inputs, round_ones)) == ""


def test_whirlpool_is_surer_where_it_spends_another_round() -> None:
    first = rows_of([whirlpool(mark="v")])
    entering = coin("c1", *[(f"new{i}", 5_000_000 + FEE) for i in range(3)])
    spent = ["b0000:0", "b0000:1", "c1:0", "c1:1", "c1:2"]
    second = spend("d1", spent, *[(owner, 5_000_000) for owner in name("x", 5)])
    found = find_coinjoins(utxo_chain(*first, entering, second))
    assert [(c.transaction, c.kind, c.confidence) for c in found] == [
        (1, "whirlpool", 60),
        (3, "whirlpool", 90),
    ]


def test_inputs_of_unknown_owner_and_value_decide_nothing() -> None:
    inputs = [outside(None, index=i) for i in range(5)]
    chain = utxo_chain(spend("d1", inputs, *[(owner, 5_000_000) for owner in name("x", 5)]))
    found = find_coinjoins(chain)
    assert [(c.kind, c.owners, c.most_owned) for c in found] == [("whirlpool", 5, 1)]


# ------------------------------------------------------------------------------------------------- must not be found


def batch(seed: int) -> Join:
    """An exchange pays its customers, round sums often, from a few of its own addresses."""
    chance = random.Random(seed)
    sums = [BTC // 10, BTC // 20, BTC // 100, BTC]
    paid = [
        (f"p{i}", chance.choice(sums) if chance.random() < 0.5 else chance.randrange(10_000, 5 * BTC))
        for i in range(chance.randrange(3, 120))
    ]
    total, count = sum(value for _, value in paid) + FEE, chance.randrange(3, 20)
    cuts = sorted(chance.sample(range(1, total), count - 1))
    sizes = [b - a for a, b in zip([0, *cuts], [*cuts, total + 10 * BTC], strict=True)]
    return [(f"e{i}", size) for i, size in enumerate(sizes)], [*paid, ("change", 10 * BTC)]


def test_batches_are_not_coinjoins() -> None:
    assert [kind for seed in range(200) if (kind := kind_of(batch(seed)))] == []


def test_a_payroll_of_equal_sums_is_no_coinjoin() -> None:
    inputs = [(f"e{i}", BTC // 4) for i in range(60)]
    outputs = [(f"p{i}", BTC // 10) for i in range(100)]
    assert kind_of((inputs, [*outputs, ("change", 5 * BTC - FEE)])) == ""


@pytest.mark.parametrize("outputs", [1, 2, 3])
def test_a_consolidation_is_no_coinjoin(outputs: int) -> None:
    inputs = [(f"e{i}", 1 << 20) for i in range(100)]
    assert kind_of((inputs, [(f"hot{i}", 1 << 23) for i in range(outputs)])) == ""


def test_three_equal_payments_out_of_a_wallet_are_no_coinjoin() -> None:
    inputs = [("e0", 80_000_000), ("e1", 31_000_000), ("e2", 47_000_000), ("e3", 12_000_000)]
    outputs = [
        ("p0", 30_000_000),
        ("p1", 30_000_000),
        ("p2", 30_000_000),
        ("p3", 11_000_000),
        ("c", 68_000_000),
    ]
    assert kind_of((inputs, outputs)) == ""


def test_amounts_that_bitcoin_does_not_know_are_passed_over() -> None:
    inputs = [(f"e{i}", 1 << 62) for i in range(5)]
    assert kind_of((inputs, [(f"p{i}", 1 << 62) for i in range(5)])) == ""


def test_a_coinbase_is_no_coinjoin() -> None:
    chain = utxo_chain(coin("a1", *[(f"m{i}", 5_000_000) for i in range(5)]))
    assert len(find_coinjoins(chain)) == 0


def test_find_coinjoins_stops_at_the_end() -> None:
    chain = chain_of(whirlpool(mark="v"), whirlpool(mark="w"))
    assert find_coinjoins(chain).transactions.tolist() == [1, 3]
    assert find_coinjoins(chain, end=3).transactions.tolist() == [1]


def test_find_outputs_are_where_following_stops() -> None:
    chain = chain_of(whirlpool(), batch(1))
    outputs = find_coinjoins(chain).find_outputs(chain)
    assert [chain.accounts[int(chain.out_account[output])] for output in outputs] == name("wo", 5)


def test_another_parameter_is_another_answer() -> None:
    few = replace(CoinJoinParameters(), wasabi1_participants=30)
    assert kind_of(zerolink(20), few) != "wasabi-1"
