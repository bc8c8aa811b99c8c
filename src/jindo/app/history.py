"""The history that a result carries: every movement of every pot that stolen value touched, in Parquet.

* It is enough to run the trace again with no ledger at hand, and nothing more than that.
* Rows stand in ledger order, chain by chain. What is stolen is found in them again, from what was named.
* Account chains: all that each touched pot received and sent. UTXO chains: each transaction that handled stolen
  value, with all its inputs and outputs.
* A history from elsewhere may be hostile. Its footer is held against its size before anything is unpacked, and rows are
  read in batches: a small file cannot ask for much memory.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from jindo.app.study import Answer, Study, as_account, as_utxo
from jindo.base.amounts import parse_units
from jindo.base.errors import IntegrityError
from jindo.base.ids import Account, AssetId, ChainId, TxId
from jindo.ledger import (
    NETWORKS,
    AccountChain,
    Chain,
    Ints,
    Kind,
    Transfer,
    UtxoChain,
    UtxoInput,
    UtxoOutput,
    UtxoTransaction,
    build_account_chain,
    build_utxo_chain,
    read_transactions,
    read_transfers,
)
from jindo.trace import AccountSeeds

BATCH = 4_096
"""Rows that are unpacked at a time."""

LEAST_BYTES = 4
"""Bytes of a file for each row, input or output that its footer states; real histories take 50 and more."""

MOST_UNPACKED = 200
"""Bytes that a byte of the file may become when it is unpacked; those of real histories become 2."""

_INPUT = pa.struct(
    [
        ("prev_hash", pa.string()),
        ("prev_index", pa.int64()),
        ("value", pa.string()),
        ("address", pa.string()),
        ("known", pa.bool_()),
    ]
)
_OUTPUT = pa.struct([("value", pa.string()), ("address", pa.string())])
SCHEMA = pa.schema(
    [
        ("chain", pa.string()),
        ("block", pa.int64()),
        ("time", pa.int64()),
        ("time_max", pa.int64()),
        ("tx_hash", pa.string()),
        ("tx_index", pa.int64()),
        ("kind", pa.int8()),
        ("position", pa.int64()),
        ("sender", pa.string()),
        ("receiver", pa.string()),
        ("asset", pa.string()),
        ("amount", pa.string()),
        ("coinbase", pa.bool_()),
        ("inputs", pa.list_(_INPUT)),
        ("outputs", pa.list_(_OUTPUT)),
    ]
)


def write_history(study: Study, path: Path) -> dict[str, Any]:
    """Write the history of all that any rule touched; what `describe_history` says of it."""
    rows: list[dict[str, Any]] = []
    for place, answer in enumerate(study.stated):
        touched = sorted(set().union(*(_touched_rows(study.answers[rule][place]) for rule in study.answers)))
        rows += (
            _account_rows(answer, touched)
            if isinstance(answer.question.chain, AccountChain)
            else _utxo_rows(answer, touched)
        )
    pq.write_table(
        pa.Table.from_pylist(rows, schema=SCHEMA), path, compression="zstd", write_statistics=False
    )
    return _describe(rows)


def describe_history(path: Path) -> dict[str, Any]:
    """Row count of a history, and the SHA-256 over its rows as canonical JSON lines.

    The hash is of what the history says, not of how this version of Parquet packs it.

    Raises:
        IntegrityError: the file is not a whole history.
    """
    return _describe(_iter_rows(path))


def read_history(path: Path) -> list[Chain]:
    """The chains that a history holds.

    Raises:
        IntegrityError: the file is not a whole history.
    """
    by_chain: dict[str, _Gathered] = {}
    for row in _iter_rows(path):
        by_chain.setdefault(row["chain"], _Gathered()).add(row)
    return [_rebuild(ChainId(name), of_chain) for name, of_chain in by_chain.items()]


def read_bitcoin_history(path: Path) -> dict[ChainId, dict[str, UtxoTransaction]]:
    """The transactions of a history on Bitcoin's chains, by chain and id.

    Raises:
        IntegrityError: the file is not a whole history.
    """
    found: dict[ChainId, dict[str, UtxoTransaction]] = {}
    for row in _iter_rows(path):
        if row["kind"] is None and row["chain"] in NETWORKS:
            found.setdefault(ChainId(row["chain"]), {})[row["tx_hash"]] = _transaction(row)
    return found


def read_spent_outputs(path: Path) -> dict[str, frozenset[tuple[str, str]]]:
    """The outputs (hash, index) that each UTXO transaction of a history spends."""
    return {
        row["tx_hash"]: frozenset((given["prev_hash"], str(given["prev_index"])) for given in row["inputs"])
        for row in _iter_rows(path)
        if row["kind"] is None
    }


def _iter_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a history, a batch of them in memory at a time."""
    try:
        with pq.ParquetFile(path) as file:
            _check_schema(file.schema_arrow, path)
            _check_footer(file.metadata, path)
            for batch in file.iter_batches(batch_size=BATCH):
                yield from batch.to_pylist()
    except (OSError, ValueError, pa.ArrowException) as error:
        raise IntegrityError(f"the history cannot be read: {error}", place=str(path)) from error


def _check_schema(schema: pa.Schema, path: Path) -> None:
    if not schema.equals(SCHEMA):
        raise IntegrityError("the history has other columns than a history has", place=str(path))


