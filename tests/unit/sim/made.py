"""Worlds made once for all tests of this folder."""

from functools import cache

from jindo.sim import World, make_world

SMALL = {"coinjoin": 0.06, "bridges": 0.05, "innocent": 0.02, "peel": 0.05}
"""The worlds that tell what everything truly is, and a scale that is soon made."""


@cache
def made(name: str, seed: int = 3) -> World:
    """A small world."""
    return make_world(name, seed=seed, scale=SMALL[name])
