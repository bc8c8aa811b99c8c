"""The sentences of the definition about pots, order, shortfall, hops and poison, on both tracers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.trace.chains import (
    Move,
    Tracer,
    account_chain,
    coin,
    ended,
    laid,
    moved,
    newly_stolen,
    outside,
    pot_of,
    spend,
    stop_at,
    transfer,
    transfers_chain,
    tx,
    utxo_chain,
)

from jindo.base.amounts import MAX_AMOUNT
from jindo.ledger import Kind, UtxoInput
from jindo.trace import CONSERVING, FEE, RULES, NamedAccount, NamedTransfer

NAMED = [NamedTransfer("t", tx("0"))]


@pytest.mark.parametrize("rule", RULES)
def test_zero_and_self_transfers_move_nothing(tracer: Tracer, rule: str) -> None:
    chain = account_chain(("V", "A", 5), (None, "A", 5), ("A", "A", 5), ("A", "B", 0), ("A", "A", 99))
    findings = tracer(chain, NAMED, rule)
    assert [moved(findings, row) for row in range(5)] == [5, 0, 0, 0, 0]
    assert findings.inflow == {}


def test_self_transfer_leaves_the_order_of_lots(tracer: Tracer) -> None:
    chain = account_chain(("V", "A", 5), (None, "A", 5), ("A", "A", 5), ("A", "B", 5))
    assert moved(tracer(chain, NAMED, "fifo"), 3) == 5
    assert moved(tracer(chain, NAMED, "lifo"), 3) == 0


@pytest.mark.parametrize("move", [("V", "V", 5), ("V", "A", 0)])
def test_naming_what_moves_nothing_steals_nothing(tracer: Tracer, move: Move) -> None:
    findings = tracer(account_chain(move, ("V", "A", 3)), NAMED, "fifo")
    assert findings.flows == ()
    assert findings.hops == {}


@pytest.mark.parametrize("rule", CONSERVING)
def test_gas_ends_under_fee_and_goes_no_further(tracer: Tracer, rule: str) -> None:
    chain = account_chain(("V", "A", 5), ("A", None, 5), (None, "M", 5), ("M", "B", 5))
    findings = tracer(chain, NAMED, rule)
    assert [moved(findings, row) for row in range(4)] == [5, 5, 0, 0]
    assert ended(chain, findings) == {"fee": 5}


@pytest.mark.parametrize("rule", RULES)
def test_coinbase_is_clean_though_it_claims_stolen_fees(tracer: Tracer, rule: str) -> None:
    chain = utxo_chain(
        coin("0", ("T", 9)), spend("b", ["0"], ("U", 5)), coin("c", ("M", 54)), spend("d", ["c"], ("W", 54))
    )
    findings = tracer(chain, NAMED, rule)
    assert laid(chain, findings, 1) == [5, 4]
    assert moved(findings, 2) == moved(findings, 3) == 0


@pytest.mark.parametrize("rule", RULES)
def test_issuance_is_clean(tracer: Tracer, rule: str) -> None:
    findings = tracer(account_chain(("V", "A", 5), (None, "B", 5), ("B", "C", 5)), NAMED, rule)
    assert moved(findings, 1) == moved(findings, 2) == 0


def test_a_transaction_applies_gas_then_native_then_logs_by_index(tracer: Tracer) -> None:
    rows = [
        replace(transfer("1", ("A", "D", 1), kind=Kind.TOKEN), position=9),
        replace(transfer("1", ("A", "C", 1), kind=Kind.TOKEN), position=2),
        replace(transfer("1", ("A", "B", 1), kind=Kind.NATIVE), position=3),
        transfer("1", ("A", None, 1), kind=Kind.GAS),
    ]
    chain = transfers_chain(transfer("0", ("V", "A", 2)), *rows)
    findings = tracer(chain, NAMED, "fifo")
    assert [f.pot for f in findings.flows] == [pot_of(chain, "A"), FEE, pot_of(chain, "B")]


@pytest.mark.parametrize("rule", CONSERVING)
def test_shortfall_enters_clean_after_the_lots_are_used_up(tracer: Tracer, rule: str) -> None:
    chain = account_chain(("V", "A", 3), ("A", "B", 5), ("B", "C", 5))
    findings = tracer(chain, NAMED, rule)
    assert [moved(findings, row) for row in range(3)] == [3, 3, 3]
    assert findings.inflow == {pot_of(chain, "A"): 2}


def test_shortfall_lies_behind_the_lots_where_it_arrives(tracer: Tracer) -> None:
    chain = account_chain(("V", "A", 3), ("A", "B", 5), ("B", "C", 3))
    assert moved(tracer(chain, NAMED, "fifo"), 2) == 3
    assert moved(tracer(chain, NAMED, "lifo"), 2) == 1


def test_inflow_counts_the_whole_history_of_a_pot_that_ever_held(tracer: Tracer) -> None:
    chain = account_chain(("A", "X", 2), ("V", "A", 6), ("A", "B", 6), ("A", "X", 1), ("X", "Y", 9))
    named = [NamedTransfer("t", tx("1"))]
    assert tracer(chain, named, "fifo").inflow == {pot_of(chain, "A"): 3}


def test_inflow_of_what_a_theft_itself_draws_is_not_counted(tracer: Tracer) -> None:
    chain = account_chain(("V", "A", 6), ("A", "V", 6), ("V", "B", 8))
    assert tracer(chain, NAMED, "fifo").inflow == {pot_of(chain, "V"): 2}
    assert tracer(chain, [*NAMED, NamedTransfer("t", tx("2"))], "fifo").inflow == {}


def test_inflow_of_a_stopped_pot_is_not_counted(tracer: Tracer) -> None:
    chain = account_chain(("V", "S", 6), ("S", "B", 9))
    assert tracer(chain, NAMED, "fifo", labels=stop_at("S")).inflow == {}


def test_opening_balance_is_clean_and_older_than_all(tracer: Tracer) -> None:
    chain = account_chain(("V", "A", 3), ("A", "B", 5))
    opening = {pot_of(chain, "A"): 4}
    assert moved(tracer(chain, NAMED, "fifo", opening=opening), 1) == 1
    assert moved(tracer(chain, NAMED, "lifo", opening=opening), 1) == 3
    assert moved(tracer(chain, NAMED, "clean-first", opening=opening), 1) == 1


def test_opening_balance_is_no_unexplained_inflow(tracer: Tracer) -> None:
    chain = account_chain(("V", "A", 3), ("A", "B", 5))
    pot = pot_of(chain, "A")
    assert tracer(chain, NAMED, "fifo", opening={pot: 2}).inflow == {}
    assert tracer(chain, NAMED, "fifo", opening={pot: 1}).inflow == {pot: 1}


def test_opening_balance_of_a_stopped_pot_stays_there(tracer: Tracer) -> None:
    chain = account_chain(("V", "S", 3), ("S", "B", 5))
    findings = tracer(chain, NAMED, "fifo", labels=stop_at("S"), opening={pot_of(chain, "S"): 5})
    assert (moved(findings, 1), findings.held) == (0, {})


@pytest.mark.parametrize("rule", RULES)
def test_assets_of_one_account_are_pots_apart(tracer: Tracer, rule: str) -> None:
    chain = transfers_chain(
        transfer("0", ("V", "A", 5), asset="T"),
        transfer("1", (None, "A", 5), asset="U"),
        transfer("2", ("A", "B", 5), asset="U"),
        transfer("3", ("A", "C", 5), asset="T"),
    )
    findings = tracer(chain, NAMED, rule)
    assert [moved(findings, row) for row in range(4)] == [5, 0, 0, 5]


def test_outside_input_with_a_stated_value_is_a_clean_pot_of_that_value(tracer: Tracer) -> None:
    chain = utxo_chain(coin("0", ("T", 3)), spend("b", [outside(4), "0"], ("U", 5), ("W", 1)))
    findings = tracer(chain, NAMED, "fifo")
    assert laid(chain, findings, 1) == [1, 1, 1]
    assert findings.inflow == {1: 4}


def test_outside_input_without_value_has_what_is_missing_and_further_ones_nothing(tracer: Tracer) -> None:
    inputs: list[str | UtxoInput] = [outside(None), "0", outside(None, index=1)]
    chain = utxo_chain(coin("0", ("T", 3)), spend("b", inputs, ("U", 5), ("W", 3)))
    findings = tracer(chain, NAMED, "fifo")
    assert [int(value) for value in chain.in_amount] == [5, 3, 0]
    assert laid(chain, findings, 1) == [0, 3, 0]
    assert findings.inflow == {1: 5}


def test_outside_inputs_count_only_where_a_followed_pot_was_filled(tracer: Tracer) -> None:
    chain = utxo_chain(
        coin("0", ("T", 3)),
        spend("b", ["0", outside(4)], ("S", 7)),
        spend("c", [outside(2, index=1)], ("W", 2)),
    )
    assert tracer(chain, NAMED, "fifo", labels=stop_at("S")).inflow == {}


def test_outside_inputs_of_the_theft_itself_are_not_counted(tracer: Tracer) -> None:
    chain = utxo_chain(spend("0", [outside(4, "V")], ("T", 4)))
    assert tracer(chain, NAMED, "fifo").inflow == {}
    assert tracer(chain, [NamedAccount("t", "V")], "fifo").inflow == {}


def test_hop_is_that_of_the_pot_that_laid_the_first_stolen_lot_plus_one(tracer: Tracer) -> None:
    chain = account_chain(("V", "A", 9), ("A", "B", 5), ("B", "C", 5), ("A", "C", 1), ("C", "D", 6))
    hops = tracer(chain, NAMED, "fifo").hops
    assert {name: hops[pot_of(chain, name)] for name in "ABCD"} == {"A": 1, "B": 2, "C": 3, "D": 4}


def test_hop_of_an_account_chain_is_one_for_what_is_named(tracer: Tracer) -> None:
    chain = account_chain(("V", "A", 9), ("A", "B", 9), ("W", "B", 1))
    hops = tracer(chain, [*NAMED, NamedTransfer("t", tx("2"))], "fifo").hops
    assert hops[pot_of(chain, "B")] == 2


@pytest.mark.parametrize(("rule", "hop"), [("fifo", 2), ("lifo", 3), ("haircut", 2)])
def test_hop_of_an_output_follows_its_first_stolen_lot(tracer: Tracer, rule: str, hop: int) -> None:
    chain = utxo_chain(
        coin("0", ("T", 4), ("U", 4)), spend("b", ["0:1"], ("W", 4)), spend("c", ["0:0", "b"], ("X", 8))
    )
    assert tracer(chain, NAMED, rule).hops[3] == hop


def test_max_hops_asks_the_hop_of_the_first_entry(tracer: Tracer) -> None:
    chain = account_chain(("V", "A", 9), ("A", "B", 5), ("B", "C", 5), ("A", "C", 1))
    findings = tracer(chain, NAMED, "fifo", max_hops=2)
    assert findings.limited == {pot_of(chain, "C")}
    assert ended(chain, findings) == {"limit": 6, "held": 3}


def test_poison_stains_all_that_leaves_until_a_draw_empties_the_pot(tracer: Tracer) -> None:
    chain = account_chain(
        (None, "A", 5), ("V", "A", 1), ("A", "B", 3), ("A", "C", 3), (None, "A", 4), ("A", "D", 4)
    )
    findings = tracer(chain, [NamedTransfer("t", tx("1"))], "poison")
    assert [moved(findings, row) for row in range(6)] == [0, 1, 3, 3, 0, 0]


def test_poison_stains_in_full_a_draw_that_needs_shortfall_and_then_ends(tracer: Tracer) -> None:
    chain = account_chain(("V", "A", 1), ("A", "B", 3), ("A", "C", 3))
    findings = tracer(chain, NAMED, "poison")
    assert [moved(findings, row) for row in range(3)] == [1, 3, 0]
    assert findings.inflow == {pot_of(chain, "A"): 5}


def test_poison_counts_in_full_for_every_theft(tracer: Tracer) -> None:
    chain = account_chain(("V", "A", 1), ("W", "A", 2), ("A", "B", 3))
    findings = tracer(chain, [*NAMED, NamedTransfer("u", tx("1"))], "poison")
    assert [(f.theft, f.amount) for f in findings.flows if f.row == 2] == [(0, 3), (1, 3)]
    assert findings.held == {(pot_of(chain, "B"), 0): 3, (pot_of(chain, "B"), 1): 3}


def test_poison_adds_the_stain_of_what_is_named_to_what_is_stained_already(tracer: Tracer) -> None:
    chain = account_chain(("V", "A", 3), ("A", "B", 3))
    findings = tracer(chain, [*NAMED, NamedTransfer("u", tx("1"))], "poison")
    assert newly_stolen(findings) == {0: 3, 1: 3}
    assert [(f.theft, f.named) for f in findings.flows if f.row == 1] == [(0, False), (1, True)]


def test_poison_adds_the_stain_of_a_named_transaction_that_is_stained(tracer: Tracer) -> None:
    chain = utxo_chain(coin("0", ("T", 3)), spend("b", ["0"], ("U", 3)))
    findings = tracer(chain, [*NAMED, NamedTransfer("u", tx("b"))], "poison")
    assert newly_stolen(findings) == {0: 3, 1: 3}
    assert [(f.theft, f.named) for f in findings.flows if f.row == 1] == [(0, False), (1, True)]


def test_poison_stains_every_output_of_a_stained_transaction(tracer: Tracer) -> None:
    chain = utxo_chain(
        coin("0", ("T", 1)),
        coin("a", ("U", 9)),
        spend("b", ["a", "0"], ("W", 6), ("X", 3)),
        spend("c", ["b:0"], ("Y", 6)),
    )
    findings = tracer(chain, NAMED, "poison")
    assert laid(chain, findings, 2) == [6, 3, 1]
    assert laid(chain, findings, 3) == [6, 0]


@pytest.mark.parametrize("rule", CONSERVING)
def test_amounts_up_to_uint256_are_exact(tracer: Tracer, rule: str) -> None:
    chain = account_chain(
        ("V", "A", MAX_AMOUNT), (None, "A", MAX_AMOUNT), ("A", "B", MAX_AMOUNT), ("A", "C", MAX_AMOUNT)
    )
    findings = tracer(chain, NAMED, rule)
    assert moved(findings, 2) + moved(findings, 3) == MAX_AMOUNT
    assert ended(chain, findings) == {"held": MAX_AMOUNT}


def test_an_output_that_nobody_spends_is_held_and_a_spent_one_is_not(tracer: Tracer) -> None:
    chain = utxo_chain(coin("0", ("T", 4), ("U", 4)), spend("b", ["0:1"], ("W", 4)))
    assert tracer(chain, NAMED, "fifo").held == {(0, 0): 4, (2, 0): 4}


def test_the_end_cuts_the_trace(tracer: Tracer) -> None:
    chain = account_chain(("V", "A", 5), ("A", "B", 5))
    assert tracer(chain, NAMED, "fifo", end=1).held == {(pot_of(chain, "A"), 0): 5}
    assert tracer(chain, NAMED, "fifo", end=0).flows == ()
