"""One run of the bench: which ledgers and thefts, in what order, and what comes of it.

* Each case stands in one run of the ledger; the latest theft of its size is measured again where the same rows stand
  in the runs that block-sized appends leave, and must reach the same.
* What the figures depend on (machine, versions, load) is kept beside them.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

import jindo
from jindo.app.bench.measuring import BenchFigures, measure_case, measure_cold, measure_peers
from jindo.app.bench.peers import PEERS, find_missing, load_duckdb
from jindo.app.bench.worlds import (
    BenchCase,
    PeersDiffer,
    build_chain,
    find_case,
    find_late_case,
    prepare,
    split_as_appended,
)
from jindo.ledger import AccountChain
from jindo.trace import prepared, reach

Report = Callable[[str, int, int | None], None]
"""Told of (what is being done, how much is done, how much there is to do)."""


@dataclass(frozen=True, slots=True)
class BenchPlan:
    """What a run of the bench measures."""

    sizes: tuple[int, ...]
    """Transfers of each ledger."""
    touched: tuple[int, ...]
    """Transfers that each theft touches."""
    appends: int = 10_000
    """Block-sized appends after which it is measured again; 0 for none."""


QUICK_BENCH = BenchPlan((1_000_000,), (1_000, 100_000))
"""Ends within two minutes on a laptop."""
FULL_BENCH = BenchPlan((5_000_000, 20_000_000, 100_000_000), (1_000, 100_000, 1_000_000))
"""Takes an hour or two, and 16 GB of memory."""


@dataclass(frozen=True, slots=True)
class BenchResult:
    """What a run of the bench found."""

    facts: dict[str, str]
    """The machine, its load when the run began, and versions."""
    left_out: dict[str, str]
    """Peers that did not run, and why."""
    cases: tuple[BenchFigures, ...]
    not_found: tuple[str, ...]
    """Cases for which the ledger has no theft."""

    def to_view(self) -> dict[str, Any]:
        """The result as plain values; times are whole nanoseconds."""
        return asdict(self)


def run_bench(plan: BenchPlan, *, folder: Path | None = None, report: Report | None = None) -> BenchResult:
    """Measure what the plan names; files for the cold cache stand below `folder` while it runs.

    Raises:
        PeersDiffer: two programs answer differently.
    """
    missing = find_missing()
    said = report or (lambda _name, _done, _total: None)
    facts = _find_facts(missing)
    total = len(plan.sizes) * len(plan.touched)
    cases: list[BenchFigures] = []
    not_found: list[str] = []
    for place, size in enumerate(plan.sizes):
        said(f"a ledger of {size:,} transfers", place * len(plan.touched), total)
        chain = build_chain(size)
        one, stopped = prepare(chain)
        db = load_duckdb(chain, stopped)
        for number, touched in enumerate(plan.touched):
            said(f"{size:,} transfers, {touched:,} touched", place * len(plan.touched) + number, total)
            case = find_case(one, stopped, touched)
            if case is None:
                not_found.append(f"no theft among {size:,} transfers touches {touched:,}")
                continue
            peers = measure_peers(db, case, without=missing)
            cases.append(measure_case(case, cold=measure_cold(case, folder), peers=peers))
            cases += _measure_appended(chain, one, stopped, touched, plan.appends)
        db.close()
    return BenchResult(facts, dict.fromkeys(missing, "not installed"), tuple(cases), tuple(not_found))


def _measure_appended(
    chain: AccountChain, one: prepared.PreparedAccountChain, stopped: Any, touched: int, appends: int
) -> Iterator[BenchFigures]:
    """The latest theft of its size, on the ledger in one run and in the runs that block-sized appends leave."""
    case = find_late_case(one, stopped, touched) if appends else None
    if case is None:
        return
    many = prepared.prepare_account_chain(split_as_appended(chain, appends), stopped)
    again = reach.find_reach(many, case.start, end=case.end)
    if not (np.array_equal(again.pots, case.reach.pots) and np.array_equal(again.events, case.reach.events)):
        raise PeersDiffer("the same rows in many runs reach other pots, or reach one at another time")
    yield measure_case(case, cold=None, peers={})
    yield measure_case(BenchCase(many, stopped, case.start, case.end, again, case.rows), cold=None, peers={})


def _find_facts(missing: tuple[str, ...]) -> dict[str, str]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    facts = {
        "machine": f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.machine()} {platform.system()}",
        "load": f"{os.getloadavg()[0]:.1f} when it began",
        "python": platform.python_version(),
        "jindo": jindo.__version__,
    }
    names = ("numpy", "numba", *(peer for peer in PEERS if peer not in missing))
    return facts | {name: _find_version(name) for name in names}


def _find_version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"
