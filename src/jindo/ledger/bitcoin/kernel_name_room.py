"""What the naming of scripts writes on while it runs, and where in it each part lies.

* One room is one network's and one thread's.
* It is few arrays with many parts: compiled functions hand every array on to every one they call.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from jindo.ledger.bitcoin.kernel_sha256 import HashRoom, make_hash_room, pad_message
from jindo.ledger.bitcoin.networks import Network
from jindo.ledger.bitcoin.script import GENERATORS

VERSIONED = 21
"""Bytes of a Base58Check address before its checksum: version and hash."""
LIMBS = 7
"""Numbers of 32 bits that hold an address with its checksum."""
RAW, DIGEST, MESSAGE, DIGITS, VERSIONS, PREFIX = 0, 32, 64, 128, 168, 170
"""Places in `NameRoom.bytes`: an address's bytes; a digest; an address without checksum as a padded message; digits;
the first byte of the address of a key's hash and of a script's; the human-readable part and `1`, up to the end."""
BEGUN = LIMBS
"""Place in `NameRoom.numbers` of the bech32 checksum over the human-readable part; before it, limbs."""
_MIXED = np.zeros(32, dtype=np.uint64)
"""By the five bits that leave the checksum: the generators that come in for them."""
for _top in range(32):
    for _bit, _generator in enumerate(GENERATORS):
        _MIXED[_top] ^= np.uint64(_generator * (_top >> _bit & 1))


class NameRoom(NamedTuple):
    """See the places above."""

    hashing: HashRoom
    bytes: NDArray[np.uint8]
    numbers: NDArray[np.uint64]


def make_name_room(network: Network) -> NameRoom:
    """Room for the names of a network's accounts."""
    prefix = network.prefix.encode()
    numbers = np.ones(LIMBS + 1, dtype=np.uint64)
    for value in [c >> 5 for c in prefix] + [0] + [c & 31 for c in prefix]:
        numbers[BEGUN] = mix_five(numbers[BEGUN], np.uint64(value))
    message = (bytes(MESSAGE) + pad_message(VERSIONED)).ljust(VERSIONS, b"\0")
    versions = bytes([network.key_version, network.script_version])
    data = np.frombuffer(message + versions + prefix + b"1", dtype=np.uint8).copy()
    return NameRoom(make_hash_room(), data, numbers)


@register_jitable
def mix_five(check: Any, value: Any) -> Any:
    """The bech32 checksum with five more bits in it."""
    top = np.int64(check >> np.uint64(25))
    return ((check & np.uint64(0x1FFFFFF)) << np.uint64(5)) ^ value ^ _MIXED[top]
