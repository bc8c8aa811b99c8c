"""The `ethereum-etl` format: transactions, token transfers, traces and receipts, in CSV, JSON lines or Parquet.

* Exports of BigQuery's `crypto_ethereum` are of the same shape, and GraphSense's names for the columns are understood.
* Logs are read only where no table says their token transfers.

Which rows move value is `ethereum_moves`'s. A token transfer's value is what the log said: for ERC-721 that is the
token's number, which `token_transfers` does not tell from an amount.
"""

from __future__ import annotations

import dataclasses

from jindo.ledger.sources.ethereum_moves import stage_ethereum
from jindo.ledger.sources.ethereum_shape import EthereumShape, to_snake
from jindo.ledger.sources.request import SourceRequest

ALIASES = {
    "block": ("block_number", "block_id", "number"),
    "hash": ("hash", "transaction_hash", "tx_hash"),
    "tx_index": ("transaction_index",),
    "sender": ("from_address",),
    "receiver": ("to_address",),
    "time": ("block_timestamp", "timestamp"),
    "status": ("receipt_status", "status"),
    "gas_used": ("receipt_gas_used", "gas_used"),
    "gas_paid": ("receipt_effective_gas_price", "effective_gas_price"),
    "created": ("receipt_contract_address", "contract_address"),
    "token": ("token_address", "address"),
}
"""What ethereum-etl and those after it call the columns."""


def find_etl_table(columns: set[str]) -> str | None:
    """The table that a file with these columns is."""
    has_hash = columns & {"hash", "transaction_hash", "tx_hash"}
    if columns & {"trace_address", "trace_id", "trace_type"} and "value" in columns:
        return "traces"
    if {"token_address", "from_address", "value"} <= columns:
        return "token_transfers"
    if has_hash and {"from_address", "value"} <= columns and columns & {"nonce", "gas_price", "gas"}:
        return "transactions"
    if has_hash and "gas_used" in columns and columns & {"cumulative_gas_used", "status"}:
        return "receipts"
    if has_hash and {"topics", "data", "log_index"} <= columns:
        return "logs"
    if "timestamp" in columns and columns & {"number", "block_id"}:
        return "blocks"
    return None


SHAPE = EthereumShape(
    find_table=find_etl_table,
    aliases=ALIASES,
    remedy="Give files as ethereum-etl writes them, with their header.",
)


def stage_ethereum_etl(request: SourceRequest) -> dict[str, int]:
    """Make the table `raw` of these files, for `check_rows`; gives the rows of each table.

    Raises:
        InputError: none of the files is a table that is read.
    """
    tables = {find_etl_table({to_snake(name) for name in source.columns}) for source in request.files}
    if "token_transfers" not in tables:
        return stage_ethereum(request, SHAPE)
    unread = {"logs": "the source has token transfers, which say what its logs say"}
    return stage_ethereum(request, dataclasses.replace(SHAPE, unread=unread))
