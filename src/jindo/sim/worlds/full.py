"""The world `bybit` at scale `full`: the theft in every number of public reporting, and a crowd of twenty million around it.

* The theft, the bridge and its customers, and the CoinJoin rounds are made as in other worlds, in the same books.
* The crowd is columns (`sim.crowd_columns`, `sim.crowd_coins`), made while it is written.
* Crowd and theft share blocks, and the busiest of the crowd's accounts are labelled exchanges; no coin of the crowd's
  enters a thief's wallet, and no stolen coin the crowd's.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from jindo.base.ids import Account
from jindo.sim.books import Owner, Role
from jindo.sim.crowd_stream import BlockSpan, CrowdSize
from jindo.sim.world import World
from jindo.sim.worlds.agenda import Deed
from jindo.sim.worlds.bridges_cast import BridgeCast, build_bridges, contract_of, person_purse
from jindo.sim.worlds.bridges_memo_bridge import deposit_coins, deposit_ether, plan_churns
from jindo.sim.worlds.coin_people import outside
from jindo.sim.worlds.coinjoin_cast import open_mixers
from jindo.sim.worlds.coinjoin_rounds import WASABI_TWO
from jindo.sim.worlds.full_thief import THEFT, FullThief, play_full_coins, play_full_theft
from jindo.sim.worlds.scene import (
    BITCOINS,
    BTC,
    DAY,
    ETH,
    ETHER,
    HOUR,
    WorldScene,
    build_scene,
    schedule,
    seal_scene,
)

FULL = "full"
START = 1_739_887_200
"""2025-02-18T14:00:00Z, three days before the theft."""
THEFT_TIME = START + 3 * DAY
LAUNDERED = THEFT_TIME + 27 * DAY
"""When all ether that crosses has crossed."""
END = THEFT_TIME + 62 * DAY
INNOCENTS = {"memo-out": 9_000, "memo-back": 3_000}
"""Customers of the bridge with memos."""
EXCHANGES = 30
"""The crowd's busiest accounts that are labelled exchanges."""

MODELS = (
    "401,000 ether leave in three transactions for 50 wallets within two hours; 97 % of it leaves those in 18 days.",
    "Legs of some 37 ether, about 34 an hour; 72 % of what leaves by a bridge with memos, and refunds sent again.",
    "944 bitcoin into Wasabi 2.0 rounds with strangers, 5 % back to ether, 3 % to exchanges.",
    "What is left lies in 35,772 wallets.",
    "20 million transfers of 3 million innocents on the one chain, 400,000 transactions on the other.",
)
SIMPLIFICATIONS = (
    "All names, addresses and hashes are invented; no key stands behind an address.",
    "Only ether is stolen. The final wallets hold 0.2 bitcoin on average, where 0.28 were reported.",
    "Thieves' wallets hold stolen value alone: haircut and every other conserving rule have one truth.",
    "The crowd pays at random, heavy-tailed in its degrees; its fees are not in the files, nor any contract's call.",
    "The bridge's vaults are paid, and pay, without a router; services without memos pay on chains that are not here.",
    "Service wallets are labelled, the crowd's busiest 30 among them.",
)


@dataclass(frozen=True, slots=True)
class BigWorld:
    """A world whose crowd is made while it is written."""

    core: World
    """Everything but the crowd."""
    account: BlockSpan
    coins: BlockSpan
    account_size: CrowdSize
    coin_size: CrowdSize
    dollar: Account
    """The contract of the token that the crowd pays with."""
    labelled: int
    """How many of the crowd's busiest accounts are labelled exchanges."""


def make_full(*, seed: int, share: float = 1.0) -> BigWorld:
    """The world; `share` of the theft's numbers, for tests, with the crowd's places as they are at 1."""
    scene = build_scene("bybit-full", seed=seed, scale=share, start=START, thefts={THEFT: [ETHER, BITCOINS]})
    cast = build_bridges(scene, end=END)
    cast.direct = True
    plan_churns(cast)
    _enter_customers(cast)
    people = scene.count(1_500, least=120)
    mixers = open_mixers(scene, people=people, coordinators=(WASABI_TWO,), theft=THEFT)
    pool = cast.house.open(Owner(Role.SERVICE, "Foglamp Pool", "mixer"), labelled=True)
    thief = FullThief(cast, THEFT_TIME, pool)
    play_full_theft(thief)
    cast.agenda.play(LAUNDERED)
    play_full_coins(thief, mixers, LAUNDERED, END)
    cast.agenda.play(END)
    scene.prices = cast.market.list_rows()
    core = seal_scene(
        scene, name="bybit", description="The theft in the shape of Bybit's at full scale, among 20 million transfers",
        seed=seed, scale=share, models=MODELS, simplifications=SIMPLIFICATIONS,
    )  # fmt: skip
    return _add_crowd(scene, cast, replace(core, scale=FULL))


def _add_crowd(scene: WorldScene, cast: BridgeCast, core: World) -> BigWorld:
    taken = Counter(tx.block for tx in core.account.transactions)
    filled = Counter(tx.block for tx in core.utxo.transactions)
    seconds = END - START
    return BigWorld(
        core,
        BlockSpan(
            scene.ether.first_block, seconds // scene.ether.interval, START, scene.ether.interval, taken
        ),
        BlockSpan(
            scene.coins.first_block, seconds // scene.coins.interval, START, scene.coins.interval, filled
        ),
        CrowdSize(accounts=3_000_000, per_block=45, part_blocks=22_500),
        CrowdSize(accounts=300_000, per_block=45, part_blocks=2_000),
        contract_of(cast.tokens.other),
        EXCHANGES,
    )


def _enter_customers(cast: BridgeCast) -> None:
    """The bridge's innocent customers, each with a wallet of his own."""
    counts = {name: cast.scene.count(number) for name, number in INNOCENTS.items()}
    for time, act in schedule(cast.scene, counts, START + HOUR, END - 8 * HOUR):
        amount = cast.scene.between(ETH // 5, 90 * ETH) // 10**13 * 10**13
        cast.agenda.at(time, _out(cast, amount) if act == "memo-out" else _back(cast, amount))


def _out(cast: BridgeCast, amount: int) -> Deed:
    account = cast.house.person(ether=amount + ETH)
    purse = person_purse(cast.scene)
    return lambda now: deposit_ether(
        cast, now, account, amount, purse, streaming=cast.scene.rng.randrange(6) == 0
    )


def _back(cast: BridgeCast, amount: int) -> Deed:
    to, purse = cast.house.person(), person_purse(cast.scene)
    value = amount * 3 // 100 * BTC // ETH + 100_000
    coin = outside(cast.scene, purse, value + 100_000)
    return lambda now: deposit_coins(cast, now, purse, [coin], value, to)
