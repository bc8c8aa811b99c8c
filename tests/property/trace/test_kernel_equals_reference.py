"""The fast kernel is right where it agrees with the readable reference: on every chain that hypothesis makes."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from tests.property.trace.strategies import Case, account_cases, utxo_cases

from jindo.trace import RULES, kernel, reference

rules = st.sampled_from(sorted(RULES))


@given(account_cases(), rules)
def test_account_kernel_equals_reference(case: Case, rule: str) -> None:
    asked: dict[str, Any] = {
        "rule": RULES[rule],
        "end": case.end,
        "max_hops": case.max_hops,
        "opening": case.opening,
    }
    slow = reference.trace_account_chain(case.chain, case.seeds, stopped=case.stops, **asked)
    assert kernel.trace_account_chain(case.chain, case.seeds, stops=case.stops, **asked) == slow


@given(utxo_cases(), rules)
def test_utxo_kernel_equals_reference(case: Case, rule: str) -> None:
    assume(case.seeds is not None)
    asked: dict[str, Any] = {"rule": RULES[rule], "end": case.end, "max_hops": case.max_hops}
    slow = reference.trace_utxo_chain(case.chain, case.seeds, stopped=case.stops, **asked)
    assert kernel.trace_utxo_chain(case.chain, case.seeds, stops=case.stops, **asked) == slow
