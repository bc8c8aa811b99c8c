"""What a trace comes to: the sheet balances or nothing is said, endpoints are summed and marked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.trace.chains import (
    Tracer,
    account_chain,
    coin,
    outcome_of,
    outside,
    pot_of,
    spend,
    stop_at,
    transfer,
    transfers_chain,
    tx,
    utxo_chain,
)

from jindo.base.errors import IntegrityError
from jindo.base.ids import UNNAMED_ASSET, native_asset
from jindo.trace import CONSERVING, NamedTransfer, Stop, build_stops
from jindo.trace.outcome import Endpoint, Sheet, build_outcome, check_balance

NAMED = [NamedTransfer("t", tx("0"))]
TOKEN = "eip155:1/erc20:0x" + "a" * 40


@pytest.mark.parametrize(("stolen", "arrived"), [(9, 0), (11, 0), (9, 2), (10, 1)])
def test_check_balance_refuses_sheets_that_are_off(stolen: int, arrived: int) -> None:
    with pytest.raises(IntegrityError, match="is off"):
        check_balance([Sheet(0, "x", stolen, arrived, {"held": 7, "fee": 3})], [])


def test_check_balance_takes_arrivals_for_stolen() -> None:
    check_balance([Sheet(0, "x", 4, 6, {"held": 7, "fee": 3})], [])


def test_check_balance_refuses_an_endpoint_that_no_theft_brought() -> None:
    with pytest.raises(IntegrityError, match="no theft brought"):
        check_balance([Sheet(0, "x", 1, 0, {"held": 1})], [Endpoint(0, "A", Stop("held"), "y", 1)])


@pytest.mark.parametrize("wrong", [4, 6])
def test_build_outcome_refuses_findings_that_do_not_balance(tracer: Tracer, wrong: int) -> None:
    chain = account_chain(("V", "A", 5))
    findings = replace(tracer(chain, NAMED, "fifo"), held={(pot_of(chain, "A"), 0): wrong})
    with pytest.raises(IntegrityError, match="is off"):
        outcome_of(chain, findings)


@pytest.mark.parametrize("rule", CONSERVING)
def test_sheet_is_stolen_equals_where_it_ended(tracer: Tracer, rule: str) -> None:
    chain = account_chain(
        ("V", "A", 50), ("A", "S", 10), ("A", "M", 5), ("A", None, 3), ("A", "B", 12), ("B", "C", 2)
    )
    labels = stop_at("S")
    labels = replace(labels, found={**labels.found, "M": Stop("mixer", "Mix", "mixer")})
    outcome = outcome_of(chain, tracer(chain, NAMED, rule, labels=labels, max_hops=2), labels)
    (sheet,) = outcome.sheets
    assert (sheet.stolen, sheet.arrived) == (50, 0)
    assert {reason: units for reason, units in sheet.by_reason.items() if units} == {
        "service": 10,
        "mixer": 5,
        "fee": 3,
        "limit": 2,
        "held": 30,
    }


def test_poison_has_no_balance_sheet(tracer: Tracer) -> None:
    chain = account_chain(("V", "A", 5), (None, "A", 5), ("A", "B", 7))
    outcome = build_outcome(chain, build_stops(chain, None), tracer(chain, NAMED, "poison"), conserves=False)
    assert outcome.sheets == []
    assert {endpoint.account: endpoint.amount for endpoint in outcome.endpoints} == {"A": 3, "B": 7}


def test_each_theft_and_asset_has_its_own_sheet(tracer: Tracer) -> None:
    rows = [
        transfer("0", ("V", "A", 5)),
        transfer("0", ("V", "A", 7), asset=TOKEN),
        transfer("1", ("W", "A", 2)),
        transfer("2", ("A", "B", 3)),
    ]
    chain = transfers_chain(*rows)
    outcome = outcome_of(chain, tracer(chain, [*NAMED, NamedTransfer("u", tx("1"))], "fifo"))
    assert [(s.theft, s.asset, s.stolen) for s in outcome.sheets] == [
        (0, TOKEN, 7),
        (0, UNNAMED_ASSET, 5),
        (1, UNNAMED_ASSET, 2),
    ]


def test_fees_stand_under_the_asset_they_were_paid_in(tracer: Tracer) -> None:
    chain = transfers_chain(
        transfer("0", ("V", "A", 7), asset=TOKEN), transfer("1", ("A", None, 3), asset=TOKEN)
    )
    (fee, held) = outcome_of(chain, tracer(chain, NAMED, "fifo")).endpoints
    assert (fee.account, fee.stop.reason, fee.asset, fee.amount, fee.hops) == ("", "fee", TOKEN, 3, None)
    assert (held.account, held.stop.reason, held.amount, held.hops) == ("A", "held", 4, 1)


def test_endpoint_sums_arrivals_and_keeps_first_and_last_time_and_fewest_hops(tracer: Tracer) -> None:
    chain = utxo_chain(
        coin("0", ("T", 9)),
        spend("b", ["0"], ("U", 5), ("S", 4)),
        spend("c", ["b:0"], ("S", 5)),
        times=[10, 20, 30],
    )
    (endpoint,) = outcome_of(chain, tracer(chain, NAMED, "fifo", labels=stop_at("S")), stop_at("S")).endpoints
    assert (endpoint.account, endpoint.stop.service, endpoint.amount) == ("S", "Acme", 9)
    assert (endpoint.first_time, endpoint.last_time, endpoint.hops) == (20, 30, 2)


def test_unknown_times_stay_unknown(tracer: Tracer) -> None:
    chain = account_chain(("V", "A", 5))
    (endpoint,) = outcome_of(chain, tracer(chain, NAMED, "fifo")).endpoints
    assert endpoint.first_time is endpoint.last_time is None


def test_endpoints_stand_by_reason_then_largest_first(tracer: Tracer) -> None:
    chain = account_chain(("V", "A", 9), ("A", "B", 4), ("A", "S", 1), ("A", "C", 2))
    endpoints = outcome_of(chain, tracer(chain, NAMED, "fifo", labels=stop_at("S")), stop_at("S")).endpoints
    assert [endpoint.account for endpoint in endpoints] == ["S", "B", "A", "C"]


def test_endpoints_reached_through_unexplained_inflow_are_marked(tracer: Tracer) -> None:
    chain = account_chain(
        ("V", "A", 6), ("A", "B", 3), ("A", "C", 3), ("C", "D", 5), ("D", "S", 5), ("B", "E", 1)
    )
    labels = stop_at("S")
    outcome = outcome_of(chain, tracer(chain, NAMED, "fifo", labels=labels), labels)
    assert {e.account: e.is_unexplained for e in outcome.endpoints} == {"B": False, "E": False, "S": True}
    assert outcome.inflow == {UNNAMED_ASSET: 2}


def test_an_endpoint_that_held_inflow_itself_is_marked(tracer: Tracer) -> None:
    chain = account_chain(("A", "X", 2), ("V", "A", 6))
    (endpoint,) = outcome_of(chain, tracer(chain, [NamedTransfer("t", tx("1"))], "fifo")).endpoints
    assert (endpoint.account, endpoint.is_unexplained) == ("A", True)


def test_utxo_endpoints_past_an_outside_input_are_marked(tracer: Tracer) -> None:
    chain = utxo_chain(
        coin("0", ("T", 5), ("U", 5)),
        spend("b", ["0:0", outside(2)], ("W", 7)),
        spend("c", ["b"], ("X", 7)),
        spend("d", ["0:1"], ("Y", 5)),
    )
    outcome = outcome_of(chain, tracer(chain, NAMED, "fifo"))
    assert {e.account: e.is_unexplained for e in outcome.endpoints} == {"X": True, "Y": False}
    assert outcome.inflow == {native_asset(chain.chain): 2}


def test_a_mark_does_not_pass_a_stop(tracer: Tracer) -> None:
    chain = account_chain(("V", "A", 3), ("A", "S", 5), ("S", "B", 5))
    labels, named = stop_at("S"), [*NAMED, NamedTransfer("u", tx("2"))]
    outcome = outcome_of(chain, tracer(chain, named, "fifo", labels=labels), labels)
    assert {e.account: e.is_unexplained for e in outcome.endpoints} == {"S": True, "B": False}
