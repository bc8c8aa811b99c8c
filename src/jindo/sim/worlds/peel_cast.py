"""Who is in the world `peel`: exchanges, hubs, desks, swap sites, two thieves, and how a pattern is told.

* Two thefts, so that a desk can serve two cases that know nothing of each other.
* Thieves' wallets hold stolen value alone; gas for dollars comes from stolen ether.
* A pattern's first account is who does it, or the address that gathers; the others are whom it is done to.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from jindo.base.ids import Account, AssetId
from jindo.sim.books import Owner, Role
from jindo.sim.worlds.agenda import Agenda
from jindo.sim.worlds.coin_people import Purse, fresh, open_firm, outside
from jindo.sim.worlds.ether_people import House
from jindo.sim.worlds.market import WorldMarket, open_market
from jindo.sim.worlds.scene import BITCOINS, BTC, DAY, ETH, ETHER, WorldScene

THEFT, SECOND, COIN_THEFT = "peel-like", "peel-like-second", "peel-like-btc"
START = 1_714_521_600
"""2024-05-01T00:00:00Z."""
THEFT_TIME = START + 4 * DAY
END = START + 210 * DAY
EXCHANGES = ("Heron Exchange", "Basalt Exchange", "Lantana Exchange")
HUBS = {
    "Heron Exchange": "exchange", "Basalt Exchange": "exchange", "Lantana Exchange": "exchange",
    "Stonevault Custody": "custody", "Paperboat Pay": "payment", "Good Harbour Charity": "payment",
    "Incident Relief Fund": "payment", "Lucky Heron": "gambling", "Pelican Swap": "swap", "Cairn Custody": "custody",
}  # fmt: skip
"""Ten places with much traffic, on which dust is thrown."""
DOLLAR = 10**6


@dataclass(slots=True)
class Peel:
    """Everything that the acts of the world share."""

    scene: WorldScene
    house: House
    agenda: Agenda
    market: WorldMarket
    dollar: AssetId
    hubs: dict[str, Account]
    """Each hub's hot wallet on the account chain."""
    vaults: list[Purse]
    """Exchanges on the UTXO chain."""
    owners: dict[str, Owner] = field(default_factory=dict)
    """Each theft's thief."""

    def wallet(self, theft: str = THEFT) -> Account:
        """A fresh wallet of a thief's on the account chain."""
        return self.house.open(self.owners[theft])

    def deposit(self, *, labelled: bool = True) -> Account:
        """A fresh deposit address at some exchange, on the account chain."""
        owner = Owner(Role.SERVICE, self.scene.rng.choice(EXCHANGES), "exchange deposit")
        return self.house.open(owner, labelled=labelled)


def build_peel(scene: WorldScene) -> Peel:
    """The cast, its services open and funded, the thefts' books open."""
    agenda = Agenda()
    house = House(scene, agenda)
    dollar = house.token("dollar")
    for theft, assets in ((THEFT, (ETHER, dollar)), (SECOND, (ETHER, dollar)), (COIN_THEFT, (BITCOINS,))):
        scene.books.open_theft(theft, asset=assets[0], others=assets[1:])
    hubs = {
        name: house.open(Owner(Role.SERVICE, name, kind), ether=200_000 * ETH, labelled=True)
        for name, kind in HUBS.items()
    }
    vaults = [open_firm(scene, name, "exchange") for name in EXCHANGES]
    for vault in vaults:
        vault.coins += [outside(scene, vault, scene.around(60 * BTC, 50)) for _ in range(20)]
    prices: dict[AssetId, tuple[int, int, AssetId | None]] = {
        ETHER: (18, 310_000, None), BITCOINS: (8, 6_500_000, None), dollar: (6, 100, None),
    }  # fmt: skip
    market = open_market(scene.rng, start=START, end=END + DAY, assets=prices)
    for hub in hubs.values():
        house.mint(START + 60, hub, dollar, 60_000_000 * DOLLAR)
    owners = {theft: Owner(Role.THIEF, theft) for theft in (THEFT, SECOND, COIN_THEFT)}
    return Peel(scene, house, agenda, market, dollar, hubs, vaults, owners)


def thief_purse(cast: Peel) -> Purse:
    """A fresh purse of the thief's on the UTXO chain, with an address."""
    purse = Purse(cast.owners[COIN_THEFT])
    fresh(cast.scene, purse)
    return purse
