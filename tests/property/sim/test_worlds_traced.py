"""A world written, imported and traced comes to the books' truth, under every conserving rule."""

import csv
import random
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jindo.base.ids import BITCOIN, ETHEREUM
from jindo.ledger import (
    AccountChain,
    Chain,
    Ledger,
    UtxoChain,
    build_account_chain,
    build_utxo_chain,
    import_source,
    open_ledger,
    read_transactions,
    read_transfers,
)
from jindo.sim import TheftTruth, make_world, random_account_rows, random_utxo_rows, write_world
from jindo.trace import (
    CONSERVING,
    FEE,
    AccountSeeds,
    Findings,
    NamedTransfer,
    Stop,
    Stops,
    UtxoSeeds,
    build_stops,
    get_rule,
    reference,
    resolve,
    stop_of_kind,
)
from jindo.trace.boundary import account_of

WORLD = make_world("bybit", seed=5, scale=0.05)


class Labels:
    """A world's services file as the tracer's boundary."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def stops(self) -> Mapping[str, Stop]:
        rows = read(self.folder / "services.csv")
        return {
            r["address"]: stop_of_kind(r["kind"], service=r["service"], source="services.csv") for r in rows
        }


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("world")
    write_world(WORLD, out)
    return out


@pytest.fixture(scope="module")
def ledger(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    into = tmp_path_factory.mktemp("ledgers") / "ledger"
    import_source(str(folder / "ethereum"), format="ethereum-etl", into=into, strict=True)
    import_source(str(folder / "bitcoin"), format="bitcoin-etl", into=into, strict=True)
    return open_ledger(into)


def trace(chain: Chain, seeds: AccountSeeds | UtxoSeeds, stops: Stops, rule: str) -> Findings:
    if isinstance(chain, UtxoChain):
        assert isinstance(seeds, UtxoSeeds)
        return reference.trace_utxo_chain(
            chain, seeds, rule=get_rule(rule), stopped=stops, end=chain.tx_count
        )
    assert isinstance(seeds, AccountSeeds)
    return reference.trace_account_chain(
        chain, seeds, rule=get_rule(rule), stopped=stops, end=chain.event_count
    )


def ends(chain: Chain, found: Findings, stops: Stops) -> dict[tuple[str, str], int]:
    """Traced units by account and reason."""
    sums: dict[tuple[str, str], int] = {}
    for flow in found.flows:
        stop = None if flow.pot == FEE else stops.find(flow.pot)
        if flow.pot == FEE or stop is not None:
            account = "" if stop is None else chain.accounts[account_of(chain, flow.pot)]
            key = (account, "fee" if stop is None else stop.reason)
            sums[key] = sums.get(key, 0) + flow.amount
    for (pot, _), amount in found.held.items():
        key = (chain.accounts[account_of(chain, pot)], "held")
        sums[key] = sums.get(key, 0) + amount
    return sums


def truth_of(theft: TheftTruth) -> dict[tuple[str, str], int]:
    return {(end.account, end.reason): end.amount for end in theft.endpoints} | {("", "fee"): theft.fee}


@pytest.mark.parametrize("rule", [str(getattr(rule, "name", rule)) for rule in CONSERVING])
@pytest.mark.parametrize("theft", WORLD.truth.thefts, ids=lambda theft: str(theft.theft))
def test_world_traces_to_its_truth(folder: Path, ledger: Ledger, rule: str, theft: TheftTruth) -> None:
    rows = read(folder / "stolen.csv")
    named = [
        NamedTransfer(r["theft"], r["tx_hash"], int(r["output_index"]) if r["output_index"] else None)
        for r in rows
    ]
    chains = [ledger.chain(chain) for chain in ledger.chain_ids()]
    seeds = resolve(named, chains).seeds[theft.chain]
    chain = ledger.chain(theft.chain)
    stops = build_stops(chain, Labels(folder))
    found = trace(chain, seeds, stops, rule)
    assert ends(chain, found, stops) == truth_of(theft)
    assert not found.inflow


def test_world_imports_row_for_row(ledger: Ledger) -> None:
    account, utxo = ledger.chain(ETHEREUM), ledger.chain(BITCOIN)
    assert isinstance(account, AccountChain)
    assert isinstance(utxo, UtxoChain)
    rows = read_transfers(account, range(account.event_count))
    facts = [(r.block, r.sender, r.receiver, r.amount, r.asset, r.kind, r.time, r.tx_index) for r in rows]
    world = list(WORLD.account.iter_rows())
    expected = [(r.block, r.sender, r.receiver, r.amount, r.asset, r.kind, r.time, r.tx_index) for r in world]
    opening = len(WORLD.account.openings)
    assert facts[opening:] == expected[opening:]
    assert sorted(str(f[2:4]) for f in facts[:opening]) == sorted(str(e[2:4]) for e in expected[:opening])
    coins = read_transactions(utxo, range(utxo.tx_count))
    made = WORLD.utxo.transactions
    assert [(tx.tx_hash, tx.outputs, tx.coinbase) for tx in coins] == [
        (tx.tx_hash, tx.outputs, tx.coinbase) for tx in made
    ]


@given(st.integers(0, 2**32), st.sampled_from([5, 1_000, 2**256 - 1]))
def test_random_rows_are_taken_by_the_ledger_unchanged(seed: int, most: int) -> None:
    rows = random_account_rows(random.Random(seed), max_amount=most)
    chain = build_account_chain(ETHEREUM, rows)
    assert read_transfers(chain, range(chain.event_count)) == rows
    coins = random_utxo_rows(random.Random(seed), max_amount=most)
    assert build_utxo_chain(BITCOIN, coins).tx_count == len(coins)
