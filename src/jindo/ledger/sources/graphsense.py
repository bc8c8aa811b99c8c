"""The `graphsense-ethereum` format: blocks, transactions, traces and logs as GraphSense's exports have them.

* Hashes and addresses are hex with `0x`, values decimal wei; columns are `txHash`, `blockId`, `fromAddress`, or in later
  exports `tx_hash`, `block_id`, `from_address`. They are ethereum-etl's under other names.
* A trace's place in the call tree stands in its `traceId` (`call_0x…_0_1`), or in `trace_address` with bars between.
* There is no table of token transfers: they are taken from the logs (see `ethereum_logs`).

Which rows move value is `ethereum_moves`'s. Source: graphsense-ethereum-etl, `eth_csv_export.py` and `schema.cql`.
"""

from __future__ import annotations

import dataclasses

from jindo.ledger.sources.ethereum_etl import SHAPE as ETL_SHAPE
from jindo.ledger.sources.ethereum_moves import stage_ethereum
from jindo.ledger.sources.request import SourceRequest

SHAPE = dataclasses.replace(
    ETL_SHAPE, remedy="Give GraphSense's transactions, traces and logs, and its blocks for the times."
)


def stage_graphsense(request: SourceRequest) -> dict[str, int]:
    """Make the table `raw` of these files, for `check_rows`; gives the rows of each table.

    Raises:
        InputError: none of the files is a table that is read.
    """
    return stage_ethereum(request, SHAPE)
