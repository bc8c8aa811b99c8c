"""JSON as block explorers send it, read without losing a digit.

* A number with a point or an exponent stays the text that was sent; nothing becomes a float.
* A field that is missing or of another kind is an `InputError` that names it; truth values are no numbers.

What the fields mean is each explorer's own file's to say.
"""

from __future__ import annotations

import json
import re
from typing import Any

from jindo.base.errors import InputError

_LONGEST = 78
"""Digits of the largest uint256."""
_DIGITS = re.compile(r"[0-9]{1,78}")
_QUANTITY = re.compile(r"0[xX][0-9a-fA-F]{1,64}")


def parse_json(body: bytes) -> Any:
    """The value that a response's body is.

    Raises:
        InputError: it is not JSON in UTF-8.
    """
    try:
        return json.loads(body, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise InputError("the response is not JSON") from error


def as_object(value: Any, says: str) -> dict[str, Any]:
    """`value`, which must be a JSON object."""
    if not isinstance(value, dict):
        raise InputError(f"the {says} is not a JSON object")
    return value


def as_list(value: Any, says: str) -> list[Any]:
    """`value`, which must be a JSON array."""
    if not isinstance(value, list):
        raise InputError(f"the {says} is not a JSON array")
    return value


def get_text(row: dict[str, Any], name: str) -> str:
    """A field that must be text; empty where it is missing or null."""
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InputError(f"the field {name} is not text")
    return value


def get_number(row: dict[str, Any], name: str) -> int:
    """A field that must be a whole number from 0: a JSON number, decimal digits, or a hex quantity."""
    found = find_number(row, name)
    if found is None:
        raise InputError(f"the field {name} is missing")
    return found


def find_number(row: dict[str, Any], name: str) -> int | None:
    """As `get_number`, with `None` where the field is missing, null or empty."""
    value = row.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**_LONGEST:
        return value
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    if isinstance(value, str) and _QUANTITY.fullmatch(value):
        return int(value, 16)
    raise InputError(f"the field {name} is not a whole number: {str(value)[:40]!r}")
