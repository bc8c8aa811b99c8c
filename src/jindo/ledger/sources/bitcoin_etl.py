"""The `bitcoin-etl` format: transactions with their inputs and outputs as JSON lines or Parquet, enriched or not.

* Values are whole satoshi.
* Blocks beside them say how many transactions there should be.

What is in a row is `bitcoin_rows`'s; whether a transaction can be, `utxo_import`'s, which sees all of them.
"""

from __future__ import annotations

from jindo.ledger.sources.bitcoin_files import read_transaction_files
from jindo.ledger.sources.bitcoin_rows import RowReader
from jindo.ledger.sources.request import SourceRequest, TransactionRows


def read_bitcoin_etl(request: SourceRequest) -> TransactionRows:
    """Every row of the files: number of the file, line, the line itself, and what it says.

    Raises:
        InputError: no file is a table of transactions, or one cannot be read to its end.
    """
    return read_transaction_files(request, RowReader(request.chain))
