"""Bounds of examples that were worked out by hand, and what is said where there are none."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from jindo.base.errors import IntegrityError
from jindo.base.ids import BITCOIN, ETHEREUM, UNNAMED_ASSET, Account, AssetId, TxId
from jindo.ledger import (
    Transfer,
    UtxoInput,
    UtxoOutput,
    UtxoTransaction,
    build_account_chain,
    build_utxo_chain,
)
from jindo.trace import AccountSeeds, NamedAccount, NamedTransfer, build_stops, resolve
from jindo.trace.bounds import Bounds, Sizes, bound_account_chain, bound_utxo_chain
from jindo.trace.bounds.network import GONE, EndPlace, FlowNetwork
from jindo.trace.bounds.sizes import DEFAULT_SIZES, WIDEST
from jindo.trace.bounds.solving import find_extremes

E8 = 10**8


def ask_account(
    rows: Sequence[tuple[str | None, str | None, int]], *named: tuple[str, int], sizes: Sizes = DEFAULT_SIZES
) -> Bounds:
    """Bounds where rows are (sender, receiver, units) and named ones (theft, row)."""
    chain = build_account_chain(
        ETHEREUM,
        [
            Transfer(i, _hash(i), Account(s) if s else None, Account(r) if r else None, units, UNNAMED_ASSET)
            for i, (s, r, units) in enumerate(rows)
        ],
    )
    seeds = resolve([NamedTransfer(theft, _hash(row)) for theft, row in named], [chain]).seeds[ETHEREUM]
    return bound_account_chain(
        chain,
        seeds,  # type: ignore[arg-type]
        stops=build_stops(chain, None),
        end=len(rows),
        sizes=sizes,
    )


def _hash(i: int) -> TxId:
    return TxId(f"{i:064x}")


def show(bounds: Bounds, theft: int | None = None) -> dict[str, tuple[int, int]]:
    """Least and most by account and, where it is not held, reason."""
    return {
        bound.account + ("" if bound.reason == "held" else f"{bound.reason}"): (bound.at_least, bound.at_most)
        for bound in bounds.bounds
        if bound.theft == theft
    }


def test_v6_an_account_pot() -> None:
    """A: 7e8 clean, then 3e8 stolen; 4e8 to B, 6e8 to D: either can have all of it."""
    found = ask_account(
        [
            (None, "a", 7 * E8),
            (None, "thief", 3 * E8),
            ("thief", "a", 3 * E8),
            ("a", "b", 4 * E8),
            ("a", "d", 6 * E8),
        ],
        ("t", 2),
    )
    assert show(found) == {"b": (0, 3 * E8), "d": (0, 3 * E8)}
    assert all(bound.is_exact for bound in found.bounds)


def test_v6_with_less_clean_money_binds() -> None:
    """With 2e8 clean instead, 4e8 to B carry 2e8 at the least, and 1e8 to D none at the least."""
    found = ask_account(
        [(None, "a", 2 * E8), ("thief", "a", 3 * E8), ("a", "b", 4 * E8), ("a", "d", E8)], ("t", 1)
    )
    assert show(found) == {"b": (2 * E8, 3 * E8), "d": (0, E8)}


def test_v1_a_utxo_transaction() -> None:
    """In: 3e8 stolen, 7e8 clean; out: 4e8, 6e8: either can have all of it, and neither must have any."""
    assert show(_ask_v1(0)) == {"x": (0, 3 * E8), "y": (0, 3 * E8)}


def test_v3_a_fee_can_have_what_it_holds() -> None:
    assert show(_ask_v1(10)) == {"x": (0, 3 * E8), "y": (0, 3 * E8), "fee": (0, 10)}


def _ask_v1(fee: int) -> Bounds:
    half, rest = fee * 7 // 10, fee - fee * 7 // 10
    rows = [
        UtxoTransaction(0, _hash(1), 0, (), (UtxoOutput(3 * E8, Account("thief")),), coinbase=True),
        UtxoTransaction(1, _hash(2), 0, (), (UtxoOutput(7 * E8, Account("own")),), coinbase=True),
        UtxoTransaction(
            2,
            _hash(3),
            0,
            (UtxoInput(_hash(1), 0), UtxoInput(_hash(2), 0)),
            (UtxoOutput(4 * E8 - half, Account("x")), UtxoOutput(6 * E8 - rest, Account("y"))),
        ),
    ]
    chain = build_utxo_chain(BITCOIN, rows)
    seeds = resolve([NamedTransfer("t", _hash(1))], [chain]).seeds[BITCOIN]
    return bound_utxo_chain(chain, seeds, stops=build_stops(chain, None), end=3)  # type: ignore[arg-type]


def test_v8_two_thefts_in_one_pot() -> None:
    """Two thefts of 5 in a pot of 10, a draw of 6: each has at least 1 in it and at most 5; together it is 6."""
    found = ask_account(
        [("t1", "a", 5), ("t2", "a", 5), ("a", "b", 6), ("a", "d", 4)], ("one", 0), ("two", 1)
    )
    assert show(found) == {"b": (6, 6), "d": (4, 4)}
    assert show(found, 0) == show(found, 1) == {"b": (1, 5), "d": (0, 4)}


def test_a_theft_of_what_was_stolen_before_has_outer_bounds_of_its_own() -> None:
    """One takes 10 into A, which has 10 of its own; two names A's next 10. Together 10 to 20, exactly."""
    found = ask_account([(None, "a", 10), ("v", "a", 10), ("a", "b", 10)], ("one", 1), ("two", 2))
    assert show(found) == {"a": (0, 10), "b": (10, 10)}
    assert show(found, 0) == {"a": (0, 10), "b": (0, 10)}
    assert show(found, 1) == {"b": (0, 10)}
    assert {bound.theft: bound.is_exact for bound in found.bounds} == {None: True, 0: True, 1: False}


