"""The figures of likely services are those of the definition, however the chain is cut and however wide its amounts."""

from __future__ import annotations

from collections import Counter, defaultdict

from hypothesis import given
from hypothesis import strategies as st
from tests.property.trace.strategies import Case, account_cases, utxo_cases

from jindo.ledger import AccountChain
from jindo.trace.services import ServiceParameters, find_likely_services

Movement = tuple[int, int, int, int]
"""Payer, payee, asset, units."""


def parameters() -> st.SearchStrategy[ServiceParameters]:
    low = st.integers(1, 3)
    return st.builds(
        ServiceParameters,
        hub_senders=low, hub_receivers=low, hub_movements=st.integers(2, 8), hub_turnover=st.integers(0, 900),
        hub_days=st.just(1), sweep_deposits=low, sweep_origins=low, sweep_forwarded=st.integers(0, 1000),
        sweep_days=st.just(1),
    )  # fmt: skip


def list_movements(chain: AccountChain, end: int) -> list[Movement]:
    found = []
    for event in range(end):
        src, dst, units = int(chain.src[event]), int(chain.dst[event]), int(chain.amount[event])
        if src < 0 or dst < 0 or not units:
            continue
        payer, payee = int(chain.pot_account[src]), int(chain.pot_account[dst])
        if payer != payee:
            found.append((payer, payee, int(chain.pot_asset[dst]), units))
    return found


def passed_on(moves: list[Movement], account: int) -> tuple[int, int]:
    """What an account got and gave in the asset that it moved most often."""
    times = Counter(asset for payer, payee, asset, _ in moves if account in (payer, payee))
    busiest = min(times, key=lambda asset: (-times[asset], asset))
    got = sum(units for _, payee, asset, units in moves if payee == account and asset == busiest)
    gave = sum(units for payer, _, asset, units in moves if payer == account and asset == busiest)
    return got, gave


def find_by_definition(moves: list[Movement], asked: ServiceParameters) -> dict[int, str]:
    senders, receivers = defaultdict(list), defaultdict(list)
    for payer, payee, _, _ in moves:
        senders[payee].append(payer)
        receivers[payer].append(payee)
    feeders = defaultdict(set)
    for account, to in receivers.items():
        got, gave = passed_on(moves, account)
        is_feeder = len(set(to)) == 1 and 0 < len(to) <= len(senders[account])
        if (is_feeder and got and min(1000, 1000 * gave // got) >= asked.sweep_forwarded) or (
            is_feeder and not got and not asked.sweep_forwarded
        ):
            feeders[to[0]].add(account)
    found, hot = dict[int, str](), dict[int, set[int]]()
    for wallet, fed in feeders.items():
        origins = {payer for payer, payee, _, _ in moves if payee in fed} - fed - {wallet}
        if len(fed) >= asked.sweep_deposits and len(origins) >= asked.sweep_origins:
            hot[wallet] = fed
    for wallet, fed in hot.items():
        found |= dict.fromkeys(fed - set(hot), "deposit address") | {wallet: "hot wallet"}
    for account in set(senders) & set(receivers):
        got, gave = passed_on(moves, account)
        turnover = 1000 * min(got, gave) // max(got, gave)
        if (
            len(set(senders[account])) >= asked.hub_senders
            and len(set(receivers[account])) >= asked.hub_receivers
            and len(senders[account]) + len(receivers[account]) >= asked.hub_movements
            and turnover >= asked.hub_turnover
        ):
            found[account] = "hub"
    return found


@given(account_cases(), parameters(), st.integers(1, 9))
def test_services_are_those_of_the_definition(case: Case, asked: ServiceParameters, size: int) -> None:
    expected = find_by_definition(list_movements(case.chain, case.end), asked)
    for chain in (case.chain, case.split):
        found = find_likely_services(chain, end=case.end, parameters=asked, part_size=size)
        assert {account: service.rule for account, service in found.items()} == expected


@given(account_cases(), parameters())
def test_every_finding_meets_its_thresholds_and_says_why(case: Case, asked: ServiceParameters) -> None:
    for service in find_likely_services(case.chain, parameters=asked).values():
        assert f"{service.receipts:,} movements in, {service.payments:,} out" in service.reason()
        if service.rule == "hub":
            assert service.senders >= asked.hub_senders
            assert service.receivers >= asked.hub_receivers
            assert service.turnover >= asked.hub_turnover
        else:
            assert service.deposits >= asked.sweep_deposits
            assert service.origins >= asked.sweep_origins


@given(utxo_cases(), parameters(), st.integers(1, 9))
def test_utxo_services_do_not_depend_on_runs_and_parts(
    case: Case, asked: ServiceParameters, size: int
) -> None:
    whole = find_likely_services(case.chain, end=case.end, parameters=asked)
    assert find_likely_services(case.split, end=case.end, parameters=asked, part_size=size) == whole
