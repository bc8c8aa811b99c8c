"""A run on the disk: a folder of Arrow files, one a column, or one small file; mapped when opened, never changed after.

* A column is one record batch, uncompressed, so that numpy reads the mapped pages. A small run is one row, whose
  columns are lists: an append costs one file.
* Writing costs a piece of memory, however long a column, and every byte is written once and hashed as it goes out.
* Opening reads no column: a reader pays for the rows that it touches, and for checking the files where it asks.

Which columns there are is `run_columns`'; which runs count, `folder`'s.
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from jindo.base.errors import IntegrityError
from jindo.ledger.hashing import HashingFile, sync_folder
from jindo.ledger.run_columns import Notes, load_notes, load_run, store_run
from jindo.ledger.run_counts import Counts, Run, count_run
from jindo.ledger.stored import Stored
from jindo.seal import sha256_hex

SUFFIX = ".arrow"
NO_NOTES = Notes()
_BROKEN = (KeyError, ValueError, IndexError, TypeError, AttributeError)
"""What reading columns that are not a run's comes to."""
_WRITERS = 2
"""Columns that are written at a time."""
SMALL = 1 << 16
"""Rows from which on a run is a folder."""


@dataclass(frozen=True, slots=True)
class RunFiles:
    """What was written for a run."""

    files: dict[str, str]
    """SHA-256 of each file, by name."""
    size: int
    """Bytes of all of them."""


def is_small(run: Run) -> bool:
    """Whether a run is kept as one file."""
    return count_run(run).rows < SMALL


def write_run(run: Run, into: Path, notes: Notes = NO_NOTES) -> RunFiles:
    """Write a run as the new file (its name ends in `.arrow`) or folder `into`, and wait until the disk has it."""
    if into.suffix == SUFFIX:
        return _write_small(run, into, notes)
    into.mkdir(parents=True)
    with ThreadPoolExecutor(_WRITERS) as pool:
        groups = [
            *pool.map(lambda group: [_write_column(into, stored) for stored in group], store_run(run, notes))
        ]
    written = [column for group in groups for column in group]
    sync_folder(into)
    return RunFiles({name: digest for name, digest, _ in written}, sum(size for *_, size in written))


def map_run(
    place: Path,
    kind: str,
    *,
    start: Counts,
    counts: Counts,
    max_traffic: int,
    names: Container[str] | None = None,
) -> Run:
    """The run in a file or folder, mapped. `start` is what the runs before it hold; of a folder, only the files
    `names` are looked at.

    Raises:
        IntegrityError: a column is missing, is no whole Arrow file, or has another length.
    """  # noqa: D205
    try:
        columns = _open_columns(place, names)
        return load_run(columns, kind, start=start, counts=counts, max_traffic=max_traffic)
    except _BROKEN as error:
        raise _unreadable(place, str(error)) from error


def read_notes(place: Path) -> Notes:
    """What is kept with the run in a file or folder.

    Raises:
        IntegrityError: it cannot be read.
    """
    try:
        return load_notes(_open_columns(place, None))
    except _BROKEN as error:
        raise _unreadable(place, str(error)) from error


class _FolderColumns:
    """One file a column."""

    def __init__(self, folder: Path, names: Container[str] | None) -> None:
        self._folder = folder
        self._names = names

    def find(self, name: str) -> tuple[Any, dict[str, str]] | None:
        """Array and facts of a column."""
        file = name + SUFFIX
        if (file not in self._names) if self._names is not None else not (self._folder / file).exists():
            return None
        schema, batch = _map_batch(self._folder / (name + SUFFIX))
        return batch.column(0), _to_facts(schema.field(0))


class _FileColumns:
    """One file of one row; a column is a list."""

    def __init__(self, file: Path) -> None:
        self._schema, self._batch = _map_batch(file)
        self._places = {name: place for place, name in enumerate(self._schema.names)}

    def find(self, name: str) -> tuple[Any, dict[str, str]] | None:
        """Array and facts of a column."""
        place = self._places.get(name)
        if place is None:
            return None
        return self._batch.column(place).values, _to_facts(self._schema.field(place))


def _open_columns(place: Path, names: Container[str] | None) -> _FolderColumns | _FileColumns:
    return _FileColumns(place) if place.suffix == SUFFIX else _FolderColumns(place, names)


def _map_batch(path: Path) -> tuple[Any, Any]:
    try:
        with pa.memory_map(str(path)) as file:  # what is mapped outlives the open file
            reader = pa.ipc.open_file(file)
            batch = reader.get_batch(0)
        batch.validate()  # no column is longer than its bytes
        return reader.schema, batch
    except (OSError, pa.ArrowInvalid) as error:
        raise _unreadable(path, str(error)) from error


def _unreadable(path: Path, reason: str) -> IntegrityError:
    return IntegrityError(
        f"the ledger's columns cannot be read ({reason})",
        place=str(path),
        remedy="Do not use this ledger: keep it as it is, and import the sources into a new folder.",
    )


def _to_facts(field: Any) -> dict[str, str]:
    return {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}


def _write_column(folder: Path, stored: Stored) -> tuple[str, str, int]:
    """Name, SHA-256 and size of the column's file."""
    path = folder / (stored.name + SUFFIX)
    buffers, pieces = _make_room(stored)
    array = pa.Array.from_buffers(stored.type, stored.length, [None, *buffers])
    schema = pa.schema([pa.field(stored.name, stored.type, nullable=False, metadata=dict(stored.facts))])
    with path.open("xb") as stream:
        hashed = HashingFile(stream, pieces)
        with pa.ipc.new_file(hashed, schema) as writer:
            writer.write_batch(pa.record_batch([array], schema=schema))
        stream.flush()
        os.fsync(stream.fileno())
    return path.name, hashed.hexdigest(), hashed.size


def _make_room(stored: Stored) -> tuple[list[Any], dict[int, Iterable[Any]]]:
    """Buffers for pyarrow, and by address the pieces that are written in their place.

    Such a buffer is never touched, so it takes no memory. Those of texts are, since pyarrow looks at where they end.
    """
    if pa.types.is_large_string(stored.type):
        return [_gather(pieces) for _, pieces in stored.buffers], {}
    room = [np.zeros(size, np.uint8) for size, _ in stored.buffers]
    places = zip(room, stored.buffers, strict=True)
    return [pa.py_buffer(space) for space in room], {
        space.ctypes.data: pieces for space, (size, pieces) in places if size
    }


def _gather(pieces: Iterable[Any]) -> Any:
    parts = list(pieces)
    return pa.py_buffer(parts[0] if len(parts) == 1 else b"".join(parts))


def _write_small(run: Run, path: Path, notes: Notes) -> RunFiles:
    columns, fields = [], []
    for stored in chain.from_iterable(store_run(run, notes)):
        buffers = [_gather(pieces) for _, pieces in stored.buffers]
        array = pa.Array.from_buffers(stored.type, stored.length, [None, *buffers])
        ends = pa.array([0, stored.length], pa.int64())
        item = pa.field("item", stored.type, nullable=False)
        columns.append(pa.LargeListArray.from_arrays(ends, array, type=pa.large_list(item)))
        kind = pa.large_list(item)
        fields.append(pa.field(stored.name, kind, nullable=False, metadata=dict(stored.facts)))
    schema = pa.schema(fields)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, schema) as writer:
        writer.write_batch(pa.record_batch(columns, schema=schema))
    data = sink.getvalue()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    return RunFiles({path.name: sha256_hex(data)}, data.size)
