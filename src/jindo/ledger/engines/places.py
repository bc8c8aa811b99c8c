"""Where a cluster ledger stands: a folder that every machine sees under one name, or a prefix of an object store.

* A file is there whole or not at all: it is written beside its place and moved.
* What the cluster writes and what this machine reads have one name.
* A failure of the store is a `SourceError`, which names the place.
"""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq

from jindo.base.errors import InputError, SourceError

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):/+(.*)", re.DOTALL)
_ARROW_NAMES = {
    "s3a": "s3",
    "s3n": "s3",
    "gs": "gs",
    "s3": "s3",
    "hdfs": "hdfs",
    "abfss": "abfss",
    "abfs": "abfs",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A folder or prefix."""

    text: str
    """As the cluster is told it."""
    system: Any = field(compare=False, repr=False)
    """Arrow's file system that it is on."""
    path: str
    """Its path there."""

    def at(self, *names: str) -> Place:
        """The place of that name below."""
        below = "/".join(names)
        return Place(f"{self.text}/{below}", self.system, f"{self.path}/{below}")

    @property
    def shown(self) -> str:
        """How a person is told of it: a path where it is one."""
        return self.path if self.text.startswith("file:") else self.text

    def is_file(self) -> bool:
        """Whether it is a file."""
        with self._told():
            found = self.system.get_file_info(self.path)
        return bool(found.type == pa.fs.FileType.File)

    def exists(self) -> bool:
        """Whether there is a file or folder."""
        with self._told():
            found = self.system.get_file_info(self.path)
        return bool(found.type != pa.fs.FileType.NotFound)

    def list_files(self) -> list[str]:
        """Every file below, by its name from here, in order of name; none where there is nothing."""
        return list(self.list_sizes())

    def list_sizes(self) -> dict[str, int]:
        """Bytes of every file below, by its name from here, in order of name."""
        with self._told():
            found = self.system.get_file_info(
                pa.fs.FileSelector(self.path, recursive=True, allow_not_found=True)
            )
        here = PurePosixPath(self.path)
        sizes = {
            PurePosixPath(info.path).relative_to(here).as_posix(): int(info.size or 0)
            for info in found
            if info.type == pa.fs.FileType.File
        }
        return dict(sorted(sizes.items()))

    def size(self) -> int:
        """Bytes of all files below."""
        return sum(self.list_sizes().values())

    def read_bytes(self) -> bytes:
        """The content of this file."""
        with self._told(), self.system.open_input_stream(self.path) as stream:
            content: bytes = stream.read()
        return content

    def write_bytes(self, content: bytes) -> None:
        """Put this content in the place of the file, in one step."""
        with self._told(), self._draft() as draft, self.system.open_output_stream(draft) as stream:
            stream.write(content)

    def write_parquet(self, schema: Any, batches: Iterator[Any]) -> int:
        """Write record batches of `schema` as one Parquet file, in one step; gives the number of rows."""
        rows = 0
        with (
            self._told(),
            self._draft() as draft,
            self.system.open_output_stream(draft) as stream,
            pq.ParquetWriter(stream, schema, compression="zstd") as writer,
        ):
            for batch in batches:
                writer.write_batch(batch)
                rows += len(batch)
        return rows

    def check_plain(self) -> None:
        """Refuse a name that engines read as a pattern or as an escape.

        Raises:
            InputError: it has such a character.
        """
        odd = sorted(set(self.path) & set("%*?[]{}\\"))
        if odd:
            raise InputError(
                f"the name of the place has {' '.join(odd)}, which engines do not read as it stands",
                place=self.shown,
                remedy="Choose a place whose name has none of % * ? [ ] { } and no backslash.",
            )

    def remove(self) -> None:
        """Take away the folder and all that is below; nothing where there is none."""
        with self._told():
            if self.exists():
                self.system.delete_dir(self.path)

    def fetch(self, into: Path) -> None:
        """Copy all files below into the folder `into`, under their names."""
        for name in self.list_files():
            self.at(name).fetch_file(into / name)

    def fetch_file(self, into: Path) -> None:
        """Copy this file to `into`."""
        into.parent.mkdir(parents=True, exist_ok=True)
        with self._told():
            pa.fs.copy_files(
                self.path,
                str(into),
                source_filesystem=self.system,
                destination_filesystem=pa.fs.LocalFileSystem(),
            )

    @contextmanager
    def _draft(self) -> Iterator[str]:
        """A path beside this one that readers of Parquet pass over, moved here at the end."""
        place = PurePosixPath(self.path)
        draft = (place.parent / f"_{place.name}.{uuid.uuid4().hex}").as_posix()
        self.system.create_dir(place.parent.as_posix(), recursive=True)
        yield draft
        self.system.move(draft, self.path)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (OSError, pa.ArrowException) as error:
            first = (str(error).splitlines() or [type(error).__name__])[0]
            raise SourceError(
                f"the store does not do as asked: {first}",
                place=self.text,
                remedy="Check that this machine may read and write there, and that there is room; then try again.",
            ) from error


def parse_place(text: str) -> Place:
    """The place written as a path or as `scheme://…` (s3a, gs, hdfs, abfss); one slash for two is understood.

    Raises:
        InputError: a scheme that is not read, or one that this machine is not set up for.
    """
    found = _SCHEME.fullmatch(text)
    if found is None or found[1] == "file":
        folder = Path(text if found is None else f"/{found[2]}").absolute()
        return Place(f"file://{folder}", pa.fs.LocalFileSystem(), str(folder))
    scheme, rest = found[1], found[2].rstrip("/")
    if scheme not in _ARROW_NAMES:
        raise InputError(
            f"{scheme} is not a store that is read",
            place=text,
            remedy=f"Use a folder, or one of {', '.join(sorted(_ARROW_NAMES))}.",
        )
    try:
        system, path = _open_store(_ARROW_NAMES[scheme], rest)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise InputError(f"the store cannot be reached: {str(error).splitlines()[0]}", place=text) from error
    return Place(f"{scheme}://{rest}", system, path)


def _open_store(scheme: str, rest: str) -> tuple[Any, str]:
    """Arrow's file system of a store, and the path there; S3 is asked for a bucket's region where none is set."""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if scheme == "s3" and region:
        return pa.fs.S3FileSystem(region=region), rest
    system, path = pa.fs.FileSystem.from_uri(f"{scheme}://{rest}")
    return system, path


def to_folder_name(chain: str) -> str:
    """A chain's id as the name of its folder."""
    return chain.replace(":", "_")
