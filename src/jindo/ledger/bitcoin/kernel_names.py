"""Output scripts as the text of their accounts, compiled.

* Every script gets the name that `script` gives it, which is the form to read: its address, the addresses of a bare
  multisig, or `script:` and its SHA-256.
* Names lie end to end in one run of bytes, in the order of the scripts.

Addresses are `kernel_addresses`'s, kinds `kernel_scripts`'s.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from jindo.base.compiling import compile_kept
from jindo.ledger.bitcoin.kernel_addresses import write_base58, write_bech32
from jindo.ledger.bitcoin.kernel_bytes import copy_bytes
from jindo.ledger.bitcoin.kernel_name_room import DIGEST, RAW
from jindo.ledger.bitcoin.kernel_ripemd160 import hash_digest_160
from jindo.ledger.bitcoin.kernel_scripts import (
    KEY,
    KEY_HASH,
    MULTISIG,
    SCRIPT,
    SCRIPT_HASH,
    WITNESS,
    WITNESS_KEY_HASH,
)
from jindo.ledger.bitcoin.kernel_sha256 import hash_bytes
from jindo.ledger.bitcoin.networks import Network

_HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
_NO_ADDRESS = np.frombuffer(b"script:", dtype=np.uint8)
_MANY = np.frombuffer(b"multisig:", dtype=np.uint8)
_COMMA = ord(",")
_HASH_NAME, _ADDRESS, _KEY_SIZE = 71, 35, 34
"""Characters of a script's name and, at most, of a Base58Check address; bytes that a key takes in a script."""


def measure_names(kinds: NDArray[np.uint8], sizes: NDArray[np.int64], network: Network) -> int:
    """Characters that the names of scripts take at most."""
    longest = np.full(len(kinds), _ADDRESS, dtype=np.int64)
    longest[kinds == SCRIPT] = _HASH_NAME
    keys = sizes // _KEY_SIZE
    longest = np.where(kinds == MULTISIG, len(_MANY) + keys * (_ADDRESS + 1), longest)
    is_witness = (kinds >= WITNESS_KEY_HASH) & (kinds <= WITNESS)
    return int(np.where(is_witness, len(network.prefix) + 8 + 2 * sizes, longest).sum())


@compile_kept
def write_names(data: Any, scripts: Any, sizes: Any, kinds: Any, room: Any, text: Any, ends: Any) -> None:
    """Write the name of every script into `text`, which has room for all, and where it ends into `ends`."""
    at = 0
    for i in range(len(scripts)):
        kind, script, size = kinds[i], scripts[i], sizes[i]
        if kind == KEY_HASH:
            at = write_base58(room, data, script + 3, 0, text, at)
        elif kind == SCRIPT_HASH:
            at = write_base58(room, data, script + 2, 1, text, at)
        elif kind == KEY:
            at = _write_key(room, data, script + 1, size - 2, text, at)
        elif kind == MULTISIG:
            at = _write_keys(room, data, script, size, text, at)
        elif kind == SCRIPT:
            at = _write_hash(room, data, script, size, text, at)
        else:
            at = write_bech32(room, data, script, size, text, at)
        ends[i] = at


@register_jitable
def _write_hash(room: Any, data: Any, script: Any, size: Any, text: Any, at: Any) -> Any:
    copy_bytes(_NO_ADDRESS, 0, len(_NO_ADDRESS), text, at)
    at += len(_NO_ADDRESS)
    hash_bytes(room.hashing, data, script, size, room.bytes, RAW)
    for i in range(32):
        byte = np.int64(room.bytes[RAW + i])
        text[at + 2 * i], text[at + 2 * i + 1] = _HEX[byte >> 4], _HEX[byte & 15]
    return at + 64


@register_jitable
def _write_keys(room: Any, data: Any, script: Any, size: Any, text: Any, at: Any) -> Any:
    place, end = script + 1, script + size - 2
    if place + 1 + data[place] == end:
        return _write_key(room, data, place + 1, np.int64(data[place]), text, at)
    copy_bytes(_MANY, 0, len(_MANY), text, at)
    at += len(_MANY)
    while place < end:
        length = np.int64(data[place])
        at = _write_key(room, data, place + 1, length, text, at)
        place += 1 + length
        if place < end:
            text[at] = _COMMA
            at += 1
    return at


@register_jitable
def _write_key(room: Any, data: Any, key: Any, size: Any, text: Any, at: Any) -> Any:
    made = room.bytes
    hash_bytes(room.hashing, data, key, size, made, DIGEST)
    hash_digest_160(made, DIGEST, room.hashing.words, made, DIGEST)
    return write_base58(room, made, DIGEST, 0, text, at)
