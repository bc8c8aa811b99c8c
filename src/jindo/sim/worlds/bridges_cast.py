"""Who is in the world `bridges`: assets, pools, bridges and exchangers, and the thief's and innocents' wallets.

* Everything is invented; every service's own wallets are labelled, but for one pool in five.
* The memo bridge keeps its ether in vaults that change hands every few days, behind one router.
* Assets are ether, two wrapped ethers (one without Transfer events on wrapping, one with), a staked ether, two
  dollars and bitcoin; two of the same worth have one price.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from jindo.base.ids import Account, AssetId
from jindo.sim.books import Owner, Role
from jindo.sim.coin_plan import Coin
from jindo.sim.facts import TrueCrossing, TrueLeg
from jindo.sim.world import Service
from jindo.sim.worlds.agenda import Agenda
from jindo.sim.worlds.coin_people import Purse, fresh, open_firm, outside
from jindo.sim.worlds.ether_people import House
from jindo.sim.worlds.market import WorldMarket, open_market
from jindo.sim.worlds.scene import BITCOINS, BTC, DAY, ETH, ETHER, WorldScene

THEFT = "bridges-like"
START = 1_740_960_000
"""2025-03-03T00:00:00Z."""
END = START + 20 * DAY
MEMO_BRIDGE = "Longship Bridge"
PLAIN_SERVICES = {
    "Footbridge": (10, 30, 40),
    "Quokka Instant": (50, 100, 90),
    "Magpie Instant": (100, 300, 120),
}
"""Services without memos: least and most fee in basis points, longest delay in minutes."""
EXCHANGES = ("Kestrel Exchange", "Dolmen Exchange")
DOLLAR = 10**6


@dataclass(slots=True)
class BridgeTokens:
    """The world's assets beside ether and bitcoin."""

    wrapped: AssetId
    """Wraps and unwraps without a Transfer event."""
    loud: AssetId
    """Wraps with a mint and unwraps with a burn."""
    staked: AssetId
    dollar: AssetId
    other: AssetId
    """Another dollar, of 18 decimals."""
    share: AssetId
    """A share in a pool."""


@dataclass(slots=True)
class ServiceVault:
    """Where a service keeps its coins at a time."""

    account: Account
    """On the account chain."""
    purse: Purse
    """On the UTXO chain; its change returns to `purse.used[0]`."""


@dataclass(slots=True)
class BridgeCast:
    """Everything that the acts of the world share."""

    scene: WorldScene
    house: House
    agenda: Agenda
    market: WorldMarket
    tokens: BridgeTokens
    router: Account
    """The memo bridge's."""
    vaults: list[ServiceVault]
    """The memo bridge's, the newest last."""
    plain: dict[str, ServiceVault]
    exchanges: dict[str, ServiceVault]
    dex: Account
    """The exchange contract that people call to swap."""
    collector: Account
    """Takes a part of some swaps."""
    pools: dict[tuple[AssetId, AssetId], Account] = field(default_factory=dict)
    owed: dict[str, list[tuple[Account, int, int]]] = field(default_factory=dict)
    """Payouts on the UTXO chain that wait for a batch: account, satoshi, number of the crossing."""
    direct: bool = False
    """Nobody calls the memo bridge's router: vaults are paid, and pay, themselves."""

    def record(
        self, kind: str, service: str, payer: Account, departures: tuple[TrueLeg, ...], arrivals: tuple[TrueLeg, ...], *,
        memo: str = "",
    ) -> int:  # fmt: skip
        """Tells of a crossing and gives its number."""
        owner = self.scene.books.owner(payer)
        theft = owner.name if owner.role is Role.THIEF else ""
        self.scene.crossings.append(TrueCrossing(kind, service, theft, memo, departures, arrivals))
        return len(self.scene.crossings) - 1

    def add_arrival(self, number: int, leg: TrueLeg, *, kind: str = "") -> None:
        """Tells what a crossing's value came back as."""
        c = self.scene.crossings[number]
        self.scene.crossings[number] = TrueCrossing(
            kind or c.kind, c.service, c.theft, c.memo, c.departures, (*c.arrivals, leg)
        )

    def coin_fee(self) -> int:
        """Satoshi that a service keeps back for the miners."""
        return self.scene.rng.randrange(800, 4_000)


