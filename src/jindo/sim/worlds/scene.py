"""The stage that every world shares: names, randomness, books, the two chains' plans, and what is told of them.

* All randomness is drawn from the world's own `random.Random`, as integers: no logarithm or exponential whose
  last digit could differ between machines.
* An address has one owner, recorded before it is first used.
* Acts are played in the order of their times, so that nobody spends what is not there yet.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from jindo.base.errors import IntegrityError
from jindo.base.ids import BITCOIN, ETHEREUM, ZERO_ADDRESS, Account, AssetId, TxId, native_asset
from jindo.sim.books import FEE, OUTSIDE, Books, Owner, Role
from jindo.sim.coin_plan import Coin, UtxoPlan, list_acts
from jindo.sim.facts import TrueCrossing, TrueLeg, TrueOwner, TruePattern, WorldPrice
from jindo.sim.names import Namer
from jindo.sim.plan import AccountPlan, TheftMark
from jindo.sim.world import Service, StolenRow, World, world_key

ETH = 10**18
BTC = 10**8
GWEI = 10**9
MINUTE, HOUR, DAY = 60, 3_600, 86_400
ETHER = native_asset(ETHEREUM)
BITCOINS = native_asset(BITCOIN)
NOBODY = Owner(Role.CUSTOMER, "nobody")


@dataclass(slots=True)
class WorldScene:
    """Everything that the acts of a world share."""

    names: Namer
    rng: random.Random
    scale: Fraction
    books: Books
    ether: AccountPlan
    coins: UtxoPlan
    services: list[Service] = field(default_factory=list)
    crossings: list[TrueCrossing] = field(default_factory=list)
    patterns: list[TruePattern] = field(default_factory=list)
    prices: tuple[WorldPrice, ...] = ()
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

    def between(self, least: int, most: int) -> int:
        """A whole number from `least` to `most`, both possible, small ones more often: a third draws the scale."""
        span = max(1, (most - least) // self.rng.choice((1, 4, 16)))
        return least + self.rng.randrange(span + 1) if most > least else least

    def gas_price(self) -> int:
        """Wei for a unit of gas: 1 to 9 gwei."""
        return self.rng.randrange(GWEI, 9 * GWEI)

    def coin_fee(self, inputs: int, outputs: int) -> int:
        """Satoshi of fee for so many segwit inputs and outputs, at 2 to 11 a virtual byte."""
        return (11 + 68 * inputs + 31 * outputs) * self.rng.randrange(2, 12)

    def ether_wallet(self, owner: Owner) -> Account:
        """A fresh wallet on the account chain."""
        self.wallets += 1
        return self.books.open_wallet(self.names.evm(f"wallet-{self.wallets}"), owner)

    def coin_wallet(self, owner: Owner) -> Account:
        """A fresh wallet on the UTXO chain; one in eight is of the older base58 form."""
        self.wallets += 1
        make = self.names.p2pkh if self.wallets % 8 == 0 else self.names.p2wpkh
        return self.books.open_wallet(make(f"wallet-{self.wallets}"), owner)

    def label(self, account: Account) -> Account:
        """Says publicly whose an address is; gives the address back."""
        owner = self.books.owner(account)
        self.services.append(Service(account, owner.name, owner.kind))
        return account

    def ether_leg(self, tx_hash: TxId, asset: AssetId, account: Account, amount: int) -> TrueLeg:
        """A crossing's movement on the account chain."""
        return TrueLeg(self.ether.chain, tx_hash, None, asset, account, amount)

    def coin_leg(self, coin: Coin, account: Account) -> TrueLeg:
        """A crossing's movement on the UTXO chain: an output made."""
        return TrueLeg(self.coins.chain, coin.tx_hash, coin.index, self.coins.asset, account, coin.value)

    def tell(
        self, pattern: str, hashes: Sequence[TxId], accounts: Sequence[Account], *, coins: bool = False,
        innocent: bool = False, **drawn: object,
    ) -> None:  # fmt: skip
        """Tells of a pattern, or of something innocent that looks like one, and what was drawn for it."""
        chain = self.coins.chain if coins else self.ether.chain
        parameters = tuple((name, str(value)) for name, value in drawn.items())
        self.patterns.append(
            TruePattern(
                pattern=pattern,
                innocent=innocent,
                chain=chain,
                tx_hashes=tuple(hashes),
                accounts=tuple(accounts),
                parameters=parameters,
            )
        )


