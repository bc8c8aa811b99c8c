"""Innocents of the world `bridges`: they swap, wrap, stake, bridge both ways, and pay each other.

* They use every service that the thief uses, in every form, several times as often.
* Some memos of theirs are no swaps: liquidity, failed deposits, deposits of nothing, and impostors' answers.
* Two of five choose round amounts, so amounts alone do not tell them apart.
"""

from __future__ import annotations

from dataclasses import dataclass

from jindo.base.ids import Account
from jindo.sim.books import Owner, Role
from jindo.sim.worlds import bridges_swaps as swaps
from jindo.sim.worlds.agenda import Deed
from jindo.sim.worlds.bridges_cast import (
    DOLLAR,
    END,
    EXCHANGES,
    PLAIN_SERVICES,
    START,
    BridgeCast,
    person_purse,
)
from jindo.sim.worlds.bridges_memo_bridge import deposit_coins, deposit_ether
from jindo.sim.worlds.bridges_plain import cross_to_coins, cross_to_ether
from jindo.sim.worlds.coin_people import Purse, open_person, outside, pay, take
from jindo.sim.worlds.ether_people import CALL, PLAIN
from jindo.sim.worlds.scene import BTC, ETH, ETHER, HOUR, MINUTE, schedule

COUNTS = {
    "memo-out": 1_300, "memo-out-dollars": 200, "memo-back": 700, "plain-out": 1_300, "plain-back": 500,
    "swap": 2_400, "wrap": 500, "stake": 250, "exact-out": 150, "unclear": 160, "payment": 2_000,
    "exchange-deposit": 600, "exchange-withdrawal": 600, "coin-payment": 900, "odd-memo": 160, "arbitrage": 300,
}  # fmt: skip
"""Acts of each sort at scale 1."""


@dataclass(slots=True)
class BridgeUser:
    """Somebody with a wallet on each chain."""

    account: Account
    purse: Purse


