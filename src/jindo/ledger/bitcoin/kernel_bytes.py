"""Bytes in memory, for compiled code: numbers read and runs copied at any place, in one instruction or one call.

* Nothing here checks that the bytes are there: whoever calls has done that.
* Numbers have their least part first, as on every processor that numba compiles for here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, register_jitable


def to_address(context: Any, builder: Any, kind: Any, array: Any, place: Any = None) -> Any:
    """The address of an array's element, out of numba's own shape of an array."""
    start = context.make_array(kind)(context, builder, array).data
    return start if place is None else builder.gep(start, [place])


def _make_load(kind: Any) -> Any:
    def load(_: Any, data: Any, at: Any) -> Any:

        def write(context: Any, builder: Any, signature: Any, given: Sequence[Any]) -> Any:
            address = to_address(context, builder, signature.args[0], *given)
            found = builder.load(builder.bitcast(address, ir.IntType(kind.bitwidth).as_pointer()))
            found.align = 1
            return found

        return kind(data, types.int64), write

    return intrinsic(load)


_load_16, _load_32, _load_64 = (_make_load(kind) for kind in (types.uint16, types.uint32, types.uint64))


@register_jitable
def read_16(data: Any, at: Any) -> Any:
    """The number of the two bytes from `at` on."""
    return np.uint64(_load_16(data, np.int64(at)))


@register_jitable
def read_32(data: Any, at: Any) -> Any:
    """The number of the four bytes from `at` on."""
    return np.uint64(_load_32(data, np.int64(at)))


@register_jitable
def read_64(data: Any, at: Any) -> Any:
    """The number of the eight bytes from `at` on."""
    return _load_64(data, np.int64(at))


def _make_copy(_: Any, data: Any, at: Any, size: Any, out: Any, place: Any) -> Any:
    def write(context: Any, builder: Any, signature: Any, given: Sequence[Any]) -> Any:
        data, at, size, out, place = given
        source = to_address(context, builder, signature.args[0], data, at)
        target = to_address(context, builder, signature.args[3], out, place)
        cgutils.raw_memcpy(builder, target, source, size, 1)
        return context.get_dummy_value()

    return types.void(data, types.int64, types.int64, out, types.int64), write


_copy: Any = intrinsic(_make_copy)


@register_jitable
def copy_bytes(data: Any, at: Any, size: Any, out: Any, place: Any) -> None:
    """Copy the `size` bytes of `data` from `at` on to `out` from `place` on."""
    _copy(data, np.int64(at), np.int64(size), out, np.int64(place))


@register_jitable
def are_equal(left: Any, at: Any, right: Any, other: Any) -> Any:
    """Whether the 32 bytes from two places on are the same."""
    for i in range(0, 32, 8):  # noqa: SIM110  # compiled
        if read_64(left, at + i) != read_64(right, other + i):
            return False
    return True
