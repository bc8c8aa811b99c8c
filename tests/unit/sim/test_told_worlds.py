"""What holds for every world that tells what its transactions are and whose its addresses."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.sim.made import SMALL, made

from jindo.base.ids import BITCOIN, BURN_ADDRESSES, ETHEREUM, Account, TxId, parse_address
from jindo.ledger import Kind, UtxoTransaction, import_source, open_ledger, read_transactions, read_transfers
from jindo.ledger.build_utxo import output_account
from jindo.ledger.chain import AccountChain, UtxoChain
from jindo.sim import WORLDS, World, make_world, write_world

NAMES = sorted(SMALL)
PROGRAM = """
import sys; from pathlib import Path; from jindo.sim import make_world, write_world
write_world(make_world(sys.argv[1], seed=3, scale=float(sys.argv[2])), Path(sys.argv[3]))
"""


def digests(out: Path) -> dict[str, str]:
    files = sorted(path for path in out.rglob("*") if path.is_file())
    return {path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def addresses(world: World) -> set[Account]:
    seen = {row.sender for row in world.account.iter_rows()} | {
        row.receiver for row in world.account.iter_rows()
    }
    for tx in world.utxo.transactions:
        seen |= {coin.address for coin in tx.inputs} | {output.address for output in tx.outputs}
    return {address for address in seen if address is not None}


def whose(tx: UtxoTransaction) -> list[tuple[int, Account]]:
    return [(output.value, output_account(output)) for output in tx.outputs]


def hashes(world: World) -> set[tuple[str, TxId]]:
    account = {(world.account.chain, tx.tx_hash) for tx in world.account.transactions}
    return account | {(world.utxo.chain, tx.tx_hash) for tx in world.utxo.transactions}


@pytest.mark.parametrize("name", NAMES)
def test_every_sheet_adds_up_to_the_unit(name: str) -> None:
    for truth in made(name).truth.thefts:
        assert sum(truth.reasons().values()) == truth.stolen + truth.arrived
        assert (
            truth.stolen + truth.arrived
            == sum(e.amount for e in truth.endpoints) + truth.fee + truth.departed
        )
    assert bool(made(name).truth.thefts) == (name != "innocent")


@pytest.mark.parametrize("name", NAMES)
def test_every_address_has_one_owner_and_every_transaction_says_what_it_is(name: str) -> None:
    world = made(name)
    owned = [row.address for row in world.owners]
    assert len(owned) == len(set(owned))
    assert addresses(world) - set(owned) <= BURN_ADDRESSES
    acts = [(act.chain, act.tx_hash) for act in world.acts]
    assert len(acts) == len(set(acts))
    assert set(acts) == hashes(world)
    assert all(parse_address(address) == address for address in owned)


@pytest.mark.parametrize("name", NAMES)
def test_no_thief_is_labelled_and_every_label_is_a_services(name: str) -> None:
    world = made(name)
    roles = {row.address: row.role for row in world.owners}
    contracts = {s.address for s in world.services if s.kind == "swap"}
    assert all(roles[s.address] == "service" for s in world.services if s.address not in contracts)
    labelled = [service.address for service in world.services]
    assert len(labelled) == len(set(labelled))


@pytest.mark.parametrize("name", NAMES)
def test_nobody_is_overdrawn_and_no_coin_is_spent_twice(name: str) -> None:
    world = made(name)
    held: dict[tuple[Account | None, str], int] = {}
    for row in world.account.iter_rows():
        if row.kind in (Kind.NATIVE, Kind.GAS, Kind.ISSUANCE):
            held[row.receiver, row.asset] = held.get((row.receiver, row.asset), 0) + row.amount
            if row.sender is not None:
                held[row.sender, row.asset] = held.get((row.sender, row.asset), 0) - row.amount
                assert held[row.sender, row.asset] >= 0
    spent, values = set[tuple[str, int]](), dict[tuple[str, int], int]()
    for tx in world.utxo.transactions:
        for coin in tx.inputs:
            key = (str(coin.prev_hash), coin.prev_index)
            assert key not in spent
            assert values.get(key, coin.value) == coin.value
            spent.add(key)
        assert tx.coinbase or sum(i.value or 0 for i in tx.inputs) > sum(o.value for o in tx.outputs)
        values.update({(str(tx.tx_hash), i): o.value for i, o in enumerate(tx.outputs)})


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_imported_without_a_reject_and_unchanged(name: str, tmp_path: Path) -> None:
    world = made(name)
    write_world(world, tmp_path / "w")
    assert (tmp_path / "w/ethereum").exists() == bool(world.account.transactions)
    for folder, form in (("ethereum", "ethereum-etl"), ("bitcoin", "bitcoin-etl")):
        if (tmp_path / "w" / folder).exists():
            report = import_source(
                str(tmp_path / "w" / folder), format=form, into=tmp_path / "ledger", strict=True
            )
            assert report.rejected == 0
    ledger = open_ledger(tmp_path / "ledger")
    coins = ledger.chain(BITCOIN)
    assert isinstance(coins, UtxoChain)
    read = read_transactions(coins, range(coins.tx_count))
    assert [(t.tx_hash, whose(t), t.coinbase) for t in read] == [
        (t.tx_hash, whose(t), t.coinbase) for t in world.utxo.transactions
    ]
    if not world.account.transactions:
        return
    chain = ledger.chain(ETHEREUM)
    assert isinstance(chain, AccountChain)
    opening = len(world.account.openings)
    rows = read_transfers(chain, range(opening, chain.event_count))
    expected = list(world.account.iter_rows())[opening:]
    assert [(r.tx_hash, r.sender, r.receiver, r.amount, r.asset, r.kind) for r in rows] == [
        (r.tx_hash, r.sender, r.receiver, r.amount, r.asset, r.kind) for r in expected
    ]


@pytest.mark.parametrize("name", NAMES)
def test_same_name_seed_and_scale_same_bytes_in_another_process(name: str, tmp_path: Path) -> None:
    write_world(made(name), tmp_path / "here")
    environment = os.environ | {"PYTHONHASHSEED": "77", "PYTHONPATH": os.pathsep.join(sys.path)}
    there = tmp_path / "there"
    subprocess.run(
        [sys.executable, "-c", PROGRAM, name, str(SMALL[name]), str(there)], check=True, env=environment
    )
    assert digests(tmp_path / "here") == digests(there)


@pytest.mark.parametrize("name", NAMES)
def test_another_seed_another_world(name: str) -> None:
    assert make_world(name, seed=4, scale=0.01).acts != make_world(name, seed=5, scale=0.01).acts


def test_crossings_are_what_the_sheets_say_departed_and_arrived() -> None:
    for name in NAMES:
        world = made(name)
        sums: dict[tuple[str, str, str], int] = {}
        for crossing in world.crossings:
            for side, legs in (("departed", crossing.departures), ("arrived", crossing.arrivals)):
                for leg in legs:
                    key = (crossing.theft, leg.asset, side)
                    sums[key] = sums.get(key, 0) + leg.amount
        for truth in world.truth.thefts:
            assert sums.get((truth.theft, truth.asset, "departed"), 0) == truth.departed
            assert sums.get((truth.theft, truth.asset, "arrived"), 0) == truth.arrived


def test_reference_page_tells_of_every_world_and_file() -> None:
    page = (Path(__file__).parents[3] / "docs/reference/worlds.md").read_text(encoding="utf-8")
    for recipe in WORLDS:
        assert f"## `{recipe.name}`" in page
    for file in ("owners.csv", "acts.csv", "crossings.json", "patterns.json", "prices.csv"):
        assert f"`{file}`" in page
