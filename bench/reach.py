"""How fast reach is: the pots that a theft can have reached, beside DuckDB's recursive CTE and beside an exact trace.

* One run makes synthetic ledgers with heavy-tailed degrees, finds thefts that touch about as many transfers as
  asked, and measures each peer on the same rows, in this process, after a warm-up; a figure is a median.
* The peers must agree: the same pots, by the same first transfer. A bench that finds them apart fails.
* The floor reads the columns of the touched transfers in random order, and does nothing with them.
* It prints ratios. Nothing here asserts a time.

    python bench/reach.py [--sizes 5000000,20000000] [--touched 1000,100000,1000000] [--json OUT]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import numba
import numpy as np
import pyarrow as pa

from jindo.base.ids import ETHEREUM, native_asset
from jindo.ledger import AccountChain, Ints, assemble_account_chain
from jindo.sim.random_chains import powerlaw_columns
from jindo.trace import AccountSeeds, Findings, Stop, Stops, get_rule
from jindo.trace.kernel import trace_account_chain
from jindo.trace.reach import Reach, find_reach

SEED = 2025
ACCOUNTS_PER_TRANSFER = 1 / 5
SERVICES_PER_ACCOUNT = 1 / 1000
"""The busiest accounts are services: as in a real trace, they are reached and not followed."""
LIMIT = 120.0
"""Seconds after which a peer is stopped."""
RUNS = 5

QUERY = """
WITH RECURSIVE reached(pot, event) USING KEY (pot) AS (
    SELECT dst, min(event) FROM {table} JOIN stolen USING (event) WHERE event < {end} GROUP BY dst
    UNION
    SELECT e.dst, min(e.event)
    FROM reached
    JOIN {table} e ON e.src = reached.pot AND e.event > reached.event
    LEFT JOIN recurring.reached known ON known.pot = e.dst
    WHERE e.event > {first} AND e.event < {end} AND e.amount > 0 AND e.src <> e.dst
        AND NOT EXISTS (FROM stopped WHERE stopped.pot = reached.pot)
        AND (known.event IS NULL OR e.event < known.event)
    GROUP BY e.dst
)
SELECT pot, event FROM reached
"""
TABLES = {"by_event": "event", "by_sender": "src, event"}
"""DuckDB gets the rows in ledger order and sorted by sender, and is judged by the faster."""


class Numbered(Sequence[str]):
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


@dataclass(frozen=True, slots=True)
class Case:
    """A theft on a ledger, followed until `end`."""

    chain: AccountChain
    stopped: Ints
    start: Ints
    """The stolen transfers."""
    end: int
    reach: Reach
    rows: Ints
    """The transfers touched, ascending."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Median seconds of each peer on one case."""

    transfers: int
    window: int
    touched: int
    pots: int
    reach: float
    floor: float
    exact: float
    exact_flows: int
    """Stolen units laid in pots: far fewer than transfers touched, since under fifo most draws take other money."""
    poison: float
    """The same driver and kernel under the rule that stains all that a pot pays."""
    poison_flows: int
    duckdb: float
    duckdb_table: str
    duckdb_stopped: bool
    """Whether DuckDB was stopped at the limit, which is then its figure."""


def build_chain(transfers: int) -> AccountChain:
    """A power-law ledger of one asset, one transaction per transfer."""
    accounts = int(transfers * ACCOUNTS_PER_TRANSFER)
    block, src, dst, amount = powerlaw_columns(transfers, accounts, SEED)
    nothing = np.zeros(transfers, np.int64)
    return assemble_account_chain(
        ETHEREUM,
        assets=(native_asset(ETHEREUM),),
        decimals={},
        accounts=Numbered(accounts),
        tx_hashes=Numbered(transfers),
        block=block,
        time=block * 12,
        tx=np.arange(transfers),
        tx_index=nothing,
        kind=np.zeros(transfers, np.int8),
        position=nothing,
        sender=src,
        receiver=dst,
        asset=nothing,
        amount=amount,
    )


