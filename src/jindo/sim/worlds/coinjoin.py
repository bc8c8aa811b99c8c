"""The world `coinjoin`: CoinJoins of five kinds on a UTXO chain, a theft that goes through them, and what looks like them.

* Every transaction says what it is (`acts.csv`) and every address whose it is (`owners.csv`).
* What a thief puts into a CoinJoin ends there: the whole of it, his share of the fee included, has reached a mixer.
* Rounds keep their sizes at every scale; scale says how many there are.

Sources: the public descriptions of ZeroLink, WabiSabi, Whirlpool and JoinMarket; `docs/reference/worlds.md`.
"""

from __future__ import annotations

from jindo.sim.books import Owner, Role
from jindo.sim.coin_plan import Coin
from jindo.sim.plan import TheftMark
from jindo.sim.world import World
from jindo.sim.worlds.coin_people import Purse, fresh, outside, pay
from jindo.sim.worlds.coin_traffic import MIX, CoinCrowd, deposit_address, open_coin_crowd, play_coin_act
from jindo.sim.worlds.coinjoin_cast import THEFT, Mixers, open_mixers
from jindo.sim.worlds.coinjoin_pools import open_pools, play_market, play_mix, play_tx_zero
from jindo.sim.worlds.coinjoin_rounds import WASABI_ONE, WASABI_TWO, play_wasabi_one, play_wasabi_two
from jindo.sim.worlds.scene import BITCOINS, BTC, DAY, HOUR, WorldScene, build_scene, schedule, seal_scene

NAME = "coinjoin"
DESCRIPTION = "Wasabi, Whirlpool and JoinMarket among batches, sweeps and payrolls that look like them"
START = 1_672_531_200
"""2023-01-01T00:00:00Z."""
LENGTH = 60 * DAY
EXCHANGES = ("Heron Exchange", "Basalt Exchange", "Lantana Exchange")
ROUNDS = {
    "wasabi-1.0": 70, "wasabi-1.1": 70, "wasabi-2.0": 80, "whirlpool-tx0": 260, "whirlpool": 700,
    "whirlpool-surge": 30, "joinmarket": 200,
}  # fmt: skip
"""CoinJoins of each kind at scale 1, and what leads into them."""
LOOT = 120 * BTC
SHARES = {
    "wasabi-2.0": 40, "wasabi-1.1": 12, "wasabi-1.0": 8, "whirlpool": 15, "joinmarket": 10, "exchanges": 8, "": 7,
}  # fmt: skip
"""Per cent of the thief's coins by where they go; the empty name is held."""

MODELS = (
    "Wasabi 1.0: 20 to 100 people, one equal output each of about 0.1 bitcoin, change, one coordinator address.",
    "Wasabi 1.1: the same with levels of twice, four times, … the amount for those who have more.",
    (
        "Wasabi 2.0: 50 to 400 inputs, outputs of standard denominations, inputs and outputs from the largest "
        "down, about half of the inputs from earlier rounds."
    ),
    (
        "Whirlpool: four pools; tx0 with the pool's fee, data and up to 70 premix coins; mixes of five inputs and "
        "five equal outputs, and some later ones of six to eight."
    ),
    "JoinMarket: a taker and two to nine makers at any amount, fees in the change, sometimes no change for the taker.",
    (
        "Look-alikes: withdrawal batches with one input or with dozens, with equal amounts or none, consolidations, "
        "sweeps, payrolls, mining pools' payouts, coins cut into equal parts by their owner, PayJoins."
    ),
    "A theft of 120 bitcoin whose parts go into rounds of every kind, to exchanges, or are held.",
)
SIMPLIFICATIONS = (
    "All names, addresses and hashes are invented; no key stands behind an address.",
    "Rounds of all kinds run in the same 60 days; in truth their times hardly overlap.",
    "Amounts in a 2.0 round are chosen greedily from the standard ones, not by the wallet's own search.",
    "People's first coins, and what they lack later, come from before the world, with value and address stated.",
    "Sybils, failed rounds, PayJoins inside rounds, and spending that imitates CoinJoins (Stonewall) are left out.",
    "Each transaction has one fee rate of 2 to 25 satoshi a virtual byte; there is no fee market.",
    "The thief takes part as one participant a round, never as several at once.",
)


def make_coinjoin(*, seed: int, scale: float) -> World:
    """The world at a scale; at 1 it has some 15,000 transactions, 1,100 of them CoinJoins."""
    scene = build_scene(NAME, seed=seed, scale=scale, start=START, thefts={THEFT: [BITCOINS]})
    crowd = open_coin_crowd(scene, people=scene.count(900, least=40), exchanges=EXCHANGES)
    people = scene.count(700, least=150)
    mixers = open_mixers(scene, people=people, coordinators=(WASABI_ONE, WASABI_TWO))
    _steal(crowd, mixers)
    _play(scene, crowd, mixers)
    return seal_scene(
        scene, name=NAME, description=DESCRIPTION, seed=seed, scale=scale, models=MODELS,
        simplifications=SIMPLIFICATIONS,
    )  # fmt: skip


