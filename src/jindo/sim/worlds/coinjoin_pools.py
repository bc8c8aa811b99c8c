"""CoinJoins without rounds of strangers' sums: Whirlpool's pools and JoinMarket's market, as publicly described.

* Whirlpool: a first transaction (tx0) pays the pool's fee, carries data, and cuts a coin into up to 70 equal premix
  coins of the pool's amount and a little for the miners. A mix has five inputs of five people, one to three of them
  premix, the others out of earlier mixes, and five outputs of exactly the pool's amount. Some later mixes have six to eight.
* JoinMarket: a taker and two to nine makers, one equal output each of whatever amount the taker chose; makers have
  change a little larger than what they put in over, takers a little smaller, or none where they empty a wallet.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from jindo.sim.books import Owner, Role
from jindo.sim.coin_plan import Coin, Payee
from jindo.sim.worlds.coin_people import DUST, Purse, draw_value, fresh, take
from jindo.sim.worlds.coinjoin_cast import THEFT, Mixers, MixParty, gather
from jindo.sim.worlds.coinjoin_rounds import give_back
from jindo.sim.worlds.scene import BTC, WorldScene

WHIRLPOOL, MARKET = "Eddy Coordinator", "Makers' Market"
POOLS = {BTC // 20: 175_000, BTC // 100: 50_000, BTC // 2: 1_750_000, BTC // 1_000: 5_000}
"""Each pool's amount and what tx0 pays for it, satoshi."""


@dataclass(slots=True)
class MixPool:
    """One Whirlpool pool: coins that wait to be mixed, each with its owner and the tx0 it comes from."""

    size: int
    premix: list[tuple[Coin, Purse, str]] = field(default_factory=list)
    postmix: list[tuple[Coin, Purse, str]] = field(default_factory=list)


