"""What a world is: synthetic chains, thefts in them, services on them, and the truth about who got what.

* Everything is made up: names, addresses, hashes, amounts. What a world imitates is said in its `models`.
* Amounts are base units (wei, satoshi, a token's smallest unit) as Python integers.
* Rows stand in ledger order: (block, tx_index), and inside a transaction gas, native value, token logs.
* The truth is read off the world's own books (`sim.books`), never traced.

Making one is `sim.worlds`', writing it to files `sim.write`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jindo.base.ids import Account, AssetId, ChainId, TxId, native_asset
from jindo.ledger import Kind, Transfer, UtxoTransaction
from jindo.sim.facts import TrueAct, TrueCrossing, TrueOwner, TruePattern, WorldPrice


@dataclass(frozen=True, slots=True)
class TokenMove:
    """One token Transfer event of an account transaction."""

    asset: AssetId
    sender: Account
    """The zero address where the tokens are minted."""
    receiver: Account
    amount: int
    log_index: int = 0
    """Place of the log in its block."""
    logged: bool = True
    """False where the contract books it without a Transfer event, as wrapped ether does: no row shows it."""


@dataclass(frozen=True, slots=True)
class InternalCall:
    """Native value that a contract moved on inside a transaction."""

    sender: Account
    receiver: Account
    amount: int


@dataclass(frozen=True, slots=True)
class AccountTransaction:
    """One transaction on an account chain."""

    block: int
    tx_index: int
    time: int
    """Unix seconds of the block."""
    tx_hash: TxId
    nonce: int
    sender: Account
    receiver: Account
    value: int
    """Native base units."""
    gas_used: int
    gas_price: int
    """Native base units for each unit of gas."""
    succeeded: bool = True
    """Where False, the value did not move; the gas was paid all the same."""
    memo: str | None = None
    """What the sender tells the receiver, written in the transaction's input."""
    tokens: tuple[TokenMove, ...] = ()
    calls: tuple[InternalCall, ...] = ()
    """In the order of their traces, after the transaction's own value."""
    calldata: str = ""
    """Input in hex without 0x, where it is more than the memo's text: a contract's call that holds the memo."""

    @property
    def fee(self) -> int:
        """Native base units paid as gas."""
        return self.gas_used * self.gas_price

    def logs(self) -> tuple[TokenMove, ...]:
        """The Transfer events that the chain shows: none where it failed."""
        return tuple(move for move in self.tokens if move.logged) if self.succeeded else ()


@dataclass(frozen=True, slots=True)
class AccountSide:
    """A world's account chain."""

    chain: ChainId
    openings: tuple[Transfer, ...]
    """Issuances in the first block: what the wallets hold when the world begins."""
    transactions: tuple[AccountTransaction, ...]

    def iter_rows(self) -> Iterator[Transfer]:
        """Every movement in ledger order, zeros too; of a failed transaction its gas alone."""
        yield from self.openings
        native = native_asset(self.chain)
        for tx in self.transactions:
            yield from _rows_of(tx, native)


@dataclass(frozen=True, slots=True)
class UtxoSide:
    """A world's UTXO chain."""

    chain: ChainId
    transactions: tuple[UtxoTransaction, ...]
    """In ledger order; inputs from before the world state their value and address."""


@dataclass(frozen=True, slots=True)
class StolenRow:
    """One named theft movement: a transaction, or one output of it."""

    tx_hash: TxId
    output_index: int | None
    """`None` on an account chain: all that the transaction moves."""
    theft: str


@dataclass(frozen=True, slots=True, order=True)
class Service:
    """A labelled address."""

    address: Account
    service: str
    kind: str
    """As in `--services` files: exchange, exchange deposit, instant exchange, bridge, mixer, …"""


@dataclass(frozen=True, slots=True)
class TruthEndpoint:
    """Where stolen value ended by the books."""

    account: Account
    service: str
    """Empty where the account is no service's."""
    kind: str
    reason: str
    """service, mixer, burned or held."""
    amount: int


