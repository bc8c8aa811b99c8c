"""Rows of JSON lines and of Parquet as dictionaries, each with its file and line, one batch in memory at a time.

* A JSON number keeps its digits: it arrives as text. A Parquet value arrives in its own type, a time as unix seconds.
* Of a Parquet file only the columns that are asked for are read; nested ones are named `outputs.value`.
* A line that is no JSON object is one bad row; a file that is not what its name says is refused by its name.

What the fields mean is each format's own.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet

from jindo.base.errors import InputError
from jindo.ledger.files import SourceFile
from jindo.ledger.sources.bad_row import BadRow

_BATCH = 4096
"""Rows of a Parquet file that are in memory at once."""


def iter_records(
    source: SourceFile, columns: Sequence[str]
) -> Iterator[tuple[int, str, dict[str, Any] | BadRow]]:
    """Every row of a file: its line (in Parquet its number, from 1), the line itself, and its fields.

    `columns` are those of a Parquet file that are read, where they are there.

    Raises:
        InputError: the file is neither JSON lines nor Parquet, or not whole.
    """
    if source.sort == "json":
        return _iter_json(source)
    if source.sort == "parquet":
        return _iter_parquet(source, columns)
    raise InputError(
        "the format is read as JSON lines or Parquet",
        place=source.name,
        remedy="Export it as JSON lines (.jsonl, .json) or Parquet: CSV cannot hold lists of inputs and outputs.",
    )


def _iter_json(source: SourceFile) -> Iterator[tuple[int, str, dict[str, Any] | BadRow]]:
    try:
        with _open(source) as stream:
            for line, text in enumerate(stream, 1):
                if text.strip():
                    yield line, text.strip(), _parse_line(text)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise _refuse(source, error) from error


def _open(source: SourceFile) -> IO[str]:
    if source.path.suffix == ".gz":
        return gzip.open(source.path, "rt", encoding="utf-8")
    return source.path.open(encoding="utf-8")


def _parse_line(text: str) -> dict[str, Any] | BadRow:
    try:
        row = json.loads(text, parse_float=str, parse_int=str)
    except (json.JSONDecodeError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
        return BadRow("ledger.bad-line", f"the line is not JSON: {reason}", "Correct the line.")
    if not isinstance(row, dict):
        return BadRow("ledger.bad-transaction", "the line is not a JSON object", "Correct the row.")
    return row


def _iter_parquet(
    source: SourceFile, columns: Sequence[str]
) -> Iterator[tuple[int, str, dict[str, Any] | BadRow]]:
    line = 0
    try:
        with pa.parquet.ParquetFile(source.path) as file:
            for batch in file.iter_batches(_BATCH, columns=_find_paths(file, columns)):
                for row in _to_seconds(batch).to_pylist():
                    line += 1
                    yield line, "", row
    except (pa.ArrowException, OSError) as error:
        raise _refuse(source, error) from error


def _find_paths(file: Any, columns: Sequence[str]) -> list[str]:
    """The file's own paths of these columns, whatever its writer called the levels of a list."""
    paths = [file.schema.column(i).path for i in range(len(file.schema))]
    wanted = {tuple(name.split(".")) for name in columns}
    return [path for path in paths if _to_name(path) in wanted]


def _to_name(path: str) -> tuple[str, ...]:
    """`outputs.list.element.value` as (`outputs`, `value`); `…addresses.list.element` ends in its list's name."""
    parts = path.split(".")
    levels = {"list", "element", "bag", "array", "array_element", "item", "key_value"}
    return (parts[0], *(part for part in parts[1:] if part not in levels))


def _to_seconds(batch: Any) -> Any:
    for i, kind in enumerate(batch.schema.types):
        if pa.types.is_timestamp(kind):
            seconds = batch.column(i).cast(pa.timestamp("s", kind.tz), safe=False).cast(pa.int64())
            batch = batch.set_column(i, batch.schema.names[i], seconds)
    return batch


def _refuse(source: SourceFile, error: Exception) -> InputError:
    first = (str(error).splitlines() or [type(error).__name__])[0]
    return InputError(
        f"{source.name} cannot be read to its end: {first}",
        place=str(source.path),
        remedy="Compare it with the original: it may be cut or damaged.",
    )
