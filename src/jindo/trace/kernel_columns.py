"""What the kernels read of a chain: the columns of its runs, by address where compiled, as they are where not.

* One compilation serves any number of runs and any width of integers: a column of a run is a row of a table that says
  where it lies, how far its items are apart and how wide they are.
* The same names read the same values interpreted, from any sequence of integers, so amounts of any width go through.
* A place in a pot's events is a cursor (run, at, stop): the next event is `at` of the run's adjacency, the run's last
  of this pot stands before `stop`. Past the last run (run = number of runs) there is no event.
* Runs that begin after the end of a trace are left out of its tables, so nothing looks there.

Addresses say nothing of who owns the memory: whoever calls a kernel holds `ChainTables`, which keeps it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload, register_jitable

from jindo.base.amounts import MAX_AMOUNT
from jindo.ledger import AccountChain, AccountRun, Adjacency, Ints, UtxoChain, UtxoRun, WideColumn

NONE = -1
NEVER = int(np.iinfo(np.int64).max)
"""Later than every row."""

FIRST_ROW = 0
"""Column of `facts`: the run's first row (event, or transaction)."""
SRC, DST, AMOUNT, OUTGOING, INCOMING = 0, 1, 2, 3, 6
"""Columns of an account run. An adjacency takes three: owners, offsets, rows; `facts` has its number of owners in the
first of the three places, and in the second whether they are dense."""
_OFFSETS, _ROWS = 1, 2
IN_OFFSETS, IN_OUTPUT, IN_AMOUNT, IN_KNOWN, OUT_OFFSETS, OUT_AMOUNT, OUT_ACCOUNT, OUT_SPENDER = range(8)
COINBASE, SPENT, SPENT_BY = 8, 9, 10
"""Columns of a UTXO run."""
FIRST_OUTPUT, SPENT_COUNT = 1, 2
"""Columns of a UTXO run's `facts`."""

_FACTS = 12
_AHEAD = 12
_PER_COLUMN = 3


@dataclass(frozen=True, slots=True)
class ChainTables:
    """Where the runs of a chain lie; columns are held, so addresses stay good."""

    facts: Ints
    """int64, a row per run: see the names above."""
    columns: Sequence[Sequence[Any]]
    """Of each run: its columns, by the names above."""
    places: Ints | None
    """int64, a row per run: (address, step, width) of each column; `None` where one is not in memory as integers."""
    is_narrow: bool
    """Whether amounts are int64 and sums of them cannot wrap."""

    def until(self, end: int) -> ChainTables:
        """The tables of the runs that begin before row `end`."""
        if not len(self.facts) or self.facts[-1, FIRST_ROW] < end:
            return self
        count = int(np.searchsorted(self.facts[:, FIRST_ROW], end))
        places = None if self.places is None else self.places[:count]
        return ChainTables(self.facts[:count], self.columns[:count], places, self.is_narrow)


def lay_out(chain: AccountChain | UtxoChain) -> ChainTables:
    """The tables of a chain; reads no row."""
    laid = [_account_run(run) if isinstance(run, AccountRun) else _utxo_run(run) for run in chain.runs]
    facts = np.array([facts + [0] * (_FACTS - len(facts)) for facts, _ in laid], np.int64).reshape(-1, _FACTS)
    columns = [[_in_memory(column) for column in columns] for _, columns in laid]
    places = [[_place(column) for column in of_run] for of_run in columns]
    if any(place is None for of_run in places for place in of_run):
        return ChainTables(facts, columns, None, is_narrow=False)
    width = _PER_COLUMN * (len(columns[0]) if columns else 0)
    return ChainTables(facts, columns, np.array(places, np.int64).reshape(-1, width), chain.narrow)


def _account_run(run: AccountRun) -> tuple[list[int], list[Any]]:
    out, out_columns = _adjacency(run.outgoing)
    into, in_columns = _adjacency(run.incoming)
    return [run.first_event, 0, 0, *out, *into], [run.src, run.dst, run.amount, *out_columns, *in_columns]


def _adjacency(adjacency: Adjacency) -> tuple[list[int], list[Any]]:
    owners = adjacency.offsets[:0] if adjacency.owners is None else adjacency.owners
    facts = [len(adjacency.offsets) - 1, int(adjacency.owners is None), 0]
    return facts, [owners, adjacency.offsets, adjacency.rows]


def _utxo_run(run: UtxoRun) -> tuple[list[int], list[Any]]:
    names = "in_offsets in_output in_amount in_known out_offsets out_amount out_account out_spender"
    names += " coinbase spent spent_by"
    facts = [run.first_transaction, run.first_output, len(run.spent)]
    return facts, [getattr(run, name) for name in names.split()]


