"""The tables of a cluster ledger: their columns, and the number that puts a row into ledger order.

* `event` is `block` * 2^24 + the row's place among the block's rows on an account chain, so it rises in ledger order
  and needs no other group of files to be known.
* Amounts are decimal text from end to end: no engine's number ever holds one.
* -1 stands for a missing index or time, NULL for nobody.
"""

from __future__ import annotations

import pyarrow as pa

from jindo.base.errors import InputError

PLACE_BITS = 24
MOST_BLOCKS = 1 << (62 - PLACE_BITS)
SEGMENT_BITS = 10
"""A segment of the fingerprint is 2^10 blocks."""

ROWS = pa.schema(
    [
        ("event", pa.int64()),
        ("part", pa.int32()),
        ("block", pa.int64()),
        ("time", pa.int64()),
        ("tx_hash", pa.string()),
        ("tx_index", pa.int64()),
        ("kind", pa.int32()),
        ("position", pa.int64()),
        ("sender", pa.string()),
        ("receiver", pa.string()),
        ("asset", pa.string()),
        ("amount", pa.string()),
        ("memo", pa.string()),
    ]
)
"""Movements; `part` is the group of files that a row comes from."""
TRANSACTIONS = pa.schema(
    [
        ("event", pa.int64()),
        ("part", pa.int32()),
        ("block", pa.int64()),
        ("time", pa.int64()),
        ("tx_hash", pa.string()),
        ("tx_index", pa.int64()),
        ("coinbase", pa.int32()),
    ]
)
OUTPUTS = pa.schema(
    [
        ("event", pa.int64()),
        ("tx_hash", pa.string()),
        ("place", pa.int64()),
        ("amount", pa.string()),
        ("account", pa.string()),
    ]
)
"""Outputs by the event and hash of the transaction that makes them."""
STATED = pa.schema(
    [
        ("event", pa.int64()),
        ("tx_hash", pa.string()),
        ("place", pa.int64()),
        ("spent_hash", pa.string()),
        ("spent_place", pa.int64()),
        ("amount", pa.string()),
        ("account", pa.string()),
    ]
)
"""Inputs by the event and hash of their transaction; amount and account as the source states them, else NULL."""
INPUTS = pa.schema([*STATED, ("known", pa.int32()), ("made", pa.int64()), ("stated", pa.string())])
"""The same with what the output is that they spend: whether it is there (1), its event, and the amount as stated."""
BLOCKS = pa.schema([("block", pa.int64()), ("time_max", pa.int64())])
"""Running maximum of times."""
UTXO_TABLES = {"transactions": TRANSACTIONS, "outputs": OUTPUTS, "inputs": INPUTS}


def to_event(block: int, place: int) -> int:
    """The number of the row at `place` (from 0) in `block`.

    Raises:
        InputError: the block or the place is too high to be told apart.
    """
    if not 0 <= block < MOST_BLOCKS or not 0 <= place < 1 << PLACE_BITS:
        raise InputError(
            f"block {block} is past {MOST_BLOCKS - 1}, or holds more than {1 << PLACE_BITS} rows",
            remedy="Import this chain into a ledger on one machine, without --engine.",
        )
    return block << PLACE_BITS | place
