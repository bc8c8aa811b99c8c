"""Who may write to a ledger's folder, and whether it is one.

* One writer at a time: whoever holds the file `lock` in it, under the name that still stands for it.
* A folder that holds something else, or links in the place of its own files, is not written to.
* What the first writer of a folder gave up goes with its lock last, so that nobody writes to what is about to go.

What is written is `folder`'s.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from jindo.base.errors import ConflictError, InputError
from jindo.ledger.manifest import FILE

_BEFORE = re.compile(r"ledger\.json\.new|lock|\.staging|checked|\.checked-.*|fetched")
"""What may lie in a folder that is no ledger yet."""
_LINKABLE = ("*", "chains/*", "chains/*/*", "blocks/*", "blocks/*/*", "rejects/*")


@contextmanager
def lock_folder(path: Path) -> Iterator[bool]:
    """The right to write to a ledger's folder, which is made where there is none; gives whether it was made.

    A folder may go between the opening of its lock and the locking: then it is begun anew.

    Raises:
        InputError: the folder holds something else.
        ConflictError: somebody else is writing.
    """
    while True:
        fresh = not path.exists()
        _check_ours(path)
        path.mkdir(parents=True, exist_ok=True)
        try:
            stream = (path / "lock").open("a")
        except FileNotFoundError:
            continue
        with stream:
            _take(path, stream)
            if _is_there(path / "lock", stream):
                yield fresh
                return


def remove_folder(path: Path) -> None:
    """Remove a folder of which nothing counts: its lock last, so that nobody writes to what is about to go."""
    last = [path / FILE, path / "lock"]
    with suppress(
        OSError
    ):  # what cannot be removed stays, and so does a folder that somebody else has begun in
        for child in path.iterdir():
            if child.is_dir():
                shutil.rmtree(child, ignore_errors=True)
            elif child not in last:
                child.unlink()
        if all(child in last for child in path.iterdir()):
            for child in last:
                child.unlink(missing_ok=True)
            path.rmdir()


def _take(path: Path, stream: TextIO) -> None:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise ConflictError(
            "another import is writing to this ledger",
            place=str(path),
            remedy="Wait until it has ended, then run the command again.",
        ) from error


def _is_there(path: Path, stream: TextIO) -> bool:
    """Whether the name still stands for the file that was opened by it."""
    try:
        return os.path.samestat(path.stat(), os.fstat(stream.fileno()))
    except FileNotFoundError:
        return False


def _check_ours(path: Path) -> None:
    if not path.exists():
        return
    if not path.is_dir():
        raise InputError(f"{str(path)!r} is a file, not a folder", remedy="Name a folder for the ledger.")
    foreign = [child.name for child in path.iterdir() if not _BEFORE.fullmatch(child.name)]
    if foreign and not (path / FILE).exists():
        raise InputError(
            f"the folder {str(path)!r} holds something else ({min(foreign)}), and no {FILE}",
            remedy="Name a new folder for the ledger.",
        )
    links = [str(link) for pattern in _LINKABLE for link in path.glob(pattern) if link.is_symlink()]
    if links:
        raise InputError(
            f"the ledger's folder has a link in the place of a file or folder of its own ({min(links)})",
            remedy="Put what it points to in its place, or import the sources into a new folder.",
        )
