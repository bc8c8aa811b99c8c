"""What is true in a world beside its chains: owners, acts, crossings, patterns, prices.

* A chain cannot be seen to say any of it: this is what whoever reads the chain is measured against.
* Amounts are base units.
"""

from __future__ import annotations

from dataclasses import dataclass

from jindo.base.ids import Account, AssetId, ChainId, TxId


@dataclass(frozen=True, slots=True)
class TrueOwner:
    """Who truly controls an address."""

    address: Account
    owner: str
    """One name for one person or firm; a theft's name where the owner is the thief."""
    role: str


@dataclass(frozen=True, slots=True)
class TrueAct:
    """What a transaction truly is."""

    chain: ChainId
    tx_hash: TxId
    act: str


@dataclass(frozen=True, slots=True)
class TrueLeg:
    """One movement of a crossing."""

    chain: ChainId
    tx_hash: TxId
    output_index: int | None
    """`None` on an account chain."""
    asset: AssetId
    account: Account
    """Whose it was, on departure; whose it became, on arrival."""
    amount: int


@dataclass(frozen=True, slots=True)
class TrueCrossing:
    """Value that left one asset and came back in another, or came back to its owner."""

    kind: str
    """swap, wrap, unwrap, stake, unstake, bridge, refund, partial-refund, memo-less or unclear."""
    service: str
    theft: str
    """Empty where the value is an innocent's."""
    memo: str
    """As the departure states it; empty where nothing is stated."""
    departures: tuple[TrueLeg, ...]
    arrivals: tuple[TrueLeg, ...]


@dataclass(frozen=True, slots=True)
class TruePattern:
    """One true occurrence of a pattern, or of what looks like one."""

    pattern: str
    innocent: bool
    """It is a control: it looks like the pattern, and no thief is in it."""
    chain: ChainId
    tx_hashes: tuple[TxId, ...]
    """In ledger order."""
    accounts: tuple[Account, ...]
    """Those whose doing it is, or on whom it is done; the pattern's own page says which come first."""
    parameters: tuple[tuple[str, str], ...]
    """What the generator drew, by name."""


@dataclass(frozen=True, slots=True)
class WorldPrice:
    """What one whole unit of an asset was worth from a time on."""

    time: int
    asset: AssetId
    currency: str
    price: str
    """Decimal."""
