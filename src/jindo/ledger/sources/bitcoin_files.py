"""Files of Bitcoin transactions, and of the blocks that they stand in, as the ETL family writes them.

* Files come in any order. Which are transactions and which blocks, their columns say; others are not read, and named.
* A block table states how many transactions each block has: where fewer are there, a note says so.
* One row is in memory at a time.

What is in a row is `bitcoin_rows`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jindo.base.errors import InputError
from jindo.ledger.files import SourceFile
from jindo.ledger.rows import UtxoTransaction
from jindo.ledger.sources.bad_row import BadRow
from jindo.ledger.sources.bitcoin_rows import COLUMNS, RowReader, parse_index
from jindo.ledger.sources.records import iter_records
from jindo.ledger.sources.request import SourceRequest, TransactionRows

_BLOCK_COLUMNS = ("number", "hash", "transaction_count")


def read_transaction_files(request: SourceRequest, reader: RowReader) -> TransactionRows:
    """Every row of the source's transactions: number of the file, line, the line itself, and what it says.

    Raises:
        InputError: no file is a table of transactions, or one cannot be read to its end.
    """
    counts = BlockCounts(request)
    for number, line, text, row in iter_transaction_records(request):
        parsed = row if isinstance(row, BadRow) else reader.parse(row)
        if isinstance(parsed, UtxoTransaction):
            counts.add(parsed.block)
        yield number, line, text or to_text(row), parsed
    request.notes += counts.notes()


def iter_transaction_records(
    request: SourceRequest,
) -> Iterator[tuple[int, int, str, dict[str, Any] | BadRow]]:
    """Every row of the source's files of transactions: number of the file, line, the line itself, its fields.

    Raises:
        InputError: no file is a table of transactions, or one cannot be read to its end.
    """
    tables = [_find_table(source) for source in request.files]
    if "transactions" not in tables:
        there = ", ".join(request.files[0].columns) or "none"
        raise InputError(
            f"there is no table of transactions; the columns are {there}",
            place=request.files[0].name,
            remedy="Give the files that have hash, block_number, inputs and outputs.",
        )
    for number, source in enumerate(request.files):
        if tables[number] is None:
            request.notes.append(f"{source.name} is no table of transactions or blocks, and was not read")
        if tables[number] != "transactions":
            continue
        for line, text, row in iter_records(source, COLUMNS):
            if line % 50_000 == 1:
                request.staging.progress(f"reading {source.name}", line, None)
            yield number, line, text, row


class BlockCounts:
    """How many transactions each block is said to have, and how many came."""

    def __init__(self, request: SourceRequest) -> None:
        self._stated: dict[int, int] = {}
        self._came: dict[int, int] = {}
        for source in request.files:
            if _find_table(source) == "blocks":
                self._stated.update(_read_counts(source))

    def add(self, block: int) -> None:
        """One transaction of a block came."""
        if block in self._stated:
            self._came[block] = self._came.get(block, 0) + 1

    def notes(self) -> list[str]:
        """What is missing, by the block table's own word."""
        lacking = {b: n - self._came.get(b, 0) for b, n in self._stated.items() if self._came.get(b, 0) < n}
        if not lacking:
            return []
        count, where = (
            sum(lacking.values()),
            f"in {len(lacking)} blocks from {min(lacking)} to {max(lacking)}",
        )
        return [
            f"{count} transactions are missing that the block table counts, {where}: import their files too"
        ]


def to_text(row: dict[str, Any] | BadRow) -> str:
    """What names a row of Parquet in a rejects file."""
    if isinstance(row, BadRow):
        return ""
    fields = {name: row.get(name) for name in ("hash", "block_number", "index") if row.get(name) is not None}
    return "{" + ", ".join(f'"{name}": "{value}"' for name, value in fields.items()) + "}"


def _find_table(source: SourceFile) -> str | None:
    columns = set(source.columns)
    if not columns or columns & {"inputs", "outputs"}:
        return "transactions"
    if {"number", "hash"} <= columns and columns & {"merkle_root", "transaction_count"}:
        return "blocks"
    return None if source.sort in ("json", "parquet") else "transactions"


def _read_counts(source: SourceFile) -> dict[int, int]:
    counts: dict[int, int] = {}
    for line, _, row in iter_records(source, _BLOCK_COLUMNS):
        if isinstance(row, BadRow) or row.get("transaction_count") is None:
            continue
        try:
            counts[parse_index(row.get("number"), "block")] = parse_index(row["transaction_count"], "count")
        except InputError as error:
            raise InputError(
                error.problem,
                place=f"{source.name}:{line}",
                remedy="Correct the block, or leave the file out.",
            ) from error
    return counts
