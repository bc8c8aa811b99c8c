"""The world `innocent`: more than a hundred thousand transactions on two chains, and no crime at all.

* Nothing is stolen: `stolen.csv` is empty, and the truth has no theft.
* What looks like a pattern is told in `patterns.json` as a control, with what was drawn for it.
* People swap, bridge and pay as in `bridges`; on the UTXO chain they do as in `coinjoin`, without CoinJoins.
"""

from __future__ import annotations

from jindo.sim.world import World
from jindo.sim.worlds.bridges_cast import END, START, build_bridges
from jindo.sim.worlds.bridges_crowd import play_crowd
from jindo.sim.worlds.bridges_memo_bridge import plan_churns
from jindo.sim.worlds.coin_traffic import MIX, open_coin_crowd, play_coin_act
from jindo.sim.worlds.ether_traffic import COUNTS, enter_ether_acts, open_ether_crowd
from jindo.sim.worlds.scene import HOUR, WorldScene, build_scene, schedule, seal_scene

NAME = "innocent"
DESCRIPTION = "More than 100,000 transactions of innocents, with what looks like laundering and is none"
COIN_EXCHANGES = ("Heron Exchange", "Basalt Exchange", "Lantana Exchange")

MODELS = (
    (
        "Exchanges: withdrawals one by one, in bursts of equal sizes to fresh wallets, in batches by a contract and "
        "on the UTXO chain, hot wallets' chains of change, sweeps of deposit addresses."
    ),
    "Payrolls and airdrops of equal amounts; market makers' lots of nearly one size; wallets gathered in one.",
    "Payment processors' addresses with dozens of unrelated payers, emptied within the day; savers who wake.",
    "Swaps, wrapping, staking, arbitrage, and bridges with memos and without, refunds and odd memos.",
    "On the UTXO chain payments, consolidations, mining pools' payouts, equal splits, PayJoins.",
)
SIMPLIFICATIONS = (
    "All names, addresses and hashes are invented; no key stands behind an address.",
    "20 days only: whoever sleeps does so for less than three weeks.",
    "No poisoning, dust or other nuisance, and no CoinJoins: those are in `peel` and `coinjoin`.",
    "People's amounts and times are drawn evenly over the day; there are no nights and no week-ends.",
)


def make_innocent(*, seed: int, scale: float) -> World:
    """The world at a scale; at 1 it has more than 100,000 transactions."""
    scene = build_scene(NAME, seed=seed, scale=scale, start=START, thefts={})
    cast = build_bridges(scene)
    plan_churns(cast)
    play_crowd(cast)
    crowd = open_ether_crowd(
        scene, cast.house, cast.agenda, exchanges=[vault.account for vault in cast.exchanges.values()],
        dollar=cast.tokens.dollar, start=START, end=END, people=scene.count(4_000, least=120),
    )  # fmt: skip
    counts = {name: scene.count(number) for name, number in COUNTS.items()}
    enter_ether_acts(crowd, counts, after=START + 2 * HOUR, before=END - 48 * HOUR)
    cast.agenda.play(END)
    _play_coins(scene)
    scene.prices = cast.market.list_rows()
    return seal_scene(
        scene, name=NAME, description=DESCRIPTION, seed=seed, scale=scale, models=MODELS,
        simplifications=SIMPLIFICATIONS,
    )  # fmt: skip


def _play_coins(scene: WorldScene) -> None:
    coins = open_coin_crowd(scene, people=scene.count(900, least=40), exchanges=COIN_EXCHANGES)
    counts = {name: scene.count(number) for name, number in MIX.items()}
    for time, act in schedule(scene, counts, START + HOUR, END - 40 * HOUR):
        play_coin_act(coins, act, time)