def play_crowd(cast: BridgeCast) -> None:
    """Enters the crowd's acts."""
    scene, house = cast.scene, cast.house
    people = [_open(cast) for _ in range(scene.count(700, least=30))]
    for person in people[: len(people) // 2]:
        house.mint(START + 120, person.account, cast.tokens.dollar, scene.between(2_000, 300_000) * DOLLAR)
    # The arbitrage wallet lives off tokens alone, never of swaps that a person makes.
    bot = house.person(ether=3_000 * ETH)
    counts = {name: scene.count(number) for name, number in COUNTS.items()}
    for time, act in schedule(scene, counts, START + 2 * HOUR, END - 6 * HOUR):
        person = scene.rng.choice(people)
        if act == "arbitrage":
            cast.agenda.at(time, lambda now: _arbitrage(cast, now, bot))
        else:
            cast.agenda.at(time, _deed(cast, person, act, people))


def _deed(cast: BridgeCast, who: BridgeUser, act: str, people: list[BridgeUser]) -> Deed:
    return lambda now: _play(cast, now, who, act, people)


def _open(cast: BridgeCast) -> BridgeUser:
    purse = open_person(cast.scene)
    for _ in range(cast.scene.rng.randrange(1, 4)):
        purse.coins.append(outside(cast.scene, purse, cast.scene.between(BTC // 50, 3 * BTC)))
    account = cast.house.person(ether=cast.scene.between(3, 300) * ETH)
    cast.house.shared.add(account)
    return BridgeUser(account, purse)


def _amount(cast: BridgeCast, most: int) -> int:
    """Ether for an act: round for two of five."""
    rng = cast.scene.rng
    if rng.randrange(5) < 2:
        return min(most, rng.choice((1, 2, 3, 5, 10, 15, 20, 30)) * ETH // 2)
    return min(most, cast.scene.between(ETH // 10, 40 * ETH) // 10**13 * 10**13)


def _play(cast: BridgeCast, time: int, who: BridgeUser, act: str, people: list[BridgeUser]) -> None:
    spare = cast.house.balance(who.account) - ETH // 4
    if act in ("memo-back", "plain-back", "coin-payment"):
        _play_coins(cast, time, who, act, people)
    elif act == "exchange-withdrawal":
        name = cast.scene.rng.choice(EXCHANGES)
        cast.house.send(time, cast.exchanges[name].account, who.account, _amount(cast, 100 * ETH), act=act)
    elif spare > ETH // 2:
        _play_ether(cast, time, who, act, _amount(cast, spare), people)


def _play_ether(
    cast: BridgeCast, time: int, who: BridgeUser, act: str, amount: int, people: list[BridgeUser]
) -> None:
    rng, house, account = cast.scene.rng, cast.house, who.account
    dollars = house.balance(account, cast.tokens.dollar)
    if act == "memo-out":
        refund = house.person() if rng.randrange(8) == 0 else None
        deposit_ether(
            cast,
            time,
            account,
            amount,
            person_purse(cast.scene),
            streaming=rng.randrange(5) == 0,
            refund=refund,
        )
    elif act == "memo-out-dollars" and dollars > 1_000 * DOLLAR:
        deposit_ether(cast, time, account, dollars // 3, person_purse(cast.scene), asset=cast.tokens.dollar)
    elif act == "plain-out":
        cross_to_coins(
            cast, time, account, amount, person_purse(cast.scene), rng.choice(list(PLAIN_SERVICES))
        )
    elif act == "payment":
        house.send(time, account, rng.choice(people).account, amount, act=act)
    elif act == "exchange-deposit":
        owner = Owner(Role.SERVICE, rng.choice(EXCHANGES), "exchange deposit")
        house.send(time, account, house.open(owner, labelled=True), amount, act=act)
    elif act == "odd-memo":
        _odd(cast, time, who, amount, people)
    else:
        _swap(cast, time, who, act, amount, dollars)


def _swap(cast: BridgeCast, time: int, who: BridgeUser, act: str, amount: int, dollars: int) -> None:
    rng, t, account = cast.scene.rng, cast.tokens, who.account
    if act == "swap":
        given, got = rng.choice(
            (
                (ETHER, t.dollar),
                (t.dollar, ETHER),
                (ETHER, t.other),
                (t.dollar, t.other),
                (ETHER, t.staked),
                (t.staked, ETHER),
                (ETHER, t.loud),
            )
        )
        held = cast.house.balance(account, given)
        part = amount if given == ETHER else held // 2
        if part > 0:
            # Hardly anybody trades the loud one: its price is bad.
            swaps.swap(
                cast, time, account, given, part, got, by_router=rng.randrange(2) == 0,
                cut=rng.choice((0, 0, 0, 30, 85)), less=rng.randrange(260) if t.loud in (given, got) else 0,
            )  # fmt: skip
    elif act == "wrap":
        loud = rng.randrange(3) == 0
        held = cast.house.balance(account, t.loud if loud else t.wrapped)
        if held and rng.randrange(2):
            swaps.unwrap(cast, time, account, held // 2, loud=loud)
        else:
            swaps.wrap(cast, time, account, amount, loud=loud)
    elif act == "stake":
        swaps.stake(cast, time, account, amount)
    elif act == "exact-out":
        swaps.buy_exact(cast, time, account, amount, t.dollar)
    elif act == "unclear" and dollars > 500 * DOLLAR:
        others = cast.house.balance(account, t.other)
        if others and rng.randrange(2):
            swaps.sell_two(cast, time, account, dollars // 4, others // 2)
        else:
            swaps.join_pool(cast, time, account, amount // 2, dollars // 4)


def _arbitrage(cast: BridgeCast, time: int, bot: Account) -> None:
    """Ether to dollars, to other dollars, and back to ether, minutes apart."""
    t = cast.tokens
    size = cast.scene.between(5, 80) * ETH
    if cast.house.balance(bot) > size + ETH:
        first = swaps.swap(cast, time, bot, ETHER, size, t.dollar)
        second = swaps.swap(cast, time + MINUTE, bot, t.dollar, first.amount, t.other)
        swaps.swap(cast, time + 2 * MINUTE, bot, t.other, second.amount, ETHER, less=-90)


def _play_coins(cast: BridgeCast, time: int, who: BridgeUser, act: str, people: list[BridgeUser]) -> None:
    scene, rng = cast.scene, cast.scene.rng
    value = scene.between(BTC // 200, 2 * BTC)
    if act == "coin-payment":
        other = rng.choice(people).purse
        other.coins += pay(scene, who.purse, time, [(other.used[0], value)], act=act)
        return
    coins = take(scene, who.purse, value + 60_000, time)
    if act == "memo-back":
        got = cast.tokens.dollar if rng.randrange(6) == 0 else ETHER
        deposit_coins(cast, time, who.purse, coins, value, who.account, got=got)
    else:
        cross_to_ether(cast, time, who.purse, coins, value, who.account, rng.choice(list(PLAIN_SERVICES)))


def _odd(cast: BridgeCast, time: int, who: BridgeUser, amount: int, people: list[BridgeUser]) -> None:
    """Memos that are no swaps, or no truth."""
    rng, house = cast.scene.rng, cast.house
    vault = cast.vaults[-1]
    target = rng.choice(people).purse.used[0]
    way = rng.randrange(6)
    if way == 0:
        memo = rng.choice(("+:ETH.ETH", "ADD:BTC.BTC", "+:ETH.ETH::t:10", "DONATE:ETH.ETH"))
        house.send(time, who.account, vault.account, amount, gas=2 * PLAIN, memo=memo, act="liquidity-memo")
    elif way == 1:
        house.send(
            time, who.account, vault.account, 0, gas=2 * PLAIN, memo=f"=:BTC.BTC:{target}", act="empty-memo"
        )
    elif way == 2:
        house.send(
            time,
            who.account,
            cast.router,
            amount,
            gas=CALL,
            memo=f"=:b:{target}:0",
            act="failed-memo",
            succeeded=False,
        )
    elif way == 3:
        other = rng.choice(people).account
        house.send(
            time, who.account, other, amount, gas=2 * PLAIN, memo=f"SWAP:BTC.BTC:{target}", act="lying-memo"
        )
    else:
        _impostor(cast, time, who, real=way == 4, people=people)


def _impostor(cast: BridgeCast, time: int, who: BridgeUser, *, real: bool, people: list[BridgeUser]) -> None:
    """An answer in the bridge's words from somebody who is not the bridge, to a hash that is real or is not."""
    rng = cast.scene.rng
    known = [c.departures[0].tx_hash for c in cast.scene.crossings if c.kind == "bridge"]
    number = rng.choice(known).removeprefix("0x") if real and known else f"{rng.getrandbits(256):064x}"
    memo = f"OUT:{number.upper()}".encode()
    other = rng.choice(people).purse
    made = pay(
        cast.scene,
        who.purse,
        time,
        [(other.used[0], cast.scene.between(BTC // 100, BTC)), (memo, 0)],
        act="lying-memo",
    )
    other.coins += made[:1]
