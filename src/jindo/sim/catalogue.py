"""The worlds by name, and the one way to make them.

* An unknown name or a scale that makes no sense is refused before anything is made.
* Names are listed in the order of `sim.worlds`, where the worlds themselves are.
"""

from __future__ import annotations

import math
from typing import overload

from jindo.base.errors import InputError, NotFound
from jindo.sim.world import World
from jindo.sim.worlds import RECIPES, Recipe
from jindo.sim.worlds.bybit import NAME as FULL_NAME
from jindo.sim.worlds.full import FULL, BigWorld, make_full

WORLDS = RECIPES
"""The worlds there are: name, description, and how each is made."""

MAX_SCALE = 1000


@overload
def make_world(name: str, *, seed: int, scale: float = 1.0) -> World: ...


@overload
def make_world(name: str, *, seed: int, scale: str) -> BigWorld: ...


def make_world(name: str, *, seed: int, scale: float | str = 1.0) -> World | BigWorld:
    """The world `name`; `scale` multiplies its wallets and transactions, not what is stolen.

    `full` is a scale of `bybit`'s: the theft in every number of public reporting, with a crowd that is made as it
    is written.

    Raises:
        NotFound: there is no world of that name.
        InputError: the scale is neither above 0 and at most 1000, nor `full` where there is that.
    """
    recipe = _get_recipe(name)
    if isinstance(scale, str):
        if scale != FULL or name != FULL_NAME:
            raise InputError(
                f"there is no scale {scale!r} of the world {name!r}",
                remedy=f"Give a number such as 1 or 0.1, or {FULL} for {FULL_NAME}.",
            )
        return make_full(seed=seed)
    if not (math.isfinite(scale) and 0 < scale <= MAX_SCALE):
        raise InputError(
            f"the scale {scale} is not above 0 and at most {MAX_SCALE}",
            remedy="Give a scale such as 1, 0.1 or 10.",
        )
    return recipe.make(seed=seed, scale=scale)


def _get_recipe(name: str) -> Recipe:
    for recipe in WORLDS:
        if recipe.name == name:
            return recipe
    names = ", ".join(recipe.name for recipe in WORLDS)
    raise NotFound(f"there is no world named {name!r}", remedy=f"Name one of these: {names}.")
