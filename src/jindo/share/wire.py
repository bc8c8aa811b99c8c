"""Payloads as they cross between members: canonical JSON objects, taken apart field by field.

* What is not canonical (RFC 8785) is refused: one value has one form, so two nodes never hash it differently.
* A field is of its type or the payload is refused; a name that nobody knows is refused too.
* A message names the field, never its value: the value may be about a person.

What the fields mean is said by those who ask for them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jindo.base.errors import InputError
from jindo.seal import parse_canonical

SLUG = re.compile(r"[a-z0-9-]{2,40}")
"""Ids of members and officers, and names of purposes."""

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LAST_TIME = 253_402_300_799
"""9999-12-31T23:59:59Z, in unix seconds."""


def parse_payload(payload: bytes, *, form: str, fields: frozenset[str], limit: int) -> Mapping[str, Any]:
    """The object in `payload`, which says `form` as its `format` and has exactly these other fields.

    Raises:
        InputError: too long, not canonical JSON, of another format, or with a field too many or too few.
    """
    if len(payload) > limit:
        raise InputError(f"the payload has {len(payload)} bytes and may have {limit}", place=form)
    value = parse_canonical(payload)
    if not isinstance(value, dict) or value.get("format") != form:
        raise InputError("the payload is not of this format", place=form)
    odd = sorted((set(value) - {"format"}) ^ fields)
    if odd:
        known = [name for name in odd if name in fields]
        problem = f"the field {known[0]} is missing" if known else "the payload has a field that nobody knows"
        raise InputError(problem, place=form)
    return value


def text_of(value: Mapping[str, Any], field: str, pattern: re.Pattern[str] | None = None) -> str:
    """A text of 1 to 10,000 characters, all of it as `pattern` says; no NUL, which some databases cannot hold.

    Raises:
        InputError: anything else.
    """
    text = value.get(field)
    plain = isinstance(text, str) and 0 < len(text) <= 10_000 and "\0" not in text
    if not isinstance(text, str) or not plain or (pattern and not pattern.fullmatch(text)):
        raise InputError(f"the field {field} is not as it must be", place=str(value.get("format", "")))
    return text


def time_of(value: Mapping[str, Any], field: str) -> int:
    """A time in whole unix seconds.

    Raises:
        InputError: anything else.
    """
    number = value.get(field)
    if type(number) is not int or not 0 <= number <= LAST_TIME:
        raise InputError(
            f"the field {field} is not a time in unix seconds", place=str(value.get("format", ""))
        )
    return number


def texts_of(value: Mapping[str, Any], field: str, pattern: re.Pattern[str] | None = None) -> tuple[str, ...]:
    """A list of different texts, at most 1,000.

    Raises:
        InputError: anything else.
    """
    items = value.get(field)
    if not isinstance(items, list) or len(items) > 1_000 or not all(isinstance(item, str) for item in items):
        raise InputError(f"the field {field} is not a list of texts", place=str(value.get("format", "")))
    texts = tuple(text_of({"format": value.get("format"), field: item}, field, pattern) for item in items)
    if len(set(texts)) != len(texts):
        raise InputError(f"the field {field} says something twice", place=str(value.get("format", "")))
    return texts
