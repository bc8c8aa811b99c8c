"""The world `peel`: three thefts laundered by patterns, each told with its parameters, among controls that look like them.

* `patterns.json` tells every pattern as it was played: transactions in order, accounts, what was drawn; and, marked
  innocent, what looks like one.
* Poisoners imitate addresses that people and thieves have paid: first and last four digits, zero transfers, dust.

Sources: public reporting of laundering, as figures for the generator; `docs/reference/worlds.md`.
"""

from __future__ import annotations

from functools import partial

from jindo.base.ids import Account
from jindo.sim.books import Owner, Role
from jindo.sim.world import TokenMove, World
from jindo.sim.worlds import peel_patterns as patterns
from jindo.sim.worlds.agenda import Deed
from jindo.sim.worlds.coin_traffic import MIX, open_coin_crowd, play_coin_act
from jindo.sim.worlds.ether_people import TOKEN
from jindo.sim.worlds.ether_traffic import COUNTS, EtherCrowd, enter_ether_acts, open_ether_crowd
from jindo.sim.worlds.peel_cast import (
    DOLLAR,
    END,
    EXCHANGES,
    SECOND,
    START,
    THEFT_TIME,
    Peel,
    build_peel,
)
from jindo.sim.worlds.peel_coins import play_coin_theft
from jindo.sim.worlds.scene import DAY, ETH, HOUR, MINUTE, WorldScene, build_scene, schedule, seal_scene

NAME = "peel"
DESCRIPTION = (
    "Thefts laundered by patterns: peel chains, fans, structuring, dormancy, desks, dust, and their controls"
)
LOOT, SECOND_LOOT, DOLLARS = 40_000 * ETH, 6_000 * ETH, 20_000_000 * DOLLAR
FIRST_LAYER = (23, 51)
"""Least, and one above most, of first wallets."""
JOBS = {"peel": 8, "fan-in": 5, "dormancy": 6, "own-site": 3, "desk": 3, "dust": 1, "held": 4}
"""Parts of the ether at scale 1 by what is done with them."""
STRUCTURING, POISON = 10, 160

MODELS = (
    "A fan-out to 23 to 50 wallets within two hours, equal within 5 %, and later ones to as many as 500.",
    "Peel chains of 30 to 500 hops on both chains, 0.5 to 10 % a hop, most peels at exchanges' deposit addresses.",
    "50 to 500 wallets gathered at one; 15 to 80 payments just below 10,000 or 50,000 dollars in two days.",
    "Sleep of 30, or of 120 to 150 days; desks nested in an exchange that serve two cases and strangers.",
    "Swap sites at 2 to 3.5 % below the market; a thousand transfers of dust on ten hubs; address poisoning.",
    "Controls: payouts, batches, payrolls, airdrops, market makers, payment processors, savers, chains of change.",
)
SIMPLIFICATIONS = (
    "All names, addresses and hashes are invented; no key stands behind an address.",
    "Each part of the loot is laundered by one pattern, not by several after each other, but for fans.",
    "Thieves' wallets hold stolen value alone, but for tokens that poisoners throw at them.",
    "A desk inside an exchange is the exchange's address: its owner of record is the exchange.",
    "Prices are the world's own; the swap sites pay out of a stock that is minted for them.",
)


