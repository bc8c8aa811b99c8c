"""Columns of rows in ledger order become a run that the tracer reads: adjacency, spenders, blocks.

* Pure and vectorised: the builder in memory, the importer, joining and cutting all end here, so that they cannot
  differ.
* Rows come in ledger order and leave in it; every list of rows keeps that order.
* Memory is a few columns beside those given, which may be mapped.

It does not check rows (`sources`), number ids (`appearance`, `numbering`) or store runs (`run_files`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jindo.ledger.amount_columns import find_max_sum, find_max_traffic
from jindo.ledger.pieces import MOST_IDS, find_max, is_ascending, iter_pieces, to_index
from jindo.ledger.runs import NOBODY, AccountRun, Adjacency, Amounts, Blocks, Ints, Texts, UtxoRun


def build_account_run(
    *,
    first_event: int,
    first_transaction: int,
    first_account: int,
    first_pot: int,
    blocks: Blocks,
    accounts: Texts,
    tx_hashes: Texts,
    src: Ints,
    dst: Ints,
    amount: Amounts,
    tx: Ints,
    kind: Ints,
    position: Ints,
    time: Ints,
    tx_index: Ints,
    pot_account: Ints,
    pot_asset: Ints,
    memos: Sequence[str | None] | None = None,
) -> AccountRun:
    """The run of these columns, which are in ledger order and numbered already (`AccountRun` says how)."""
    return AccountRun(
        first_event=first_event,
        first_transaction=first_transaction,
        first_account=first_account,
        first_pot=first_pot,
        blocks=blocks,
        accounts=accounts,
        tx_hashes=tx_hashes,
        src=src,
        dst=dst,
        amount=amount,
        tx=tx,
        kind=kind,
        position=position,
        time=time,
        tx_index=tx_index,
        pot_account=pot_account,
        pot_asset=pot_asset,
        outgoing=build_adjacency(src),
        incoming=build_adjacency(dst),
        account_pots=build_adjacency(pot_account),
        max_traffic=find_max_traffic(amount, src, dst),
        tx_events=None if is_ascending(tx) else build_adjacency(tx),
        memos=memos,
    )


def assemble_utxo_run(
    *,
    first_transaction: int,
    first_input: int,
    first_output: int,
    first_account: int,
    blocks: Blocks,
    accounts: Texts,
    tx_hashes: Texts,
    time: Ints,
    tx_index: Ints,
    coinbase: Ints,
    in_offsets: Ints,
    in_output: Ints,
    in_amount: Amounts,
    in_known: Ints,
    in_account: Ints,
    in_stated: Ints,
    missing: Ints,
    missing_hash: Sequence[str],
    missing_index: Ints,
    out_offsets: Ints,
    out_amount: Amounts,
    out_account: Ints,
) -> UtxoRun:
    """The run of these columns, which are in ledger order and numbered already (`UtxoRun` says how)."""
    out_spender, spent, spent_by = find_spenders(
        in_output, in_offsets, first_output, len(out_account), first_transaction
    )
    return UtxoRun(
        first_transaction=first_transaction,
        first_input=first_input,
        first_output=first_output,
        first_account=first_account,
        blocks=blocks,
        accounts=accounts,
        tx_hashes=tx_hashes,
        time=time,
        tx_index=tx_index,
        coinbase=coinbase,
        in_offsets=in_offsets,
        in_output=in_output,
        in_amount=in_amount,
        in_known=in_known,
        in_account=in_account,
        in_stated=in_stated,
        missing=missing,
        missing_hash=missing_hash,
        missing_index=missing_index,
        out_offsets=out_offsets,
        out_amount=out_amount,
        out_account=out_account,
        out_spender=out_spender,
        spent=spent,
        spent_by=spent_by,
        account_outputs=build_adjacency(out_account),
        max_traffic=max(find_max_sum(in_amount, in_offsets), find_max_sum(out_amount, out_offsets)),
    )


def build_adjacency(owner: Ints) -> Adjacency:
    """The rows of each owner (one per row, -1 for nobody), ascending.

    Owner and row are sorted as the halves of one 64-bit number: in place, and faster than counting at random.
    """
    if len(owner) > MOST_IDS or find_max(owner) > MOST_IDS:
        raise OverflowError("a run holds fewer than 2^31 rows, and a chain fewer than 2^31 pots and accounts")
    packed = np.empty(len(owner), np.int64)
    for start, stop in iter_pieces(len(owner)):
        packed[start:stop] = owner[start:stop]
        packed[start:stop] <<= 32
        packed[start:stop] |= np.arange(start, stop)
    packed.sort()
    packed = packed[np.searchsorted(packed, 0) :]
    first = _find_changes(packed)
    owners = to_index(packed[first] >> 32)
    rows = packed.astype(np.int32)  # the lower half
    offsets = np.append(first, len(packed)).astype(np.int32)
    highest = int(owners[-1]) if len(owners) else NOBODY
    if highest + 2 > 2 * len(owners) + 1:
        return Adjacency(owners, offsets, rows)
    dense = np.zeros(highest + 2, np.int32)
    dense[owners + 1] = np.diff(offsets)
    np.cumsum(dense, out=dense)
    return Adjacency(None, dense, rows)


def find_spenders(
    in_output: Ints, in_offsets: Ints, first_output: int, outputs: int, first_transaction: int
) -> tuple[Ints, Ints, Ints]:
    """The spender of each output of a run, or -1; the earlier outputs that it spends, ascending, and their spenders."""
    spender = np.full(outputs, NOBODY, np.int64)
    earlier = [np.zeros((2, 0), np.int64)]
    for start, stop in iter_pieces(len(in_output)):
        spent = in_output[start:stop].astype(np.int64)
        by = first_transaction + np.searchsorted(in_offsets, np.arange(start, stop), side="right") - 1
        here = spent >= first_output
        spender[spent[here] - first_output] = by[here]
        before = (spent >= 0) & ~here
        earlier.append(np.stack([spent[before], by[before]]))
    pairs = np.concatenate(earlier, axis=1)
    order = np.argsort(pairs[0])
    return to_index(spender), to_index(pairs[0][order]), to_index(pairs[1][order])


def build_blocks(block: Ints, time: Ints, *, before: int = NOBODY) -> Blocks:
    """The blocks of rows in ledger order; `before` is the running maximum of times before them."""
    first = _find_changes(block, shift=0)
    running = np.maximum.accumulate(np.maximum(time, before)) if len(time) else time
    last = np.append(first[1:], len(block)) - 1 if len(block) else first
    return Blocks(
        height=block[first].astype(np.int64),
        time_max=running[last].astype(np.int64),
        first=np.append(first, len(block)).astype(np.int64),
    )


def find_first_rows(owner: Ints) -> Ints:
    """Where the rows of each owner begin, and where the last end, of owners 0, 0, 1, 2, 2, …, each with a row."""
    return to_index(np.append(_find_changes(owner, shift=0), len(owner)))


def build_offsets(sizes: Ints | Sequence[int]) -> Ints:
    """Where each of the runs of these sizes begins, and where the last ends."""
    offsets = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(np.asarray(sizes, dtype=np.int64), out=offsets[1:])
    return to_index(offsets)


def _find_changes(values: Ints, *, shift: int = 32) -> Ints:
    """Rows whose value, without its lower bits, is another than that of the row before."""
    found = [np.zeros(min(len(values), 1), np.int64)]
    for start, stop in iter_pieces(len(values)):
        first = max(start, 1)
        changed = (values[first:stop] >> shift) != (values[first - 1 : stop - 1] >> shift)
        found.append(first + np.flatnonzero(changed))
    return np.concatenate(found)
