"""Source files become one table of texts in DuckDB, each row with its file and line.

* Every field arrives as the text that the source wrote: a JSON number keeps all its digits.
* Rows keep the order of their file; a row that cannot be split into fields is kept, as a rejected one.
* Parquet is read in place; CSV and JSON lines are copied into the staging database once.
* Empty text means that the field is missing.

What the fields mean is `sources`'; whether they are right, `checking`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import pyarrow as pa
import pyarrow.csv

from jindo.base.errors import InputError
from jindo.ledger.files import SourceFile, quote

Progress: TypeAlias = Callable[[str, int, int | None], None]
"""Told of (what is being done, how much is done, how much there is to do or `None`)."""


@dataclass(slots=True)
class Staging:
    """A DuckDB database that lives as long as one import."""

    con: duckdb.DuckDBPyConnection
    folder: Path
    progress: Progress
    rejected: list[tuple[int, int, str, str, str, str]] = field(default_factory=list)
    """(file, line, code, reason, remedy, row as JSON) of rows that could not be split into fields."""

    parquet: list[SourceFile] = field(default_factory=list)
    """Files that are read where they lie: one of them may turn out to be damaged in the middle of a statement."""

    def run(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Run one statement and give its rows.

        Raises:
            InputError: a file of the source is damaged.
        """
        try:
            return self.con.execute(sql, parameters or None).fetchall()
        except duckdb.Error:
            self._check_parquet()
            raise

    def stream(self, sql: str, size: int) -> Iterator[Any]:
        """The rows of a query as record batches of so many rows, while other statements run beside it.

        Raises:
            InputError: a file of the source is damaged.
        """
        with self.con.cursor() as cursor:
            try:
                yield from cursor.sql(sql).to_arrow_reader(size)
            except (duckdb.Error, pa.ArrowException, OSError, RuntimeError):
                self._check_parquet()
                raise

    def _check_parquet(self) -> None:
        for source in self.parquet:
            try:
                path = quote(str(source.path))
                self.con.execute(f"SELECT max(hash(COLUMNS(*))) FROM read_parquet({path})").fetchall()
            except duckdb.Error as error:
                raise _refuse_file(source, error) from error

    def one(self, sql: str) -> int:
        """The single number that a query gives; 0 for NULL."""
        return int(self.run(sql)[0][0] or 0)


def open_staging(folder: Path, progress: Progress | None) -> Staging:
    """A new staging database in `folder`."""
    con = duckdb.connect(
        ":memory:"
    )  # spills beyond its memory limit; a database file would compress every copy
    con.execute(f"SET temp_directory = {quote(str(folder / 'spill'))}")
    con.execute("SET memory_limit = '3GB'")
    con.execute("SET enable_progress_bar = false")
    return Staging(con, folder, progress or (lambda *_: None))


def load(
    staging: Staging, table: str, files: Sequence[tuple[int, SourceFile]], columns: Mapping[str, str | None]
) -> None:
    """Make `table`(file, line, …) of these numbered files.

    `columns` maps each column of the table to the file's column, or to `None` where the file has none.
    """
    groups: dict[tuple[Any, ...], list[tuple[int, SourceFile]]] = {}
    for number, source in files:
        same = (source.columns, source.types) if source.sort == "parquet" else number
        groups.setdefault((source.sort, same), []).append((number, source))
    parts = []
    for group in groups.values():
        try:
            parts.append(_load_files(staging, f"{table}_{group[0][0]}", group, columns))
        except (duckdb.Error, pa.ArrowInvalid) as error:
            raise _refuse_file(group[0][1], error) from error
    staging.run(f"CREATE OR REPLACE VIEW {table} AS " + " UNION ALL ".join(parts))


def _refuse_file(source: SourceFile, error: Exception) -> InputError:
    first = str(error).splitlines()[0]
    return InputError(
        f"{source.name} cannot be read to its end: {first}",
        place=str(source.path),
        remedy="Compare it with the original: it may be cut or damaged.",
    )


def name_of(text: str) -> str:
    """`text` as a SQL name."""
    return '"' + text.replace('"', '""') + '"'


def _load_files(
    staging: Staging,
    table: str,
    files: Sequence[tuple[int, SourceFile]],
    columns: Mapping[str, str | None],
) -> str:
    """SQL of the rows of one text file, or of Parquet files that have the same columns, read side by side."""
    number, source = files[0]
    staging.progress(f"reading {source.name}", 0, None)
    if source.sort == "parquet":
        staging.parquet += [source for _, source in files]
        return _scan_parquet(files, columns)
    fields = ", ".join(
        f"{f'nullif({name_of(theirs)}, {quote(str())})' if theirs else 'NULL::VARCHAR'} AS {name_of(ours)}"
        for ours, theirs in columns.items()
    )
    if source.sort == "json":
        _copy_json(staging, table, number, source, [theirs for theirs in columns.values() if theirs])
    else:
        _copy_csv(staging, table, number, source, [theirs for theirs in columns.values() if theirs])
    return f"SELECT {number} AS file, line, {fields} FROM {table}"


