"""Reach is right where it agrees with one pass over the ledger, and no trace leaves it."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.trace.many_runs import split_account_chain
from tests.property.trace.strategies import Case, account_cases

from jindo.base.ids import ETHEREUM
from jindo.ledger import AccountChain, build_account_chain
from jindo.sim.random_chains import random_account_rows
from jindo.trace import RULES, Stops, kernel
from jindo.trace.boundary import build_stops
from jindo.trace.findings import FEE
from jindo.trace.prepared import prepare_account_chain
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


def reach_of(chain: AccountChain, case: Case, start: set[int], scan_factor: int) -> Reach:
    prepared = prepare_account_chain(chain, case.stops)
    return find_reach(prepared, start, end=case.end, scan_factor=scan_factor)


@given(account_cases(), st.sets(st.integers(0, 39)), st.sampled_from([0, 4, 1000]))
def test_reach_equals_one_pass(case: Case, start: set[int], scan_factor: int) -> None:
    chain: Any = case.chain
    start = {event for event in start if event < chain.event_count}
    reached, touched = reference_reach(chain, start, end=case.end, stopped=case.stops)
    for same in (chain, case.split):
        found = reach_of(same, case, start, scan_factor)
        assert dict(zip(found.pots.tolist(), found.events.tolist(), strict=True)) == reached
        assert found.events.tolist() == sorted(reached.values())
        assert found.touched == touched


@given(account_cases(), st.sampled_from(sorted(RULES)))
def test_reach_holds_every_trace(case: Case, rule: str) -> None:
    chain: Any = case.chain
    seeds: Any = case.seeds
    asked: dict[str, Any] = {"rule": RULES[rule], "end": case.end, "max_hops": case.max_hops}
    traced = kernel.trace_account_chain(chain, seeds, stops=case.stops, opening=case.opening, **asked)
    found = reach_of(chain, case, set(seeds.theft_of), 4)
    first = dict(zip(found.pots.tolist(), found.events.tolist(), strict=True))
    assert all(first[flow.pot] <= flow.row for flow in traced.flows if flow.pot != FEE)
    assert set(traced.hops) <= set(first)


@settings(max_examples=10)
@given(st.integers(0, 2**32), st.sampled_from([0, 1, 250]))
def test_reach_equals_one_pass_as_it_grows(seed: int, scan_factor: int) -> None:
    rows = random_account_rows(random.Random(seed), accounts=3000, events=9000, assets=1)
    chain = build_account_chain(ETHEREUM, rows)
    stops = build_stops(chain, None)
    start = set(range(0, chain.event_count, 50))
    split = split_account_chain(chain, chain.heights()[[500, 2000, 2500, 2501, 3000]].tolist())
    case = Case(chain, None, stops, chain.event_count, None, {}, split)
    reached, touched = reference_reach(chain, start, end=case.end, stopped=stops)
    for same in (chain, split):
        found = reach_of(same, case, start, scan_factor)
        assert dict(zip(found.pots.tolist(), found.events.tolist(), strict=True)) == reached
        assert found.events.tolist() == sorted(reached.values())
        assert found.touched == touched