def make_peel(*, seed: int, scale: float) -> World:
    """The world at a scale; at 1 it has some 48,000 transactions."""
    scene = build_scene(NAME, seed=seed, scale=scale, start=START, thefts={})
    cast = build_peel(scene)
    crowd = open_ether_crowd(
        scene, cast.house, cast.agenda, exchanges=[cast.hubs[name] for name in EXCHANGES], dollar=cast.dollar,
        start=START, end=END, people=scene.count(2_500, least=120),
    )  # fmt: skip
    # A third of the innocents' acts of the innocent world, over ten times the days.
    enter_ether_acts(
        crowd, {n: scene.count(c // 3) for n, c in COUNTS.items()}, after=START + HOUR, before=END - 3 * DAY
    )
    _enter_thefts(cast, crowd)
    _enter_poison(cast, crowd)
    cast.agenda.play(END)
    play_coin_theft(cast)
    _play_coins(scene)
    scene.prices = cast.market.list_rows()
    return seal_scene(
        scene, name=NAME, description=DESCRIPTION, seed=seed, scale=scale, models=MODELS,
        simplifications=SIMPLIFICATIONS,
    )  # fmt: skip


def _enter_thefts(cast: Peel, crowd: EtherCrowd) -> None:
    victim = cast.house.open(Owner(Role.VICTIM, "Larch Exchange"), ether=LOOT + SECOND_LOOT + 50 * ETH)
    cast.house.mint(START + 90, victim, cast.dollar, DOLLARS + 1_000 * DOLLAR)
    cast.agenda.at(THEFT_TIME, lambda now: _steal(cast, now, victim, crowd.people))


def _steal(cast: Peel, time: int, victim: Account, people: list[Account]) -> None:
    house, root = cast.house, cast.wallet()
    house.send(time, victim, root, LOOT, act="theft", stolen=True)
    house.pay_token(time + 24, victim, root, cast.dollar, DOLLARS, act="theft", stolen=True)
    other = cast.wallet(SECOND)
    house.send(time + DAY, victim, other, SECOND_LOOT, act="theft", stolen=True)
    _give_dollars(cast, time + 10 * MINUTE, root)
    first = patterns.play_fan_out(
        cast, time + HOUR, root, cast.scene.rng.randrange(*FIRST_LAYER), seconds=2 * HOUR - 5 * MINUTE
    )
    cast.agenda.at(time + DAY + HOUR, lambda now: _deal(cast, now, first, other, people))


def _give_dollars(cast: Peel, time: int, root: Account) -> None:
    """Dollars to wallets that pay them out in lots, each with ether for gas first."""
    count = cast.scene.count(STRUCTURING)
    whole = cast.house.balance(root, cast.dollar)
    for place in range(count):
        wallet = cast.wallet()
        cast.house.send(time + 60 * place, root, wallet, ETH, act="gas-money")
        cast.house.pay_token(time + 60 * place + 24, root, wallet, cast.dollar, whole // count, act="fan-out")
        begin = time + cast.scene.rng.randrange(DAY, 60 * DAY)
        cast.agenda.at(begin, partial(patterns.play_structuring, cast, wallet=wallet))


def _deal(cast: Peel, time: int, first: list[Account], other: Account, people: list[Account]) -> None:
    """Gives every first wallet's ether a way: one job to a wallet, wallets in turn."""
    jobs = [name for name, at_one in JOBS.items() for _ in range(cast.scene.count(at_one))]
    seconds = patterns.play_fan_out(cast, time, other, 2 * jobs.count("desk") + 3, seconds=HOUR)
    for place, name in enumerate(jobs):
        source = first[place % len(first)]
        shares = 1 + (len(jobs) - 1 - place) // len(first)
        wallet = cast.wallet()
        at = time + HOUR + cast.scene.rng.randrange(60, DAY) + place * HOUR
        second = seconds.pop() if name == "desk" else other
        cast.agenda.at(at, _job(cast, name, (source, wallet, second), shares, people))


def _job(
    cast: Peel, name: str, wallets: tuple[Account, Account, Account], shares: int, people: list[Account]
) -> Deed:
    """Feeds a job's wallet out of a first wallet and enters the job."""
    source, wallet, second = wallets

    def begin(time: int) -> None:
        house = cast.house
        if house.balance(source) < ETH:
            return
        house.send(time, source, wallet, house.balance(source) // shares - ETH // 100, act="feed")
        deed = _deed(cast, name, wallet, second, people)
        if deed is not None:
            cast.agenda.at(time + cast.scene.rng.randrange(HOUR, 50 * DAY), deed)

    return begin


def _deed(cast: Peel, name: str, wallet: Account, second: Account, people: list[Account]) -> Deed | None:
    if name == "desk":
        return lambda now: patterns.play_desk(cast, now, [wallet, second], people)
    if name == "dust":
        return lambda now: patterns.play_dust(cast, now, wallet, cast.scene.count(1_000, least=60))
    play = {
        "peel": patterns.play_peel_chain, "fan-in": patterns.play_fan_in, "dormancy": patterns.play_dormancy,
        "own-site": patterns.play_own_site,
    }.get(name)  # fmt: skip
    return None if play is None else partial(play, cast, wallet=wallet)


def _enter_poison(cast: Peel, crowd: EtherCrowd) -> None:
    """Somebody pays dollars; within the day a look-alike of the payee sends nothing, dust, or a fake token."""
    fake = cast.house.token("fake-dollar")
    for time, _ in schedule(
        cast.scene, {"poison": cast.scene.count(POISON, least=6)}, START + DAY, END - 5 * DAY
    ):
        cast.agenda.at(
            time, lambda now: _poison(cast, now, crowd, TokenMove(fake, Account(""), Account(""), 0))
        )


def _poison(cast: Peel, time: int, crowd: EtherCrowd, fake: TokenMove) -> None:
    house, rng = cast.house, cast.scene.rng
    payer, payee = rng.sample(crowd.people, 2)
    held = house.balance(payer, cast.dollar)
    if held < 200 * DOLLAR or house.balance(payer) < ETH // 10:
        return
    genuine = house.pay_token(time, payer, payee, cast.dollar, held // 3, act="dollar-payment")
    twin = cast.scene.names.look_alike(payee, f"twin-{cast.scene.wallets}-{time}")
    cast.scene.books.open_wallet(twin, Owner(Role.CUSTOMER, "poisoner"))
    sender = house.open(Owner(Role.CUSTOMER, "poisoner"), ether=ETH // 10)
    way = rng.choice(("zero", "zero", "dust", "fake"))
    at = time + rng.randrange(MINUTE, 20 * HOUR)
    if way == "dust":
        house.mint(at - 30, twin, cast.dollar, DOLLAR // 100)
        move = TokenMove(cast.dollar, twin, payer, DOLLAR // 1_000)
    elif way == "zero":
        # Anybody may move nothing out of anybody's wallet.
        move = TokenMove(cast.dollar, payer, twin, 0)
    else:
        move = TokenMove(fake.asset, payer, twin, held // 3)
        house.mint(at - 30, payer, fake.asset, held // 3)
    contract = Account(move.asset.rpartition(":")[2])
    tx_hash, _ = house.send(at, sender, contract, 0, gas=TOKEN, tokens=(move,), act="poison")
    cast.scene.tell("address-poisoning", [genuine, tx_hash], [twin, payee, payer], way=way)


def _play_coins(scene: WorldScene) -> None:
    crowd = open_coin_crowd(
        scene, people=scene.count(500, least=40), exchanges=("Alder Exchange", "Elm Exchange")
    )
    counts = {name: scene.count(number // 2) for name, number in MIX.items()}
    for time, act in schedule(scene, counts, START + HOUR, END - 2 * DAY):
        play_coin_act(crowd, act, time)
