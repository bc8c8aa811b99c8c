"""What a source's row is where it is none: a code, a reason and what to do.

* The codes are listed in `docs/reference/ledger-format.md`.

Where the row stands, whoever reads it knows.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be read as what it should be."""

    code: str
    reason: str
    remedy: str
