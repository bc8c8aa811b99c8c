"""Swaps and wraps under every rule, with the numbers of `docs/explain/crossings.md`."""

from __future__ import annotations

import pytest
from tests.unit.trace.chains import stop_at, tx
from tests.unit.trace.crossing_chains import ETH, USDT, WETH, WETH_CONTRACT, burn, ether, move, person, trace

from jindo.base.ids import ETHEREUM, ZERO_ADDRESS, AssetId
from jindo.trace import RULES, NamedTransfer
from jindo.trace.crossings import find_swaps

CONSERVING = ["fifo", "lifo", "haircut", "dirty-first", "clean-first"]
THEFT = [NamedTransfer("heist", tx("1"))]
LP = AssetId("eip155:1/erc20:0x" + "1" * 40)
FUNDS = [move("0", None, "friend", 70), move("0", None, "victim", 30)]
MIXED = [*FUNDS, move("0", "friend", "thief", 70), move("1", "victim", "thief", 30)]
"""The thief holds 70 clean units of ether, then 30 stolen ones."""
SWAP = [move("2", "thief", None, 0), move("2", "thief", "pool", 40), move("2", "pool", "thief", 101, USDT)]


@pytest.mark.parametrize(
    ("rule", "given", "bought", "kept"),
    [
        ("fifo", 0, 0, 30),  # the oldest 40 of 70 clean units
        ("lifo", 30, 75, 0),  # 30 stolen, 10 clean: floor(101*30/40)
        ("haircut", 12, 30, 18),  # floor(30*40/100) = 12; floor(101*12/40)
        ("dirty-first", 30, 75, 0),
        ("clean-first", 0, 0, 30),
        ("poison", 40, 101, 60),
    ],
)
def test_swap_converts_what_the_rule_draws(rule: str, given: int, bought: int, kept: int) -> None:
    joint = trace([ether(*MIXED, *SWAP)], THEFT, rule)
    assert joint.crossed() == ([(given, bought, 0)] if given else [])
    assert (joint.held("thief", USDT), joint.held("thief", ETH)) == (bought, kept)
    if rule != "poison":
        sheets = {sheet.asset: sheet for sheet in joint.outcomes[ETHEREUM].sheets}
        ends = sheets[ETH].by_reason
        assert (sheets[ETH].stolen, sheets[ETH].arrived, ends["departed"], ends["held"]) == (
            30,
            0,
            given,
            kept,
        )
        assert (USDT in sheets) is bool(bought)
        if bought:
            assert (sheets[USDT].stolen, sheets[USDT].arrived, sheets[USDT].by_reason["held"]) == (
                0,
                bought,
                bought,
            )


@pytest.mark.parametrize("rule", RULES)
def test_swap_moves_nothing_into_the_pool(rule: str) -> None:
    rows = [*MIXED, *SWAP, move("3", "pool", "innocent", 40), move("4", "pool", "innocent", 9, USDT)]
    joint = trace([ether(*rows)], THEFT, rule)
    assert joint.held("pool", ETH) == joint.held("innocent", ETH) == joint.held("innocent", USDT) == 0


@pytest.mark.parametrize("rule", RULES)
def test_swap_without_following_crossings_ends_in_the_pool(rule: str) -> None:
    joint = trace([ether(*MIXED, *SWAP)], THEFT, rule, with_crossings=False)
    assert joint.held("thief", USDT) == 0
    assert joint.crossed() == []


def test_swap_keeps_the_row_of_lots_in_drawn_order() -> None:
    rows = [move("0", None, "thief", 10), move("1", "victim", "thief", 1), move("2", None, "thief", 9)]
    rows += [
        move("3", "thief", "pool", 20),
        move("3", "pool", "thief", 7, USDT),
        move("4", "thief", "shop", 4, USDT),
    ]
    joint = trace([ether(*rows)], THEFT, "fifo")
    # Lots 10 clean, 1 stolen, 9 clean buy 7: floor(7*10/20) = 3, floor(7*11/20) - 3 = 0, 7 - 3 = 4: the stolen one vanishes.
    assert joint.crossed() == [(1, 0, 0)]
    assert joint.held("shop", USDT) == joint.held("thief", USDT) == 0
    joint = trace([ether(*rows)], THEFT, "lifo")
    # 9, 1, 10: floor(7*9/20) = 3, floor(7*10/20) - 3 = 0.
    assert joint.crossed() == [(1, 0, 0)]


def test_swap_of_two_thefts_splits_the_converted_total_in_their_order() -> None:
    rows = [move("1", "victim", "thief", 5), move("2", "other", "thief", 5)]
    rows += [move("3", "thief", "pool", 10), move("3", "pool", "thief", 7, USDT)]
    named = [NamedTransfer("first", tx("1")), NamedTransfer("second", tx("2"))]
    for rule, parts in (("fifo", [3, 4]), ("lifo", [4, 3]), ("haircut", [3, 4])):
        assert [one.arrived for one in trace([ether(*rows)], named, rule).rows()] == parts


