"""Movements in ledger order, as they stream by in batches, become the next runs of an account chain.

* Accounts, pots, assets and transactions are numbered as they first appear; those that the runs before hold keep
  their numbers.
* A run ends with the block that fills it; memory is one run's adjacency, and 4 to 8 bytes an account of the import.
* How the rows are cut into batches changes nothing.

Which rows there are is `merging`'s; adjacency is `indexing`'s, the lasting files `run_files`'.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from jindo.base.errors import InputError
from jindo.base.ids import AssetId
from jindo.ledger.account_chain import AccountChain
from jindo.ledger.appearance import number_ids
from jindo.ledger.growing_run import GrowingRun
from jindo.ledger.indexing import build_account_run
from jindo.ledger.interning import NameIds
from jindo.ledger.numbering import PairNumbering, grow
from jindo.ledger.pieces import MOST_IDS, find_max, to_index
from jindo.ledger.runs import MOST_ROWS, NOBODY, AccountRun, Adjacency, Ints
from jindo.ledger.spool import Spool
from jindo.ledger.stacking import find_owned


@dataclass(frozen=True, slots=True)
class Start:
    """Where a run begins: what the runs before it hold."""

    event: int = 0
    transaction: int = 0
    account: int = 0
    pot: int = 0
    time_max: int = NOBODY
    assets: tuple[AssetId, ...] = ()
    accounts: Sequence[tuple[str, int]] = ()
    """Text and id of each earlier account that the rows to come name."""
    pots: Sequence[tuple[int, int, int]] = ()
    """Account, asset and id of each pot of those accounts."""


def build_start(chain: AccountChain, keep: int, names: Sequence[str]) -> Start:
    """The start of what follows the first `keep` runs of `chain`, for rows that name these accounts."""
    runs = chain.runs[:keep]
    if not runs:
        return Start()
    before = AccountChain(chain.chain, chain.assets, chain.decimals, chain.narrow, runs)
    ids = before.accounts.find_all(names)
    known = [(name, i) for name, i in zip(names, ids.tolist(), strict=True) if i >= 0]
    held = np.unique(ids[ids >= 0])
    pots = [
        (int(held[of]), asset, run.first_pot + row)
        for run in runs
        for of, row, asset in zip(*_find_pots(run, held), strict=True)
    ]
    return Start(
        event=before.event_count,
        transaction=len(before.tx_hashes),
        account=len(before.accounts),
        pot=before.pot_count,
        time_max=before.last_time,
        assets=chain.assets[: 1 + max(find_max(run.pot_asset) for run in runs)],
        accounts=known,
        pots=pots,
    )


class AccountRunBuilder:
    """Runs, growing batch by batch."""

    def __init__(
        self, start: Start, spool: Spool, names: NameIds, assets: Sequence[str], *, most_rows: int = MOST_ROWS
    ) -> None:
        """`names` and `assets` are what the ids in the batches stand for."""
        self._start = start
        self._spool = spool
        self._names = names
        self._given_assets = assets
        self._most_rows = most_rows
        self._assets: list[str] = [*start.assets]
        self._asset_number = np.full(len(assets), NOBODY, np.int64)
        for place, asset in enumerate(assets):
            if asset in self._assets:
                self._asset_number[place] = self._assets.index(asset)
        self._number = np.full(len(names), NOBODY, np.int32)
        """The chain's id of each name, -1 where it has none yet."""
        self._order = np.zeros(0, np.int32)
        """The new names, in order of appearance."""
        self._accounts = 0
        self._pots: PairNumbering | _OnePot = _OnePot(start)
        if len(set(assets) | set(start.assets)) > 1:
            self._pots = PairNumbering(start.pots, first=start.pot)
        self._runs: list[AccountRun] = []
        self._run = GrowingRun(spool.below("0"), start.time_max)
        self._begin = (start.event, start.transaction, 0, 0)
        """First event and transaction of the run that grows, and its first new account and pot."""
        self._rest: Any = None
        """Rows of the last block that may go on in the next batch."""
        if start.accounts:
            ids = names.number(pa.array([text for text, _ in start.accounts], pa.large_string()))
            self._number = np.concatenate(
                [self._number, np.full(len(names) - len(self._number), NOBODY, np.int32)]
            )
            self._number[ids] = [number for _, number in start.accounts]

    def add(self, batch: Any) -> None:
        """Take in the next rows: a record batch of the columns of `checking`."""
        table = pa.Table.from_batches([batch])
        if self._rest is not None:
            table = pa.concat_tables([self._rest, table])
        block = table["block"].to_numpy()
        whole = int(np.searchsorted(block, block[-1])) if len(block) else 0
        self._take(table.slice(0, whole).combine_chunks())
        self._rest = table.slice(whole)

    def finish(self) -> tuple[tuple[AccountRun, ...], tuple[AssetId, ...]]:
        """The runs, and all assets of the chain."""
        if self._rest is not None:
            self._take(self._rest.combine_chunks())
        if self._run.rows:
            self._end_run()
        return tuple(self._runs), tuple(AssetId(name) for name in self._assets)

    def _take(self, table: Any) -> None:
        """Take in whole blocks: as many as the run holds, and the rest into further ones."""
        while len(table):
            room = self._most_rows - self._run.rows
            if len(table) > room:
                ends = np.append(np.flatnonzero(np.diff(table["block"].to_numpy())) + 1, len(table))
                fitting = ends[ends <= room]
                if not len(fitting) and self._run.rows:
                    self._end_run()
                    continue
                cut = int(fitting[-1] if len(fitting) else ends[0])
            else:
                cut = len(table)
            self._put(table.slice(0, cut))
            table = table.slice(cut)

    def _put(self, table: Any) -> None:
        parties = np.stack([table["sender"].to_numpy(), table["receiver"].to_numpy()], axis=1).ravel()
        accounts = self._number_accounts(parties)
        asset = self._number_assets(table["asset"].to_numpy())
        pots = self._pots.number(accounts, np.repeat(asset, 2))
        if self._start.pot + len(self._pots) > MOST_IDS:
            raise InputError(
                "the rows name more than 2,147,483,647 accounts and assets",
                remedy="Import fewer blocks into one ledger.",
            )
        self._run.add(table, pots[0::2], pots[1::2])

    def _number_accounts(self, parties: Ints) -> Ints:
        self._order = grow(self._order, self._accounts + len(parties))
        found = np.empty(len(parties), np.int32)
        self._accounts = number_ids(
            parties, self._number, self._order, self._accounts, self._start.account, found
        )
        return found.astype(np.int64)

    def _number_assets(self, ids: Ints) -> Ints:
        _, first = np.unique(ids, return_index=True)
        for place in np.sort(first).tolist():
            if self._asset_number[ids[place]] < 0:
                self._asset_number[ids[place]] = len(self._assets)
                self._assets.append(self._given_assets[ids[place]])
        return self._asset_number[ids]

    def _end_run(self) -> None:
        event, transaction, account, pot = self._begin
        pot_account, pot_asset = (column[pot:] for column in self._pots.new_pairs())
        run = build_account_run(
            first_event=event,
            first_transaction=transaction,
            first_account=self._start.account + account,
            first_pot=self._start.pot + pot,
            accounts=self._names.take(self._order[account : self._accounts]),
            pot_account=to_index(pot_account),
            pot_asset=to_index(pot_asset),
            **self._run.columns(),
        )
        self._runs.append(_put_aside(run, self._run.spool))
        self._begin = (
            event + self._run.rows,
            transaction + self._run.transactions,
            self._accounts,
            len(self._pots),
        )
        self._run = GrowingRun(self._spool.below(str(len(self._runs))), self._run.time_max)


