"""Memos of a run's events: a column that most runs do not have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any, TypeAlias

import numpy as np

from jindo.ledger.columns import ChainColumn, join
from jindo.ledger.texts import SomeTexts

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
    rows = [] if memos is None else list(takewhile(lambda row: row < count, iter_memo_rows(memos)))
    if memos is None or not rows:
        return None
    return SomeTexts(count, np.array(rows, np.int64), [memos[row] or "" for row in rows])


def iter_memo_rows(memos: Memos) -> Iterator[int]:
    """The rows that have a memo, ascending; those that have none are not looked at where that is known."""
    if isinstance(memos, SomeTexts):
        yield from memos.rows.tolist()
    elif isinstance(memos, ChainColumn):
        start = 0
        for part in memos.parts:
            yield from (start + row for row in iter_memo_rows(part))
            start += len(part)
    elif not isinstance(memos, NoMemos):
        yield from (row for row, memo in enumerate(memos) if memo is not None)
