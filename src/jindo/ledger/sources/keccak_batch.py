"""Keccak-256 of several messages at once, side by side as columns of lanes through `base.keccak`'s permutation.

* Messages that fill the same number of blocks go together; the digests are `keccak256`'s, in the messages' order.

It pays from a handful of messages on, such as the headers of a span of blocks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jindo.base.keccak import permute

_RATE = 136
_LANES = 25


def hash_messages(messages: Sequence[bytes]) -> list[bytes]:
    """The digest of each message."""
    digests = [b""] * len(messages)
    groups: dict[int, list[int]] = {}
    for place, message in enumerate(messages):
        groups.setdefault(len(message) // _RATE + 1, []).append(place)
    for blocks, places in groups.items():
        found = _hash_alike([messages[place] for place in places], blocks)
        for place, digest in zip(places, found, strict=True):
            digests[place] = digest
    return digests


def _hash_alike(messages: Sequence[bytes], blocks: int) -> list[bytes]:
    data = np.zeros((len(messages), blocks * _RATE), dtype=np.uint8)
    for row, message in zip(data, messages, strict=True):
        row[: len(message)] = np.frombuffer(message, dtype=np.uint8)
        row[len(message)] = 1
        row[-1] |= 0x80
    words = np.ascontiguousarray(data).view("<u8").astype(np.uint64).T
    lanes = [np.zeros(len(messages), dtype=np.uint64) for _ in range(_LANES)]
    for start in range(0, len(words), _RATE // 8):
        block = words[start : start + _RATE // 8]
        lanes = [lane ^ block[i] if i < len(block) else lane for i, lane in enumerate(lanes)]
        lanes = permute(lanes)
    digest = np.stack(lanes[:4], axis=1).astype("<u8")
    return [row.tobytes() for row in digest]
