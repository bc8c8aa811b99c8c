"""The Bybit-like theft on the UTXO chain: from the bridge's payouts to mixers, exchanges and quiet wallets.

* The bridge pays several customers in one transaction; the outputs that are the thief's are the second theft.
* Wallets begin with 1.7 bitcoin on average (at scale 1); a third of them split on into pieces of 0.28.
* Thieves' transactions have only thieves' inputs; their fees come out of the stolen coins.
* Some pieces are gathered and paid to a CoinJoin, a tumbler or other services; some coins go down peel
  chains.

A mixer is an address with a label here: what happens inside it is not modelled.
"""

from __future__ import annotations

from jindo.base.ids import Account
from jindo.sim.books import Owner, Role
from jindo.sim.coin_plan import Coin
from jindo.sim.worlds.bybit_cast import (
    BRIDGE,
    COIN_END,
    COIN_THEFT,
    COINJOIN,
    EXCHANGES,
    FREEZING,
    GAMBLING,
    INSTANT,
    PAYMENT,
    TUMBLER,
    Payout,
    Stage,
)
from jindo.sim.worlds.scene import BTC, DAY, MINUTE

PIECE = 28_000_000
"""Mean satoshi of a piece after splitting, at scale 1."""
ENDS = {COINJOIN: 45, TUMBLER: 15, "exchanges": 25, INSTANT: 10, GAMBLING: 2, PAYMENT: 3}
"""Per cent of the gathered pieces by where they are paid."""

_THIEF = Owner(Role.THIEF, COIN_THEFT)


def play_payouts(stage: Stage) -> list[Coin]:
    """Plans the bridge's payouts and gives the thief's coins among them."""
    vault = stage.vaults[BRIDGE]
    owed = sum(payout.value for payout in stage.payouts)
    change = stage.coins.outside_coin("bridge", vault, owed + 2_000 * BTC)
    stolen: list[Coin] = []
    for batch in _batches(stage):
        outputs = [(payout.account, payout.value) for payout in batch]
        rest = change.value - sum(p.value for p in batch) - stage.coin_fee(1, len(batch) + 1)
        *made, change = stage.coins.add(batch[-1].time, [change], [*outputs, (vault, rest)])
        thief = [coin for coin, payout in zip(made, batch, strict=True) if payout.to_thief]
        stage.coins.thefts.update((coin.tx_hash, coin.index) for coin in thief)
        stolen += thief
    return stolen


def _batches(stage: Stage) -> list[list[Payout]]:
    batches: list[list[Payout]] = []
    room = 0
    for payout in sorted(stage.payouts, key=lambda p: p.time):
        if room and payout.time - batches[-1][0].time < 40 * MINUTE:
            batches[-1].append(payout)
            room -= 1
        else:
            batches.append([payout])
            room = stage.rng.randrange(2, 7)
    return batches


def launder_coins(stage: Stage, coins: list[Coin]) -> None:
    """Plans what the thief does with the coins that the bridge paid out."""
    pieces: list[Coin] = []
    peels: list[Coin] = []
    for coin in coins:
        fate = stage.rng.randrange(100)
        if fate < 35:
            pieces += _split(stage, coin)
        elif fate < 39:
            peels.append(coin)
        elif fate < 42:
            _spend(stage, [coin], "exchanges")
    chosen = [piece for piece in pieces if stage.rng.randrange(100) < 35]
    chosen.sort(key=lambda coin: coin.time)
    for group in _groups(stage, chosen, 4, 17):
        _spend(stage, group, _end(stage))
    for group in _groups(stage, peels, 8, 21):
        _peel(stage, group)


def _split(stage: Stage, coin: Coin) -> list[Coin]:
    count = max(2, min(9, coin.value // stage.size(PIECE)))
    rest = coin.value - stage.coin_fee(1, count)
    if rest < 2_000 * count:
        return []
    outputs: list[tuple[Account, int]] = []
    for left in range(count, 1, -1):
        outputs.append((stage.coin_wallet(_THIEF), stage.around(rest // left, 20)))
        rest -= outputs[-1][1]
    outputs.append((stage.coin_wallet(_THIEF), rest))
    time = coin.time + stage.rng.randrange(3 * DAY, 20 * DAY)
    return stage.coins.add(time, [coin], outputs)


def _spend(stage: Stage, coins: list[Coin], route: str) -> None:
    """Pays coins gathered to one service, often with change that is then held."""
    total = sum(coin.value for coin in coins) - stage.coin_fee(len(coins), 2)
    if total < 2_000:
        return
    time = min(max(coin.time for coin in coins) + stage.rng.randrange(DAY // 4, 5 * DAY), COIN_END)
    name = stage.rng.choice(EXCHANGES) if route == "exchanges" else route
    target = stage.vaults[name] if name in (COINJOIN, TUMBLER) else stage.coin_deposit(name)
    outputs = [(target, total)]
    if stage.rng.randrange(3):
        paid = total * stage.rng.randrange(60, 95) // 100
        outputs = [(target, paid), (stage.coin_wallet(_THIEF), total - paid)]
    made = stage.coins.add(time, coins, outputs)
    _record_deposit(stage, name, made[0])


def _peel(stage: Stage, coins: list[Coin]) -> None:
    """Gathers coins, then peels one to six per cent a hop to exchanges' deposit addresses."""
    time = max(coin.time for coin in coins) + stage.rng.randrange(DAY, 10 * DAY)
    value = sum(coin.value for coin in coins) - stage.coin_fee(len(coins), 1)
    if value < 2_000:
        return
    (coin,) = stage.coins.add(time, coins, [(stage.coin_wallet(_THIEF), value)])
    for _ in range(stage.rng.randrange(20, 36)):
        peel = coin.value * stage.rng.randrange(100, 600) // 10_000
        rest = coin.value - peel - stage.coin_fee(1, 2)
        if peel < 2_000 or rest < 2_000:
            return
        name = stage.rng.choice(EXCHANGES)
        time = coin.time + stage.rng.randrange(2 * MINUTE, 25 * MINUTE)
        outputs = [(stage.coin_deposit(name), peel), (stage.coin_wallet(_THIEF), rest)]
        if stage.rng.randrange(2):
            outputs.reverse()
        made = stage.coins.add(time, [coin], outputs)
        paid, coin = made if outputs[0][1] == peel else made[::-1]
        _record_deposit(stage, name, paid)


def _record_deposit(stage: Stage, name: str, coin: Coin) -> None:
    if name != FREEZING:
        stage.coin_deposits.append((name, coin))


def _groups(stage: Stage, coins: list[Coin], least: int, most: int) -> list[list[Coin]]:
    groups, place = [], 0
    while place < len(coins):
        size = stage.rng.randrange(least, most)
        groups.append(coins[place : place + size])
        place += size
    return groups


def _end(stage: Stage) -> str:
    return stage.rng.choices(list(ENDS), weights=list(ENDS.values()))[0]
