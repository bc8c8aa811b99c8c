"""An account chain that was built by itself is set above another: its blocks become one more run of that chain.

* What the chain below knows keeps its ids; what is new counts on from there, in order of appearance.
* Work is that of the new rows, and of finding their accounts below.

Transactions of a UTXO chain need what they spend: `build_utxo` builds them above a chain at once.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from jindo.base.errors import InputError
from jindo.base.ids import AssetId
from jindo.ledger.account_chain import AccountChain
from jindo.ledger.indexing import build_account_run
from jindo.ledger.pieces import to_index
from jindo.ledger.runs import MOST_TRAFFIC, NOBODY, AccountRun, Adjacency, Ints
from jindo.ledger.text_views import find_all, reorder


def stack_account_chain(before: AccountChain, above: AccountChain) -> AccountChain:
    """`before` with the one run of `above` on top.

    Raises:
        InputError: a block of `above` is not above the last one, or a transaction is there already.
    """
    if above.is_empty:
        return before
    (local,) = above.runs
    assets = (*before.assets, *(asset for asset in above.assets if asset not in before.assets))
    run = _stack_run(before, local, np.array([assets.index(asset) for asset in above.assets], np.int64))
    runs = (*before.runs, run)
    stated = dict(zip((*above.assets, *before.assets), (*above.decimals, *before.decimals), strict=True))
    stated.update({a: d for a, d in zip(above.assets, above.decimals, strict=True) if d is not None})
    return AccountChain(
        before.chain,
        tuple(AssetId(asset) for asset in assets),
        tuple(stated[asset] for asset in assets),
        narrow=sum(run.max_traffic for run in runs) < MOST_TRAFFIC,
        runs=runs,
    )


def _stack_run(before: AccountChain, local: AccountRun, asset: Ints) -> AccountRun:
    _check_above(before, local)
    if before.is_empty:
        return local
    accounts = find_all(before.accounts, [local.accounts[i] for i in range(len(local.accounts))])
    account, fresh = _number(accounts, len(before.accounts))
    pots = _find_pots(before, local, accounts, asset)
    pot, new = _number(pots, before.pot_count)
    return build_account_run(
        first_event=before.event_count,
        first_transaction=len(before.tx_hashes),
        first_account=len(before.accounts),
        first_pot=before.pot_count,
        blocks=replace(local.blocks, time_max=np.maximum(local.blocks.time_max, before.last_time)),
        accounts=reorder(
            local.accounts, fresh, np.where(accounts < 0, account - len(before.accounts), NOBODY)
        ),
        tx_hashes=local.tx_hashes,
        src=_renumber(local.src, pot),
        dst=_renumber(local.dst, pot),
        amount=local.amount,
        tx=local.tx,
        kind=local.kind,
        position=local.position,
        time=local.time,
        tx_index=local.tx_index,
        pot_account=to_index(account[local.pot_account[new]]),
        pot_asset=to_index(asset[local.pot_asset[new]]),
        memos=local.memos,
    )


def _check_above(before: AccountChain, local: AccountRun) -> None:
    first = int(local.blocks.height[0])
    if not before.is_empty and first <= before.last_block:
        raise InputError(f"block {first} is not above the last block there, {before.last_block}")
    hashes = [local.tx_hashes[i] for i in range(len(local.tx_hashes))]
    known = np.flatnonzero(before.tx_hashes.find_all(hashes) >= 0)
    if len(known):
        raise InputError(f"the transaction {hashes[known[0]]} stands at two places in the chain")


def _find_pots(before: AccountChain, local: AccountRun, accounts: Ints, asset: Ints) -> Ints:
    """The pot of `before` that each local pot is, or -1."""
    owner, wanted = accounts[local.pot_account], asset[np.asarray(local.pot_asset)]
    found = np.full(len(owner), NOBODY, np.int64)
    held = np.unique(owner[owner >= 0])
    for run in before.runs:
        of, rows = find_owned(run.account_pots, held)
        there = held[of] * len(before.assets) + run.pot_asset[rows]
        order = np.argsort(there)
        keys = np.where(
            (owner >= 0) & (wanted < len(before.assets)), owner * len(before.assets) + wanted, NOBODY
        )
        place = np.minimum(np.searchsorted(there[order], keys), max(len(there) - 1, 0))
        hits = there[order][place] == keys if len(there) else np.zeros(len(keys), np.bool_)
        found[hits] = run.first_pot + rows[order][place[hits]]
    return found


def find_owned(adjacency: Adjacency, owners: Ints) -> tuple[Ints, Ints]:
    """Local rows of several owners, and of which of them each is."""
    if adjacency.owners is None:
        place = np.minimum(owners, len(adjacency.offsets) - 1)
        there = owners < len(adjacency.offsets) - 1
    else:
        place = np.searchsorted(adjacency.owners, owners)
        there = place < len(adjacency.owners)
        there[there] = adjacency.owners[place[there]] == owners[there]
    which = np.flatnonzero(there)
    starts, ends = (np.asarray(adjacency.offsets[place[which] + i], np.int64) for i in (0, 1))
    sizes = ends - starts
    within = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.repeat(which, sizes), adjacency.rows[np.repeat(starts, sizes) + within]


def _number(known: Ints, first: int) -> tuple[Ints, Ints]:
    """The number of each, those that are not known counted from `first`; and which those are."""
    fresh = np.flatnonzero(known < 0)
    number = known.astype(np.int64)
    number[fresh] = first + np.arange(len(fresh))
    return number, fresh


def _renumber(ids: Ints, number: Ints) -> Ints:
    return to_index(np.where(ids >= 0, number[ids], NOBODY))
