"""Bridges and exchangers that say nothing of where the money goes: only asset, amount and time tell.

* Each keeps back a fee and pays within its delay, out of its labelled wallets, sometimes several in one transaction.
* A bridge is paid at its own wallet, an instant exchanger at an address made for the order, which it sweeps.
* Innocents use them as thieves do.
"""

from __future__ import annotations

from jindo.base.ids import Account, AssetId
from jindo.sim.books import Owner, Role
from jindo.sim.coin_plan import Coin, Payee
from jindo.sim.plan import TheftMark
from jindo.sim.worlds.agenda import Deed
from jindo.sim.worlds.bridges_cast import PLAIN_SERVICES, BridgeCast
from jindo.sim.worlds.coin_people import Purse, fresh, pay
from jindo.sim.worlds.ether_people import PLAIN
from jindo.sim.worlds.scene import BITCOINS, ETHER, HOUR, MINUTE


def cross_to_coins(
    cast: BridgeCast, time: int, account: Account, amount: int | None, purse: Purse, name: str, *,
    asset: AssetId = ETHER, then: Deed | None = None,
) -> None:  # fmt: skip
    """Plans a payment to a service that pays bitcoin into the purse's newest address."""
    target, house = _place(cast, name), cast.house
    if asset == ETHER:
        tx_hash, value = house.send(time, account, target, amount, gas=PLAIN, act="plain-in", departs=True)
    else:
        value = house.balance(account, asset) if amount is None else amount
        tx_hash = house.pay_token(time, account, target, asset, value, act="plain-in", departs=True)
    number = cast.record(
        "memo-less", name, account, (cast.scene.ether_leg(tx_hash, asset, account, value),), ()
    )
    _sweep_later(cast, time, name, target, asset)
    least, most, delay = PLAIN_SERVICES[name]
    later = time + cast.scene.rng.randrange(2 * MINUTE, delay * MINUTE)
    got = cast.market.exchange(value, asset, BITCOINS, time, less=cast.scene.rng.randrange(least, most + 1))
    if got > 5_000:
        cast.owed.setdefault(name, []).append((purse.used[-1], got - cast.coin_fee(), number))
        cast.agenda.at(later, lambda now: _pay_owed(cast, now, name, number, purse, then))


def cross_to_ether(
    cast: BridgeCast, time: int, purse: Purse, coins: list[Coin], amount: int, to: Account, name: str, *,
    then: Deed | None = None,
) -> None:  # fmt: skip
    """Plans a payment of bitcoin to a service that pays ether at an account."""
    vault = cast.plain[name].purse
    target = vault.used[0] if name == "Footbridge" else _coin_deposit(cast, name, vault)
    thief = cast.house.thief(coins[0].account)
    marks = {0: TheftMark.DEPARTED} if thief else None
    (paid,) = pay(cast.scene, purse, time, [(target, amount)], coins=coins, act="plain-in", marks=marks)
    vault.coins.append(paid)
    leg = cast.scene.coin_leg(paid, coins[0].account)
    number = cast.record("memo-less", name, coins[0].account, (leg,), ())
    least, most, delay = PLAIN_SERVICES[name]
    got = cast.market.exchange(amount, BITCOINS, ETHER, time, less=cast.scene.rng.randrange(least, most + 1))
    later = time + cast.scene.rng.randrange(10 * MINUTE, max(11, delay) * MINUTE)

    def pay_ether(now: int) -> None:
        hot = cast.plain[name].account
        tx_hash, _ = cast.house.send(now, hot, to, got, act="plain-out")
        cast.add_arrival(number, cast.scene.ether_leg(tx_hash, ETHER, to, got))
        if then is not None:
            cast.agenda.at(now + cast.scene.rng.randrange(20 * MINUTE, 20 * HOUR), then)

    cast.agenda.at(later, pay_ether)


def _place(cast: BridgeCast, name: str) -> Account:
    hot = cast.plain[name].account
    owner = cast.scene.books.owner(hot)
    return hot if owner.kind == "bridge" else cast.house.open(owner, labelled=True)


def _coin_deposit(cast: BridgeCast, name: str, vault: Purse) -> Account:
    owner = Owner(Role.SERVICE, name, vault.owner.kind)
    return cast.scene.label(fresh(cast.scene, vault, owner=owner))


def _sweep_later(cast: BridgeCast, time: int, name: str, deposit: Account, asset: AssetId) -> None:
    """What is paid at an order's own address goes to the hot wallet within hours; tokens wait for gas, and stay."""
    hot = cast.plain[name].account
    if deposit == hot or asset != ETHER:
        return

    def sweep(now: int) -> None:
        if cast.house.balance(deposit) > 10**15:
            cast.house.send(now, deposit, hot, None, act="sweep")

    cast.agenda.at(time + cast.scene.rng.randrange(20 * MINUTE, 5 * HOUR), sweep)


def _pay_owed(cast: BridgeCast, time: int, name: str, number: int, purse: Purse, then: Deed | None) -> None:
    """Pays one customer, and now and then another who waits, in the same transaction."""
    waiting = cast.owed[name]
    due = [entry for entry in waiting if entry[2] == number]
    if due:
        others = [entry for entry in waiting if entry[2] != number]
        if others and cast.scene.rng.randrange(3) == 0:
            due.append(others[0])
        cast.owed[name] = [entry for entry in waiting if entry not in due]
        _pay_batch(cast, time, name, due)
    # Whoever paid, the coin is there by now.
    found = [leg for leg in cast.scene.crossings[number].arrivals if leg.account == purse.used[-1]]
    for leg in found:
        purse.coins.append(Coin(leg.tx_hash, leg.output_index or 0, leg.amount, leg.account, time))
    if then is not None and found:
        cast.agenda.at(time + cast.scene.rng.randrange(20 * MINUTE, 20 * HOUR), then)


def _pay_batch(cast: BridgeCast, time: int, name: str, due: list[tuple[Account, int, int]]) -> None:
    vault = cast.plain[name].purse
    targets: list[tuple[Payee, int]] = [(account, value) for account, value, _ in due]
    marks = {i: TheftMark.ARRIVED for i, (account, _, _) in enumerate(due) if cast.house.thief(account)}
    made = pay(cast.scene, vault, time, targets, act="plain-out", change_to=vault.used[0], marks=marks)
    for coin, (account, _, number) in zip(made, due, strict=True):
        cast.add_arrival(number, cast.scene.coin_leg(coin, account))
