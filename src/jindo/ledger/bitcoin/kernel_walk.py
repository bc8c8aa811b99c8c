"""One walk over a block's transactions, compiled: counts them, or writes them down as columns.

* It takes what `transaction` and `block` take, and nothing else; why something is refused, those say.
* Every count and length is held against the bytes that are left before anything follows it: what lies never leads
  out of the block, and costs no more than the block is long.
* The walk that counts and the one that writes are the same code, so that what was counted fits.

Hashes are `kernel_fill`'s, scripts `kernel_names`'s; `columns` is the door.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from jindo.base.compiling import compile_kept
from jindo.ledger.bitcoin.kernel_bytes import copy_bytes, read_16, read_32, read_64
from jindo.ledger.bitcoin.transaction import MAX_UNITS

HEADER, DIGEST = 80, 32
REFUSED = -1
"""The place where a walk stands that met what cannot be."""
TRANSACTIONS, INPUTS, OUTPUTS = 0, 1, 2
"""Places in what is counted."""
START, SIZE, BODY, BODY_END, FIRST_INPUT, FIRST_OUTPUT = range(6)
VALUE, SCRIPT, SCRIPT_SIZE = range(3)
"""Places in the rows."""
_MOST = np.uint64(MAX_UNITS)
_NO_INDEX = np.uint64(0xFFFFFFFF)


class WalkedRows(NamedTuple):
    """What the walk writes; places are counted from the data's beginning."""

    transactions: NDArray[np.int64]
    """Of each: start, size, where its inputs begin behind version and marker, where its outputs end, first input,
    first output."""
    outputs: NDArray[np.int64]
    """Of each: value, where its script begins, its script's size."""
    spent_index: NDArray[np.int64]
    """Of each input: which output of the transaction it spends."""
    spent: NDArray[np.uint8]
    """Of each input: that transaction's id, 32 bytes, end to end."""


def make_rows(transactions: int, inputs: int, outputs: int) -> WalkedRows:
    """Room for so many rows."""
    return WalkedRows(
        np.empty((transactions, 6), dtype=np.int64),
        np.empty((outputs, 3), dtype=np.int64),
        np.empty(inputs, dtype=np.int64),
        np.empty(inputs * DIGEST, dtype=np.uint8),
    )


@compile_kept
def count_rows(data: Any, starts: Any, rows: Any, good: Any, totals: Any) -> None:
    """Walk every block of `data`, block b from `starts[b]` to `starts[b + 1]`; say which can be taken, and count those.

    `good` says of each block whether it may be taken so far, `totals` has three places, and `rows` is empty.
    """
    counts = np.zeros(3, dtype=np.int64)
    for b in range(len(good)):
        counts[:] = 0
        good[b] &= walk_block(data, starts[b], starts[b + 1], rows, counts) != REFUSED
        if good[b]:
            totals += counts


@compile_kept
def walk_block(data: Any, start: Any, end: Any, rows: Any, counts: Any) -> Any:
    """The end of a block, its rows counted and, where there is room for any, written; or `REFUSED`."""
    keep = len(rows.transactions) > 0
    if end - start < HEADER:
        return REFUSED
    count, at = _read_compact(data, start + HEADER, end)
    if at == REFUSED or count == 0:
        return REFUSED
    for index in range(count):
        at = _walk_transaction(data, at, end, rows, counts, keep, index == 0)
        if at == REFUSED:
            return REFUSED
    return at if at == end else REFUSED


