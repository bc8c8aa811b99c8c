"""The theft of the world `bridges`: ether, staked ether and dollars, swapped, bridged, partly brought back.

* Every wallet of the thief holds stolen value alone; gas is paid out of the stolen ether.
* Dollars and staked ether become ether in pools, by way of wrapped ether or other dollars now and then.
* Ether leaves in legs of some 60: 65 % with memos, 22 % through services without, the rest to exchanges or is held.
* What arrives in bitcoin is held, split, paid to exchanges and a tumbler; 5 % goes back to ether, and to exchanges there.
* Refunds are sent again. Some transactions carry memos that mean nothing, to wallets that are no bridge's.
"""

from __future__ import annotations

from dataclasses import dataclass

from jindo.base.ids import Account, AssetId
from jindo.sim.books import Owner, Role
from jindo.sim.coin_plan import Coin, Payee
from jindo.sim.worlds import bridges_swaps as swaps
from jindo.sim.worlds.agenda import Deed
from jindo.sim.worlds.bridges_cast import (
    DOLLAR,
    END,
    EXCHANGES,
    PLAIN_SERVICES,
    START,
    THEFT,
    BridgeCast,
    thief_purse,
)
from jindo.sim.worlds.bridges_memo_bridge import deposit_coins, deposit_ether
from jindo.sim.worlds.bridges_plain import cross_to_coins, cross_to_ether
from jindo.sim.worlds.coin_people import Purse, fresh, pay
from jindo.sim.worlds.coin_traffic import deposit_address
from jindo.sim.worlds.ether_people import TOKEN
from jindo.sim.worlds.scene import BTC, DAY, ETH, ETHER, HOUR, MINUTE

THEFT_TIME = START + DAY
LOOT = 30_000 * ETH
STAKED = 6_000 * ETH
DOLLARS = 12_000_000 * DOLLAR
LEG = 60 * ETH
"""Mean of a leg at scale 1."""
TUMBLER = "Cloakroom"

_THIEF = Owner(Role.THIEF, THEFT)
_ROUTES = {"memo": 65, "plain": 22, "exchange": 7, "liar": 2, "dollars": 2, "held": 2}
_FATES = {"held": 45, "exchange": 24, "split": 12, "tumbler": 10, "back": 5, "back-plain": 4}


@dataclass(slots=True)
class Thief:
    """The thief's plans."""

    cast: BridgeCast
    tumbler: Purse

    def wallet(self) -> Account:
        """A fresh wallet on the account chain."""
        return self.cast.house.open(_THIEF)


def play_theft(cast: BridgeCast) -> None:
    """Enters the theft and what follows from it."""
    tumbler = Purse(Owner(Role.SERVICE, TUMBLER, "mixer"))
    cast.scene.label(fresh(cast.scene, tumbler))
    thief = Thief(cast, tumbler)
    victim = cast.house.open(Owner(Role.VICTIM, "Larch Exchange"), ether=LOOT + 50 * ETH)
    cast.house.mint(START + 90, victim, cast.tokens.staked, STAKED + 100 * ETH)
    cast.house.mint(START + 90, victim, cast.tokens.dollar, DOLLARS + 1_000 * DOLLAR)
    cast.agenda.at(THEFT_TIME, lambda now: _steal(thief, now, victim))


def _steal(thief: Thief, time: int, victim: Account) -> None:
    house, root = thief.cast.house, thief.wallet()
    house.send(time, victim, root, LOOT, act="theft", stolen=True)
    for place, (asset, amount) in enumerate(
        ((thief.cast.tokens.staked, STAKED), (thief.cast.tokens.dollar, DOLLARS)), 1
    ):
        house.pay_token(time + 24 * place, victim, root, asset, amount, act="theft", stolen=True)
    thief.cast.agenda.at(time + 5 * MINUTE, lambda now: _spread(thief, now, root))


