"""Innocent traffic on the UTXO chain, and in it what detectors of CoinJoins and clusters trip over.

* Batches of withdrawals, with many inputs or one, with equal amounts among them or none.
* Consolidations, sweeps of deposit addresses, payrolls of equal or near-equal salaries, mining pools' payouts.
* Payments between people, a coin cut into equal parts by its owner, payments into which the receiver puts a
  coin too (PayJoin).

Each transaction says what it is; none is a CoinJoin of the kinds that detectors name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from jindo.base.ids import Account
from jindo.sim.books import Owner, Role
from jindo.sim.coin_plan import Coin
from jindo.sim.worlds.coin_people import (
    Purse,
    address,
    draw_value,
    fresh,
    fund,
    open_firm,
    open_person,
    outside,
    pay,
    take,
)
from jindo.sim.worlds.scene import BTC, MINUTE, WorldScene

LEAST_FAN = 10
"""Wallets paid at once from which on it looks like a fan-out."""
SUBSIDY = 312_500_000
"""Satoshi issued by a coinbase."""
MIX = {
    "payment": 5_200, "exchange-deposit": 900, "exchange-batch": 700, "wide-batch": 90, "equal-batch": 90,
    "consolidation": 240, "sweep": 300, "payroll": 90, "pool-payout": 110, "equal-split": 120, "payjoin": 30,
    "coinbase": 500, "hot-wallet-change": 240,
}  # fmt: skip
"""Acts of each sort at scale 1."""


@dataclass(slots=True)
class CoinCrowd:
    """Everybody innocent on the UTXO chain."""

    scene: WorldScene
    people: list[Purse]
    exchanges: list[Purse]
    employers: list[Purse]
    staff: list[list[Purse]]
    pools: list[Purse]
    miners: list[Purse]
    deposits: dict[str, list[Coin]] = field(default_factory=dict)
    """What each exchange was paid and has yet to sweep."""


def open_coin_crowd(scene: WorldScene, *, people: int, exchanges: tuple[str, ...]) -> CoinCrowd:
    """The crowd, with coins in its purses."""
    crowd = CoinCrowd(
        scene,
        [open_person(scene) for _ in range(people)],
        [
            open_firm(scene, name, "exchange", form=("p2wpkh", "p2sh")[i % 2])
            for i, name in enumerate(exchanges)
        ],
        [open_person(scene) for _ in range(scene.count(12, least=2))],
        [],
        [open_person(scene, form="p2wpkh") for _ in range(2)],
        [open_person(scene) for _ in range(scene.count(400, least=30))],
    )
    crowd.staff = [[open_person(scene) for _ in range(scene.rng.randrange(6, 60))] for _ in crowd.employers]
    for person in crowd.people:
        for _ in range(scene.rng.randrange(1, 4)):
            fund(scene, person, draw_value(scene, most=5 * BTC))
    for firm in crowd.exchanges:
        for _ in range(40):
            fund(scene, firm, scene.around(60 * BTC, 80))
    return crowd


def play_coin_act(crowd: CoinCrowd, act: str, time: int) -> None:
    """Plans one act of the crowd."""
    _ACTS[act](crowd, time)


def deposit_address(scene: WorldScene, firm: Purse) -> Account:
    """A customer's fresh deposit address at a service, labelled."""
    kind = "exchange deposit" if firm.owner.kind == "exchange" else firm.owner.kind
    return scene.label(fresh(scene, firm, owner=Owner(Role.SERVICE, firm.owner.name, kind)))


