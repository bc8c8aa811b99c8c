"""The Bybit-like theft at full scale: 401,000 ether, every leg, wallet and piece of public reporting's numbers.

* 50 first wallets within two hours; they empty along the reference curve: 10 % by day 2, 27 % by day 5, 54 % by day 7,
  83 % by day 11, and 97 % by day 18.
* Legs of some 37 ether, about 34 an hour while it lasts: 72 % of what leaves over the bridge with memos, the rest to
  services that pay elsewhere, to exchanges, a mixer, or held. Refunds are sent again.
* Of the bitcoin 944 go into CoinJoin rounds, 5 % back to ether and to exchanges, 3 % to exchanges; the rest ends in
  35,772 wallets.
* Thieves' wallets hold stolen value alone, so every conserving rule, haircut among them, has one and the same truth.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from jindo.base.ids import Account
from jindo.sim.books import Owner, Role
from jindo.sim.coin_plan import Coin
from jindo.sim.worlds.agenda import Deed
from jindo.sim.worlds.bridges_cast import EXCHANGES, BridgeCast
from jindo.sim.worlds.bridges_memo_bridge import deposit_coins, deposit_ether
from jindo.sim.worlds.coin_people import Purse, fresh
from jindo.sim.worlds.coin_traffic import deposit_address
from jindo.sim.worlds.coinjoin_cast import Mixers
from jindo.sim.worlds.coinjoin_rounds import play_wasabi_two
from jindo.sim.worlds.scene import BTC, DAY, ETH, HOUR, MINUTE, WorldScene

THEFT = "bybit-full"
LOOT = 401_000 * ETH
FIRST, FINAL, MIXED = 50, 35_772, 944 * BTC
"""First wallets, final wallets, and satoshi into CoinJoins."""
CURVE = ((0, 0), (2 * DAY, 10), (5 * DAY, 27), (7 * DAY, 54), (11 * DAY, 83), (18 * DAY, 97))
"""Seconds after the theft, and per cent of the loot that has left the first wallets by then."""
ROUTES = {"memo": 720, "Footbridge": 90, "Quokka Instant": 80, "exchange": 60, "mixer": 20, "held": 30}
"""Thousandths of what leaves the first wallets."""
TRANCHE, LEG = 450 * ETH, 37 * ETH
ROUNDS = 150


@dataclass(slots=True)
class FullThief:
    """The thief's plans."""

    cast: BridgeCast
    time: int
    """Of the theft."""
    pool: Account
    """A mixer's on the account chain."""
    busy: set[Account] = field(default_factory=set)
    """Wallets that are being emptied."""
    arrived: list[Purse] = field(default_factory=list)
    """Every purse that waits for bitcoin, or has it."""

    @property
    def scene(self) -> WorldScene:
        """The world's scene."""
        return self.cast.scene

    def wallet(self) -> Account:
        """A fresh wallet on the account chain."""
        return self.cast.house.open(Owner(Role.THIEF, THEFT))

    def purse(self) -> Purse:
        """A fresh purse on the UTXO chain, with an address."""
        purse = Purse(Owner(Role.THIEF, THEFT))
        fresh(self.scene, purse)
        return purse

    def loot(self, part: int = 1) -> int:
        """The loot, or a part of it, in proportion to the scale."""
        return int(LOOT * self.scene.scale) // part


