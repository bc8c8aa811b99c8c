"""Proofs over a Merkle tree (RFC 9162, section 2.1.3 and 2.1.4): this leaf is in it, and it only grew.

* A proof is checked against a root that somebody signed; without that it proves nothing.
* Every hash has 32 bytes, and a proof has exactly the hashes that it needs: none to spare.
* A tree of nothing is the start of every tree, and needs no proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from jindo.base.errors import InputError, IntegrityError
from jindo.seal.merkle import EMPTY_ROOT, node_hash, root_of_hashes


class ProofInvalid(IntegrityError):
    """A proof does not lead to the root that it should lead to."""

    code = "seal.proof"

    def default_remedy(self) -> str:
        """Keep both sides."""
        return "Keep the checkpoints and the proof: a log that cannot prove what it signed may show others another log."


def build_inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The hashes that lead from leaf `index` to the root over all of `leaf_hashes`, lowest first.

    Raises:
        InputError: there is no such leaf.
    """
    if not 0 <= index < len(leaf_hashes):
        raise InputError(f"there is no leaf {index} among {len(leaf_hashes)}", place="index")
    return tuple(_path(leaf_hashes, 0, len(leaf_hashes), index))


def build_consistency_proof(leaf_hashes: Sequence[bytes], old_size: int) -> tuple[bytes, ...]:
    """The hashes which show that the tree over the first `old_size` leaves grew into that over all.

    Raises:
        InputError: the old tree is larger than the new one.
    """
    if not 0 <= old_size <= len(leaf_hashes):
        raise InputError(
            f"there is no tree of size {old_size} within {len(leaf_hashes)} leaves", place="old size"
        )
    if old_size in {0, len(leaf_hashes)}:
        return ()
    return tuple(_subproof(leaf_hashes, 0, len(leaf_hashes), old_size))


def verify_inclusion(leaf_hash: bytes, *, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Return only if the leaf is at `index` in the tree of `size` leaves with this `root` (section 2.1.3.2).

    Raises:
        IntegrityError: code `seal.proof`, it is not shown to be there.
    """
    _check_hashes([leaf_hash, *proof, root])
    if not 0 <= index < size:
        raise ProofInvalid(f"leaf {index} is not within a tree of {size}", place="inclusion proof")
    found, steps, last = leaf_hash, index, size - 1
    for sibling in proof:
        if last == 0:
            raise ProofInvalid("the proof is longer than the tree is high", place="inclusion proof")
        if steps % 2 or steps == last:
            found = node_hash(sibling, found)
            steps, last = _climb_right_edge(steps, last)
        else:
            found = node_hash(found, sibling)
        steps, last = steps // 2, last // 2
    if last != 0 or found != root:
        raise ProofInvalid("the proof does not lead to the root", place="inclusion proof")


def verify_consistency(
    *, old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Return only if the new tree begins with all leaves of the old one, in their order (section 2.1.4.2).

    Raises:
        IntegrityError: code `seal.proof`, it is not shown to.
    """
    if not 0 <= old_size <= new_size:
        raise ProofInvalid(
            f"a tree of {new_size} did not grow from one of {old_size}", place="consistency proof"
        )
    if old_size == new_size:
        _verify_same(old_size, old_root, new_root, proof)
        return
    _check_hashes([old_root, new_root, *proof])
    if old_size == 0:
        _verify_same(0, old_root, EMPTY_ROOT, proof)
        return
    if not proof:
        raise ProofInvalid("the proof is empty", place="consistency proof")
    _verify_growth(old_size, old_root, new_size, new_root, proof)


def _verify_same(size: int, root: bytes, other: bytes, proof: Sequence[bytes]) -> None:
    """Two roots of one size are one root, and that of no leaves is known beforehand."""
    if proof or root != other or (size == 0 and root != EMPTY_ROOT):
        raise ProofInvalid("the roots contradict the sizes", place="consistency proof")


def _verify_growth(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    steps, last = old_size - 1, new_size - 1
    while steps % 2:
        steps, last = steps // 2, last // 2
    # An old tree that is one full subtree is its own first hash.
    hashes = list(proof) if steps else [old_root, *proof]
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise ProofInvalid("the proof is longer than the tree is high", place="consistency proof")
        if steps % 2 or steps == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            steps, last = _climb_right_edge(steps, last)
        else:
            new = node_hash(new, sibling)
        steps, last = steps // 2, last // 2
    if last != 0 or old != old_root or new != new_root:
        raise ProofInvalid("the proof does not lead to both roots", place="consistency proof")


def _climb_right_edge(steps: int, last: int) -> tuple[int, int]:
    """Past the levels at which a node on the right edge has no sibling."""
    while steps and not steps % 2:
        steps, last = steps // 2, last // 2
    return steps, last


def _path(hashes: Sequence[bytes], start: int, end: int, index: int) -> list[bytes]:
    if end - start == 1:
        return []
    middle = start + _split(end - start)
    if index < middle:
        return [*_path(hashes, start, middle, index), _root(hashes, middle, end)]
    return [*_path(hashes, middle, end, index), _root(hashes, start, middle)]


def _subproof(
    hashes: Sequence[bytes], start: int, end: int, old_end: int, *, known: bool = True
) -> list[bytes]:
    """RFC 9162's SUBPROOF over leaves `start` to `end`; `known` while the old root itself is the subtree's root."""
    if old_end == end:
        return [] if known else [_root(hashes, start, end)]
    middle = start + _split(end - start)
    if old_end <= middle:
        return [*_subproof(hashes, start, middle, old_end, known=known), _root(hashes, middle, end)]
    return [*_subproof(hashes, middle, end, old_end, known=False), _root(hashes, start, middle)]


def _root(hashes: Sequence[bytes], start: int, end: int) -> bytes:
    return root_of_hashes(hashes[position] for position in range(start, end))


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _check_hashes(hashes: Iterable[bytes]) -> None:
    if any(len(one) != 32 for one in hashes):
        raise ProofInvalid("every hash of a proof has 32 bytes", place="proof")