class _OnePot:
    """Where a chain has one asset, an account's pot has the account's number of appearance."""

    def __init__(self, start: Start) -> None:
        self._first_account, self._first_pot = start.account, start.pot
        self._known = np.full(start.account, NOBODY, np.int64) if start.pots else np.zeros(0, np.int64)
        for account, _, pot in start.pots:
            self._known[account] = pot
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def number(self, accounts: Ints, assets: Ints) -> Ints:
        """The pot of each account, -1 where there is none."""
        self._count = max(self._count, int(accounts.max(initial=NOBODY)) + 1 - self._first_account)
        pots = accounts - self._first_account + self._first_pot
        old = (accounts >= 0) & (accounts < self._first_account)
        pots[old] = self._known[accounts[old]]
        return np.where(accounts >= 0, pots, NOBODY)

    def new_pairs(self) -> tuple[Ints, Ints]:
        """Accounts and assets of the new pots."""
        return self._first_account + np.arange(self._count), np.zeros(self._count, np.int64)


def _find_pots(run: AccountRun, accounts: Ints) -> tuple[list[int], list[int], list[int]]:
    """Which account each of their pots first seen in the run is of, its local row, and its asset."""
    of, rows = find_owned(run.account_pots, accounts)
    return of.tolist(), rows.tolist(), np.asarray(run.pot_asset[rows]).tolist()


def _put_aside(run: AccountRun, spool: Spool) -> AccountRun:
    """The run with its adjacency in files, so that several runs of one import do not add up in memory."""

    def keep(name: str, rows: Adjacency | None) -> Adjacency | None:
        if rows is None:
            return None
        parts: dict[str, Any] = {"owners": rows.owners, "offsets": rows.offsets, "rows": rows.rows}
        kept: dict[str, Any] = {
            part: values if values is None else spool.keep(f"{name}_{part}", values)
            for part, values in parts.items()
        }
        return Adjacency(**kept)

    names = ("outgoing", "incoming", "account_pots", "tx_events")
    changed: dict[str, Any] = {name: keep(name, getattr(run, name)) for name in names}
    return dataclasses.replace(run, **changed)
