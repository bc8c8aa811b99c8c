"""A world's own books: who owns every coin, kept in double entry while the world is made.

* Every posting takes from some wallets exactly what it gives to others; the fee and the world
  outside are wallets too.
* No wallet is ever overdrawn.
* A thief's wallet holds, of the stolen asset, only what that thief stole: a clean coin that would enter it is
  refused, and so is a posting that pays thieves and others from one pot, or that pays an innocent.
* So the truth needs no tracing: what a thief's wallets paid to a service, the service has.

It does not know what tracing is; that a tracer comes to the same figures is what the tests of both show.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from jindo.base.errors import IntegrityError
from jindo.base.ids import Account, AssetId, ChainId
from jindo.sim.world import TheftTruth, Truth, TruthEndpoint

FEE = Account("(fee)")
"""Whom fees and gas are paid to."""
OUTSIDE = Account("(outside)")
"""Where coins come from that exist when the world begins, or are issued in it."""


class Role(StrEnum):
    """What an owner is to a theft."""

    CUSTOMER = "customer"
    SERVICE = "service"
    VICTIM = "victim"
    THIEF = "thief"
    BURN = "burn"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whoever controls a wallet."""

    role: Role
    name: str
    """Service's name; theft's name where the owner is the thief."""
    kind: str = ""
    """Label kind of a service's wallet."""
    frozen: bool = False
    """The service freezes on arrival what thieves pay into this wallet."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One side of a posting: base units given to a wallet, negative where taken."""

    posting: int
    account: Account
    asset: AssetId
    amount: int


@dataclass(slots=True)
class _Theft:
    chain: ChainId
    asset: AssetId
    stolen: int = 0
    fee: int = 0
    reached: dict[Account, int] = field(default_factory=dict)


class Books:
    """Wallets, their owners and balances, and the account of every theft."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        """Every entry, in the order posted."""
        self._owners: dict[Account, Owner] = {}
        self._balances: dict[tuple[Account, AssetId], int] = {}
        self._thefts: dict[str, _Theft] = {}
        self._postings = 0

    def open_wallet(self, account: Account, owner: Owner) -> Account:
        """Records who controls a wallet; gives the wallet back.

        Raises:
            IntegrityError: somebody else controls it already.
        """
        if self._owners.setdefault(account, owner) != owner:
            raise IntegrityError(f"two owners claim the wallet {account}")
        return account

    def open_theft(self, name: str, *, chain: ChainId, asset: AssetId) -> None:
        """Begins the account of a theft."""
        self._thefts[name] = _Theft(chain, asset)

    def owner(self, account: Account) -> Owner:
        """Who controls a wallet. Raises KeyError where nobody was recorded."""
        return self._owners[account]

    def balance(self, account: Account, asset: AssetId) -> int:
        """Base units that a wallet holds now."""
        return self._balances.get((account, asset), 0)

    def post(
        self,
        asset: AssetId,
        sources: Sequence[tuple[Account, int]],
        targets: Sequence[tuple[Account, int]],
        *,
        theft_targets: Iterable[int] = (),
    ) -> None:
        """Takes from `sources` and gives to `targets`; `theft_targets` are the places of targets just stolen.

        Raises:
            IntegrityError: the sides differ, a wallet is overdrawn, or clean and stolen coins would mix.
        """
        if sum(amount for _, amount in sources) != sum(amount for _, amount in targets):
            raise IntegrityError(f"posting {self._postings} gives {asset} other than it takes")
        self._judge(asset, sources, targets, set(theft_targets))
        for account, amount in sources:
            self._enter(account, asset, -amount)
        for account, amount in targets:
            self._enter(account, asset, amount)
        self._postings += 1

    def check(self) -> None:
        """Recomputes every balance from the entries, and every theft's sheet.

        Raises:
            IntegrityError: something does not add up.
        """
        balances: dict[tuple[Account, AssetId], int] = {}
        for entry in self.entries:
            key = (entry.account, entry.asset)
            balances[key] = balances.get(key, 0) + entry.amount
        if balances != self._balances or sum(balances.values()) != 0:
            raise IntegrityError("the books' balances do not follow from their entries")
        for truth in self.build_truth().thefts:
            if sum(truth.reasons().values()) != truth.stolen:
                raise IntegrityError(f"the books of the theft {truth.theft} do not balance")

    def build_truth(self) -> Truth:
        """What became of every theft, as things stand now."""
        return Truth(tuple(self._truth_of(name, theft) for name, theft in self._thefts.items()))

    def _truth_of(self, name: str, theft: _Theft) -> TheftTruth:
        endpoints = [self._endpoint(account, amount) for account, amount in theft.reached.items()]
        frozen = sum(e.amount for e in endpoints if self._owners[e.account].frozen)
        for (account, asset), amount in self._balances.items():
            if amount and asset == theft.asset and self._thief(account) == name:
                endpoints.append(TruthEndpoint(account, "", "", "held", amount))
        endpoints.sort(key=lambda e: e.account)
        return TheftTruth(name, theft.chain, theft.asset, theft.stolen, theft.fee, frozen, tuple(endpoints))

    def _endpoint(self, account: Account, amount: int) -> TruthEndpoint:
        owner = self._owners[account]
        if owner.role is Role.BURN:
            return TruthEndpoint(account, "", "", "burned", amount)
        return TruthEndpoint(
            account, owner.name, owner.kind, "mixer" if owner.kind == "mixer" else "service", amount
        )

    def _judge(
        self,
        asset: AssetId,
        sources: Sequence[tuple[Account, int]],
        targets: Sequence[tuple[Account, int]],
        stolen: set[int],
    ) -> None:
        thieves = {self._thief_of(account, asset) for account, amount in sources if amount}
        if len(thieves) > 1:
            raise IntegrityError(f"posting {self._postings} mixes stolen and other coins")
        thief = thieves.pop() if thieves else None
        for place, (account, amount) in enumerate(targets):
            if not amount:
                continue
            if thief:
                self._record_paid(thief, account, amount, asset)
            elif receiver := self._thief_of(account, asset):
                if place not in stolen:
                    raise IntegrityError(f"clean coins would enter the thief's wallet {account}")
                self._thefts[receiver].stolen += amount

    def _record_paid(self, thief: str, account: Account, amount: int, asset: AssetId) -> None:
        theft = self._thefts[thief]
        if account == FEE:
            theft.fee += amount
        elif self._thief_of(account, asset) == thief:
            return
        elif self._owners[account].role in (Role.SERVICE, Role.BURN):
            theft.reached[account] = theft.reached.get(account, 0) + amount
        else:
            raise IntegrityError(
                f"stolen coins would enter {account}, which is neither a service's nor the thief's"
            )

    def _enter(self, account: Account, asset: AssetId, amount: int) -> None:
        key = (account, asset)
        balance = self._balances.get(key, 0) + amount
        if balance < 0 and account != OUTSIDE:
            raise IntegrityError(f"the wallet {account} would be overdrawn by {-balance} of {asset}")
        self._balances[key] = balance
        self.entries.append(Entry(self._postings, account, asset, amount))

    def _thief(self, account: Account) -> str | None:
        owner = self._owners.get(account)
        return owner.name if owner is not None and owner.role is Role.THIEF else None

    def _thief_of(self, account: Account, asset: AssetId) -> str | None:
        name = self._thief(account)
        return name if name is not None and self._thefts[name].asset == asset else None
