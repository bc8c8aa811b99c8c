"""Worlds checked from their rows alone, without their books."""

from functools import cache
from pathlib import Path

import pytest

from jindo.base.errors import InputError, NotFound
from jindo.base.ids import BURN_ADDRESSES, Account, parse_address, parse_tx_id
from jindo.ledger import Kind
from jindo.sim import WORLDS, World, make_world

SMALL = 0.05
SCALES = (0.001, 0.05, 0.2)


@cache
def bybit(scale: float = SMALL, seed: int = 7) -> World:
    return make_world("bybit", seed=seed, scale=scale)


def thief_wallets(world: World) -> set[Account]:
    """Everybody unlabelled whom stolen ether reaches, from the rows."""
    stops = {service.address for service in world.services} | BURN_ADDRESSES
    named = {stolen.tx_hash for stolen in world.stolen}
    wallets: set[Account] = set()
    for row in world.account.iter_rows():
        if row.kind is Kind.NATIVE and (row.tx_hash in named or row.sender in wallets):
            assert row.receiver is not None
            if row.receiver not in stops:
                wallets.add(row.receiver)
    return wallets


@pytest.mark.parametrize("scale", SCALES)
def test_rows_thief_wallets_never_receive_clean_ether(scale: float) -> None:
    world = bybit(scale)
    wallets, named = thief_wallets(world), {stolen.tx_hash for stolen in world.stolen}
    ether = world.truth.theft("bybit-like").asset
    for row in world.account.iter_rows():
        if row.receiver in wallets and row.asset == ether:
            assert row.tx_hash in named or row.sender in wallets


@pytest.mark.parametrize("scale", SCALES)
def test_truth_of_the_ether_theft_follows_from_the_rows(scale: float) -> None:
    world = bybit(scale)
    truth, wallets = world.truth.theft("bybit-like"), thief_wallets(world)
    reached: dict[Account, int] = {}
    fee = held = 0
    for row in world.account.iter_rows():
        if row.asset != truth.asset:
            continue
        held += row.amount * ((row.receiver in wallets) - (row.sender in wallets))
        if row.sender in wallets and row.receiver is None:
            fee += row.amount
        elif row.sender in wallets and row.receiver not in wallets:
            assert row.receiver is not None
            reached[row.receiver] = reached.get(row.receiver, 0) + row.amount
    assert {e.account: e.amount for e in truth.endpoints if e.reason != "held"} == reached
    assert (fee, held) == (truth.fee, truth.reasons()["held"])
    assert truth.stolen == fee + held + sum(reached.values()) == 401_000 * 10**18


@pytest.mark.parametrize("scale", SCALES)
def test_truth_of_the_coin_theft_follows_from_the_rows(scale: float) -> None:
    world = bybit(scale)
    truth = world.truth.theft("bybit-like-btc")
    stops = {service.address for service in world.services}
    named = {(stolen.tx_hash, stolen.output_index) for stolen in world.stolen}
    unspent: dict[tuple[str, int], tuple[Account, int]] = {}
    reached: dict[Account, int] = {}
    stolen = fee = 0
    for tx in world.utxo.transactions:
        taken = [unspent.pop((i.prev_hash, i.prev_index), None) for i in tx.inputs]
        thief = bool(taken) and taken[0] is not None
        assert all((coin is not None) == thief for coin in taken), "thief transactions have only thief inputs"
        fee += sum(coin[1] for coin in taken if coin) - sum(o.value for o in tx.outputs) if thief else 0
        for place, output in enumerate(tx.outputs):
            assert output.address is not None
            if not thief and (tx.tx_hash, place) not in named:
                continue
            stolen += 0 if thief else output.value
            if output.address in stops:
                reached[output.address] = reached.get(output.address, 0) + output.value
            else:
                unspent[tx.tx_hash, place] = (output.address, output.value)
    assert {e.account: e.amount for e in truth.endpoints if e.reason != "held"} == reached
    assert (stolen, fee) == (truth.stolen, truth.fee)
    assert sum(value for _, value in unspent.values()) == truth.reasons()["held"]


@pytest.mark.parametrize("scale", SCALES)
def test_utxo_rows_spend_each_output_once_and_never_more_than_there_is(scale: float) -> None:
    made: dict[tuple[str, int], tuple[int, Account | None]] = {}
    spent: set[tuple[str, int]] = set()
    order = [(tx.block, tx.tx_index) for tx in bybit(scale).utxo.transactions]
    assert order == sorted(set(order))
    for tx in bybit(scale).utxo.transactions:
        assert tx.coinbase == (not tx.inputs)
        for coin in tx.inputs:
            key = (str(coin.prev_hash), coin.prev_index)
            assert key not in spent
            spent.add(key)
            assert made.get(key, (coin.value, coin.address)) == (coin.value, coin.address)
        if tx.inputs:
            assert sum(i.value or 0 for i in tx.inputs) > sum(o.value for o in tx.outputs)
        assert all(output.value > 0 for output in tx.outputs)
        made.update({(str(tx.tx_hash), i): (o.value, o.address) for i, o in enumerate(tx.outputs)})


