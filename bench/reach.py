"""How fast reach is: the pots that a theft can have reached, beside its peers, an exact trace and two floors.

* One run makes synthetic ledgers with heavy-tailed degrees, finds thefts that touch about as many transfers as
  asked, and measures each peer on the same rows, in this process, after a warm-up; a figure is a median.
* The peers must agree: the same pots, by the same first transfer. A bench that finds them apart fails.
* The gather floor reads the columns of the touched transfers in random order, the window floor reads those columns of
  the whole window in order; both compiled, and nothing is done with what is read.
* It prints ratios. Nothing here asserts a time.

    python bench/reach.py [--sizes 5000000,20000000,100000000] [--touched 1000,100000,1000000] [--json OUT]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import igraph
import networkx as nx
import numba
import numpy as np
import polars as pl

from jindo.ledger import AccountChain
from jindo.trace import AccountSeeds, Findings, get_rule
from jindo.trace.kernel import trace_accounts
from jindo.trace.prepared import PreparedAccountChain, prepare_account_chain
from jindo.trace.reach import find_reach
from reach_peers import (
    TABLES,
    Run,
    TooLarge,
    load_duckdb,
    prepare_duckdb,
    prepare_igraph,
    prepare_networkx,
    prepare_polars,
)
from reach_worlds import (
    SEED,
    Case,
    build_chain,
    find_case,
    find_late_case,
    map_cold,
    prepare,
    split_as_appended,
    write_columns,
)

LIMIT = 120.0
"""Seconds after which a peer is stopped."""
RUNS = 5
APPENDS = 10_000


@dataclass(frozen=True, slots=True)
class Figures:
    """Median seconds on one case."""

    transfers: int
    window: int
    touched: int
    pots: int
    runs: int
    reach: float
    cold: float
    """Reach where nothing of the ledger's files is in memory; the chain is mapped anew each time."""
    gather: float
    gather_numpy: float
    read_window: float
    exact: float
    exact_flows: int
    """Stolen units laid in pots: far fewer than transfers touched, since under fifo most draws take other money."""
    poison: float
    poison_flows: int
    peers: dict[str, float | str]
    """Seconds, or why there are none."""


@numba.njit
def gather(rows: Any, src: Any, dst: Any, amount: Any) -> int:
    """Read three columns at these rows."""
    total = 0
    for row in rows:
        total += src[row] + dst[row] + amount[row]
    return total


@numba.njit
def read_window(first: int, end: int, src: Any, dst: Any, amount: Any) -> int:
    """Read three columns from `first` to `end`."""
    total = 0
    for row in range(first, end):
        total += src[row] + dst[row] + amount[row]
    return total


def measure(run: Callable[[], object]) -> float:
    """Median seconds of a few runs after a warm one; of the first alone where that takes long."""
    first = measure_once(run)
    return first if first > LIMIT / 20 else statistics.median(measure_once(run) for _ in range(RUNS))