def _payment(crowd: CoinCrowd, time: int) -> None:
    scene = crowd.scene
    payer, payee = scene.rng.sample(crowd.people, 2)
    value = draw_value(scene, most=max(BTC // 500, payer.value() // 2))
    payee.coins += pay(scene, payer, time, [(address(scene, payee), value)], act="payment")


def _deposit(crowd: CoinCrowd, time: int) -> None:
    scene = crowd.scene
    firm, payer = scene.rng.choice(crowd.exchanges), scene.rng.choice(crowd.people)
    target = deposit_address(scene, firm)
    made = pay(scene, payer, time, [(target, draw_value(scene))], act="exchange-deposit")
    crowd.deposits.setdefault(firm.owner.name, []).extend(made)


def _batch(crowd: CoinCrowd, time: int) -> None:
    """Withdrawals out of one or a few coins of the hot wallet, with change."""
    _withdraw(crowd, time, crowd.scene.between(2, 150), act="exchange-batch")


def _wide_batch(crowd: CoinCrowd, time: int) -> None:
    """Withdrawals paid out of as many small deposits as there are customers: dozens in, dozens out."""
    scene, firm = crowd.scene, crowd.scene.rng.choice(crowd.exchanges)
    coins = [outside(scene, firm, draw_value(scene, most=BTC)) for _ in range(scene.rng.randrange(50, 160))]
    total = sum(coin.value for coin in coins) * 9 // 10
    count = scene.rng.randrange(40, 150)
    # Customers like round numbers, so some amounts occur more than once.
    values = [max(2_000, scene.around(total // count, 60) // 10_000 * 10_000) for _ in range(count)]
    _pay_people(crowd, firm, time, _cut(values, total), act="wide-batch", coins=coins)


def _equal_batch(crowd: CoinCrowd, time: int) -> None:
    """A batch in which many customers draw the same amount: a promotion, or the least that may be drawn."""
    scene = crowd.scene
    size = scene.rng.choice((BTC // 1_000, BTC // 100, BTC // 20, BTC // 10, BTC // 2))
    equal = scene.rng.randrange(3, 40)
    values = [size] * equal + [draw_value(scene, most=BTC) for _ in range(scene.rng.randrange(0, 30))]
    _pay_people(crowd, scene.rng.choice(crowd.exchanges), time, values, act="equal-batch")


def _hot_change(crowd: CoinCrowd, time: int) -> None:
    """A run of single withdrawals, each out of the change of the one before."""
    scene, firm = crowd.scene, crowd.scene.rng.choice(crowd.exchanges)
    coins = take(scene, firm, 20 * BTC, time)
    (coin,) = (
        coins
        if len(coins) == 1
        else scene.coins.add(
            time,
            coins,
            [(fresh(scene, firm), sum(c.value for c in coins) - scene.coin_fee(len(coins), 1))],
            act="consolidation",
        )
    )
    first = coin
    hashes = []
    for _ in range(scene.rng.randrange(5, 40)):
        person, value = scene.rng.choice(crowd.people), draw_value(scene, most=BTC)
        rest = coin.value - value - scene.coin_fee(1, 2)
        if rest < BTC:
            break
        outputs = [(address(scene, person), value), (fresh(scene, firm), rest)]
        paid, coin = scene.coins.add(time, [coin], outputs, act="hot-wallet-change")
        person.coins.append(paid)
        hashes.append(paid.tx_hash)
        time += scene.rng.randrange(MINUTE, 40 * MINUTE)
    firm.coins.append(coin)
    scene.tell("peel-chain", hashes, [first.account], hops=len(hashes), coins=True, innocent=True)


def _consolidation(crowd: CoinCrowd, time: int) -> None:
    """Many coins of one owner gathered in one or two."""
    scene = crowd.scene
    owner = scene.rng.choice([*crowd.people, *crowd.exchanges])
    count = scene.rng.randrange(8, 200)
    coins = [outside(scene, owner, draw_value(scene, most=BTC // 5)) for _ in range(count)]
    total = sum(coin.value for coin in coins) - scene.coin_fee(count, 2)
    parts = [total] if scene.rng.randrange(4) else [total // 2, total - total // 2]
    outputs = [(fresh(scene, owner), part) for part in parts]
    made = scene.coins.add(time, coins, outputs, act="consolidation")
    owner.coins += made
    scene.tell("fan-in", [made[0].tx_hash], [made[0].account], inputs=count, coins=True, innocent=True)


def _sweep(crowd: CoinCrowd, time: int) -> None:
    """An exchange gathers what was paid into its deposit addresses."""
    scene, firm = crowd.scene, crowd.scene.rng.choice(crowd.exchanges)
    coins = [coin for coin in crowd.deposits.get(firm.owner.name, []) if coin.time < time][:120]
    total = sum(coin.value for coin in coins) - scene.coin_fee(len(coins), 1)
    if total > 10_000:
        crowd.deposits[firm.owner.name] = [c for c in crowd.deposits[firm.owner.name] if c not in coins]
        firm.coins += scene.coins.add(time, coins, [(firm.used[0], total)], act="sweep")


def _payroll(crowd: CoinCrowd, time: int) -> None:
    scene = crowd.scene
    place = scene.rng.randrange(len(crowd.employers))
    grades = [scene.around(BTC // 20, 60) for _ in range(scene.rng.randrange(1, 4))]
    targets = [
        (person.used[0] if person.used else fresh(scene, person), scene.rng.choice(grades))
        for person in crowd.staff[place]
    ]
    made = pay(scene, crowd.employers[place], time, list(targets), act="payroll")
    for person, coin in zip(crowd.staff[place], made, strict=True):
        person.coins.append(coin)


def _pool_payout(crowd: CoinCrowd, time: int) -> None:
    """A mining pool pays its miners, at thresholds that many of them share."""
    scene, pool = crowd.scene, crowd.scene.rng.choice(crowd.pools)
    miners = scene.rng.sample(crowd.miners, scene.rng.randrange(15, min(300, len(crowd.miners) + 1)))
    threshold = scene.rng.choice((BTC // 1_000, BTC // 200, BTC // 100))
    values = [threshold if scene.rng.randrange(3) == 0 else scene.around(4 * threshold, 90) for _ in miners]
    targets = [
        (miner.used[0] if miner.used else fresh(scene, miner), v)
        for miner, v in zip(miners, values, strict=True)
    ]
    for miner, coin in zip(miners, pay(scene, pool, time, list(targets), act="pool-payout"), strict=True):
        miner.coins.append(coin)


def _equal_split(crowd: CoinCrowd, time: int) -> None:
    """Somebody cuts coins of his own into equal parts, with change: inputs and outputs have one owner."""
    scene, owner = crowd.scene, crowd.scene.rng.choice(crowd.people)
    parts = scene.rng.randrange(2, 12)
    size = draw_value(scene, most=BTC // 2)
    coins = take(scene, owner, parts * size + 40_000, time)
    owner.coins += pay(
        scene,
        owner,
        time,
        [(fresh(scene, owner), size) for _ in range(parts)],
        act="equal-split",
        coins=coins,
    )


def _payjoin(crowd: CoinCrowd, time: int) -> None:
    """The receiver puts a coin of his own in: two owners' inputs, and no amount occurs twice."""
    scene = crowd.scene
    payer, payee = scene.rng.sample(crowd.people, 2)
    value = draw_value(scene, most=BTC)
    ours, theirs = take(scene, payer, value + 60_000, time), take(scene, payee, 10_000, time, most_inputs=1)
    back = sum(coin.value for coin in ours) - value - scene.coin_fee(len(ours) + len(theirs), 2)
    outputs = [(fresh(scene, payee), value + sum(coin.value for coin in theirs)), (fresh(scene, payer), back)]
    got, change = scene.coins.add(time, [*theirs, *ours], outputs, act="payjoin")
    payee.coins.append(got)
    payer.coins.append(change)


def _coinbase(crowd: CoinCrowd, time: int) -> None:
    pool = crowd.scene.rng.choice(crowd.pools)
    value = SUBSIDY + crowd.scene.rng.randrange(BTC // 10)
    pool.coins += crowd.scene.coins.add(
        time, [], [(pool.used[0] if pool.used else fresh(crowd.scene, pool), value)], act="coinbase"
    )


def _withdraw(crowd: CoinCrowd, time: int, count: int, *, act: str) -> None:
    values = [draw_value(crowd.scene) for _ in range(count)]
    _pay_people(crowd, crowd.scene.rng.choice(crowd.exchanges), time, values, act=act)


def _pay_people(
    crowd: CoinCrowd, firm: Purse, time: int, values: list[int], *, act: str, coins: list[Coin] | None = None
) -> None:
    scene = crowd.scene
    people = [scene.rng.choice(crowd.people) for _ in values]
    targets = [(address(scene, person), value) for person, value in zip(people, values, strict=True)]
    back = firm.used[0] if scene.rng.randrange(2) else fresh(scene, firm)
    made = pay(scene, firm, time, list(targets), act=act, coins=coins, change_to=back)
    for person, coin in zip(people, made, strict=True):
        person.coins.append(coin)
    if len(made) >= LEAST_FAN:
        scene.tell("fan-out", [made[0].tx_hash], [back], wallets=len(made), coins=True, innocent=True)


def _cut(values: list[int], total: int) -> list[int]:
    """The values that fit into the total, in their order."""
    kept: list[int] = []
    for value in values:
        if sum(kept) + value <= total:
            kept.append(value)
    return kept


_ACTS: dict[str, Callable[[CoinCrowd, int], None]] = {
    "payment": _payment, "exchange-deposit": _deposit, "exchange-batch": _batch, "wide-batch": _wide_batch,
    "equal-batch": _equal_batch, "consolidation": _consolidation, "sweep": _sweep, "payroll": _payroll,
    "pool-payout": _pool_payout, "equal-split": _equal_split, "payjoin": _payjoin, "coinbase": _coinbase,
    "hot-wallet-change": _hot_change,
}  # fmt: skip