@dataclass(frozen=True, slots=True)
class TheftTruth:
    """What became of one theft in one asset: a sheet that adds up to the base unit.

    Endpoints, fee and what departed are what was stolen and what arrived.
    """

    theft: str
    chain: ChainId
    asset: AssetId
    stolen: int
    fee: int
    frozen: int
    """Part of what services received that they froze on arrival; counted in their endpoints too."""
    endpoints: tuple[TruthEndpoint, ...]
    """By account."""
    arrived: int = 0
    """What came into this asset through crossings; stolen and arrived together are what the sheet accounts for."""
    departed: int = 0
    """What left this asset through crossings."""

    def reached(self) -> dict[str, int]:
        """Base units that reached each service, by name."""
        return _sums((e.service, e.amount) for e in self.endpoints if e.service)

    def reasons(self) -> dict[str, int]:
        """Base units by reason: service, mixer, burned, fee, held, and departed where anything crossed.

        They add up to `stolen` and `arrived`.
        """
        zero = dict.fromkeys(("service", "mixer", "burned", "fee", "held"), 0)
        crossed = [("departed", self.departed)] if self.departed else []
        return zero | _sums([*((e.reason, e.amount) for e in self.endpoints), ("fee", self.fee), *crossed])


@dataclass(frozen=True, slots=True)
class Truth:
    """What became of every theft of a world, a sheet for each asset it was in, in the thefts' order."""

    thefts: tuple[TheftTruth, ...]

    def theft(self, name: str) -> TheftTruth:
        """The first sheet of a theft: of what was stolen. Raises KeyError where there is none of that name."""
        for truth in self.thefts:
            if truth.theft == name:
                return truth
        raise KeyError(name)

    def sheets(self, name: str) -> tuple[TheftTruth, ...]:
        """Every sheet of a theft."""
        return tuple(truth for truth in self.thefts if truth.theft == name)


@dataclass(frozen=True, slots=True)
class World:
    """A synthetic world: same name, seed and scale, same world."""

    name: str
    description: str
    seed: int
    scale: float | str
    """`full` where it is none of the numbers."""
    account: AccountSide
    utxo: UtxoSide
    stolen: tuple[StolenRow, ...]
    services: tuple[Service, ...]
    truth: Truth
    models: tuple[str, ...]
    """What it imitates, a sentence each."""
    simplifications: tuple[str, ...]
    """Where it is simpler than what it imitates, a sentence each."""
    owners: tuple[TrueOwner, ...] = ()
    """Of every address, where the world tells them."""
    acts: tuple[TrueAct, ...] = ()
    """Of every transaction, where the world tells them."""
    crossings: tuple[TrueCrossing, ...] = ()
    patterns: tuple[TruePattern, ...] = ()
    prices: tuple[WorldPrice, ...] = ()

    @property
    def key(self) -> str:
        """Name, seed and scale in one text: the seed of all that is derived."""
        return world_key(self.name, self.seed, self.scale)


def world_key(name: str, seed: int, scale: float | str) -> str:
    """Name, seed and scale in one text; `repr` of a float is the same on every machine."""
    return f"{name}/{seed}/{scale if isinstance(scale, str) else repr(float(scale))}"


def _rows_of(tx: AccountTransaction, native: AssetId) -> Iterator[Transfer]:
    def row(
        sender: Account, receiver: Account | None, amount: int, asset: AssetId, kind: Kind, position: int
    ) -> Transfer:
        memo = tx.memo if kind is Kind.NATIVE and not position else None
        return Transfer(
            tx.block, tx.tx_hash, sender, receiver, amount, asset, kind, tx.time, tx.tx_index, position, memo
        )

    yield row(tx.sender, None, tx.fee, native, Kind.GAS, 0)
    if tx.succeeded:
        yield row(tx.sender, tx.receiver, tx.value, native, Kind.NATIVE, 0)
        for place, call in enumerate(tx.calls, 1):
            yield row(call.sender, call.receiver, call.amount, native, Kind.NATIVE, place)
    for move in tx.logs():
        yield row(move.sender, move.receiver, move.amount, move.asset, Kind.TOKEN, move.log_index)


def _sums(pairs: Iterator[tuple[str, int]] | list[tuple[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for name, amount in pairs:
        sums[name] = sums.get(name, 0) + amount
    return dict(sorted(sums.items()))
