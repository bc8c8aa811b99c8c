"""What the bench is measured on: ledgers with heavy-tailed degrees, in one run and in many, and thefts.

* Accounts are numbered as they first appear, as the ledger numbers them; the busiest thousandth are services.
* A ledger "after appends" holds the same rows in the runs that so many appended blocks leave, compacted as the ledger
  compacts: the older of two neighbours has at least eight times the rows of the newer.
* The same seed gives the same ledger and the same thefts.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from jindo.base.errors import IntegrityError
from jindo.base.ids import ETHEREUM, native_asset
from jindo.ledger import AccountChain, AccountRun, Adjacency, Ints, indexing
from jindo.sim import powerlaw_columns
from jindo.trace import prepared as trace_prepared
from jindo.trace import reach as trace_reach

SEED = 2025
ACCOUNTS_PER_TRANSFER = 1 / 5
SERVICES_PER_ACCOUNT = 1 / 1000
"""The busiest accounts are services: as in a real trace, they are reached and not followed."""
BLOCK = 150
"""Transfers in a block."""
GROWTH = 8


class _Numbered(Sequence[str]):
    """Texts that are their own ids: a bench needs no addresses."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, index: Any) -> Any:
        return str(range(self._size)[index])

    def find(self, text: str) -> int:
        """Id of `text`, or -1."""
        return int(text) if text.isdecimal() and int(text) < self._size else -1


class PeersDiffer(IntegrityError):
    """Two programs that a bench runs beside each other answer differently."""

    code = "bench.peers-differ"


@dataclass(frozen=True, slots=True)
class BenchCase:
    """A theft on a ledger, followed until `end`."""

    prepared: trace_prepared.PreparedAccountChain
    stopped: Ints
    start: Ints
    """The stolen transfers."""
    end: int
    reach: trace_reach.Reach
    rows: Ints
    """The transfers touched, ascending."""


def build_chain(transfers: int) -> AccountChain:
    """A power-law ledger of one asset in one run, one transaction per transfer."""
    _, src, dst, amount = powerlaw_columns(transfers, int(transfers * ACCOUNTS_PER_TRANSFER), SEED)
    src, dst = number_by_appearance(src, dst)
    return AccountChain(
        ETHEREUM,
        (native_asset(ETHEREUM),),
        (18,),
        narrow=True,
        runs=(_build_run(src, dst, amount, 0, transfers),),
    )


def number_by_appearance(src: Ints, dst: Ints) -> tuple[Ints, Ints]:
    """The two columns with accounts numbered as they first appear, sender before receiver; int32."""
    size = int(max(src.max(), dst.max())) + 1
    first = np.full(size, 2 * len(src), np.int64)
    rows = np.arange(len(src))[::-1]  # the last write stays: the earliest row
    first[dst[::-1]] = 2 * rows + 1
    seen = np.full(size, 2 * len(src), np.int64)
    seen[src[::-1]] = 2 * rows
    number = np.empty(size, np.int32)
    number[np.argsort(np.minimum(first, seen), kind="stable")] = np.arange(size, dtype=np.int32)
    return number[src], number[dst]


def _build_run(src: Ints, dst: Ints, amount: Ints, first: int, stop: int) -> AccountRun:
    """The run of rows `first` to `stop` of a ledger."""
    pots = [int(max(src[:end].max(), dst[:end].max())) + 1 if end else 0 for end in (first, stop)]
    rows, block = np.arange(stop - first, dtype=np.int32), np.arange(first, stop) // BLOCK
    nothing = np.zeros(len(rows), np.int32)
    return indexing.build_account_run(
        first_event=first,
        first_transaction=first,
        first_account=pots[0],
        first_pot=pots[0],
        blocks=indexing.build_blocks(block, block * 12),
        accounts=_Numbered(pots[1] - pots[0]),
        tx_hashes=_Numbered(len(rows)),
        src=src[first:stop],
        dst=dst[first:stop],
        amount=amount[first:stop],
        tx=rows,
        kind=nothing.astype(np.int8),
        position=nothing,
        time=block * 12,
        tx_index=nothing,
        pot_account=np.arange(*pots, dtype=np.int32),
        pot_asset=np.zeros(pots[1] - pots[0], np.int32),
    )


