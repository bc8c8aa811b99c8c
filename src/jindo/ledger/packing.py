"""Transaction hashes as the bytes that they stand for, while an import sorts and compares them.

* Two hashes are packed alike only where they are the same text; what is packed gives back the text.
* `0x` and 64 lower-case digits become 32 bytes, 64 digits 33, any other text itself and zeros up to a length that is
  neither.

In a ledger they are `hex_texts`'.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from jindo.base.compiling import compile_kept
from jindo.ledger.interning import HEX_DIGITS
from jindo.ledger.numbering import to_buffers
from jindo.ledger.runs import Ints

WIDTH = 32
PLAIN = WIDTH + 1
"""Length of a hash without `0x`: its last byte says so."""


def pack_hash(text: str) -> bytes:
    """One hash, packed."""
    packed: bytes = pack_hashes(pa.array([text], pa.large_string()))[0].as_py()
    return packed


def pack_hashes(texts: Any) -> Any:
    """An Arrow array of large strings, packed; NULL where there is none."""
    data, ends, missing = to_buffers(texts)
    room = np.zeros(int(ends[-1] - ends[0]) + 3 * len(texts) + 1, np.uint8)
    stops = np.zeros(len(texts) + 1, np.int64)
    _pack(data, ends, missing, room, stops)
    valid = None
    if len(missing):
        valid = pa.array(~missing).buffers()[1]
    size = int(stops[-1])
    return pa.Array.from_buffers(
        pa.large_binary(), len(texts), [valid, pa.py_buffer(stops), pa.py_buffer(room[:size])]
    )


def unpack_hash(packed: bytes) -> str:
    """The text of one hash."""
    if len(packed) == WIDTH:
        return "0x" + packed.hex()
    if len(packed) == PLAIN:
        return packed[:WIDTH].hex()
    return packed.rstrip(b"\0").decode()


def unpack_hashes(data: Ints, ends: Ints) -> tuple[Ints, Ints, Sequence[str]]:
    """The bytes of packed hashes laid end to end, shape (n, 32), zeros where one is no hexadecimal digits; how each is
    written (0: with 0x, 1: without, 2: otherwise); and the texts of the last sort, in order.
    """  # noqa: D205
    sizes = np.diff(ends)
    forms = np.where(sizes == WIDTH, 0, np.where(sizes == PLAIN, 1, 2)).astype(np.int8)
    found = np.zeros((len(sizes), WIDTH), np.uint8)
    _unpack(data, ends, found)
    raw = np.asarray(data)
    others = [unpack_hash(raw[ends[i] : ends[i + 1]].tobytes()) for i in np.flatnonzero(forms == 2).tolist()]
    return found, forms, others


@compile_kept
def _pack(data: Any, ends: Any, missing: Any, room: Any, stops: Any) -> None:
    at = 0
    for row in range(len(stops) - 1):
        stops[row] = at
        if len(missing) and missing[row]:
            continue
        start, size = ends[row], ends[row + 1] - ends[row]
        skip = size - 64
        fits = skip == 0 or (skip == 2 and data[start] == 48 and data[start + 1] == 120)
        worst = 0
        if fits:
            for i in range(32):
                high, low = HEX_DIGITS[data[start + skip + 2 * i]], HEX_DIGITS[data[start + skip + 2 * i + 1]]
                worst |= high | low
                room[at + i] = (high << 4) | (low & 15)
        if fits and worst <= 15:
            at += 32
            if skip == 0:
                room[at] = 1
                at += 1
            continue
        for i in range(size):
            room[at + i] = data[start + i]
        at += size
        room[at] = 0
        at += 1
        while 32 <= at - stops[row] <= 33:
            room[at] = 0
            at += 1
    stops[len(stops) - 1] = at


@compile_kept
def _unpack(data: Any, ends: Any, found: Any) -> None:
    for row in range(len(found)):
        size = ends[row + 1] - ends[row]
        if 32 <= size <= 33:
            for i in range(32):
                found[row, i] = data[ends[row] + i]
