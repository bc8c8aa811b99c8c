"""The first blocks of a run become a run, as if no other had ever been built.

* Ids stay: what the blocks that are cut off saw first had the last ones.
* Columns of rows are not copied; adjacency, spenders and sums are built anew (`indexing`).

How far a chain is rolled back, and what becomes of its files, is `appending`'s.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from jindo.ledger.amount_columns import cut_amounts
from jindo.ledger.columns import cut
from jindo.ledger.indexing import assemble_utxo_run, build_account_run
from jindo.ledger.memos import cut_memos
from jindo.ledger.pieces import find_max
from jindo.ledger.runs import AccountRun, Blocks, UtxoRun
from jindo.ledger.text_views import FirstTexts

Run = TypeVar("Run", bound=AccountRun | UtxoRun)


def cut_run(run: Run, blocks: int) -> Run:
    """The run of the first `blocks` blocks that have rows, one or more."""
    if not 0 < blocks <= len(run.blocks.height):
        raise ValueError(f"a run of {len(run.blocks.height)} blocks has no first {blocks}")
    part: Any = _cut_accounts(run, blocks) if isinstance(run, AccountRun) else _cut_utxos(run, blocks)
    found: Run = part
    return found


def _cut_accounts(run: AccountRun, blocks: int) -> AccountRun:
    events = int(run.blocks.first[blocks])
    src, dst, tx = run.src[:events], run.dst[:events], run.tx[:events]
    pots = _count_new(run.first_pot, find_max(src), find_max(dst))
    pot_account, transactions = run.pot_account[:pots], find_max(tx) + 1
    return build_account_run(
        first_event=run.first_event,
        first_transaction=run.first_transaction,
        first_account=run.first_account,
        first_pot=run.first_pot,
        blocks=_cut_blocks(run.blocks, blocks),
        accounts=FirstTexts(run.accounts, _count_new(run.first_account, find_max(pot_account))),
        tx_hashes=FirstTexts(run.tx_hashes, transactions),
        src=src,
        dst=dst,
        amount=cut_amounts(run.amount, events),
        tx=tx,
        kind=run.kind[:events],
        position=run.position[:events],
        time=run.time[:events],
        tx_index=run.tx_index[:transactions],
        pot_account=pot_account,
        pot_asset=run.pot_asset[:pots],
        memos=cut_memos(run.memos, events),
    )


def _cut_utxos(run: UtxoRun, blocks: int) -> UtxoRun:
    transactions = int(run.blocks.first[blocks])
    inputs, outputs = int(run.in_offsets[transactions]), int(run.out_offsets[transactions])
    in_account, out_account = run.in_account[:inputs], run.out_account[:outputs]
    accounts = _count_new(run.first_account, find_max(in_account), find_max(out_account))
    missing = int(np.searchsorted(run.missing, inputs))
    return assemble_utxo_run(
        first_transaction=run.first_transaction,
        first_input=run.first_input,
        first_output=run.first_output,
        first_account=run.first_account,
        blocks=_cut_blocks(run.blocks, blocks),
        accounts=FirstTexts(run.accounts, accounts),
        tx_hashes=FirstTexts(run.tx_hashes, transactions),
        time=run.time[:transactions],
        tx_index=run.tx_index[:transactions],
        coinbase=run.coinbase[:transactions],
        in_offsets=run.in_offsets[: transactions + 1],
        in_output=run.in_output[:inputs],
        in_amount=cut_amounts(run.in_amount, inputs),
        in_known=run.in_known[:inputs],
        in_account=in_account,
        in_stated=run.in_stated[:inputs],
        missing=run.missing[:missing],
        missing_hash=cut(run.missing_hash, 0, missing),
        missing_index=run.missing_index[:missing],
        out_offsets=run.out_offsets[: transactions + 1],
        out_amount=cut_amounts(run.out_amount, outputs),
        out_account=out_account,
    )


def _count_new(first: int, *highest: int) -> int:
    """How many ids from `first` on there are, where the highest of each column is given."""
    return max(0, max(highest) + 1 - first)


def _cut_blocks(blocks: Blocks, count: int) -> Blocks:
    return Blocks(
        height=blocks.height[:count], time_max=blocks.time_max[:count], first=blocks.first[: count + 1]
    )
