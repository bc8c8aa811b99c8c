"""Who is in the Bybit-like world: its services, and the stage on which everybody acts.

* Every service and name is invented; a likeness is by chance.
* Each wallet of a service is labelled, its customers' deposit addresses too, but for the robbed cold wallet.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from fractions import Fraction

from jindo.base.ids import BITCOIN, ETHEREUM, Account, AssetId
from jindo.sim.books import Books, Owner, Role
from jindo.sim.coin_plan import Coin, UtxoPlan
from jindo.sim.names import Namer
from jindo.sim.plan import AccountPlan
from jindo.sim.world import world_key
from jindo.sim.worlds.scene import BITCOINS, DAY, ETH, ETHER, WorldScene

START = 1_739_887_200
"""2025-02-18T14:00:00Z, when the world begins: three days before the theft."""
THEFT_TIME = START + 3 * DAY
ETHER_END = THEFT_TIME + 14 * DAY
COIN_END = THEFT_TIME + 45 * DAY

ETHER_THEFT = "bybit-like"
COIN_THEFT = "bybit-like-btc"

BRIDGE, SMALL_BRIDGE, INSTANT = "Longship Bridge", "Footbridge", "Quokka Instant"
EXCHANGES = ("Kestrel Exchange", "Dolmen Exchange", "Saltmarsh Exchange")
VICTIM = "Larch Exchange"
FREEZING = "Dolmen Exchange"
POOL_MIXER, COINJOIN, TUMBLER = "Foglamp Pool", "Murmuration CoinJoin", "Cloakroom"
GAMBLING, CUSTODY, PAYMENT = "Lucky Heron", "Stonevault Custody", "Paperboat Pay"

KINDS = {
    BRIDGE: "bridge", SMALL_BRIDGE: "bridge", INSTANT: "instant exchange",
    **dict.fromkeys((*EXCHANGES, VICTIM), "exchange"),
    POOL_MIXER: "mixer", COINJOIN: "mixer", TUMBLER: "mixer",
    GAMBLING: "gambling", CUSTODY: "custody", PAYMENT: "payment",
}  # fmt: skip
"""Each service's kind."""
ETHER_ONLY, COINS_ONLY = (POOL_MIXER,), (COINJOIN, TUMBLER)


@dataclass(slots=True)
class Payout:
    """What the bridge owes somebody on the UTXO chain."""

    time: int
    value: int
    """Satoshi."""
    account: Account
    to_thief: bool


@dataclass(slots=True)
class Stage(WorldScene):
    """Everything that the acts of the world share."""

    hot: dict[str, Account] = field(default_factory=dict)
    """Each service's main wallet on the account chain."""
    vaults: dict[str, Account] = field(default_factory=dict)
    """Each service's main wallet on the UTXO chain."""
    payouts: list[Payout] = field(default_factory=list)
    coin_deposits: list[tuple[str, Coin]] = field(default_factory=list)
    """What services were paid on the UTXO chain and have yet to sweep."""

    def ether_deposit(self, service: str) -> Account:
        """A fresh deposit address of a service on the account chain, labelled."""
        return self.label(self.ether_wallet(self._deposit_owner(service)))

    def coin_deposit(self, service: str) -> Account:
        """A fresh deposit address of a service on the UTXO chain, labelled."""
        return self.label(self.coin_wallet(self._deposit_owner(service)))

    def open_services(self) -> None:
        """Opens every service's main wallets, and gives the account chain's their working capital."""
        for name, kind in KINDS.items():
            owner = Owner(Role.SERVICE, name, kind)
            if name not in COINS_ONLY:
                self.hot[name] = self.label(self.ether_wallet(owner))
                self.ether.openings.append((self.hot[name], self.around(200_000 * ETH, 40)))
            if name not in ETHER_ONLY:
                self.vaults[name] = self.label(self.coin_wallet(owner))

    def _deposit_owner(self, service: str) -> Owner:
        kind = KINDS[service]
        kind = "exchange deposit" if kind == "exchange" else kind
        return Owner(Role.SERVICE, service, kind, frozen=service == FREEZING)


def build_stage(name: str, *, seed: int, scale: float) -> Stage:
    """An empty stage with its services open and its thefts' accounts begun."""
    names = Namer(world_key(name, seed, scale))
    books = Books()
    books.open_theft(ETHER_THEFT, asset=ETHER)
    books.open_theft(COIN_THEFT, asset=BITCOINS)
    stage = Stage(
        names,
        random.Random(names.key),
        Fraction(repr(float(scale))),
        books,
        AccountPlan(ETHEREUM, names, START, 21_870_000),
        UtxoPlan(BITCOIN, BITCOINS, names, START, 884_300),
    )
    stage.open_services()
    return stage


def token(stage: Stage, label: str) -> AssetId:
    """An invented ERC-20 token."""
    return AssetId(f"{ETHEREUM}/erc20:{stage.names.evm(label)}")
