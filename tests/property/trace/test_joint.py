"""The joint trace: it balances with crossings as pairs, is the reference without any, and knows only one order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from tests.property.trace.joint_worlds import World, worlds
from tests.property.trace.strategies import Case, account_cases, utxo_cases
from tests.unit.trace.crossing_chains import Joint, trace

from jindo.ledger import Chain
from jindo.trace import CONSERVING, FEE, RULES, reference
from jindo.trace.crossings import (
    BRIDGE,
    Crossing,
    Leg,
    merge_rows,
    read_times,
    refuse_rings,
    trace_jointly,
)

rules = st.sampled_from(sorted(RULES))
conserving = st.sampled_from(CONSERVING)


def ask(world: World, rule: str, chains: Sequence[Chain] | None = None) -> Joint:
    return trace(
        chains or [world.ether, world.coins],
        world.named,
        rule,
        texts=world.texts,
        labels=world.labels,
        max_hops=world.max_hops,
        ends=world.ends,
    )


@given(worlds(), conserving)
def test_sheets_balance_with_crossings_as_pairs(world: World, rule: str) -> None:
    joint = ask(world, rule)  # building the outcomes refuses sheets that are off
    total: Counter[tuple[int, str]] = Counter()
    for outcome in joint.outcomes.values():
        for sheet in outcome.sheets:
            total[sheet.theft, "arrived"] += sheet.arrived
            total[sheet.theft, "departed"] += sheet.by_reason["departed"]
    for one in joint.findings.crossed:
        crossing = joint.findings.crossings[one.crossing]
        total[one.theft, "arrived"] -= one.arrived + one.returned
        total[one.theft, "departed"] -= 0 if crossing.is_in_transit else one.departed
        assert one.departed or not (one.arrived or one.returned)
    assert not any(total.values())


@given(worlds(), conserving)
def test_no_crossing_carries_more_than_it_holds(world: World, rule: str) -> None:
    joint = ask(world, rule)
    for place, crossing in enumerate(joint.findings.crossings):
        of_crossing = [one for one in joint.findings.crossed if one.crossing == place]
        departed, arrived, returned = (
            sum(getattr(one, side) for one in of_crossing) for side in ("departed", "arrived", "returned")
        )
        assert departed <= crossing.source.units
        assert arrived <= crossing.bought
        assert returned <= min(departed, crossing.returned)
        if departed == crossing.source.units and not crossing.is_in_transit:
            assert returned == crossing.returned
            assert arrived == crossing.bought or crossing.returned == crossing.source.units


@given(worlds(), rules)
def test_neither_runs_nor_the_order_of_what_is_given_matters(world: World, rule: str) -> None:
    joint = ask(world, rule)
    orders: list[Sequence[Chain]] = [world.split, world.split[::-1], [world.coins, world.ether]]
    for chains in orders:
        other = ask(world, rule, chains)
        assert other.findings.findings == joint.findings.findings
        assert other.findings.crossed == joint.findings.crossed
        assert other.bridges == joint.bridges
        for name, outcome in joint.outcomes.items():
            assert other.outcomes[name] == outcome


@given(worlds(), conserving)
def test_poison_reaches_whatever_a_rule_reaches(world: World, rule: str) -> None:
    bounded, most = ask(world, rule), ask(world, "poison")
    for name, findings in bounded.findings.findings.items():
        stained = Counter[tuple[int, int, int]]()
        for flow in most.findings.findings[name].flows:
            stained[flow.row, flow.pot, flow.theft] += flow.amount
        laid = Counter[tuple[int, int, int]]()
        for flow in findings.flows:
            laid[flow.row, flow.pot, flow.theft] += flow.amount
        assert all(stained[key] >= units for key, units in laid.items())
    upper = {(one.crossing, one.theft): one for one in most.findings.crossed}
    for one in bounded.findings.crossed:
        above = upper[one.crossing, one.theft]
        assert above.departed >= one.departed
        assert above.arrived >= one.arrived
        assert above.returned >= one.returned


@given(account_cases(), utxo_cases(), rules)
def test_without_crossings_each_chain_is_as_in_the_reference(account: Case, utxo: Case, rule: str) -> None:
    assume(utxo.seeds is not None)
    cases: dict[str, Case] = {account.chain.chain: account, utxo.chain.chain: utxo}
    asked: dict[str, Any] = {"rule": RULES[rule], "max_hops": account.max_hops}
    joint = trace_jointly(
        [utxo.chain, account.chain],
        {name: case.seeds for name, case in cases.items()},
        [],
        stopped={name: case.stops for name, case in cases.items()},
        ends={name: case.end for name, case in cases.items()},
        openings={account.chain.chain: account.opening},
        **asked,
    )
    alone = {
        account.chain.chain: reference.trace_account_chain(
            account.chain,
            account.seeds,
            stopped=account.stops,
            end=account.end,
            opening=account.opening,
            **asked,
        ),
        utxo.chain.chain: reference.trace_utxo_chain(
            utxo.chain, utxo.seeds, stopped=utxo.stops, end=utxo.end, **asked
        ),
    }
    assert joint.findings == alone
    assert joint.crossed == ()


@given(worlds(), rules)
def test_nothing_arrives_before_it_left(world: World, rule: str) -> None:
    joint = ask(world, rule)
    place = {row: i for i, row in enumerate(joint.findings.order)}
    for crossing in joint.findings.crossings:
        left = place.get(crossing.source[:2])
        for leg in (*crossing.arrivals, *crossing.returns):
            if left is not None and leg[:2] in place:
                assert place[leg[:2]] >= left
    assert all(flow.pot != FEE or flow.amount for of in joint.findings.findings.values() for flow in of.flows)


@st.composite
def marks(draw: st.DrawFn) -> tuple[dict[str, list[int]], list[Crossing]]:
    """Rows of three chains, and matches between them, many of which make rings."""
    rows = {name: draw(st.integers(1, 5)) for name in ("a:1", "b:1", "c:1")}
    free = [(name, row) for name, count in rows.items() for row in range(count)]
    order = draw(st.permutations(free))
    crossings = []
    for at in range(0, len(order) - 1, 2):
        (gave, out), (got, into) = order[at], order[at + 1]
        crossings.append(Crossing(BRIDGE, Leg(gave, out, 0, 1), (Leg(got, into, 0, 1),)))
    return {name: [*range(count)] for name, count in rows.items()}, crossings


@given(marks(), st.randoms(use_true_random=False))
def test_rings_are_refused_alike_in_whatever_order_matches_come(world: Any, rng: Any) -> None:
    rows, crossings = world

    def times(name: str, row: int) -> int:
        return row

    kept, refused = refuse_rings(crossings, times)
    shuffled = rng.sample(crossings, len(crossings))
    again, refused_again = refuse_rings(shuffled, times)
    assert {c.source for c in refused} == {c.source for c in refused_again}
    assert {c.source for c in kept if c.is_in_transit} == {c.source for c in again if c.is_in_transit}
    done = list(merge_rows(rows, times, kept))
    assert sorted(done) == sorted((name, row) for name, of in rows.items() for row in of)
    at = {row: i for i, row in enumerate(done)}
    for crossing in kept:
        assert all(at[crossing.source[:2]] < at[leg[:2]] for leg in crossing.arrivals)


@given(worlds())
def test_the_one_order_follows_times_where_nothing_waits(world: World) -> None:
    times = read_times([world.ether, world.coins])
    rows: dict[str, range] = {
        world.ether.chain: range(world.ether.event_count),
        world.coins.chain: range(world.coins.tx_count),
    }
    keys = [(times(*at), *at) for at in merge_rows(rows, times, [])]
    assert keys == sorted(keys)
