"""Crossings: value that leaves one asset or chain and comes back in another, followed as fact where the chain says so.

* `find_swaps` lists what accounts gave and got inside one transaction; `find_bridges` matches departures and arrivals by
  their memos; `trace_jointly` follows stolen units through both, over several chains.
* What was not matched is said with its reason.

It opens no file. The rules stand in `docs/explain/crossings.md`.
"""

from jindo.trace.crossings.bridges import REFUSALS, Bridges, RefusedMemo, VaultEvidence, find_bridges
from jindo.trace.crossings.crossing import BRIDGE, SWAP, WRAP, Crossing, Leg
from jindo.trace.crossings.joint import Crossed, JointFindings, trace_jointly
from jindo.trace.crossings.memos import Memo, MemoAsset, parse_memo
from jindo.trace.crossings.op_return import find_data, name_answer, write_data
from jindo.trace.crossings.order import merge_rows, read_times, refuse_rings
from jindo.trace.crossings.sheets import build_joint_outcomes
from jindo.trace.crossings.swaps import Swaps, find_swaps
from jindo.trace.crossings.wrappers import WRAPPERS

__all__ = [
    "BRIDGE",
    "Bridges",
    "Crossed",
    "Crossing",
    "JointFindings",
    "Leg",
    "Memo",
    "MemoAsset",
    "REFUSALS",
    "RefusedMemo",
    "SWAP",
    "Swaps",
    "VaultEvidence",
    "WRAP",
    "WRAPPERS",
    "build_joint_outcomes",
    "find_bridges",
    "find_data",
    "find_swaps",
    "merge_rows",
    "name_answer",
    "parse_memo",
    "read_times",
    "refuse_rings",
    "trace_jointly",
    "write_data",
]
