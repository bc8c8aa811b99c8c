"""The chain as the tracer reads it: plain columns in ledger order, by dense integer ids.

* Ids follow the ledger's order: event 0 is the first movement, output 0 the first output.
* A pot on an account chain is one (account, asset); pots are numbered by account, then asset. On a UTXO
  chain a pot is one output.
* -1 stands where there is nobody: an issuance's sender, a fee's receiver, an unspent output's spender, an
  input whose output is not in the ledger, an unknown time.
* Columns may be memory-mapped: a reader that touches a few rows pays for those only.
* Amount columns are int64 where `narrow`; otherwise any sequence that gives Python integers. `narrow` promises
  that no pot's whole inflow plus outflow reaches 2^62, so sums cannot wrap.

It decides nothing: what a movement means is `trace`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from jindo.base.ids import AssetId, ChainId

Ints: TypeAlias = NDArray[Any]
"""A column of signed integers, one per row."""
Amounts: TypeAlias = Any
"""A column of amounts: int64 array where the chain is narrow, else a sequence of Python integers."""

NOBODY = -1


class Texts(Protocol):
    """A table of distinct texts by dense id."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> str: ...
    def find(self, text: str) -> int:
        """Id of `text`, or -1."""
        ...


@dataclass(frozen=True, slots=True)
class Blocks:
    """The blocks that hold rows, in order; arrays of one length b (first: b + 1)."""

    height: Ints
    time_max: Ints
    """Running maximum of block times in unix seconds, -1 before the first known time."""
    first: Ints
    """First row (event, or transaction on a UTXO chain) of each block; the last entry is the row count."""

    def row_from(self, time: int) -> int:
        """First row of the first block whose running maximum of times reaches `time`; the row count if none does."""
        return int(self.first[int(np.searchsorted(self.time_max, time, side="left"))])

    def row_after(self, time: int) -> int:
        """First row past the blocks whose running maximum of times is at most `time`."""
        return int(self.first[int(np.searchsorted(self.time_max, time, side="right"))])


@dataclass(frozen=True, slots=True)
class AccountChain:
    """An account chain of n events, p pots and a accounts."""

    chain: ChainId
    assets: tuple[AssetId, ...]
    decimals: tuple[int | None, ...]
    """Decimals of each asset where a source stated them; for showing only."""
    accounts: Texts
    tx_hashes: Texts
    blocks: Blocks
    narrow: bool
    block: Ints
    time: Ints
    tx: Ints
    """Transaction id of each event: an index into `tx_hashes`."""
    tx_index: Ints
    kind: Ints
    position: Ints
    """Log index or place among native movements; -1 where the source has none."""
    src: Ints
    """Pot that each event draws from, or -1."""
    dst: Ints
    """Pot that each event fills, or -1."""
    amount: Amounts
    pot_account: Ints
    pot_asset: Ints
    account_pots: Ints
    """a + 1 offsets: the pots of account i are `account_pots[i]` to `account_pots[i + 1]`."""
    out_offsets: Ints
    out_events: Ints
    """Events that draw from each pot, in ledger order; those of pot p from `out_offsets[p]` to `[p + 1]`."""
    in_offsets: Ints
    in_events: Ints
    tx_offsets: Ints
    tx_events: Ints
    """Events of each transaction, in ledger order."""
    memos: Sequence[str | None] | None = None

    @property
    def event_count(self) -> int:
        """Number of events n."""
        return len(self.block)

    def find_pots(self, address: str) -> range:
        """The pots of an address, empty where the ledger does not know it."""
        account = self.accounts.find(address)
        return (
            range(int(self.account_pots[account]), int(self.account_pots[account + 1]))
            if account >= 0
            else range(0)
        )


@dataclass(frozen=True, slots=True)
class UtxoChain:
    """A UTXO chain of t transactions, i inputs and o outputs."""

    chain: ChainId
    asset: AssetId
    accounts: Texts
    """Addresses, and `script:<sha256 of the script>` for scripts that have none."""
    tx_hashes: Texts
    """Transaction ids are places in ledger order: `tx_hashes[t]` is the t-th transaction's."""
    blocks: Blocks
    narrow: bool
    block: Ints
    time: Ints
    tx_index: Ints
    coinbase: Ints
    """1 where the transaction issues new coins and has no inputs."""
    in_offsets: Ints
    """t + 1 offsets into the input columns."""
    in_output: Ints
    """The output spent, or -1 where the ledger does not hold it."""
    in_amount: Amounts
    """Value of the output spent; where nobody states it, what makes inputs equal outputs."""
    in_known: Ints
    """1 where the output spent is in the ledger this chain was read from (an extract may leave it out)."""
    in_account: Ints
    """Account of the output spent, or -1 where nobody states it."""
    in_prev_hash: Sequence[str]
    in_prev_index: Ints
    out_offsets: Ints
    """t + 1 offsets into the output columns."""
    out_amount: Amounts
    out_account: Ints
    out_spender: Ints
    """Transaction that spends the output, or -1."""
    account_offsets: Ints
    account_outputs: Ints
    """Outputs of each account, in ledger order."""
    in_stated: Ints | None = None
    """1 where the source stated the input's value; set by the ledger, which needs it when more is imported."""

    @property
    def tx_count(self) -> int:
        """Number of transactions t."""
        return len(self.block)

    def output_tx(self, output: int) -> int:
        """The transaction that made an output."""
        return int(np.searchsorted(self.out_offsets, output, side="right")) - 1


Chain: TypeAlias = AccountChain | UtxoChain
