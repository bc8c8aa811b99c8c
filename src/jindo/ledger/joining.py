"""Two runs that follow each other become one, as if they had been built together.

* Ids stay, those of the chain as well as the order of all that is local.
* The columns of rows are not copied: they read through to those of the two runs, until somebody writes them.
* Adjacency and sums are built anew from the columns, by the very functions that build a run (`indexing`).

When runs are joined is `run_files`' and `appending`'s.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from jindo.ledger.amount_columns import join_amounts
from jindo.ledger.columns import Shifted, join
from jindo.ledger.indexing import assemble_utxo_run, build_account_run
from jindo.ledger.memos import join_memos
from jindo.ledger.pieces import MOST_IDS, to_index
from jindo.ledger.runs import AccountRun, Blocks, Ints, UtxoRun
from jindo.ledger.text_views import JoinedTexts

Run = TypeVar("Run", bound=AccountRun | UtxoRun)


def join_runs(first: Run, second: Run) -> Run:
    """The run of the blocks of both; `second` must follow `first` in the chain."""
    joined: Any
    if isinstance(first, AccountRun) and isinstance(second, AccountRun):
        joined = _join_accounts(first, second)
    elif isinstance(first, UtxoRun) and isinstance(second, UtxoRun):
        joined = _join_utxos(first, second)
    else:
        raise TypeError("runs of the two kinds of chain cannot be joined")
    found: Run = joined
    return found


def _join_accounts(first: AccountRun, second: AccountRun) -> AccountRun:
    def joined(name: str) -> Any:
        return join([getattr(first, name), getattr(second, name)])

    return build_account_run(
        first_event=first.first_event,
        first_transaction=first.first_transaction,
        first_account=first.first_account,
        first_pot=first.first_pot,
        blocks=_join_blocks(first.blocks, second.blocks),
        accounts=JoinedTexts([first.accounts, second.accounts]),
        tx_hashes=JoinedTexts([first.tx_hashes, second.tx_hashes]),
        src=joined("src"),
        dst=joined("dst"),
        amount=join_amounts(first.amount, second.amount),
        tx=join([first.tx, _shift(second.tx, len(first.tx_hashes), len(second.tx_hashes))]),
        kind=joined("kind"),
        position=joined("position"),
        time=joined("time"),
        tx_index=joined("tx_index"),
        pot_account=joined("pot_account"),
        pot_asset=joined("pot_asset"),
        memos=join_memos(first.memos, second.memos, len(first.src), len(second.src)),
    )


def _join_utxos(first: UtxoRun, second: UtxoRun) -> UtxoRun:
    def joined(name: str) -> Any:
        return join([getattr(first, name), getattr(second, name)])

    inputs = len(first.in_output)
    return assemble_utxo_run(
        first_transaction=first.first_transaction,
        first_input=first.first_input,
        first_output=first.first_output,
        first_account=first.first_account,
        blocks=_join_blocks(first.blocks, second.blocks),
        accounts=JoinedTexts([first.accounts, second.accounts]),
        tx_hashes=JoinedTexts([first.tx_hashes, second.tx_hashes]),
        time=joined("time"),
        tx_index=joined("tx_index"),
        coinbase=joined("coinbase"),
        in_offsets=_join_offsets(first.in_offsets, second.in_offsets),
        in_output=joined("in_output"),
        in_amount=join_amounts(first.in_amount, second.in_amount),
        in_known=joined("in_known"),
        in_account=joined("in_account"),
        in_stated=joined("in_stated"),
        missing=join([first.missing, _shift(second.missing, inputs, len(second.in_output))]),
        missing_hash=joined("missing_hash"),
        missing_index=joined("missing_index"),
        out_offsets=_join_offsets(first.out_offsets, second.out_offsets),
        out_amount=join_amounts(first.out_amount, second.out_amount),
        out_account=joined("out_account"),
    )


def _join_blocks(first: Blocks, second: Blocks) -> Blocks:
    return Blocks(
        height=np.concatenate([first.height, second.height]),
        time_max=np.concatenate([first.time_max, second.time_max]),
        first=_join_offsets(first.first, second.first),
    )


def _join_offsets(first: Ints, second: Ints) -> Ints:
    return to_index(np.concatenate([first[:-1].astype(np.int64), second.astype(np.int64) + int(first[-1])]))


def _shift(ids: Ints, by: int, count: int) -> Any:
    return Shifted(ids, by, np.int32 if by + count <= MOST_IDS else np.int64)
