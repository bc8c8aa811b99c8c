"""Tables of distinct texts by dense id: in memory, or mapped from a run's files.

* Ids are dense and stay: text i is `table[i]`, and `find(table[i])` is i.
* `find` never raises: a text that is not there has id -1.
* A mapped table reads nothing when it is opened; a look-up costs the logarithm of its length.

What the texts mean (addresses, transaction hashes) is the chain's affair; those in hexadecimal digits are `hex_texts`'.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jindo.base.compiling import compile_kept
from jindo.ledger.runs import NOBODY, Ints, Texts
from jindo.ledger.text_order import freeze, order_texts
from jindo.ledger.text_views import FirstTexts, JoinedTexts, ReorderedTexts, take_texts

NO_ORDER = freeze(np.zeros(0, np.int32))


class MemoryTexts(Sequence[str]):
    """Distinct texts held in memory."""

    __slots__ = ("_ids", "_texts")

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = list(texts)
        self._ids = {text: i for i, text in enumerate(self._texts)}

    def __len__(self) -> int:
        return len(self._texts)

    def __getitem__(self, index: int) -> str:  # type: ignore[override]  # slices are never asked for
        return self._texts[index]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def find(self, text: str) -> int:
        """Id of `text`, or -1."""
        return self._ids.get(text, NOBODY)

    def find_all(self, texts: Sequence[str]) -> Ints:
        """Id of each text, or -1; int64."""
        return np.fromiter((self._ids.get(text, NOBODY) for text in texts), np.int64, len(texts))


class MappedTexts(Sequence[str]):
    """Texts laid end to end in one byte column, found by binary search on their sorted order."""

    __slots__ = ("_data", "_offsets", "_order")

    def __init__(self, data: Ints, offsets: Ints, order: Ints | None) -> None:
        self._data = data
        """Bytes of all texts, UTF-8."""
        self._offsets = offsets
        """One more than texts: where each begins."""
        self._order = order
        """Ids in the order of the texts' bytes; `None` where the ids are in that order already."""

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, index: int) -> str:  # type: ignore[override]  # slices are never asked for
        return self._bytes(range(len(self))[int(index)]).decode()

    def __iter__(self) -> Iterator[str]:
        return (self[i] for i in range(len(self)))

    def find(self, text: str) -> int:
        """Id of `text`, or -1."""
        wanted, low, high = text.encode(), 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._bytes(self._at(middle)) < wanted:
                low = middle + 1
            else:
                high = middle
        found = low < len(self) and self._bytes(self._at(low)) == wanted
        return self._at(low) if found else NOBODY

    def find_all(self, texts: Sequence[str]) -> Ints:
        """Id of each text, or -1; int64."""
        found = np.full(len(texts), NOBODY, np.int64)
        if len(self) and len(texts):
            wanted, ends = lay_out(texts)
            order = NO_ORDER if self._order is None else freeze(self._order)
            _search(
                freeze(self._data), freeze(np.asarray(self._offsets, np.int64)), order, wanted, ends, found
            )
        return found

    @property
    def order(self) -> Ints | None:
        """Ids in the order of the texts' bytes; `None` where the ids are in that order already."""
        return self._order

    def buffers(self) -> tuple[Ints, Ints]:
        """The bytes of all texts, and where each begins in them (one more than texts)."""
        return self._data, self._offsets

    def to_arrow(self, start: int, stop: int) -> Any:
        """Texts `start` to `stop` as an Arrow array of large strings, over the same bytes."""
        ends = np.ascontiguousarray(self._offsets[start : stop + 1], np.int64)
        low, high = int(ends[0]), int(ends[-1])
        data = np.ascontiguousarray(self._data[low:high])
        return pa.LargeStringArray.from_buffers(stop - start, pa.py_buffer(ends - low), pa.py_buffer(data))

    def take(self, ids: Ints) -> Any:
        """The texts of these ids as an Arrow array of large strings."""
        return pc.take(self.to_arrow(0, len(self)), pa.array(np.asarray(ids, np.int64)))

    def sorted(self) -> MappedTexts:
        """The same texts, with their order found anew."""
        return MappedTexts(self._data, self._offsets, order_texts(self._data, self._offsets))

    def _at(self, place: int) -> int:
        return place if self._order is None else int(self._order[place])

    def _bytes(self, index: int) -> bytes:
        return np.asarray(self._data[self._offsets[index] : self._offsets[index + 1]]).tobytes()


