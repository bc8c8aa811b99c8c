"""Amounts in the kernels: int64, or two limbs of 64 bits as one number of 128, or Python integers.

* The one source serves all three: it reads amounts out of arrays and columns by the names here, and adds and compares
  what it read as any numbers. Compiled, an array of int64 gives int64, and one of limbs, shape (n, 2), gives `Wide`;
  interpreted, whatever stands in the array is a Python integer.
* `Wide` holds amounts below 2^92 of up to 2^34 movements, so that no sum of them reaches 2^127. A larger amount is
  noted in `TOO_WIDE` where it is read, and what the kernel has done is worth nothing from there on.
* Products are taken whole: of int64 in 128 bits, of `Wide` in 256.

Which of the three a trace needs is `kernel`'s to say.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, models, overload, register_model

from jindo.ledger import Amounts
from jindo.trace.kernel_columns import AMOUNT, column_of, item, load_64

NARROW, LIMBS, ANY = range(3)
"""Kinds of amounts: compiled on int64, compiled on limbs, interpreted."""
TOO_WIDE = 10
"""Place in a state's counters: 1 once an amount was read that limbs do not hold."""
LIMB_BITS = 92
"""Every amount that limbs hold is below two to this power: 4.9e27."""
LIMB_SUM = 1 << 126
"""What sums of opening balances must stay below where the kernel runs on limbs."""
_LIMB = 64
_TOP = np.uint64(LIMB_BITS - _LIMB)
_I64, _I128, _I256 = (ir.IntType(bits) for bits in (64, 128, 256))


# ------------------------------------------------------------------------------------------------ outside the kernel


def build_units(count: int, kind: int) -> Amounts:
    """An array for `count` amounts of a kind; all are zero."""
    if kind == LIMBS:
        return np.zeros((count, 2), np.uint64)
    return np.zeros(count, np.int64 if kind == NARROW else object)


def from_ints(values: Iterable[int], kind: int) -> Amounts:
    """The array of these amounts."""
    values = list(values)
    if kind == LIMBS:
        return np.array([[v & 0xFFFFFFFFFFFFFFFF, v >> _LIMB] for v in values], np.uint64).reshape(-1, 2)
    return np.array(values, np.int64 if kind == NARROW else object)


def to_ints(units: Amounts) -> list[int]:
    """The amounts of an array, none of them negative."""
    if units.ndim == 1:
        return list(units.tolist())
    return [(high << _LIMB) | low for low, high in units.tolist()]


# ------------------------------------------------------------------------------------------- read, written, multiplied


def units_at(units, place):  # type: ignore[no-untyped-def]
    """The amount at a place of an array."""
    return units[place]


def put_units(units, place, amount):  # type: ignore[no-untyped-def]
    """Write an amount."""
    units[place] = amount


def load_amount(c, s, run, place):  # type: ignore[no-untyped-def]
    """What a movement of a run moves, as the amounts of the state `s` are kept."""
    del s
    return item(column_of(c.columns, run, AMOUNT), place)


def mul_div(a: int, b: int, c: int) -> int:
    """floor(a * b / c) for 0 <= a, b and 0 < c, exact whatever the width of the product."""
    return a * b // c


# ------------------------------------------------------------------------------------------------------ their compiled


class WideType(types.Type):
    """Numba's type of an amount of 128 bits, signed."""

    def __init__(self) -> None:
        super().__init__(name="jindo_wide")


_WIDE = WideType()


@register_model(WideType)
class _WideModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _I128)


