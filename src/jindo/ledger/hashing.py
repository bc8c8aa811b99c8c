"""SHA-256 of a ledger's files: taken while they are written, held against them when they are read.

* A file is hashed as its bytes go out, so that writing costs no second reading.
* A folder passes where it holds exactly the files that were written, byte for byte; the first that differs is named.

Which hashes count is `manifest`'s to keep.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Container, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

from jindo.base.errors import IntegrityError

_REMEDY = "Do not use this ledger: keep it as it is, and import the sources into a new folder."


class HashingFile:
    """A binary file that is being written, and the SHA-256 of what was written so far."""

    closed = False
    """Asked for by pyarrow; whoever opened the stream closes it."""

    def __init__(self, stream: IO[bytes], pieces: Mapping[int, Iterable[Any]] | None = None) -> None:
        """`pieces`: by the address of a buffer, what is written in its place. So what is longer than the memory can
        be put between a header and a footer that pyarrow makes for a buffer of that length.
        """  # noqa: D205
        self._stream = stream
        self._hash = hashlib.sha256()
        self._pieces = dict(pieces or {})
        self.size = 0
        """Bytes written so far."""

    def write(self, data: Any) -> int:
        """Write the bytes of a buffer, and take them into the hash."""
        pieces = self._pieces.pop(getattr(data, "address", 0), None)
        if pieces is None:
            self._put(data)
            return len(data)
        before = self.size
        for piece in pieces:
            self._put(piece)
        if self.size - before != len(data):
            raise ValueError(f"{self.size - before} bytes came in the place of {len(data)}")
        return len(data)

    def _put(self, data: Any) -> None:
        self._hash.update(data)
        self._stream.write(data)
        self.size += data.nbytes if isinstance(data, memoryview) else len(data)

    def flush(self) -> None:
        """Hand over what the stream holds back."""
        self._stream.flush()

    def hexdigest(self) -> str:
        """SHA-256 of what was written, in hex."""
        return self._hash.hexdigest()


def sync_folder(folder: Path) -> None:
    """Wait until the disk holds the folder's list of names."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check_files(folder: Path, files: Mapping[str, str], *, pattern: str = "*") -> None:
    """Hold a folder against the SHA-256 of each of its files, by name.

    Raises:
        IntegrityError: a file is missing, is another than the one written, or was put there by somebody else.
    """
    check_no_others(folder, files, pattern=pattern)
    check_hashes(folder, files)


def check_no_others(folder: Path, files: Container[str], *, pattern: str = "*") -> None:
    """Hold the names in a folder against those of the files that were written.

    Raises:
        IntegrityError: a file was put there by somebody else.
    """
    for path in sorted(folder.glob(pattern)):
        if path.name not in files:
            raise IntegrityError("the file is none that the ledger wrote", place=str(path), remedy=_REMEDY)


def check_hashes(folder: Path, files: Mapping[str, str]) -> None:
    """Hold files below a folder against the SHA-256 of each, by name; others may be there.

    Raises:
        IntegrityError: a file is missing or is another than the one written.
    """
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
