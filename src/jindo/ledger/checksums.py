"""EIP-55 checksums of many addresses at once.

* It says yes only where the address is right; what is wrong is left to `base.ids`, which names the reason.
* Addresses are hashed side by side, as columns of lanes through the same permutation as a single one.

A table of a million mixed-case addresses takes seconds instead of many minutes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jindo.base.keccak import permute
from jindo.ledger.chain import Ints

_CHUNK = 1 << 15
_DIGITS = 40


def find_checked(addresses: Sequence[str]) -> list[bool]:
    """Whether each text is `0x` and 40 hex digits in mixed case whose checksum holds."""
    found = [False] * len(addresses)
    shaped = [i for i, text in enumerate(addresses) if _is_shaped(text)]
    for start in range(0, len(shaped), _CHUNK):
        part = shaped[start : start + _CHUNK]
        for i, right in zip(part, _check([addresses[i] for i in part]).tolist(), strict=True):
            found[i] = right
    return found


def _is_shaped(text: str) -> bool:
    return len(text) == 2 + _DIGITS and text.startswith("0x") and text.isascii() and text[2:].isalnum()


def _check(addresses: Sequence[str]) -> Ints:
    digits = np.frombuffer("".join(text[2:] for text in addresses).encode(), dtype=np.uint8).reshape(
        -1, _DIGITS
    )
    upper = (digits >= ord("A")) & (digits <= ord("F"))
    lower = (digits >= ord("a")) & (digits <= ord("f"))
    number = (digits >= ord("0")) & (digits <= ord("9"))
    high = _nibbles(np.where(upper, digits + 32, digits)) >= 8
    right: Ints = np.all(number | (upper & high) | (lower & ~high), axis=1)
    return right


def _nibbles(digits: Ints) -> Ints:
    """The first 40 hex digits of each row's Keccak-256, shape (n, 40)."""
    block = np.zeros((len(digits), 136), dtype=np.uint8)
    block[:, :_DIGITS] = digits
    block[:, _DIGITS], block[:, 135] = 1, 0x80  # padding: the message fits one block
    lanes = [np.ascontiguousarray(column) for column in block.view("<u8").T]
    lanes += [np.zeros(len(digits), dtype=np.uint64) for _ in range(8)]
    digest = np.stack(permute(lanes)[:3], axis=1).astype("<u8").view(np.uint8)[:, : _DIGITS // 2]
    return np.stack([digest >> 4, digest & 15], axis=2).reshape(len(digits), _DIGITS)
