"""Proofs over trees small enough to draw, and the answers that a lying log would give."""

import pytest

from jindo.base.errors import InputError, IntegrityError
from jindo.seal import (
    EMPTY_ROOT,
    build_consistency_proof,
    build_inclusion_proof,
    leaf_hash,
    merkle_root,
    node_hash,
    root_of_hashes,
    verify_consistency,
    verify_inclusion,
)

# The seven leaves of RFC 9162, section 2.1.5, with the names that its drawing gives to the nodes.
DATA = [f"d{number}".encode() for number in range(7)]
A, B, C, D, E, F, J = LEAVES = [leaf_hash(data) for data in DATA]
G, H, I = node_hash(A, B), node_hash(C, D), node_hash(E, F)  # noqa: E741
K, L = node_hash(G, H), node_hash(I, J)


def test_root_of_hashes_is_the_root_over_the_data() -> None:
    assert root_of_hashes(LEAVES) == merkle_root(DATA) == node_hash(K, L)
    assert root_of_hashes([]) == EMPTY_ROOT


@pytest.mark.parametrize(("index", "proof"), [(0, (B, H, L)), (3, (C, G, L)), (4, (F, J, K)), (6, (I, K))])
def test_build_inclusion_proof_of_the_rfc(index: int, proof: tuple[bytes, ...]) -> None:
    assert build_inclusion_proof(LEAVES, index) == proof


@pytest.mark.parametrize(("old", "proof"), [(3, (C, D, G, L)), (4, (L,)), (6, (I, J, K))])
def test_build_consistency_proof_of_the_rfc(old: int, proof: tuple[bytes, ...]) -> None:
    assert build_consistency_proof(LEAVES, old) == proof


@pytest.mark.parametrize("index", [-1, 7, 100])
def test_build_inclusion_proof_refuses_a_leaf_that_is_not_there(index: int) -> None:
    with pytest.raises(InputError):
        build_inclusion_proof(LEAVES, index)


@pytest.mark.parametrize("old", [-1, 8])
def test_build_consistency_proof_refuses_a_size_that_is_not_there(old: int) -> None:
    with pytest.raises(InputError):
        build_consistency_proof(LEAVES, old)


def test_empty_tree_is_the_start_of_every_tree() -> None:
    root = root_of_hashes(LEAVES)
    verify_consistency(old_size=0, old_root=EMPTY_ROOT, new_size=7, new_root=root, proof=())
    verify_consistency(old_size=0, old_root=EMPTY_ROOT, new_size=0, new_root=EMPTY_ROOT, proof=())
    for old_root, new_size, new_root in ((root, 7, root), (EMPTY_ROOT, 0, root), (root, 0, root)):
        with pytest.raises(IntegrityError):
            verify_consistency(old_size=0, old_root=old_root, new_size=new_size, new_root=new_root, proof=())


def test_a_log_that_changed_a_leaf_cannot_prove_that_it_grew() -> None:
    changed = [leaf_hash(b"x"), *LEAVES[1:]]
    with pytest.raises(IntegrityError) as caught:
        verify_consistency(
            old_size=4,
            old_root=root_of_hashes(LEAVES[:4]),
            new_size=7,
            new_root=root_of_hashes(changed),
            proof=build_consistency_proof(changed, 4),
        )
    assert caught.value.code == "seal.proof"


def test_a_node_cannot_pose_as_a_leaf() -> None:
    """G over the first two leaves is in the tree, but no leaf of it."""
    with pytest.raises(IntegrityError):
        verify_inclusion(G, index=0, size=7, proof=(H, L), root=root_of_hashes(LEAVES))


def test_hashes_of_other_lengths_are_refused() -> None:
    """31 and 33 bytes side by side would hash like two of 32."""
    root = node_hash(A, B)
    with pytest.raises(IntegrityError):
        verify_inclusion(A + B[:1], index=0, size=2, proof=(B[1:],), root=root)
    with pytest.raises(IntegrityError):
        verify_consistency(old_size=1, old_root=A + B[:1], new_size=2, new_root=root, proof=(B[1:],))
