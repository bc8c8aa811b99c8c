"""Rows in memory become a chain, in ledger order, ready to trace.

* Rows are sorted stably, so rows that no index orders stay as they were given.
* Transfers of zero and to oneself stay as rows: that they move nothing is `trace`'s to say.
* A transaction stands at one place: a row that does not say its index has the one that another row states.
* Accounts, pots, assets and transactions are numbered as they first appear (`runs`).

Transactions of a UTXO chain are `build_utxo`'s, folders and files are `importing`'s; the way back is `extract`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from jindo.base.errors import InputError
from jindo.base.ids import AssetId, ChainId
from jindo.ledger.account_chain import AccountChain
from jindo.ledger.amount_columns import to_amounts
from jindo.ledger.appearance import first_rows, number_by_appearance, number_pots
from jindo.ledger.indexing import build_account_run, build_blocks
from jindo.ledger.pieces import to_column, to_index
from jindo.ledger.rows import RANK, Transfer
from jindo.ledger.runs import MOST_TRAFFIC, NOBODY, Amounts, Ints, Texts
from jindo.ledger.text_views import reorder
from jindo.ledger.texts import MemoryTexts


def build_account_chain(
    chain_id: ChainId, transfers: Iterable[Transfer], *, decimals: Mapping[AssetId, int] | None = None
) -> AccountChain:
    """The account chain of these movements.

    Raises:
        InputError: a movement with neither sender nor receiver, or a transaction at two places in the chain.
    """
    rows = sorted(_place_rows([*transfers]), key=_order)
    if any(row.sender is None and row.receiver is None for row in rows):
        raise InputError("a movement has neither a sender nor a receiver")
    parties = (account for row in rows for account in (row.sender, row.receiver) if account is not None)
    accounts = MemoryTexts([*dict.fromkeys(parties)])
    assets = MemoryTexts([*dict.fromkeys(row.asset for row in rows)])
    hashes = MemoryTexts([*dict.fromkeys(row.tx_hash for row in rows)])
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
    """The account chain, of one run, of columns that are in ledger order already, all of one length n.

    `tx`, `sender`, `receiver` and `asset` are ids into the tables given, -1 for nobody, in any order: they are
    numbered anew as they first appear, and texts that no row names are left out.
    """
    if not len(block):
        return AccountChain(chain_id, (), (), narrow=True, runs=())
    parties = number_by_appearance((sender, receiver), len(accounts))
    kinds = number_by_appearance((asset,), len(assets))
    transactions = number_by_appearance((tx,), len(tx_hashes))
    pots = number_pots(*parties.columns, *kinds.columns)
    named = assets if kinds.order is None else tuple(assets[place] for place in kinds.order.tolist())
    (local,) = transactions.columns
    run = build_account_run(
        first_event=0,
        first_transaction=0,
        first_account=0,
        first_pot=0,
        blocks=build_blocks(block, time),
        accounts=reorder(accounts, parties.order, parties.number),
        tx_hashes=reorder(tx_hashes, transactions.order, transactions.number),
        src=pots.src,
        dst=pots.dst,
        amount=amount,
        tx=local,
        kind=kind,
        position=to_index(position),
        time=time,
        tx_index=to_index(_take_first(tx_index, local, transactions.count)),
        pot_account=pots.account,
        pot_asset=pots.asset,
        memos=memos,
    )
    return AccountChain(
        chain_id, named, tuple(map(decimals.get, named)), narrow=run.max_traffic < MOST_TRAFFIC, runs=(run,)
    )


def _take_first(tx_index: Ints, local: Ints, count: int) -> Ints:
    """The index of each transaction, as its first row states it."""
    return tx_index if count == len(tx_index) else tx_index[first_rows(local, count)]


def _place_rows(rows: list[Transfer]) -> list[Transfer]:
    """The rows, each with its transaction's index where any row states it."""
    blocks = {row.tx_hash: row.block for row in rows}
    indices = {row.tx_hash: row.tx_index for row in rows if row.tx_index is not None}
    for row in rows:
        index = indices.get(row.tx_hash)
        if row.block != blocks[row.tx_hash] or row.tx_index not in (None, index):
            raise InputError(f"the transaction {row.tx_hash} stands at two places in the chain")
    return [
        row
        if row.tx_index is not None or row.tx_hash not in indices
        else replace(row, tx_index=indices[row.tx_hash])
        for row in rows
    ]


def _order(row: Transfer) -> tuple[int, int, int, int]:
    return (row.block, _or_nobody(row.tx_index), RANK[row.kind], _or_nobody(row.position))


def _or_nobody(value: int | None) -> int:
    return NOBODY if value is None else value