class SomeTexts(Sequence[str | None]):
    """A column of texts that most rows do not have."""

    __slots__ = ("_count", "_rows", "_texts")

    def __init__(self, count: int, rows: Ints, texts: Sequence[str]) -> None:
        self._count = count
        self._rows = rows
        """Rows that have a text, ascending."""
        self._texts = texts

    @property
    def rows(self) -> Ints:
        """Rows that have a text, ascending."""
        return self._rows

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any) -> Any:
        """A text or `None`; a list for a slice."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._count))]
        row = range(self._count)[int(index)]
        place = int(np.searchsorted(self._rows, row))
        return self._texts[place] if place < len(self._rows) and self._rows[place] == row else None

    def __iter__(self) -> Iterator[str | None]:
        return (self[i] for i in range(self._count))


def lay_out(texts: Sequence[str]) -> tuple[Ints, Ints]:
    """The texts' bytes end to end (uint8), and where each begins (one more than texts)."""
    raw = [text.encode() for text in texts]
    ends = np.zeros(len(raw) + 1, np.int64)
    np.cumsum([len(text) for text in raw], out=ends[1:])
    return np.frombuffer(b"".join(raw) or b"\0", np.uint8), freeze(ends)


def from_arrow_texts(array: Any, order: Ints | None) -> MappedTexts:
    """Texts over an Arrow array of large strings; `order` as in `MappedTexts`."""
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets or bytes(8), dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    return MappedTexts(np.frombuffer(data or b"", dtype=np.uint8), ends, order)


def to_arrow_texts(texts: Sequence[str | None] | Texts, start: int = 0, stop: int | None = None) -> Any:
    """Texts `start` to `stop` as one Arrow array of large strings; those that lie end to end are not copied."""
    stop = len(texts) if stop is None else stop
    at_once = getattr(texts, "to_arrow", None)
    if at_once is not None:
        return at_once(start, stop)
    if isinstance(texts, FirstTexts):
        return to_arrow_texts(texts.table, start, stop)
    if isinstance(texts, JoinedTexts):
        return _join(texts, start, stop)
    if isinstance(texts, ReorderedTexts):
        return take_texts(texts, np.arange(start, stop))
    return pa.array((texts[i] for i in range(start, stop)), type=pa.large_string(), size=stop - start)


def _join(texts: JoinedTexts, start: int, stop: int) -> Any:
    pieces, first = [], 0
    for table in texts.tables:
        low, high = max(start, first), min(stop, first + len(table))
        if low < high:
            pieces.append(to_arrow_texts(table, low - first, high - first))
        first += len(table)
    return pa.concat_arrays(pieces) if pieces else pa.array([], type=pa.large_string())


@compile_kept
def _search(data: Any, offsets: Any, order: Any, wanted: Any, ends: Any, found: Any) -> None:
    count = len(offsets) - 1
    for text in range(len(found)):
        low, high = 0, count
        length = ends[text + 1] - ends[text]
        exact = False
        while low < high and not exact:
            middle = (low + high) // 2
            row = order[middle] if len(order) else middle
            start, size = offsets[row], offsets[row + 1] - offsets[row]
            i = 0
            while i < size and i < length and data[start + i] == wanted[ends[text] + i]:
                i += 1
            if i == length and i == size:
                found[text], exact = row, True
            elif i < length and (i == size or data[start + i] < wanted[ends[text] + i]):
                low = middle + 1
            else:
                high = middle
