"""Tables of distinct texts by dense id: in memory, or mapped from a generation's files.

* Ids are dense and stay: text i is `table[i]`, and `find(table[i])` is i.
* `find` never raises: a text that is not there has id -1.
* A mapped table reads nothing when it is opened; a look-up costs the logarithm of its length.

What the texts mean (addresses, transaction hashes) is the chain's affair.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from jindo.ledger.chain import NOBODY, Ints


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

    def buffers(self) -> tuple[Ints, Ints]:
        """The bytes of all texts, and where each begins in them (one more than texts)."""
        return self._data, self._offsets

    def _at(self, place: int) -> int:
        return place if self._order is None else int(self._order[place])

    def _bytes(self, index: int) -> bytes:
        return np.asarray(self._data[self._offsets[index] : self._offsets[index + 1]]).tobytes()
