"""Stolen equals held, stopped and paid, to the unit, under every conserving rule, on every chain made."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from tests.property.trace.strategies import Case, account_cases, utxo_cases

from jindo.trace import CONSERVING, RULES, Findings, kernel
from jindo.trace.outcome import build_outcome

rules = st.sampled_from(CONSERVING)


@given(account_cases(), rules)
def test_account_sheet_balances(case: Case, rule: str) -> None:
    findings = kernel.trace_account_chain(
        case.chain, case.seeds, rule=RULES[rule], stops=case.stops, end=case.end, opening=case.opening
    )
    build_outcome(case.chain, case.stops, findings, conserves=True)  # raises where it does not balance


@given(utxo_cases(), rules)
def test_utxo_sheet_balances(case: Case, rule: str) -> None:
    assume(case.seeds is not None)
    findings = kernel.trace_utxo_chain(
        case.chain, case.seeds, rule=RULES[rule], stops=case.stops, end=case.end
    )
    build_outcome(case.chain, case.stops, findings, conserves=True)


@given(account_cases(), rules)
def test_account_poison_is_an_upper_bound(case: Case, rule: str) -> None:
    asked: dict[str, Any] = {"stops": case.stops, "end": case.end, "opening": case.opening}
    found = kernel.trace_account_chain(case.chain, case.seeds, rule=RULES[rule], **asked)
    upper = kernel.trace_account_chain(case.chain, case.seeds, rule=RULES["poison"], **asked)
    check_upper(found, upper)


@given(utxo_cases(), rules)
def test_utxo_poison_is_an_upper_bound(case: Case, rule: str) -> None:
    assume(case.seeds is not None)
    asked: dict[str, Any] = {"stops": case.stops, "end": case.end}
    found = kernel.trace_utxo_chain(case.chain, case.seeds, rule=RULES[rule], **asked)
    upper = kernel.trace_utxo_chain(case.chain, case.seeds, rule=RULES["poison"], **asked)
    check_upper(found, upper)


def check_upper(found: Findings, upper: Findings) -> None:
    """Each movement and each pot carries under poison at least what it carries under a conserving rule."""
    assert found.hops.keys() <= upper.hops.keys()
    most = sum_flows(upper)
    assert all(most.get(key, 0) >= units for key, units in sum_flows(found).items())
    assert all(upper.held.get(key, 0) >= units for key, units in found.held.items())


def sum_flows(findings: Findings) -> dict[tuple[int, int, int], int]:
    """Units by (row, pot, theft), named or not."""
    units: dict[tuple[int, int, int], int] = {}
    for flow in findings.flows:
        key = (flow.row, flow.pot, flow.theft)
        units[key] = units.get(key, 0) + flow.amount
    return units