@pytest.mark.parametrize("rule", CONSERVING)
def test_swap_with_a_rebate_counts_the_net_and_takes_all_its_movements(rule: str) -> None:
    rows = [move("1", "victim", "thief", 50)]
    rows += [
        move("2", "thief", "router", 50),
        move("2", "router", "thief", 8),
        move("2", "router", "pool", 42),
    ]
    rows += [move("2", "pool", "thief", 100, USDT), move("2", "thief", None, 0)]
    joint = trace([ether(*rows)], THEFT, rule)
    assert joint.crossed() == [(42, 100, 0)]
    assert (joint.held("thief", ETH), joint.held("thief", USDT)) == (8, 100)
    assert joint.held("router", ETH) == 0


@pytest.mark.parametrize("rule", CONSERVING)
def test_wrap_and_unwrap_are_one_for_one_without_a_log(rule: str) -> None:
    rows = [move("1", "victim", "thief", 50), move("2", "thief", WETH_CONTRACT, 30)]
    joint = trace([ether(*rows)], THEFT, rule)
    assert joint.crossed() == [(30, 30, 0)]
    assert (joint.held("thief", ETH), joint.held("thief", WETH)) == (20, 30)
    rows += [move("3", "thief", "friend", 30, WETH), move("4", WETH_CONTRACT, "friend", 30)]
    joint = trace([ether(*rows)], THEFT, rule)
    assert joint.crossed() == [(30, 30, 0), (30, 30, 0)]
    assert joint.held("friend", ETH) == 30


def test_wrap_that_a_log_says_is_a_swap_of_its_own_movements() -> None:
    rows = [move("1", "victim", "thief", 50), move("2", "thief", WETH_CONTRACT, 30)]
    rows += [move("2", ZERO_ADDRESS, "thief", 30, WETH)]
    (crossing,) = find_swaps(ether(*rows), named=[0])
    assert (crossing.kind, crossing.source.units, crossing.arrivals[0].units) == ("swap", 30, 30)


@pytest.mark.parametrize("rule", CONSERVING)
def test_minting_and_burning_count_as_legs(rule: str) -> None:
    rows = [move("1", "victim", "thief", 50), move("2", "thief", "pool", 50), move("2", None, "thief", 5, LP)]
    rows[-1:] = [
        move("2", ZERO_ADDRESS, "thief", 5, LP),
        burn("3", "thief", 5, LP),
        move("3", "pool", "thief", 49),
    ]
    joint = trace([ether(*rows)], THEFT, rule)
    assert joint.crossed() == [(50, 5, 0), (5, 49, 0)]
    assert joint.held("thief", ETH) == 49


def test_who_pays_the_gas_swaps_and_the_pool_does_not() -> None:
    chain = ether(*SWAP)
    (crossing,) = find_swaps(chain)
    assert chain.accounts[int(chain.pot_account[crossing.source.pot])] == person("thief")


def test_both_parties_swap_where_neither_is_known_to_have_asked() -> None:
    chain = ether(*SWAP[1:])
    assert [crossing.source.units for crossing in find_swaps(chain)] == [40, 101]
    relayed = ether(move("2", "relayer", None, 3), *SWAP[1:])
    assert [crossing.source.units for crossing in find_swaps(relayed)] == [40, 101]


def test_several_assets_are_not_guessed() -> None:
    rows = [*SWAP, move("2", "pool", "thief", 5, LP)]
    swaps = find_swaps(ether(*rows))
    assert (len(swaps), swaps.unclear.tolist()) == (0, [0])


def test_a_named_transaction_is_never_a_swap() -> None:
    assert len(find_swaps(ether(*SWAP), named=[1])) == 0


def test_a_service_that_swaps_draws_nothing() -> None:
    joint = trace([ether(*MIXED, *SWAP)], THEFT, "dirty-first", labels=stop_at(person("thief")))
    assert joint.crossed() == []
    assert joint.at("thief", "service", ETH) == 30


def test_what_is_bought_past_the_hop_limit_stops_there() -> None:
    joint = trace([ether(*MIXED, *SWAP)], THEFT, "lifo", max_hops=1)
    assert joint.at("thief", "limit", USDT) == 75
    assert trace([ether(*MIXED, *SWAP)], THEFT, "lifo", max_hops=2).held("thief", USDT) == 75


def test_swap_at_wide_amounts_is_exact() -> None:
    most = 2**256 - 1
    rows = [
        move("1", "victim", "thief", most),
        move("2", "thief", "pool", most),
        move("2", "pool", "thief", most - 6, USDT),
    ]
    joint = trace([ether(*rows)], THEFT, "haircut")
    assert joint.crossed() == [(most, most - 6, 0)]


def test_unexplained_inflow_marks_what_was_bought() -> None:
    rows = [
        move("1", "victim", "thief", 10),
        move("2", "thief", "pool", 40),
        move("2", "pool", "thief", 80, USDT),
    ]
    joint = trace([ether(*rows, move("3", "thief", "shop", 80, USDT))], THEFT, "dirty-first")
    assert joint.crossed() == [(10, 20, 0)]
    marks = {(end.account, end.asset): end.is_unexplained for end in joint.outcomes[ETHEREUM].endpoints}
    assert marks[person("shop"), USDT] is True
