"""Ethereum's tables as AWS's data set and cryo publish them: names and types of every column."""

from __future__ import annotations

import pyarrow as pa

AWS = {
    "transactions": [
        ("date", pa.string()), ("hash", pa.string()), ("nonce", pa.int64()), ("transaction_index", pa.int64()),
        ("from_address", pa.string()), ("to_address", pa.string()), ("value", pa.float64()), ("gas", pa.int64()),
        ("gas_price", pa.int64()), ("input", pa.string()), ("receipt_cumulative_gas_used", pa.int64()),
        ("receipt_gas_used", pa.int64()), ("receipt_contract_address", pa.string()), ("receipt_status", pa.int64()),
        ("block_timestamp", pa.timestamp("ns")), ("block_number", pa.int64()), ("block_hash", pa.string()),
        ("max_fee_per_gas", pa.int64()), ("max_priority_fee_per_gas", pa.int64()), ("transaction_type", pa.int64()),
        ("receipt_effective_gas_price", pa.int64()),
    ],
    "token_transfers": [
        ("date", pa.string()), ("token_address", pa.string()), ("from_address", pa.string()),
        ("to_address", pa.string()), ("value", pa.float64()), ("transaction_hash", pa.string()),
        ("log_index", pa.int64()), ("block_timestamp", pa.timestamp("ns")), ("block_number", pa.int64()),
        ("block_hash", pa.string()),
    ],
    "logs": [
        ("date", pa.string()), ("log_index", pa.int64()), ("transaction_hash", pa.string()),
        ("transaction_index", pa.int64()), ("address", pa.string()), ("data", pa.string()),
        ("topics", pa.list_(pa.string())), ("block_timestamp", pa.timestamp("ns")), ("block_number", pa.int64()),
        ("block_hash", pa.string()),
    ],
    "traces": [
        ("date", pa.string()), ("transaction_hash", pa.string()), ("transaction_index", pa.int64()),
        ("from_address", pa.string()), ("to_address", pa.string()), ("value", pa.float64()), ("input", pa.string()),
        ("output", pa.string()), ("trace_type", pa.string()), ("call_type", pa.string()), ("reward_type", pa.string()),
        ("gas", pa.int64()), ("gas_used", pa.int64()), ("subtraces", pa.int64()), ("trace_address", pa.string()),
        ("error", pa.string()), ("status", pa.int64()), ("block_timestamp", pa.timestamp("ns")),
        ("block_number", pa.int64()), ("block_hash", pa.string()), ("trace_id", pa.string()),
    ],
    "blocks": [
        ("date", pa.string()), ("timestamp", pa.timestamp("ns")), ("number", pa.int64()), ("hash", pa.string()),
        ("parent_hash", pa.string()), ("nonce", pa.string()), ("miner", pa.string()), ("difficulty", pa.float64()),
        ("total_difficulty", pa.float64()), ("size", pa.int64()), ("extra_data", pa.string()), ("gas_limit", pa.int64()),
        ("gas_used", pa.int64()), ("transaction_count", pa.int64()), ("base_fee_per_gas", pa.int64()),
    ],
}  # fmt: skip
NUMERIC = pa.decimal128(38, 9)
_BYTES, _U32, _U64 = pa.binary(), pa.uint32(), pa.uint64()
U256 = [("value_binary", _BYTES), ("value_string", pa.string()), ("value_f64", pa.float64())]
CRYO = {
    "transactions": [
        ("block_number", _U32), ("transaction_index", _U64), ("transaction_hash", _BYTES), ("nonce", _U64),
        ("from_address", _BYTES), ("to_address", _BYTES), *U256, ("input", _BYTES), ("gas_limit", _U64),
        ("gas_used", _U64), ("gas_price", _U64), ("transaction_type", _U32), ("max_priority_fee_per_gas", _U64),
        ("max_fee_per_gas", _U64), ("success", pa.bool_()), ("n_input_bytes", _U32), ("n_input_zero_bytes", _U32),
        ("n_input_nonzero_bytes", _U32), ("chain_id", _U64), ("timestamp", _U32),
    ],
    "traces": [
        ("action_from", _BYTES), ("action_to", _BYTES), ("action_value", pa.string()), ("action_gas", _U32),
        ("action_input", _BYTES), ("action_call_type", pa.string()), ("action_init", _BYTES),
        ("action_reward_type", pa.string()), ("action_type", pa.string()), ("result_gas_used", _U32),
        ("result_output", _BYTES), ("result_code", _BYTES), ("result_address", _BYTES), ("trace_address", pa.string()),
        ("subtraces", _U32), ("transaction_index", _U32), ("transaction_hash", _BYTES), ("block_number", _U32),
        ("block_hash", _BYTES), ("error", pa.string()), ("chain_id", _U64),
    ],
    "erc20_transfers": [
        ("block_number", _U32), ("transaction_index", _U32), ("log_index", _U32), ("transaction_hash", _BYTES),
        ("erc20", _BYTES), ("from_address", _BYTES), ("to_address", _BYTES), *U256, ("chain_id", _U64),
    ],
    "logs": [
        ("block_number", _U32), ("transaction_index", _U32), ("log_index", _U32), ("transaction_hash", _BYTES),
        ("address", _BYTES), ("topic0", _BYTES), ("topic1", _BYTES), ("topic2", _BYTES), ("topic3", _BYTES),
        ("data", _BYTES), ("n_data_bytes", _U32), ("chain_id", _U64),
    ],
    "native_transfers": [
        ("block_number", _U32), ("transaction_index", _U32), ("transfer_index", _U32), ("transaction_hash", _BYTES),
        ("from_address", _BYTES), ("to_address", _BYTES), *U256, ("chain_id", _U64),
    ],
    "blocks": [
        ("block_hash", _BYTES), ("author", _BYTES), ("block_number", _U32), ("gas_used", _U64), ("extra_data", _BYTES),
        ("timestamp", _U32), ("base_fee_per_gas", _U64), ("chain_id", _U64),
    ],
}  # fmt: skip
