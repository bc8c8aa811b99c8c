"""The Bybit-like theft on the account chain: from a cold wallet through peel chains to services.

* The loot is 401,000 ether at every scale; scale says into how many wallets and payments it is divided.
* Some 50 first-layer wallets (at scale 1) hold it within two hours; they empty one after another along the
  reference curve: 10 % of the loot by day 2, 27 % by day 5, 54 % by day 7, 83 % by day 11; the rest is held.
* Each tranche that leaves goes down a peel chain of fresh wallets, by one route, to its end.
* Gas is paid out of the stolen ether; no clean coin is ever sent to a thief's wallet.

Source of the figures: public reporting of the Bybit theft, 2025 (`docs/reference/worlds.md`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from jindo.base.ids import Account
from jindo.sim.books import Owner, Role
from jindo.sim.worlds.bybit_cast import (
    BRIDGE,
    COIN_THEFT,
    CUSTODY,
    ETHER_THEFT,
    EXCHANGES,
    FREEZING,
    GAMBLING,
    INSTANT,
    POOL_MIXER,
    SMALL_BRIDGE,
    THEFT_TIME,
    VICTIM,
    Payout,
    Stage,
)
from jindo.sim.worlds.scene import DAY, ETH, HOUR, MINUTE

LOOT = 401_000 * ETH
CURVE = ((0, 0), (2 * DAY, 10), (5 * DAY, 27), (7 * DAY, 54), (11 * DAY, 83))
"""Seconds after the theft, and per cent of the loot that has left the first-layer wallets by then."""
ROUTES = {
    BRIDGE: 720,
    SMALL_BRIDGE: 90,
    INSTANT: 100,
    "exchanges": 50,
    POOL_MIXER: 15,
    GAMBLING: 5,
    CUSTODY: 5,
    "": 15,
}
"""Thousandths of what leaves the first layer; the empty name is held in a fresh wallet."""
SWAP = 58 * ETH
"""Mean of one payment to a service at scale 1 (about 1.7 bitcoin)."""
SATOSHI_PER_ETHER = 2_917_000
"""Price at the bridge: 12,836 bitcoin for 440,091 ether."""
BURN = Account("0x000000000000000000000000000000000000dead")

_THIEF = Owner(Role.THIEF, ETHER_THEFT)
_PLAIN, _CALL = 21_000, 84_000
_LEAST = ETH // 200
"""Too little to be worth a payment."""


@dataclass(slots=True)
class _Purse:
    """A thief's wallet, what it holds and when it may next pay."""

    account: Account
    balance: int
    time: int


def play_theft(stage: Stage) -> list[Account]:
    """Plans the theft and its laundering; gives the first-layer wallets."""
    stage.books.open_wallet(BURN, Owner(Role.BURN, "burn"))
    first = _spread(stage, _steal(stage))
    _launder(stage, first)
    return [purse.account for purse in first]


def _steal(stage: Stage) -> _Purse:
    cold = stage.books.open_wallet(stage.names.evm("cold-wallet"), Owner(Role.VICTIM, VICTIM))
    stage.ether.openings.append((cold, LOOT + 2_500 * ETH))
    root = _Purse(stage.ether_wallet(_THIEF), LOOT, THEFT_TIME + 3 * MINUTE)
    for place, value in enumerate((90 * ETH, 250_000 * ETH, LOOT - 250_090 * ETH)):
        tx_hash = stage.ether.add(
            THEFT_TIME + 36 * place, cold, root.account, value, gas_used=_CALL, gas_price=stage.gas_price()
        )
        stage.ether.thefts.add(tx_hash)
    return root


def _spread(stage: Stage, root: _Purse) -> list[_Purse]:
    count = stage.count(50, least=2)
    share = LOOT // count
    step = (2 * HOUR - 5 * MINUTE) * 1000 // count
    begin = root.time
    purses = []
    amount = share
    for place in range(count):
        root.time = begin + place * step // 1000
        # Every second wallet gets what the one before it got more or less than its share.
        amount = 2 * share - amount if place % 2 else stage.around(share, 4)
        purses.append(_move(stage, root, None if place == count - 1 else amount))
    return purses


