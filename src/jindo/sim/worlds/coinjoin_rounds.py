"""Rounds of coordinated CoinJoins: Wasabi 1.0, 1.1 and 2.0, as publicly described.

* 1.0: 20 to 100 people, one equal output each of about 0.1 bitcoin, change for most; the coordinator is paid 0.003 %
  of the amount for each other participant, at one address.
* 1.1: the same with levels: whoever has more gets equal outputs of twice, four times, … the amount too.
* 2.0: 50 to 400 inputs and as many outputs of standard denominations (powers of two and three, and of ten with one,
  two and five), inputs and outputs from the largest down; 0.3 % of fresh coins to the coordinator; remainders too small
  for an output are left to the fee.
* A part of the inputs comes from earlier rounds. Outputs go to addresses never used before.

Who takes part is `coinjoin_cast`'s.
"""

from __future__ import annotations

from bisect import bisect_right

from jindo.sim.coin_plan import Coin, Payee
from jindo.sim.worlds.coin_people import DUST, fresh
from jindo.sim.worlds.coinjoin_cast import Mixers, MixParty, gather
from jindo.sim.worlds.scene import BTC

WASABI_ONE, WASABI_TWO = "Lantern Coordinator", "Saffron Coordinator"
LEAST_TWO = 5_000
"""Satoshi of the smallest output of a 2.0 round."""


def _list_denominations() -> list[int]:
    found = {2**i for i in range(50)} | {k * 3**i for i in range(32) for k in (1, 2)}
    found |= {k * 10**i for i in range(14) for k in (1, 2, 5)}
    return sorted(value for value in found if LEAST_TWO <= value <= 134_375_000_000)


DENOMINATIONS = _list_denominations()


def play_wasabi_one(mixers: Mixers, time: int, *, levels: bool) -> None:
    """Plans a round of 1.0, or with `levels` of 1.1."""
    scene = mixers.scene
    base = scene.around(BTC // 10, 3)
    count = scene.rng.randrange(20, 101)
    fee = base * 3 * count // 100_000 + scene.rng.randrange(2_000, 9_000)
    parties = gather(
        mixers, count, time, least=base + fee, plain=True, theft="wasabi-1.1" if levels else "wasabi-1.0"
    )
    outputs: list[tuple[Payee, int]] = []
    owed = 0
    for party in parties:
        rest = party.value() - fee
        sizes = [base << level for level in range(8 if levels else 1)]
        for size in sizes:
            # A level needs somebody else at it: the richest often find none.
            if rest >= size and (size == base or sum(p.value() > 2 * size for p in parties) > 1):
                outputs.append((fresh(scene, party.purse, owner=party.after), size))
                rest -= size
                owed += size * 3 * count // 100_000
        if rest > DUST:
            outputs.append((fresh(scene, party.purse, owner=party.after), rest))
    owed = min(owed, fee * count - 10_000)
    outputs.append((mixers.coordinators[WASABI_ONE], max(owed, DUST)))
    act = "wasabi-1.1" if levels else "wasabi-1.0"
    _mix(mixers, time, parties, sorted(outputs, key=lambda o: o[1]), act, WASABI_ONE)


def play_wasabi_two(mixers: Mixers, time: int) -> None:
    """Plans a round of 2.0."""
    scene = mixers.scene
    wanted = scene.rng.choice((scene.rng.randrange(50, 150), scene.rng.randrange(150, 400)))
    parties = gather(mixers, wanted, time, least=2 * LEAST_TWO, plain=False, theft="wasabi-2.0")
    rate = scene.rng.randrange(3, 25)
    outputs: list[tuple[Payee, int]] = []
    owed = 0
    for party in parties:
        new = sum(c.value for c in party.coins if c.tx_hash not in mixers.rounds and c.value > BTC // 100)
        owed += new * 3 // 1_000
        left = party.value() - new * 3 // 1_000 - rate * 69 * len(party.coins)
        for value in _decompose(mixers, left, rate):
            form = "p2tr" if scene.rng.randrange(2) else "p2wpkh"
            outputs.append((fresh(scene, party.purse, owner=party.after, form=form), value))
    outputs.append((mixers.coordinators[WASABI_TWO], max(owed, LEAST_TWO)))
    for party in parties:
        party.coins.sort(key=lambda coin: -coin.value)
    _mix(mixers, time, parties, sorted(outputs, key=lambda o: -o[1]), "wasabi-2.0", WASABI_TWO)


def _decompose(mixers: Mixers, value: int, rate: int) -> list[int]:
    """Up to ten outputs: standard amounts from the largest that fit, now and then a remainder as change."""
    cost, parts = rate * 43, list[int]()
    while len(parts) < 10 and value - cost >= LEAST_TWO:
        top = bisect_right(DENOMINATIONS, value - cost)
        step = 0 if parts else mixers.scene.rng.choice((0, 0, 1, 1, 2, 3))
        part = DENOMINATIONS[max(0, top - 1 - step)]
        last = len(parts) == 9 or (value - cost - part < LEAST_TWO * 4 and mixers.scene.rng.randrange(3) == 0)
        if last and value - cost - part > LEAST_TWO and mixers.scene.rng.randrange(4) == 0:
            part = value - cost
        parts.append(part)
        value -= part + cost
    return parts


def _mix(
    mixers: Mixers,
    time: int,
    parties: list[MixParty],
    outputs: list[tuple[Payee, int]],
    act: str,
    service: str,
) -> None:
    coins = [coin for party in parties for coin in party.coins]
    if act == "wasabi-2.0":
        coins.sort(key=lambda coin: -coin.value)
    else:
        coins.sort(key=lambda coin: (coin.tx_hash, coin.index))
    made = mixers.scene.coins.add(time, coins, outputs, act=act, mix=service)
    mixers.rounds.add(made[0].tx_hash)
    give_back(mixers, parties, made)


def give_back(mixers: Mixers, parties: list[MixParty], made: list[Coin]) -> None:
    """Puts a CoinJoin's outputs into their owners' mixed purses."""
    owners = {party.after: party.purse for party in parties}
    for coin in made:
        purse = owners.get(mixers.scene.books.owner(coin.account))
        if purse is not None:
            mixers.mixed.setdefault(purse.owner.name, []).append(coin)
