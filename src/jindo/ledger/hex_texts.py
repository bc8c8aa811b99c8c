"""Addresses and hashes written in hexadecimal digits, kept as the 20 or 32 bytes that they stand for.

* What comes out is the text that went in: a table has one way to write its texts, and those written otherwise (other
  digits, capitals, `reward-508110`) are kept as they are.
* The order of the bytes is the order of the texts.
* A mapped table reads nothing when it is opened; a look-up costs the logarithm of its length.

Other texts are `texts`'.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jindo.base.compiling import compile_kept
from jindo.ledger.runs import NOBODY, Ints, Texts
from jindo.ledger.text_order import freeze
from jindo.ledger.text_views import FirstTexts, JoinedTexts
from jindo.ledger.texts import NO_ORDER, MappedTexts, from_arrow_texts, lay_out, to_arrow_texts

MOST_OTHERS = 8
"""One in so many texts may be written otherwise."""


@dataclass(frozen=True, slots=True)
class HexForm:
    """One way to write bytes in lower-case hexadecimal digits."""

    prefix: str
    width: int
    """Bytes that a text stands for."""


FORMS = (HexForm("0x", 20), HexForm("0x", 32), HexForm("", 32))
_NO_TEXTS = MappedTexts(np.zeros(0, np.uint8), np.zeros(1, np.int64), None)


class HexTexts(Sequence[str]):
    """Distinct texts of one form, and the few that are not."""

    __slots__ = ("_data", "_form", "_order", "_other_rows", "_others")

    def __init__(
        self,
        form: HexForm,
        data: Ints,
        order: Ints | None,
        other_rows: Ints | None = None,
        others: MappedTexts = _NO_TEXTS,
    ) -> None:
        self._form = form
        self._data = data
        """Bytes of all texts, shape (n, width); zeros where a text is written otherwise."""
        self._order = order
        """Ids in the order of the bytes, without the others; `None` where that is every id in turn."""
        self._other_rows = np.zeros(0, np.int64) if other_rows is None else other_rows
        """Ids of the texts that are written otherwise, ascending."""
        self._others = others

    @property
    def form(self) -> HexForm:
        """How the texts are written."""
        return self._form

    @property
    def data(self) -> Ints:
        """The bytes, shape (n, width)."""
        return self._data

    @property
    def order(self) -> Ints | None:
        """Ids in the order of the bytes, without the others; `None` where that is every id in turn."""
        return self._order

    @property
    def others(self) -> tuple[Ints, MappedTexts]:
        """Ids, ascending, and texts of what is written otherwise."""
        return self._other_rows, self._others

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, index: int) -> str:  # type: ignore[override]  # slices are never asked for
        row = range(len(self))[int(index)]
        if len(self._other_rows):
            place = int(np.searchsorted(self._other_rows, row))
            if place < len(self._other_rows) and self._other_rows[place] == row:
                return self._others[place]
        return self._form.prefix + bytes(self._data[row]).hex()

    def __iter__(self) -> Iterator[str]:
        return (self[i] for i in range(len(self)))

    def find(self, text: str) -> int:
        """Id of `text`, or -1."""
        return int(self.find_all((text,))[0])

    def find_all(self, texts: Sequence[str]) -> Ints:
        """Id of each text, or -1; int64."""
        found = np.full(len(texts), NOBODY, np.int64)
        if not len(texts):
            return found
        wanted, fits = parse_hex_texts(self._form, *lay_out(texts))
        if len(self):
            order = NO_ORDER if self._order is None else freeze(self._order)
            count = len(self) if self._order is None else len(order)
            _search(freeze(self._data), order, count, freeze(wanted), found)
        found[~fits] = NOBODY
        odd = np.flatnonzero(~fits)
        if len(odd) and len(self._others):
            places = self._others.find_all([texts[i] for i in odd.tolist()])
            found[odd] = np.where(places >= 0, self._other_rows[places], NOBODY)
        return found

    def to_arrow(self, start: int, stop: int) -> Any:
        """Texts `start` to `stop` as an Arrow array of large strings."""
        array = self._write(self._data[start:stop])
        low, high = np.searchsorted(self._other_rows, [start, stop]).tolist()
        if low == high:
            return array
        mask = np.zeros(stop - start, np.bool_)
        mask[np.asarray(self._other_rows[low:high], np.int64) - start] = True
        return pc.replace_with_mask(array, pa.array(mask), self._others.to_arrow(low, high))

    def take(self, ids: Ints) -> Any:
        """The texts of these ids as an Arrow array of large strings."""
        ids = np.asarray(ids, np.int64)
        array = self._write(self._data[ids])
        mask = np.isin(ids, self._other_rows)
        if not mask.any():
            return array
        places = np.searchsorted(self._other_rows, ids[mask])
        return pc.replace_with_mask(array, pa.array(mask), self._others.take(places))

    def _write(self, raw: Ints) -> Any:
        form = self._form
        wide = len(form.prefix) + 2 * form.width
        out = np.empty((len(raw), wide), np.uint8)
        prefix = np.frombuffer(form.prefix.encode().ljust(1), np.uint8)
        _spell(freeze(np.ascontiguousarray(raw)), prefix, len(form.prefix), out)
        ends = np.arange(len(raw) + 1, dtype=np.int64) * wide
        return pa.LargeStringArray.from_buffers(len(raw), pa.py_buffer(ends), pa.py_buffer(out.ravel()))


def find_form(texts: Sequence[str]) -> HexForm | None:
    """The form that most of some texts have, or `None`."""
    data, ends = lay_out(texts)
    for form in FORMS:
        fits = parse_hex_texts(form, data, ends)[1]
        if len(fits) and (len(fits) - int(fits.sum())) * MOST_OTHERS <= len(fits):
            return form
    return None


def read_bytes(texts: Texts, form: HexForm, start: int, stop: int) -> tuple[Ints, Ints]:
    """What texts `start` to `stop` of any table stand for, as `parse_hex_texts` gives it; bytes are not spelled out."""
    if isinstance(texts, FirstTexts):
        return read_bytes(texts.table, form, start, stop)
    if isinstance(texts, JoinedTexts):
        places = zip(texts.tables, texts.starts, strict=False)
        cuts = [(table, max(start - first, 0), min(stop - first, len(table))) for table, first in places]
        pieces = [read_bytes(table, form, low, high) for table, low, high in cuts if low < high]
        pieces = pieces or [(np.zeros((0, form.width), np.uint8), np.zeros(0, np.bool_))]
        return np.concatenate([raw for raw, _ in pieces]), np.concatenate([fits for _, fits in pieces])
    if isinstance(texts, HexTexts) and texts.form == form:
        raw = np.ascontiguousarray(texts.data[start:stop])
        return raw, ~np.isin(np.arange(start, stop), texts.others[0])
    data, ends = from_arrow_texts(to_arrow_texts(texts, start, stop), None).buffers()
    return parse_hex_texts(form, data, ends)


def parse_hex_texts(form: HexForm, data: Ints, offsets: Ints) -> tuple[Ints, Ints]:
    """The bytes that texts laid end to end stand for, shape (n, width), and whether each is written in this form."""
    found = np.zeros((len(offsets) - 1, form.width), np.uint8)
    fits = np.zeros(len(found), np.bool_)
    prefix = np.frombuffer(form.prefix.encode().ljust(1, b"\0"), np.uint8)
    _parse(freeze(data), freeze(np.asarray(offsets, np.int64)), prefix, len(form.prefix), found, fits)
    return found, fits


@compile_kept
def _spell(raw: Any, prefix: Any, skip: int, out: Any) -> None:
    for row in range(len(raw)):
        for i in range(skip):
            out[row, i] = prefix[i]
        for i in range(raw.shape[1]):
            high, low = raw[row, i] >> 4, raw[row, i] & 15
            out[row, skip + 2 * i] = high + 48 if high < 10 else high + 87
            out[row, skip + 2 * i + 1] = low + 48 if low < 10 else low + 87


@compile_kept
def _parse(data: Any, offsets: Any, prefix: Any, skip: int, found: Any, fits: Any) -> None:
    for row in range(len(found)):
        start = offsets[row]
        fit = offsets[row + 1] - start == skip + 2 * found.shape[1]
        for i in range(skip):
            fit = fit and data[start + i] == prefix[i]
        place = 0
        while fit and place < 2 * found.shape[1]:
            digit = data[start + skip + place]
            if 48 <= digit <= 57:
                value = digit - 48
            elif 97 <= digit <= 102:
                value = digit - 87
            else:
                fit = False
                break
            found[row, place // 2] = found[row, place // 2] * 16 + value
            place += 1
        if not fit:
            found[row, :] = 0
        fits[row] = fit


@compile_kept
def _search(data: Any, order: Any, count: int, wanted: Any, found: Any) -> None:
    width = data.shape[1]
    for text in range(len(found)):
        low, high = 0, count
        while low < high:
            middle = (low + high) // 2
            row = order[middle] if len(order) else middle
            i = 0
            while i < width and data[row, i] == wanted[text, i]:
                i += 1
            if i == width:
                found[text] = row
                break
            if data[row, i] < wanted[text, i]:
                low = middle + 1
            else:
                high = middle
