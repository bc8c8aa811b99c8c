"""Which standard form each output script has, compiled; `script` is the form to read.

* A kind says how a script's account is named, and what stands in the script: the numbers may be stored, and stay.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np
from numba.extending import register_jitable

from jindo.base.compiling import compile_kept
from jindo.ledger.bitcoin.script import CHECKMULTISIG, CHECKSIG


class ScriptKind(IntEnum):
    """The standard forms of output scripts."""

    SCRIPT = 0
    """None of them: the account is named by the script's hash."""
    KEY = 1
    """P2PK."""
    KEY_HASH = 2
    """P2PKH."""
    SCRIPT_HASH = 3
    """P2SH."""
    WITNESS_KEY_HASH = 4
    """P2WPKH."""
    WITNESS_SCRIPT_HASH = 5
    """P2WSH."""
    TAPROOT = 6
    """P2TR."""
    WITNESS = 7
    """A witness program of another version or length."""
    MULTISIG = 8
    """Bare multisig."""


SCRIPT, KEY, KEY_HASH, SCRIPT_HASH = (int(kind) for kind in list(ScriptKind)[:4])
WITNESS_KEY_HASH, WITNESS_SCRIPT_HASH, TAPROOT, WITNESS, MULTISIG = (
    int(kind) for kind in list(ScriptKind)[4:]
)
_MOST_KEYS = 16


@compile_kept
def find_kinds(data: Any, scripts: Any, sizes: Any, kinds: Any) -> None:
    """Write the kind of each script of `data`."""
    for i in range(len(scripts)):
        kinds[i] = find_kind(data, scripts[i], sizes[i])


@register_jitable
def find_kind(data: Any, at: Any, size: Any) -> Any:
    """The kind of the script of `size` bytes from `at` on."""
    if size < 3:
        return SCRIPT
    kind = _find_hash_kind(data, at, size)
    if kind == SCRIPT and (size in (35, 67)) and data[at + size - 1] == CHECKSIG and data[at] == size - 2:
        return KEY if _is_key(data, at + 1, size - 2) else SCRIPT
    if kind == SCRIPT and data[at + size - 1] == CHECKMULTISIG and _has_keys(data, at, size):
        return MULTISIG
    return kind


@register_jitable
def _find_hash_kind(data: Any, at: Any, size: Any) -> Any:
    first, second = data[at], data[at + 1]
    if size == 25 and first == 0x76 and second == 0xA9 and data[at + 2] == 20:
        return KEY_HASH if data[at + 23] == 0x88 and data[at + 24] == 0xAC else SCRIPT
    if size == 23 and first == 0xA9 and second == 20 and data[at + 22] == 0x87:
        return SCRIPT_HASH
    if not 4 <= size <= 42 or second != size - 2:
        return SCRIPT
    if first == 0:
        return WITNESS_KEY_HASH if size == 22 else WITNESS_SCRIPT_HASH if size == 34 else SCRIPT
    if 0x51 <= first <= 0x60:
        return TAPROOT if first == 0x51 and size == 34 else WITNESS
    return SCRIPT


@register_jitable
def _has_keys(data: Any, at: Any, size: Any) -> Any:
    """Whether this is `m key … key n CHECKMULTISIG`, with as many keys as it says."""
    place, end, count = at + 1, at + size - 2, 0
    while place < end:
        length = np.int64(data[place])
        if place + 1 + length > end or not _is_key(data, place + 1, length):
            return False
        place, count = place + 1 + length, count + 1
    needed, there = np.int64(data[at]) - 0x50, np.int64(data[end]) - 0x50
    return place == end and 1 <= needed <= there and there == count and count <= _MOST_KEYS


@register_jitable
def _is_key(data: Any, at: Any, size: Any) -> Any:
    first = data[at]
    return (size == 33 and first in (2, 3)) or (size == 65 and first in (4, 6, 7))
