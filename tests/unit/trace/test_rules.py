"""The six rules on lots alone: what is drawn, what is kept, which output is filled, and to the unit."""

from __future__ import annotations

import pytest

from jindo.base.amounts import MAX_AMOUNT
from jindo.base.errors import InputError
from jindo.trace import CONSERVING, RULES, get_rule
from jindo.trace.rules import CLEAN, Lots, apportion, draw, merge, spread

ROW: Lots = [(CLEAN, 4), (0, 3), (CLEAN, 2), (1, 1)]

DRAWN: dict[str, Lots] = {
    "fifo": [(CLEAN, 4), (0, 1)],
    "lifo": [(1, 1), (CLEAN, 2), (0, 2)],
    "dirty-first": [(0, 3), (1, 1), (CLEAN, 1)],
    "clean-first": [(CLEAN, 5)],
    "haircut": [(0, 1), (1, 1), (CLEAN, 3)],
}


@pytest.mark.parametrize("rule", DRAWN)
def test_draw_takes_lots_by_the_rule(rule: str) -> None:
    drawn, _ = draw(RULES[rule], ROW, 5)
    assert drawn == DRAWN[rule]


@pytest.mark.parametrize("rule", CONSERVING)
@pytest.mark.parametrize("amount", range(11))
def test_draw_parts_sum_to_the_whole(rule: str, amount: int) -> None:
    drawn, kept = draw(RULES[rule], ROW, amount)
    assert sum(size for _, size in drawn) == amount
    for origin in (CLEAN, 0, 1):
        before = sum(size for o, size in ROW if o == origin)
        assert sum(size for o, size in [*drawn, *kept] if o == origin) == before


@pytest.mark.parametrize("rule", RULES)
def test_draw_beyond_the_pot_is_clean_and_last(rule: str) -> None:
    drawn, kept = draw(RULES[rule], [(CLEAN, 1), (0, 3)], 9)
    assert drawn[-1] == (CLEAN, 5)
    assert sum(size for origin, size in drawn if origin == 0) == 3
    assert kept == []


@pytest.mark.parametrize("rule", ["fifo", "lifo", "dirty-first", "clean-first"])
def test_draw_keeps_what_is_left_by_age(rule: str) -> None:
    _, kept = draw(RULES[rule], [(0, 5), (CLEAN, 5), (0, 5)], 1)
    assert sorted(size for _, size in kept) == [4, 5, 5]
    assert [origin for origin, _ in kept] == [0, CLEAN, 0]


def test_haircut_rounds_the_stolen_share_down() -> None:
    drawn, kept = draw(RULES["haircut"], [(0, 1), (CLEAN, 2)], 2)
    assert drawn == [(CLEAN, 2)]
    assert kept == [(0, 1)]


def test_haircut_apportions_the_stolen_total_first_then_among_thefts_in_order() -> None:
    drawn, _ = draw(RULES["haircut"], [(1, 3), (CLEAN, 4), (0, 3)], 5)
    assert drawn == [(0, 1), (1, 2), (CLEAN, 2)]


@pytest.mark.parametrize("rule", CONSERVING)
def test_draw_is_exact_at_uint256(rule: str) -> None:
    drawn, kept = draw(RULES[rule], [(0, MAX_AMOUNT), (CLEAN, MAX_AMOUNT)], MAX_AMOUNT)
    stolen = sum(size for origin, size in [*drawn, *kept] if origin == 0)
    assert stolen == sum(size for _, size in drawn) == MAX_AMOUNT


SPREAD: dict[str, list[Lots]] = {
    "fifo": [[(0, 2)], [(0, 1), (CLEAN, 4)], [(CLEAN, 2)], [(CLEAN, 1)]],
    "lifo": [[(CLEAN, 2)], [(CLEAN, 5)], [(0, 2)], [(0, 1)]],
    "dirty-first": [[(CLEAN, 2)], [(0, 3), (CLEAN, 2)], [(CLEAN, 2)], [(CLEAN, 1)]],
    "clean-first": [[(CLEAN, 2)], [(CLEAN, 3), (0, 2)], [(CLEAN, 2)], [(0, 1)]],
    "haircut": [[(CLEAN, 2)], [(0, 2), (CLEAN, 3)], [(CLEAN, 2)], [(0, 1)]],
}


@pytest.mark.parametrize("rule", SPREAD)
def test_spread_fills_outputs_by_the_rule_and_the_fee_last(rule: str) -> None:
    assert spread(RULES[rule], [(0, 3), (CLEAN, 7)], [2, 5, 2]) == SPREAD[rule]


def test_dirty_first_fills_the_largest_output_first_and_ties_by_index() -> None:
    filled = spread(RULES["dirty-first"], [(0, 6), (CLEAN, 5)], [4, 3, 4])
    assert filled == [[(0, 4)], [(CLEAN, 3)], [(0, 2), (CLEAN, 2)], []]


def test_clean_first_fills_the_smallest_output_first_and_ties_by_index() -> None:
    filled = spread(RULES["clean-first"], [(0, 6), (CLEAN, 5)], [3, 4, 3])
    assert filled == [[(CLEAN, 3)], [(0, 4)], [(CLEAN, 2), (0, 1)], [(0, 1)]]


def test_lifo_reverses_lots_inside_one_input_too() -> None:
    assert spread(RULES["lifo"], [(0, 1), (CLEAN, 1), (1, 1)], [1, 1, 1]) == [
        [(1, 1)],
        [(CLEAN, 1)],
        [(0, 1)],
        [],
    ]


def test_haircut_rounds_against_a_running_total() -> None:
    filled = spread(RULES["haircut"], [(0, 2), (CLEAN, 4)], [1] * 6)
    assert [sum(size for origin, size in lots if origin == 0) for lots in filled] == [0, 0, 1, 0, 0, 1, 0]


def test_apportion_is_floor_of_the_running_total() -> None:
    assert apportion([1, 1, 1], 2) == [0, 1, 1]
    assert apportion([3, 0, 3], 3) == [1, 0, 2]
    assert apportion([0, 0], 0) == [0, 0]
    assert apportion([MAX_AMOUNT, MAX_AMOUNT], MAX_AMOUNT) == [MAX_AMOUNT // 2, MAX_AMOUNT // 2 + 1]


def test_merge_joins_neighbours_and_drops_the_empty() -> None:
    assert merge([(0, 1), (0, 2), (1, 0), (0, 3), (CLEAN, 1), (0, 1)]) == [(0, 6), (CLEAN, 1), (0, 1)]


def test_get_rule_knows_six_and_names_them_all() -> None:
    assert [get_rule(name).name for name in RULES] == list(RULES)
    with pytest.raises(InputError, match="no rule 'average'") as caught:
        get_rule("average")
    assert all(name in caught.value.remedy() for name in RULES)


def test_five_rules_conserve_and_poison_does_not() -> None:
    assert set(RULES) - set(CONSERVING) == {"poison"}
    assert len(CONSERVING) == 5
