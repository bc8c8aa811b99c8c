"""Bitcoin's Merkle trees: the root over a block's transaction ids, and the branch that leads one of them to it.

* A level of odd length counts its last hash twice. A tree in which two hashes that differ in place are the same
  could be had from another list of transactions, and is refused (CVE-2012-2459).
* A branch whose last steps pair a hash with itself from the right names a place that does not exist, and is refused.

Hashes are in the bytes' order. Not to be taken for `seal`'s trees, which hash leaves and nodes apart.
"""

from __future__ import annotations

from collections.abc import Sequence

from jindo.base.errors import InputError
from jindo.ledger.bitcoin.transaction import double_sha256


def build_root(txids: Sequence[bytes]) -> bytes:
    """The root over transaction ids in block order, at least one.

    Raises:
        InputError: the tree is one that a list with repeated transactions gives too.
    """
    levels = build_levels(txids)
    for level in levels:
        if any(level[i] == level[i + 1] for i in range(0, len(level) - 1, 2)):
            raise InputError("the block repeats transactions at its end (CVE-2012-2459)")
    return levels[-1][0]


def build_levels(txids: Sequence[bytes]) -> list[Sequence[bytes]]:
    """The tree over transaction ids, level by level from below; the last one holds the root alone."""
    levels = [txids]
    while len(levels[-1]) > 1:
        levels.append(_next_level(levels[-1]))
    return levels


def build_branch(levels: Sequence[Sequence[bytes]], index: int) -> tuple[bytes, ...]:
    """The hashes beside the way from transaction `index` to the root of a tree, from below."""
    return tuple(level[min(index >> height ^ 1, len(level) - 1)] for height, level in enumerate(levels[:-1]))


def climb(txid: bytes, index: int, branch: Sequence[bytes]) -> bytes:
    """The root to which a branch leads the transaction at `index`.

    Raises:
        InputError: the branch has no such place.
    """
    if not 0 <= index < 1 << len(branch):
        raise InputError(f"the branch has no place {index}")
    here = txid
    for beside in branch:
        if index & 1 and beside == here:
            raise InputError("the branch leads to a place that only a repeated transaction could have")
        here = double_sha256(beside + here if index & 1 else here + beside)
        index //= 2
    return here


def _next_level(level: Sequence[bytes]) -> list[bytes]:
    last = len(level) - 1
    return [double_sha256(level[i] + level[min(i + 1, last)]) for i in range(0, len(level), 2)]