def find_services(chain: AccountChain) -> Ints:
    """The pots with the most transfers, ascending."""
    degree = np.diff(chain.out_offsets) + np.diff(chain.in_offsets)
    return np.sort(np.argsort(-degree, kind="stable")[: max(1, int(len(degree) * SERVICES_PER_ACCOUNT))])


def find_case(chain: AccountChain, stopped: Ints, touched: int) -> Case | None:
    """A theft in the first tenth of the ledger, and an end by which it touches `touched` transfers.

    It takes one transfer for every thousand that it is to touch, all within a hundredth of the ledger.
    """
    rng = np.random.Generator(np.random.PCG64(SEED))
    hundredth, count = chain.event_count // 100, max(1, touched // 1000)
    for first in rng.integers(9 * hundredth, size=100).tolist():
        start = first + np.sort(rng.choice(hundredth, count, replace=False))
        start = start[(chain.amount[start] > 0) & (chain.src[start] != chain.dst[start])]
        for share in (4, 16, 64, 100):
            end = min(first + share * hundredth, chain.event_count)
            reach = find_reach(chain, start, end=end, stopped_pots=stopped)
            if reach.touched >= touched:
                rows = touched_rows(chain, stopped, reach, start, end)[:touched]
                end = int(rows[-1]) + 1
                reach = find_reach(chain, start, end=end, stopped_pots=stopped)
                assert reach.touched == len(rows)
                return Case(chain, stopped, start, end, reach, rows)
    return None


def touched_rows(chain: AccountChain, stopped: Ints, reach: Reach, start: Ints, end: int) -> Ints:
    """Every transfer out of a followed pot after it was reached, and the stolen ones, ascending."""
    is_followed = ~np.isin(reach.pots, stopped)
    pots, events = reach.pots[is_followed], reach.events[is_followed]
    first = chain.out_offsets[pots]
    sizes = chain.out_offsets[pots + 1] - first
    skipped = np.repeat(first - (np.cumsum(sizes) - sizes), sizes)
    rows = chain.out_events[skipped + np.arange(len(skipped))]
    rows = np.union1d(rows[rows > np.repeat(events, sizes)], start)
    moving: Ints = rows[(rows < end) & (chain.amount[rows] > 0) & (chain.src[rows] != chain.dst[rows])]
    return moving


def load_duckdb(chain: AccountChain, stopped: Ints) -> duckdb.DuckDBPyConnection:
    """The same rows in DuckDB, in memory, once in each order."""
    db = duckdb.connect()
    names = ("event", "src", "dst", "amount")
    columns = (np.arange(chain.event_count, dtype=np.int32), chain.src, chain.dst, chain.amount)
    db.register("given", pa.table(dict(zip(names, columns, strict=True))))
    for table, order in TABLES.items():
        db.execute(f"CREATE TABLE {table} AS FROM given ORDER BY {order}")
    db.register("given_stopped", pa.table({"pot": stopped}))
    db.execute("CREATE TABLE stopped AS FROM given_stopped")
    return db


def measure(run: Callable[[], object]) -> float:
    """Median seconds of a few runs after a warm one; of the first alone where that takes long."""
    first = measure_once(run)
    return first if first > LIMIT / 20 else statistics.median(measure_once(run) for _ in range(RUNS))


