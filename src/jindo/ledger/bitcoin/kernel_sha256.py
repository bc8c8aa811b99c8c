"""SHA-256 for compiled code: of one run of bytes after another, without a call into another library for each.

* Where the processor has instructions for SHA-256 (x86, "SHA extensions"), they are used; elsewhere plain integer
  arithmetic. Both give what `hashlib` gives.
* Nothing is allocated: whoever hashes many runs makes one `HashRoom` and hands it over each time.

A call of `hashlib` takes longer than hashing the 64 bytes that a Merkle tree or an address asks for.

Sources: FIPS 180-4; Intel, "Intel SHA Extensions", 2013.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.registry import cpu_target
from numba.extending import intrinsic, register_jitable
from numpy.typing import NDArray

from jindo.ledger.bitcoin.kernel_bytes import copy_bytes, to_address

_K = (
    0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
    0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
    0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
    0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
    0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
    0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
    0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
    0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2,
)  # fmt: skip
_ROUNDS = np.array(_K, dtype=np.uint32)
_START = np.array(
    (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19),
    dtype=np.uint32,
)
_BLOCK = 64
_STATE = 8
_DIGEST_AT, _END_AT = 2 * _BLOCK, 3 * _BLOCK
_LENGTH = 8
"""Bytes at the end of the last block that state the message's length in bits."""

DIGEST = 32


class HashRoom(NamedTuple):
    """What hashing writes on while it runs."""

    words: NDArray[np.uint32]
    """8 words of state, and 64 for processors without the instructions."""
    bytes: NDArray[np.uint8]
    """128 for the end of a message with its length; 64 for a digest, and what ends a message of its length; 64 that
    end a message of 64 bytes."""


def make_hash_room() -> HashRoom:
    """Room for one thread."""
    return HashRoom(
        np.zeros(_STATE + 64, dtype=np.uint32),
        np.frombuffer(bytes(_DIGEST_AT) + pad_message(DIGEST) + pad_message(_BLOCK), dtype=np.uint8).copy(),
    )


def pad_message(size: int) -> bytes:
    """The last block of a message of this many bytes, its own bytes left as zeros."""
    padded = bytes(size % _BLOCK) + b"\x80"
    return padded.ljust(_BLOCK - _LENGTH, b"\0") + (8 * size).to_bytes(_LENGTH, "big")


@register_jitable
def _turn(word: Any, bits: Any) -> Any:
    return np.uint32(np.uint32(word >> np.uint32(bits)) | np.uint32(word << np.uint32(32 - bits)))


@register_jitable
def _spread_words(words: Any, data: Any, at: Any) -> None:
    """The 64 words that the rounds take, out of the 16 of a block."""
    for i in range(16):
        word = np.uint32(0)
        for j in range(4):
            word = np.uint32(np.uint32(word << np.uint32(8)) | np.uint32(data[at + 4 * i + j]))
        words[_STATE + i] = word
    for i in range(_STATE + 16, _STATE + 64):
        old, new = words[i - 15], words[i - 2]
        first = _turn(old, 7) ^ _turn(old, 18) ^ np.uint32(old >> np.uint32(3))
        second = _turn(new, 17) ^ _turn(new, 19) ^ np.uint32(new >> np.uint32(10))
        words[i] = np.uint32(words[i - 16] + first + words[i - 7] + second)


@register_jitable
def compress_plain(room: Any, data: Any, at: Any) -> None:
    """Take the 64 bytes from `at` on into the state, by integer arithmetic."""
    state = room.words
    _spread_words(state, data, at)
    a, b, c, d = state[0], state[1], state[2], state[3]
    e, f, g, h = state[4], state[5], state[6], state[7]
    for i in range(64):
        high = h + (_turn(e, 6) ^ _turn(e, 11) ^ _turn(e, 25)) + np.uint32(g ^ (e & (f ^ g)))
        high = np.uint32(high + _ROUNDS[i] + state[_STATE + i])
        low = (_turn(a, 2) ^ _turn(a, 13) ^ _turn(a, 22)) + np.uint32((a & b) | (c & (a | b)))
        h, g, f, e = g, f, e, np.uint32(d + high)
        d, c, b, a = c, b, a, np.uint32(high + low)
    state[0], state[1], state[2], state[3] = state[0] + a, state[1] + b, state[2] + c, state[3] + d
    state[4], state[5], state[6], state[7] = state[4] + e, state[5] + f, state[6] + g, state[7] + h


