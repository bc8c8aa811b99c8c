"""Seals: one way to write a value as bytes, one way to hash it, one tree over many hashes.

* The same value gives the same bytes on every machine.
* Amounts are strings: an integer that a JSON reader could round is refused.
"""

from jindo.seal.canonical import canonical_bytes, canonical_hash, sha256_hex
from jindo.seal.merkle import EMPTY_ROOT, leaf_hash, merkle_root, node_hash

__all__ = [
    "canonical_bytes",
    "canonical_hash",
    "sha256_hex",
    "merkle_root",
    "leaf_hash",
    "node_hash",
    "EMPTY_ROOT",
]