def _scan_parquet(files: Sequence[tuple[int, SourceFile]], columns: Mapping[str, str | None]) -> str:
    types = dict(zip(files[0][1].columns, files[0][1].types, strict=True))
    fields = ", ".join(
        f"{_typed(theirs, types[theirs]) if theirs else 'NULL::VARCHAR'} AS {name_of(ours)}"
        for ours, theirs in columns.items()
    )
    paths = ", ".join(quote(str(source.path)) for _, source in files)
    numbers = ", ".join(f"({quote(str(source.path))}, {number})" for number, source in files)
    return (
        f"SELECT _numbered._file_number AS file, file_row_number + 1 AS line, {fields} FROM read_parquet([{paths}], "
        "filename = '_source_path', file_row_number = true, hive_partitioning = false) "
        f"JOIN (VALUES {numbers}) _numbered(_file_path, _file_number) ON _source_path = _numbered._file_path"
    )


def _typed(column: str, kind: str) -> str:
    """SQL text of a Parquet column: times as unix seconds, bytes as hex, floats in their shortest form."""
    name = name_of(column)
    if kind.startswith(("TIMESTAMP", "DATE")):
        return f"floor(epoch({name}))::BIGINT::VARCHAR"
    if kind == "BLOB":
        return f"'0x' || lower(hex({name}))"
    if kind == "DOUBLE":
        # Shortest text of 15 digits or fewer is what was meant; longer ones may have been rounded already.
        return f"CASE WHEN length(regexp_replace({name}::VARCHAR, '[.+-]|^0[.]0*|e.*', '', 'g')) > 15 THEN 'float ' || {name}::VARCHAR ELSE {name}::VARCHAR END"
    if kind.startswith("DECIMAL"):
        return f"regexp_replace({name}::VARCHAR, '[.]0+$', '')"
    if kind == "FLOAT":
        return f"'float ' || {name}::VARCHAR"
    return f"nullif({name}, '')" if kind == "VARCHAR" else f"{name}::VARCHAR"


def _copy_json(staging: Staging, table: str, number: int, source: SourceFile, wanted: Sequence[str]) -> None:
    names = list(dict.fromkeys(wanted))
    paths = ", ".join(quote("/" + name.replace("~", "~0").replace("/", "~1")) for name in names)
    fields = "".join(f", {_as_written(f'given[{i}]')} AS {name_of(name)}" for i, name in enumerate(names, 1))
    lines = (
        f"SELECT row_number() OVER () AS line, text FROM read_csv({quote(str(source.path))}, columns = {{'text': 'VARCHAR'}}, "
        "header = false, auto_detect = false, strict_mode = false, delim = '\x01\x02\x03\x04', quote = '', escape = '', "
        "max_line_size = 67108864)"
    )
    whole = "CASE WHEN json_valid(text) THEN json_type(text) = 'OBJECT' ELSE false END"
    staging.run(
        f"CREATE TABLE {table}_lines AS SELECT *, {whole} AS whole FROM ({lines}) WHERE trim(text) <> ''"
    )
    staging.run(
        f"CREATE TABLE {table} AS SELECT line{fields} FROM (SELECT line, text, "
        f"json_extract_string(text, [{paths}]::VARCHAR[]) AS given FROM {table}_lines WHERE whole)"
    )
    for line, text in staging.run(f"SELECT line, text FROM {table}_lines WHERE NOT whole ORDER BY line"):
        reason = "the line is not a JSON object"
        staging.rejected.append((number, line, "ledger.bad-line", reason, "Correct the line.", text))
    staging.run(f"DROP TABLE {table}_lines")


def _as_written(value: str) -> str:
    """SQL of a JSON value; DuckDB rounds a number with a point, and what the line does not have is marked as such."""
    rounded = f"length({value}) > 16 AND regexp_full_match({value}, '-?[0-9]+[.][0-9]+(e[+-]?[0-9]+)?')"
    return f"CASE WHEN {rounded} AND NOT contains(text, {value}) THEN 'float ' || {value} ELSE {value} END"


def _copy_csv(staging: Staging, table: str, number: int, source: SourceFile, wanted: Sequence[str]) -> None:
    broken: list[Any] = []
    names = list(dict.fromkeys(wanted))
    with _open_csv(source.path, names, broken) as reader:
        staging.con.register("csv_reader", pa.RecordBatchReader.from_batches(reader.schema, _batches(reader)))
        staging.run(f"CREATE TABLE {table} AS SELECT row_number() OVER () + 1 AS line, * FROM csv_reader")
        staging.con.unregister("csv_reader")
    for row in broken:
        line = int(row.number)
        staging.run(f"UPDATE {table} SET line = line + 1 WHERE line >= {line}")
        reason = f"the line has {row.actual_columns} fields, but the header {row.expected_columns}"
        staging.rejected.append((number, line, "ledger.bad-line", reason, "Correct the line.", row.text))


def _open_csv(path: Path, names: list[str] | None, broken: list[Any]) -> Any:
    def handle(row: Any) -> str:
        broken.append(row)
        return "skip"

    every = {name: pa.string() for name in names or ()}
    return pyarrow.csv.open_csv(
        path,
        read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=1 << 24),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=handle),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=every, include_columns=names, strings_can_be_null=True, null_values=[""]
        ),
    )


def _batches(reader: Any) -> Iterator[Any]:
    while True:
        try:
            yield reader.read_next_batch()
        except StopIteration:
            return
