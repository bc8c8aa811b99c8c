"""Memos of a run's events: a column that most runs do not have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from jindo.ledger.columns import cut, join

Memos: TypeAlias = Sequence[str | None]


class NoMemos(Sequence[str | None]):
    """As many memos as wanted, all missing."""

    __slots__ = ("_count",)

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, rows: Any) -> Any:
        return [None] * len(range(*rows.indices(self._count))) if isinstance(rows, slice) else None


def join_memos(first: Memos | None, second: Memos | None, before: int, after: int) -> Memos | None:
    """The memos of two runs of so many events; `None` where neither has any."""
    if first is None and second is None:
        return None
    joined: Memos = join(
        [NoMemos(before) if first is None else first, NoMemos(after) if second is None else second]
    )
    return joined


def cut_memos(memos: Memos | None, count: int) -> Memos | None:
    """The first memos; `None` where there is none among them."""
    if memos is None or all(memos[row] is None for row in range(count)):
        return None
    return list(cut(memos, 0, count))
