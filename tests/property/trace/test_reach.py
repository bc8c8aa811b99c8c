"""Reach is right where it agrees with one pass over the ledger, and no trace leaves it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.property.trace.strategies import Case, account_cases

from jindo.ledger import AccountChain
from jindo.trace import RULES, Stops, kernel
from jindo.trace.boundary import stopped_pots
from jindo.trace.findings import FEE
from jindo.trace.reach import Reach, find_reach


def reference_reach(
    chain: AccountChain, start: set[int], *, end: int, stopped: Stops
) -> tuple[dict[int, int], int]:
    """First event into each pot that can be reached, and the number of movements touched: the definition."""
    reached: dict[int, int] = {}
    touched = 0
    for event in range(end):
        sender, receiver = int(chain.src[event]), int(chain.dst[event])
        carries = event in start or (sender in reached and sender not in stopped)
        if carries and sender != receiver and chain.amount[event] > 0:
            touched += 1
            if receiver >= 0:
                reached.setdefault(receiver, event)
    return reached, touched


def reach_of(case: Case, start: set[int]) -> Reach:
    chain: Any = case.chain
    return find_reach(chain, start, end=case.end, stopped_pots=stopped_pots(case.stops))


@given(account_cases(), st.sets(st.integers(0, 39)))
def test_reach_equals_one_pass(case: Case, start: set[int]) -> None:
    chain: Any = case.chain
    start = {event for event in start if event < chain.event_count}
    found = reach_of(case, start)
    reached, touched = reference_reach(chain, start, end=case.end, stopped=case.stops)
    assert dict(zip(found.pots.tolist(), found.events.tolist(), strict=True)) == reached
    assert found.events.tolist() == sorted(reached.values())
    assert found.touched == touched


@given(account_cases(), st.sampled_from(sorted(RULES)))
def test_reach_holds_every_trace(case: Case, rule: str) -> None:
    chain: Any = case.chain
    seeds: Any = case.seeds
    traced = kernel.trace_account_chain(
        chain,
        seeds,
        rule=RULES[rule],
        stops=case.stops,
        end=case.end,
        max_hops=case.max_hops,
        opening=case.opening,
    )
    found = reach_of(case, set(seeds.theft_of))
    first = dict(zip(found.pots.tolist(), found.events.tolist(), strict=True))
    assert all(first[flow.pot] <= flow.row for flow in traced.flows if flow.pot != FEE)
    assert set(traced.hops) <= set(first)
