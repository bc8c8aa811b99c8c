"""Read fields of bodies that others wrote, one by one, each with its place in the error.

* A body comes from a signed statement: the signature says who wrote it, not that it makes sense.
* A field is of its type or an `InputError` names it; nothing is guessed or repaired.
* Text has a longest length and no control characters but line ends, so that it can be printed anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from jindo.base.amounts import MAX_AMOUNT, MAX_DECIMALS
from jindo.base.errors import InputError

LONGEST_TEXT = 20_000
LONGEST_LIST = 100_000
LAST_SECOND = 253_402_300_799
"""9999-12-31T23:59:59Z."""
_UNITS = re.compile(r"0|[1-9][0-9]{0,77}")
_HASH = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[0-9A-Za-z][-0-9A-Za-z_.]{0,99}")


def parse_text(
    body: Mapping[str, Any], name: str, *, longest: int = LONGEST_TEXT, empty: bool = False
) -> str:
    """The text of a field.

    Raises:
        InputError: it is absent, no text, empty where it must not be, too long, or has control characters.
    """
    value = body.get(name)
    if not isinstance(value, str):
        raise InputError("this must be text", place=name)
    if not value.strip() and not empty:
        raise InputError("this is empty", place=name)
    if len(value) > longest:
        raise InputError(f"this is longer than {longest} characters", place=name)
    if not all(character.isprintable() or character in "\n\t" for character in value):
        raise InputError("this has control or format characters", place=name)
    return value


def parse_choice(body: Mapping[str, Any], name: str, choices: Sequence[str]) -> str:
    """A field's value, one of `choices`.

    Raises:
        InputError: it is none of them.
    """
    value = body.get(name)
    if not isinstance(value, str) or value not in choices:
        raise InputError(f"this must be one of {', '.join(choices)}", place=name)
    return value


def parse_id(body: Mapping[str, Any], name: str) -> str:
    """A field's id: letters, digits, `-`, `_` and `.`, so that it can name a file.

    Raises:
        InputError: it is none.
    """
    value = body.get(name)
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise InputError("this is no id", place=name)
    return value


def parse_hash(body: Mapping[str, Any], name: str) -> str:
    """A field's SHA-256 in lower case hex.

    Raises:
        InputError: it is none.
    """
    value = body.get(name)
    if not isinstance(value, str) or not _HASH.fullmatch(value):
        raise InputError("this is no SHA-256 in hex", place=name)
    return value


def parse_count(body: Mapping[str, Any], name: str, *, most: int = 2**53 - 1) -> int:
    """A field's whole number, from 0 to `most`.

    Raises:
        InputError: it is none.
    """
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise InputError(f"this must be a whole number from 0 to {most}", place=name)
    return value


def parse_moment(body: Mapping[str, Any], name: str) -> int:
    """A field's time in unix seconds.

    Raises:
        InputError: it is none, or beyond the year 9999.
    """
    return parse_count(body, name, most=LAST_SECOND)


def parse_base_units(body: Mapping[str, Any], name: str) -> int:
    """A field's amount: base units as decimal text, written in its one way.

    Raises:
        InputError: it is none, or above what any chain can hold.
    """
    value = body.get(name)
    if not isinstance(value, str) or not _UNITS.fullmatch(value) or int(value) > MAX_AMOUNT:
        raise InputError("this must be an amount of base units as decimal text", place=name)
    return int(value)


def parse_rows(body: Mapping[str, Any], name: str, *, most: int = LONGEST_LIST) -> list[Mapping[str, Any]]:
    """A field's list of objects.

    Raises:
        InputError: it is none, or longer than `most`.
    """
    value = body.get(name)
    if not isinstance(value, list) or len(value) > most or not all(isinstance(row, dict) for row in value):
        raise InputError(f"this must be a list of at most {most} objects", place=name)
    return list(value)


def parse_part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A field's object.

    Raises:
        InputError: it is none.
    """
    value = body.get(name)
    if not isinstance(value, dict):
        raise InputError("this must be an object", place=name)
    return value


def parse_decimals(body: Mapping[str, Any], name: str = "decimals") -> int | None:
    """A field's decimal places; `None` where they are not known.

    Raises:
        InputError: it is neither a number from 0 to 77 nor null.
    """
    return None if body.get(name) is None else parse_count(body, name, most=MAX_DECIMALS)


def parse_maybe_moment(body: Mapping[str, Any], name: str) -> int | None:
    """A field's time in unix seconds, or `None` where it is not known.

    Raises:
        InputError: it is neither a time nor null.
    """
    return None if body.get(name) is None else parse_moment(body, name)


def parse_texts(
    body: Mapping[str, Any], name: str, *, longest: int = 300, most: int = LONGEST_LIST
) -> list[str]:
    """A field's list of texts, none of them empty.

    Raises:
        InputError: it is none, longer than `most`, or one of them cannot be right.
    """
    value = body.get(name)
    if not isinstance(value, list) or len(value) > most:
        raise InputError(f"this must be a list of at most {most} texts", place=name)
    return [parse_text({name: item}, name, longest=longest) for item in value]