def _launder(stage: Stage, first: list[_Purse]) -> None:
    target, moved = LOOT * CURVE[-1][1] // 100, 0
    sent = dict.fromkeys(ROUTES, 0)
    for purse in first:
        while purse.balance > _LEAST and moved < target - ETH:
            time = max(THEFT_TIME + _curve_time(moved), THEFT_TIME + 2 * HOUR, purse.time)
            amount = min(stage.around(stage.size(450 * ETH), 60), target - moved)
            purse.time = time
            tranche = _move(stage, purse, amount if amount < purse.balance * 9 // 10 else None)
            moved += tranche.balance
            route = max(ROUTES, key=lambda name: moved * ROUTES[name] // 1000 - sent[name])
            sent[route] += tranche.balance
            if route:
                _peel(stage, tranche, route)
    _burn(stage, first[-1])


def _curve_time(moved: int) -> int:
    for (t0, f0), (t1, f1) in pairwise(CURVE):
        low, high = LOOT * f0 // 100, LOOT * f1 // 100
        if moved < high:
            return t0 + (t1 - t0) * (moved - low) // (high - low)
    return CURVE[-1][0]


def _peel(stage: Stage, purse: _Purse, route: str) -> None:
    """Pays a tranche to a route's services, piece by piece, moving the rest to fresh wallets on the way."""
    if route == POOL_MIXER:
        _mix(stage, purse)
        return
    rest = stage.size(SWAP) * 17 // 10
    while purse.balance > rest:
        _pay(stage, purse, route, stage.around(stage.size(SWAP), 60))
        if stage.rng.randrange(5) < 2:
            purse = _move(stage, purse, None)
        elif stage.rng.randrange(60) == 0:
            _fail(stage, purse)
    if purse.balance > ETH and stage.rng.randrange(25) == 0:
        # Dust is left behind now and then.
        _pay(stage, purse, route, purse.balance - stage.rng.randrange(ETH // 1000, ETH // 50))
    elif purse.balance > _LEAST:
        _pay(stage, purse, route, None)


def _mix(stage: Stage, purse: _Purse) -> None:
    """Pays into the pool's fixed sizes, powers of ten, and leaves the rest held."""
    for _ in range(12):
        amount = 10 ** (len(str(purse.balance)) - 1)
        if amount < ETH // 10 or purse.balance < amount + _LEAST:
            return
        purse.time += stage.rng.randrange(2 * MINUTE, 16 * MINUTE)
        _send(stage, purse, stage.hot[POOL_MIXER], amount, gas=_CALL)


def _pay(stage: Stage, purse: _Purse, route: str, amount: int | None) -> None:
    purse.time += stage.rng.randrange(2 * MINUTE, 16 * MINUTE)
    name = stage.rng.choice(EXCHANGES) if route == "exchanges" else route
    if name == BRIDGE:
        _swap(stage, purse, amount)
    elif name == SMALL_BRIDGE:
        _send(stage, purse, stage.hot[name], amount, gas=_CALL)
    else:
        deposit = stage.ether_deposit(name)
        paid = _send(stage, purse, deposit, amount, gas=_PLAIN)
        if name != FREEZING:
            sweep(stage, name, deposit, paid, purse.time)


def _swap(stage: Stage, purse: _Purse, amount: int | None) -> None:
    """Sends ether to the bridge, whose memo says where the bitcoin goes."""
    account = stage.coin_wallet(Owner(Role.THIEF, COIN_THEFT))
    paid = _send(stage, purse, stage.hot[BRIDGE], amount, gas=_CALL, memo=f"=:BTC.BTC:{account}")
    owe_bitcoin(stage, paid, account, purse.time, to_thief=True)


def _fail(stage: Stage, purse: _Purse) -> None:
    price = stage.gas_price()
    if purse.balance > 2 * _CALL * price:
        purse.time += MINUTE
        stage.ether.add(
            purse.time, purse.account, stage.hot[BRIDGE], purse.balance // 2,
            gas_used=_CALL, gas_price=price, succeeded=False,
        )  # fmt: skip
        purse.balance -= _CALL * price


def _burn(stage: Stage, purse: _Purse) -> None:
    purse.time = max(purse.time + MINUTE, THEFT_TIME + 11 * DAY)
    if purse.balance > 2 * ETH:
        _send(stage, purse, BURN, ETH, gas=_PLAIN)


def _move(stage: Stage, purse: _Purse, amount: int | None) -> _Purse:
    fresh = stage.ether_wallet(_THIEF)
    purse.time += stage.rng.randrange(12, 2 * MINUTE)
    paid = _send(stage, purse, fresh, amount, gas=_PLAIN)
    return _Purse(fresh, paid, purse.time + 12)


def _send(
    stage: Stage, purse: _Purse, target: Account, amount: int | None, *, gas: int, memo: str | None = None
) -> int:
    """Sends `amount`, or all that the gas leaves; gives the amount sent."""
    price = stage.gas_price()
    most = purse.balance - gas * price
    value = most if amount is None else min(amount, most)
    stage.ether.add(purse.time, purse.account, target, value, gas_used=gas, gas_price=price, memo=memo)
    purse.balance -= value + gas * price
    return value


def sweep(stage: Stage, service: str, deposit: Account, amount: int, time: int) -> None:
    """Plans the service's sweep of what was just paid into one of its deposit addresses."""
    price = stage.gas_price()
    if amount > 2 * _PLAIN * price:
        stage.ether.add(
            time + stage.rng.randrange(10 * MINUTE, HOUR), deposit, stage.hot[service], amount - _PLAIN * price,
            gas_used=_PLAIN, gas_price=price,
        )  # fmt: skip


def owe_bitcoin(stage: Stage, wei: int, account: Account, time: int, *, to_thief: bool) -> None:
    """Records that the bridge owes the worth of `wei`, less 30 to 90 basis points, 10 to 80 minutes later."""
    value = wei * SATOSHI_PER_ETHER * (10_000 - stage.rng.randrange(30, 91)) // (ETH * 10_000)
    delay = stage.rng.randrange(10 * MINUTE, 80 * MINUTE)
    if value > 1_000:
        stage.payouts.append(Payout(time + delay, value, account, to_thief))