def play_full_theft(thief: FullThief) -> None:
    """Enters the theft and the laundering of its ether."""
    house = thief.cast.house
    cold = house.open(Owner(Role.VICTIM, "Larch Exchange"), ether=thief.loot() + 2_500 * ETH)
    root, sent = thief.wallet(), 0
    for place, percent in enumerate((1, 62, 100)):
        value = thief.loot() * percent // 100 - sent
        house.send(thief.time + 36 * place, cold, root, value, act="theft", stolen=True)
        sent += value
    first = [thief.wallet() for _ in range(max(3, int(FIRST * thief.scene.scale)))]
    share = house.balance(root) // len(first)
    for place, wallet in enumerate(first):
        time = thief.time + 3 * MINUTE + place * 110 * MINUTE // len(first)
        last = place == len(first) - 1
        house.send(
            time, root, wallet, None if last else thief.scene.around(share - share // 100, 2), act="fan-out"
        )
    for time, wallet, route in _tranches(thief, first):
        if route != "held":
            thief.cast.agenda.at(time, _walker(thief, wallet, route))


def _tranches(thief: FullThief, first: list[Account]) -> Iterator[tuple[int, Account, str]]:
    """Tranches that leave the first wallets along the curve, each in a fresh wallet with its route."""
    house, moved, target = thief.cast.house, 0, thief.loot() * CURVE[-1][1] // 100
    sent = dict.fromkeys(ROUTES, 0)
    for wallet in first:
        time = thief.time + 2 * HOUR
        while house.balance(wallet) > ETH and moved < target:
            time = max(time + MINUTE, thief.time + _curve_time(thief, moved))
            amount = min(
                thief.scene.around(TRANCHE, 60), target - moved + ETH, house.balance(wallet) - ETH // 10
            )
            fresh_one = thief.wallet()
            house.send(time, wallet, fresh_one, amount, act="tranche")
            moved += amount
            route = max(ROUTES, key=lambda name: moved * ROUTES[name] // 1000 - sent[name])
            sent[route] += amount
            yield time + thief.scene.rng.randrange(5 * MINUTE, 40 * MINUTE), fresh_one, route


def _curve_time(thief: FullThief, moved: int) -> int:
    for (t0, f0), (t1, f1) in pairwise(CURVE):
        low, high = thief.loot() * f0 // 100, thief.loot() * f1 // 100
        if moved < high:
            return t0 + (t1 - t0) * (moved - low) // (high - low)
    return CURVE[-1][0]


def _walker(thief: FullThief, wallet: Account, route: str) -> Deed:
    """Pays legs by one route until the wallet is empty, going on in fresh wallets now and then."""
    house, rng = thief.cast.house, thief.scene.rng

    def begin(time: int) -> None:
        # What comes back to a wallet that is not empty yet goes on with the rest.
        if wallet not in thief.busy:
            thief.busy.add(wallet)
            step(time)

    def step(time: int) -> None:
        held = house.balance(wallet)
        # The pool takes ten ether at a time; what is left of a tranche for it stays.
        if held < (11 * ETH if route == "mixer" else ETH // 10):
            thief.busy.discard(wallet)
            return
        size = min(thief.scene.around(LEG, 60), held - ETH // 20)
        size = held - ETH // 20 if held - size < 8 * ETH else size
        _leg(thief, time, wallet, size, route)
        later = time + rng.randrange(4 * MINUTE, 25 * MINUTE)
        if rng.randrange(5) < 2 and house.balance(wallet) > ETH:
            fresh_one = thief.wallet()
            house.send(time + MINUTE, wallet, fresh_one, None, act="hop")
            thief.busy.discard(wallet)
            thief.cast.agenda.at(later, _walker(thief, fresh_one, route))
        else:
            thief.cast.agenda.at(later, step)

    return begin


def _leg(thief: FullThief, time: int, wallet: Account, size: int, route: str) -> None:
    house, rng = thief.cast.house, thief.scene.rng
    if route == "memo":
        purse = thief.purse()
        thief.arrived.append(purse)
        refund = thief.wallet() if rng.randrange(4) == 0 else None
        again = _walker(thief, refund or wallet, "memo")
        streaming = rng.randrange(8) == 0
        deposit_ether(thief.cast, time, wallet, size, purse, streaming=streaming, refund=refund, then=again)
    elif route == "mixer":
        for _ in range(size // (10 * ETH)):
            time += 5 * MINUTE
            house.send(time, wallet, thief.pool, 10 * ETH, act="mixer-deposit")
    elif route == "Footbridge":
        house.send(time, wallet, thief.cast.plain[route].account, size, act="plain-in")
    else:
        kind = "exchange deposit" if route == "exchange" else "instant exchange"
        name = rng.choice(EXCHANGES) if route == "exchange" else route
        house.send(
            time,
            wallet,
            house.open(Owner(Role.SERVICE, name, kind), labelled=True),
            size,
            act="exchange-deposit",
        )


def play_full_coins(thief: FullThief, mixers: Mixers, begin: int, end: int) -> None:
    """Enters what becomes of the bitcoin that arrived before `begin`."""
    scene, rng = thief.scene, thief.scene.rng
    arrived = [coin for purse in thief.arrived for coin in purse.coins]
    coins = [coin for coin in arrived if coin.value > BTC // 1_000]
    rng.shuffle(coins)
    whole = sum(coin.value for coin in coins)
    mixed = _draw(coins, int(MIXED * scene.scale))
    back, cashed = _draw(coins, whole * 5 // 100), _draw(coins, whole * 3 // 100)
    mixers.meant["wasabi-2.0"] = mixed
    rounds = max(2, int(ROUNDS * scene.scale), len(mixed) // 3)
    for place in range(rounds):
        thief.cast.agenda.at(
            begin + (end - begin) * 3 // 4 * place // rounds, lambda now: play_wasabi_two(mixers, now)
        )
    returns = [Purse(Owner(Role.THIEF, THEFT)) for _ in back]
    for coin, purse in zip(back, returns, strict=True):
        thief.cast.agenda.at(begin + rng.randrange(8 * DAY), _back(thief, coin, purse))
    for coin in cashed:
        target = deposit_address(scene, thief.cast.exchanges[rng.choice(EXCHANGES)].purse)
        time = coin.time + rng.randrange(HOUR, 12 * DAY)
        scene.coins.add(time, [coin], [(target, coin.value - scene.coin_fee(1, 1))], act="thief-deposit")
    small = sum(coin.value <= BTC // 1_000 for coin in arrived)

    def end_in_wallets(_: int) -> None:
        # What is too little to go on, and what the bridge gave back or left, lies in a wallet each.
        others = small + sum(len(purse.coins) for purse in returns)
        _end(thief, coins, max(len(coins), int(FINAL * scene.scale) - others))

    thief.cast.agenda.at(begin + 12 * DAY, end_in_wallets)


def _draw(coins: list[Coin], least: int) -> list[Coin]:
    """Coins of at least so much in all, out of the list."""
    drawn: list[Coin] = []
    while coins and sum(coin.value for coin in drawn) < least:
        drawn.append(coins.pop())
    return drawn


def _back(thief: FullThief, coin: Coin, purse: Purse) -> Deed:
    """Bitcoin back to ether over the bridge, and the ether to an exchange."""
    to = thief.wallet()

    def cash(time: int) -> None:
        if thief.cast.house.balance(to) > ETH // 5:
            _leg(thief, time, to, thief.cast.house.balance(to) - ETH // 10, "exchange")

    return lambda now: deposit_coins(thief.cast, now, purse, [coin], coin.value - 30_000, to, then=cash)


def _end(thief: FullThief, coins: list[Coin], wallets: int) -> None:
    """Splits what is left so that it lies in exactly so many wallets."""
    scene = thief.scene
    for place, coin in enumerate(coins):
        pieces = wallets * (place + 1) // len(coins) - wallets * place // len(coins)
        purse = thief.purse()
        time = coin.time + scene.rng.randrange(2 * DAY, 30 * DAY)
        outputs = []
        rest = coin.value - scene.coin_fee(1, pieces)
        for left in range(pieces, 1, -1):
            outputs.append((fresh(scene, purse), scene.around(rest // left, 20)))
            rest -= outputs[-1][1]
        scene.coins.add(time, [coin], [*outputs, (fresh(scene, purse), rest)], act="thief-split")
