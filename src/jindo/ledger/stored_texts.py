"""Texts of a run as columns: 20 or 32 bytes each where nearly all are written in one hexadecimal form, else large strings.

* The column's fact `jindo.form` says how bytes are written as text; without it the column holds the texts themselves.
* NAME_order has the ids in the order of the texts' bytes, and is left out where that is every id in turn, and of
  texts that may repeat, which are not looked up. Under a form it leaves out those written otherwise, whose ids and
  texts are NAME_other_rows and NAME_others.
* Memory is a piece of the texts, and 24 bytes a text while the order is found.

The tables themselves are `texts`' and `hex_texts`'.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from jindo.ledger.hex_texts import (
    FORMS,
    MOST_OTHERS,
    HexForm,
    HexTexts,
    find_form,
    parse_hex_texts,
    read_bytes,
)
from jindo.ledger.runs import Ints, Texts
from jindo.ledger.stored import PIECE, Stored, load_bytes, store_ints, to_raw
from jindo.ledger.text_order import fill_keys, freeze, order_keys, order_texts
from jindo.ledger.texts import MappedTexts, from_arrow_texts, lay_out, to_arrow_texts

FORM = "jindo.form"
"""Fact of a column of bytes: the form of the texts."""
_NAMES = {"0x+20": FORMS[0], "0x+32": FORMS[1], "32": FORMS[2]}
_SAMPLE = 64
_FEW = 1000


class Columns(Protocol):
    """The columns of a run, by name."""

    def find(self, name: str) -> tuple[Any, dict[str, str]] | None:
        """Arrow array and facts of a column, or `None` where the run has none of this name."""
        ...


def store_texts(name: str, texts: Texts, *, ordered: bool = True) -> Iterator[Stored]:
    """The columns of a table of texts; to be written in turn. Without `ordered` the texts need not differ."""
    form = find_form([texts[i] for i in _sample(len(texts))])
    others = None if form is None else _find_others(texts, form)
    if form is None or others is None:
        yield from _store_plain(name, texts, ordered=ordered)
        return
    label = next(label for label, known in _NAMES.items() if known == form)
    keys = np.empty(len(texts), np.uint64)
    pieces = _iter_bytes(texts, form, keys)
    yield Stored(name, pa.binary(form.width), len(texts), ((form.width * len(texts), pieces),), {FORM: label})
    if len(others):
        yield store_ints(f"{name}_other_rows", others)
        yield from _store_plain(f"{name}_others", _Picked(texts, others), ordered=ordered)
    if ordered:
        order = _order_bytes(texts, form, keys, others)
        if order is not None:
            yield store_ints(f"{name}_order", order)


def load_texts(columns: Columns, name: str) -> HexTexts | MappedTexts:
    """The table that `store_texts` put away, not copied.

    Raises:
        KeyError: there is none, or it is of a form that is not known.
    """
    found = columns.find(name)
    if found is None:
        raise KeyError(name)
    array, facts = found
    order = _load_ints(columns, f"{name}_order")
    if not pa.types.is_fixed_size_binary(array.type):
        return from_arrow_texts(array, order)
    rows = _load_ints(columns, f"{name}_other_rows")
    form = _NAMES[facts[FORM]]
    if rows is None:
        return HexTexts(form, load_bytes(array), order)
    others = load_texts(columns, f"{name}_others")
    if not isinstance(others, MappedTexts):
        raise KeyError(f"{name}_others")
    return HexTexts(form, load_bytes(array), order, rows, others)


class _Picked(Sequence[str]):
    """Some texts of a table."""

    def __init__(self, texts: Texts, rows: Ints) -> None:
        self._texts, self._rows = texts, rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> str:  # type: ignore[override]  # slices are never asked for
        return self._texts[int(self._rows[index])]

    def find(self, text: str) -> int:
        """Place of `text`, or -1."""
        return next((i for i, there in enumerate(self) if there == text), -1)


def _load_ints(columns: Columns, name: str) -> Ints | None:
    found = columns.find(name)
    column: Ints | None = None if found is None else found[0].to_numpy(zero_copy_only=True)
    return column


def _sample(count: int) -> list[int]:
    return sorted({i * count // _SAMPLE for i in range(_SAMPLE)}) if count else []


def _iter_raw(texts: Texts, form: HexForm) -> Iterator[tuple[int, Ints, Ints]]:
    """First row, bytes, and whether they are written in the form, of each piece of the texts."""
    for start in range(0, len(texts), PIECE):
        yield start, *read_bytes(texts, form, start, min(start + PIECE, len(texts)))


def _find_others(texts: Texts, form: HexForm) -> Ints | None:
    """Rows written otherwise, `None` where they are too many."""
    found = [np.zeros(0, np.int64)]
    for start, _, fits in _iter_raw(texts, form):
        found.append(start + np.flatnonzero(~fits))
        if sum(map(len, found)) * MOST_OTHERS > len(texts):
            return None
    return np.concatenate(found)


def _iter_bytes(texts: Texts, form: HexForm, keys: Ints) -> Iterator[Any]:
    """The bytes of the texts, piece by piece; their first eight are put into `keys` on the way."""
    for start, raw, _ in _iter_raw(texts, form):
        keys[start : start + len(raw)] = _take_keys(raw, 0)
        yield to_raw(raw)


def _take_keys(raw: Ints, depth: int) -> Ints:
    offsets = np.arange(len(raw) + 1, dtype=np.int64) * raw.shape[1]
    keys = np.empty(len(raw), np.uint64)
    fill_keys(freeze(raw.ravel()), freeze(offsets), np.arange(len(raw)), depth, keys)
    return keys


def _order_bytes(texts: Texts, form: HexForm, keys: Ints, others: Ints) -> Ints | None:
    def find_keys(rows: Ints, depth: int) -> Ints:
        if len(rows) <= _FEW:
            return _take_keys(parse_hex_texts(form, *lay_out([texts[int(i)] for i in rows]))[0], depth)
        everywhere = np.empty(len(texts), np.uint64)
        for start, raw, _ in _iter_raw(texts, form):
            everywhere[start : start + len(raw)] = _take_keys(raw, depth)
        found: Ints = everywhere[rows]
        return found

    if not len(others):
        return order_keys(keys, find_keys, form.width)
    mine = np.delete(np.arange(len(texts)), others)
    order = order_keys(keys[mine], lambda rows, depth: find_keys(mine[rows], depth), form.width)
    found: Ints = mine if order is None else mine[order]
    return found


def _store_plain(name: str, texts: Texts, *, ordered: bool) -> Iterator[Stored]:
    array = to_arrow_texts(texts)
    data, offsets = from_arrow_texts(array, None).buffers()
    first, last = int(offsets[0]), int(offsets[-1])
    ends = np.ascontiguousarray(offsets - first if first else offsets, np.int64)
    data = np.ascontiguousarray(data[first:last])
    yield Stored(
        name,
        pa.large_string(),
        len(texts),
        ((ends.nbytes, (to_raw(ends),)), (data.nbytes, (data,))),
    )
    order = order_texts(data, ends) if ordered else None
    if order is not None:
        yield store_ints(f"{name}_order", order)