def measure_once(run: Callable[[], object]) -> float:
    """Seconds of one run."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def measure_peer(case: Case, prepare_peer: Callable[[], Run]) -> float | str:
    """Median seconds of a peer, or why there are none; its answer must be ours."""
    try:
        run = prepare_peer()
        pots, events = run()
    except TooLarge as error:
        return str(error)
    except TimeoutError:
        return f"> {LIMIT:.0f} s"
    order = np.argsort(events)
    assert np.array_equal(pots[order], case.reach.pots), "a peer reaches other pots"
    assert np.array_equal(events[order], case.reach.events), "a peer reaches a pot at another time"
    return measure(run)


def measure_cold(case: Case) -> float:
    """Median seconds of reach on files of which nothing is in memory; mapping and laying out count."""
    with tempfile.TemporaryDirectory() as folder:
        write_columns(case.prepared.chain.runs[0], Path(folder))
        seconds = []
        for _ in range(RUNS):
            chain = map_cold(case.prepared.chain, Path(folder))
            began = time.perf_counter()
            find_reach(prepare_account_chain(chain, case.stopped), case.start, end=case.end)
            seconds.append(time.perf_counter() - began)
            del chain
    return statistics.median(seconds)


def measure_peers(db: duckdb.DuckDBPyConnection, case: Case) -> dict[str, float | str]:
    """Every peer on one case."""
    duck = [measure_peer(case, partial(prepare_duckdb, db, case, table, LIMIT)) for table in TABLES]
    in_time = [seconds for seconds in duck if isinstance(seconds, float)]
    return {
        "duckdb": min(in_time) if in_time else duck[0],
        "polars": measure_peer(case, lambda: prepare_polars(case, LIMIT)),
        "igraph": measure_peer(case, lambda: prepare_igraph(case)),
        "networkx": measure_peer(case, lambda: prepare_networkx(case)),
    }


def measure_case(case: Case, *, cold: float, peers: dict[str, float | str]) -> Figures:
    """Ours and the floors on one case."""
    prepared, start, end = case.prepared, case.start, case.end
    seeds, first = AccountSeeds(dict.fromkeys(start.tolist(), 0)), int(start[0])

    def trace(rule: str) -> Findings:
        return trace_accounts(prepared, seeds, rule=get_rule(rule), end=end)

    flows = {rule: len(trace(rule).flows) for rule in ("fifo", "poison")}  # warms them up too
    shuffled = np.random.Generator(np.random.PCG64(SEED)).permutation(case.rows)
    columns = [
        np.asarray(column) for column in (prepared.chain.src, prepared.chain.dst, prepared.chain.amount)
    ]
    return Figures(
        transfers=prepared.chain.event_count,
        window=end - first,
        touched=case.reach.touched,
        pots=len(case.reach.pots),
        runs=len(prepared.chain.runs),
        reach=measure(lambda: find_reach(prepared, start, end=end)),
        cold=cold,
        gather=measure(lambda: gather(shuffled, *columns)),
        gather_numpy=measure(lambda: [column[shuffled] for column in columns]),
        read_window=measure(lambda: read_window(first, end, *columns)),
        exact=measure(lambda: trace("fifo")),
        exact_flows=flows["fifo"],
        poison=measure(lambda: trace("poison")),
        poison_flows=flows["poison"],
        peers=peers,
    )


def measure_appended(
    chain: AccountChain, one: PreparedAccountChain, stopped: Any, touched: int
) -> tuple[Figures, Figures] | None:
    """The latest theft of its size, on the ledger in one run and in the runs that block-sized appends leave."""
    case = find_late_case(one, stopped, touched)
    if case is None:
        return None
    many = prepare_account_chain(split_as_appended(chain, APPENDS), stopped)
    reach = find_reach(many, case.start, end=case.end)
    assert np.array_equal(reach.pots, case.reach.pots), "appends change what is reached"
    assert np.array_equal(reach.events, case.reach.events), "appends change when it is reached"
    again = Case(many, stopped, case.start, case.end, reach, case.rows)
    return (
        measure_case(case, cold=float("nan"), peers={}),
        measure_case(again, cold=float("nan"), peers={}),
    )


def machine_facts() -> dict[str, str]:
    """What the figures depend on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "machine": f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.machine()} {platform.system()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
        "duckdb": duckdb.__version__,
        "polars": pl.__version__,
        "igraph": igraph.__version__,
        "networkx": nx.__version__,
    }


PEERS = ("duckdb", "polars", "igraph", "networkx")
HEAD = f"{'ledger':>11} {'runs':>4} {'window':>11} {'touched':>9} {'pots':>8} {'ms':>8} {'cold':>7} {'gather':>7}"
HEAD += f" {'window':>7} {'exact':>7} {'flows':>6} {'poison':>8} {'flows':>8}"
HEAD += "".join(f" {name:>11}" for name in PEERS)
LEGEND = """ms: reach. cold: cold / reach. gather, window: reach / that floor. exact (fifo): exact / gather floor.
poison: poison / reach. Peers: each / reach, or why not. flows: what the trace found."""


def to_line(f: Figures) -> str:
    """One case as a row of the table."""
    line = (
        f"{f.transfers:>11,} {f.runs:>4} {f.window:>11,} {f.touched:>9,} {f.pots:>8,} {f.reach * 1e3:>8.2f}"
    )
    line += f" {f.cold / f.reach:>6.1f}x {f.reach / f.gather:>6.1f}x {f.reach / f.read_window:>6.2f}x"
    line += (
        f" {f.exact / f.gather:>6.1f}x {f.exact_flows:>6,} {f.poison / f.reach:>7.1f}x {f.poison_flows:>8,}"
    )
    ratios = [f.peers.get(name, "") for name in PEERS]
    return line + "".join(f" {r if isinstance(r, str) else f'{r / f.reach:,.0f}x':>11}" for r in ratios)


def main() -> None:
    """Run the bench and print its table."""
    parser = argparse.ArgumentParser(description="Reach beside its peers, an exact trace and two floors.")
    parser.add_argument("--sizes", default="5000000,20000000", help="transfers of each ledger")
    parser.add_argument("--touched", default="1000,100000,1000000", help="transfers that each theft touches")
    parser.add_argument("--json", type=Path, help="also write the figures, in seconds, here")
    asked = parser.parse_args()
    facts, found = machine_facts(), []
    print(", ".join(f"{name} {value}" for name, value in facts.items()), LEGEND, HEAD, sep="\n\n", flush=True)
    for size in map(int, asked.sizes.split(",")):
        chain = build_chain(size)
        prepared, stopped = prepare(chain)
        db = load_duckdb(chain, stopped)
        for touched in map(int, asked.touched.split(",")):
            case = find_case(prepared, stopped, touched)
            if case is None:
                print(f"{size:>12,} no theft found that touches {touched:,} transfers")
                continue
            figures = [measure_case(case, cold=measure_cold(case), peers=measure_peers(db, case))]
            figures += measure_appended(chain, prepared, stopped, touched) or ()
            found += figures
            print(*map(to_line, figures), sep="\n", flush=True)
        db.close()
    if asked.json:
        cases = [asdict(f) for f in found]
        asked.json.write_text(json.dumps({"facts": facts, "cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    main()
