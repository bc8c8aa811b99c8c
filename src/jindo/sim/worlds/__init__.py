"""The worlds there are, each made by one function of seed and scale.

Rules for a world: randomness only from `random.Random` of its key, whole numbers near value, no clock, and
every movement posted to the books.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from jindo.sim.world import World
from jindo.sim.worlds import bridges, bybit, coinjoin, innocent, peel

__all__ = ["RECIPES", "Make", "Recipe"]


class Make(Protocol):
    """Makes a world of a seed and a scale."""

    def __call__(self, *, seed: int, scale: float) -> World:
        """The world of a seed and a scale above 0."""
        ...


@dataclass(frozen=True, slots=True)
class Recipe:
    """A world that can be made."""

    name: str
    description: str
    make: Make


RECIPES = (
    Recipe(bybit.NAME, bybit.DESCRIPTION, bybit.make_bybit),
    Recipe(coinjoin.NAME, coinjoin.DESCRIPTION, coinjoin.make_coinjoin),
    Recipe(bridges.NAME, bridges.DESCRIPTION, bridges.make_bridges),
    Recipe(innocent.NAME, innocent.DESCRIPTION, innocent.make_innocent),
    Recipe(peel.NAME, peel.DESCRIPTION, peel.make_peel),
)
"""In the order in which they are listed."""