_FOUR = ir.VectorType(ir.IntType(32), 4)
_BYTES = ir.VectorType(ir.IntType(8), 16)
_SWAP = [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12]


def _make_compress(_: Any, state: Any, data: Any, at: Any) -> Any:
    """Takes the 64 bytes from `at` on into the state, by the processor's instructions."""

    def write(context: Any, builder: Any, signature: Any, given: Sequence[Any]) -> Any:
        into = to_address(context, builder, signature.args[0], given[0])
        _write_rounds(builder, into, to_address(context, builder, signature.args[1], *given[1:]))
        return context.get_dummy_value()

    return types.void(state, data, types.int64), write


def _write_rounds(builder: Any, into: Any, source: Any) -> None:
    """The instructions for one block; the processor wants the state as (f, e, b, a) and (h, g, d, c)."""
    rounds, first, second = (
        _declare(builder, name, count) for name, count in (("rnds2", 3), ("msg1", 2), ("msg2", 2))
    )
    state = builder.bitcast(into, _FOUR.as_pointer())
    old = _load(builder, state, 0), _load(builder, state, 1)
    x, y = x_before, y_before = _pick(builder, *old, [5, 4, 1, 0]), _pick(builder, *old, [7, 6, 3, 2])
    words = [_load_swapped(builder, source, i) for i in range(4)]
    for i in range(16):
        if i >= 4:
            middle = _pick(builder, words[i - 2], words[i - 1], [1, 2, 3, 4])
            mixed = builder.add(builder.call(first, words[i - 4 : i - 2]), middle)
            words.append(builder.call(second, [mixed, words[i - 1]]))
        ready = builder.add(words[i], ir.Constant(_FOUR, list(_K[4 * i : 4 * i + 4])))
        y = builder.call(rounds, [y, x, ready])
        x = builder.call(rounds, [x, y, _pick(builder, ready, ready, [2, 3, 0, 0])])
    x, y = builder.add(x, x_before), builder.add(y, y_before)
    for i, order in enumerate(([3, 2, 7, 6], [1, 0, 5, 4])):
        builder.store(_pick(builder, x, y, order), _step(builder, state, i)).align = 1


def _declare(builder: Any, name: str, count: int) -> Any:
    kind = ir.FunctionType(_FOUR, [_FOUR] * count)
    return cgutils.get_or_insert_function(builder.module, kind, f"llvm.x86.sha256{name}")


def _step(builder: Any, pointer: Any, count: int) -> Any:
    return builder.gep(pointer, [ir.Constant(ir.IntType(64), count)])


def _load(builder: Any, pointer: Any, count: int) -> Any:
    loaded = builder.load(_step(builder, pointer, count))
    loaded.align = 1
    return loaded


def _pick(builder: Any, left: Any, right: Any, order: list[int]) -> Any:
    return builder.shuffle_vector(left, right, ir.Constant(ir.VectorType(ir.IntType(32), len(order)), order))


def _load_swapped(builder: Any, source: Any, count: int) -> Any:
    """Four words that lie in the bytes with the greatest part first."""
    data = _load(builder, builder.bitcast(source, _BYTES.as_pointer()), count)
    order = ir.Constant(ir.VectorType(ir.IntType(32), 16), _SWAP)
    return builder.bitcast(builder.shuffle_vector(data, data, order), _FOUR)


