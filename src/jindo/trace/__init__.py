"""Where it went: stolen value followed through a chain, exactly, under a stated rule.

* `reference` is the definition in code; `kernel` is the same, fast.
* `resolve` finds in a chain what people name as stolen; a `Boundary` says where following stops.

It opens no file, socket or clock, and does not know who owns an account.
"""

from jindo.trace.boundary import (
    KNOWN_KINDS,
    REASONS,
    Boundary,
    Stop,
    Stops,
    account_of,
    build_stops,
    stop_of_kind,
)
from jindo.trace.findings import FEE, Findings, Flow
from jindo.trace.naming import (
    AccountSeeds,
    Named,
    NamedAccount,
    NamedTransfer,
    Resolution,
    UtxoSeed,
    UtxoSeeds,
)
from jindo.trace.outcome import Endpoint, Outcome, Sheet, build_outcome, find_stop, flow_asset
from jindo.trace.rules import CONSERVING, RULES, Rule, get_rule
from jindo.trace.seeds import resolve

__all__ = [
    "AccountSeeds",
    "Boundary",
    "CONSERVING",
    "Endpoint",
    "FEE",
    "Findings",
    "Flow",
    "KNOWN_KINDS",
    "Named",
    "NamedAccount",
    "NamedTransfer",
    "Outcome",
    "REASONS",
    "RULES",
    "Resolution",
    "Rule",
    "Sheet",
    "Stop",
    "Stops",
    "UtxoSeed",
    "UtxoSeeds",
    "account_of",
    "build_outcome",
    "build_stops",
    "find_stop",
    "flow_asset",
    "get_rule",
    "resolve",
    "stop_of_kind",
]
