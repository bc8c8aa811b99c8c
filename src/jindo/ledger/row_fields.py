"""The fields of one batch of rows, read column by column.

* What is written plainly is read by compiled code; every other text by its field's parser (`fields`).
* Problems are noted by field and row: which one counts is said when all fields are read.

Which rows go where is `checking`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jindo.ledger.fields import Field, mark_amount
from jindo.ledger.interning import ODD, NameIds
from jindo.ledger.kernel_fields import MOST_DIGITS, SMALL_DIGITS, read_amounts, read_numbers
from jindo.ledger.numbering import TextNumbering, to_buffers
from jindo.ledger.packing import PLAIN, WIDTH, pack_hashes
from jindo.ledger.runs import NOBODY, Ints

TEXTS = ("block", "tx_hash", "sender", "receiver", "amount", "tx_index", "position", "asset", "time", "memo")
"""Fields of text that a batch has."""
DIGITS = {"block": (1, 9), "tx_index": (1, 9), "position": (1, 9), "time": (9, 10)}
"""Fewest and most digits of a number that is written plainly."""


class RowFields:
    """One batch of rows while its fields are read."""

    def __init__(self, batch: Any, fields: dict[str, Field]) -> None:
        self._batch = batch
        self._fields = fields
        self._texts = {name: batch[name].cast(pa.large_string()) for name in TEXTS}
        self._found: dict[str, dict[int, str]] = {}
        """By field, the problem of each row that has one."""

    def problems(self) -> dict[int, str]:
        """The problem of each row that has one, by row."""
        found: dict[int, str] = {}
        for name in reversed(self._fields):
            found |= self._found.get(name, {})
        return dict(sorted(found.items()))

    def read_numbers(self, name: str, least: int, most: int) -> Ints:
        """A field of whole numbers, int64; -1 where it is missing."""
        texts = self._texts[name]
        found, odd = np.empty(len(texts), np.int64), np.empty(len(texts), np.bool_)
        if texts.null_count == len(texts):
            found[:], odd[:] = NOBODY, False
        else:
            read_numbers(*to_buffers(texts), least, most, NOBODY, found, odd)
        self._note_missing(name, texts)
        for rows, value in self._parse(name, texts, odd):
            found[rows] = NOBODY if value is None else value
        return found

    def read_hashes(self) -> Any:
        """The transaction hashes, packed."""
        texts = self._texts["tx_hash"]
        packed = pack_hashes(texts)
        sizes = np.diff(to_buffers(packed)[1])
        odd = (sizes != WIDTH) & (sizes != PLAIN) & (sizes > 0)
        self._note_missing("tx_hash", texts)
        return packed if not odd.any() else pack_hashes(self._replace("tx_hash", texts, odd))

    def read_names(self, name: str, names: NameIds) -> Ints:
        """The accounts of a field by id; -1 where one is missing."""
        texts = self._texts[name]
        ids = names.number_clean(texts)
        odd = ids == ODD
        self._note_missing(name, texts, meant=self._batch["open_end"])
        if odd.any():
            canonical = self._replace(
                name, texts.filter(pa.array(odd)), np.ones(int(odd.sum()), np.bool_), odd
            )
            ids[odd] = names.number(canonical)
        return ids

    def read_assets(self, assets: TextNumbering) -> Ints:
        """The assets by id."""
        texts = self._texts["asset"]
        self._note_missing("asset", texts)
        if _is_one(texts):
            (number,) = assets.number(
                self._replace("asset", texts[:1], np.ones(1, np.bool_), np.arange(len(texts)) < 1)
            )
            problem = self._found.get("asset", {}).get(0)
            if problem is not None:
                self._found["asset"] = dict.fromkeys(range(len(texts)), problem)
            return np.full(len(texts), number)
        return assets.number(self._replace("asset", texts, np.ones(len(texts), np.bool_)))

    def read_amounts(self) -> tuple[Any, Any]:
        """The amounts below 10^18 (int64, else NULL), and the others in decimal text (else NULL)."""
        texts, count = self._texts["amount"], len(self._texts["amount"])
        small, odd, large = np.empty(count, np.int64), np.empty(count, np.bool_), np.empty(count, np.bool_)
        stops, room = np.empty(count + 1, np.int64), np.empty(count * MOST_DIGITS + 1, np.uint8)
        places = self._batch["scale"].to_numpy()
        read_amounts(*to_buffers(texts), places, small, room, stops, large, odd)
        self._note_missing("amount", texts)
        wide: Any = pa.nulls(count, pa.large_string())
        if large.any():
            kept = room[: int(stops[-1])]
            buffers = [pa.array(large).buffers()[1], pa.py_buffer(stops), pa.py_buffer(kept)]
            wide = pa.Array.from_buffers(pa.large_string(), count, buffers)
        if odd.any():
            wide = self._fix_amounts(texts, small, wide, large, odd)
        return pa.array(small, mask=large), wide

    def _fix_amounts(self, texts: Any, small: Ints, wide: Any, large: Ints, odd: Ints) -> Any:
        rows = np.flatnonzero(odd)
        stated = self._batch["stated"].take(pa.array(rows)).to_pylist()
        said = texts.take(pa.array(rows)).to_pylist()
        marked = pa.array([mark_amount(t, d) for t, d in zip(said, stated, strict=True)], pa.large_string())
        digits: list[str | None] = [None] * len(rows)
        for places, value in self._parse("amount", marked, np.ones(len(rows), np.bool_), rows):
            for place in np.searchsorted(rows, places).tolist():
                digits[place] = None if value is None else str(value)
        lengths = np.array([len(text or "") for text in digits])
        large[rows] = lengths > SMALL_DIGITS
        small[rows] = [int(text or 0) if len(text or "") <= SMALL_DIGITS else 0 for text in digits]
        mask = pa.array(odd)
        fixed = pa.array(
            [text if len(text or "") > SMALL_DIGITS else None for text in digits], pa.large_string()
        )
        return pc.replace_with_mask(wide, mask, fixed)

    def _note_missing(self, name: str, texts: Any, *, meant: Any = None) -> None:
        if not texts.null_count or not self._fields[name].required:
            return
        lacking = np.array(texts.is_null().to_numpy(zero_copy_only=False))
        if meant is not None:
            lacking &= ~meant.to_numpy(zero_copy_only=False)
        problem = self._fields[name].missing()
        self._found.setdefault(name, {}).update(dict.fromkeys(np.flatnonzero(lacking).tolist(), problem))

    def _parse(
        self, name: str, texts: Any, odd: Ints, rows: Ints | None = None
    ) -> Iterator[tuple[Ints, Any]]:
        """The rows of each distinct text that is odd, and its value; problems are noted.

        `rows` are those of the batch that the odd texts stand in, where the texts are not the batch's.
        """
        places = np.flatnonzero(odd)
        if not len(places):
            return
        encoded = texts.take(pa.array(places)).drop_null().dictionary_encode()
        places = places[texts.take(pa.array(places)).is_valid().to_numpy(zero_copy_only=False)]
        where = places if rows is None else rows[places]
        values, problems = self._fields[name].read(encoded.dictionary.to_pylist())
        which = encoded.indices.to_numpy()
        order = np.argsort(which, kind="stable")
        ends = np.searchsorted(which[order], np.arange(len(values) + 1))
        for i, (value, problem) in enumerate(zip(values, problems, strict=True)):
            of_text = where[order[ends[i] : ends[i + 1]]]
            if problem is not None:
                self._found.setdefault(name, {}).update(dict.fromkeys(of_text.tolist(), problem))
            yield of_text, value

    def _replace(self, name: str, texts: Any, odd: Ints, among: Ints | None = None) -> Any:
        """The texts, those that are odd in canonical form, or NULL where they have none; problems are noted."""
        rows = None if among is None else np.flatnonzero(among)
        places = np.flatnonzero(odd)
        encoded = texts.take(pa.array(places)).dictionary_encode()
        values, problems = self._fields[name].read(encoded.dictionary.to_pylist())
        fixed = pa.array(values, pa.large_string()).take(encoded.indices)
        where = places if rows is None else rows[places]
        which = encoded.indices.fill_null(NOBODY).to_numpy()
        for i, problem in enumerate(problems):
            if problem is not None:
                bad = where[which == i].tolist()
                self._found.setdefault(name, {}).update(dict.fromkeys(bad, problem))
        return fixed if len(places) == len(texts) else pc.replace_with_mask(texts, pa.array(odd), fixed)


def _is_one(texts: Any) -> bool:
    """Whether all texts, none of which is missing, are the same."""
    return bool(len(texts) and not texts.null_count and pc.all(pc.equal(texts, texts[0])).as_py())
