"""How far a thing may travel: the Traffic Light Protocol, version 2.0.

* Levels are ordered: whoever may not see AMBER may not see RED.
* A marking is stated by whoever made the thing, and nobody loosens it on the way.

What a level allows towards whom is decided by the gate (`share`).
"""

from __future__ import annotations

from enum import StrEnum

from jindo.base.errors import InputError


class Tlp(StrEnum):
    """A level of TLP 2.0 (FIRST, August 2022), from the loosest to the strictest."""

    CLEAR = "CLEAR"
    GREEN = "GREEN"
    AMBER = "AMBER"
    AMBER_STRICT = "AMBER+STRICT"
    RED = "RED"

    @property
    def rank(self) -> int:
        """0 for the loosest, 4 for the strictest."""
        return list(Tlp).index(self)


def parse_tlp(text: str) -> Tlp:
    """The level of a text such as `amber`, `TLP:AMBER` or `amber+strict`.

    Raises:
        InputError: there is no such level in TLP 2.0.
    """
    name = text.strip().upper().removeprefix("TLP:").replace("_", "+")
    try:
        return Tlp(name)
    except ValueError as error:
        raise InputError(
            f"{text!r} is no level of TLP 2.0",
            remedy=f"Write one of {', '.join(level.value for level in Tlp)}.",
        ) from error