def open_pools(entrants: int) -> list[MixPool]:
    """The four pools, empty; fewer where too few would come for all."""
    return [MixPool(size) for size in POOLS][: max(1, entrants // 12)]


def play_tx_zero(mixers: Mixers, pool: MixPool, time: int) -> None:
    """Plans somebody's way into a pool; the thief's, where he has a coin for it."""
    scene = mixers.scene
    purse, coins = _draw_entrant(mixers, pool, time)
    extra = scene.rng.randrange(150, 20_000) if pool.size > BTC // 1_000 else scene.rng.randrange(150, 2_000)
    total, fee = sum(coin.value for coin in coins), scene.coin_fee(len(coins), 12)
    count = min(70, (total - fee - POOLS[pool.size]) // (pool.size + extra), scene.rng.randrange(4, 71))
    rest = total - fee - POOLS[pool.size] - count * (pool.size + extra)
    owner = Owner(Role.SERVICE, WHIRLPOOL, "mixer")
    fee_to = scene.books.open_wallet(scene.names.p2wpkh(f"eddy-{scene.wallets}"), owner)
    scene.label(fee_to)
    outputs: list[tuple[Payee, int]] = [(scene.rng.randbytes(64), 0), (fee_to, POOLS[pool.size])]
    outputs += [(fresh(scene, purse, form="p2wpkh"), pool.size + extra) for _ in range(count)]
    if rest > DUST:
        outputs.append((fresh(scene, purse), rest))
    outputs.sort(key=lambda output: output[1])
    for coin in scene.coins.add(time, coins, outputs, act="whirlpool-tx0"):
        if coin.value == pool.size + extra and coin.account != fee_to:
            pool.premix.append((coin, purse, coin.tx_hash))
        elif coin.account != fee_to:
            purse.coins.append(coin)


def _draw_entrant(mixers: Mixers, pool: MixPool, time: int) -> tuple[Purse, list[Coin]]:
    least = POOLS[pool.size] + 4 * (pool.size + 20_000) + 30_000
    ready = [c for c in mixers.meant.get("whirlpool", []) if c.time < time and c.value >= least]
    if ready and pool.size >= BTC // 20:
        mixers.meant["whirlpool"].remove(ready[0])
        return mixers.thief, [ready[0]]
    person = mixers.scene.rng.choice(mixers.people)
    return person, take(
        mixers.scene, person, least * mixers.scene.rng.choice((1, 1, 2, 5)), time, most_inputs=5
    )


def play_mix(mixers: Mixers, pool: MixPool, time: int, *, surge: bool) -> None:
    """Plans a mix, where enough different people's coins wait."""
    scene = mixers.scene
    width = scene.rng.randrange(6, 9) if surge else 5
    new = _pick(scene, pool.premix, scene.rng.choice((1, 2, 2, 2, 3)), time, [])
    old = _pick(scene, pool.postmix, width - len(new), time, new)
    new += _pick(scene, pool.premix, width - len(new) - len(old), time, new + old)
    chosen = new + old
    if len(chosen) < width or not new:
        return
    for entry in chosen:
        (pool.premix if entry in pool.premix else pool.postmix).remove(entry)
    parties = [MixParty(purse, [coin], _after(purse)) for coin, purse, _ in chosen]
    coins = sorted((coin for coin, _, _ in chosen), key=lambda coin: (coin.tx_hash, coin.index))
    outputs: list[tuple[Payee, int]] = [
        (fresh(scene, p.purse, owner=p.after, form="p2wpkh"), pool.size) for p in parties
    ]
    outputs.sort()
    act = "whirlpool-surge" if surge else "whirlpool"
    made = scene.coins.add(time, coins, outputs, act=act, mix=WHIRLPOOL)
    mixers.rounds.add(made[0].tx_hash)
    owners = {party.after: party.purse for party in parties}
    for coin in made:
        purse = owners[scene.books.owner(coin.account)]
        if scene.rng.randrange(100) < 75:
            pool.postmix.append((coin, purse, coin.tx_hash))
        else:
            mixers.mixed.setdefault(purse.owner.name, []).append(coin)


def _pick(
    scene: WorldScene,
    waiting: list[tuple[Coin, Purse, str]],
    wanted: int,
    time: int,
    taken: list[tuple[Coin, Purse, str]],
) -> list[tuple[Coin, Purse, str]]:
    """Coins that wait, of people and from transactions not in the mix yet."""
    picked: list[tuple[Coin, Purse, str]] = []
    for entry in scene.rng.sample(waiting, len(waiting)):
        if len(picked) >= wanted:
            break
        others = [*taken, *picked]
        if entry[0].time < time and all(entry[1] is not o[1] and entry[2] != o[2] for o in others):
            picked.append(entry)
    return picked


def _after(purse: Purse) -> Owner:
    return Owner(Role.MIXED, THEFT) if purse.owner.role is Role.THIEF else purse.owner


def play_market(mixers: Mixers, time: int) -> None:
    """Plans a JoinMarket transaction; its first party is the taker."""
    scene = mixers.scene
    makers = scene.rng.choice((2, 3, 4, 4, 5, 5, 6, 7, 8, 9))
    size = draw_value(scene, least=BTC // 50, most=3 * BTC)
    size -= size % 1_000 if scene.rng.randrange(2) else 0
    mining = scene.coin_fee(2 * makers + 2, 2 * makers + 2)
    fees = [
        scene.rng.choice((scene.rng.randrange(100, 5_000), size * scene.rng.randrange(1, 50) // 100_000))
        for _ in range(makers)
    ]
    parties = gather(
        mixers, makers + 1, time, least=size + mining + sum(fees) + DUST, plain=True, theft="joinmarket"
    )
    parties.sort(key=lambda party: party.after.role is not Role.MIXED)
    form = scene.rng.choice(("p2wpkh", "p2wpkh", "p2wpkh", "p2sh"))
    if parties[0].after.role is not Role.MIXED and scene.rng.randrange(5) == 0:
        # He empties a wallet: the amount is all that the fees leave, where the makers have as much.
        whole = parties[0].value() - mining - sum(fees)
        size = whole if all(p.value() > whole + DUST for p in parties[1:]) else size
    rests = [parties[0].value() - size - mining - sum(fees)]
    rests += [p.value() - size + fee for p, fee in zip(parties[1:], fees, strict=True)]
    outputs: list[tuple[Payee, int]] = []
    for party, rest in zip(parties, rests, strict=True):
        outputs.append((fresh(scene, party.purse, owner=party.after, form=form), size))
        if rest > DUST:
            outputs.append((fresh(scene, party.purse, owner=party.after, form=form), rest))
    scene.rng.shuffle(outputs)
    coins = [coin for party in parties for coin in party.coins]
    scene.rng.shuffle(coins)
    made = scene.coins.add(time, coins, outputs, act="joinmarket", mix=MARKET)
    mixers.rounds.add(made[0].tx_hash)
    give_back(mixers, parties, made)
