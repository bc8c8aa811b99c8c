"""The bench that a user runs: reach and the exact trace beside other people's programs and two floors.

    worlds -> measuring (ours, floors) + peers -> running -> table | picture | bench.json

* A ledger is made in memory, from a fixed seed; nothing of the user's is read, and no network.
* Peers that are not installed are named as left out; those that are must give the same answer, or the bench ends.
* It prints ratios of what ran in one process on one machine; nothing asserts a time.
"""

from __future__ import annotations

from jindo.app.bench.picture import draw_bench
from jindo.app.bench.running import FULL_BENCH, QUICK_BENCH, BenchPlan, BenchResult, run_bench

__all__ = ["FULL_BENCH", "QUICK_BENCH", "BenchPlan", "BenchResult", "draw_bench", "run_bench"]