def _emitter(returns: Any, *takes: Any) -> Callable[[Callable[..., Any]], Any]:
    """Make an intrinsic of a function from a builder and values to a value."""

    def make(build: Callable[..., Any]) -> Any:
        def emit(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # numba's protocol
            del context, signature
            return build(builder, *arguments)

        def typed_1(context, a):  # type: ignore[no-untyped-def]
            del context, a
            return returns(*takes), emit

        def typed_2(context, a, b):  # type: ignore[no-untyped-def]
            del context, a, b
            return returns(*takes), emit

        def typed_3(context, a, b, c):  # type: ignore[no-untyped-def]
            del context, a, b, c
            return returns(*takes), emit

        return intrinsic({1: typed_1, 2: typed_2, 3: typed_3}[len(takes)])

    return make


@_emitter(_WIDE, types.uint64, types.uint64)
def _join(builder: Any, low: Any, high: Any) -> Any:
    upper = builder.shl(builder.zext(high, _I128), ir.Constant(_I128, _LIMB))
    return builder.or_(upper, builder.zext(low, _I128))


@_emitter(_WIDE, types.int64)
def _widen(builder: Any, value: Any) -> Any:
    return builder.sext(value, _I128)


@_emitter(types.uint64, _WIDE)
def _low(builder: Any, value: Any) -> Any:
    return builder.trunc(value, _I64)


@_emitter(types.uint64, _WIDE)
def _high(builder: Any, value: Any) -> Any:
    return builder.trunc(builder.lshr(value, ir.Constant(_I128, _LIMB)), _I64)


@_emitter(types.uint64, types.int64)
def _turn_bytes(builder: Any, value: Any) -> Any:
    return builder.bswap(value)


@_emitter(_WIDE, _WIDE, _WIDE, _WIDE)
def _multiply_divide(builder: Any, a: Any, b: Any, c: Any) -> Any:
    product = builder.mul(builder.zext(a, _I256), builder.zext(b, _I256))
    return builder.trunc(builder.udiv(product, builder.zext(c, _I256)), _I128)


@_emitter(_WIDE, _WIDE, _WIDE)
def _add(builder: Any, a: Any, b: Any) -> Any:
    return builder.add(a, b)


@_emitter(_WIDE, _WIDE, _WIDE)
def _subtract(builder: Any, a: Any, b: Any) -> Any:
    return builder.sub(a, b)


def _comparison(sign: str) -> Any:
    return _emitter(types.boolean, _WIDE, _WIDE)(lambda builder, a, b: builder.icmp_signed(sign, a, b))


def _overload_operator(name: Any, run: Any) -> None:
    """`run` for two wide amounts, and for one and an integer such as 0."""

    @overload(name)
    def choose(a, b):  # type: ignore[no-untyped-def]
        if a == _WIDE and b == _WIDE:
            return lambda a, b: run(a, b)  # noqa: PLW0108  # numba takes functions, no intrinsics
        if a == _WIDE and isinstance(b, types.Integer):
            return lambda a, b: run(a, _widen(np.int64(b)))
        return None


for _name, _run in (
    (operator.add, _add),
    (operator.iadd, _add),
    (operator.sub, _subtract),
    (operator.isub, _subtract),
    *(
        (getattr(operator, name), _comparison(sign))
        for name, sign in (("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">="), ("eq", "=="), ("ne", "!="))
    ),
):
    _overload_operator(_name, _run)


@overload(min)
def _min_compiled(a, b):  # type: ignore[no-untyped-def]
    return (lambda a, b: a if a < b else b) if a == _WIDE and b == _WIDE else None


@overload(units_at)
def _units_at_compiled(units, place):  # type: ignore[no-untyped-def]
    if units.ndim == 1:
        return lambda units, place: units[place]
    return lambda units, place: _join(units[place, 0], units[place, 1])


@overload(put_units)
def _put_units_compiled(units, place, amount):  # type: ignore[no-untyped-def]
    def put(units, place, amount):  # type: ignore[no-untyped-def]
        units[place] = amount

    def put_limbs(units, place, amount):  # type: ignore[no-untyped-def]
        units[place, 0], units[place, 1] = _low(amount), _high(amount)

    return put if units.ndim == 1 else put_limbs


@overload(load_amount)
def _load_amount_compiled(c, s, run, place):  # type: ignore[no-untyped-def]
    if s.types[s.fields.index("lot_units")].ndim == 1:
        return lambda c, s, run, place: item(column_of(c.columns, run, AMOUNT), place)

    def read(c, s, run, place):  # type: ignore[no-untyped-def]
        column = column_of(c.columns, run, AMOUNT)
        if column[2] <= 8:
            return _widen(item(column, place))
        address, width, above = column[0] + column[1] * place, column[2], 0
        for at in range(0, width - 16, 8):
            above |= load_64(address + at)
        high = _turn_bytes(load_64(address + width - 16))
        if above != 0 or (high >> _TOP) != 0:
            s.counters[TOO_WIDE] = 1
            return _widen(0)
        return _join(_turn_bytes(load_64(address + width - 8)), high)

    return read


@overload(mul_div)
def _mul_div_compiled(a, b, c):  # type: ignore[no-untyped-def]
    """The same where the quotient fits: of int64 by a product of 128 bits and long division by bits."""
    if a == _WIDE:
        return lambda a, b, c: _multiply_divide(a, b, c)  # noqa: PLW0108  # numba takes functions, no intrinsics

    def compute(a, b, c):  # type: ignore[no-untyped-def]
        if b == 0 or a <= 0x7FFFFFFFFFFFFFFF // b:
            return a * b // c
        low = np.uint64(0xFFFFFFFF)
        half = np.uint64(32)
        x, y, divisor = np.uint64(a), np.uint64(b), np.uint64(c)
        x0, x1, y0, y1 = x & low, x >> half, y & low, y >> half
        middle = x1 * y0 + ((x0 * y0) >> half)
        other = x0 * y1 + (middle & low)
        rest = x1 * y1 + (middle >> half) + (other >> half)
        bits = (other << half) | ((x0 * y0) & low)
        quotient = np.uint64(0)
        rest = rest % divisor
        for i in range(63, -1, -1):
            rest = (rest << np.uint64(1)) | ((bits >> np.uint64(i)) & np.uint64(1))
            quotient = quotient << np.uint64(1)
            if rest >= divisor:
                rest -= divisor
                quotient |= np.uint64(1)
        return np.int64(quotient)

    return compute
