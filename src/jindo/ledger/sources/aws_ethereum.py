"""The `aws-eth` format: Ethereum in AWS's public blockchain data set, as Parquet by day.

* Values are doubles of wei. From 2^53 on a double no longer tells two neighbours apart: such an amount comes in as the
  whole number that the double is, which may be off by half the spacing of doubles there, and makes the import inexact.
* Logs have the amounts of tokens as they were written: where logs are given too, tokens are exact.
* Gas is whole numbers, and exact.

Which rows move value is `ethereum_moves`'s. Source: the data set's `schema/eth.md` (v1.0).
"""

from __future__ import annotations

import dataclasses

from jindo.ledger.sources.ethereum_etl import SHAPE as ETL_SHAPE
from jindo.ledger.sources.ethereum_moves import stage_ethereum
from jindo.ledger.sources.request import SourceRequest
from jindo.ledger.staging import Staging

EXACT = 2**53
"""Below it every whole number is a double."""

_DOUBLE = "try_cast(regexp_replace(value, '^float ', '') AS DOUBLE)"
"""SQL of the double whose shortest text staging gave."""
_WHOLE = (
    f"CASE WHEN {_DOUBLE} >= 1e38 AND isfinite({_DOUBLE}) THEN whole_of_double({_DOUBLE}) "
    f"WHEN {_DOUBLE} >= 0 AND {_DOUBLE} = floor({_DOUBLE}) AND isfinite({_DOUBLE}) THEN {_DOUBLE}::HUGEINT::VARCHAR "
    "ELSE value END"
)
"""SQL of a double's whole number in full; what is none stays as it is, and is refused with its row."""

SHAPE = dataclasses.replace(
    ETL_SHAPE,
    remedy="Give v1.0/eth: transactions, traces, and logs or token_transfers; blocks for what should be there.",
    adapt={table: {"value": _WHOLE} for table in ("transactions", "token_transfers", "traces")},
)


def stage_aws_ethereum(request: SourceRequest) -> dict[str, int]:
    """Make the table `raw` of these files, for `check_rows`; gives the rows of each table.

    Sets `request.inexact` where an amount may have been rounded.

    Raises:
        InputError: none of the files is a table that is read.
    """
    request.staging.con.create_function("whole_of_double", _to_whole, ["DOUBLE"], "VARCHAR")
    counts = stage_ethereum(request, SHAPE)
    rounded = count_rounded(request.staging)
    if rounded:
        request.inexact = (
            f"{rounded} amounts of {request.chain} come from doubles of 2^53 base units or more, which may have been rounded "
            "to 53 binary digits"
        )
    return counts


def count_rounded(staging: Staging) -> int:
    """Amounts that a double may have rounded; those that logs state are exact, whatever their size."""
    return staging.one(
        f"SELECT count(*) FROM raw WHERE kind <> 2 AND regexp_full_match(amount, '[0-9]{{16,78}}') "
        f"AND amount::DOUBLE >= {EXACT} "
        "AND file NOT IN (SELECT DISTINCT file FROM logs)"
    )


def _to_whole(double: float) -> str:
    return str(int(double))
