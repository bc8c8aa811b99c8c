"""The raw blocks that a ledger keeps, from which it proves its transactions.

* A proof that is handed out was checked: what is damaged on the disk is an `IntegrityError`, never a wrong proof.
* The tree of the block that was proven from last is kept, so that proofs are cheap in the order of blocks.

How blocks lie on the disk is `parcel`'s; what a proof shows, `proof`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from jindo.base.errors import InputError, IntegrityError
from jindo.base.ids import ChainId
from jindo.ledger.bitcoin.merkle import build_branch, build_levels
from jindo.ledger.bitcoin.parcel import DATA, BlockParcel, OpenParcel
from jindo.ledger.bitcoin.placing import HeldBlock
from jindo.ledger.bitcoin.proof import AMBIGUOUS_SIZE, TransactionProof, check_depth, check_proof
from jindo.ledger.bitcoin.transaction import from_shown, parse_transaction


@dataclass(frozen=True, slots=True)
class TransactionPlace:
    """Where a transaction stands in a chain and in its parcel."""

    block: int
    """Height."""
    index: int
    parcel: int
    block_row: int

    def coinbase(self) -> TransactionPlace:
        """Where the first transaction of the same block stands."""
        return replace(self, index=0)


class BlockStore:
    """All the raw blocks of one chain that a ledger keeps."""

    def __init__(self, ledger: Path, chain: ChainId, parcels: Sequence[BlockParcel]) -> None:
        self._chain = chain
        self._places = [ledger / parcel.folder for parcel in parcels]
        self._parcels = [OpenParcel(ledger / parcel.folder, parcel) for parcel in parcels]
        self._tree: tuple[tuple[int, int], list[Sequence[bytes]]] = ((-1, -1), [])
        """Parcel and row of the block that was proven from last, and its tree."""

    def held(self) -> dict[bytes, HeldBlock]:
        """Every block, by hash."""
        return dict(pair for parcel in self._parcels for pair in parcel.iter_blocks())

    def __len__(self) -> int:
        return sum(len(parcel) for parcel in self._parcels)

    def find(self, tx_hash: str, *, block: int | None = None) -> TransactionPlace | None:
        """Where a transaction stands, `None` where no block that is kept has it.

        Of two places (BIP-30 tells of two transactions that have them), the one in `block`, or else the first.
        """
        txid = from_shown(tx_hash)
        found = [
            TransactionPlace(height, index, number, row)
            for number, parcel in enumerate(self._parcels)
            for height, index, row in parcel.find(txid)
        ]
        return min(found, key=lambda place: (place.block != block, place.block), default=None)

    def prove(self, place: TransactionPlace) -> TransactionProof | None:
        """The proof of a transaction, checked; `None` where its 64 bytes could pass for two hashes.

        Raises:
            IntegrityError: the blocks that the ledger keeps are damaged.
        """
        header, raw = self._parcels[place.parcel].read(place.block_row, place.index)
        tree = self._read_tree(place.parcel, place.block_row)
        branch = build_branch(tree, place.index)
        proof = TransactionProof(self._chain, place.block, place.index, header, branch, raw)
        try:
            if parse_transaction(raw).stripped_size == AMBIGUOUS_SIZE:
                return None
            check_proof(proof)
            check_depth(proof, len(tree) - 1)
        except InputError as error:
            raise IntegrityError(
                f"the raw blocks that the ledger keeps are damaged: {error.problem}",
                place=str(self._places[place.parcel] / DATA),
                remedy="Keep the ledger as it is, and import its sources into a new folder.",
            ) from error
        return proof

    def _read_tree(self, parcel: int, row: int) -> list[Sequence[bytes]]:
        if self._tree[0] != (parcel, row):
            self._tree = (parcel, row), build_levels(self._parcels[parcel].txids(row))
        return self._tree[1]
