"""The `cryo` format: Parquet (or CSV) as Paradigm's cryo collects it, one data set a file.

* Numbers of 256 bits are columns `value_string` or `value_binary` (32 bytes, or hex), both exact; a file that has the
  value as `value_f64`, `value_f32`, `value_u64` or `value_u32` alone, which round or wrap, is refused.
* Traces without an error succeeded; in a file collected with --exclude-failed the others are not there.
* Tokens come from `erc20_transfers` or from `logs`; the price of gas is the transaction's `gas_price`, which nodes give
  as it was paid.
* `native_transfers` do not say which of them were reverted or only lent code: they move nothing here, and are named.
* Files that state another `chain_id` than the import's are refused.

Which rows move value is `ethereum_moves`'s. Source: cryo, `crates/freeze/src/datasets`.
"""

from __future__ import annotations

import dataclasses

from jindo.base.errors import InputError
from jindo.ledger.files import SourceFile
from jindo.ledger.sources.ethereum_moves import stage_ethereum
from jindo.ledger.sources.ethereum_shape import EthereumShape, to_snake
from jindo.ledger.sources.request import SourceRequest

_ALIASES = {
    "block": ("block_number", "number"),
    "hash": ("transaction_hash",),
    "tx_index": ("transaction_index", "transaction_position"),
    "sender": ("from_address", "action_from"),
    "receiver": ("to_address", "action_to"),
    "value": ("value_string", "action_value", "value", "value_str"),
    "value_hex": ("value_binary", "value_u256binary"),
    "time": ("timestamp",),
    "status": ("success",),
    "gas_paid": (),
    "created": ("result_address",),
    "token": ("erc20", "address", "contract_address"),
    "trace_type": ("action_type",),
    "call_type": ("action_call_type",),
    "trace_index": (),
    "trace_id": (),
    "topics": (),
}
_ROUNDED = ("value_f64", "value_f32", "value_u64", "value_u32", "value_float", "value_d128")
_EXACT = ("value_string", "action_value", "value_binary", "value_u256binary", "value", "value_str")


def find_cryo_table(columns: set[str]) -> str | None:
    """The data set that a file with these columns is."""
    if {"action_type", "trace_address"} <= columns:
        return "traces"
    if "transfer_index" in columns:
        return "native_transfers"
    if {"erc20", "from_address", "log_index"} <= columns:
        return "token_transfers"
    if {"topic0", "data", "log_index"} <= columns:
        return "logs"
    if {"transaction_hash", "from_address", "nonce"} <= columns:
        return "transactions"
    if "timestamp" in columns and columns & {"block_number", "number"} and "transaction_hash" not in columns:
        return "blocks"
    return None


def _hex(column: str) -> str:
    """SQL of hex with its `0x`, which cryo can be told to leave out."""
    return f"CASE WHEN {column} IS NULL OR starts_with(lower({column}), '0x') THEN {column} ELSE '0x' || {column} END"


def _address(column: str) -> str:
    """SQL of an address; early versions gave those of logs as the 32 bytes of the topic."""
    padded = f"regexp_full_match(lower({column}), '(0x)?0{{24}}[0-9a-f]{{40}}')"
    return f"CASE WHEN {padded} THEN '0x' || right({column}, 40) ELSE {_hex(column)} END"


def _check_exact(source: SourceFile, table: str) -> None:
    columns = {to_snake(name) for name in source.columns}
    kinds = dict(zip(source.columns, source.types, strict=True))
    has_value = table in ("transactions", "token_transfers", "traces")
    exact = [name for name in _EXACT if name in columns and kinds.get(name) not in ("DOUBLE", "FLOAT")]
    if has_value and not exact:
        rounded = ", ".join(name for name in (*_ROUNDED, "value") if name in columns) or "no column of it"
        raise InputError(
            f"{source.name} has the value as {rounded}, which is not exact",
            place=str(source.path),
            remedy="Collect it again with cryo --u256-types binary string.",
        )


_PLACE = {"hash": _hex("hash")}
_ENDS = {"sender": _address("sender"), "receiver": _address("receiver"), "value_hex": _hex("value_hex")}
_SENT = "coalesce(trace_type, '') <> 'reward' OR receiver IS NOT NULL"
SHAPE = EthereumShape(
    find_table=find_cryo_table,
    aliases=_ALIASES,
    adapt={
        "transactions": _PLACE | _ENDS,
        "token_transfers": _PLACE | _ENDS | {"token": _address("token")},
        "logs": _PLACE | {"token": _address("token"), "data": _hex("data")},
        "traces": _PLACE
        | {
            # A reward's author stands where others have their sender.
            "sender": f"CASE WHEN {_SENT} THEN {_address('sender')} END",
            "receiver": f"CASE WHEN {_SENT} THEN {_address('coalesce(receiver, created)')} ELSE {_address('sender')} END",
            "value_hex": _hex("value_hex"),
            "call_type": "nullif(replace(call_type, '_', ''), 'none')",
        },
    },
    unread={
        "native_transfers": "native_transfers do not say which of them were reverted or only lent code; collect cryo's traces"
    },
    remedy="Give cryo's transactions, traces, and logs or erc20_transfers; blocks for the times.",
    check=_check_exact,
)


def stage_cryo(request: SourceRequest) -> dict[str, int]:
    """Make the table `raw` of these files, for `check_rows`; gives the rows of each table.

    Raises:
        InputError: none of the files is a table that is read, values are rounded, or another chain's.
    """
    traces = [source for source in request.files if find_cryo_table(set(source.columns)) == "traces"]
    if not all("error" in source.columns for source in traces):
        return stage_ethereum(request, SHAPE)
    told = {**SHAPE.adapt["traces"], "status": "CASE WHEN error IS NULL THEN '1' ELSE '0' END"}
    return stage_ethereum(request, dataclasses.replace(SHAPE, adapt={**SHAPE.adapt, "traces": told}))