def _spread(thief: Thief, time: int, root: Account) -> None:
    """Ether to many wallets, the tokens to a few that have ether for gas."""
    cast = thief.cast
    for asset, count in ((cast.tokens.staked, 6), (cast.tokens.dollar, 8)):
        whole = cast.house.balance(root, asset)
        for place in range(count):
            wallet = thief.wallet()
            time += 36
            cast.house.send(time, root, wallet, 3 * ETH, act="fan-out")
            amount = whole // count if place < count - 1 else cast.house.balance(root, asset)
            cast.house.pay_token(time + 12, root, wallet, asset, amount, act="fan-out")
            cast.agenda.at(time + cast.scene.rng.randrange(HOUR, 30 * HOUR), _swapper(thief, wallet, asset))
    count = cast.scene.count(40, least=4)
    share = cast.house.balance(root) // count
    for place in range(count):
        wallet = thief.wallet()
        time += cast.scene.rng.randrange(24, 120)
        cast.house.send(
            time,
            root,
            wallet,
            None if place == count - 1 else cast.scene.around(share - ETH, 4),
            act="fan-out",
        )
        cast.agenda.at(time + cast.scene.rng.randrange(6 * HOUR, 8 * DAY), _walker(thief, wallet))


def _swapper(thief: Thief, wallet: Account, asset: AssetId) -> Deed:
    """Turns a token into ether in parts, in one way or another, and then walks on."""
    cast = thief.cast

    def step(time: int) -> None:
        held = cast.house.balance(wallet, asset)
        part = min(held, max(held // 3, cast.scene.size(held)))
        if held and part:
            _turn(thief, time, wallet, asset, part)
            cast.agenda.at(time + cast.scene.rng.randrange(10 * MINUTE, 6 * HOUR), step)
        else:
            cast.agenda.at(time + cast.scene.rng.randrange(HOUR, 2 * DAY), _walker(thief, wallet))

    return step


def _turn(thief: Thief, time: int, wallet: Account, asset: AssetId, part: int) -> None:
    cast, rng, t = thief.cast, thief.cast.scene.rng, thief.cast.tokens
    way = rng.randrange(10)
    if asset == t.staked and way < 3:
        swaps.unstake(cast, time, wallet, part)
    elif asset == t.dollar and way == 0:
        got = swaps.swap(cast, time, wallet, asset, part, t.other)
        swaps.swap(cast, time + 5 * MINUTE, wallet, t.other, got.amount, ETHER, by_router=True)
    elif way == 1:
        got = swaps.swap(cast, time, wallet, asset, part, t.wrapped)
        swaps.unwrap(cast, time + 3 * MINUTE, wallet, got.amount, loud=False)
    elif way == 2 and asset == t.dollar:
        got = swaps.swap(cast, time, wallet, asset, part, t.loud)
        swaps.unwrap(cast, time + 3 * MINUTE, wallet, got.amount, loud=True)
    elif way == 3:
        to = thief.wallet()
        swaps.swap(cast, time, wallet, asset, part, ETHER, to=to)
        cast.agenda.at(time + rng.randrange(HOUR, DAY), _walker(thief, to))
    else:
        swaps.swap(
            cast, time, wallet, asset, part, ETHER, by_router=way % 2 == 0, cut=rng.choice((0, 0, 30, 85))
        )


def _walker(thief: Thief, wallet: Account) -> Deed:
    """Pays legs out of a wallet, moving the rest to a fresh one on the way, until it is empty."""
    cast = thief.cast

    def step(time: int) -> None:
        rng, held = cast.scene.rng, cast.house.balance(wallet)
        if held < ETH // 10 or time > END - 3 * DAY:
            return
        size = min(cast.scene.around(cast.scene.size(LEG), 60), held - ETH // 10)
        route = rng.choices(list(_ROUTES), weights=list(_ROUTES.values()))[0]
        if size > ETH // 20 and route != "held":
            _leg(thief, time, wallet, size, route)
        if route == "held":
            return
        later = time + rng.randrange(4 * MINUTE, 3 * HOUR)
        if rng.randrange(3) == 0:
            fresh_one = thief.wallet()
            cast.house.send(time + 2 * MINUTE, wallet, fresh_one, None, act="hop")
            cast.agenda.at(later, _walker(thief, fresh_one))
        else:
            cast.agenda.at(later, step)

    return step


def _leg(thief: Thief, time: int, wallet: Account, size: int, route: str) -> None:
    cast, rng = thief.cast, thief.cast.scene.rng
    if route == "exchange":
        vault = cast.exchanges[rng.choice(EXCHANGES)]
        owner = Owner(Role.SERVICE, vault.purse.owner.name, "exchange deposit")
        cast.house.send(time, wallet, cast.house.open(owner, labelled=True), size, act="exchange-deposit")
    elif route == "liar":
        decoy = Purse(Owner(Role.CUSTOMER, f"decoy-{cast.scene.wallets}"))
        to = thief.wallet()
        cast.house.send(
            time,
            wallet,
            to,
            size,
            memo=f"=:BTC.BTC:{fresh(cast.scene, decoy)}:0",
            act="lying-memo",
            gas=2 * TOKEN,
        )
        cast.agenda.at(time + rng.randrange(HOUR, DAY), _walker(thief, to))
    elif route == "dollars":
        _by_dollars(thief, time, wallet, size)
    else:
        purse = thief_purse(cast.scene)
        then = _receiver(thief, purse, wallet)
        if route == "memo":
            refund = thief.wallet() if rng.randrange(3) == 0 else None
            deposit_ether(
                cast,
                time,
                wallet,
                size,
                purse,
                streaming=rng.randrange(5) == 0,
                refund=refund,
                then=_receiver(thief, purse, refund or wallet),
            )
        else:
            cross_to_coins(cast, time, wallet, size, purse, rng.choice(list(PLAIN_SERVICES)), then=then)


def _by_dollars(thief: Thief, time: int, wallet: Account, size: int) -> None:
    """Ether to dollars, then dollars over a bridge; or into a pool, from which nobody can say what comes back."""
    cast, rng, t = thief.cast, thief.cast.scene.rng, thief.cast.tokens
    way = rng.randrange(4)
    if way == 0:
        got = swaps.buy_exact(cast, time, wallet, size, t.dollar)
    else:
        got = swaps.swap(cast, time, wallet, ETHER, size, t.dollar)
    if way == 1:
        ether = min(size // 4, cast.house.balance(wallet) - ETH // 10)
        if ether > 0:
            swaps.join_pool(cast, time + 4 * MINUTE, wallet, ether, got.amount)
        return
    purse = thief_purse(cast.scene)
    if cast.house.balance(wallet) > ETH // 20:
        deposit_ether(
            cast,
            time + 4 * MINUTE,
            wallet,
            got.amount,
            purse,
            asset=t.dollar,
            then=_receiver(thief, purse, wallet),
        )


def _receiver(thief: Thief, purse: Purse, back: Account) -> Deed:
    """What the thief does with bitcoin that came, or with a refund."""
    cast = thief.cast

    def step(time: int) -> None:
        coins = [coin for coin in purse.coins if coin.time < time]
        if not coins:
            # It came back: try again.
            cast.agenda.at(time + HOUR, _walker(thief, back))
            return
        fates = list(_FATES)
        fate = cast.scene.rng.choices(fates, weights=list(_FATES.values()))[0]
        if fate != "held":
            purse.coins.clear()
            _spend(thief, time, purse, fate, sum(c.value for c in coins), coins)

    return step


def _spend(thief: Thief, time: int, purse: Purse, fate: str, total: int, coins: list[Coin]) -> None:
    cast, rng = thief.cast, thief.cast.scene.rng
    most = total - 40_000
    if most < BTC // 500:
        purse.coins += coins
        return
    part = most * rng.randrange(70, 100) // 100
    if fate in ("back", "back-plain"):
        to = thief.wallet()
        then = _cash_out(thief, to)
        if fate == "back":
            deposit_coins(cast, time, purse, coins, part, to, then=then)
        else:
            cross_to_ether(cast, time, purse, coins, part, to, rng.choice(list(PLAIN_SERVICES)), then=then)
        return
    if fate == "split":
        pieces: list[tuple[Payee, int]] = [(fresh(cast.scene, purse), most // 4) for _ in range(3)]
        pay(cast.scene, purse, time, pieces, coins=coins, act="thief-split")
        return
    vault = cast.exchanges[rng.choice(EXCHANGES)].purse
    target = thief.tumbler.used[0] if fate == "tumbler" else deposit_address(cast.scene, vault)
    pay(cast.scene, purse, time, [(target, part)], coins=coins, act="thief-deposit")


def _cash_out(thief: Thief, wallet: Account) -> Deed:
    """Ether that came back goes to an exchange, or into dollars that are held."""
    cast = thief.cast

    def step(time: int) -> None:
        held = cast.house.balance(wallet)
        if held < ETH // 5:
            return
        if cast.scene.rng.randrange(3):
            _leg(thief, time, wallet, held - ETH // 10, "exchange")
        else:
            swaps.swap(cast, time, wallet, ETHER, held - ETH // 10, cast.tokens.dollar)

    return step
