"""Traces of the worlds that tell everything conserve, and come to the books' truth where nothing crosses."""

import csv
from collections.abc import Mapping
from pathlib import Path

import pytest

from jindo.base.ids import ChainId
from jindo.ledger import Chain, UtxoChain, import_source, open_ledger
from jindo.sim import World, make_world, write_world
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

RULES = [str(getattr(rule, "name", rule)) for rule in CONSERVING]
SCALES = {"coinjoin": 0.03, "bridges": 0.04, "peel": 0.04}


class Case:
    """A world written, imported, and named as stolen."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        write_world(world, folder / "w")
        for part, form in (("ethereum", "ethereum-etl"), ("bitcoin", "bitcoin-etl")):
            if (folder / "w" / part).exists():
                import_source(str(folder / "w" / part), format=form, into=folder / "ledger", strict=True)
        ledger = open_ledger(folder / "ledger")
        self.chains = {chain: ledger.chain(chain) for chain in ledger.chain_ids()}
        with (folder / "w/stolen.csv").open(encoding="utf-8", newline="") as file:
            named = [
                NamedTransfer(r["theft"], r["tx_hash"], int(r["output_index"]) if r["output_index"] else None)
                for r in csv.DictReader(file)
            ]
        self.seeds = resolve(named, list(self.chains.values())).seeds
        self.labels = folder / "w/services.csv"

    def stops(self) -> Mapping[str, Stop]:
        with self.labels.open(encoding="utf-8", newline="") as file:
            return {
                row["address"]: stop_of_kind(row["kind"], service=row["service"], source="services.csv")
                for row in csv.DictReader(file)
            }


@pytest.fixture(scope="module", params=sorted(SCALES))
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    world = make_world(request.param, seed=11, scale=SCALES[request.param])
    return Case(world, tmp_path_factory.mktemp(request.param))


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


@pytest.mark.parametrize("rule", RULES)
def test_every_trace_conserves_what_was_stolen(case: Case, rule: str) -> None:
    stolen = sum(truth.stolen for truth in case.world.truth.thefts)
    found_units = 0
    for chain_id, seeds in case.seeds.items():
        chain = case.chains[ChainId(chain_id)]
        stops = build_stops(chain, case)
        found = trace(chain, seeds, stops, rule)
        found_units += sum(f.amount for f in found.flows if f.pot == FEE or f.pot in stops)
        found_units += sum(found.held.values())
    assert found_units == stolen


@pytest.mark.parametrize("rule", RULES)
def test_theft_that_never_crosses_traces_to_its_truth(case: Case, rule: str) -> None:
    for truth in case.world.truth.thefts:
        if truth.theft != "peel-like-btc":
            continue
        chain = case.chains[truth.chain]
        stops = build_stops(chain, case)
        found = trace(chain, case.seeds[truth.chain], stops, rule)
        sums: dict[tuple[str, str], int] = {}
        for flow in found.flows:
            if flow.pot != FEE and flow.pot in stops:
                account = chain.accounts[account_of(chain, flow.pot)]
                sums[account, "service"] = sums.get((account, "service"), 0) + flow.amount
        for (pot, _), amount in found.held.items():
            account = chain.accounts[account_of(chain, pot)]
            sums[account, "held"] = sums.get((account, "held"), 0) + amount
        assert sums == {(end.account, end.reason): end.amount for end in truth.endpoints}
