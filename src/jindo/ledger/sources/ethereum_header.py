"""The hash of an Ethereum block's header, computed from what a node says is in it.

* A header is the RLP list of its fields in the order in which forks added them; its Keccak-256 is the block's hash.
* A block with a field that is not known here may have a hash that covers it: then nothing is computed.

Sources: Ethereum yellow paper, 4.3 and appendix B; EIP-1559, 4895, 4844, 4788, 7685.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jindo.ledger.sources.keccak_batch import hash_messages

_BYTES = (
    "parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom", "difficulty",
    "number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce",
)  # fmt: skip
_ADDED = (
    "baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot", "requestsHash"
)  # fmt: skip
_NUMBERS = frozenset(
    {
        "difficulty",
        "number",
        "gasLimit",
        "gasUsed",
        "timestamp",
        "baseFeePerGas",
        "blobGasUsed",
        "excessBlobGas",
    }
)
_BESIDE = frozenset({"hash", "size", "totalDifficulty", "transactions", "uncles", "withdrawals"})
_KNOWN = frozenset({*_BYTES, *_ADDED, *_BESIDE})


def compute_block_hashes(blocks: Sequence[Mapping[str, Any]]) -> list[str | None]:
    """The hash of each block as `eth_getBlockByNumber` gives it; `None` where it has fields that are not known here.

    Raises:
        ValueError: a field of a header is missing, or is not hex.
    """
    known = [place for place, block in enumerate(blocks) if not has_unknown_fields(block)]
    hashes: list[str | None] = [None] * len(blocks)
    for place, digest in zip(known, hash_messages([_encode_header(blocks[p]) for p in known]), strict=True):
        hashes[place] = "0x" + digest.hex()
    return hashes


def has_unknown_fields(block: Mapping[str, Any]) -> bool:
    """Whether the hash of a block may cover what is not known here."""
    return any(block[name] is not None for name in block.keys() - _KNOWN)


def _encode_header(block: Mapping[str, Any]) -> bytes:
    there = [name for name in _ADDED if block.get(name) is not None]
    if there != list(_ADDED[: len(there)]):
        raise ValueError("a field of the header is missing")
    return _encode_list(_to_bytes(name, block) for name in (*_BYTES, *there))


def _to_bytes(name: str, block: Mapping[str, Any]) -> bytes:
    text = block.get(name)
    if not isinstance(text, str) or text[:2] != "0x":
        raise ValueError(f"{name} is missing")
    if name not in _NUMBERS:
        return bytes.fromhex(text[2:])
    number = int(text, 16)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _encode_list(items: Iterable[bytes]) -> bytes:
    body = b"".join(_encode(item) for item in items)
    return _prefix(0xC0, len(body)) + body


def _encode(item: bytes) -> bytes:
    return item if len(item) == 1 and item[0] < 0x80 else _prefix(0x80, len(item)) + item


def _prefix(base: int, length: int) -> bytes:
    if length < 56:
        return bytes([base + length])
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([base + 55 + len(size)]) + size
