"""How a folder becomes a node: made whole beside its place, then moved there in one step.

* What is in the way is never touched: a folder that holds anything is refused.
* Who is cut off half-way leaves a hidden folder of ours beside the place; the next start clears it away.
* Two starts at the same place do not meet: the second one is told so.
* Every byte is on the disk before the folder gets its name. Private keys are made for their owner's eyes only.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from jindo.app.settings import NODE_FILE
from jindo.base.errors import ConflictError, InputError

FOUNDING = "founding"
"""A file that stands in the folder until the node's database knows whose it is."""

_OURS = frozenset({NODE_FILE, "keys", "cases", "work", FOUNDING})


class PlaceTaken(ConflictError):
    """Where the node shall be, there is something, or somebody is making a node."""

    code = "node.place-taken"

    def default_remedy(self) -> str:
        """Choose another folder."""
        return "Name a folder that is absent or empty."


def check_place(folder: Path) -> None:
    """Raises `PlaceTaken` where a node cannot be made because something is there."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise PlaceTaken("there is something else than a folder", place=str(folder))
    if folder.is_dir() and any(folder.iterdir()):
        raise PlaceTaken("the folder holds something", place=str(folder))


def build_folder(folder: Path, settings: str, keys: Mapping[str, bytes]) -> None:
    """Lay out a node's folder with these settings and keys.

    Raises:
        PlaceTaken: something is there, or another start is at work here.
        InputError: the file system refuses.
    """
    folder = folder.absolute()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _alone(folder.parent):
            _build_beside(folder, settings, keys)
    except OSError as error:
        raise InputError(f"the folder cannot be made: {error.strerror}", place=str(folder)) from error


def _build_beside(folder: Path, settings: str, keys: Mapping[str, bytes]) -> None:
    draft = folder.with_name(f".{folder.name}.founding")
    _clear(draft)
    try:
        draft.mkdir(mode=0o700)
        for name in ("keys", "cases", "work"):
            (draft / name).mkdir(mode=0o700)
        for name, data in keys.items():
            _write(draft / "keys" / name, data)
        _write(draft / NODE_FILE, settings.encode("utf-8"))
        _write(draft / FOUNDING, b"")
        for place in (draft / "keys", draft):
            _sync(place)
        check_place(folder)
        draft.rename(folder)
    except BaseException:
        _clear(draft)
        raise
    _sync(folder.parent)


@contextmanager
def _alone(parent: Path) -> Iterator[None]:
    """Nobody else makes a node in this folder meanwhile; the lock goes with the process."""
    handle = os.open(parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise PlaceTaken(
            "another node is being made in this folder",
            place=str(parent),
            remedy="Wait for it, then try again.",
        ) from error
    try:
        yield
    finally:
        os.close(handle)


def _clear(draft: Path) -> None:
    """Remove what an earlier start left; a folder of this name that is not ours stays."""
    if not draft.exists():
        return
    if draft.is_symlink() or not draft.is_dir() or {each.name for each in draft.iterdir()} - _OURS:
        raise PlaceTaken("this is in the way, and no node's beginning", place=str(draft))
    shutil.rmtree(draft)


def _write(file: Path, data: bytes) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
