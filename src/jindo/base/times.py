"""Times: whole seconds since 1970 in UTC, and the text that people write.

* A time without a zone is UTC. Local time is a matter of the faces, never of the evidence.
* Text is ISO 8601 (`2023-06-02T21:49:23Z`, `2023-06-02 21:49:23`, `2023-06-02`), or whole unix seconds.
* Nothing here reads a clock.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NewType

from jindo.base.errors import InputError

Seconds = NewType("Seconds", int)
"""Unix time in whole seconds, UTC."""

_LAST = 253_402_300_799  # 9999-12-31T23:59:59Z, the last that ISO text can say


def parse_time(text: str, *, place: str = "") -> Seconds:
    """Unix seconds of an ISO 8601 text or of whole unix seconds.

    Fractions of a second are cut off, as block times have none. `place` is named in the error.

    Raises:
        InputError: the text is neither, or outside the years 1970 to 9999.
    """
    text = text.strip()
    if re.fullmatch(r"[0-9]{1,12}", text) and not re.fullmatch(r"[0-9]{8}", text):
        return _checked(int(text), text, place)
    cleaned = re.sub(r"\s*(UTC|utc)$", "+00:00", text)
    try:
        moment = datetime.fromisoformat(cleaned)
    except ValueError as error:
        raise InputError(
            f"the time {text!r} is not ISO 8601",
            place=place,
            remedy="Write it as 2023-06-02, or as 2023-06-02T21:49:23Z.",
        ) from error
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return _checked((moment - datetime(1970, 1, 1, tzinfo=UTC)) // _SECOND, text, place)


def format_time(seconds: int | None) -> str:
    """ISO 8601 in UTC with a `Z`; the empty text where the time is unknown."""
    if seconds is None:
        return ""
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _checked(seconds: int, text: str, place: str) -> Seconds:
    if not 0 <= seconds <= _LAST:
        raise InputError(f"the time {text!r} is outside the years 1970 to 9999", place=place)
    return Seconds(seconds)


_SECOND = datetime(1970, 1, 2, tzinfo=UTC) - datetime(1970, 1, 1, 23, 59, 59, tzinfo=UTC)
