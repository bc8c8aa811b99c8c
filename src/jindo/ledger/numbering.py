"""Texts and pairs of ids numbered as they first appear, while rows stream by.

* The number of a text is how many distinct ones came before it: the same rows in the same order give the same
  numbers, however they are cut into batches.
* Texts are kept as their bytes, end to end; memory is those bytes and about 24 bytes a text.
* Some may be numbered beforehand: those that a ledger holds already.

Which rows come in which order is `merging`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from jindo.base.compiling import compile_kept
from jindo.ledger.runs import NOBODY, Ints
from jindo.ledger.text_order import freeze
from jindo.ledger.texts import MappedTexts

_START = 1 << 12
_ROOM = 1 << 16


class TextNumbering:
    """Distinct texts by number, growing."""

    def __init__(self, known: Iterable[tuple[str, int]] = (), *, first: int = 0) -> None:
        """`known` are texts that have a number elsewhere, below `first`; new ones count from `first`."""
        self._first = first
        self._count = 0
        self._data = np.zeros(_ROOM, np.uint8)
        self._ends = np.zeros(_START + 1, np.int64)
        self._numbers = np.zeros(_START, np.int64)
        """Number of the text at each place: the known ones come first."""
        self._table = np.zeros(2 * _START, np.int64)
        """Open addressing: place + 1; a power of two long, at most half full."""
        self._known = 0
        pairs = list(known)
        if pairs:
            self._enter([text for text, _ in pairs])
            self._numbers[: len(pairs)] = [number for _, number in pairs]
            self._known = len(pairs)

    def __len__(self) -> int:
        """How many new texts were numbered."""
        return self._count - self._known

    def number(self, texts: Any) -> Ints:
        """Numbers of an Arrow array of strings, int64; -1 where a text is missing."""
        return self._to_numbers(self._enter(texts))

    def number_bytes(self, data: Ints, ends: Ints, missing: Ints) -> Ints:
        """The same of texts, or of any bytes, laid end to end."""
        return self._to_numbers(self._enter_bytes(data, ends, missing))

    def new_texts(self) -> MappedTexts:
        """The new texts in order of number, without a copy."""
        ends = self._ends[self._known : self._count + 1]
        first = int(ends[0])
        return MappedTexts(self._data[first : int(ends[-1])], ends - first, None)

    def _enter(self, texts: Any) -> Ints:
        array = texts if isinstance(texts, pa.Array) else pa.array(texts, type=pa.large_string())
        return self._enter_bytes(*to_buffers(array.cast(pa.large_string())))

    def _enter_bytes(self, raw: Ints, ends: Ints, missing: Ints) -> Ints:
        places = np.empty(len(ends) - 1, np.int64)
        self._make_room(len(places), int(ends[-1] - ends[0]))
        before = self._count
        self._count = _enter_texts(self._table, self._data, self._ends, before, raw, ends, missing, places)
        self._numbers[before : self._count] = self._first + np.arange(
            before - self._known, self._count - self._known
        )
        return places

    def _to_numbers(self, places: Ints) -> Ints:
        found = np.where(places >= 0, self._numbers[np.maximum(places, 0)], NOBODY)
        return found.astype(np.int64)

    def _make_room(self, texts: int, size: int) -> None:
        """Room for so many more texts of so many bytes in all."""
        self._data = grow(self._data, int(self._ends[self._count]) + size)
        self._ends = grow(self._ends, self._count + texts + 1)
        self._numbers = grow(self._numbers, self._count + texts)
        if 2 * (self._count + texts) > len(self._table):
            self._table = np.zeros(1 << (2 * (self._count + texts)).bit_length(), np.int64)
            _enter_again(self._table, self._data, self._ends, self._count)


class PairNumbering:
    """Distinct pairs of small ids (account, asset) by number, growing."""

    def __init__(self, known: Sequence[tuple[int, int, int]] = (), *, first: int = 0) -> None:
        """`known` are (account, asset, number) of pairs numbered elsewhere, below `first`."""
        self._first = first
        self._count = 0
        self._keys = np.zeros(2 * _START, np.int64)
        """Open addressing: account + 1 and asset, 32 bits each; 0 where nothing is."""
        self._numbers = np.zeros(2 * _START, np.int32)
        self._used = 0
        self._accounts: list[Ints] = []
        self._assets: list[Ints] = []
        given = np.array(known, np.int64).reshape(-1, 3)
        self._make_room(len(given))
        _enter_known(self._keys, self._numbers, given)
        self._used = len(given)

    def __len__(self) -> int:
        """How many new pairs were numbered."""
        return self._count

    def number(self, accounts: Ints, assets: Ints) -> Ints:
        """Numbers of the pairs, in order; -1 where the account is -1."""
        self._make_room(len(accounts))
        numbers = np.empty(len(accounts), np.int64)
        fresh = np.empty(len(accounts), np.int64)
        first = self._first + self._count
        new = _enter_pairs(self._keys, self._numbers, accounts, assets, first, numbers, fresh)
        self._accounts.append(accounts[fresh[:new]])
        self._assets.append(assets[fresh[:new]])
        self._count += new
        self._used += new
        return numbers

    def new_pairs(self) -> tuple[Ints, Ints]:
        """Accounts and assets of the new pairs, in order of number."""
        nothing = np.zeros(0, np.int64)
        return np.concatenate([nothing, *self._accounts]), np.concatenate([nothing, *self._assets])

    def _make_room(self, pairs: int) -> None:
        if 2 * (self._used + pairs) > len(self._keys):
            size = 1 << (2 * (self._used + pairs)).bit_length()
            keys, numbers = np.zeros(size, np.int64), np.zeros(size, np.int32)
            _move_pairs(self._keys, self._numbers, keys, numbers)
            self._keys, self._numbers = keys, numbers


def grow(array: Ints, size: int) -> Ints:
    """The array, or a longer one that begins with it, with room for so many rows."""
    if size <= len(array):
        return array
    wider = np.zeros((max(size, len(array) + (len(array) >> 1)), *array.shape[1:]), array.dtype)
    wider[: len(array)] = array
    return wider


def to_buffers(array: Any) -> tuple[Ints, Ints, Ints]:
    """Bytes, ends (one more than texts) and which are missing (empty where none is) of an Arrow array of large strings
    or large binaries.
    """  # noqa: D205
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets or bytes(8), np.int64)[array.offset : array.offset + len(array) + 1]
    raw = np.frombuffer(data or b"\0", np.uint8)
    missing = np.zeros(0, np.bool_)
    if array.null_count:
        missing = np.array(array.is_null().to_numpy(zero_copy_only=False))
    return freeze(raw), freeze(ends), freeze(missing)


@compile_kept
def _hash_bytes(data, start, stop):  # type: ignore[no-untyped-def]
    """FNV-1a over eight bytes at a time, mixed at the end; the multiplications wrap."""
    value = np.uint64(0xCBF29CE484222325)
    word, shift = np.uint64(0), np.uint64(0)
    for i in range(start, stop):
        word |= np.uint64(data[i]) << shift
        shift += np.uint64(8)
        if shift == np.uint64(64):
            value = (value ^ word) * np.uint64(0x9E3779B97F4A7C15)
            value ^= value >> np.uint64(29)
            word, shift = np.uint64(0), np.uint64(0)
    value = (value ^ word ^ (np.uint64(stop - start) << np.uint64(56))) * np.uint64(0x9E3779B97F4A7C15)
    return value ^ (value >> np.uint64(32))


@compile_kept
def _same(data, start, stop, other, first, last):  # type: ignore[no-untyped-def]
    if stop - start != last - first:
        return False
    same = True
    for i in range(stop - start):
        same &= data[start + i] == other[first + i]
    return same


@compile_kept
def _enter_texts(table, data, ends, count, raw, given, missing, places):  # type: ignore[no-untyped-def]
    """Put the texts `raw[given[i]:given[i + 1]]` into the table; gives the number of texts there."""
    mask = np.uint64(len(table) - 1)
    for i in range(len(given) - 1):
        if len(missing) and missing[i]:
            places[i] = -1
            continue
        start, stop = given[i], given[i + 1]
        at = _hash_bytes(raw, start, stop) & mask
        while True:
            there = table[at]
            if there == 0:
                begin = ends[count]
                for j in range(stop - start):
                    data[begin + j] = raw[start + j]
                ends[count + 1] = begin + stop - start
                places[i] = count
                count += 1
                table[at] = count
                break
            if _same(raw, start, stop, data, ends[there - 1], ends[there]):
                places[i] = there - 1
                break
            at = (at + np.uint64(1)) & mask
    return count


@compile_kept
def _enter_again(table, data, ends, count):  # type: ignore[no-untyped-def]
    mask = np.uint64(len(table) - 1)
    for place in range(count):
        at = _hash_bytes(data, ends[place], ends[place + 1]) & mask
        while table[at] != 0:
            at = (at + np.uint64(1)) & mask
        table[at] = place + 1


@compile_kept
def _find_pair(keys, key):  # type: ignore[no-untyped-def]
    mask = np.uint64(len(keys) - 1)
    mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    at = (mixed ^ (mixed >> np.uint64(32))) & mask
    while keys[at] != 0 and keys[at] != key:
        at = (at + np.uint64(1)) & mask
    return at


@compile_kept
def _enter_known(keys, numbers, pairs):  # type: ignore[no-untyped-def]
    for i in range(len(pairs)):
        key = ((pairs[i, 0] + 1) << 32) | pairs[i, 1]
        at = _find_pair(keys, key)
        keys[at], numbers[at] = key, pairs[i, 2]


@compile_kept
def _move_pairs(keys, numbers, wider, wider_numbers):  # type: ignore[no-untyped-def]
    for i in range(len(keys)):
        if keys[i] != 0:
            at = _find_pair(wider, keys[i])
            wider[at], wider_numbers[at] = keys[i], numbers[i]


@compile_kept
def _enter_pairs(keys, numbers, accounts, assets, first, found, fresh):  # type: ignore[no-untyped-def]
    """Number the pairs from `first` on; `fresh` gets the rows of the new ones, and how many they are is given."""
    new = 0
    for i in range(len(accounts)):
        if accounts[i] < 0:
            found[i] = -1
            continue
        key = ((accounts[i] + 1) << 32) | assets[i]
        at = _find_pair(keys, key)
        if keys[at] == 0:
            keys[at], numbers[at] = key, first + new
            fresh[new] = i
            new += 1
        found[i] = numbers[at]
    return new
