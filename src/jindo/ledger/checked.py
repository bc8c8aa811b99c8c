"""Which of a ledger's files were held against their hashes, so that the next reader need not read them again.

* What is remembered of a file is its hash, and size, times of change, and inode as they were then. A file that was
  written to since, or is another under the same name, is read again.
* Damage that leaves no trace in the file system is found by `jindo ledger status`, which remembers nothing.
* Nothing rests on what is remembered: where it cannot be written or read, files are read.

The hashes are `manifest`'s; reading files, `hashing`'s.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TypeAlias

from jindo.ledger.hashing import check_hashes

FILE = "checked"
DRAFT = ".checked-"
_SETTLED = 2_000_000_000
"""Nanoseconds: a file that changed so shortly before may change again within the same tick of the clock."""
_Stamp: TypeAlias = list[int | str]


def check_unless_known(
    ledger: Path,
    files: Mapping[str, str],
    *,
    again: bool = False,
    then: Callable[[Collection[str]], None] | None = None,
) -> None:
    """Hold files below the ledger's folder against their SHA-256; those that were, and were not touched since, pass.

    With `again` all are read. `then` is given those that were; none is remembered where it raises.

    Raises:
        IntegrityError: a file is missing or is another than the one written.
    """
    known = {} if again else _read_known(ledger)
    before = {name: _take_stamp(ledger / name, digest) for name, digest in files.items()}
    unknown = {n: d for n, d in files.items() if before[n] is None or known.get(n) != before[n]}
    check_hashes(ledger, unknown)
    if unknown:
        if then is not None:
            then(unknown)
        after = {name: _take_stamp(ledger / name, digest) for name, digest in files.items()}
        settled = {name: stamp if stamp == before[name] else None for name, stamp in after.items()}
        _remember(ledger, known | settled)


def _take_stamp(path: Path, digest: str) -> _Stamp | None:
    try:
        found = path.stat(follow_symlinks=False)
    except OSError:
        return None
    return [digest, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]


def _read_known(ledger: Path) -> dict[str, _Stamp]:
    try:
        known = json.loads((ledger / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(known, dict):
        return {}
    return {name: stamp for name, stamp in known.items() if _is_stamp(stamp)}


def _is_stamp(stamp: object) -> bool:
    return isinstance(stamp, list) and [type(part) for part in stamp] == [str, int, int, int, int]


def _remember(ledger: Path, known: Mapping[str, _Stamp | None]) -> None:
    """The draft tells the time by the file system's own clock. Files that are no more are forgotten."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix=DRAFT, dir=ledger, delete=False, encoding="utf-8"
        ) as draft:
            now = os.fstat(draft.fileno()).st_mtime_ns
            settled = {
                name: stamp
                for name, stamp in known.items()
                if stamp is not None and int(stamp[3]) + _SETTLED < now and (ledger / name).exists()
            }
            json.dump(settled, draft, indent=0, sort_keys=True)
        Path(draft.name).replace(ledger / FILE)
    except OSError:
        return
