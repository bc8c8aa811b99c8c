"""Columns that grow in files while rows stream by, and are mapped when the last row is there.

* Memory is one batch, whatever the number of rows.
* The files are temporary: whoever opened the folder removes it.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import numpy as np

from jindo.ledger.runs import Ints


class Spool:
    """Growing columns in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._files: dict[str, tuple[IO[bytes], np.dtype[Any]]] = {}

    def append(self, name: str, values: Ints) -> None:
        """Put the values behind those that the column has; its first values give it their type."""
        if name not in self._files:
            self._files[name] = (self._folder / name).open("wb"), values.dtype
        stream, kind = self._files[name]
        stream.write(np.ascontiguousarray(values, kind).data)

    def map(self, name: str, kind: Any = np.int64) -> Ints:
        """The whole column, mapped; of `kind` and empty where nothing was put into it. Nothing can be added after."""
        if name not in self._files:
            return np.zeros(0, kind)
        stream, dtype = self._files[name]
        stream.close()
        path = self._folder / name
        return np.memmap(path, dtype, "r") if path.stat().st_size else np.zeros(0, dtype)
