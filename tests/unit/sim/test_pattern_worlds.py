"""Patterns in the world `peel` are within the parameters that they are described with; `innocent` has no crime."""

from collections import Counter
from itertools import pairwise

from tests.unit.sim.made import SMALL, made

from jindo.ledger import UtxoTransaction
from jindo.sim import AccountTransaction, TruePattern

DAY, HOUR = 86_400, 3_600
KINDS = {
    "fan-out", "peel-chain", "fan-in", "structuring", "dormancy", "nested-desk", "swap-below-market", "dust",
    "address-poisoning",
}  # fmt: skip


def guilty(kind: str) -> list[TruePattern]:
    found = [p for p in made("peel").patterns if p.pattern == kind and not p.innocent]
    assert found, kind
    return found


def account_txs(pattern: TruePattern) -> list[AccountTransaction]:
    by_hash = {tx.tx_hash: tx for tx in made("peel").account.transactions}
    return [by_hash[h] for h in pattern.tx_hashes if h in by_hash]


def coin_txs(pattern: TruePattern) -> list[UtxoTransaction]:
    by_hash = {tx.tx_hash: tx for tx in made("peel").utxo.transactions}
    return [by_hash[h] for h in pattern.tx_hashes if h in by_hash]


def test_every_kind_is_played_and_every_transaction_of_it_exists() -> None:
    assert {p.pattern for p in made("peel").patterns if not p.innocent} == KINDS
    for pattern in made("peel").patterns:
        there = len(account_txs(pattern)) + len(coin_txs(pattern))
        assert there == len(pattern.tx_hashes) > 0


def test_first_fan_out_is_equal_within_five_per_cent_in_two_hours() -> None:
    first = next(p for p in guilty("fan-out") if dict(p.parameters)["theft"] == "peel-like")
    txs = account_txs(first)
    assert 23 <= len(txs) <= 50
    assert max(tx.time for tx in txs) - min(tx.time for tx in txs) <= 2 * HOUR
    mean = sum(tx.value for tx in txs) / len(txs)
    assert sum(abs(tx.value - mean) < mean * 0.06 for tx in txs) >= len(txs) - 1


def test_coin_peel_chain_has_two_outputs_a_hop_and_spends_the_larger_alone() -> None:
    chains = [p for p in guilty("peel-chain") if coin_txs(p)]
    assert chains
    for chain in chains:
        txs = coin_txs(chain)
        for before, after in pairwise(txs):
            assert len(before.outputs) == 2
            assert [c.prev_hash for c in after.inputs] == [before.tx_hash]
            assert after.inputs[0].value == max(o.value for o in before.outputs)
    assert max(len(coin_txs(c)) for c in chains) >= 30


def test_structuring_stays_below_its_threshold_for_two_days() -> None:
    for pattern in guilty("structuring"):
        threshold = int(dict(pattern.parameters)["threshold"])
        txs = account_txs(pattern)
        assert len(txs) >= 15
        amounts = [move.amount for tx in txs for move in tx.tokens]
        assert all(threshold * 9 // 10 <= amount < threshold for amount in amounts)
        assert max(tx.time for tx in txs) - min(tx.time for tx in txs) <= 48 * HOUR
        assert len({move.receiver for tx in txs for move in tx.tokens}) <= 3


def test_sleepers_do_not_move_for_a_month_at_least() -> None:
    for pattern in guilty("dormancy"):
        sleeper, days = pattern.accounts[0], int(dict(pattern.parameters)["days"])
        assert days == 30 or 120 <= days <= 150
        if txs := account_txs(pattern):
            received = [t.time for t in made("peel").account.transactions if t.receiver == sleeper]
            assert txs[0].time - max(received) >= (days - 1) * DAY


def test_desk_has_twenty_senders_and_both_cases() -> None:
    roles = {row.address: (row.role, row.owner) for row in made("peel").owners}
    for pattern in guilty("nested-desk"):
        senders = set(pattern.accounts[1:])
        assert len(senders) >= 20
        assert {roles[s][1] for s in senders if roles[s][0] == "thief"} == {"peel-like", "peel-like-second"}


def test_dust_is_thrown_on_ten_hubs_and_is_no_thousandth_of_what_they_receive() -> None:
    (pattern,) = guilty("dust")
    txs = account_txs(pattern)
    assert len({tx.receiver for tx in txs}) == 10
    assert all(tx.value <= 10**16 for tx in txs)


def test_poisoner_imitates_first_and_last_four_digits_within_a_day() -> None:
    for pattern in guilty("address-poisoning"):
        twin, payee = pattern.accounts[:2]
        assert twin != payee
        assert (twin[:6], twin[-4:]) == (payee[:6], payee[-4:])
        genuine, poison = account_txs(pattern)
        assert 0 <= poison.time - genuine.time <= DAY


def test_own_site_pays_less_than_the_market() -> None:
    prices = {(p.asset, p.time): int(p.price.replace(".", "")) for p in made("peel").prices}
    found = [c for c in made("peel").crossings if c.kind == "own-site"]
    assert len(found) >= 10
    times = {tx.tx_hash: tx.time for tx in made("peel").account.transactions}
    for crossing in found:
        gave, got = crossing.departures[0], crossing.arrivals[0]
        time = times[gave.tx_hash]
        cents = next(v for (a, t), v in prices.items() if a == gave.asset and t <= time + 12 < t + 3_600 + 12)
        paid = got.amount / (gave.amount * cents / 10**14)
        assert 0.955 < paid < 0.99


def test_innocent_world_has_no_thief_and_more_than_a_hundred_thousand_transactions_at_scale_one() -> None:
    world = made("innocent")
    assert not world.stolen
    assert {row.role for row in world.owners} <= {"customer", "service"}
    count = len(world.account.transactions) + len(world.utxo.transactions)
    assert count > 90_000 * SMALL["innocent"]
    assert all(p.innocent for p in world.patterns)


def test_innocent_world_has_a_control_for_each_pattern_that_has_one() -> None:
    seen = Counter(p.pattern for p in made("innocent").patterns)
    assert set(seen) == {"fan-out", "fan-in", "peel-chain", "structuring", "nested-desk", "dormancy"}
    acts = {a.act for a in made("innocent").acts}
    assert {"payroll", "airdrop", "maker-lots", "swap", "exchange-batch", "sweep", "merchant-payment"} <= acts
