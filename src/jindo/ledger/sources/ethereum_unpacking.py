"""Kept answers of an Ethereum node, unpacked into the tables of ethereum-etl.

* The tables are Parquet files in the staging folder, written in pieces: memory does not follow the range.
* They are read as `ethereum-etl` reads them, so that there is one definition of what moves.
* Withdrawals are left out where they are paid in a token and not in the chain's own coin, and a note counts them.

What an answer says `ethereum_answers` knows; what moves value, `ethereum_etl`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from jindo.base.errors import InputError
from jindo.ledger.fetching import ServerAnswer, iter_evidence, parse_kept
from jindo.ledger.files import SourceFile
from jindo.ledger.sources.ethereum_answers import (
    BLOCK,
    RECEIPTS,
    TABLES,
    TRACES,
    Row,
    Rows,
    iter_block_rows,
    iter_geth_rows,
    iter_parity_rows,
    iter_receipt_rows,
    parse_quantity,
)
from jindo.ledger.sources.ethereum_checks import list_hashes
from jindo.ledger.sources.request import SourceRequest

_ROWS_AT_ONCE = 50_000
_SORT = TABLES["traces"].index("trace_type")
_PAID_IN_TOKENS = frozenset({"eip155:100", "eip155:10200"})
"""Chains whose withdrawals are not of their own coin: Gnosis and its test network pay GNO, and gas in xDAI."""


def write_ethereum_tables(request: SourceRequest) -> list[SourceFile]:
    """The kept answers of a request's lists as the tables of ethereum-etl, Parquet files in the staging folder.

    Raises:
        InputError: an answer is not one of a node.
        KeptDamaged: an answer is not what was received.
    """
    where = ", ".join(source.name for source in request.files)
    tokens = request.chain in _PAID_IN_TOKENS
    with closing(_TableWriter(request.staging.folder, where, leaves_withdrawals=tokens)) as writer:
        for source in request.files:
            _write_answers(iter_evidence(source), writer)
        if writer.blob_fees:
            request.notes.append(
                f"{writer.blob_fees} transactions paid for blobs; these fees are not in the ledger"
            )
        if writer.withdrawals:
            request.notes.append(
                f"{writer.withdrawals} withdrawals are paid in a token of {request.chain}, not in its own coin, and are not "
                "in the ledger"
            )
        return writer.finish()


class _TableWriter:
    """The tables of ethereum-etl, being written; to be closed."""

    def __init__(self, folder: Path, where: str, *, leaves_withdrawals: bool) -> None:
        self.blob_fees = 0
        """Transactions that paid for blobs."""
        self.withdrawals = 0
        """Withdrawals that were left out."""
        self._leaves_withdrawals = leaves_withdrawals
        self._folder, self._where = folder, where
        self._rows: dict[str, list[Row]] = {table: [] for table in TABLES}
        self._schemas = {
            table: pa.schema([(name, pa.string()) for name in columns]) for table, columns in TABLES.items()
        }
        self._files = {
            table: pyarrow.parquet.ParquetWriter(folder / f"{table}.parquet", schema)
            for table, schema in self._schemas.items()
        }

    def add(self, rows: Rows) -> None:
        """Put rows in."""
        for table, row in rows:
            if self._leaves_withdrawals and table == "traces" and row[_SORT] == "withdrawal":
                self.withdrawals += 1
                continue
            self._rows[table].append(row)
            if len(self._rows[table]) >= _ROWS_AT_ONCE:
                self._flush(table)

    def finish(self) -> list[SourceFile]:
        """The tables that are whole; a table without rows is one too."""
        for table in TABLES:
            self._flush(table)
        self.close()
        return [
            SourceFile(
                self._folder / f"{table}.parquet",
                f"{table} of {self._where}",
                "parquet",
                columns,
                ("VARCHAR",) * len(columns),
            )
            for table, columns in TABLES.items()
        ]

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files.values():
            file.close()

    def _flush(self, table: str) -> None:
        rows, schema = self._rows[table], self._schemas[table]
        if rows:
            columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
            self._files[table].write_table(pa.table(columns, schema=schema))
            self._rows[table] = []


def _write_answers(answers: Iterator[ServerAnswer], writer: _TableWriter) -> None:
    hashes: dict[int, list[str]] = {}
    """Transactions of the blocks of the last span, which Geth's traces may not name."""
    reading_blocks = False
    for answer in answers:
        for (method, params), result in parse_kept(answer):
            is_block = method == BLOCK
            if is_block and not reading_blocks:
                hashes.clear()
            reading_blocks = is_block
            try:
                _write_result(method, params, result, hashes, writer)
            except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
                raise InputError("a kept answer cannot be read", place=answer.sha256) from error


def _write_result(
    method: str, params: Sequence[Any], result: Any, hashes: dict[int, list[str]], writer: _TableWriter
) -> None:
    if method == BLOCK:
        hashes[parse_quantity(params[0])] = list_hashes(result)
        writer.add(iter_block_rows(result))
    elif method in RECEIPTS:
        for receipt in result if isinstance(result, list) else [result]:
            writer.blob_fees += receipt.get("blobGasUsed") not in (None, "0x0")
            writer.add(iter_receipt_rows(receipt))
    elif method == TRACES[0]:
        writer.add(iter_parity_rows(result))
    elif method == TRACES[1]:
        number = parse_quantity(params[0])
        writer.add(iter_geth_rows(number, hashes[number], result))
    else:
        raise InputError(f"the answer is one to {method!r}, which is not asked for")
