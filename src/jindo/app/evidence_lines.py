"""One line of `evidence-bitcoin.jsonl`: what proves that a Bitcoin transaction is in a block.

* A line is canonical JSON: `block`, `block_hash`, `branch`, `chain`, `header`, `index`, `raw`, `txid`. Hashes are
  written as explorers show them, bytes in hex. There is one way to write it.
* A line that is read is a proof that holds by itself; what it is a proof for, `evidence` asks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from jindo.base.errors import InputError
from jindo.base.ids import ChainId
from jindo.ledger import (
    BlockHeader,
    RawTransaction,
    TransactionProof,
    check_proof,
    from_shown,
    parse_hex,
    to_shown,
)
from jindo.seal import canonical_bytes

_TEXTS = ("chain", "header", "raw")
_NUMBERS = ("block", "index")


@dataclass(frozen=True, slots=True)
class ProvenTransaction:
    """A proof that holds, and what it shows."""

    proof: TransactionProof
    transaction: RawTransaction
    header: BlockHeader

    @property
    def name(self) -> str:
        """The transaction's id, as explorers show it."""
        return to_shown(self.transaction.txid)

    @property
    def key(self) -> tuple[ChainId, int, int]:
        """Chain, height and index: the order of lines."""
        return self.proof.chain, self.proof.block, self.proof.index


def prove(proof: TransactionProof) -> ProvenTransaction:
    """The proof with what it shows.

    Raises:
        InputError: it does not hold.
    """
    return ProvenTransaction(proof, *check_proof(proof))


def to_line(proven: ProvenTransaction) -> bytes:
    """The line of a proof, with its line feed."""
    proof = proven.proof
    value = {
        "block": proof.block,
        "block_hash": to_shown(proven.header.hash),
        "branch": [to_shown(digest) for digest in proof.branch],
        "chain": proof.chain,
        "header": proof.header.hex(),
        "index": proof.index,
        "raw": proof.raw.hex(),
        "txid": proven.name,
    }
    return canonical_bytes(value) + b"\n"


def parse_line(line: bytes) -> ProvenTransaction:
    """The proof of a line, which holds.

    Raises:
        InputError: the line is none, is not written in its one way, or proves nothing.
    """
    value = _parse_object(line)
    proof = TransactionProof(
        chain=ChainId(value["chain"]),
        block=value["block"],
        index=value["index"],
        header=parse_hex(value["header"]),
        branch=tuple(from_shown(digest) for digest in value["branch"]),
        raw=parse_hex(value["raw"]),
    )
    proven = prove(proof)
    for name, digest in (("txid", proven.transaction.txid), ("block_hash", proven.header.hash)):
        if value.get(name) != to_shown(digest):
            raise InputError(f"the {name} is not the hash of the bytes that it stands for")
    if line != to_line(proven):
        raise InputError("the line is not written in its one way")
    return proven


def _parse_object(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError("the line is not JSON") from error
    fits = isinstance(value, dict) and (
        all(isinstance(value.get(name), str) for name in _TEXTS)
        and all(type(value.get(name)) is int and value[name] >= 0 for name in _NUMBERS)
        and isinstance(value.get("branch"), list)
        and all(isinstance(digest, str) for digest in value["branch"])
    )
    if not fits:
        raise InputError("the line does not have the fields of a proof")
    return dict(value)
