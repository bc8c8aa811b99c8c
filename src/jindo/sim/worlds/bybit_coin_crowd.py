"""The innocent traffic around the Bybit-like theft on the UTXO chain.

* People begin with coins from before the world; miners are paid by coinbases.
* They pay each other with change, deposit at exchanges, and use the mixers that thieves use too.
* Exchanges pay withdrawals in batches and sweep deposits, thieves' and customers' alike, into their vaults.
"""

from __future__ import annotations

from jindo.base.ids import Account
from jindo.sim.books import Owner, Role
from jindo.sim.coin_plan import Coin
from jindo.sim.worlds.bybit_cast import (
    COIN_END,
    COINJOIN,
    EXCHANGES,
    START,
    TUMBLER,
    Stage,
)
from jindo.sim.worlds.scene import BTC, HOUR

SUBSIDY = 312_500_000
"""Satoshi issued by a coinbase."""

_CUSTOMER = Owner(Role.CUSTOMER, "customer")


def play_coin_crowd(stage: Stage) -> None:
    """Plans the crowd's acts over the whole time of the UTXO chain."""
    people = [_person(stage, place) for place in range(stage.count(500, least=8))]
    vaults = {
        name: stage.coins.outside_coin(name, stage.vaults[name], 60_000 * BTC)
        for name in (*EXCHANGES, COINJOIN, TUMBLER)
    }
    acts = stage.count(1_900, least=30)
    for place in range(acts):
        time = START + HOUR + (COIN_END - START - 2 * HOUR) * place // acts
        draw = stage.rng.randrange(100)
        if draw < 25:
            _withdraw(stage, vaults, people, time)
        elif draw < 30:
            stage.rng.choice(people).extend(
                stage.coins.add(time, [], [(stage.coin_wallet(_CUSTOMER), SUBSIDY)])
            )
        else:
            _pay(stage, people, time, to_service=draw < 60)


def play_sweeps(stage: Stage) -> None:
    """Plans the services' sweeps of what was paid into their deposit addresses, in batches."""
    by_service: dict[str, list[Coin]] = {}
    for name, coin in stage.coin_deposits:
        # A mixer's coins stay where they are.
        if coin.account != stage.vaults[name]:
            by_service.setdefault(name, []).append(coin)
    for name, coins in by_service.items():
        coins.sort(key=lambda coin: coin.time)
        for start in range(0, len(coins), 12):
            _sweep(stage, name, coins[start : start + 12])


def _sweep(stage: Stage, name: str, coins: list[Coin]) -> None:
    total = sum(coin.value for coin in coins) - stage.coin_fee(len(coins), 1)
    if total > 0:
        time = coins[-1].time + stage.rng.randrange(HOUR // 2, 6 * HOUR)
        stage.coins.add(time, coins, [(stage.vaults[name], total)])


def _person(stage: Stage, place: int) -> list[Coin]:
    return [
        stage.coins.outside_coin(
            f"person-{place}-{i}", stage.coin_wallet(_CUSTOMER), stage.rng.randrange(BTC // 50, 2 * BTC)
        )
        for i in range(stage.rng.randrange(1, 4))
    ]


def _withdraw(stage: Stage, vaults: dict[str, Coin], people: list[list[Coin]], time: int) -> None:
    name = stage.rng.choice(list(vaults))
    receivers = [stage.rng.choice(people) for _ in range(stage.rng.randrange(1, 7))]
    outputs = [(stage.coin_wallet(_CUSTOMER), stage.rng.randrange(BTC // 100, BTC)) for _ in receivers]
    change = vaults[name]
    rest = change.value - sum(value for _, value in outputs) - stage.coin_fee(1, len(outputs) + 1)
    *made, vaults[name] = stage.coins.add(time, [change], [*outputs, (change.account, rest)])
    for receiver, coin in zip(receivers, made, strict=True):
        receiver.append(coin)


def _pay(stage: Stage, people: list[list[Coin]], time: int, *, to_service: bool) -> None:
    purse = stage.rng.choice(people)
    coins = [purse.pop(0) for _ in range(min(len(purse), stage.rng.randrange(1, 4)))]
    total = sum(coin.value for coin in coins) - stage.coin_fee(len(coins), 2)
    if total < BTC // 1000:
        purse.extend(coins)
        return
    value = total * stage.rng.randrange(5, 90) // 100
    target, name = _target(stage, to_service=to_service)
    paid, change = stage.coins.add(
        time, coins, [(target, value), (stage.coin_wallet(_CUSTOMER), total - value)]
    )
    purse.append(change)
    if name:
        stage.coin_deposits.append((name, paid))
    else:
        stage.rng.choice(people).append(paid)


def _target(stage: Stage, *, to_service: bool) -> tuple[Account, str]:
    if not to_service:
        return stage.coin_wallet(_CUSTOMER), ""
    name = stage.rng.choice((*EXCHANGES, *EXCHANGES, COINJOIN, TUMBLER))
    return (stage.vaults[name] if name in (COINJOIN, TUMBLER) else stage.coin_deposit(name)), name
