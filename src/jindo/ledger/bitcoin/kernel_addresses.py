"""Base58Check and bech32 addresses, written by compiled code; `script` is the form to read.

* Base 58 is written five digits at a time: 58^5 fits 32 bits.
* A witness program's checksum is bech32's for version 0, bech32m's for all later ones (BIP-350).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import register_jitable

from jindo.ledger.bitcoin.kernel_bytes import copy_bytes
from jindo.ledger.bitcoin.kernel_name_room import (
    BEGUN,
    DIGITS,
    LIMBS,
    MESSAGE,
    PREFIX,
    RAW,
    VERSIONED,
    VERSIONS,
    mix_five,
)
from jindo.ledger.bitcoin.kernel_sha256 import hash_block_twice
from jindo.ledger.bitcoin.script import BASE58, BECH32

_BASE58 = np.frombuffer(BASE58.encode(), dtype=np.uint8)
_BECH32 = np.frombuffer(BECH32.encode(), dtype=np.uint8)
_BECH32_END, _BECH32M_END = np.uint64(1), np.uint64(0x2BC830A3)
_MOST_DIGITS = 5 * LIMBS
_FIVE_DIGITS = np.uint64(58**5)


@register_jitable
def write_base58(room: Any, data: Any, payload: Any, version: Any, text: Any, at: Any) -> Any:
    """Version, 20 bytes of `data` from `payload` on, and checksum, as Base58Check; gives where it ends."""
    made = room.bytes
    made[MESSAGE] = made[VERSIONS + version]
    copy_bytes(data, payload, VERSIONED - 1, made, MESSAGE + 1)
    hash_block_twice(room.hashing, made, MESSAGE, made, RAW + VERSIONED)
    copy_bytes(made, MESSAGE, VERSIONED, made, RAW)
    for i in range(VERSIONED):
        if made[RAW + i] != 0:
            break
        text[at] = _BASE58[0]
        at += 1
    zeros = _find_digits(made, room.numbers)
    copy_bytes(made, DIGITS + zeros, _MOST_DIGITS - zeros, text, at)
    return at + _MOST_DIGITS - zeros


@register_jitable
def _find_digits(made: Any, limbs: Any) -> Any:
    """Write the number that the 25 bytes are in base 58; gives how many zeros stand before it."""
    limbs[0] = made[RAW]
    for i in range(1, LIMBS):
        limb = np.uint64(0)
        for j in range(4):
            limb = (limb << np.uint64(8)) | np.uint64(made[RAW + 4 * i - 3 + j])
        limbs[i] = limb
    for group in range(LIMBS):
        left = np.uint64(0)
        for i in range(max(group - 1, 0), LIMBS):  # what is before is zero by now
            part = (left << np.uint64(32)) | limbs[i]
            limbs[i] = part // _FIVE_DIGITS
            left = part - limbs[i] * _FIVE_DIGITS
        for i in range(5):
            rest = left // np.uint64(58)
            place = DIGITS + _MOST_DIGITS - 1 - 5 * group - i
            made[place] = _BASE58[np.int64(left - rest * np.uint64(58))]
            left = rest
    zeros = 0
    while zeros < _MOST_DIGITS and made[DIGITS + zeros] == _BASE58[0]:
        zeros += 1
    return zeros


@register_jitable
def write_bech32(room: Any, data: Any, script: Any, size: Any, text: Any, at: Any) -> Any:
    """The address of the witness program that a script is; gives where it ends."""
    length = len(room.bytes) - PREFIX
    copy_bytes(room.bytes, PREFIX, length, text, at)
    version = np.uint64(data[script] - 0x50 if data[script] else 0)
    check, at = _write_five(room.numbers[BEGUN], version, text, at + length)
    bits, count = np.uint64(0), 0
    for i in range(2, size):
        bits, count = (bits << np.uint64(8)) | np.uint64(data[script + i]), count + 8
        while count >= 5:
            count -= 5
            check, at = _write_five(check, (bits >> np.uint64(count)) & np.uint64(31), text, at)
    if count:
        check, at = _write_five(check, (bits << np.uint64(5 - count)) & np.uint64(31), text, at)
    for _ in range(6):
        check = mix_five(check, np.uint64(0))
    check ^= _BECH32M_END if version else _BECH32_END
    for i in range(6):
        text[at + i] = _BECH32[np.int64((check >> np.uint64(5 * (5 - i))) & np.uint64(31))]
    return at + 6


@register_jitable
def _write_five(check: Any, value: Any, text: Any, at: Any) -> Any:
    text[at] = _BECH32[np.int64(value)]
    return mix_five(check, value), at + 1
