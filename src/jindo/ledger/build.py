"""Rows in memory become a chain, in ledger order, ready to trace.

* Rows are sorted stably, so rows that no index orders stay as they were given.
* Transfers of zero and to oneself stay as rows: that they move nothing is `trace`'s to say.
* Amounts are int64 where nothing can reach 2^62 (`narrow`), and Python integers otherwise.

Transactions of a UTXO chain are `build_utxo`'s, folders and files are `importing`'s; the way back is `extract`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from jindo.base.errors import InputError
from jindo.base.ids import AssetId, ChainId
from jindo.ledger.chain import NOBODY, AccountChain, Amounts, Ints, Texts
from jindo.ledger.indexing import (
    build_blocks,
    build_groups,
    build_pots,
    fits_narrow,
    to_amounts,
    to_column,
    to_index,
    to_list,
)
from jindo.ledger.rows import RANK, Transfer
from jindo.ledger.texts import MemoryTexts
from jindo.ledger.wide import WideColumn


def build_account_chain(
    chain_id: ChainId, transfers: Iterable[Transfer], *, decimals: Mapping[AssetId, int] | None = None
) -> AccountChain:
    """The account chain of these movements.

    Raises:
        InputError: a movement with neither sender nor receiver.
    """
    rows = sorted(transfers, key=_order)
    if any(row.sender is None and row.receiver is None for row in rows):
        raise InputError("a movement has neither a sender nor a receiver")
    accounts = MemoryTexts(sorted({a for row in rows for a in (row.sender, row.receiver) if a is not None}))
    assets = MemoryTexts(sorted({row.asset for row in rows}))
    hashes = MemoryTexts(sorted({row.tx_hash for row in rows}))
    return assemble_account_chain(
        chain_id,
        assets=tuple(AssetId(asset) for asset in assets),
        decimals=decimals or {},
        accounts=accounts,
        tx_hashes=hashes,
        block=to_column(row.block for row in rows),
        time=to_column(_or_nobody(row.time) for row in rows),
        tx=to_column(hashes.find(row.tx_hash) for row in rows),
        tx_index=to_column(_or_nobody(row.tx_index) for row in rows),
        kind=np.array([row.kind for row in rows], dtype=np.int8),
        position=to_column(_or_nobody(row.position) for row in rows),
        sender=to_column(NOBODY if row.sender is None else accounts.find(row.sender) for row in rows),
        receiver=to_column(NOBODY if row.receiver is None else accounts.find(row.receiver) for row in rows),
        asset=to_column(assets.find(row.asset) for row in rows),
        amount=to_amounts([row.amount for row in rows]),
        memos=[row.memo for row in rows] if any(row.memo is not None for row in rows) else None,
    )


def assemble_account_chain(
    chain_id: ChainId,
    *,
    assets: tuple[AssetId, ...],
    decimals: Mapping[AssetId, int],
    accounts: Texts,
    tx_hashes: Texts,
    block: Ints,
    time: Ints,
    tx: Ints,
    tx_index: Ints,
    kind: Ints,
    position: Ints,
    sender: Ints,
    receiver: Ints,
    asset: Ints,
    amount: Amounts,
    memos: Sequence[str | None] | None = None,
) -> AccountChain:
    """The account chain of columns that are in ledger order already, all of one length n.

    `tx`, `sender`, `receiver` and `asset` are ids into the tables given, -1 for nobody.
    """
    pots = build_pots(sender, receiver, asset, accounts=len(accounts), assets=len(assets))
    count = len(pots.pot_account)
    narrow = fits_narrow(amount, (pots.src, count), (pots.dst, count))
    out_offsets, out_events = build_groups(pots.src, count)
    in_offsets, in_events = build_groups(pots.dst, count)
    tx_offsets, tx_events = build_groups(tx, len(tx_hashes))
    return AccountChain(
        chain=chain_id,
        assets=assets,
        decimals=tuple(decimals.get(name) for name in assets),
        accounts=accounts,
        tx_hashes=tx_hashes,
        blocks=build_blocks(block, time),
        narrow=narrow,
        block=block,
        time=time,
        tx=to_index(tx),
        tx_index=tx_index,
        kind=kind,
        position=position,
        src=pots.src,
        dst=pots.dst,
        amount=amount if narrow or isinstance(amount, WideColumn) else to_list(amount),
        pot_account=pots.pot_account,
        pot_asset=pots.pot_asset,
        account_pots=pots.account_pots,
        out_offsets=out_offsets,
        out_events=out_events,
        in_offsets=in_offsets,
        in_events=in_events,
        tx_offsets=tx_offsets,
        tx_events=tx_events,
        memos=memos,
    )


def _order(row: Transfer) -> tuple[int, int, int, int]:
    return (row.block, _or_nobody(row.tx_index), RANK[row.kind], _or_nobody(row.position))


def _or_nobody(value: int | None) -> int:
    return NOBODY if value is None else value
