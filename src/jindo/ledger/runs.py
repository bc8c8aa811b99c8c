"""Runs: consecutive blocks of a chain as plain columns in ledger order, by dense integer ids, that never change.

* Ids follow the ledger's order: event 0 is the first movement, output 0 the first output; accounts, pots and assets
  are numbered as they first appear. So what is appended changes no id, and what is cut off frees the last ones.
* A pot on an account chain is one (account, asset). On a UTXO chain a pot is one output.
* A chain is a row of runs, each whole in itself. Rows inside a run are local (0 is the run's first); ids that lead
  out of a run (pots, accounts, outputs, transactions) are the chain's.
* -1 stands where there is nobody: an issuance's sender, a fee's receiver, an unspent output's spender, an
  input whose output is not in the ledger, an unknown time.
* Columns may be memory-mapped: a reader that touches a few rows pays for those only.
* Amount columns are int64 where every amount of the run is below 2^62; otherwise any sequence that gives Python
  integers.

It decides nothing: what a movement means is `trace`'s. `chain` joins the runs for a reader; `run_files` keeps them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[Any]
"""A column of signed integers, one per row."""
Amounts: TypeAlias = Any
"""A column of amounts: int64 array where they fit, else a sequence of Python integers."""

NOBODY = -1
NARROW_BITS = 62
MOST_TRAFFIC = 1 << NARROW_BITS
"""Sums from here on are not told apart: they are past what int64 can hold whatever is added."""
MOST_ROWS = 1 << 25
"""Rows of the largest run that an import, or joining, makes; a block is never cut."""


class Texts(Protocol):
    """A table of distinct texts by dense id."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> str: ...
    def find(self, text: str) -> int:
        """Id of `text`, or -1."""
        ...


@dataclass(frozen=True, slots=True)
class Blocks:
    """The blocks of a run that hold rows, in order; arrays of one length b (first: b + 1)."""

    height: Ints
    time_max: Ints
    """Running maximum of block times over the whole chain until here, in unix seconds; -1 before the first known."""
    first: Ints
    """First local row (event, or transaction on a UTXO chain) of each block; the last entry is the run's row count."""


@dataclass(frozen=True, slots=True)
class Adjacency:
    """Which rows of one run belong to each owner (a pot, an account)."""

    owners: Ints | None
    """Ids of the owners that have rows, ascending; `None` where owner i stands at place i, with or without rows."""
    offsets: Ints
    """One more than owners: where the rows of each begin in `rows`."""
    rows: Ints
    """Local rows of each owner, ascending."""

    def find(self, owner: int) -> Ints:
        """The local rows of an owner, ascending; empty where it has none here."""
        place = owner
        if self.owners is not None:
            place = int(np.searchsorted(self.owners, owner))
            if place == len(self.owners) or self.owners[place] != owner:
                return self.rows[:0]
        elif owner >= len(self.offsets) - 1:
            return self.rows[:0]
        return self.rows[self.offsets[place] : self.offsets[place + 1]]


@dataclass(frozen=True, slots=True)
class AccountRun:
    """Consecutive blocks of an account chain: n events, and the accounts, pots and transactions first seen here."""

    first_event: int
    first_transaction: int
    first_account: int
    first_pot: int
    blocks: Blocks
    accounts: Texts
    """Accounts first seen here, in order of appearance (of one event: sender, then receiver)."""
    tx_hashes: Texts
    """Transactions of these blocks, in order of their first event."""
    src: Ints
    """Pot that each event draws from, or -1; shape (n,), int32 or int64."""
    dst: Ints
    """Pot that each event fills, or -1."""
    amount: Amounts
    tx: Ints
    """Local transaction of each event. Ascending, unless events of a transaction without an index stand apart."""
    kind: Ints
    """int8, see `Kind`."""
    position: Ints
    """Log index or place among native movements; -1 where the source has none."""
    time: Ints
    """Unix seconds of each event, or -1."""
    tx_index: Ints
    """Place of each transaction in its block, or -1."""
    pot_account: Ints
    """Account of each pot first seen here."""
    pot_asset: Ints
    outgoing: Adjacency
    """By pot: events that draw from it."""
    incoming: Adjacency
    """By pot: events that fill it."""
    account_pots: Adjacency
    """By account: local places of its pots first seen here (place + `first_pot` is the pot)."""
    max_traffic: int
    """The largest sum of what one pot receives and sends within this run; 2^62 stands for any larger one."""
    tx_events: Adjacency | None = None
    """By local transaction: its events; `None` where `tx` is ascending and tells it."""
    memos: Sequence[str | None] | None = None


@dataclass(frozen=True, slots=True)
class UtxoRun:
    """Consecutive blocks of a UTXO chain: t transactions, i inputs, o outputs, and the accounts first seen here."""

    first_transaction: int
    first_input: int
    first_output: int
    first_account: int
    blocks: Blocks
    accounts: Texts
    """Addresses first seen here, and `script:<sha256 of the script>` for scripts that have none."""
    tx_hashes: Texts
    """The hash of local transaction t is `tx_hashes[t]`."""
    time: Ints
    """Unix seconds of each transaction, or -1."""
    tx_index: Ints
    coinbase: Ints
    """int8: 1 where the transaction issues new coins and has no inputs."""
    in_offsets: Ints
    """t + 1 local offsets into the input columns."""
    in_output: Ints
    """The output spent (the chain's id), or -1 where the ledger does not hold it."""
    in_amount: Amounts
    """Value of the output spent; where nobody states it, what makes inputs equal outputs."""
    in_known: Ints
    """int8: 1 where the output spent is in the ledger this chain was read from (an extract may leave it out)."""
    in_account: Ints
    """Account of the output spent, or -1 where nobody states it."""
    in_stated: Ints
    """int8: 1 where the source stated the input's value."""
    missing: Ints
    """Local inputs whose output is not in the ledger, ascending; shape (m,)."""
    missing_hash: Sequence[str]
    """Transaction hash that each of the missing names."""
    missing_index: Ints
    out_offsets: Ints
    """t + 1 local offsets into the output columns."""
    out_amount: Amounts
    out_account: Ints
    out_spender: Ints
    """Transaction (the chain's id) that spends each output within this run, or -1."""
    spent: Ints
    """Outputs of earlier runs that this run spends (the chain's ids), ascending; shape (s,)."""
    spent_by: Ints
    """Transaction (the chain's id) that spends each of them."""
    account_outputs: Adjacency
    """By account: local outputs, ascending."""
    max_traffic: int
    """The largest sum of the inputs, or of the outputs, of one transaction; 2^62 stands for any larger one."""
