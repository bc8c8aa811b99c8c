"""Which files lie in an exported case, held against its signed list.

* Only plain files and the folders that hold them belong in it: a link or a device is named and never opened.
* What is missing, strange, longer or shorter, or other than listed is named, the first by name.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from jindo.app.case_folder.layout import MANIFEST, ListedFile
from jindo.base.errors import IntegrityError


def walk_files(folder: Path) -> list[str]:
    """The paths of all files below `folder`, with `/`, sorted.

    Raises:
        IntegrityError: something else than a file or a folder lies in it.
    """
    names: list[str] = []
    for root, folders, files in os.walk(folder, followlinks=False):
        here = Path(root)
        strange = [here / name for name in sorted([*folders, *files]) if _is_strange(here / name)]
        if strange:
            raise IntegrityError("this does not belong to an exported case", place=str(strange[0]))
        names += [(here / name).relative_to(folder).as_posix() for name in files]
    return sorted(names)


def check_listed(folder: Path, listed: Iterable[ListedFile]) -> ListedFile | None:
    """The first listed file that is not what the list says, or None; names and sizes are checked before contents.

    Raises:
        IntegrityError: a file is missing or is not listed, or a listed name leaves the folder.
    """
    by_name = {file.name: file for file in listed}
    for name in by_name:
        if name != PurePosixPath(name).as_posix() or name.startswith("/") or ".." in name.split("/"):
            raise IntegrityError("the list names a file outside the folder", place=str(folder / MANIFEST))
    found = set(walk_files(folder)) - {MANIFEST}
    for name in sorted(by_name.keys() | found):
        if name not in found:
            raise IntegrityError(f"the file is missing: {by_name[name].what}", place=str(folder / name))
        if name not in by_name:
            raise IntegrityError("the file does not belong to the exported case", place=str(folder / name))
    _check_no_empty(folder)
    return next((by_name[name] for name in sorted(by_name) if not _is_same(folder, by_name[name])), None)


def hash_file(path: Path) -> str:
    """SHA-256 of a file, read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_no_empty(folder: Path) -> None:
    empty = [root for root, folders, files in os.walk(folder, followlinks=False) if not folders and not files]
    if empty:
        raise IntegrityError("an empty folder does not belong to an exported case", place=min(empty))


def _is_same(folder: Path, file: ListedFile) -> bool:
    path = folder / file.name
    return path.stat().st_size == file.size and hash_file(path) == file.sha256


def _is_strange(path: Path) -> bool:
    return path.is_symlink() or not (path.is_dir() or path.is_file())