def _make_write_state(_: Any, state: Any, out: Any, place: Any) -> Any:
    """Writes the state's words to 32 bytes of `out` from `place` on, the greatest part first."""

    def write(context: Any, builder: Any, signature: Any, given: Sequence[Any]) -> Any:
        source = to_address(context, builder, signature.args[0], given[0])
        into = to_address(context, builder, signature.args[1], *given[1:])
        target = builder.bitcast(into, _BYTES.as_pointer())
        for i in range(2):
            words = builder.bitcast(_load_swapped(builder, source, i), _BYTES)
            builder.store(words, _step(builder, target, i)).align = 1
        return context.get_dummy_value()

    return types.void(state, out, types.int64), write


_compress_native: Any = intrinsic(_make_compress)
_write_state: Any = intrinsic(_make_write_state)


@register_jitable
def _compress_by_processor(room: Any, data: Any, at: Any) -> None:
    _compress_native(room.words, data, np.int64(at))


HAS_INSTRUCTIONS = "+sha," in cpu_target.target_context.codegen().magic_tuple()[2] + ","
"""Whether code compiled here may use the instructions; what numba keeps is kept apart by processor."""
compress = _compress_by_processor if HAS_INSTRUCTIONS else compress_plain
"""Take the 64 bytes of `data` from `at` on into the state of `room`."""


@register_jitable
def _begin(state: Any) -> None:
    for i in range(8):
        state[i] = _START[i]


@register_jitable
def hash_bytes(room: Any, data: Any, at: Any, size: Any, out: Any, place: Any) -> None:
    """Write the SHA-256 of the `size` bytes from `at` on to `out` from `place` on."""
    _take_all(room, data, at, size)
    _write_state(room.words, out, np.int64(place))


@register_jitable
def hash_twice(room: Any, data: Any, at: Any, size: Any, out: Any, place: Any) -> None:
    """Write the SHA-256 of the SHA-256 of the `size` bytes from `at` on to `out` from `place` on."""
    _take_all(room, data, at, size)
    _hash_digest(room)
    _write_state(room.words, out, np.int64(place))


@register_jitable
def hash_pair_twice(room: Any, data: Any, at: Any, out: Any, place: Any) -> None:
    """Write the SHA-256 of the SHA-256 of the 64 bytes from `at` on to `out` from `place` on."""
    _begin(room.words)
    compress(room, data, at)
    compress(room, room.bytes, _END_AT)
    _hash_digest(room)
    _write_state(room.words, out, np.int64(place))


@register_jitable
def hash_block_twice(room: Any, data: Any, at: Any, out: Any, place: Any) -> None:
    """Write the SHA-256 of the SHA-256 of a short message, padded to the 64 bytes from `at` on, to `out`."""
    _begin(room.words)
    compress(room, data, at)
    _hash_digest(room)
    _write_state(room.words, out, np.int64(place))


@register_jitable
def _hash_digest(room: Any) -> None:
    """Put the hash of the state's digest in the state's place."""
    _write_state(room.words, room.bytes, np.int64(_DIGEST_AT))
    _begin(room.words)
    compress(room, room.bytes, _DIGEST_AT)


@register_jitable
def _take_all(room: Any, data: Any, at: Any, size: Any) -> None:
    """Take a whole message into a new state."""
    _begin(room.words)
    left = size
    while left >= _BLOCK:
        compress(room, data, at + size - left)
        left -= _BLOCK
    end = _BLOCK if left < _BLOCK - _LENGTH else 2 * _BLOCK
    tail = room.bytes
    for i in range(2 * _BLOCK):
        tail[i] = 0
    copy_bytes(data, at + size - left, left, tail, 0)
    tail[left] = 0x80
    bits = np.uint64(size) << np.uint64(3)
    for i in range(5):  # a message has less than 128 GB
        tail[end - 1 - i] = (bits >> np.uint64(8 * i)) & np.uint64(0xFF)
    compress(room, room.bytes, 0)
    if end > _BLOCK:
        compress(room, room.bytes, _BLOCK)
