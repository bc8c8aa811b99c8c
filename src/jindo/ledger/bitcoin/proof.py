"""The proof that a Bitcoin transaction is in a block: raw bytes, Merkle branch, header.

* It shows that somebody did the work that the header states over a block with this transaction in this place.
* It does not show that the block is in the best chain, nor its height; nor that the transaction is valid, which
  whoever spent that work on the block would have lost it for.
* A transaction of exactly 64 bytes could pass for two hashes of the tree, and is taken for no proof (CVE-2017-12842).
* What hangs below such a transaction of somebody else's is told by its branch, which is longer than the others of the
  block: `check_depth` holds it against one that is known, as the coinbase's is. No branch is longer than a block's can be.

Which proofs the ledger has is `store`'s to say.
"""

from __future__ import annotations

from dataclasses import dataclass

from jindo.base.errors import InputError
from jindo.base.ids import ChainId
from jindo.ledger.bitcoin.block import BlockHeader, check_work, parse_header
from jindo.ledger.bitcoin.merkle import climb
from jindo.ledger.bitcoin.networks import get_network
from jindo.ledger.bitcoin.transaction import RawTransaction, parse_transaction

AMBIGUOUS_SIZE = 64
"""Bytes of two hashes."""
MOST_LEVELS = 15
"""Depth of the deepest tree: 1,000,000 bytes without witnesses hold 16,666 transactions of the least size, 60 bytes."""


@dataclass(frozen=True, slots=True)
class TransactionProof:
    """What leads from a transaction's bytes to a header that took work."""

    chain: ChainId
    block: int
    """Height, which the proof itself does not show."""
    index: int
    """Place in the block."""
    header: bytes
    branch: tuple[bytes, ...]
    """Hashes beside the way to the root, from below, in the bytes' order."""
    raw: bytes


def check_proof(proof: TransactionProof) -> tuple[RawTransaction, BlockHeader]:
    """What the proof shows: the transaction, and the header that it leads to.

    Raises:
        InputError: a part is not what it should be; the text says which.
    """
    transaction, header = parse_transaction(proof.raw), parse_header(proof.header)
    if transaction.stripped_size == AMBIGUOUS_SIZE:
        raise InputError(
            "a transaction of 64 bytes could pass for two hashes of a Merkle tree, and proves nothing"
        )
    if climb(transaction.txid, proof.index, proof.branch) != header.root:
        raise InputError("the branch does not lead from the transaction to the header's Merkle root")
    if len(proof.branch) > MOST_LEVELS:
        raise InputError(f"the branch has {len(proof.branch)} steps, more than any block's tree is deep")
    check_work(header, get_network(proof.chain))
    return transaction, header


def check_depth(proof: TransactionProof, levels: int) -> None:
    """Hold the length of a proof's branch against the depth of its block's tree, which is the same at every place.

    The depth is what a proven coinbase of the block has: its first bytes are fixed, and are no hash that anyone can find.

    Raises:
        InputError: the branch comes from below a transaction, or ends above one.
    """
    if len(proof.branch) != levels:
        raise InputError(
            f"the branch has {len(proof.branch)} steps, and the block's tree is {levels} deep: what it leads from is no "
            "transaction of the block"
        )
