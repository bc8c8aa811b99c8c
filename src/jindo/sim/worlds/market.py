"""Prices in a world: what a whole unit of each asset is worth in US cents, hour by hour, and exchange at them.

* Prices wander by up to six tenths of a per cent an hour, in whole numbers drawn from the world's own randomness.
* Exchange is in whole base units, rounded down; a fee is taken in basis points.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from jindo.base.ids import AssetId
from jindo.sim.facts import WorldPrice
from jindo.sim.worlds.scene import HOUR


@dataclass(slots=True)
class WorldMarket:
    """Prices of a world's assets."""

    start: int
    decimals: Mapping[AssetId, int]
    cents: dict[AssetId, list[int]] = field(default_factory=dict)
    """Price of a whole unit by hour."""

    def price(self, asset: AssetId, time: int) -> int:
        """US cents for a whole unit."""
        hours = self.cents[asset]
        return hours[min(max(0, (time - self.start) // HOUR), len(hours) - 1)]

    def exchange(self, amount: int, given: AssetId, got: AssetId, time: int, *, less: int = 0) -> int:
        """What `amount` of one asset buys of another, less so many basis points."""
        worth = amount * self.price(given, time) * 10 ** self.decimals[got] * (10_000 - less)
        return int(worth // (self.price(got, time) * 10 ** self.decimals[given] * 10_000))

    def list_rows(self) -> tuple[WorldPrice, ...]:
        """Every price, by asset and hour."""
        return tuple(
            WorldPrice(self.start + hour * HOUR, asset, "USD", f"{cents // 100}.{cents % 100:02d}")
            for asset, hours in sorted(self.cents.items())
            for hour, cents in enumerate(hours)
        )


def open_market(
    rng: random.Random,
    *,
    start: int,
    end: int,
    assets: Mapping[AssetId, tuple[int, int, AssetId | None]],
) -> WorldMarket:
    """A market of assets, each with its decimals, its first price in cents, and which other it is worth the same as.

    A price of 100 cents stays.
    """
    market = WorldMarket(start, {asset: decimals for asset, (decimals, _, _) in assets.items()})
    for asset, (_, first, like) in assets.items():
        market.cents[asset] = market.cents[like] if like else _wander(rng, first, (end - start) // HOUR + 1)
    return market


def _wander(rng: random.Random, first: int, hours: int) -> list[int]:
    prices = [first]
    for _ in range(hours - 1):
        prices.append(first if first == 100 else prices[-1] * (10_000 + rng.randrange(-60, 61)) // 10_000)
    return prices
