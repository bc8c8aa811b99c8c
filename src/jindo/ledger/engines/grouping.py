"""The files of a source in groups that hold whole blocks, so that each can be imported by itself.

* Files of one day (`date=…`), and files whose names give a range of blocks, belong together; ranges that overlap are one.
* Where one file does not tell, all are one group: the answer is right, and nothing is shared out.
* Names are believed here; whether a block does stand in two groups is checked on the rows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_DATE = re.compile(r"(?:^|/)(?:date|block_date|dt)=([^/]+)/")
_FOLDERS = re.compile(r"(?:^|/)start_block=([0-9]+)/end_block=([0-9]+)/")
_RANGE = re.compile(r"(?<![0-9])([0-9]{4,})(?:_to_|[-_])([0-9]{4,})(?![0-9])[^/]*$")
ALL = "all files"


@dataclass(frozen=True, slots=True)
class FileGroup:
    """Files that are imported together."""

    name: str
    """What the group has in common, for messages."""
    files: tuple[int, ...]
    """Places in the list of files."""


def group_files(names: Sequence[str]) -> list[FileGroup]:
    """The groups of files with these names, in order of day or block."""
    return _group_by_date(names) or _group_by_range(names) or [FileGroup(ALL, tuple(range(len(names))))]


def _group_by_date(names: Sequence[str]) -> list[FileGroup]:
    found = [_DATE.search(name) for name in names]
    days: dict[str, list[int]] = {}
    for place, match in enumerate(found):
        if match is None:
            return []
        days.setdefault(match[1], []).append(place)
    return [FileGroup(f"date={day}", tuple(days[day])) for day in sorted(days)]


def _group_by_range(names: Sequence[str]) -> list[FileGroup]:
    ranges = []
    for place, name in enumerate(names):
        match = _FOLDERS.search(name) or _RANGE.search(name)
        if match is None or int(match[1]) > int(match[2]):
            return []
        ranges.append((int(match[1]), int(match[2]), place))
    groups: list[tuple[int, int, list[int]]] = []
    for first, last, place in sorted(ranges):
        if groups and first <= groups[-1][1]:
            begin, end, files = groups.pop()
            groups.append((begin, max(end, last), [*files, place]))
        else:
            groups.append((first, last, [place]))
    return [FileGroup(f"blocks {first} to {last}", tuple(sorted(files))) for first, last, files in groups]
