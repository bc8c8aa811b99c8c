"""The fast kernel is right where it agrees with the readable reference: on every chain that hypothesis makes, in one
run and in many, by heap and read in order, on amounts of every width."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from tests.property.trace.strategies import Case, account_cases, utxo_cases

from jindo.trace import RULES, kernel, reference
from jindo.trace.kernel_units import ANY, LIMBS
from jindo.trace.prepared import prepare_account_chain

rules = st.sampled_from(sorted(RULES))
NEVER_READS, ALWAYS_READS = 0, 10**6


@given(account_cases(), rules)
def test_account_kernel_equals_reference(case: Case, rule: str) -> None:
    asked = ask_account(case, rule)
    slow = reference.trace_account_chain(case.chain, case.seeds, stopped=case.stops, **asked)
    assert kernel.trace_account_chain(case.chain, case.seeds, stops=case.stops, **asked) == slow
    assert kernel.trace_account_chain(case.split, case.seeds, stops=case.stops, **asked) == slow


@given(account_cases(), rules, st.sampled_from([NEVER_READS, 1, 4, 16, ALWAYS_READS]))
def test_account_kernel_is_the_same_by_heap_and_in_order(case: Case, rule: str, scan_factor: int) -> None:
    asked = ask_account(case, rule)
    slow = reference.trace_account_chain(case.chain, case.seeds, stopped=case.stops, **asked)
    for chain in (case.chain, case.split):
        prepared = prepare_account_chain(chain, case.stops)
        assert kernel.trace_accounts(prepared, case.seeds, scan_factor=scan_factor, **asked) == slow


@given(account_cases(), rules, st.sampled_from([LIMBS, ANY]), st.sampled_from([NEVER_READS, 4]))
def test_account_kernel_is_the_same_on_every_kind_of_amount(
    case: Case, rule: str, kind: int, scan_factor: int
) -> None:
    asked = ask_account(case, rule) | {"scan_factor": scan_factor}
    for chain in (case.chain, case.split):
        prepared = prepare_account_chain(chain, case.stops)
        narrowest = kernel.trace_accounts(prepared, case.seeds, **asked)
        assert kernel.trace_accounts(prepared, case.seeds, kind=kind, **asked) == narrowest


def ask_account(case: Case, rule: str) -> dict[str, Any]:
    return {"rule": RULES[rule], "end": case.end, "max_hops": case.max_hops, "opening": case.opening}


@given(utxo_cases(), rules)
def test_utxo_kernel_equals_reference(case: Case, rule: str) -> None:
    assume(case.seeds is not None)
    asked: dict[str, Any] = {"rule": RULES[rule], "end": case.end, "max_hops": case.max_hops}
    slow = reference.trace_utxo_chain(case.chain, case.seeds, stopped=case.stops, **asked)
    assert kernel.trace_utxo_chain(case.chain, case.seeds, stops=case.stops, **asked) == slow
    assert kernel.trace_utxo_chain(case.split, case.seeds, stops=case.stops, **asked) == slow
