"""A world's own books: who owns every coin, kept in double entry while the world is made.

* Every posting takes from some wallets exactly what it gives to others; the fee and the world
  outside are wallets too.
* No wallet is ever overdrawn.
* A thief's wallet holds, of the assets that the theft is in, only what that thief stole, or bought with it: a clean
  coin that would enter it is refused unless it is said to be stolen or to arrive through a crossing. Refused too is
  a posting that pays thieves and others from one pot, or that pays an innocent other than through a crossing.
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
    MIXED = "mixed"
    """A thief, for what a mixer gave back: nobody can know it from the chain, and it is not counted."""


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
class _Sheet:
    stolen: int = 0
    arrived: int = 0
    departed: int = 0
    fee: int = 0
    reached: dict[Account, int] = field(default_factory=dict)


class Books:
    """Wallets, their owners and balances, and the account of every theft."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        """Every entry, in the order posted."""
        self._owners: dict[Account, Owner] = {}
        self._balances: dict[tuple[Account, AssetId], int] = {}
        self._thefts: dict[str, dict[AssetId, _Sheet]] = {}
        """Each theft's sheets by asset; that of what was stolen first."""
        self._postings = 0

    def open_wallet(self, account: Account, owner: Owner) -> Account:
        """Records who controls a wallet; gives the wallet back.

        Raises:
            IntegrityError: somebody else controls it already.
        """
        if self._owners.setdefault(account, owner) != owner:
            raise IntegrityError(f"two owners claim the wallet {account}")
        return account

    def open_theft(self, name: str, *, asset: AssetId, others: Iterable[AssetId] = ()) -> None:
        """Begins the account of a theft of `asset`, which may be in `others` too."""
        self._thefts[name] = {each: _Sheet() for each in (asset, *others)}

    def owners(self) -> dict[Account, Owner]:
        """Every wallet's owner, by account."""
        return dict(sorted(self._owners.items()))

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
        departures: Iterable[int] = (),
        arrivals: Iterable[int] = (),
    ) -> None:
        """Takes from `sources` and gives to `targets`.

        `theft_targets` are the places of targets just stolen; `departures` and `arrivals` of those through
        which stolen value leaves an asset, or comes into one.

        Raises:
            IntegrityError: the sides differ, a wallet is overdrawn, or clean and stolen coins would mix.
        """
        if sum(amount for _, amount in sources) != sum(amount for _, amount in targets):
            raise IntegrityError(f"posting {self._postings} gives {asset} other than it takes")
        self._judge(asset, sources, targets, (set(theft_targets), set(departures), set(arrivals)))
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
            if sum(truth.reasons().values()) != truth.stolen + truth.arrived:
                raise IntegrityError(f"the books of the theft {truth.theft} do not balance")

    def build_truth(self) -> Truth:
        """What became of every theft in every asset it was in, as things stand now."""
        held: dict[tuple[str, AssetId], list[TruthEndpoint]] = {}
        for (account, asset), amount in self._balances.items():
            if amount and (name := self._thief(account)) is not None:
                held.setdefault((name, asset), []).append(TruthEndpoint(account, "", "", "held", amount))
        return Truth(
            tuple(
                self._truth_of(name, asset, sheet, held.get((name, asset), []))
                for name, sheets in self._thefts.items()
                for place, (asset, sheet) in enumerate(sheets.items())
                if place == 0 or sheet.stolen or sheet.arrived
            )
        )

    def _truth_of(self, name: str, asset: AssetId, sheet: _Sheet, held: list[TruthEndpoint]) -> TheftTruth:
        endpoints = [self._endpoint(account, amount) for account, amount in sheet.reached.items()]
        frozen = sum(e.amount for e in endpoints if self._owners[e.account].frozen)
        ends = tuple(sorted([*endpoints, *held], key=lambda e: e.account))
        chain = ChainId(asset.partition("/")[0])
        return TheftTruth(
            name, chain, asset, sheet.stolen, sheet.fee, frozen, ends, sheet.arrived, sheet.departed
        )

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
        marks: tuple[set[int], set[int], set[int]],
    ) -> None:
        stolen, departures, arrivals = marks
        thieves = {self._thief_of(account, asset) for account, amount in sources if amount}
        if len(thieves) > 1:
            raise IntegrityError(f"posting {self._postings} mixes stolen and other coins")
        thief = thieves.pop() if thieves else None
        for place, (account, amount) in enumerate(targets):
            if amount and thief:
                self._record_paid(thief, account, amount, asset, departs=place in departures)
            elif amount and (receiver := self._thief_of(account, asset)):
                sheet = self._thefts[receiver][asset]
                if place in stolen:
                    sheet.stolen += amount
                elif place in arrivals:
                    sheet.arrived += amount
                else:
                    raise IntegrityError(f"clean coins would enter the thief's wallet {account}")

    def _record_paid(
        self, thief: str, account: Account, amount: int, asset: AssetId, *, departs: bool
    ) -> None:
        sheet = self._thefts[thief][asset]
        if departs:
            sheet.departed += amount
        elif account == FEE:
            sheet.fee += amount
        elif self._thief_of(account, asset) == thief:
            return
        elif self._owners[account].role in (Role.SERVICE, Role.BURN):
            sheet.reached[account] = sheet.reached.get(account, 0) + amount
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
        return name if name is not None and asset in self._thefts[name] else None
