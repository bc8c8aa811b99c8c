"""Thieves' patterns on the UTXO chain: fan-out, peel chains, fan-in and dormancy of stolen bitcoin.

* Two outputs a hop, the larger one spent again alone, minutes later; peels to exchanges' deposit addresses.
* What is gathered has 50 to 500 inputs, in transactions of a hundred at most.
"""

from __future__ import annotations

from jindo.base.ids import Account
from jindo.sim.books import Owner, Role
from jindo.sim.coin_plan import Coin, Payee
from jindo.sim.plan import TheftMark
from jindo.sim.worlds.coin_people import Purse, fresh, outside, pay
from jindo.sim.worlds.coin_traffic import deposit_address
from jindo.sim.worlds.peel_cast import COIN_THEFT, END, THEFT_TIME, Peel, thief_purse
from jindo.sim.worlds.scene import BTC, DAY, HOUR, MINUTE

COIN_LOOT = 800 * BTC


def play_coin_theft(cast: Peel) -> None:
    """Plans the theft of bitcoin and all that follows."""
    scene, purse = cast.scene, thief_purse(cast)
    victim = Purse(Owner(Role.VICTIM, "Juniper Exchange"))
    (loot,) = pay(
        scene, victim, THEFT_TIME, [(purse.used[0], COIN_LOOT)], coins=[outside(scene, victim, COIN_LOOT + BTC)],
        act="theft", marks={0: TheftMark.STOLEN},
    )  # fmt: skip
    chains, gathers, sleepers = scene.count(12), scene.count(4), scene.count(4)
    first = _fan_out(cast, THEFT_TIME + 30 * MINUTE, loot, max(23, chains + gathers + sleepers))
    for place, coin in enumerate(first):
        time = coin.time + scene.rng.randrange(6 * HOUR, 12 * DAY)
        if place < chains:
            _peel_chain(cast, time, coin)
        elif place < chains + gathers:
            _fan_in(cast, time, coin)
        elif place < chains + gathers + sleepers:
            _sleep(cast, coin)


def _fan_out(cast: Peel, time: int, coin: Coin, count: int) -> list[Coin]:
    scene, purse = cast.scene, thief_purse(cast)
    share = (coin.value - scene.coin_fee(1, count)) // count
    values = [scene.around(share - share // 25, 3) for _ in range(count - 1)]
    values.append(coin.value - scene.coin_fee(1, count) - sum(values))
    outputs = [(fresh(scene, purse), value) for value in values]
    made = scene.coins.add(time, [coin], outputs, act="fan-out")
    accounts = [coin.account, *(c.account for c in made)]
    cast.scene.tell(
        "fan-out", [made[0].tx_hash], accounts, coins=True, theft=COIN_THEFT, wallets=count, seconds=0
    )
    return made


def _peel_chain(cast: Peel, time: int, coin: Coin) -> None:
    scene, rng, purse = cast.scene, cast.scene.rng, thief_purse(cast)
    hops = rng.choice((rng.randrange(30, 80), rng.randrange(80, 200), rng.randrange(200, 501)))
    most = 1_000 if hops < 80 else 300 if hops < 200 else 120
    hashes, accounts = [], [coin.account]
    for _ in range(hops):
        peel = coin.value * rng.randrange(50, most) // 10_000
        rest = coin.value - peel - scene.coin_fee(1, 2)
        if peel < 3_000 or rest < 10_000 or time > END - DAY:
            break
        target: Account = (
            deposit_address(scene, rng.choice(cast.vaults))
            if rng.randrange(10) < 8
            else fresh(scene, thief_purse(cast))
        )
        outputs: list[tuple[Payee, int]] = [(target, peel), (fresh(scene, purse), rest)]
        if rng.randrange(2):
            outputs.reverse()
        made = scene.coins.add(time, [coin], outputs, act="peel")
        coin = made[1] if outputs[1][1] == rest else made[0]
        hashes.append(coin.tx_hash)
        accounts.append(coin.account)
        time += rng.randrange(30, 25 * MINUTE)
    cast.scene.tell("peel-chain", hashes, accounts, coins=True, theft=COIN_THEFT, hops=len(hashes))


def _fan_in(cast: Peel, time: int, coin: Coin) -> None:
    """Spreads a coin over many and gathers these at an exchange or in one coin."""
    scene, rng = cast.scene, cast.scene.rng
    spread = _fan_out(cast, time, coin, scene.between(50, 500))
    rng.shuffle(spread)
    to_exchange = rng.randrange(2) == 0
    hub = deposit_address(scene, rng.choice(cast.vaults)) if to_exchange else fresh(scene, thief_purse(cast))
    time += DAY + rng.randrange(4 * DAY)
    hashes = []
    for start in range(0, len(spread), 100):
        part = spread[start : start + 100]
        value = sum(c.value for c in part) - scene.coin_fee(len(part), 1)
        hashes.append(scene.coins.add(time, part, [(hub, value)], act="fan-in")[0].tx_hash)
        time += rng.randrange(20 * MINUTE, 9 * HOUR)
    accounts = [hub, *(c.account for c in spread)]
    cast.scene.tell("fan-in", hashes, accounts, coins=True, theft=COIN_THEFT, inputs=len(spread))


def _sleep(cast: Peel, coin: Coin) -> None:
    scene, rng = cast.scene, cast.scene.rng
    days = rng.choice((30, rng.randrange(120, 151)))
    target = deposit_address(scene, rng.choice(cast.vaults))
    outputs = [(target, coin.value - scene.coin_fee(1, 1))]
    made = scene.coins.add(coin.time + days * DAY, [coin], outputs, act="after-dormancy")
    cast.scene.tell("dormancy", [made[0].tx_hash], [coin.account], coins=True, theft=COIN_THEFT, days=days)
