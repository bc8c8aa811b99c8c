"""Canonical JSON (RFC 8785) and SHA-256 over it.

* Keys are sorted, white space is gone, numbers have one form: equal values give equal bytes.
* Integers beyond 2^53 - 1 are refused, since readers of JSON round them; amounts are strings.

What goes into a hash is decided by the room that owns the value.
"""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785

from jindo.base.errors import InputError


def canonical_bytes(value: Any) -> bytes:
    """UTF-8 bytes of `value` in the JSON Canonicalization Scheme (RFC 8785).

    Raises:
        InputError: an integer beyond 2^53 - 1, a number that is not finite, or a type that JSON lacks.
    """
    try:
        return rfc8785.dumps(value)
    except rfc8785.CanonicalizationError as error:
        raise InputError(
            f"the value has no canonical JSON form: {error}", remedy="Write large whole numbers as strings."
        ) from error


def sha256_hex(data: bytes) -> str:
    """SHA-256 of `data` as 64 lower case hex digits."""
    return hashlib.sha256(data).hexdigest()


def canonical_hash(value: Any) -> str:
    """SHA-256 of the canonical bytes of `value`, in hex.

    Raises:
        InputError: as `canonical_bytes`.
    """
    return sha256_hex(canonical_bytes(value))
