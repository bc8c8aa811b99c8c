"""The formats whose source is a node of its own: asked block by block, its answers kept in the ledger's folder.

* What asks servers is heavy, and loads where a node is asked.

What is asked, `ethereum_rpc` and `bitcoin_rpc` say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jindo.base.errors import InputError
from jindo.ledger.files import SourceFile
from jindo.ledger.sources.request import SourceRequest

if TYPE_CHECKING:
    from jindo.ledger.fetching import FetchedBlocks, FetchOrder


def fetch_ethereum(order: FetchOrder) -> FetchedBlocks:
    """See `ethereum_rpc.fetch_ethereum_blocks`."""
    from jindo.ledger.sources.ethereum_rpc import fetch_ethereum_blocks

    return fetch_ethereum_blocks(order)


def unpack_ethereum(request: SourceRequest) -> list[SourceFile]:
    """See `ethereum_unpacking.write_ethereum_tables`."""
    from jindo.ledger.sources.ethereum_unpacking import write_ethereum_tables

    return write_ethereum_tables(request)


def fetch_bitcoin(order: FetchOrder) -> FetchedBlocks:
    """See `bitcoin_rpc.fetch_bitcoin_blocks`."""
    from jindo.ledger.sources.bitcoin_rpc import fetch_bitcoin_blocks

    return fetch_bitcoin_blocks(order)


def find_no_files(source: str) -> list[SourceFile]:
    """No files: a node is fetched from.

    Raises:
        InputError: always.
    """
    raise InputError(f"{source!r} is not the address of a node", remedy="Give it as http://HOST:PORT.")
