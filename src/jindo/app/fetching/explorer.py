"""What the fetch loop asks of an explorer, whichever chain it knows; and how much of an account is there.

* An explorer asks and keeps; it never says what moved: that is read from what it kept.
* All that it asks is as of one block, `height`, which it took when its folder was new.
* How far an account's history goes is stated for each account, and why, where it is not whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from jindo.base.ids import ChainId

COMPLETE, MISSING = "complete", "not fetched"
"""Every state of an account's history."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of an account is in the ledger."""

    chain: ChainId
    account: str
    state: str
    height: int
    """The last block that was looked at."""
    transactions: int | None
    """Transactions that were fetched of it; `None` where they were not counted."""
    total: int | None = None
    """Transactions that the explorer says there are, where it says so."""
    why: str = ""
    """Why it is not whole; empty where it is."""


class Explorer(Protocol):
    """A server that tells of transactions and accounts of one chain."""

    format: str
    chain: ChainId
    height: int
    """The last block that is looked at."""
    folder: Path
    """Where its answers are kept."""
    shown: str
    """Its address, without credentials."""

    def close(self) -> None:
        """Let go of the connection."""
        ...

    def names(self, tx_hash: str) -> bool:
        """Whether a transaction of the chain could be called so."""
        ...

    def owns(self, address: str) -> bool:
        """Whether an account of the chain could be called so."""
        ...

    def fetch_transaction(self, tx_hash: str) -> bool:
        """Keep all that is told of a transaction; whether it is there, in a block up to `height`."""
        ...

    def fetch_account(self, address: str, most: int) -> Extent:
        """Keep the whole history of an account, unless it has more than `most` transactions."""
        ...

    def fill_gaps(self) -> None:
        """Ask for what the answers so far leave open."""
        ...


class OutputExplorer(Explorer, Protocol):
    """An explorer of a UTXO chain, which also says who spends an output."""

    def find_spenders(self, tx_hash: str) -> Sequence[str | None]:
        """The transaction that spends each output, `None` where none does in a block up to `height`."""
        ...
