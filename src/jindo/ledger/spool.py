"""Columns that grow in files while rows stream by, and are read back a piece at a time when the last row is there.

* Memory is one batch, whatever the number of rows: what is read is not mapped, so that it never counts as resident.
* The files are temporary: whoever opened the folder removes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jindo.ledger.runs import Ints


class FileColumn(Sequence[Any]):
    """A column in a file, of numbers or of rows of some bytes each."""

    __slots__ = ("_path", "_rows", "_shape", "dtype")

    def __init__(self, path: Path, dtype: np.dtype[Any], rows: int, shape: tuple[int, ...]) -> None:
        """`shape` is that of one row."""
        self._path, self._rows, self._shape = path, rows, shape
        self.dtype = dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows, and the shape of one."""
        return (self._rows, *self._shape)

    def __len__(self) -> int:
        return self._rows

    def __getitem__(self, rows: Any) -> Any:
        """One value; an array for a slice or an array of rows, for which all between the first and the last is read."""
        if isinstance(rows, slice):
            start, stop, step = rows.indices(self._rows)
            return self._read(start, max(start, stop))[::step]
        if isinstance(rows, (int, np.integer)):
            row = range(self._rows)[int(rows)]
            return self._read(row, row + 1)[0]
        rows = np.asarray(rows)
        if rows.dtype == np.bool_:
            rows = np.flatnonzero(rows)
        low = int(rows.min()) if len(rows) else 0
        return self._read(low, int(rows.max()) + 1 if len(rows) else 0)[rows - low]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:  # noqa: FBT001  # numpy's protocol
        return np.asarray(self._read(0, self._rows), dtype)

    def _read(self, start: int, stop: int) -> Ints:
        width = int(np.prod(self._shape, dtype=np.int64))
        found = np.fromfile(
            self._path, self.dtype, (stop - start) * width, offset=start * width * self.dtype.itemsize
        )
        if len(found) != (stop - start) * width:
            raise OSError(f"{self._path} ends early")
        return found.reshape(-1, *self._shape)


class Spool:
    """Growing columns in a folder of their own; no file stays open."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._columns: dict[str, tuple[np.dtype[Any], int, tuple[int, ...]]] = {}
        """Type, rows, and shape of a row."""

    def append(self, name: str, values: Ints) -> None:
        """Put the values behind those that the column has; its first values give it their type and shape."""
        kind, rows, shape = self._columns.get(name, (values.dtype, 0, values.shape[1:]))
        with (self._folder / name).open("ab") as stream:
            stream.write(np.ascontiguousarray(values, kind).data)
        self._columns[name] = kind, rows + len(values), shape

    def read(self, name: str, kind: Any = np.int64) -> Any:
        """The column as it is now, a `FileColumn`; of `kind`, and empty, where nothing was put into it."""
        if name not in self._columns:
            self.append(name, np.zeros(0, kind))
        dtype, rows, shape = self._columns[name]
        return FileColumn(self._folder / name, dtype, rows, shape)

    def keep(self, name: str, values: Ints) -> Any:
        """The values as a column in a file, which is whole with them."""
        self.append(name, values)
        return self.read(name)

    def below(self, name: str) -> Spool:
        """Another spool, in a folder below this one's."""
        return Spool(self._folder / name)
