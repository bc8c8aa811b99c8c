"""What one case of the bench takes: reach, the exact trace, two floors, and each peer, by the clock.

* A figure is the median of five runs after a warm one, or one run where that takes long.
* A peer's answer must be ours: the same pots, each by the same first transfer.
* The gather floor reads the columns of the touched transfers in random order, the window floor reads those columns of
  the whole window in order; both compiled, and nothing is done with what is read.

Ratios and their table are for whoever shows them.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from jindo.app.bench.peers import (
    TABLES,
    Run,
    TooLarge,
    prepare_duckdb,
    prepare_igraph,
    prepare_networkx,
    prepare_polars,
)
from jindo.app.bench.worlds import SEED, BenchCase, PeersDiffer, map_cold, write_columns
from jindo.base.compiling import compile_kept
from jindo.trace import AccountSeeds, Findings, get_rule, kernel, prepared, reach

LIMIT = 120.0
"""Seconds after which a peer is stopped."""
RUNS = 5
_LONG = 6.0
"""Seconds of a run that is not repeated."""


@dataclass(frozen=True, slots=True)
class BenchFigures:
    """Medians on one case, in nanoseconds."""

    transfers: int
    window: int
    """Transfers from the first stolen one to the end of the case."""
    touched: int
    pots: int
    runs: int
    """How many runs the ledger stands in."""
    reach: int
    cold: int | None
    """Reach where nothing of the ledger's files is in memory, mapping and laying out included; `None` if not asked."""
    gather: int
    read_window: int
    exact: int
    exact_flows: int
    """Stolen units laid in pots: far fewer than transfers touched, since under fifo most draws take other money."""
    poison: int
    poison_flows: int
    peers: dict[str, int | str]
    """Nanoseconds, or why there are none."""


def measure_case(case: BenchCase, *, cold: int | None, peers: dict[str, int | str]) -> BenchFigures:
    """Ours and the floors on one case."""
    chain, start, end = case.prepared, case.start, case.end
    seeds, first = AccountSeeds(dict.fromkeys(start.tolist(), 0)), int(start[0])

    def trace(rule: str) -> Findings:
        return kernel.trace_accounts(chain, seeds, rule=get_rule(rule), end=end)

    flows = {rule: len(trace(rule).flows) for rule in ("fifo", "poison")}  # warms them up too
    shuffled = np.random.Generator(np.random.PCG64(SEED)).permutation(case.rows)
    rows = chain.chain
    columns = [np.asarray(column) for column in (rows.src, rows.dst, rows.amount)]
    return BenchFigures(
        transfers=rows.event_count,
        window=end - first,
        touched=case.reach.touched,
        pots=len(case.reach.pots),
        runs=len(rows.runs),
        reach=measure(lambda: reach.find_reach(chain, start, end=end)),
        cold=cold,
        gather=measure(lambda: _gather(shuffled, *columns)),
        read_window=measure(lambda: _read_window(first, end, *columns)),
        exact=measure(lambda: trace("fifo")),
        exact_flows=flows["fifo"],
        poison=measure(lambda: trace("poison")),
        poison_flows=flows["poison"],
        peers=peers,
    )


def measure_peers(
    db: duckdb.DuckDBPyConnection, case: BenchCase, *, without: Sequence[str] = ()
) -> dict[str, int | str]:
    """Every peer on one case, but those left out."""
    duck = [measure_peer(case, partial(prepare_duckdb, db, case, table, LIMIT)) for table in TABLES]
    in_time = [taken for taken in duck if isinstance(taken, int)]
    found: dict[str, int | str] = {"duckdb": min(in_time) if in_time else duck[0]}
    others: dict[str, Callable[[], Run]] = {
        "polars": lambda: prepare_polars(case, LIMIT),
        "igraph": lambda: prepare_igraph(case),
        "networkx": lambda: prepare_networkx(case),
    }
    return found | {name: measure_peer(case, run) for name, run in others.items() if name not in without}


def measure_peer(case: BenchCase, prepare_peer: Callable[[], Run]) -> int | str:
    """Median nanoseconds of a peer, or why there are none.

    Raises:
        PeersDiffer: its answer is not ours.
    """
    try:
        run = prepare_peer()
        pots, events = run()
    except TooLarge as error:
        return str(error)
    except TimeoutError:
        return f"> {LIMIT:.0f} s"
    order = np.argsort(events)
    if not (
        np.array_equal(pots[order], case.reach.pots) and np.array_equal(events[order], case.reach.events)
    ):
        raise PeersDiffer("a peer reaches other pots, or reaches one at another time")
    return measure(run)


def measure_cold(case: BenchCase, folder: Path | None = None) -> int:
    """Median nanoseconds of reach on files of which nothing is in memory; mapping and laying out count.

    The files stand in a folder below `folder`, or below the system's for temporary files, while it runs.
    """
    with tempfile.TemporaryDirectory(dir=folder) as place:
        write_columns(case.prepared.chain.runs[0], Path(place))
        taken = []
        for _ in range(RUNS):
            chain = map_cold(case.prepared.chain, Path(place))
            began = time.perf_counter_ns()
            reach.find_reach(prepared.prepare_account_chain(chain, case.stopped), case.start, end=case.end)
            taken.append(time.perf_counter_ns() - began)
            del chain
    return int(statistics.median(taken))


def measure(run: Callable[[], object]) -> int:
    """Median nanoseconds of a few runs after a warm one; of the first alone where that takes long."""
    first = _measure_once(run)
    if first > _LONG * 1e9:
        return first
    return int(statistics.median(_measure_once(run) for _ in range(RUNS)))


def _measure_once(run: Callable[[], object]) -> int:
    began = time.perf_counter_ns()
    run()
    return time.perf_counter_ns() - began


def _add_up_rows(rows, src, dst, amount):  # type: ignore[no-untyped-def]
    """Read three columns at these rows."""
    total = 0
    for row in rows:
        total += src[row] + dst[row] + amount[row]
    return total


def _add_up_window(first, end, src, dst, amount):  # type: ignore[no-untyped-def]
    """Read three columns from `first` to `end`."""
    total = 0
    for row in range(first, end):
        total += src[row] + dst[row] + amount[row]
    return total


_gather: Callable[..., Any] = compile_kept(_add_up_rows, makes_arrays=False)
_read_window: Callable[..., Any] = compile_kept(_add_up_window, makes_arrays=False)
