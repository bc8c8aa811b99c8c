"""Names numbered as they come, in any order, for as long as one import lasts.

* An address in lower-case hexadecimal digits is kept as its 20 bytes, any other name as its text.
* A name has one id, from 0 on; ids of one import mean nothing outside it, and their order decides nothing.
* Memory is 20 bytes a name and the table, 4 to 8 bytes a name.

In which order a ledger numbers its accounts is `account_building`'s.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from jindo.base.compiling import compile_kept
from jindo.ledger.hex_texts import FORMS, MOST_OTHERS, HexTexts
from jindo.ledger.numbering import TextNumbering, grow, to_buffers
from jindo.ledger.runs import NOBODY, Ints, Texts
from jindo.ledger.text_order import freeze
from jindo.ledger.text_views import take_texts
from jindo.ledger.texts import from_arrow_texts

FORM = FORMS[0]
_START = 1 << 12
ODD = -2
"""Stands for a text that is no address in lower-case hexadecimal digits."""
HEX_DIGITS = np.array([(b"0123456789abcdef".find(byte)) & 255 for byte in range(256)], np.uint8)
"""The value of each byte that is a lower-case hexadecimal digit, 255 of every other."""


class NameIds:
    """Distinct names by id, growing."""

    def __init__(self) -> None:
        self._count = 0
        self._keys = np.zeros((_START, FORM.width), np.uint8)
        """The bytes of each name; zeros where it is written otherwise."""
        self._table = np.zeros(2 * _START, np.int32)
        """Open addressing: id + 1; a power of two long, at most half full."""
        self._others = TextNumbering()
        self._other_ids = np.zeros(0, np.int64)
        """The id of each name that is written otherwise, ascending."""

    def __len__(self) -> int:
        return self._count

    def number(self, texts: Any) -> Ints:
        """The id of each of an Arrow array of strings, int32; -1 where one is missing."""
        array = texts.cast(pa.large_string())
        ids = self.number_clean(array)
        odd = np.flatnonzero(ids == ODD)
        if len(odd):
            ids[odd] = self._number_others(array.take(pa.array(odd)))
        return ids

    def number_clean(self, texts: Any) -> Ints:
        """As `number`, but -2 where a text is no address in lower-case hexadecimal digits, and it gets no id."""
        self._make_room(len(texts))
        ids = np.empty(len(texts), np.int32)
        given = np.empty((len(texts), FORM.width), np.uint8)
        _read_keys(*to_buffers(texts), given, ids)
        self._count = _enter(self._table, _to_words(self._keys), self._count, _to_words(given), ids)
        return ids

    def take(self, ids: Ints) -> Texts:
        """The names of some ids as a table, in their order."""
        ids = np.asarray(ids, np.int64)
        if not len(self._other_ids):
            return HexTexts(FORM, self._keys[ids], None)
        rows = np.flatnonzero(np.isin(ids, self._other_ids))
        others = take_texts(
            self._others.new_texts(), np.searchsorted(self._other_ids, ids[rows]).astype(np.int64)
        )
        found = HexTexts(FORM, self._keys[ids], None, rows, from_arrow_texts(others, None))
        if len(rows) * MOST_OTHERS <= len(ids):
            return found
        return from_arrow_texts(found.to_arrow(0, len(ids)), None)

    def texts(self, ids: Ints) -> list[str]:
        """The names of some ids."""
        table = self.take(ids)
        return [table[i] for i in range(len(table))]

    def _number_others(self, texts: Any) -> Ints:
        places = self._others.number(texts)
        fresh = len(self._others) - len(self._other_ids)
        self._make_room(fresh)
        self._keys[self._count : self._count + fresh] = 0
        self._other_ids = np.append(self._other_ids, self._count + np.arange(fresh))
        self._count += fresh
        return self._other_ids[places].astype(np.int32)

    def _make_room(self, names: int) -> None:
        wanted = self._count + names
        self._keys = grow(self._keys, wanted)
        if 2 * wanted > len(self._table):
            self._table = np.zeros(1 << (2 * wanted).bit_length(), np.int32)
            _enter_again(self._table, _to_words(self._keys), self._count, freeze(self._other_ids))


def _to_words(keys: Ints) -> Ints:
    """The same bytes, four at a time."""
    return keys.view(np.uint32)


@compile_kept
def _find(table: Any, keys: Any, key: Any) -> Any:
    """Where in the table the key stands, or is to stand."""
    mask = np.uint64(len(table) - 1)
    low = (np.uint64(key[0]) << np.uint64(32)) | np.uint64(key[1])
    high = (np.uint64(key[2]) << np.uint64(32)) | np.uint64(key[3])
    mixed = (low * np.uint64(0x9E3779B97F4A7C15)) ^ (
        (high ^ (np.uint64(key[4]) << np.uint64(16))) * np.uint64(0xC2B2AE3D27D4EB4F)
    )
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    at = (mixed ^ (mixed >> np.uint64(32))) & mask
    while True:
        there = table[at]
        if there == 0:
            return at
        row = there - 1
        i = 0
        while i < 5 and keys[row, i] == key[i]:
            i += 1
        if i == 5:
            return at
        at = (at + np.uint64(1)) & mask


@compile_kept
def _read_keys(data: Any, ends: Any, missing: Any, keys: Any, ids: Any) -> None:
    """The bytes that each text stands for; its id is -1 where it is missing, -2 where it is no such text, else 0."""
    width = keys.shape[1]
    for row in range(len(ids)):
        if len(missing) and missing[row]:
            ids[row] = NOBODY
            continue
        start = ends[row]
        fits = ends[row + 1] - start == 2 + 2 * width and data[start] == 48 and data[start + 1] == 120
        worst = 0
        if fits:
            for i in range(width):
                high = HEX_DIGITS[data[start + 2 + 2 * i]]
                low = HEX_DIGITS[data[start + 3 + 2 * i]]
                worst |= high | low
                keys[row, i] = (high << 4) | (low & 15)
        ids[row] = 0 if fits and worst <= 15 else ODD


@compile_kept
def _enter(table: Any, keys: Any, count: int, given: Any, ids: Any) -> int:
    """Give each key whose id is not below 0 its id; gives how many ids there are then."""
    for row in range(len(ids)):
        if ids[row] < 0:
            continue
        at = _find(table, keys, given[row])
        if table[at] == 0:
            keys[count, :] = given[row]
            count += 1
            table[at] = count
        ids[row] = table[at] - 1
    return count


@compile_kept
def _enter_again(table: Any, keys: Any, count: int, others: Any) -> None:
    """Fill an empty table with the keys there are, the others left out."""
    other = 0
    for row in range(count):
        if other < len(others) and others[other] == row:
            other += 1
            continue
        table[_find(table, keys, keys[row])] = row + 1
