"""Columns of text become numbers in one compiled pass; what is not written plainly is left to the parsers.

* Nothing is guessed: a text that is not plain is marked, and its value means nothing.
* Columns are Arrow's: bytes, where each text ends (one more than texts), and which are missing (empty: none).

What plain means for each field is `checking`'s.
"""

from __future__ import annotations

from typing import Any

from jindo.base.compiling import compile_kept

SMALL_DIGITS = 18
"""Amounts of so many digits fit int64."""
MOST_DIGITS = 77
"""Amounts of so many digits fit 256 bits."""


@compile_kept
def read_numbers(
    data: Any, ends: Any, missing: Any, least: int, most: int, absent: int, found: Any, odd: Any
) -> None:
    """Whole numbers of `least` to `most` digits; `absent` where one is missing, marked in `odd` where it is no such."""
    for row in range(len(found)):
        if len(missing) and missing[row]:
            found[row], odd[row] = absent, False
            continue
        start, stop = ends[row], ends[row + 1]
        value, plain = 0, least <= stop - start <= most
        if plain:
            for i in range(start, stop):
                digit = data[i] - 48
                plain &= 0 <= digit <= 9
                value = value * 10 + digit
        found[row], odd[row] = value, not plain


@compile_kept
def _copy_digits(data: Any, start: int, stop: int, zeros: int, wide: Any, begin: int, at: int) -> int:
    """Put digits and so many zeros behind those from `begin` on, without zeros in front; gives where they end."""
    for i in range(start, stop):
        if at > begin or data[i] != 48:
            wide[at] = data[i]
            at += 1
    if at > begin:
        for _ in range(zeros):
            wide[at] = 48
            at += 1
    return at


@compile_kept
def read_amounts(
    data: Any, ends: Any, missing: Any, places: Any, small: Any, wide: Any, stops: Any, large: Any, odd: Any
) -> None:
    """Amounts of so many decimal places (below 0: of none that are known), in base units.

    Those of up to 18 digits are put into `small`; of others the digits are put into `wide`, one after the other, where
    each ends into `stops`, and `large` is true.
    """
    at = 0
    for row in range(len(small)):
        stops[row] = at
        small[row], large[row], odd[row] = 0, False, False
        if len(missing) and missing[row]:
            continue
        start, stop, point = ends[row], ends[row + 1], -1
        plain = places[row] >= 0
        for i in range(start, stop):
            if data[i] == 46 and point < 0:
                point = i
            elif not 48 <= data[i] <= 57:
                plain = False
        whole = stop if point < 0 else point
        part = 0 if point < 0 else stop - point - 1
        plain = plain and whole > start and (point < 0 or part > 0) and part <= places[row]
        plain = plain and whole - start + places[row] <= MOST_DIGITS
        if not plain:
            odd[row] = True
            continue
        begin = at
        at = _copy_digits(data, start, whole, 0, wide, begin, at)
        at = _copy_digits(data, whole + 1, whole + 1 + part, places[row] - part, wide, begin, at)
        if at - begin > SMALL_DIGITS:
            large[row] = True
            continue
        value = 0
        for i in range(begin, at):
            value = value * 10 + (wide[i] - 48)
        small[row] = value
        at = begin
    stops[len(small)] = at
