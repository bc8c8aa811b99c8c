"""True bounds are what every apportioning, tried one by one, comes to; and no rule's answer lies outside them."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import assume, event, given, reject, settings
from hypothesis import strategies as st
from tests.property.trace.apportionings import TooMany, every_account_ending, every_utxo_ending
from tests.property.trace.strategies import (
    ACCOUNTS,
    THEFTS,
    Case,
    Labels,
    account_cases,
    utxo_cases,
)

from jindo.base.amounts import MAX_AMOUNT
from jindo.base.errors import InputError
from jindo.base.ids import BITCOIN, ETHEREUM, UNNAMED_ASSET, TxId
from jindo.ledger import Chain, Transfer, UtxoTransaction, build_account_chain, build_utxo_chain
from jindo.sim import random_account_rows, random_utxo_rows
from jindo.trace import (
    CONSERVING,
    RULES,
    AccountSeeds,
    Named,
    NamedAccount,
    NamedTransfer,
    Stop,
    build_outcome,
    build_stops,
    reference,
    resolve,
)
from jindo.trace.bounds import Bound, bound_account_chain, bound_utxo_chain

Key = tuple[int | None, tuple[str, str, str]]


def find_bounds(case: Case) -> tuple[Bound, ...]:
    if hasattr(case.chain, "pot_account"):
        found = bound_account_chain(
            case.chain, case.seeds, stops=case.stops, end=case.end, opening=case.opening
        )
    else:
        found = bound_utxo_chain(case.chain, case.seeds, stops=case.stops, end=case.end)
    assert not found.not_computed
    return found.bounds


def by_key(bounds: tuple[Bound, ...]) -> dict[Key, Bound]:
    return {(bound.theft, (bound.account, bound.reason, bound.asset)): bound for bound in bounds}


# ----------------------------------------------------------------------------------------- every apportioning, one by one


def _tiny_account_case(seed: int) -> Case:
    rng = random.Random(seed)
    if rng.randrange(3) == 0:
        rows = random_account_rows(rng, accounts=3, events=rng.choice([4, 6, 8]), assets=2, max_amount=3)
    else:
        rows = [_tiny_row(rng, i) for i in range(rng.choice([4, 6, 8]))]
    chain = build_account_chain(ETHEREUM, rows)
    return _random_case(chain, _account_names(rng, rows), rng, ETHEREUM)


def _tiny_row(rng: random.Random, i: int) -> Transfer:
    """One of few units between three accounts, so that what is stolen comes back and is stolen again."""
    sender, receiver = rng.choice([*ACCOUNTS[:3], None] if i > 1 else [None]), rng.choice(ACCOUNTS[:3])
    return Transfer(i, TxId(f"0x{i:064x}"), sender, receiver, rng.randrange(5), UNNAMED_ASSET)


def _account_names(rng: random.Random, rows: list[Transfer]) -> list[Named]:
    senders = sorted({row.sender for row in rows if row.sender})
    return [
        NamedAccount(rng.choice(THEFTS), rng.choice(senders))
        if senders and rng.randrange(2)
        else NamedTransfer(rng.choice(THEFTS), rng.choice(rows).tx_hash)
        for _ in range(rng.choice([1, 1, 2, 3]))
    ]


def _tiny_utxo_case(seed: int) -> Case:
    rng = random.Random(seed)
    rows = random_utxo_rows(rng, accounts=4, transactions=rng.choice([3, 4, 5]), max_amount=3)
    chain = build_utxo_chain(BITCOIN, rows)
    return _random_case(chain, _utxo_names(rng, rows), rng, BITCOIN)


def _utxo_names(rng: random.Random, rows: list[UtxoTransaction]) -> list[Named]:
    owners = sorted({output.address for row in rows for output in row.outputs if output.address})
    return [
        NamedAccount(rng.choice(THEFTS), rng.choice(owners))
        if owners and rng.randrange(2)
        else _name_transaction(rng, rng.choice(rows))
        for _ in range(rng.choice([1, 1, 2, 3]))
    ]


def _name_transaction(rng: random.Random, row: UtxoTransaction) -> NamedTransfer:
    index = rng.choice([None, rng.randrange(len(row.outputs))])
    return NamedTransfer(rng.choice(THEFTS), row.tx_hash, index)


def _random_case(chain: Chain, named: list[Named], rng: random.Random, key: Any) -> Case:
    try:
        seeds: Any = resolve(named, [chain]).seeds[key]
    except InputError:
        seeds = None
    addresses = [chain.accounts[i] for i in range(len(chain.accounts))]
    stopped = rng.sample(addresses, min(len(addresses), rng.choice([0, 0, 1])))
    stops = build_stops(chain, Labels({address: Stop("service", "one", "exchange") for address in stopped}))
    rows = len(chain.tx) if hasattr(chain, "tx") else chain.tx_count
    opening = {}
    if hasattr(chain, "pot_count") and rng.randrange(2):
        opening = {rng.randrange(max(1, chain.pot_count)): rng.randrange(4)}
    return Case(chain, seeds, stops, rows - rng.choice([0, 0, 0, 1]), None, opening, None)


def check_against_every_way(case: Case, endings: list[dict[Any, int]]) -> None:
    found, thefts = by_key(find_bounds(case)), {theft for ending in endings for _, theft in ending}
    possible = {key for ending in endings for key in ending}
    for place in {place for place, _ in possible} | {place for _, place in found}:
        for theft in (None, *sorted(thefts)):
            got = [
                sum(units for (at, by), units in ending.items() if at == place and theft in (None, by))
                for ending in endings
            ]
            bound = found.get((theft, place))
            if bound is None:
                assert max(got) == 0
                continue
            event("exact" if bound.is_exact else "outer")
            assert bound.at_least <= min(got)
            assert max(got) <= bound.at_most
            if bound.is_exact:
                assert (bound.at_least, bound.at_most) == (min(got), max(got))


@given(st.integers(0, 2**32))
@settings(max_examples=200)
def test_account_bounds_are_what_every_apportioning_comes_to(seed: int) -> None:
    case = _tiny_account_case(seed)
    assume(case.seeds is not None)
    try:
        endings = every_account_ending(case.chain, case.seeds, case.stops, case.end, case.opening)
    except TooMany:
        reject()
    check_against_every_way(case, endings)


@given(st.integers(0, 2**32))
@settings(max_examples=200)
def test_utxo_bounds_are_what_every_apportioning_comes_to(seed: int) -> None:
    case = _tiny_utxo_case(seed)
    assume(case.seeds is not None)
    try:
        endings = every_utxo_ending(case.chain, case.seeds, case.stops, case.end)
    except TooMany:
        reject()
    check_against_every_way(case, endings)


# ------------------------------------------------------------------------------------------------- every conserving rule


def check_rules_within(case: Case) -> None:
    bounds = find_bounds(case)
    found = by_key(bounds)
    for rule in CONSERVING:
        got = trace_endpoints(case, rule)
        for theft, place in got.keys() | found.keys():
            units = got.get((theft, place), 0)
            bound = found.get((theft, place))
            least, most = (bound.at_least, bound.at_most) if bound else (0, 0)
            assert least <= units <= most
    check_sums(bounds)


def trace_endpoints(case: Case, rule: str) -> dict[Key, int]:
    asked: dict[str, Any] = {"rule": RULES[rule], "stopped": case.stops, "end": case.end}
    if hasattr(case.chain, "pot_account"):
        findings = reference.trace_account_chain(case.chain, case.seeds, opening=case.opening, **asked)
    else:
        findings = reference.trace_utxo_chain(case.chain, case.seeds, **asked)
    got: dict[Key, int] = {}
    for end in build_outcome(case.chain, case.stops, findings, conserves=True).endpoints:
        place = (end.account, end.stop.reason, end.asset)
        for theft in (end.theft, None):
            got[theft, place] = got.get((theft, place), 0) + end.amount
    return got


def check_sums(bounds: tuple[Bound, ...]) -> None:
    """What two thefts can have brought is at least what both together can, and at an endpoint least is no more than most."""
    most: dict[Any, int] = {}
    least: dict[Any, int] = {}
    for bound in bounds:
        assert 0 <= bound.at_least <= bound.at_most
        if bound.theft is not None:
            place = (bound.account, bound.reason, bound.asset)
            most[place] = most.get(place, 0) + bound.at_most
            least[place] = least.get(place, 0) + bound.at_least
    for bound in bounds:
        place = (bound.account, bound.reason, bound.asset)
        if bound.theft is None and bound.is_exact:
            assert bound.at_most <= most.get(place, 0)
            assert bound.at_least >= least.get(place, 0)


@given(account_cases())
@settings(max_examples=80)
def test_every_rule_lies_within_account_bounds(case: Case) -> None:
    check_rules_within(case)


@given(utxo_cases())
@settings(max_examples=80)
def test_every_rule_lies_within_utxo_bounds(case: Case) -> None:
    assume(case.seeds is not None)
    check_rules_within(case)


@given(st.integers(0, 2**32), st.sampled_from([4, 1_000, 2**70, MAX_AMOUNT // 2**10]))
@settings(max_examples=60)
def test_every_rule_lies_within_bounds_on_random_account_chains(seed: int, most: int) -> None:
    rng = random.Random(seed)
    rows = random_account_rows(rng, max_amount=most)
    case = _random_case(build_account_chain(ETHEREUM, rows), _account_names(rng, rows), rng, ETHEREUM)
    assume(case.seeds is not None)
    check_rules_within(case)


@given(st.integers(0, 2**32), st.sampled_from([4, 1_000, 2**70, MAX_AMOUNT // 2**10]))
@settings(max_examples=60)
def test_every_rule_lies_within_bounds_on_random_utxo_chains(seed: int, most: int) -> None:
    rng = random.Random(seed)
    rows = random_utxo_rows(rng, max_amount=most)
    case = _random_case(build_utxo_chain(BITCOIN, rows), _utxo_names(rng, rows), rng, BITCOIN)
    assume(case.seeds is not None)
    check_rules_within(case)


@pytest.mark.parametrize("hops", [0, 1, 3])
def test_nothing_is_computed_under_a_limit_of_hops(hops: int) -> None:
    row = Transfer(0, TxId("0x" + "0" * 64), ACCOUNTS[0], ACCOUNTS[1], 3, UNNAMED_ASSET)
    chain = build_account_chain(ETHEREUM, [row])
    seeds, stops = AccountSeeds({0: 0}), build_stops(chain, None)
    assert bound_account_chain(chain, seeds, stops=stops, end=1).bounds
    found = bound_account_chain(chain, seeds, stops=stops, end=1, max_hops=hops)
    assert not found.bounds
    assert "hops" in found.not_computed[UNNAMED_ASSET]
