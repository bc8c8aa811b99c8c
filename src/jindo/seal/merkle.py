"""Merkle trees as Certificate Transparency builds them (RFC 9162, section 2.1).

* Leaves and nodes are hashed apart (prefix 0 and 1), so that no node can pose as a leaf.
* The tree over n leaves splits at the largest power of two below n.
* The tree over nothing is the hash of nothing.

Proofs that a leaf is in a tree, and that a tree only grew, are made and checked in `proofs`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Hash of one leaf, 32 bytes."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of a node over its two children, 32 bytes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def merkle_root(leaves: Iterable[bytes]) -> bytes:
    """Root of the tree over these leaves (their data, not their hashes), 32 bytes.

    Leaves are taken one by one; only the roots of full subtrees are held, one for each bit of the count.
    """
    return root_of_hashes(leaf_hash(data) for data in leaves)


def root_of_hashes(leaf_hashes: Iterable[bytes]) -> bytes:
    """Root of the tree over leaves whose hashes these are, 32 bytes."""
    full: list[bytes] = []
    for count, leaf in enumerate(leaf_hashes):
        root = leaf
        for _ in range(_trailing_ones(count)):
            root = node_hash(full.pop(), root)
        full.append(root)
    if not full:
        return EMPTY_ROOT
    root = full.pop()
    while full:
        root = node_hash(full.pop(), root)
    return root


def _trailing_ones(number: int) -> int:
    return (~number & (number + 1)).bit_length() - 1