@register_jitable
def _walk_transaction(
    data: Any, start: Any, end: Any, rows: Any, counts: Any, keep: Any, is_first: Any
) -> Any:
    if end - start < 6:
        return REFUSED
    row = counts[TRANSACTIONS]
    has_witness = data[start + 4] == 0 and data[start + 5] == 1
    body = start + 6 if has_witness else start + 4
    if keep:
        written = rows.transactions
        written[row, START], written[row, BODY] = start, body
        written[row, FIRST_INPUT], written[row, FIRST_OUTPUT] = counts[INPUTS], counts[OUTPUTS]
    inputs, at = _walk_inputs(data, body, end, rows, counts, keep, is_first)
    if at != REFUSED:
        at = _walk_outputs(data, at, end, rows, counts, keep)
    body_end = at
    if at != REFUSED and has_witness:
        at = _walk_witnesses(data, at, end, inputs)
    if at == REFUSED or end - at < 4:
        return REFUSED
    if keep:
        rows.transactions[row, BODY_END], rows.transactions[row, SIZE] = body_end, at + 4 - start
    counts[TRANSACTIONS] += 1
    return at + 4


@register_jitable
def _walk_inputs(data: Any, at: Any, end: Any, rows: Any, counts: Any, keep: Any, is_first: Any) -> Any:
    """Number of inputs and their end; a block's first transaction issues coins, and is written without its input."""
    count, at = _read_compact(data, at, end)
    if at == REFUSED or count == 0 or (is_first and count != 1):
        return 0, REFUSED
    for _ in range(count):
        if end - at < DIGEST + 4 or _issues(data, at) != is_first:
            return 0, REFUSED
        if not is_first:
            if keep:
                row = counts[INPUTS]
                copy_bytes(data, at, DIGEST, rows.spent, row * DIGEST)
                rows.spent_index[row] = read_32(data, at + DIGEST)
            counts[INPUTS] += 1
        size, at = _read_compact(data, at + DIGEST + 4, end)
        if at == REFUSED or end - at < size + 4:
            return 0, REFUSED
        at += size + 4
    return count, at


@register_jitable
def _walk_outputs(data: Any, at: Any, end: Any, rows: Any, counts: Any, keep: Any) -> Any:
    count, at = _read_compact(data, at, end)
    if at == REFUSED or count == 0:
        return REFUSED
    total = np.uint64(0)
    for _ in range(count):
        if end - at < 8:
            return REFUSED
        value = read_64(data, at)
        if value > _MOST or total + value > _MOST:
            return REFUSED
        total += value
        size, at = _read_compact(data, at + 8, end)
        if at == REFUSED or end - at < size:
            return REFUSED
        if keep:
            row = counts[OUTPUTS]
            rows.outputs[row, VALUE], rows.outputs[row, SCRIPT] = value, at
            rows.outputs[row, SCRIPT_SIZE] = size
        counts[OUTPUTS] += 1
        at += size
    return at


@register_jitable
def _walk_witnesses(data: Any, at: Any, end: Any, inputs: Any) -> Any:
    is_empty = True
    for _ in range(inputs):
        count, at = _read_compact(data, at, end)
        if at == REFUSED:
            return REFUSED
        for _ in range(count):
            is_empty = False
            size, at = _read_compact(data, at, end)
            if at == REFUSED or end - at < size:
                return REFUSED
            at += size
    return REFUSED if is_empty else at


@register_jitable
def _issues(data: Any, at: Any) -> Any:
    """Whether the output that is named here is none, as in a coinbase."""
    for i in range(0, DIGEST, 8):
        if read_64(data, at + i) != 0:
            return False
    return read_32(data, at + DIGEST) == _NO_INDEX


@register_jitable
def _read_compact(data: Any, at: Any, end: Any) -> Any:
    """The count or length that stands here and where it ends; `REFUSED` where the bytes left cannot hold so much."""
    if at >= end:
        return 0, REFUSED
    first = np.int64(data[at])
    if first < 0xFD:
        return first, at + 1
    size = 1 << (first - 0xFC)
    if end - at < 1 + size:
        return 0, REFUSED
    if size == 2:
        value, least = read_16(data, at + 1), 0xFD
    elif size == 4:
        value, least = read_32(data, at + 1), 0x10000
    else:
        value, least = read_64(data, at + 1), 0x100000000
    if value < np.uint64(least) or value > np.uint64(end - at):
        return 0, REFUSED
    return np.int64(value), at + 1 + size
