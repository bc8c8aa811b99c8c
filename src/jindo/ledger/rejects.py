"""Rows that were refused, by file and line, in a CSV that its sender can work through.

* Columns: file, line, code, reason, remedy, row (the fields as JSON).
* A cell that a spreadsheet would run as a formula has a single quote before it.
* A row's line is where it begins in its file; in Parquet it is the row's number.

Why a row is refused is decided by `checking`, `merging` and the sources.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jindo.ledger.hashing import sync_folder

COLUMNS = ("file", "line", "code", "reason", "remedy", "row")


@dataclass(frozen=True, slots=True)
class Reject:
    """One refused row."""

    file: str
    line: int
    code: str
    reason: str
    remedy: str
    row: str
    """The fields as the source had them, as JSON; the line itself where it could not be split."""


def write_rejects(
    folder: Path, number: int, source: str, rejects: Sequence[Reject], *, before: str | None = None
) -> str | None:
    """Write the rejects of an import; gives the file's path below `folder`, `None` where there are none.

    `number` is one that no rejects file has had: none is ever written over. `before` is the file of the same import
    the last time; it stays where it says the same.
    """
    if not rejects:
        return None
    content = _to_csv(rejects).encode()
    if before is not None and _holds(folder / before, content):
        return before
    name = re.sub(r"[^-.a-zA-Z0-9]", "_", Path(source).name) or "source"
    place = f"rejects/{number:04d}-{name}.csv".replace(".csv.csv", ".csv")
    (folder / "rejects").mkdir(exist_ok=True)
    with (folder / place).open("xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    for parent in (folder / "rejects", folder):
        sync_folder(parent)
    return place


def _to_csv(rejects: Sequence[Reject]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for reject in rejects:
        writer.writerow([_to_cell(getattr(reject, column)) for column in COLUMNS])
    return text.getvalue()


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.read_bytes() == content
    except OSError:
        return False


def to_row_text(fields: dict[str, object]) -> str:
    """The fields of a row as JSON text."""
    return json.dumps(fields, ensure_ascii=False)


def _to_cell(value: str | int) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
