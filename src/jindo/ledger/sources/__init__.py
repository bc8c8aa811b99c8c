"""Formats that a ledger reads: each turns a source's files into rows of one shape, or of one named problem.

* A source says what moved; it never decides what to follow.
* What a format cannot say (an index, a status, a time) stays unknown; it is never made up.

Merging with what the ledger holds is the ledger's own `merging` and `utxo_import`.
"""

from jindo.ledger.sources.bad_row import BadRow
from jindo.ledger.sources.bitcoin_blocks import BlockSource
from jindo.ledger.sources.bitcoin_etl import read_bitcoin
from jindo.ledger.sources.block_files import find_block_files
from jindo.ledger.sources.ethereum_etl import END_OF_BLOCK, stage_ethereum
from jindo.ledger.sources.transfers import stage_transfers

__all__ = [
    "stage_transfers",
    "stage_ethereum",
    "read_bitcoin",
    "BlockSource",
    "find_block_files",
    "BadRow",
    "END_OF_BLOCK",
]