def test_account_rows_stand_in_order_and_overdraw_nobody() -> None:
    world, held = bybit(), dict[tuple[Account | None, str], int]()
    order = [(tx.block, tx.tx_index) for tx in world.account.transactions]
    assert order == sorted(set(order))
    minted = {row.asset for row in world.account.iter_rows() if row.kind is Kind.TOKEN}
    for row in world.account.iter_rows():
        if row.sender is not None and not (row.asset in minted and int(row.sender, 16) == 0):
            held[row.sender, row.asset] = held.get((row.sender, row.asset), 0) - row.amount
            assert held[row.sender, row.asset] >= 0
        held[row.receiver, row.asset] = held.get((row.receiver, row.asset), 0) + row.amount


def test_first_layer_empties_along_the_reported_curve() -> None:
    world, day = bybit(0.5), 86_400
    named = [s.tx_hash for s in world.stolen if s.theft == "bybit-like"]
    theft = [tx for tx in world.account.transactions if tx.tx_hash in named]
    root, start = theft[0].receiver, theft[0].time
    first = {tx.receiver: tx for tx in world.account.transactions if tx.sender == root}
    assert len(first) == 25
    assert all(tx.time - start <= 2 * 3_600 for tx in first.values())
    share = 401_000 * 10**18 // 25
    assert all(abs(tx.value - share) <= share * 4 // 100 + 10**18 for tx in first.values())
    for days, percent in ((2, 10), (5, 27), (7, 54), (11, 83)):
        left = [
            tx for tx in world.account.transactions if tx.sender in first and tx.time - start <= days * day
        ]
        assert abs(sum(tx.value for tx in left) * 100 / (401_000 * 10**18) - percent) < 1


def test_bridge_carries_seventy_two_per_cent_of_what_leaves() -> None:
    truth = bybit(0.5).truth.theft("bybit-like")
    reasons, bridge = truth.reasons(), truth.reached()["Longship Bridge"]
    assert 0.71 < bridge / (truth.stolen * 83 // 100) < 0.73
    assert all(reasons[reason] > 0 for reason in ("service", "mixer", "burned", "fee", "held"))
    assert 0 < truth.frozen < reasons["service"]


def test_innocent_traffic_is_as_large_as_the_thieves() -> None:
    world = bybit()
    wallets = thief_wallets(world)
    thieves = sum(tx.sender in wallets for tx in world.account.transactions)
    assert 2 * thieves <= len(world.account.transactions)


def test_scale_multiplies_wallets_and_transactions() -> None:
    small, large = bybit(0.1), bybit(0.4)
    for a, b in (
        (len(small.account.transactions), len(large.account.transactions)),
        (len(small.utxo.transactions), len(large.utxo.transactions)),
        (len(small.services), len(large.services)),
    ):
        assert 3.4 * a < b < 4.6 * a
    assert small.truth.theft("bybit-like").stolen == large.truth.theft("bybit-like").stolen


def test_names_are_canonical_with_right_checksums() -> None:
    world = bybit()
    for row in world.account.iter_rows():
        for account in (row.sender, row.receiver):
            assert account is None or parse_address(account) == account
        assert parse_tx_id(row.tx_hash) == row.tx_hash
    forms = set()
    for tx in world.utxo.transactions:
        assert parse_tx_id(tx.tx_hash) == tx.tx_hash
        for output in tx.outputs:
            assert output.address is not None
            assert parse_address(output.address) == output.address
            forms.add(output.address[0])
    assert forms == {"b", "1"}


def test_services_label_each_address_once_and_no_thief() -> None:
    world = bybit()
    addresses = [service.address for service in world.services]
    assert addresses == sorted(set(addresses))
    assert not thief_wallets(world) & set(addresses)
    kinds = {service.kind for service in world.services}
    assert kinds == {
        "exchange", "exchange deposit", "instant exchange", "bridge",
        "mixer", "gambling", "custody", "payment",
    }  # fmt: skip


def test_world_holds_poison_failures_and_tokens() -> None:
    world = bybit(0.2)
    tokens = [move for tx in world.account.transactions for move in tx.tokens]
    assert any(move.amount == 0 for move in tokens)
    assert len({move.asset for move in tokens}) == 2
    assert any(not tx.succeeded and tx.value for tx in world.account.transactions)
    assert any(tx.coinbase for tx in world.utxo.transactions)
    assert any(tx.value > 2**63 for tx in world.account.transactions)


def test_make_world_same_seed_same_world_other_seed_another() -> None:
    again = make_world("bybit", seed=7, scale=SMALL)
    assert again == bybit()
    assert bybit(seed=8).account != again.account


def test_make_world_unknown_name_lists_those_there_are() -> None:
    with pytest.raises(NotFound) as caught:
        make_world("atlantis", seed=1)
    assert all(recipe.name in caught.value.remedy() for recipe in WORLDS)


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf"), 1000.5])
def test_make_world_refuses_a_bad_scale(scale: float) -> None:
    with pytest.raises(InputError):
        make_world("bybit", seed=1, scale=scale)


def test_reference_page_names_every_world_and_theft() -> None:
    page = (Path(__file__).parents[3] / "docs/reference/worlds.md").read_text(encoding="utf-8")
    assert all(f"`{recipe.name}`" in page for recipe in WORLDS)
    assert all(f"`{theft.theft}`" in page for theft in bybit().truth.thefts)
