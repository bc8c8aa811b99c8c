"""The same chain in many runs: what appending block by block, and compacting at any place, may leave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from jindo.ledger import NOBODY, AccountChain, Ints, MemoryTexts, UtxoChain, UtxoTransaction
from jindo.ledger.build_utxo import build_utxo_run
from jindo.ledger.indexing import build_account_run, build_blocks
from jindo.ledger.runs import AccountRun


def split_account_chain(chain: AccountChain, heights: Iterable[int]) -> AccountChain:
    """The one-run `chain` cut below each of these heights."""
    run = chain.runs[0] if chain.runs else None
    if run is None:
        return chain
    events = sorted({0, chain.event_count, *(chain.row_at(height) for height in heights)})
    runs = [_cut(chain, run, first, stop) for first, stop in pairwise(events)]
    return replace(chain, runs=tuple(runs))


def _cut(chain: AccountChain, run: AccountRun, first: int, stop: int) -> AccountRun:
    here, before = slice(first, stop), slice(0, first)
    pots, pots_before = (_highest(run.src[part], run.dst[part]) for part in (slice(0, stop), before))
    txs, txs_before = (_highest(run.tx[part]) for part in (slice(0, stop), before))
    accounts, accounts_before = (_highest(run.pot_account[:count]) for count in (pots, pots_before))
    return build_account_run(
        first_event=first,
        first_transaction=txs_before,
        first_account=accounts_before,
        first_pot=pots_before,
        blocks=build_blocks(
            np.asarray(chain.block[here]),
            np.asarray(chain.time[here]),
            before=max(np.asarray(chain.time[before]).tolist(), default=NOBODY),
        ),
        accounts=MemoryTexts([chain.accounts[i] for i in range(accounts_before, accounts)]),
        tx_hashes=MemoryTexts([chain.tx_hashes[i] for i in range(txs_before, txs)]),
        src=run.src[here],
        dst=run.dst[here],
        amount=run.amount[here],
        tx=run.tx[here] - txs_before,
        kind=np.asarray(run.kind[here]),
        position=run.position[here],
        time=np.asarray(chain.time[here]),
        tx_index=run.tx_index[txs_before:txs],
        pot_account=run.pot_account[pots_before:pots],
        pot_asset=run.pot_asset[pots_before:pots],
        memos=None if run.memos is None else list(run.memos[here]),
    )


def _highest(*ids: Ints) -> int:
    """How many ids from 0 on have appeared."""
    return max((int(column.max()) + 1 for column in ids if len(column)), default=0)


def split_utxo_chain(chain: UtxoChain, rows: Sequence[UtxoTransaction], heights: Iterable[int]) -> UtxoChain:
    """The chain of these rows, cut below each of these heights."""
    grown = replace(chain, runs=())
    cuts = sorted({0, 1 << 60, *heights})
    for first, stop in pairwise(cuts):
        here = [row for row in rows if first <= row.block < stop]
        if here:
            grown = replace(grown, runs=(*grown.runs, build_utxo_run(grown, here)))
    return replace(grown, narrow=chain.narrow)
