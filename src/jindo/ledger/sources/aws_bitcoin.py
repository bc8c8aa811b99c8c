"""The `aws-btc` format: Bitcoin in AWS's public blockchain data set, as Parquet by day.

* Values are doubles of bitcoin. A double tells every whole satoshi up to 2^26 bitcoin apart: the satoshi whose bitcoin
  is that double, or next to it, is meant; a value that is near none is refused with its row.
* Totals (`input_value`, `output_value`, `fee`) are sums of doubles: computed again in satoshi, they may be off by what
  adding up doubles can do, and by no more.
* Nothing is inexact: what comes in is whole satoshi or is refused.

What is in a row is `bitcoin_rows`'s. Source: the data set's `schema/btc.md` (v1.0).
"""

from __future__ import annotations

import math
from typing import Any

from jindo.base.errors import InputError
from jindo.ledger.sources.bitcoin_files import read_transaction_files
from jindo.ledger.sources.bitcoin_rows import RowReader
from jindo.ledger.sources.request import SourceRequest, TransactionRows

SATOSHI = 100_000_000
"""Satoshi of one bitcoin."""
_MOST = 2.0**26
"""Bitcoin beyond which the spacing of doubles does not tell two satoshi apart for certain."""
_REMEDY = "Compare with another copy of the chain: the value is not what a node says."


def read_aws_bitcoin(request: SourceRequest) -> TransactionRows:
    """Every row of the files: number of the file, line, the line itself, and what it says.

    Raises:
        InputError: no file is a table of transactions, or one cannot be read to its end.
    """
    return read_transaction_files(request, RowReader(request.chain, to_satoshi, is_total))


def to_satoshi(value: Any) -> int:
    """The whole number of satoshi that a double of bitcoin stands for.

    Raises:
        InputError: it is none: negative, not finite, too large, or between two satoshi.
    """
    double = _to_double(value)
    if not 0 <= double <= _MOST:
        raise InputError(f"the value {value} is not one that a bitcoin output can have", remedy=_REMEDY)
    units = round(double * SATOSHI)
    if abs(units / SATOSHI - double) > math.ulp(double):
        raise InputError(f"the value {value!r} bitcoin is no whole number of satoshi", remedy=_REMEDY)
    return units


def is_total(stated: Any, units: int, count: int) -> bool:
    """Whether a double is the sum of `count` doubles of bitcoin that make `units` satoshi."""
    double = _to_double(stated)
    slack = 0.5 / SATOSHI + count * math.ulp(max(abs(double), units / SATOSHI))
    return abs(double - units / SATOSHI) < slack


def _to_double(value: Any) -> float:
    try:
        double = float(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"the value {value!r} is not a number", remedy=_REMEDY) from error
    if not math.isfinite(double):
        raise InputError(f"the value {value!r} is not a number", remedy=_REMEDY)
    return double
