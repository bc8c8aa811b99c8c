"""Thieves' patterns on the account chain, each played with the parameters of public reporting and told as it was played.

* Fan-out: 23 to 50 fresh wallets in two hours, equal within 5 %; later ones to 50 to 185.
* Peel chain: 30 to 500 hops of 0.5 to 10 %, seconds to minutes apart, peels to exchanges' deposit addresses.
* Fan-in: 50 to 500 wallets to one; structuring: 15 to 80 payments within 10 % below a threshold, in 48 hours to
  one to three receivers; dormancy: 30, or 120 to 150 days.
* Nested desk: a deposit address with 20 to 200 unrelated payers, emptied on the day, of two cases at least.
* A swap site of the thief's own, 2 to 3.5 % below the market; dust on ten hubs.
"""

from __future__ import annotations

from jindo.base.ids import Account
from jindo.sim.books import Owner, Role
from jindo.sim.facts import TrueCrossing
from jindo.sim.world import TokenMove
from jindo.sim.worlds.ether_people import SWAP
from jindo.sim.worlds.peel_cast import DOLLAR, END, EXCHANGES, SECOND, THEFT, Peel
from jindo.sim.worlds.scene import DAY, ETH, ETHER, HOUR, MINUTE


def play_fan_out(cast: Peel, time: int, source: Account, count: int, *, seconds: int) -> list[Account]:
    """Plans the spreading of all that a wallet holds over fresh wallets; gives these."""
    theft, share = cast.house.thief(source), cast.house.balance(source) // count
    hashes, wallets = [], []
    for place in range(count):
        wallet = cast.wallet(theft)
        amount = None if place == count - 1 else cast.scene.around(share - share // 100, 4)
        hashes.append(
            cast.house.send(time + place * seconds // count, source, wallet, amount, act="fan-out")[0]
        )
        wallets.append(wallet)
    cast.scene.tell("fan-out", hashes, [source, *wallets], theft=theft, wallets=count, seconds=seconds)
    return wallets


def play_peel_chain(cast: Peel, time: int, wallet: Account) -> None:
    """Plans a peel chain from a wallet to its end."""
    rng, house = cast.scene.rng, cast.house
    hops = rng.choice((rng.randrange(30, 80), rng.randrange(80, 200), rng.randrange(200, 501)))
    most = 1_000 if hops < 80 else 300 if hops < 200 else 120
    hashes, accounts = [], [wallet]
    for _ in range(hops):
        peel = house.balance(wallet) * rng.randrange(50, most) // 10_000
        if house.balance(wallet) < ETH // 5:
            break
        target = cast.deposit() if rng.randrange(10) < 8 else cast.wallet(house.thief(wallet))
        hashes.append(house.send(time, wallet, target, peel, act="peel")[0])
        fresh_one = cast.wallet(house.thief(wallet))
        hashes.append(house.send(time + rng.randrange(1, 40), wallet, fresh_one, None, act="peel-rest")[0])
        wallet = fresh_one
        accounts.append(wallet)
        time += rng.randrange(45, 8 * MINUTE)
        if time > END - DAY:
            break
    cast.scene.tell("peel-chain", hashes, accounts, theft=house.thief(wallet), hops=len(accounts) - 1)


def play_fan_in(cast: Peel, time: int, wallet: Account) -> None:
    """Plans the spreading of a wallet over many, and days later their gathering at one address."""
    rng, house = cast.scene.rng, cast.house
    count = cast.scene.between(50, 500)
    spread = play_fan_out(cast, time, wallet, count, seconds=20 * HOUR)
    theft = house.thief(wallet)
    hub = cast.deposit() if rng.randrange(2) else cast.wallet(theft)
    begin = time + 2 * DAY + rng.randrange(3 * DAY)

    def gather(now: int) -> None:
        hashes, length = [], rng.randrange(20 * HOUR, 60 * HOUR)
        for place, one in enumerate(rng.sample(spread, count)):
            hashes.append(house.send(now + place * length // count, one, hub, None, act="fan-in")[0])
        cast.scene.tell("fan-in", hashes, [hub, *spread], theft=theft, inputs=count, seconds=length)

    cast.agenda.at(begin, gather)


def play_structuring(cast: Peel, time: int, wallet: Account) -> None:
    """Plans payments of dollars just below a threshold, to a desk's one to three addresses."""
    rng, house = cast.scene.rng, cast.house
    threshold = rng.choice((10_000, 50_000)) * DOLLAR
    count = min(rng.randrange(15, 80), house.balance(wallet, cast.dollar) // threshold)
    receivers = [cast.deposit(labelled=rng.randrange(2) == 0) for _ in range(rng.randrange(1, 4))]
    hashes = []
    for place in range(count):
        amount = threshold * rng.randrange(905, 1_000) // 1_000
        at = time + place * 46 * HOUR // max(1, count)
        hashes.append(
            house.pay_token(at, wallet, rng.choice(receivers), cast.dollar, amount, act="structuring")
        )
    cast.scene.tell(
        "structuring",
        hashes,
        [wallet, *receivers],
        theft=house.thief(wallet),
        threshold=threshold,
        payments=count,
    )


def play_dormancy(cast: Peel, time: int, wallet: Account) -> None:
    """Plans a long sleep, after which the wallet pays an exchange in three parts."""
    rng, house = cast.scene.rng, cast.house
    days = rng.choice((30, rng.randrange(120, 151)))

    def wake(now: int) -> None:
        hashes = []
        for part in (3, 2, 1):
            amount = None if part == 1 else house.balance(wallet) // part
            hashes.append(house.send(now, wallet, cast.deposit(), amount, act="after-dormancy")[0])
            now += rng.randrange(10 * MINUTE, 6 * HOUR)
        cast.scene.tell("dormancy", hashes, [wallet], theft=house.thief(wallet), days=days)

    cast.agenda.at(min(time + days * DAY, END - 2 * DAY), wake)


def play_desk(cast: Peel, time: int, sources: list[Account], people: list[Account]) -> None:
    """Plans a desk inside an exchange: an address of which customers of all sorts are served, both cases among them."""
    rng, house = cast.scene.rng, cast.house
    name = rng.choice(EXCHANGES)
    owner = Owner(Role.SERVICE, name, "exchange deposit")
    desk = house.open(owner, labelled=rng.randrange(2) == 0)
    hashes, payers = [], []
    for day in range(rng.randrange(3, 9)):
        begin = time + day * DAY
        for place in range(rng.randrange(8, 40)):
            payer = rng.choice(people)
            if house.balance(payer) > ETH:
                value = house.balance(payer) * rng.randrange(5, 40) // 100
                hashes.append(
                    house.send(begin + place * 20 * MINUTE, payer, desk, value, act="desk-customer")[0]
                )
                payers.append(payer)
        for source in sources:
            value = house.balance(source) * rng.randrange(5, 30) // 100
            if value > ETH // 10:
                at = begin + rng.randrange(12 * HOUR)
                hashes.append(house.send(at, source, desk, value, act="desk-thief")[0])
                payers.append(source)
        # Planned in order, and swept only when all of the day has come.
        house.send(begin + 21 * HOUR, desk, cast.hubs[name], None, act="sweep")
    cast.scene.tell(
        "nested-desk", hashes, [desk, *payers], senders=len(set(payers)), thefts=f"{THEFT} {SECOND}"
    )


def play_own_site(cast: Peel, time: int, wallet: Account) -> None:
    """Plans swaps at a site that the thief is thought to run, at a bad price; dollars come back in the same transaction."""
    rng, house, scene = cast.scene.rng, cast.house, cast.scene
    site = house.open(
        Owner(Role.SERVICE, f"Tinker Swap {scene.wallets}", "swap"), labelled=rng.randrange(2) == 0
    )
    house.mint(time - HOUR, site, cast.dollar, 40_000_000 * DOLLAR)
    theft, hashes, discount = house.thief(wallet), [], rng.randrange(200, 351)
    for _ in range(rng.randrange(12, 41)):
        time += rng.randrange(20 * MINUTE, 5 * HOUR)
        amount = house.balance(wallet) * rng.randrange(5, 12) // 100
        if amount < ETH // 10:
            break
        got = cast.market.exchange(amount, ETHER, cast.dollar, time, less=scene.around(discount, 8))
        move = TokenMove(cast.dollar, site, wallet, got)
        tx_hash, _ = house.send(
            time, wallet, site, amount, gas=SWAP, tokens=(move,), act="own-site", departs=True
        )
        leg = scene.ether_leg
        scene.crossings.append(
            TrueCrossing(
                "own-site",
                house.owner(site).name,
                theft,
                "",
                (leg(tx_hash, ETHER, wallet, amount),),
                (leg(tx_hash, cast.dollar, wallet, got),),
            )
        )
        hashes.append(tx_hash)
    cast.scene.tell("swap-below-market", hashes, [wallet, site], theft=theft, basis_points=discount)


def play_dust(cast: Peel, time: int, wallet: Account, count: int) -> None:
    """Plans dust on every hub in turn."""
    rng, house = cast.scene.rng, cast.house
    hashes = []
    for place in range(count):
        hub = list(cast.hubs.values())[place % len(cast.hubs)]
        amount = rng.randrange(ETH // 10_000, ETH // 100)
        if house.balance(wallet) > ETH // 20:
            hashes.append(house.send(time, wallet, hub, amount, act="dust")[0])
        time += rng.randrange(60, 20 * MINUTE)
    cast.scene.tell(
        "dust", hashes, [wallet, *cast.hubs.values()], theft=house.thief(wallet), transfers=len(hashes)
    )