def _check_footer(stated: pq.FileMetaData, path: Path) -> None:
    """Refuse a file that is said to become far more than such a file can be, before it becomes that."""
    groups = [stated.row_group(n) for n in range(stated.num_row_groups)]
    columns = [[group.column(n) for group in groups] for n in range(stated.num_columns)]
    cells = max((sum(part.num_values for part in column) for column in columns), default=0)
    unpacked = sum(part.total_uncompressed_size for column in columns for part in column)
    size = path.stat().st_size
    if max(cells, stated.num_rows) * LEAST_BYTES > size or unpacked > size * MOST_UNPACKED:
        raise IntegrityError(
            f"the history cannot be read: its {size} bytes are said to hold {stated.num_rows} rows, of "
            f"{cells} entries and {unpacked} bytes",
            place=str(path),
        )


def _describe(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    digest, count = hashlib.sha256(), 0
    for row in rows:
        told = {name: value for name, value in row.items() if value is not None}
        # The same bytes as RFC 8785 for these texts, whole numbers and truth values, and far faster.
        digest.update(
            json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
        )
        count += 1
    return {"rows": count, "sha256": digest.hexdigest()}


def _touched_rows(answer: Answer) -> set[int]:
    chain, findings = answer.question.chain, answer.findings
    rows = {flow.row for flow in findings.flows} | {
        row for row in _seed_rows(answer) if row < answer.question.end
    }
    if isinstance(chain, UtxoChain):
        return rows
    for pot in findings.hops:
        if pot in findings.limited or pot in answer.question.stops:
            continue
        rows.update(chain.draws_of(pot).tolist())
        rows.update(chain.fills_of(pot).tolist())
    return {row for row in rows if row < answer.question.end}


def _seed_rows(answer: Answer) -> list[int]:
    seeds = answer.question.seeds
    return list(seeds.theft_of if isinstance(seeds, AccountSeeds) else seeds.seeds)


def _account_rows(answer: Answer, touched: list[int]) -> list[dict[str, Any]]:
    chain, _ = as_account(answer.question)
    return [
        {
            "chain": chain.chain,
            "block": row.block,
            "time": row.time,
            "time_max": chain.time_at(row.block),
            "tx_hash": row.tx_hash,
            "tx_index": row.tx_index,
            "kind": int(row.kind),
            "position": row.position,
            "sender": row.sender,
            "receiver": row.receiver,
            "asset": row.asset,
            "amount": str(row.amount),
        }
        for row in read_transfers(chain, touched)
    ]


def _utxo_rows(answer: Answer, touched: list[int]) -> list[dict[str, Any]]:
    chain, _ = as_utxo(answer.question)
    return [
        {
            "chain": chain.chain,
            "block": row.block,
            "time": row.time,
            "time_max": chain.time_at(row.block),
            "tx_hash": row.tx_hash,
            "tx_index": row.tx_index,
            "coinbase": row.coinbase,
            "inputs": [_input_row(given) for given in row.inputs],
            "outputs": [{"value": str(made.value), "address": made.address} for made in row.outputs],
        }
        for row in read_transactions(chain, touched)
    ]


def _input_row(given: UtxoInput) -> dict[str, Any]:
    return {
        "prev_hash": given.prev_hash,
        "prev_index": given.prev_index,
        "value": None if given.value is None else str(given.value),
        "address": given.address,
        "known": given.known,
    }


@dataclass(slots=True)
class _Gathered:
    """What a history holds of one chain, row by row."""

    transfers: list[Transfer] = field(default_factory=list)
    transactions: list[UtxoTransaction] = field(default_factory=list)
    time_max: dict[int, int] = field(default_factory=dict)

    def add(self, row: dict[str, Any]) -> None:
        if row["kind"] is None:
            self.transactions.append(_transaction(row))
        else:
            self.transfers.append(_transfer(row))
        self.time_max[row["block"]] = row["time_max"]


def _rebuild(chain: ChainId, gathered: _Gathered) -> Chain:
    if gathered.transfers and gathered.transactions:
        raise IntegrityError(f"the history of {chain} mixes transfers and transactions")
    built = (
        build_utxo_chain(chain, gathered.transactions)
        if gathered.transactions
        else build_account_chain(chain, gathered.transfers)
    )
    times = np.array([gathered.time_max[height] for height in built.heights().tolist()], np.int64)
    if np.any(np.diff(times) < 0):
        raise IntegrityError("the history's running maximum of times falls")
    return _with_times(built, times)


def _with_times(chain: Chain, times: Ints) -> Chain:
    """The chain, of one run, with the running maxima of times that the whole ledger has at its blocks."""
    runs: Any = tuple(replace(run, blocks=replace(run.blocks, time_max=times)) for run in chain.runs)
    return replace(chain, runs=runs)


def _transfer(row: dict[str, Any]) -> Transfer:
    return Transfer(
        block=row["block"],
        tx_hash=TxId(row["tx_hash"]),
        sender=row["sender"],
        receiver=row["receiver"],
        amount=_units(row["amount"]),
        asset=AssetId(row["asset"]),
        kind=Kind(row["kind"]),
        time=row["time"],
        tx_index=row["tx_index"],
        position=row["position"],
    )


def _transaction(row: dict[str, Any]) -> UtxoTransaction:
    inputs = tuple(
        UtxoInput(
            TxId(given["prev_hash"]),
            given["prev_index"],
            None if given["value"] is None else _units(given["value"]),
            given["address"],
            known=given["known"],
        )
        for given in row["inputs"]
    )
    outputs = tuple(UtxoOutput(_units(made["value"]), Account(made["address"])) for made in row["outputs"])
    return UtxoTransaction(
        row["block"],
        TxId(row["tx_hash"]),
        row["tx_index"],
        inputs,
        outputs,
        coinbase=row["coinbase"],
        time=row["time"],
    )


def _units(text: str) -> int:
    units = parse_units(text)
    if str(units) != text:
        raise IntegrityError(
            f"the history states an amount as {text!r}, which is not its one way to be written"
        )
    return units
