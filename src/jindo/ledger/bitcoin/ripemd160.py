"""RIPEMD-160, which hashes public keys into addresses; not every machine's OpenSSL still offers it.

* It is for reading scripts, not for security: a key's hash is what an address names.
* OpenSSL's is taken where it is there, since it is a hundred times faster; both give the same.

Source: Dobbertin, Bosselaers, Preneel, "RIPEMD-160: A Strengthened Version of RIPEMD", 1996.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from typing import TypeAlias

_State: TypeAlias = tuple[int, int, int, int, int]

_MASK = 0xFFFFFFFF
START: _State = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0)
CONSTANTS = (
    (0x00000000, 0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xA953FD4E),
    (0x50A28BE6, 0x5C4DD124, 0x6D703EF3, 0x7A6D76E9, 0x00000000),
)
WORDS = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 7, 4, 13, 1, 10, 6, 15, 3, 12, 0, 9, 5, 2, 14, 11, 8,
     3, 10, 14, 4, 9, 15, 8, 1, 2, 7, 0, 6, 13, 11, 5, 12, 1, 9, 11, 10, 0, 8, 12, 4, 13, 3, 7, 15, 14, 5, 6, 2,
     4, 0, 5, 9, 7, 12, 2, 10, 14, 1, 3, 8, 11, 6, 15, 13),
    (5, 14, 7, 0, 9, 2, 11, 4, 13, 6, 15, 8, 1, 10, 3, 12, 6, 11, 3, 7, 0, 13, 5, 10, 14, 15, 8, 12, 4, 9, 1, 2,
     15, 5, 1, 3, 7, 14, 6, 9, 11, 8, 12, 2, 10, 0, 4, 13, 8, 6, 4, 1, 3, 11, 15, 0, 5, 12, 2, 13, 9, 7, 10, 14,
     12, 15, 10, 4, 1, 5, 8, 7, 6, 2, 13, 14, 0, 3, 9, 11),
)  # fmt: skip
"""Which word of a block each step takes, in the left and the right line."""
TURNS = (
    (11, 14, 15, 12, 5, 8, 7, 9, 11, 13, 14, 15, 6, 7, 9, 8, 7, 6, 8, 13, 11, 9, 7, 15, 7, 12, 15, 9, 11, 7, 13, 12,
     11, 13, 6, 7, 14, 9, 13, 15, 14, 8, 13, 6, 5, 12, 7, 5, 11, 12, 14, 15, 14, 15, 9, 8, 9, 14, 5, 6, 8, 6, 5, 12,
     9, 15, 5, 11, 6, 8, 13, 12, 5, 12, 13, 14, 11, 8, 5, 6),
    (8, 9, 9, 11, 13, 15, 15, 5, 7, 7, 8, 11, 14, 14, 12, 6, 9, 13, 15, 7, 12, 8, 9, 11, 7, 7, 12, 7, 6, 15, 13, 11,
     9, 7, 15, 11, 8, 6, 6, 14, 12, 13, 5, 14, 13, 13, 7, 5, 15, 5, 8, 11, 14, 14, 6, 14, 6, 9, 12, 9, 12, 5, 15, 8,
     8, 5, 12, 9, 12, 5, 14, 6, 8, 13, 6, 5, 15, 13, 11, 11),
)  # fmt: skip
"""By how many bits each step turns."""


_IS_OFFERED = "ripemd160" in hashlib.algorithms_available


def ripemd160(data: bytes) -> bytes:
    """The 20 bytes of the hash."""
    return hashlib.new("ripemd160", data).digest() if _IS_OFFERED else compute(data)


def compute(data: bytes) -> bytes:
    """The same without OpenSSL."""
    padded = data + b"\x80" + bytes(-(len(data) + 9) % 64) + struct.pack("<Q", 8 * len(data))
    state = START
    for at in range(0, len(padded), 64):
        state = _mix_block(state, struct.unpack("<16I", padded[at : at + 64]))
    return struct.pack("<5I", *state)


def _mix_block(state: _State, words: Sequence[int]) -> _State:
    left, right = _run_line(state, words, 0), _run_line(state, words, 1)
    return (
        (state[1] + left[2] + right[3]) & _MASK,
        (state[2] + left[3] + right[4]) & _MASK,
        (state[3] + left[4] + right[0]) & _MASK,
        (state[4] + left[0] + right[1]) & _MASK,
        (state[0] + left[1] + right[2]) & _MASK,
    )


def _run_line(state: _State, words: Sequence[int], line: int) -> _State:
    a, b, c, d, e = state
    for step in range(80):
        part = step // 16
        total = (
            a + _blend(4 - part if line else part, b, c, d) + words[WORDS[line][step]] + CONSTANTS[line][part]
        )
        a, b, c, d, e = e, (_turn(total & _MASK, TURNS[line][step]) + e) & _MASK, b, _turn(c, 10), d
    return a, b, c, d, e


def _blend(part: int, x: int, y: int, z: int) -> int:
    if part == 0:
        return x ^ y ^ z
    if part == 1:
        return (x & y) | (~x & _MASK & z)
    if part == 2:
        return (x | (~y & _MASK)) ^ z
    if part == 3:
        return (x & z) | (y & (~z & _MASK))
    return x ^ (y | (~z & _MASK))


def _turn(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (32 - bits))) & _MASK
