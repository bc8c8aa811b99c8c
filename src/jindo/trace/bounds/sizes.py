"""Up to which size bounds are computed, and what is said beyond it.

* Figures bound time and memory before they are spent: rows read, edges, and edges times endpoints.
* A size is a property of the question, the same on any machine, so that two parties get the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """The largest question that is answered."""

    rows: int
    """Movements (transactions on a UTXO chain) in the history of the pots that stolen value can have reached."""
    edges: int
    """Edges of one network."""
    work: int
    """Edges times endpoints of one network: each endpoint asks for two more flows."""
    wide_work: int
    """The same where so much was stolen that numbers take more than 124 bits, which is slow."""


DEFAULT_SIZES = Sizes(rows=100_000, edges=100_000, work=100_000_000, wide_work=1_000_000)
WIDEST = 1 << 124
"""Supplies from here on take numbers wider than what is compiled."""


class BeyondSizes(Exception):  # never leaves this room: it becomes the reason in the answer
    """A question beyond the sizes; `str` says which, in words for a report."""


def check_rows(rows: int, sizes: Sizes) -> None:
    """Refuse more rows than `sizes` allows.

    Raises:
        BeyondSizes: there are more.
    """
    if rows > sizes.rows:
        raise BeyondSizes(
            f"stolen value can have reached accounts with {rows:,} movements or more; "
            f"bounds are computed up to {sizes.rows:,}"
        )


def check_edges(edges: int, sizes: Sizes) -> None:
    """Refuse a network of more edges than `sizes` allows.

    Raises:
        BeyondSizes: there are more.
    """
    if edges > sizes.edges:
        raise BeyondSizes(
            f"the flow network has {edges:,} edges or more; bounds are computed up to {sizes.edges:,}"
        )


def check_work(edges: int, endpoints: int, stolen: int, sizes: Sizes) -> None:
    """Refuse more edges times endpoints than `sizes` allows for so many stolen units.

    Raises:
        BeyondSizes: there is more.
    """
    most = sizes.work if stolen < WIDEST else sizes.wide_work
    if edges * endpoints > most:
        raise BeyondSizes(
            f"the flow network has {edges:,} edges and {endpoints:,} endpoints; bounds are computed up to a product "
            f"of {most:,}"
        )
