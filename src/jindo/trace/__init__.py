"""Where it went: stolen value followed through a chain, exactly, under a stated rule.

* `reference` is the definition in code; `kernel` is the same, fast.
* `resolve` finds in a chain what people name as stolen; a `Boundary` says where following stops.

It opens no file, socket or clock, and does not know who owns an account.
"""

from jindo.trace.boundary import REASONS, Boundary, Stop, Stops, build_stops, stop_of_kind
from jindo.trace.findings import FEE, Findings, Flow
from jindo.trace.rules import CONSERVING, RULES, Rule, get_rule
from jindo.trace.seeds import AccountSeeds, Named, NamedAccount, NamedTransfer, Resolution, UtxoSeeds, resolve

__all__ = [
    "CONSERVING",
    "FEE",
    "REASONS",
    "RULES",
    "AccountSeeds",
    "Boundary",
    "Findings",
    "Flow",
    "Named",
    "NamedAccount",
    "NamedTransfer",
    "Resolution",
    "Rule",
    "Stop",
    "Stops",
    "UtxoSeeds",
    "build_stops",
    "get_rule",
    "resolve",
    "stop_of_kind",
]
