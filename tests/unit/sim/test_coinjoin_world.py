"""CoinJoins in the world `coinjoin` have the shape that their kinds are described with."""

from collections import Counter

from tests.unit.sim.made import made

from jindo.base.ids import Account
from jindo.ledger import UtxoTransaction
from jindo.sim.worlds.coin_traffic import MIX
from jindo.sim.worlds.coinjoin_pools import POOLS
from jindo.sim.worlds.coinjoin_rounds import DENOMINATIONS

BTC = 10**8
KINDS = {"wasabi-1.0", "wasabi-1.1", "wasabi-2.0", "whirlpool", "whirlpool-surge", "joinmarket"}


def transactions(act: str) -> list[UtxoTransaction]:
    named = {a.tx_hash for a in made("coinjoin").acts if a.act == act}
    found = [tx for tx in made("coinjoin").utxo.transactions if tx.tx_hash in named]
    assert found
    return found


def owners() -> dict[Account | None, str]:
    return {row.address: row.owner for row in made("coinjoin").owners}


def most_equal(tx: UtxoTransaction) -> tuple[int, int]:
    """The most frequent output and how often it occurs."""
    return Counter(o.value for o in tx.outputs).most_common(1)[0]


def test_wasabi_one_has_one_equal_output_of_a_tenth_for_each_participant() -> None:
    for tx in transactions("wasabi-1.0"):
        value, count = most_equal(tx)
        assert abs(value - BTC // 10) <= BTC // 200
        people = {owners()[coin.address] for coin in tx.inputs}
        assert 20 <= count == len(people) <= 100


def test_wasabi_one_point_one_has_levels_that_double() -> None:
    doubled = 0
    for tx in transactions("wasabi-1.1"):
        values = Counter(o.value for o in tx.outputs)
        base, _ = most_equal(tx)
        doubled += values[2 * base] > 1
        assert len({owners()[coin.address] for coin in tx.inputs}) <= 100
    assert doubled


def test_wasabi_two_has_fifty_inputs_standard_amounts_and_falling_order() -> None:
    for tx in transactions("wasabi-2.0"):
        assert len(tx.inputs) >= 50
        values = [coin.value or 0 for coin in tx.inputs]
        assert values == sorted(values, reverse=True)
        made_values = [o.value for o in tx.outputs]
        assert made_values == sorted(made_values, reverse=True)
        assert sum(value in DENOMINATIONS for value in made_values) * 10 > len(made_values) * 8
        busiest = Counter(coin.address for coin in tx.inputs).most_common(1)[0][1]
        assert busiest * 10 <= len(tx.inputs)


def test_whirlpool_is_five_by_five_of_a_pools_amount_with_five_people() -> None:
    for act, widths in (("whirlpool", {5}), ("whirlpool-surge", {6, 7, 8})):
        for tx in transactions(act):
            assert len(tx.inputs) == len(tx.outputs)
            assert len(tx.outputs) in widths
            assert {o.value for o in tx.outputs} <= set(POOLS)
            assert len({o.value for o in tx.outputs}) == 1
            assert len({owners()[coin.address] for coin in tx.inputs}) == len(tx.inputs)


def test_tx_zero_pays_the_pool_and_carries_data() -> None:
    for tx in transactions("whirlpool-tx0"):
        assert sum(o.address is None for o in tx.outputs) == 1
        assert any(o.value in POOLS.values() for o in tx.outputs)
        assert 4 <= most_equal(tx)[1] <= 70
        assert len({owners()[coin.address] for coin in tx.inputs}) == 1


def test_joinmarket_has_an_equal_output_for_taker_and_each_maker() -> None:
    for tx in transactions("joinmarket"):
        people = {owners()[coin.address] for coin in tx.inputs}
        value, count = most_equal(tx)
        assert 3 <= len(people) <= 10
        assert count == len(people)
        assert count <= len(tx.outputs) <= 2 * count
        assert value > BTC // 100


def test_every_other_transaction_has_one_owners_inputs_but_for_payjoins_and_their_like() -> None:
    world, who = made("coinjoin"), owners()
    acts = {a.tx_hash: a.act for a in world.acts}
    for tx in world.utxo.transactions:
        if acts[tx.tx_hash] not in KINDS | {"payjoin"}:
            assert len({who[coin.address] for coin in tx.inputs}) <= 1, acts[tx.tx_hash]


def test_there_are_look_alikes_of_each_sort() -> None:
    seen = {a.act for a in made("coinjoin").acts}
    assert set(MIX) <= seen


def test_thief_goes_into_coinjoins_and_what_comes_back_is_recorded_as_mixed() -> None:
    world = made("coinjoin")
    truth = world.truth.theft("coinjoin-like")
    assert truth.stolen == 120 * BTC
    reasons = truth.reasons()
    assert reasons["mixer"] > truth.stolen // 4
    mixed = [e for e in truth.endpoints if e.account.startswith("coinjoin:")]
    named = {str(a.tx_hash) for a in world.acts if a.act in KINDS}
    assert {e.account.removeprefix("coinjoin:") for e in mixed} <= named
    assert any(row.role == "mixed" and row.owner == "coinjoin-like" for row in world.owners)
