"""An account chain over its runs: what was moved, by whom and when, for whoever reads it.

* A reader asks by the chain's ids and rows; which run holds a row is this module's affair.
* `narrow` promises that no pot's whole inflow plus outflow reaches 2^62, so that sums of int64 cannot wrap.
* Chains are equal where they say the same, however they are cut into runs.

The columns are described in `runs`; the kernels of `trace` read the runs.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from jindo.base.ids import AssetId, ChainId
from jindo.ledger.columns import ChainColumn, PlaceOfRow, Shifted
from jindo.ledger.memos import NoMemos
from jindo.ledger.over_runs import OverRuns, gather
from jindo.ledger.runs import AccountRun, Ints


@dataclass(frozen=True, eq=False)
class AccountChain(OverRuns):
    """An account chain of n events, p pots and a accounts."""

    chain: ChainId
    assets: tuple[AssetId, ...]
    decimals: tuple[int | None, ...]
    """Decimals of each asset where a source stated them; for showing only."""
    narrow: bool
    runs: tuple[AccountRun, ...]

    said = (
        *(
            "chain",
            "assets",
            "decimals",
            "block",
            "block_times",
            "accounts",
            "tx_hashes",
            "src",
            "dst",
            "amount",
        ),
        *("tx", "kind", "position", "time", "tx_index", "pot_account", "pot_asset", "memos"),
    )

    @cached_property
    def event_count(self) -> int:
        """Number of events n."""
        return self.row_starts[-1]

    @cached_property
    def pot_count(self) -> int:
        """Number of pots p."""
        return self.runs[-1].first_pot + len(self.runs[-1].pot_account) if self.runs else 0

    @cached_property
    def src(self) -> ChainColumn:
        """Pot that each event draws from, or -1."""
        return self._events("src")

    @cached_property
    def dst(self) -> ChainColumn:
        """Pot that each event fills, or -1."""
        return self._events("dst")

    @cached_property
    def amount(self) -> ChainColumn:
        """Base units of each event."""
        return self._events("amount")

    @cached_property
    def kind(self) -> ChainColumn:
        """`Kind` of each event."""
        return self._events("kind")

    @cached_property
    def position(self) -> ChainColumn:
        """Log index or place among native movements of each event, or -1."""
        return self._events("position")

    @cached_property
    def time(self) -> ChainColumn:
        """Unix seconds of each event, or -1."""
        return self._events("time")

    @cached_property
    def tx(self) -> ChainColumn:
        """Transaction of each event."""
        return ChainColumn([_shift(run.tx, run.first_transaction) for run in self.runs], self.row_starts)

    @cached_property
    def tx_index(self) -> ChainColumn:
        """Place of each transaction in its block, or -1."""
        return ChainColumn([run.tx_index for run in self.runs], self._tx_starts)

    @cached_property
    def memos(self) -> ChainColumn | None:
        """The memo of each event; `None` where there is none at all."""
        if all(run.memos is None for run in self.runs):
            return None
        kept = [NoMemos(len(run.src)) if run.memos is None else run.memos for run in self.runs]
        return ChainColumn(kept, self.row_starts)

    @cached_property
    def pot_account(self) -> ChainColumn:
        """Account of each pot."""
        return self._pots("pot_account")

    @cached_property
    def pot_asset(self) -> ChainColumn:
        """Place in `assets` of each pot's asset."""
        return self._pots("pot_asset")

    def events_of(self, tx: int) -> Ints:
        """Events of a transaction, ascending."""
        run = self.runs[bisect_right(self._tx_starts, tx, hi=len(self.runs)) - 1]
        local = tx - run.first_transaction
        if run.tx_events is not None:
            return run.first_event + run.tx_events.find(local).astype(np.int64)
        places: Any = run.tx
        if isinstance(places, PlaceOfRow):
            first, last = places.rows_of(local)
        else:
            first, last = np.searchsorted(places, [local, local + 1]).tolist()
        return np.arange(run.first_event + first, run.first_event + last)

    def draws_of(self, pot: int) -> Ints:
        """Events that draw from a pot, ascending."""
        return gather(((run.outgoing, run.first_event) for run in self.runs), pot)

    def fills_of(self, pot: int) -> Ints:
        """Events that fill a pot, ascending."""
        return gather(((run.incoming, run.first_event) for run in self.runs), pot)

    def pots_of(self, account: int) -> Ints:
        """Pots of an account, ascending."""
        return gather(((run.account_pots, run.first_pot) for run in self.runs), account)

    def find_pots(self, address: str) -> list[int]:
        """The pots of an address, ascending; empty where the ledger does not know it."""
        account = self.accounts.find(address)
        return [] if account < 0 else [int(pot) for pot in self.pots_of(account)]

    def _events(self, name: str) -> ChainColumn:
        return ChainColumn([getattr(run, name) for run in self.runs], self.row_starts)

    def _pots(self, name: str) -> ChainColumn:
        starts = [*(run.first_pot for run in self.runs), self.pot_count]
        return ChainColumn([getattr(run, name) for run in self.runs], starts)

    @cached_property
    def _tx_starts(self) -> tuple[int, ...]:
        return (*(run.first_transaction for run in self.runs), len(self.tx_hashes))


def _shift(ids: Ints, first: int) -> Ints | Shifted:
    return Shifted(ids, first) if first else ids
