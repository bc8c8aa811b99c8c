"""What people name as stolen, and what that comes to in a chain: the words that `seeds` and the tracers share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class NamedTransfer:
    """A transaction, or one movement of it, named as stolen."""

    theft: str
    tx_hash: str
    index: int | None = None
    """Log index on an account chain, output index on a UTXO chain."""
    place: str = ""
    """File and line that name it, for messages."""


@dataclass(frozen=True, slots=True)
class NamedAccount:
    """An account whose sends are stolen."""

    theft: str
    address: str
    from_time: int | None = None
    """Unix seconds; from the first block whose running maximum of times reaches it."""
    place: str = ""


Named: TypeAlias = NamedTransfer | NamedAccount


@dataclass(frozen=True, slots=True)
class AccountSeeds:
    """Events that are stolen, and by which theft."""

    theft_of: dict[int, int]


@dataclass(frozen=True, slots=True)
class UtxoSeed:
    """What one transaction's naming takes, as ranks of the rows that name it: the lowest rank has it."""

    input_rank: tuple[int, ...]
    """Per input, the rank of the row that names its account; -1 for none."""
    output_rank: tuple[int, ...]
    """Per output, the rank of the row that names the transaction or output; -1 for none."""
    output_named: tuple[bool, ...]
    """Per output, whether its account is itself named: account rows then do not take it."""


@dataclass(frozen=True, slots=True)
class UtxoSeeds:
    """Transactions that are stolen, and the theft of each rank."""

    seeds: dict[int, UtxoSeed]
    rank_theft: tuple[int, ...]


@dataclass(slots=True)
class Resolution:
    """Seeds by chain, with what has to be said about them."""

    thefts: tuple[str, ...]
    seeds: dict[str, AccountSeeds | UtxoSeeds]
    notes: list[str] = field(default_factory=list)
