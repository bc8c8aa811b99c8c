"""The permutation is that of SHA3-256, which `hashlib` has: with its padding, the same sponge gives its digest."""

from __future__ import annotations

import hashlib

from hypothesis import example, given
from hypothesis import strategies as st

from jindo.base.keccak import permute

RATE = 136


def sha3_256(data: bytes) -> bytes:
    padded = bytearray(data) + b"\x06" + bytes(-(len(data) + 1) % RATE)
    padded[-1] ^= 0x80
    lanes = [0] * 25
    for start in range(0, len(padded), RATE):
        for i in range(RATE // 8):
            lanes[i] ^= int.from_bytes(padded[start + 8 * i : start + 8 * i + 8], "little")
        lanes = permute(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


@given(st.binary(max_size=300))
@example(b"x" * 135)
@example(b"x" * 136)
@example(b"x" * 137)
def test_permute_is_the_permutation_of_sha3(data: bytes) -> None:
    assert sha3_256(data) == hashlib.sha3_256(data).digest()
