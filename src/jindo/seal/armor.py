"""Bytes as text: standard base64 (RFC 4648, section 4), of which there is one form for the same bytes.

* Padding is there, white space and other alphabets are not, bits behind the end are zero.
* A text that decodes but is not what encoding gives is refused: two texts never mean the same bytes.
"""

from __future__ import annotations

import base64
import binascii

from jindo.base.errors import InputError


class ArmorMalformed(InputError):
    """A text is not the base64 of anything."""

    code = "seal.base64"

    def default_remedy(self) -> str:
        """Send standard base64."""
        return "Send standard base64 with padding and without white space, as written by `base64 -w0`."


def to_base64(data: bytes) -> str:
    """The one base64 text of `data`."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: object, *, place: str = "base64") -> bytes:
    """The bytes that `to_base64` would write as `text`.

    Raises:
        InputError: code `seal.base64`, the text is not a text or not in its only form.
    """
    if not isinstance(text, str):
        raise ArmorMalformed("a text of base64 is expected here", place=place)
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise ArmorMalformed("the text is not base64", place=place) from error
    if to_base64(data) != text:
        raise ArmorMalformed("the text is base64, but not in its only form", place=place)
    return data
