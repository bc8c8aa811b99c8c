"""One run of an account chain while its rows come in, block by block: the columns grow in temporary files.

* Memory is what each transaction written otherwise than in hexadecimal digits, and each memo, takes.
* Amounts are int64 until one reaches 2^62; from then on all are of 32 bytes.

Ids are given by `account_building`; adjacency is `indexing`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jindo.base.compiling import compile_kept
from jindo.ledger.appearance import first_rows
from jindo.ledger.hex_texts import FORMS, MOST_OTHERS, HexTexts
from jindo.ledger.numbering import TextNumbering, to_buffers
from jindo.ledger.packing import unpack_hashes
from jindo.ledger.runs import NARROW_BITS, Amounts, Blocks, Ints, Texts
from jindo.ledger.spool import Spool
from jindo.ledger.stored import PerBlock
from jindo.ledger.text_order import freeze
from jindo.ledger.texts import SomeTexts, from_arrow_texts, to_arrow_texts
from jindo.ledger.wide import WideColumn, parse_decimals

_HASH_FORMS = (FORMS[1], FORMS[2])
_OTHERWISE = 2
_PIECE = 1 << 20


class GrowingRun:
    """Rows in ledger order, whole blocks at a time."""

    def __init__(self, spool: Spool, time_max: int) -> None:
        """`time_max` is the running maximum of times before the run."""
        self.spool = spool
        self.rows = 0
        self.transactions = 0
        self.time_max = time_max
        """The running maximum of times until here."""
        self._blocks: list[Ints] = []
        """Shape (4, b) for each batch: height, running maximum of times, rows, time."""
        self._per_block = True
        """Whether the rows of each block have one time."""
        self._wide = False
        self._memos: dict[int, str] = {}
        self._others: dict[int, str] = {}
        """Transactions whose hash is no hexadecimal digits."""

    def add(self, table: Any, src: Ints, dst: Ints) -> None:
        """Take in whole blocks, and the pots that each row draws from and fills."""
        self.spool.append("src", src.astype(np.int32))
        self.spool.append("dst", dst.astype(np.int32))
        self._add_transactions(table)
        self._add_blocks(table["block"].to_numpy(), table["time"].to_numpy())
        self._add_amounts(one_array(table["amount"]), one_array(table["wide"]))
        for name, kind in (("kind", np.int8), ("position", np.int32), ("time", np.int64)):
            self.spool.append(name, table[name].to_numpy().astype(kind))
        memo = one_array(table["memo"])
        if memo.null_count < len(memo):
            there = np.flatnonzero(memo.is_valid().to_numpy(zero_copy_only=False)).tolist()
            self._memos.update(
                zip([self.rows + row for row in there], memo.drop_null().to_pylist(), strict=True)
            )
        self.rows += len(table)

    def columns(self) -> dict[str, Any]:
        """The columns of rows and transactions, as `build_account_run` takes them."""
        blocks, times = self._build_blocks()
        names = ("src", "dst", "tx", "kind", "position", "tx_index")
        return {
            **{name: self.spool.read(name) for name in names},
            "blocks": blocks,
            "time": PerBlock(blocks, times) if self._per_block else self.spool.read("time"),
            "tx_hashes": self._build_hashes(),
            "amount": self._build_amounts(),
            "memos": self._build_memos(),
        }

    def _add_transactions(self, table: Any) -> None:
        """A transaction stands in one block, so those of whole blocks can be numbered for themselves."""
        packed = one_array(table["tx_hash"]).cast(pa.large_binary())
        local = _number_in_turn(packed, table["block"].to_numpy(), table["tx_index"].to_numpy())
        if local is None:
            local = TextNumbering().number_bytes(*to_buffers(packed))
        first = first_rows(local, int(local.max()) + 1)
        raw, forms, others = unpack_hashes(*to_buffers(packed.take(pa.array(first)))[:2])
        self.spool.append("tx", (self.transactions + local).astype(np.int32))
        self.spool.append("tx_index", table["tx_index"].to_numpy()[first].astype(np.int32))
        self.spool.append("hash_bytes", raw)
        self.spool.append("hash_forms", forms)
        rows = self.transactions + np.flatnonzero(forms == _OTHERWISE)
        self._others.update(zip(rows.tolist(), others, strict=True))
        self.transactions += len(forms)

    def _add_blocks(self, block: Ints, time: Ints) -> None:
        first = np.flatnonzero(np.diff(block, prepend=block[0] - 1))
        running = np.maximum(np.maximum.accumulate(time), self.time_max)
        ends = np.append(first[1:], len(block))
        self._blocks.append(np.stack([block[first], running[ends - 1], ends - first, time[first]]))
        self._per_block &= bool(np.array_equal(np.repeat(time[first], ends - first), time))
        self.time_max = int(running[-1])

    def _add_amounts(self, small: Any, wide: Any) -> None:
        if not self._wide and (wide.null_count == len(wide) or _all_narrow(wide)):
            filled = pc.coalesce(small, pc.cast(wide, pa.int64()))
            self.spool.append("amount", filled.to_numpy())
            return
        if not self._wide:
            self._wide = True
            amount = self.spool.read("amount")
            for start in range(0, self.rows, _PIECE):
                self.spool.append("wide", WideColumn.from_parts(amount[start : start + _PIECE], []).data)
        data = WideColumn.from_parts(small.fill_null(0).to_numpy(), []).data
        there = np.flatnonzero(wide.is_valid().to_numpy(zero_copy_only=False))
        data[there] = parse_decimals(wide.drop_null())
        self.spool.append("wide", data)

    def _build_memos(self) -> SomeTexts | None:
        if not self._memos:
            return None
        return SomeTexts(self.rows, np.array([*self._memos], np.int64), [*self._memos.values()])

    def _build_amounts(self) -> Amounts:
        return WideColumn(self.spool.read("wide")) if self._wide else self.spool.read("amount")

    def _build_hashes(self) -> Texts:
        """The hashes by the form that most of them have; as texts where too many have another."""
        forms = np.asarray(self.spool.read("hash_forms"))
        plain = int(np.count_nonzero(forms == 1) * 2 > len(forms))
        data, form = self.spool.read("hash_bytes"), _HASH_FORMS[plain]
        if not self._others and not np.any(forms != plain):
            return HexTexts(form, data, None)
        rows = np.flatnonzero(forms != plain)
        raw = np.asarray(data)
        others = from_arrow_texts(pa.array(self._spell(raw, forms, rows), pa.large_string()), None)
        raw[rows] = 0
        found = HexTexts(form, raw, None, rows, others)
        if len(rows) * MOST_OTHERS <= len(forms):
            return found
        return from_arrow_texts(to_arrow_texts(found), None)

    def _spell(self, raw: Ints, forms: Ints, rows: Ints) -> Sequence[str]:
        return [
            self._others[row]
            if forms[row] == _OTHERWISE
            else _HASH_FORMS[forms[row]].prefix + raw[row].tobytes().hex()
            for row in rows.tolist()
        ]

    def _build_blocks(self) -> tuple[Blocks, Ints]:
        height, time_max, rows, time = np.concatenate(self._blocks, axis=1)
        first = np.zeros(len(height) + 1, np.int64)
        np.cumsum(rows, out=first[1:])
        return Blocks(height=height, time_max=time_max, first=first), time


def _number_in_turn(packed: Any, block: Ints, tx_index: Ints) -> Ints | None:
    """The transactions of rows numbered as they come, where their places tell them apart; else `None`."""
    if not len(block) or int(tx_index.min()) < 0:
        return None
    data, ends, _ = to_buffers(packed)
    local = np.empty(len(block), np.int64)
    alike = _number_places(data, ends, freeze(block), freeze(tx_index), local)
    return local if alike else None


@compile_kept
def _number_places(data: Any, ends: Any, block: Any, tx_index: Any, local: Any) -> bool:
    """Number the places in turn; whether all rows of each have the same hash."""
    place = 0
    local[0] = 0
    for row in range(1, len(local)):
        if block[row] != block[row - 1] or tx_index[row] != tx_index[row - 1]:
            place += 1
        else:
            size = ends[row + 1] - ends[row]
            if size != ends[row] - ends[row - 1]:
                return False
            for i in range(size):
                if data[ends[row] + i] != data[ends[row - 1] + i]:
                    return False
        local[row] = place
    return True


def one_array(column: Any) -> Any:
    """A chunked column as one array; texts and bytes with 64-bit offsets."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    array = pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) else array
    return array.cast(pa.large_string()) if pa.types.is_string(array.type) else array


def _all_narrow(wide: Any) -> bool:
    return all(
        int(text) >> NARROW_BITS == 0 for text in pc.unique(wide.drop_null()).to_pylist() if len(text) < 20
    ) and ((pc.max(pc.utf8_length(wide)).as_py() or 0) < 20)
