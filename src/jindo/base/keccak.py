"""Keccak-256, the hash behind Ethereum's address checksums (not SHA3-256: its padding differs).

Written out because `hashlib` does not offer it and the checksum of a mistyped address is all it
serves here. Source: the Keccak reference, and EIP-55's vectors in the tests.
"""

from __future__ import annotations

from typing import Any

_MASK = (1 << 64) - 1
_RATE = 136


def _round_constants() -> list[int]:
    constants, register = [], 1
    for _ in range(24):
        value = 0
        for j in range(7):
            if register & 1:
                value |= 1 << ((1 << j) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        constants.append(value)
    return constants


_CONSTANTS = _round_constants()


def keccak256(data: bytes) -> bytes:
    """The 32-byte Keccak-256 digest of `data`."""
    padded = bytearray(data) + b"\x01" + bytes(-(len(data) + 1) % _RATE)
    padded[-1] ^= 0x80
    lanes = [0] * 25
    for start in range(0, len(padded), _RATE):
        for i in range(_RATE // 8):
            lanes[i] ^= int.from_bytes(padded[start + 8 * i : start + 8 * i + 8], "little")
        lanes = permute(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


def permute(lanes: list[Any]) -> list[Any]:
    """The permutation Keccak-f[1600] of 25 lanes: integers below 2^64, or arrays of uint64 for many states at once."""
    for constant in _CONSTANTS:
        lanes = _mix(lanes)
        lanes = [
            lanes[i] ^ (~lanes[i - i % 5 + (i + 1) % 5] & lanes[i - i % 5 + (i + 2) % 5] & _MASK)
            for i in range(25)
        ]
        lanes[0] ^= constant
    return lanes


def _mix(lanes: list[Any]) -> list[Any]:
    columns = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
    parity = [columns[x - 1] ^ _rotate(columns[(x + 1) % 5], 1) for x in range(5)]
    lanes = [lane ^ parity[i % 5] for i, lane in enumerate(lanes)]
    mixed: list[Any] = [0] * 25
    x, y, current = 1, 0, lanes[1]
    mixed[0] = lanes[0]
    for step in range(24):
        x, y = y, (2 * x + 3 * y) % 5
        mixed[x + 5 * y] = _rotate(current, (step + 1) * (step + 2) // 2 % 64)
        current = lanes[x + 5 * y]
    return mixed


def _rotate(lane: Any, by: int) -> Any:
    return ((lane << by) | (lane >> (64 - by))) & _MASK if by else lane
