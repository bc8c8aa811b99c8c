"""Amounts of value: whole numbers of an asset's base units.

* An amount is an `int` of satoshi, wei or a token's smallest unit; there are no fractions and no floats.
* `MAX_AMOUNT` is the largest that a chain can state (uint256).
* Decimal text becomes base units exactly or is refused; nothing is rounded on the way in.
* On the way out, `format_units` writes every digit; it never shortens a figure.
"""

from __future__ import annotations

import re
from typing import NewType

from jindo.base.errors import InputError

Units = NewType("Units", int)
"""A whole number of base units of one asset."""

MAX_AMOUNT = 2**256 - 1
MAX_DECIMALS = 77
_MAX_TEXT = 400
"""Longest text that is read as an amount; uint256 has 78 digits."""

_DECIMAL = re.compile(r"\+?([0-9]+)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,3}))?")
_HEX = re.compile(r"0[xX][0-9a-fA-F]+")


def parse_units(text: str, *, decimals: int = 0) -> Units:
    """Base units written as `text`, a plain decimal number of whole tokens with `decimals` places.

    With `decimals=0`, `text` is already in base units. Hexadecimal (`0x…`) is read as base units
    where `decimals` is 0. Exponents (`1.5e18`) are read exactly.

    Raises:
        InputError: not a number, negative, finer than one base unit, or above uint256.
    """
    text = text.strip()
    if decimals == 0 and _HEX.fullmatch(text):
        return _checked(int(text, 16), text)
    if text.startswith("-"):
        raise InputError(f"the amount {text!r} is negative")
    match = _DECIMAL.fullmatch(text) if len(text) <= _MAX_TEXT else None
    if match is None:
        raise InputError(f"the amount {text[:_MAX_TEXT]!r} is not a plain decimal number")
    whole, fraction, exponent = match.group(1), match.group(2) or "", int(match.group(3) or 0)
    digits, shift = whole + fraction, decimals + exponent - len(fraction)
    if shift >= 0:
        return _checked(int(digits) * 10**shift, text)
    units, rest = divmod(int(digits), 10**-shift)
    if rest:
        raise InputError(
            f"the amount {text!r} has parts smaller than one base unit at {decimals} decimals",
            remedy="Give the asset's true number of decimals with --decimals.",
        )
    return _checked(units, text)


def format_units(units: int, *, decimals: int = 0) -> str:
    """`units` as exact decimal text of whole tokens, thousands separated: `1,073,706,452` or `10.50`."""
    sign, units = ("-", -units) if units < 0 else ("", units)
    whole, part = divmod(units, 10**decimals)
    return f"{sign}{whole:,}" + (f".{part:0{decimals}d}" if decimals else "")


def _checked(units: int, text: str) -> Units:
    if units > MAX_AMOUNT:
        raise InputError(f"the amount {text!r} is larger than any chain can hold (2^256-1)")
    return Units(units)