def split_as_appended(chain: AccountChain, blocks: int) -> AccountChain:
    """The same rows in the runs that stand after the last `blocks` blocks were appended one by one."""
    run, total = chain.runs[0], chain.event_count
    base = (max(total - blocks * BLOCK, total // 2) // BLOCK) * BLOCK
    starts, sizes = [0], [base]
    for first in range(base, total, BLOCK):
        starts, sizes = [*starts, first], [*sizes, min(BLOCK, total - first)]
        while len(sizes) > 1 and sizes[-2] < GROWTH * sizes[-1]:
            starts.pop()
            sizes[-2:] = [sizes[-2] + sizes[-1]]
    stops = [*starts[1:], total]
    runs = [_build_run(run.src, run.dst, run.amount, a, b) for a, b in zip(starts, stops, strict=True)]
    return replace(chain, runs=tuple(runs))


def find_services(chain: AccountChain) -> Ints:
    """The pots with the most transfers, ascending."""
    run = chain.runs[0]
    degree = np.bincount(run.src, minlength=chain.pot_count) + np.bincount(run.dst, minlength=chain.pot_count)
    return np.sort(np.argsort(-degree, kind="stable")[: max(1, int(len(degree) * SERVICES_PER_ACCOUNT))])


def find_case(prepared: trace_prepared.PreparedAccountChain, stopped: Ints, touched: int) -> BenchCase | None:
    """A theft in the first tenth of the ledger, and an end by which it touches `touched` transfers.

    It takes one transfer for every thousand that it is to touch, all within a hundredth of the ledger.
    """
    rng, count = np.random.Generator(np.random.PCG64(SEED)), prepared.chain.event_count
    for first in rng.integers(9 * (count // 100), size=100).tolist():
        start = first + np.sort(rng.choice(count // 100, max(1, touched // 1000), replace=False))
        if trace_reach.find_reach(prepared, start, end=count).touched < touched:
            continue
        low, high = int(start[-1]), count
        while high - low > 1:
            middle = (low + high) // 2
            enough = trace_reach.find_reach(prepared, start, end=middle).touched >= touched
            low, high = (low, middle) if enough else (middle, high)
        return build_case(prepared, stopped, start, high)
    return None


def find_late_case(
    prepared: trace_prepared.PreparedAccountChain, stopped: Ints, touched: int
) -> BenchCase | None:
    """A theft as late as it can be to touch `touched` transfers by the end of the ledger."""
    rng, count = np.random.Generator(np.random.PCG64(SEED)), prepared.chain.event_count
    offsets = np.sort(rng.choice(count // 100, max(1, touched // 1000), replace=False))
    best = None
    low, high = 0, count - count // 100
    while high - low > count // 1000:
        middle = (low + high) // 2
        if trace_reach.find_reach(prepared, middle + offsets, end=count).touched >= touched:
            low, best = middle, middle
        else:
            high = middle
    return None if best is None else build_case(prepared, stopped, best + offsets, count)


def build_case(
    prepared: trace_prepared.PreparedAccountChain, stopped: Ints, start: Ints, end: int
) -> BenchCase:
    """The case of a theft of these transfers."""
    reach = trace_reach.find_reach(prepared, start, end=end)
    rows = touched_rows(prepared.chain, stopped, reach, start, end)
    if reach.touched != len(rows):
        raise PeersDiffer("one pass over the ledger touches other transfers than reach")
    return BenchCase(prepared, stopped, start, end, reach, rows)


def touched_rows(chain: AccountChain, stopped: Ints, reach: trace_reach.Reach, start: Ints, end: int) -> Ints:
    """Every transfer out of a followed pot after it was reached, and the stolen ones, ascending; by reading all."""
    run = chain.runs[0]
    arrival = np.full(chain.pot_count, end, np.int64)
    arrival[reach.pots] = reach.events
    arrival[stopped] = end
    rows = np.arange(end)
    touched = arrival[run.src[:end]] < rows
    touched[start] = True
    return np.flatnonzero(touched & (run.src[:end] != run.dst[:end]) & (run.amount[:end] > 0))


def write_columns(run: AccountRun, folder: Path) -> None:
    """The columns that a trace reads, one file each."""
    for name, column in _iter_columns(run):
        np.save(folder / f"{name}.npy", column)
    os.sync()


def map_cold(chain: AccountChain, folder: Path) -> AccountChain:
    """The one-run chain on columns mapped from the folder, of which nothing is in memory."""
    found: dict[str, Any] = {}
    for path in sorted(folder.glob("*.npy")):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)  # hands back what is not in use
        found[path.stem] = np.load(path, mmap_mode="r")
    run = chain.runs[0]
    outgoing, incoming = (
        Adjacency(found.get(f"{side}-owners"), found[f"{side}-offsets"], found[f"{side}-rows"])
        for side in ("outgoing", "incoming")
    )
    mapped = replace(
        run,
        src=found["src"],
        dst=found["dst"],
        amount=found["amount"],
        outgoing=outgoing,
        incoming=incoming,
    )
    return replace(chain, runs=(mapped,))


def _iter_columns(run: AccountRun) -> list[tuple[str, Ints]]:
    columns = [("src", run.src), ("dst", run.dst), ("amount", run.amount)]
    for side in ("outgoing", "incoming"):
        adjacency: Adjacency = getattr(run, side)
        named = [(f"{side}-{field.name}", getattr(adjacency, field.name)) for field in fields(adjacency)]
        columns += [(name, column) for name, column in named if column is not None]
    return columns


def prepare(chain: AccountChain) -> tuple[trace_prepared.PreparedAccountChain, Ints]:
    """The chain laid out, and its stopped pots."""
    stopped = find_services(chain)
    return trace_prepared.prepare_account_chain(chain, stopped), stopped
