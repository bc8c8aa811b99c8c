"""RIPEMD-160 of a SHA-256 digest, for compiled code: what a public key becomes in an address.

* One block is enough: the message has always 32 bytes.
* The tables are `ripemd160`'s, which is the form to read; a test holds the two together.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import register_jitable

from jindo.ledger.bitcoin.ripemd160 import CONSTANTS, START, TURNS, WORDS

_ORDER = np.array(WORDS, dtype=np.int64)
_BITS = np.array(TURNS, dtype=np.uint32)
_ADDED = np.array(CONSTANTS, dtype=np.uint32)
_FIRST = np.array(START, dtype=np.uint32)
_WORD = 4
_LEFT, _RIGHT = 16, 21
"""Where each line's state lies behind the 16 words."""
_END = (0x80, 32 * 8)
"""The words that end a message of 32 bytes: the mark at 8, and its length in bits at 14."""

SIZE = 20


@register_jitable
def hash_digest_160(digest: Any, at: Any, words: Any, out: Any, place: Any) -> None:
    """Write the hash of the 32 bytes from `at` on to `out` from `place` on; `words` is room for 26 words."""
    _read_words(digest, at, words)
    for line in range(2):
        _run_line(words, line)
    for i in range(5):
        left, right = words[_LEFT + (i + 2) % 5], words[_RIGHT + (i + 3) % 5]
        word = np.uint32(_FIRST[(i + 1) % 5] + left + right)
        for j in range(_WORD):
            out[place + _WORD * i + j] = (word >> np.uint32(8 * j)) & np.uint32(0xFF)


@register_jitable
def _read_words(digest: Any, at: Any, words: Any) -> None:
    for i in range(16):
        words[i] = 0
    for i in range(8):
        for j in range(_WORD):
            words[i] |= np.uint32(digest[at + _WORD * i + j]) << np.uint32(8 * j)
    words[8], words[14] = _END


@register_jitable
def _run_line(words: Any, line: Any) -> None:
    """Eighty steps over the 16 words, their state written behind them: the left line's first, then the right's."""
    a, b, c, d, e = _FIRST[0], _FIRST[1], _FIRST[2], _FIRST[3], _FIRST[4]
    for step in range(80):
        part = step // 16
        mixed = _blend(4 - part if line else part, b, c, d)
        total = np.uint32(a + mixed + words[_ORDER[line, step]] + _ADDED[line, part])
        moved = np.uint32(_turn(total, _BITS[line, step]) + e)
        a, b, c, d, e = e, moved, b, _turn(c, np.uint32(10)), d
    at = _RIGHT if line else _LEFT
    words[at], words[at + 1], words[at + 2], words[at + 3], words[at + 4] = a, b, c, d, e


@register_jitable
def _blend(part: Any, x: Any, y: Any, z: Any) -> Any:
    if part == 0:
        mixed = x ^ y ^ z
    elif part == 1:
        mixed = (x & y) | (~x & z)
    elif part == 2:
        mixed = (x | ~y) ^ z
    elif part == 3:
        mixed = (x & z) | (y & ~z)
    else:
        mixed = x ^ (y | ~z)
    return np.uint32(mixed)


@register_jitable
def _turn(word: Any, bits: Any) -> Any:
    return np.uint32(np.uint32(word << bits) | np.uint32(word >> (np.uint32(32) - bits)))
