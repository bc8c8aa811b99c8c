"""One row of what moved on a chain, as every source hands it over and every store gives it back.

* `Transfer` is one movement of one asset on an account chain; `UtxoTransaction` one transaction on a UTXO chain.
* Amounts are base units; addresses, hashes and assets are in canonical form (`base.ids`).
* Order on an account chain is (block, tx_index, rank of the kind, position, place in the file);
  an index that a source does not have is `None` for all of its rows and orders nothing.
* Order on a UTXO chain is (block, tx_index).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from jindo.base.ids import Account, AssetId, TxId


class Kind(IntEnum):
    """What sort of movement a row is; the numbers are stored and stay."""

    NATIVE = 0
    """The chain's own coin moved by a transaction or an internal call."""
    TOKEN = 1
    """A token's Transfer event."""
    GAS = 2
    """The fee that a sender paid; it has no receiver."""
    ISSUANCE = 3
    """Coins that come from no account: genesis, rewards, withdrawals."""
    TRANSFER = 4
    """A movement from a `transfers` file, which does not say which sort it is."""


RANK = {Kind.GAS: 0, Kind.NATIVE: 1, Kind.ISSUANCE: 1, Kind.TRANSFER: 1, Kind.TOKEN: 2}
"""Order inside one transaction: gas, then native movements, then logs."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One movement on an account chain."""

    block: int
    tx_hash: TxId
    sender: Account | None
    """`None` where the value is issued: it comes from no account."""
    receiver: Account | None
    """`None` where the value is a fee."""
    amount: int
    asset: AssetId
    kind: Kind = Kind.TRANSFER
    time: int | None = None
    """Unix seconds of the block."""
    tx_index: int | None = None
    """Place of the transaction in its block."""
    position: int | None = None
    """Log index of a token movement; place among the native movements of its transaction otherwise."""
    memo: str | None = None


@dataclass(frozen=True, slots=True)
class UtxoInput:
    """One output being spent."""

    prev_hash: TxId
    prev_index: int
    value: int | None = None
    """Value that the source states for it; `None` where it states none."""
    address: Account | None = None
    """Address that the source states for it."""
    known: bool = False
    """True only in an extract of a ledger that held the output; sources leave it False."""


@dataclass(frozen=True, slots=True)
class UtxoOutput:
    """One output being made."""

    value: int
    address: Account | None
    """`None` where the script has no address; `script` then tells outputs apart."""
    script: str = ""
    """Script in hex, kept only where there is no address."""


@dataclass(frozen=True, slots=True)
class UtxoTransaction:
    """One transaction on a UTXO chain; a coinbase has no inputs."""

    block: int
    tx_hash: TxId
    tx_index: int
    inputs: tuple[UtxoInput, ...]
    outputs: tuple[UtxoOutput, ...]
    coinbase: bool = False
    time: int | None = None