def build_bridges(scene: WorldScene, *, end: int = END) -> BridgeCast:
    """The cast, its services open and funded, with prices until `end`."""
    agenda = Agenda()
    house = House(scene, agenda)
    names = ("wrapped", "loud", "staked", "dollar", "other", "share")
    tokens = BridgeTokens(*(house.token(name) for name in names))
    service = Owner(Role.SERVICE, MEMO_BRIDGE, "bridge")
    swap = Owner(Role.SERVICE, "Pelican Swap", "swap")
    cast = BridgeCast(
        scene, house, agenda, _open_market(scene, tokens, end), tokens,
        router=house.open(service, labelled=True),
        vaults=[open_vault(scene, house, service, coins=40)],
        plain={
            name: open_vault(scene, house, Owner(Role.SERVICE, name, "bridge" if name == "Footbridge" else "instant exchange"), coins=12)
            for name in PLAIN_SERVICES
        },
        exchanges={name: open_vault(scene, house, Owner(Role.SERVICE, name, "exchange"), coins=8) for name in EXCHANGES},
        dex=house.open(swap, labelled=True),
        collector=house.open(Owner(Role.SERVICE, "Pelican Swap fees", "swap"), labelled=True),
    )  # fmt: skip
    _open_contracts(cast)
    _open_pools(cast)
    for vault in (*cast.vaults, *cast.plain.values(), *cast.exchanges.values()):
        house.mint(scene.ether.start + 60, vault.account, tokens.dollar, 80_000_000 * DOLLAR)
    return cast


def open_vault(
    scene: WorldScene, house: House, owner: Owner, *, coins: int, ether: int = 300_000 * ETH
) -> ServiceVault:
    """A service's wallets on both chains, labelled, with so many coins of 60 bitcoin or thereabouts."""
    purse = open_firm(scene, owner.name, owner.kind)
    purse.reuse = 100
    for _ in range(coins):
        purse.coins.append(outside(scene, purse, scene.around(60 * BTC, 50)))
    return ServiceVault(house.open(owner, ether=ether, labelled=True), purse)


def contract_of(asset: AssetId) -> Account:
    """The account of a token's contract."""
    return Account(asset.rpartition(":")[2])


def thief_purse(scene: WorldScene) -> Purse:
    """A fresh purse of the thief's on the UTXO chain, with an address."""
    purse = Purse(Owner(Role.THIEF, THEFT))
    fresh(scene, purse)
    return purse


def person_purse(scene: WorldScene, coins: list[Coin] | None = None) -> Purse:
    """A fresh person's purse on the UTXO chain, with an address."""
    scene.wallets += 1
    purse = Purse(Owner(Role.CUSTOMER, f"person-{scene.wallets}"), coins=coins or [])
    fresh(scene, purse)
    return purse


def _open_market(scene: WorldScene, tokens: BridgeTokens, end: int) -> WorldMarket:
    assets: dict[AssetId, tuple[int, int, AssetId | None]] = {
        ETHER: (18, 270_000, None), BITCOINS: (8, 9_000_000, None),
        tokens.wrapped: (18, 0, ETHER), tokens.loud: (18, 0, ETHER), tokens.staked: (18, 0, ETHER),
        tokens.dollar: (6, 100, None), tokens.other: (18, 100, None),
    }  # fmt: skip
    return open_market(scene.rng, start=scene.ether.start, end=end + 5 * DAY, assets=assets)


def _open_contracts(cast: BridgeCast) -> None:
    """The wrapping and staking contracts hold ether that others wrapped and staked before."""
    for name, asset in (
        ("Wrapped", cast.tokens.wrapped),
        ("Loud", cast.tokens.loud),
        ("Staking", cast.tokens.staked),
    ):
        contract = contract_of(asset)
        cast.scene.services.append(Service(contract, f"{name} Ether", "swap"))
        cast.scene.ether.openings.append((contract, 500_000 * ETH))
        cast.house.held[contract, ETHER] = 500_000 * ETH


def _open_pools(cast: BridgeCast) -> None:
    t = cast.tokens
    pairs = [
        (t.wrapped, t.dollar),
        (t.wrapped, t.other),
        (t.wrapped, t.staked),
        (t.dollar, t.other),
        (t.loud, t.dollar),
    ]
    for place, (one, two) in enumerate(pairs):
        pool = cast.house.open(Owner(Role.SERVICE, f"Pelican Pool {place + 1}", "swap"), labelled=place != 1)
        cast.pools[one, two] = cast.pools[two, one] = pool
        for asset in (one, two):
            whole = 100_000 if asset not in (t.dollar, t.other) else 250_000_000
            amount = whole * 10 ** cast.market.decimals[asset]
            cast.house.mint(cast.scene.ether.start + 30, pool, asset, amount, logged=asset != t.wrapped)