def build_scene(
    name: str, *, seed: int, scale: float, start: int, thefts: Mapping[str, Sequence[AssetId]]
) -> WorldScene:
    """An empty scene that begins at `start`, with the books of its thefts open, by name and assets."""
    key = world_key(name, seed, scale)
    names, books = Namer(key), Books()
    for account in (ZERO_ADDRESS, FEE, OUTSIDE):
        books.open_wallet(account, NOBODY)
    for theft, assets in thefts.items():
        books.open_theft(theft, asset=assets[0], others=assets[1:])
    return WorldScene(
        names=names,
        rng=random.Random(key),
        scale=Fraction(repr(float(scale))),
        books=books,
        ether=AccountPlan(ETHEREUM, names, start, 21_874_000),
        coins=UtxoPlan(BITCOIN, BITCOINS, names, start, 884_400),
    )


def schedule(scene: WorldScene, counts: Mapping[str, int], start: int, end: int) -> list[tuple[int, str]]:
    """Times of so many acts of each name between `start` and `end`, in order."""
    times = [(scene.rng.randrange(start, end), name) for name, count in counts.items() for _ in range(count)]
    return sorted(times)


def check_crossings(scene: WorldScene) -> None:
    """Checks that what the books saw cross is what the crossings say.

    Raises:
        IntegrityError: a theft's crossings add up to something else than its sheets do.
    """
    told: dict[tuple[str, AssetId, str], int] = {}
    for crossing in scene.crossings:
        for side, legs in (("departed", crossing.departures), ("arrived", crossing.arrivals)):
            for leg in legs:
                key = (crossing.theft, leg.asset, side)
                told[key] = told.get(key, 0) + leg.amount
    for sheet in scene.books.build_truth().thefts:
        for side, amount in (("departed", sheet.departed), ("arrived", sheet.arrived)):
            if told.get((sheet.theft, sheet.asset, side), 0) != amount:
                raise IntegrityError(
                    f"the crossings of {sheet.theft} do not say what {side} in {sheet.asset}"
                )


def seal_scene(
    scene: WorldScene, *, name: str, description: str, seed: int, scale: float, models: Sequence[str],
    simplifications: Sequence[str], owners: bool = True,
) -> World:  # fmt: skip
    """The world that was played, its books checked.

    Raises:
        IntegrityError: the plan breaks a rule of the books, or something does not add up.
    """
    account, utxo = scene.ether.seal(scene.books), scene.coins.seal(scene.books)
    scene.books.check()
    check_crossings(scene)
    return World(
        name=name,
        description=description,
        seed=seed,
        scale=float(scale),
        account=account,
        utxo=utxo,
        stolen=tuple(_list_stolen(scene)),
        services=tuple(sorted(scene.services)),
        truth=scene.books.build_truth(),
        models=tuple(models),
        simplifications=tuple(simplifications),
        owners=tuple(_list_owners(scene.books)) if owners else (),
        acts=(*list_acts(scene.ether), *list_acts(scene.coins)) if owners else (),
        crossings=tuple(scene.crossings),
        patterns=tuple(scene.patterns),
        prices=scene.prices,
    )


def _list_stolen(scene: WorldScene) -> Iterable[StolenRow]:
    """Named in the order of planning, a whole transaction on the account chain, an output on the other."""
    owner = scene.books.owner
    for tx in scene.ether.planned:
        marks = scene.ether.marks.get(tx.tx_hash, {})
        if tx.tx_hash in scene.ether.thefts or TheftMark.STOLEN in marks.values():
            moved = [tx.receiver, *(move.receiver for move in tx.tokens)]
            thief = next(a for a in moved if owner(a).role is Role.THIEF)
            yield StolenRow(tx.tx_hash, None, owner(thief).name)
    for _, tx_hash, _, outputs in scene.coins.planned:
        for place, (payee, _) in enumerate(outputs):
            marked = scene.coins.marks.get((tx_hash, place)) is TheftMark.STOLEN
            if (marked or (tx_hash, place) in scene.coins.thefts) and not isinstance(payee, bytes):
                yield StolenRow(tx_hash, place, owner(payee).name)


def _list_owners(books: Books) -> Iterable[TrueOwner]:
    for account, owner in books.owners().items():
        if owner != NOBODY and not account.startswith("coinjoin:"):
            yield TrueOwner(account, owner.name, str(owner.role))