def _in_memory(column: Any) -> Any:
    """The column as the kernels take it: signed integers of a width they know, or amounts as bytes."""
    if isinstance(column, WideColumn):
        data: Any = column.data  # a run just joined reads through to its parts
        return column if isinstance(data, np.ndarray) else WideColumn(np.asarray(data))
    if isinstance(column, list | tuple):  # an input that nobody states may be more than one amount can be
        return WideColumn.from_ints(column) if max(column, default=0) <= MAX_AMOUNT else column
    if not isinstance(column, np.ndarray):
        is_integers = getattr(column, "dtype", None) in (np.int64, np.int32, np.int8)
        return np.asarray(column) if is_integers else column  # a run just joined reads through to its parts
    return column if column.dtype.str in ("<i8", "<i4", "|i1") else column.astype(np.int64)


def _place(column: Any) -> tuple[int, int, int] | None:
    array = column.data if isinstance(column, WideColumn) else column
    if not isinstance(array, np.ndarray):
        return None
    width = array.shape[1] if isinstance(column, WideColumn) else array.itemsize
    return array.__array_interface__["data"][0], array.strides[0], width


# -------------------------------------------------------------------------------------------------------- one item


def column_of(columns, run, which):  # type: ignore[no-untyped-def]
    """A column of a run, for `item`."""
    return columns[run][which]


def item(column, place):  # type: ignore[no-untyped-def]
    """The integer at a place of a column."""
    return int(column[place])


def item_of_word(column, place):  # type: ignore[no-untyped-def]
    """As `item`, of a column that lies in words of 32 bits."""
    return int(column[place])


def lies_in_words(column):  # type: ignore[no-untyped-def]
    """Whether a column lies in words of 32 bits, one after the other; interpreted, no column is read any faster."""
    del column
    return False


def is_something(column, place):  # type: ignore[no-untyped-def]
    """Whether an amount is not zero, however wide."""
    return column[place] != 0


def fetch(column, place):  # type: ignore[no-untyped-def]
    """Have a place of a column brought near, before it is read."""


def fetch_row(table, place):  # type: ignore[no-untyped-def]
    """Have a row of a table of two columns brought near."""


@overload(fetch)
def _fetch_compiled(column, place):  # type: ignore[no-untyped-def]
    def prefetch(column, place):  # type: ignore[no-untyped-def]
        _prefetch(column[0] + column[1] * place)

    return prefetch


@overload(fetch_row)
def _fetch_row_compiled(table, place):  # type: ignore[no-untyped-def]
    def prefetch(table, place):  # type: ignore[no-untyped-def]
        _prefetch(np.int64(table.ctypes.data) + 16 * place)

    return prefetch


@overload(column_of)
def _column_of_compiled(columns, run, which):  # type: ignore[no-untyped-def]
    def read(columns, run, which):  # type: ignore[no-untyped-def]
        first = 3 * which
        return columns[run, first], columns[run, first + 1], columns[run, first + 2]

    return read


@overload(item)
def _item_compiled(column, place):  # type: ignore[no-untyped-def]
    def read(column, place):  # type: ignore[no-untyped-def]
        address = column[0] + column[1] * place
        if column[2] == 4:
            return _load_32(address)
        if column[2] == 8:
            return load_64(address)
        return _load_8(address)

    return read


@overload(item_of_word)
def _item_of_word_compiled(column, place):  # type: ignore[no-untyped-def]
    return lambda column, place: _load_32(column[0] + 4 * place)


@overload(lies_in_words)
def _lies_in_words_compiled(column):  # type: ignore[no-untyped-def]
    return lambda column: column[1] == 4 and column[2] == 4


@overload(is_something)
def _is_something_compiled(column, place):  # type: ignore[no-untyped-def]
    def read(column, place):  # type: ignore[no-untyped-def]
        address = column[0] + column[1] * place
        if column[2] <= 8:
            return item(column, place) != 0
        bits = 0
        for at in range(0, column[2], 8):
            bits |= load_64(address + at)
        return bits != 0

    return read


