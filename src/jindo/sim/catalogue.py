"""The worlds by name, and the one way to make them.

* An unknown name or a scale that makes no sense is refused before anything is made.
* Names are listed in the order of `sim.worlds`, where the worlds themselves are.
"""

from __future__ import annotations

import math

from jindo.base.errors import InputError, NotFound
from jindo.sim.world import World
from jindo.sim.worlds import RECIPES

WORLDS = RECIPES
"""The worlds there are: name, description, and how each is made."""

MAX_SCALE = 1000


def make_world(name: str, *, seed: int, scale: float = 1.0) -> World:
    """The world `name`; `scale` multiplies its wallets and transactions, not what is stolen.

    Raises:
        NotFound: there is no world of that name.
        InputError: the scale is not above 0 and at most 1000.
    """
    if not (math.isfinite(scale) and 0 < scale <= MAX_SCALE):
        raise InputError(
            f"the scale {scale} is not above 0 and at most {MAX_SCALE}",
            remedy="Give a scale such as 1, 0.1 or 10.",
        )
    for recipe in WORLDS:
        if recipe.name == name:
            return recipe.make(seed=seed, scale=scale)
    names = ", ".join(recipe.name for recipe in WORLDS)
    raise NotFound(f"there is no world named {name!r}", remedy=f"Name one of these: {names}.")
