"""Who is in the Bybit-like world: its services, and the stage on which everybody acts.

* Every service and name is invented; a likeness is by chance.
* Each wallet of a service is labelled, its customers' deposit addresses too, but for the robbed cold wallet.
* All randomness is drawn from the world's own `random.Random`, as integers: no logarithm or exponential
  whose last digit could differ between machines.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from fractions import Fraction

from jindo.base.ids import BITCOIN, ETHEREUM, Account, AssetId, native_asset
from jindo.sim.books import Books, Owner, Role
from jindo.sim.names import Namer
from jindo.sim.plan import AccountPlan, Coin, UtxoPlan
from jindo.sim.world import Service, world_key

ETH = 10**18
BTC = 10**8
GWEI = 10**9
MINUTE, HOUR, DAY = 60, 3_600, 86_400

START = 1_739_887_200
"""2025-02-18T14:00:00Z, when the world begins: three days before the theft."""
THEFT_TIME = START + 3 * DAY
ETHER_END = THEFT_TIME + 14 * DAY
COIN_END = THEFT_TIME + 45 * DAY

ETHER_THEFT = "bybit-like"
COIN_THEFT = "bybit-like-btc"
ETHER = native_asset(ETHEREUM)
BITCOINS = native_asset(BITCOIN)

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
class Stage:
    """Everything that the acts of the world share."""

    names: Namer
    rng: random.Random
    scale: Fraction
    books: Books
    ether: AccountPlan
    coins: UtxoPlan
    services: list[Service] = field(default_factory=list)
    hot: dict[str, Account] = field(default_factory=dict)
    """Each service's main wallet on the account chain."""
    vaults: dict[str, Account] = field(default_factory=dict)
    """Each service's main wallet on the UTXO chain."""
    payouts: list[Payout] = field(default_factory=list)
    coin_deposits: list[tuple[str, Coin]] = field(default_factory=list)
    """What services were paid on the UTXO chain and have yet to sweep."""
    wallets: int = 0

    def count(self, at_one: int, *, least: int = 1) -> int:
        """How many there are of something of which scale 1 has `at_one`; rounded half up."""
        return max(least, int(at_one * self.scale + Fraction(1, 2)))

    def size(self, at_one: int) -> int:
        """Base units of a part that is smaller the more parts there are; rounded down, at least 1."""
        return max(1, int(at_one / self.scale))

    def around(self, middle: int, percent: int) -> int:
        """A whole number within `percent` per cent of `middle`."""
        return middle * self.rng.randrange(1000 * (100 - percent), 1000 * (100 + percent) + 1) // 100_000

    def gas_price(self) -> int:
        """Wei for a unit of gas: 1 to 9 gwei."""
        return self.rng.randrange(GWEI, 9 * GWEI)

    def ether_wallet(self, owner: Owner) -> Account:
        """A fresh wallet on the account chain."""
        self.wallets += 1
        return self.books.open_wallet(self.names.evm(f"wallet-{self.wallets}"), owner)

    def coin_wallet(self, owner: Owner) -> Account:
        """A fresh wallet on the UTXO chain; one in eight is of the older base58 form."""
        self.wallets += 1
        make = self.names.p2pkh if self.wallets % 8 == 0 else self.names.p2wpkh
        return self.books.open_wallet(make(f"wallet-{self.wallets}"), owner)

    def ether_deposit(self, service: str) -> Account:
        """A fresh deposit address of a service on the account chain, labelled."""
        return self._labelled(self.ether_wallet(self._deposit_owner(service)))

    def coin_deposit(self, service: str) -> Account:
        """A fresh deposit address of a service on the UTXO chain, labelled."""
        return self._labelled(self.coin_wallet(self._deposit_owner(service)))

    def coin_fee(self, inputs: int, outputs: int) -> int:
        """Satoshi of fee for so many segwit inputs and outputs, at 2 to 11 a virtual byte."""
        return (11 + 68 * inputs + 31 * outputs) * self.rng.randrange(2, 12)

    def open_services(self) -> None:
        """Opens every service's main wallets, and gives the account chain's their working capital."""
        for name, kind in KINDS.items():
            owner = Owner(Role.SERVICE, name, kind)
            if name not in COINS_ONLY:
                self.hot[name] = self._labelled(self.ether_wallet(owner))
                self.ether.openings.append((self.hot[name], self.around(200_000 * ETH, 40)))
            if name not in ETHER_ONLY:
                self.vaults[name] = self._labelled(self.coin_wallet(owner))

    def _deposit_owner(self, service: str) -> Owner:
        kind = KINDS[service]
        kind = "exchange deposit" if kind == "exchange" else kind
        return Owner(Role.SERVICE, service, kind, frozen=service == FREEZING)

    def _labelled(self, account: Account) -> Account:
        owner = self.books.owner(account)
        self.services.append(Service(account, owner.name, owner.kind))
        return account


def build_stage(name: str, *, seed: int, scale: float) -> Stage:
    """An empty stage with its services open and its thefts' accounts begun."""
    names = Namer(world_key(name, seed, scale))
    books = Books()
    books.open_theft(ETHER_THEFT, chain=ETHEREUM, asset=ETHER)
    books.open_theft(COIN_THEFT, chain=BITCOIN, asset=BITCOINS)
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