def measure_once(run: Callable[[], object]) -> float:
    """Seconds of one run."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def measure_duckdb(db: duckdb.DuckDBPyConnection, case: Case, table: str) -> float | None:
    """Median seconds of the query, or `None` where it was stopped; its answer must be ours."""
    query = QUERY.format(table=table, first=case.start[0], end=case.end)
    timer = threading.Timer(LIMIT, db.interrupt)
    timer.start()
    try:
        found = db.execute(query).fetchnumpy()
    except duckdb.InterruptException:
        return None
    finally:
        timer.cancel()
    order = np.argsort(found["event"])
    assert np.array_equal(found["pot"][order], case.reach.pots), "DuckDB reaches other pots"
    assert np.array_equal(found["event"][order], case.reach.events), "DuckDB reaches a pot at another time"
    return measure(lambda: db.execute(query).fetchnumpy())


def measure_case(db: duckdb.DuckDBPyConnection, case: Case) -> Figures:
    """Every peer on one case."""
    chain, start, end = case.chain, case.start, case.end
    db.register("given_stolen", pa.table({"event": start}))
    db.execute("CREATE OR REPLACE TABLE stolen AS FROM given_stolen")
    stop = Stop("service", "service", "exchange")
    stops = Stops(dict.fromkeys(chain.pot_account[case.stopped].tolist(), stop), chain)

    def trace(rule: str) -> Findings:
        seeds = AccountSeeds(dict.fromkeys(start.tolist(), 0))
        return trace_account_chain(chain, seeds, rule=get_rule(rule), stops=stops, end=end)

    flows = {rule: len(trace(rule).flows) for rule in ("fifo", "poison")}  # warms them up too
    shuffled = np.random.Generator(np.random.PCG64(SEED)).permutation(case.rows)
    seconds = {table: measure_duckdb(db, case, table) for table in TABLES}
    best = min(TABLES, key=lambda table: seconds[table] or LIMIT)
    return Figures(
        transfers=chain.event_count,
        window=end - int(start[0]),
        touched=case.reach.touched,
        pots=len(case.reach.pots),
        reach=measure(lambda: find_reach(chain, start, end=end, stopped_pots=case.stopped)),
        floor=measure(lambda: [column[shuffled] for column in (chain.src, chain.dst, chain.amount)]),
        exact=measure(lambda: trace("fifo")),
        exact_flows=flows["fifo"],
        poison=measure(lambda: trace("poison")),
        poison_flows=flows["poison"],
        duckdb=seconds[best] or LIMIT,
        duckdb_table=best,
        duckdb_stopped=seconds[best] is None,
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
    }


HEAD = f"{'ledger':>11} {'window':>11} {'touched':>10} {'pots':>8} {'ms':>7} {'floor':>7} {'duckdb':>10}"
HEAD += f" {'exact':>9} {'flows':>6} {'poison':>9} {'flows':>9}"
LEGEND = "ms: reach. floor: reach / floor. duckdb, exact (fifo), poison: each / reach. flows: what the trace found."


def to_line(f: Figures) -> str:
    """One case as a row of the table."""
    duck = f"{'> ' if f.duckdb_stopped else ''}{f.duckdb / f.reach:,.1f}x"
    line = f"{f.transfers:>11,} {f.window:>11,} {f.touched:>10,} {f.pots:>8,} {f.reach * 1e3:>7.2f}"
    line += f" {f.reach / f.floor:>6.1f}x {duck:>10} {f.exact / f.reach:>8,.2f}x {f.exact_flows:>6,}"
    return f"{line} {f.poison / f.reach:>8,.2f}x {f.poison_flows:>9,}"


def main() -> None:
    """Run the bench and print its table."""
    parser = argparse.ArgumentParser(
        description="Reach beside DuckDB's recursive CTE, an exact trace and a floor."
    )
    parser.add_argument("--sizes", default="5000000,20000000", help="transfers of each ledger")
    parser.add_argument("--touched", default="1000,100000,1000000", help="transfers that each theft touches")
    parser.add_argument("--json", type=Path, help="also write the figures, in seconds, here")
    asked = parser.parse_args()
    facts, found = machine_facts(), []
    print(", ".join(f"{name} {value}" for name, value in facts.items()), LEGEND, HEAD, sep="\n\n", flush=True)
    for size in map(int, asked.sizes.split(",")):
        chain = build_chain(size)
        stopped = find_services(chain)
        db = load_duckdb(chain, stopped)
        for touched in map(int, asked.touched.split(",")):
            case = find_case(chain, stopped, touched)
            if case is None:
                print(f"{size:>12,} no theft found that touches {touched:,} transfers")
                continue
            found.append(measure_case(db, case))
            print(to_line(found[-1]), flush=True)
        db.close()
    if asked.json:
        asked.json.write_text(
            json.dumps({"facts": facts, "cases": [asdict(f) for f in found]}, indent=1) + "\n"
        )


if __name__ == "__main__":
    main()
