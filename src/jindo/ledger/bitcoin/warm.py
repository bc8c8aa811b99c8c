"""Compile the fast block parser ahead of its first use: `python -m jindo.ledger.bitcoin.warm`.

Numba compiles once a machine and keeps what it made beside the source. Without this, the first import of raw blocks
does the same, and takes some seconds longer.
"""

from __future__ import annotations

from jindo.base.ids import BITCOIN
from jindo.ledger.bitcoin.columns import parse_blocks
from jindo.ledger.bitcoin.networks import get_network


def warm_parser() -> None:
    """Parse nothing, which compiles all that parses."""
    parse_blocks([], get_network(BITCOIN), wtxids=True)


if __name__ == "__main__":
    warm_parser()