def test_a_pot_that_has_sent_away_what_another_theft_brought_is_exact_again() -> None:
    found = ask_account(
        [("v", "a", 10), ("a", "c", 10), (None, "a", 10), ("a", "b", 10)], ("one", 0), ("two", 3)
    )
    assert show(found, 1) == {"b": (10, 10)}
    assert all(bound.is_exact for bound in found.bounds)


def test_shortfall_is_clean_and_sends_all_that_a_pot_holds() -> None:
    """A holds 5 stolen and sends 8, then gets 4 clean and sends 4: all 5 went with the 8."""
    found = ask_account([("v", "a", 5), ("a", "b", 8), (None, "a", 4), ("a", "d", 4)], ("t", 0))
    assert show(found) == {"b": (5, 5)}


def test_change_of_a_named_account_beside_a_stranger() -> None:
    """Named 5 and a stranger's 5 pay 6 to X and 4 back to the named: X has 1 of it at the least and 5 at the most."""
    coins = [
        UtxoTransaction(i, _hash(i), 0, (), (UtxoOutput(5, Account(who)),), coinbase=True)
        for i, who in enumerate(("named", "stranger"))
    ]
    joint = UtxoTransaction(
        2,
        _hash(2),
        0,
        (UtxoInput(_hash(0), 0), UtxoInput(_hash(1), 0)),
        (UtxoOutput(6, Account("x")), UtxoOutput(4, Account("named"))),
    )
    chain = build_utxo_chain(BITCOIN, [*coins, joint])
    seeds = resolve([NamedAccount("t", "named")], [chain]).seeds[BITCOIN]
    found = bound_utxo_chain(chain, seeds, stops=build_stops(chain, None), end=3)  # type: ignore[arg-type]
    assert show(found) == {"x": (1, 5)}
    assert all(bound.is_exact for bound in found.bounds)


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        (Sizes(rows=2, edges=99, work=999, wide_work=9), "movements"),
        (Sizes(rows=99, edges=2, work=999, wide_work=9), "edges"),
        (Sizes(rows=99, edges=99, work=3, wide_work=3), "endpoints"),
    ],
)
def test_beyond_a_size_nothing_is_computed_and_the_reason_is_said(sizes: Sizes, said: str) -> None:
    rows = [("v", "a", 9), ("a", "b", 3), ("a", "c", 3), ("b", "c", 1)]
    assert ask_account(rows, ("t", 0)).bounds
    found = ask_account(rows, ("t", 0), sizes=sizes)
    assert not found.bounds
    assert said in found.not_computed[UNNAMED_ASSET]


def test_wide_amounts_have_a_smaller_size() -> None:
    rows = [("v", "a", WIDEST), ("a", "b", 3)]
    sizes = Sizes(rows=99, edges=99, work=999, wide_work=1)
    assert "product of 1" in ask_account(rows, ("t", 0), sizes=sizes).not_computed[UNNAMED_ASSET]
    assert ask_account([("v", "a", WIDEST - 1), *rows[1:]], ("t", 0), sizes=sizes).bounds


def test_an_asset_too_large_costs_the_others_nothing() -> None:
    token = AssetId("eip155:1/erc20:0x" + "a" * 40)
    moved = [("v", "a", 9, token), ("a", "b", 3, token), ("a", "c", 2, token), ("v", "a", 5, UNNAMED_ASSET)]
    rows = [
        Transfer(0, _hash(0), Account(s), Account(r), units, asset, position=i)
        for i, (s, r, units, asset) in enumerate(moved)
    ]
    chain = build_account_chain(ETHEREUM, rows)
    found = bound_account_chain(
        chain,
        AccountSeeds({0: 0, 3: 0}),
        stops=build_stops(chain, None),
        end=4,
        sizes=Sizes(rows=99, edges=4, work=999, wide_work=999),
    )
    assert show(found) == {"a": (5, 5)}
    assert [*found.not_computed] == [token]


def test_a_network_that_loses_units_is_refused() -> None:
    network = FlowNetwork(DEFAULT_SIZES)
    node = network.add_node()
    network.supply(node, 5, is_sure=True)
    with pytest.raises(IntegrityError, match="1 stolen units"):
        network.pour(node, [(GONE, 4)])


@pytest.mark.parametrize("unit", [1, 2**61 - 1, 2**62, 2**100, WIDEST])
def test_compiled_and_interpreted_give_the_same(unit: int) -> None:
    """On amounts of one limb, of two, and of more than two, where both are interpreted."""
    assert find_extremes(_random_network(unit), is_compiled=True) == find_extremes(
        _random_network(unit), is_compiled=False
    )


def test_bounds_scale_with_the_unit() -> None:
    small = find_extremes(_random_network(1), is_compiled=True)
    large = find_extremes(_random_network(2**100), is_compiled=True)
    assert large == {place: (least << 100, most << 100) for place, (least, most) in small.items()}


def _random_network(unit: int) -> FlowNetwork:
    rng, network = random.Random(7), FlowNetwork(DEFAULT_SIZES)
    nodes = [network.add_node() for _ in range(60)]
    ends = [network.find_end(EndPlace(f"{i}", "held", "coin")) for i in range(8)]
    network.supply(nodes[0], 40 * unit, is_sure=True)
    network.supply(nodes[1], 30 * unit, is_sure=True)
    for i, node in enumerate(nodes):
        later = rng.sample(nodes[i + 1 :], min(3, len(nodes) - i - 1))
        rest = max(0, network.inflow[node] - 5 * unit * len(later))
        network.pour(node, [*((head, 5 * unit) for head in later), (rng.choice(ends), rest + 2 * unit)])
    network.close()
    return network
