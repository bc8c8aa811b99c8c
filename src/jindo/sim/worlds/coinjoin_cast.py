"""Who takes part in CoinJoins: people who mix, a thief among them, and coordinators.

* Coins that went through a CoinJoin lie apart from those that did not; a careless minority spends both together.
* Nobody is in one round twice under two names; everybody has one to a few coins in it.
* The thief's share goes in as one more participant; what comes back to him is recorded as mixed, not as stolen.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from jindo.base.ids import Account, TxId
from jindo.sim.books import Owner, Role
from jindo.sim.coin_plan import Coin
from jindo.sim.worlds.coin_people import Purse, draw_value, fund, open_person, take
from jindo.sim.worlds.scene import BTC, WorldScene

THEFT = "coinjoin-like"


@dataclass(slots=True)
class MixParty:
    """One participant of a round and what he puts in."""

    purse: Purse
    coins: list[Coin]
    after: Owner
    """Whose the outputs are recorded as."""

    def value(self) -> int:
        """Satoshi put in."""
        return sum(coin.value for coin in self.coins)


@dataclass(slots=True)
class Mixers:
    """Everybody who mixes."""

    scene: WorldScene
    people: list[Purse]
    coordinators: dict[str, Account]
    thief: Purse
    theft: str
    """The name of the thief's theft."""
    mixed: dict[str, list[Coin]] = field(default_factory=dict)
    """Coins out of CoinJoins, by owner's name."""
    rounds: set[TxId] = field(default_factory=set)
    """Every CoinJoin so far."""
    meant: dict[str, list[Coin]] = field(default_factory=dict)
    """The thief's coins by the kind of CoinJoin that he means them for."""


def open_mixers(
    scene: WorldScene, *, people: int, coordinators: tuple[str, ...], theft: str = THEFT
) -> Mixers:
    """People with coins to mix, and the coordinators' addresses."""
    places: dict[str, Account] = {}
    for name in coordinators:
        scene.wallets += 1
        account = scene.names.p2wpkh(f"coordinator-{name}")
        places[name] = scene.label(scene.books.open_wallet(account, Owner(Role.SERVICE, name, "mixer")))
    crowd = [open_person(scene, form=scene.rng.choice(("p2wpkh", "p2wpkh", "p2tr"))) for _ in range(people)]
    for person in crowd:
        person.reuse = 0
        for _ in range(scene.rng.randrange(1, 6)):
            fund(scene, person, draw_value(scene, least=BTC // 50, most=4 * BTC))
    thief = Purse(Owner(Role.THIEF, theft))
    return Mixers(scene, crowd, places, thief, theft)


def gather(mixers: Mixers, wanted: int, time: int, *, least: int, plain: bool, theft: str) -> list[MixParty]:
    """So many parties where `plain`, parties with so many inputs otherwise; the thief among them if he has coins for it."""
    scene = mixers.scene
    parties = _find_thief(mixers, time, least, theft)
    for person in scene.rng.sample(mixers.people, min(len(mixers.people), wanted)):
        if (len(parties) if plain else sum(len(p.coins) for p in parties)) >= wanted:
            break
        coins = _choose(mixers, person, time, least, plain=plain)
        parties.append(MixParty(person, coins, person.owner))
    while (len(parties) if plain else sum(len(p.coins) for p in parties)) < wanted:
        # Newcomers, where too few are about.
        person = open_person(scene, form="p2wpkh")
        person.reuse = 0
        mixers.people.append(person)
        parties.append(MixParty(person, _choose(mixers, person, time, least, plain=plain), person.owner))
    scene.rng.shuffle(parties)
    return parties


def _find_thief(mixers: Mixers, time: int, least: int, theft: str) -> list[MixParty]:
    ready = [coin for coin in mixers.meant.get(theft, []) if coin.time < time][
        : mixers.scene.rng.randrange(1, 8)
    ]
    if sum(coin.value for coin in ready) < least:
        return []
    mixers.meant[theft] = [coin for coin in mixers.meant[theft] if coin not in ready]
    return [MixParty(mixers.thief, ready, Owner(Role.MIXED, mixers.theft))]


def _choose(mixers: Mixers, person: Purse, time: int, least: int, *, plain: bool) -> list[Coin]:
    """A person's coins for a round: mixed ones again where there are some, fresh ones otherwise."""
    scene = mixers.scene
    again = [c for c in mixers.mixed.get(person.owner.name, []) if c.time < time]
    most = scene.rng.randrange(1, 4 if plain else 11)
    coins = again[:most] if again and scene.rng.randrange(100) < 55 else []
    for coin in coins:
        mixers.mixed[person.owner.name].remove(coin)
    lack = least - sum(coin.value for coin in coins)
    return coins + (take(scene, person, lack + lack // 20, time, most_inputs=7) if lack > 0 else [])