def _play(scene: WorldScene, crowd: CoinCrowd, mixers: Mixers) -> None:
    counts = {name: scene.count(number) for name, number in (ROUNDS | MIX).items()}
    spends = {"spend-mixed": scene.count(500), "thief-deposit": 12}
    pools = open_pools(counts["whirlpool-tx0"])
    for time, act in schedule(scene, counts | spends, START + HOUR, START + LENGTH):
        if act in MIX:
            play_coin_act(crowd, act, time)
        elif act.startswith("wasabi-1"):
            play_wasabi_one(mixers, time, levels=act == "wasabi-1.1")
        elif act == "wasabi-2.0":
            play_wasabi_two(mixers, time)
        elif act == "whirlpool-tx0":
            play_tx_zero(mixers, scene.rng.choice(pools), time)
        elif act.startswith("whirlpool"):
            play_mix(
                mixers, max(pools, key=lambda p: _ready(p.premix, time)), time, surge=act == "whirlpool-surge"
            )
        elif act == "joinmarket":
            play_market(mixers, time)
        elif act == "spend-mixed":
            _spend_mixed(crowd, mixers, time)
        else:
            _deposit(crowd, mixers, time)


def _ready(waiting: list[tuple[Coin, Purse, str]], time: int) -> int:
    return len({id(purse) for coin, purse, _ in waiting if coin.time < time})


def _steal(crowd: CoinCrowd, mixers: Mixers) -> None:
    """An exchange's coins go to the thief, who cuts them up and gives each part its way."""
    scene, thief = crowd.scene, mixers.thief
    victim = Purse(Owner(Role.VICTIM, "Juniper Exchange"))
    coin = outside(scene, victim, LOOT + BTC)
    (loot,) = pay(
        scene, victim, START + HOUR, [(fresh(scene, thief), LOOT)], act="theft", coins=[coin],
        marks={0: TheftMark.STOLEN}, change_to=victim.used[0],
    )  # fmt: skip
    parts = max(20, scene.count(60))
    share = (LOOT - scene.coin_fee(1, parts)) // parts
    outputs = [(fresh(scene, thief), share) for _ in range(parts)]
    made = scene.coins.add(START + 3 * HOUR, [loot], outputs, act="thief-split")
    for route, part in zip(_deal(scene, parts), made, strict=True):
        mixers.meant.setdefault(route, []).append(part)


def _deal(scene: WorldScene, parts: int) -> list[str]:
    """A way for each part: each way gets one, and the rest fall by their shares."""
    names = list(SHARES)
    ways = names + scene.rng.choices(names, weights=list(SHARES.values()), k=parts - len(names))
    scene.rng.shuffle(ways)
    return ways


def _spend_mixed(crowd: CoinCrowd, mixers: Mixers, time: int) -> None:
    """Somebody pays with mixed coins; one in twelve is careless and adds a coin that was never mixed."""
    scene = crowd.scene
    ready = {n: [c for c in coins if c.time < time] for n, coins in mixers.mixed.items()}
    names = [name for name, coins in ready.items() if coins]
    if not names:
        return
    name = scene.rng.choice(names)
    coins = ready[name][: scene.rng.randrange(1, 4)]
    for coin in coins:
        mixers.mixed[name].remove(coin)
    person = next((p for p in mixers.people if p.owner.name == name), None)
    if person is not None and scene.rng.randrange(12) == 0:
        coins += [person.coins.pop(0)] if person.coins and person.coins[0].time < time else []
    total = sum(coin.value for coin in coins) - scene.coin_fee(len(coins), 2)
    if total < 2_000:
        return
    firm = scene.rng.choice(crowd.exchanges)
    target, back = deposit_address(scene, firm), total // 3
    keeper = person or Purse(Owner(Role.MIXED, THEFT))
    made = scene.coins.add(
        time, coins, [(target, total - back), (fresh(scene, keeper), back)], act="spend-mixed"
    )
    crowd.deposits.setdefault(firm.owner.name, []).append(made[0])
    mixers.mixed.setdefault(name, []).append(made[1])


def _deposit(crowd: CoinCrowd, mixers: Mixers, time: int) -> None:
    """The thief pays one of the coins meant for it to an exchange."""
    scene = crowd.scene
    ready = [coin for coin in mixers.meant.get("exchanges", []) if coin.time < time]
    if ready:
        mixers.meant["exchanges"].remove(ready[0])
        target = deposit_address(scene, scene.rng.choice(crowd.exchanges))
        value = ready[0].value - scene.coin_fee(1, 1)
        made = scene.coins.add(time, ready[:1], [(target, value)], act="thief-deposit")
        crowd.deposits.setdefault(scene.books.owner(target).name, []).extend(made)
