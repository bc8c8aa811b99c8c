"""Tables of texts over other tables: several as one, one in another order, the first texts of one.

* Nothing is copied: a view reads the tables below it, whatever keeps them.
* Ids are dense: of several tables, those of the next count on; a text stands in one of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jindo.ledger.runs import NOBODY, Ints, Texts


class JoinedTexts(Sequence[str]):
    """The texts of several tables as one: ids count on from table to table."""

    __slots__ = ("_starts", "_tables")

    def __init__(self, tables: Sequence[Texts]) -> None:
        self._tables = tuple(tables)
        self._starts: list[int] = np.cumsum([0, *(len(table) for table in tables)]).tolist()

    @property
    def tables(self) -> tuple[Texts, ...]:
        """The tables, in order."""
        return self._tables

    @property
    def starts(self) -> list[int]:
        """First id of each table, and the number of texts."""
        return self._starts

    def __len__(self) -> int:
        return self._starts[-1]

    def __getitem__(self, index: int) -> str:  # type: ignore[override]  # slices are never asked for
        index = range(len(self))[int(index)]
        place = bisect_right(self._starts, index) - 1
        return self._tables[place][index - self._starts[place]]

    def __iter__(self) -> Iterator[str]:
        return (table[i] for table in self._tables for i in range(len(table)))

    def find(self, text: str) -> int:
        """Id of `text`, or -1."""
        for table, start in zip(self._tables, self._starts, strict=False):
            if (found := table.find(text)) >= 0:
                return start + found
        return NOBODY

    def find_all(self, texts: Sequence[str]) -> Ints:
        """Id of each text, or -1; int64."""
        found = np.full(len(texts), NOBODY, np.int64)
        for table, start in zip(self._tables, self._starts, strict=False):
            here = find_all(table, texts)
            found = np.where(here >= 0, start + here, found)
        return found


class ReorderedTexts(Sequence[str]):
    """Some texts of a table under other ids: text i is text `order[i]` of the table."""

    __slots__ = ("_number", "_order", "_table")

    def __init__(self, table: Texts, order: Ints, number: Ints) -> None:
        """`number` leads back: -1 where a text of the table is left out."""
        self._table, self._order, self._number = table, order, number

    @property
    def table(self) -> Texts:
        """The table below."""
        return self._table

    @property
    def order(self) -> Ints:
        """Its id of each text here."""
        return self._order

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, index: int) -> str:  # type: ignore[override]  # slices are never asked for
        return self._table[int(self._order[index])]

    def find(self, text: str) -> int:
        """Id of `text`, or -1."""
        found = self._table.find(text)
        return int(self._number[found]) if found >= 0 else NOBODY


class FirstTexts(Sequence[str]):
    """The first texts of a table."""

    __slots__ = ("_count", "_table")

    def __init__(self, table: Texts, count: int) -> None:
        self._table, self._count = table, count

    @property
    def table(self) -> Texts:
        """The table below."""
        return self._table

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> str:  # type: ignore[override]  # slices are never asked for
        return self._table[range(self._count)[int(index)]]

    def find(self, text: str) -> int:
        """Id of `text`, or -1."""
        found = self._table.find(text)
        return found if found < self._count else NOBODY


def find_all(table: Texts, texts: Sequence[str]) -> Ints:
    """Id of each text in the table, or -1; int64. All at once where the table can."""
    at_once = getattr(table, "find_all", None)
    if at_once is not None:
        return np.asarray(at_once(texts), np.int64)
    return np.fromiter((table.find(text) for text in texts), np.int64, len(texts))


def reorder(table: Texts, order: Ints | None, number: Ints | None) -> Texts:
    """The texts `order` of the table; the table itself where those are all, in its order."""
    if order is None or number is None:
        return table
    if len(order) == len(table) and np.array_equal(order, np.arange(len(order))):
        return table
    return ReorderedTexts(table, order, number)


def take_texts(table: Texts, ids: Ints) -> Any:
    """The texts of these ids as an Arrow array of large strings, in the order asked for."""
    if isinstance(table, JoinedTexts):
        return _take_joined(table, ids)
    if isinstance(table, FirstTexts):
        return take_texts(table.table, ids)
    if isinstance(table, ReorderedTexts):
        return take_texts(table.table, table.order[ids])
    at_once = getattr(table, "take", None)
    if at_once is not None:
        return at_once(ids)
    return pa.array([table[int(i)] for i in ids], type=pa.large_string())


def _take_joined(table: JoinedTexts, ids: Ints) -> Any:
    if len(table.tables) == 1:
        return take_texts(table.tables[0], ids)
    place = np.searchsorted(table.starts, ids, side="right") - 1
    order = np.argsort(place, kind="stable")
    parts = [
        take_texts(part, ids[place == number] - start)
        for number, (part, start) in enumerate(zip(table.tables, table.starts, strict=False))
    ]
    back = np.empty(len(ids), np.int64)
    back[order] = np.arange(len(ids))
    return pc.take(pa.concat_arrays([pa.array([], type=pa.large_string()), *parts]), pa.array(back))
