"""Blocks as columns, compiled: their rows, their transactions' hashes, and their Merkle roots held against the headers.

* A transaction's id is the double SHA-256 of its bytes without marker, flag and witnesses.
* Rows of a block whose root is another, or that repeats transactions (CVE-2012-2459), do not stay.

The walk is `kernel_walk`'s; `merkle` is the form to read.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import register_jitable

from jindo.base.compiling import compile_kept
from jindo.ledger.bitcoin.kernel_bytes import are_equal, copy_bytes
from jindo.ledger.bitcoin.kernel_sha256 import hash_pair_twice, hash_twice
from jindo.ledger.bitcoin.kernel_walk import (
    BODY,
    BODY_END,
    DIGEST,
    SIZE,
    START,
    TRANSACTIONS,
    WalkedRows,
    walk_block,
)

_ROOT = 36
"""Where the Merkle root stands in a header."""
_ENDS = 4
"""Bytes of a transaction's version, and of its lock time."""


@compile_kept
def fill_rows(
    data: Any,
    starts: Any,
    good: Any,
    rows: WalkedRows,
    first: Any,
    counts: Any,
    hashes: Any,
    room: Any,
    buffer: Any,
) -> None:
    """Write down the blocks that are good, and take the word from those whose Merkle root is not their header's.

    `first[b]` becomes the first transaction of block b, `counts` how many rows there are. `hashes` is the ids' and the
    full hashes' place (the second may be empty), `buffer` as long as the longest block.
    """
    before = np.zeros(3, dtype=np.int64)
    for b in range(len(good)):
        first[b] = counts[TRANSACTIONS]
        if not good[b]:
            continue
        before[:] = counts
        walk_block(data, starts[b], starts[b + 1], rows, counts)
        _hash_transactions(data, rows, first[b], counts[TRANSACTIONS], hashes, room, buffer)
        count = counts[TRANSACTIONS] - first[b]
        good[b] = _has_root(hashes[0], first[b], count, data, starts[b] + _ROOT, room, buffer)
        if not good[b]:
            counts[:] = before
    first[len(good)] = counts[TRANSACTIONS]


@register_jitable
def _hash_transactions(
    data: Any, rows: Any, first: Any, end: Any, hashes: Any, room: Any, buffer: Any
) -> None:
    ids, full = hashes
    walked = rows.transactions
    for row in range(first, end):
        start, size, body = walked[row, START], walked[row, SIZE], walked[row, BODY]
        place = row * DIGEST
        if body == start + _ENDS:
            hash_twice(room, data, start, size, ids, place)
            if len(full):
                copy_bytes(ids, place, DIGEST, full, place)
        else:
            stripped = _strip(data, start, size, body, walked[row, BODY_END], buffer)
            hash_twice(room, buffer, 0, stripped, ids, place)
            if len(full):
                hash_twice(room, data, start, size, full, place)


@register_jitable
def _strip(data: Any, start: Any, size: Any, body: Any, body_end: Any, buffer: Any) -> Any:
    """Write a transaction without witnesses to the buffer; gives its size."""
    middle = body_end - body
    copy_bytes(data, start, _ENDS, buffer, 0)
    copy_bytes(data, body, middle, buffer, _ENDS)
    copy_bytes(data, start + size - _ENDS, _ENDS, buffer, _ENDS + middle)
    return middle + 2 * _ENDS


@register_jitable
def _has_root(ids: Any, first: Any, count: Any, data: Any, root: Any, room: Any, level: Any) -> Any:
    """Whether these ids give the root that stands in the data, and one list alone gives it."""
    copy_bytes(ids, first * DIGEST, count * DIGEST, level, 0)
    while count > 1:
        for i in range(0, count - 1, 2):
            if are_equal(level, i * DIGEST, level, (i + 1) * DIGEST):
                return False
        if count % 2:
            copy_bytes(level, (count - 1) * DIGEST, DIGEST, level, count * DIGEST)
            count += 1
        count //= 2
        for i in range(count):
            hash_pair_twice(room, level, 2 * i * DIGEST, level, i * DIGEST)
    return are_equal(level, 0, data, root)
