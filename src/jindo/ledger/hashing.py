"""SHA-256 of a ledger's files: taken while they are written, held against them when they are read.

* A file is hashed as its bytes go out, so that writing costs no second reading.
* A folder passes where it holds exactly the files that were written, byte for byte; the first that differs is named.

Which hashes count is `manifest`'s to keep.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

from jindo.base.errors import IntegrityError

_REMEDY = "Do not use this ledger: keep it as it is, and import the sources into a new folder."


class HashingFile:
    """A binary file that is being written, and the SHA-256 of what was written so far."""

    closed = False
    """Asked for by pyarrow; whoever opened the stream closes it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()

    def write(self, data: Any) -> int:
        """Write the bytes of a buffer, and take them into the hash."""
        self._hash.update(data)
        return self._stream.write(data)

    def flush(self) -> None:
        """Hand over what the stream holds back."""
        self._stream.flush()

    def hexdigest(self) -> str:
        """SHA-256 of what was written, in hex."""
        return self._hash.hexdigest()


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check_files(folder: Path, files: Mapping[str, str], *, pattern: str = "*") -> None:
    """Hold a folder against the SHA-256 of each of its files, by name.

    Raises:
        IntegrityError: a file is missing, is another than the one written, or was put there by somebody else.
    """
    there = {path.name for path in folder.glob(pattern)}
    for name in sorted(there - files.keys()):
        raise IntegrityError(
            "the file is none that the ledger wrote", place=str(folder / name), remedy=_REMEDY
        )
    names = sorted(files)
    with ThreadPoolExecutor() as pool:
        for name, found in zip(names, pool.map(_hash_or_nothing, (folder / n for n in names)), strict=True):
            check_hash(folder / name, files[name], found)


def check_hash(path: Path, expected: str, found: str) -> None:
    """Hold the hash found of a file, empty where it cannot be read, against the one that was written.

    Raises:
        IntegrityError: they differ.
    """
    if not found:
        raise IntegrityError(
            "a file of the ledger is missing or cannot be read", place=str(path), remedy=_REMEDY
        )
    if found != expected:
        raise IntegrityError(
            f"the file is damaged: its SHA-256 is {found}, and {expected} was written",
            place=str(path),
            remedy=_REMEDY,
        )


def _hash_or_nothing(path: Path) -> str:
    try:
        return hash_file(path)
    except OSError:
        return ""