def _loader(bits: int) -> Any:
    """A load of a signed integer of so many bits from an address."""

    def load(context, address):  # type: ignore[no-untyped-def]  # numba's protocol
        def emit(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            kind = ir.IntType(bits)
            value = builder.load(builder.inttoptr(arguments[0], kind.as_pointer()), align=1, typ=kind)
            return value if bits == 64 else builder.sext(value, ir.IntType(64))

        return types.int64(types.int64), emit

    return intrinsic(load)


def _emit_prefetch(context, address):  # type: ignore[no-untyped-def]  # numba's protocol
    """A hint to bring the line of an address into the cache; it never faults."""

    def emit(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        place = builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())
        hint = ir.FunctionType(ir.VoidType(), [place.type, *[ir.IntType(32)] * 3])
        call = cgutils.get_or_insert_function(builder.module, hint, "llvm.prefetch.p0")
        builder.call(call, [place, *(ir.Constant(ir.IntType(32), value) for value in (0, 3, 1))])
        return context.get_dummy_value()

    return types.void(types.int64), emit


_prefetch: Any = intrinsic(_emit_prefetch)
_load_8, _load_32, load_64 = _loader(8), _loader(32), _loader(64)
"""A signed integer at an address."""


@register_jitable
def load(columns, run, which, place):  # type: ignore[no-untyped-def]
    """The integer at a local place of a run's column."""
    return item(column_of(columns, run, which), place)


# ------------------------------------------------------------------------------------------------ runs and cursors


@register_jitable
def find_run(facts, which, row):  # type: ignore[no-untyped-def]
    """The run that holds a row by the first rows in `facts[:, which]`: most rows are in the first."""
    run = 0
    if len(facts) > 1 and row >= facts[1, which]:
        run = len(facts) - 1
        while row < facts[run, which]:
            run -= 1
    return run


@register_jitable
def find_sorted(column, count, key):  # type: ignore[no-untyped-def]
    """Place of the first of `count` ascending items that is not below `key`."""
    low, high = 0, count
    while low < high:
        middle = (low + high) >> 1
        if item(column, middle) < key:
            low = middle + 1
        else:
            high = middle
    return low


@register_jitable
def find_local(c, side, pot, run):  # type: ignore[no-untyped-def]
    """Where a pot's events of one run stand in its adjacency: (at, stop), both 0 where it has none."""
    place, count = pot, c.facts[run, side]
    if c.facts[run, side + 1] == 0:
        owners = column_of(c.columns, run, side)
        place = find_sorted(owners, count, pot)
        if place < count and item(owners, place) != pot:
            place = count
    if place >= count:
        return 0, 0
    offsets = column_of(c.columns, run, side + _OFFSETS)
    return item(offsets, place), item(offsets, place + 1)


@register_jitable
def find_events(c, side, pot, run):  # type: ignore[no-untyped-def]
    """Cursor to a pot's first event in this run or a later one."""
    while run < len(c.facts):
        at, stop = find_local(c, side, pot, run)
        if at < stop:
            return run, at, stop
        run += 1
    return run, 0, 0


@register_jitable
def event_at(c, side, run, at):  # type: ignore[no-untyped-def]
    """The event at a cursor; NEVER past the last."""
    if run >= len(c.facts):
        return NEVER
    return c.facts[run, FIRST_ROW] + load(c.columns, run, side + _ROWS, at)


@register_jitable
def step(c, side, pot, run, at, stop):  # type: ignore[no-untyped-def]
    """The cursor after this one."""
    if at + 1 < stop:
        return run, at + 1, stop
    return find_events(c, side, pot, run + 1)


@register_jitable
def fetch_ahead(c, side, other, run, at, stop):  # type: ignore[no-untyped-def]
    """Have the event that stands a few places after a cursor brought near: its amount, and who is on its other side."""
    if at + _AHEAD < stop:
        place = load(c.columns, run, side + _ROWS, at + _AHEAD)
        fetch(column_of(c.columns, run, other), place)
        fetch(column_of(c.columns, run, AMOUNT), place)


@register_jitable
def fetch_first(c, side, other, run, at, stop):  # type: ignore[no-untyped-def]
    """Have the events that stand next at a cursor brought near, up to those which `fetch_ahead` brings."""
    if run < len(c.facts):
        rows = column_of(c.columns, run, side + _ROWS)
        for i in range(at, min(at + _AHEAD, stop)):
            place = item(rows, i)
            fetch(column_of(c.columns, run, other), place)
            fetch(column_of(c.columns, run, AMOUNT), place)


# ------------------------------------------------------------------------------------------------------------ bits


@register_jitable
def is_marked(bits, pot):  # type: ignore[no-untyped-def]
    """Whether a pot's bit is set; NOBODY's (-1) is the last, which `build_bits` gives to no pot."""
    return (bits[pot >> 3] >> (pot & 7)) & 1


@register_jitable
def mark(bits, pot):  # type: ignore[no-untyped-def]
    """Set a pot's bit."""
    bits[pot >> 3] |= 1 << (pot & 7)


def build_bits(pots: int, marked: Ints) -> Ints:
    """A bit for each of `pots` pots, set for those marked; memory that is not touched costs nothing."""
    bits = np.zeros(pots // 8 + 1, np.uint8)
    np.bitwise_or.at(bits, marked >> 3, (1 << (marked & 7)).astype(np.uint8))
    return bits
