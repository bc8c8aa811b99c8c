"""Movements in ledger order, as they stream by in batches of texts, become one run of an account chain.

* Accounts, pots, assets and transactions are numbered as they first appear; those that the runs before hold keep
  their numbers.
* Memory is the texts of the accounts and a batch; the columns grow in temporary files.
* How the rows are cut into batches changes nothing.

The order and the checks are `merging`'s; adjacency is `indexing`'s, the lasting files `run_files`'.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jindo.base.errors import InputError
from jindo.base.ids import AssetId
from jindo.ledger.chain import NARROW_BITS, AccountChain
from jindo.ledger.indexing import build_account_run
from jindo.ledger.numbering import PairNumbering, TextNumbering
from jindo.ledger.pieces import MOST_IDS, find_max, to_index
from jindo.ledger.runs import NOBODY, AccountRun, Amounts, Blocks, Ints
from jindo.ledger.spool import Spool
from jindo.ledger.texts import MappedTexts
from jindo.ledger.wide import WideColumn, parse_decimals


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
    known = [(name, int(i)) for name, i in zip(names, ids.tolist(), strict=True) if i >= 0]
    pots = [(i, pot) for _, i in known for pot in before.pots_of(i).tolist()]
    return Start(
        event=before.event_count,
        transaction=len(before.tx_hashes),
        account=len(before.accounts),
        pot=before.pot_count,
        time_max=before.last_time,
        assets=chain.assets[: 1 + max(find_max(run.pot_asset) for run in runs)],
        accounts=known,
        pots=[(account, int(before.pot_asset[pot]), pot) for account, pot in pots],
    )


class AccountRunBuilder:
    """One run, growing batch by batch."""

    def __init__(self, start: Start, spool: Spool) -> None:
        self._start = start
        self._spool = spool
        self._assets = TextNumbering(
            list(zip(start.assets, range(len(start.assets)), strict=True)), first=len(start.assets)
        )
        self._accounts = TextNumbering(start.accounts, first=start.account)
        self._pots = PairNumbering(start.pots, first=start.pot)
        self._hashes = 0
        """Transactions numbered so far."""
        self._rest: Any = None
        """Rows of the last block that may go on in the next batch."""
        self._blocks: list[Ints] = []
        """Shape (3, b) for each batch: height, running maximum of times, rows."""
        self._time_max = start.time_max
        self._wide = False
        self._memos: dict[int, str] = {}
        self._rows = 0

    def add(self, batch: Any) -> None:
        """Take in the next rows: a record batch of block, time, tx_hash, tx_index, kind, position, sender, receiver,
        asset, amount (int64, NULL where it needs `wide`), wide (decimal text) and memo.
        """  # noqa: D205
        table = pa.Table.from_batches([batch])
        if self._rest is not None:
            table = pa.concat_tables([self._rest, table])
        block = table["block"].to_numpy()
        whole = int(np.searchsorted(block, block[-1])) if len(block) else 0
        self._take(table.slice(0, whole).combine_chunks())
        self._rest = table.slice(whole)

    def finish(self) -> tuple[AccountRun | None, tuple[AssetId, ...]]:
        """The run (`None` where there was no row), and all assets of the chain."""
        if self._rest is not None:
            self._take(self._rest.combine_chunks())
        assets = (*self._start.assets, *(AssetId(name) for name in self._assets.new_texts()))
        if not self._rows:
            return None, assets
        accounts = self._accounts.new_texts()
        pot_account, pot_asset = self._pots.new_pairs()
        self._accounts, self._pots = TextNumbering(), PairNumbering()  # their tables are not needed any more
        run = build_account_run(
            first_event=self._start.event,
            first_transaction=self._start.transaction,
            first_account=self._start.account,
            first_pot=self._start.pot,
            blocks=self._build_blocks(),
            accounts=accounts,
            tx_hashes=self._map_hashes(),
            amount=self._map_amount(),
            memos=[self._memos.get(row) for row in range(self._rows)] if self._memos else None,
            pot_account=to_index(pot_account),
            pot_asset=to_index(pot_asset),
            **{
                name: self._spool.map(name)
                for name in ("src", "dst", "tx", "kind", "position", "time", "tx_index")
            },
        )
        return run, assets

    def _take(self, table: Any) -> None:
        """Take in whole blocks."""
        if not len(table):
            return
        accounts = self._accounts.number(_interleave(table["sender"], table["receiver"]))
        asset = self._assets.number(_one(table["asset"]))
        pots = self._pots.number(accounts, np.repeat(asset, 2))
        self._check_size()
        self._spool.append("src", pots[0::2].astype(np.int32))
        self._spool.append("dst", pots[1::2].astype(np.int32))
        self._take_transactions(table)
        self._take_blocks(table["block"].to_numpy(), table["time"].to_numpy())
        self._take_amounts(table)
        for name, kind in (("kind", np.int8), ("position", np.int32), ("time", np.int64)):
            self._spool.append(name, table[name].to_numpy().astype(kind))
        memo = _one(table["memo"])
        if memo.null_count < len(memo):
            there = np.flatnonzero(memo.is_valid().to_numpy(zero_copy_only=False)).tolist()
            self._memos.update(
                zip([self._rows + row for row in there], memo.drop_null().to_pylist(), strict=True)
            )
        self._rows += len(table)

    def _check_size(self) -> None:
        if self._start.pot + len(self._pots) > MOST_IDS:
            raise InputError(
                "the rows name more than 2,147,483,647 accounts and assets",
                remedy="Import fewer blocks into one ledger.",
            )

    def _take_transactions(self, table: Any) -> None:
        """A transaction stands in one block, so those of whole blocks can be numbered for themselves."""
        names = TextNumbering()
        local = names.number(_one(table["tx_hash"]))
        texts = names.new_texts()
        data, ends = texts.buffers()
        first = np.zeros(len(texts), np.int64)
        first[local[::-1]] = np.arange(len(local))[::-1]
        self._spool.append("tx", (self._hashes + local).astype(np.int32))
        self._spool.append("tx_index", table["tx_index"].to_numpy()[first].astype(np.int32))
        self._spool.append("hash_bytes", data)
        self._spool.append("hash_sizes", np.diff(ends))
        self._hashes += len(texts)

    def _take_blocks(self, block: Ints, time: Ints) -> None:
        first = np.flatnonzero(np.diff(block, prepend=block[0] - 1))
        running = np.maximum(np.maximum.accumulate(time), self._time_max)
        last = np.append(first[1:], len(block)) - 1
        self._blocks.append(np.stack([block[first], running[last], last + 1 - first]))
        self._time_max = int(running[-1])

    def _take_amounts(self, table: Any) -> None:
        small, wide = _one(table["amount"]), _one(table["wide"])
        if not self._wide and (wide.null_count == len(wide) or _all_narrow(wide)):
            self._spool.append("amount", _fill(small, wide))
            return
        if not self._wide:
            self._wide = True
            for start in range(0, self._rows, 1 << 20):
                rows = self._spool.map("amount")[start : start + (1 << 20)]
                self._spool.append("wide", WideColumn.from_parts(rows, []).data)
        data = WideColumn.from_parts(small.fill_null(0).to_numpy(), []).data
        there = np.flatnonzero(wide.is_valid().to_numpy(zero_copy_only=False))
        data[there] = parse_decimals(wide.drop_null())
        self._spool.append("wide", data)

    def _map_amount(self) -> Amounts:
        if not self._wide:
            return self._spool.map("amount")
        return WideColumn(self._spool.map("wide", np.uint8).reshape(-1, 32))

    def _map_hashes(self) -> MappedTexts:
        ends = np.zeros(self._hashes + 1, np.int64)
        np.cumsum(self._spool.map("hash_sizes"), out=ends[1:])
        return MappedTexts(self._spool.map("hash_bytes", np.uint8), ends, None)

    def _build_blocks(self) -> Blocks:
        height, time_max, rows = np.concatenate(self._blocks, axis=1)
        first = np.zeros(len(height) + 1, np.int64)
        np.cumsum(rows, out=first[1:])
        return Blocks(height=height, time_max=time_max, first=first)


def _interleave(sender: Any, receiver: Any) -> Any:
    """Sender and receiver of each row in turn, so that they are numbered in the order of their appearance."""
    both = pa.concat_arrays([_one(sender), _one(receiver)])
    rows = np.arange(len(sender))
    return pc.take(both, pa.array(np.stack([rows, rows + len(sender)], axis=1).ravel()))


def _one(column: Any) -> Any:
    """A chunked column as one array; texts with 64-bit offsets."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    array = pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) else array
    return array.cast(pa.large_string()) if pa.types.is_string(array.type) else array


def _all_narrow(wide: Any) -> bool:
    return all(
        int(text) >> NARROW_BITS == 0 for text in pc.unique(wide.drop_null()).to_pylist() if len(text) < 20
    ) and ((pc.max(pc.utf8_length(wide)).as_py() or 0) < 20)


def _fill(small: Any, wide: Any) -> Ints:
    filled: Ints = pc.coalesce(small, pc.cast(wide, pa.int64())).to_numpy()
    return filled
