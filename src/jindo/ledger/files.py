"""The files that a source stands for, and which columns each has.

* A source is a file, a folder with all below it, or a pattern; files come in order of name.
* CSV, JSON lines and Parquet are told by the file's ending; columns by its header, keys or schema.
* A file that is not what its name says is refused before anything is read.

What is in the columns is `staging`'s to read.
"""

from __future__ import annotations

import csv
import glob
import gzip
import os
import zlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import duckdb

from jindo.base.errors import InputError, NotFound
from jindo.ledger.hashing import hash_file

_SUFFIXES = {
    ".csv": "csv", ".csv.gz": "csv", ".parquet": "parquet", ".pq": "parquet",
    ".json": "json", ".jsonl": "json", ".ndjson": "json", ".json.gz": "json", ".jsonl.gz": "json",
}  # fmt: skip


_ENDS = (b"", b"\n", b"\r")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a source."""

    path: Path
    name: str
    """How it is called in rejects and in ledger.json: its path below the source."""
    sort: str
    """`csv`, `json`, `parquet` or `blocks`."""
    columns: tuple[str, ...]
    types: tuple[str, ...]
    """DuckDB types of the columns; all VARCHAR where the file is text."""

    def sha256(self) -> str:
        """SHA-256 of the file's bytes, in hex."""
        return hash_file(self.path)


def find_files(source: str) -> list[SourceFile]:
    """The files that a file name, a folder or a glob pattern stands for, in order of name.

    Raises:
        NotFound: there is none.
        InputError: a single file of a sort that is not read.
    """
    root = Path(source)
    if root.is_file():
        paths, base = [root], root.parent
    elif root.is_dir():
        paths, base = _walk(root), root
    else:
        paths, base = _find_matches(source)
    if not paths:
        raise NotFound(
            f"there is no file at {source!r}",
            remedy="Name a CSV, JSON lines or Parquet file, a folder of them, or a pattern in quotes.",
        )
    return [_describe(path, path.relative_to(base).as_posix()) for path in paths]


def _walk(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and _sort(path))


def _find_matches(pattern: str) -> tuple[list[Path], Path]:
    """What a pattern stands for, and the folder that all of it is in; a folder stands for all below it."""
    found = {Path(name) for name in glob.glob(pattern, recursive=True)}  # noqa: PTH207  # may be absolute
    files = {path for path in found if path.is_file()}
    for folder in found - files:
        files.update(_walk(folder))
    paths = sorted(files)
    return paths, Path(os.path.commonpath([path.parent for path in paths])) if paths else Path()


def find_unended_line(source: SourceFile) -> int | None:
    """Number of a text file's last line where nothing ends it; `None` where a newline does, and in other files.

    Raises:
        InputError: the file cannot be read to its end.
    """
    if source.sort not in ("csv", "json") or _ends_whole(source.path):
        return None
    lines, last = 0, b"\n"
    try:
        with gzip.open(source.path) if source.path.suffix == ".gz" else source.path.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                lines, last = lines + chunk.count(b"\n"), chunk[-1:]
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"{source.name} cannot be read to its end: {error}",
            place=str(source.path),
            remedy="Compare it with the original: it may be cut.",
        ) from error
    return None if last in _ENDS else lines + 1


def _ends_whole(path: Path) -> bool:
    """Whether a newline ends the file, without reading it; never so where it is compressed."""
    with path.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(size - 1, 0))
        return path.suffix != ".gz" and stream.read() in _ENDS


def find_lines(source: SourceFile, records: Collection[int]) -> dict[int, int]:
    """The line at which each of these records begins; the header of a CSV is record 1.

    In a CSV blank lines and line breaks inside quotes part the two counts; elsewhere they are one.
    """
    if source.sort != "csv" or not records:
        return {record: record for record in records}
    lines, record, start, last = {}, 0, 1, max(records)
    with _open_csv(source.path) as stream:
        reader = csv.reader(stream)
        for fields in reader:
            record += bool(fields)
            if fields and record in records:
                lines[record] = start
            if record >= last:
                break
            start = reader.line_num + 1
    return {record: lines.get(record, record) for record in records}


def quote(text: str) -> str:
    """`text` as a SQL string."""
    return "'" + text.replace("'", "''") + "'"


def _sort(path: Path) -> str:
    name = path.name.lower()
    return next((sort for suffix, sort in _SUFFIXES.items() if name.endswith(suffix)), "")


def _describe(path: Path, name: str) -> SourceFile:
    sort = _sort(path)
    if not sort:
        raise InputError(
            f"{name} is neither CSV, JSON lines nor Parquet by its name",
            remedy="Give it the ending .csv, .jsonl or .parquet.",
        )
    try:
        columns, types = _READERS[sort](path)
    except (duckdb.Error, OSError, UnicodeDecodeError, csv.Error) as error:
        first = str(error).splitlines()[0]
        raise InputError(f"{name} cannot be read as {sort}: {first}", place=str(path)) from error
    return SourceFile(path, name, sort, tuple(columns), tuple(types))


def _parquet_columns(path: Path) -> tuple[list[str], list[str]]:
    rows = (
        duckdb.connect()
        .execute(f"DESCRIBE SELECT * FROM read_parquet({quote(str(path))}, hive_partitioning = false)")
        .fetchall()
    )
    return [row[0] for row in rows], [row[1] for row in rows]


def _csv_columns(path: Path) -> tuple[list[str], list[str]]:
    with _open_csv(path) as stream:
        names = next(csv.reader(stream), [])
    return names, ["VARCHAR"] * len(names)


def _open_csv(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _json_columns(path: Path) -> tuple[list[str], list[str]]:
    sql = (
        f"SELECT DISTINCT unnest(json_keys(json)) FROM (SELECT json FROM read_ndjson_objects({quote(str(path))}, "
        "ignore_errors = true, maximum_object_size = 67108864) LIMIT 1000) WHERE json_type(json) = 'OBJECT'"
    )
    names = sorted(str(row[0]) for row in duckdb.connect().execute(sql).fetchall())
    return names, ["VARCHAR"] * len(names)


_READERS: dict[str, Callable[[Path], tuple[list[str], list[str]]]] = {
    "csv": _csv_columns,
    "json": _json_columns,
    "parquet": _parquet_columns,
}
