"""Canonical JSON (RFC 8785) and SHA-256 over it.

* Keys are sorted, white space is gone, numbers have one form: equal values give equal bytes.
* Integers beyond 2^53 - 1 are refused, since readers of JSON round them; amounts are strings.
* Bytes that parse, but are not what writing their value gives, are refused: no key twice, nothing after the end.

What goes into a hash is decided by the room that owns the value.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import rfc8785

from jindo.base.errors import InputError


class NotCanonical(InputError):
    """Bytes are not what canonical JSON writes for any value."""

    code = "seal.canonical"

    def default_remedy(self) -> str:
        """Send the bytes as they were made."""
        return "Send the bytes as they were made: canonical JSON (RFC 8785), nothing before or after it."


def canonical_bytes(value: Any) -> bytes:
    """UTF-8 bytes of `value` in the JSON Canonicalization Scheme (RFC 8785).

    Raises:
        InputError: an integer beyond 2^53 - 1, a number that is not finite, or a type that JSON lacks.
    """
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        raise InputError(
            f"the value has no canonical JSON form: {error}", remedy="Write large whole numbers as strings."
        ) from error


def parse_canonical(data: bytes) -> Any:
    """The value that `canonical_bytes` wrote as `data`.

    Raises:
        InputError: code `seal.canonical`, the bytes are not JSON, or not in its canonical form.
    """
    try:
        value = json.loads(data.decode("utf-8"))
        written = canonical_bytes(value)
    except (ValueError, RecursionError, InputError) as error:
        raise NotCanonical("the bytes are not canonical JSON", place="JSON") from error
    if written != data:
        raise NotCanonical("the bytes are JSON, but not in its canonical form", place="JSON")
    return value


def sha256_hex(data: bytes) -> str:
    """SHA-256 of `data` as 64 lower case hex digits."""
    return hashlib.sha256(data).hexdigest()


def canonical_hash(value: Any) -> str:
    """SHA-256 of the canonical bytes of `value`, in hex.

    Raises:
        InputError: as `canonical_bytes`.
    """
    return sha256_hex(canonical_bytes(value))
