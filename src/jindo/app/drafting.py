"""Where a folder is written before it is put in its place, and what becomes of it when the writer is killed.

* A draft lies beside its place, under a hidden name that says whose draft it is: `.OUT.draft-` and eight characters.
* Whoever writes holds a lock on it, which ends with the process. A draft that nobody holds is swept by the next writer
  to the same place; one that is held, a file, a link, or anything under another name is left alone.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def holding_draft(out: Path) -> Iterator[Path]:
    """An empty folder beside `out`, gone at the end unless it was moved; what killed writers left there is swept."""
    with _holding(out.parent, fcntl.LOCK_EX):  # so that nobody sweeps a draft before it is held
        _sweep(out)
        draft = Path(tempfile.mkdtemp(prefix=_prefix(out), dir=out.parent))
        held = _open_folder(draft)
        with suppress(OSError):  # a file system without locks: nothing is swept there either
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        os.close(held)


def _sweep(out: Path) -> None:
    ours = re.compile(re.escape(_prefix(out)) + "[a-z0-9_]{8}")
    for path in out.parent.iterdir():
        if ours.fullmatch(path.name) and path.is_dir() and not path.is_symlink():
            with suppress(OSError), _holding(path, fcntl.LOCK_EX | fcntl.LOCK_NB, needed=True):
                shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _holding(folder: Path, how: int, *, needed: bool = False) -> Iterator[None]:
    """Hold a folder's lock inside.

    Raises:
        OSError: it is needed, and another holds it or the file system knows no locks.
    """
    opened = _open_folder(folder)
    try:
        with suppress(*(() if needed else (OSError,))):
            fcntl.flock(opened, how)
        yield
    finally:
        os.close(opened)


def _open_folder(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)


def _prefix(out: Path) -> str:
    return f".{out.name}.draft-"
