"""Formats that a ledger reads: each turns a source's files into rows of one shape, or of one named problem.

* A source says what moved; it never decides what to follow.
* What a format cannot say (an index, a status, a time) stays unknown; it is never made up.

Merging with what the ledger holds is the ledger's own `merging` and `utxo_import`.
"""

from jindo.ledger.sources.bad_row import BadRow
from jindo.ledger.sources.bitcoin_blocks import BlockSource
from jindo.ledger.sources.catalogue import CATALOGUE, Format, check_options, get_format
from jindo.ledger.sources.ethereum_moves import END_OF_BLOCK
from jindo.ledger.sources.request import SourceRequest, TransactionRows

__all__ = [
    "CATALOGUE",
    "Format",
    "get_format",
    "check_options",
    "SourceRequest",
    "TransactionRows",
    "BlockSource",
    "BadRow",
    "END_OF_BLOCK",
]
