"""Use cases: the one place where rooms meet. Both faces, command line and web, call these and hold no logic.

* `trace_ledger` writes a result folder, `verify_result` holds it against itself, `explain_address` tells how an
  account was reached.
* Chain data comes in through `import_source`; worlds with known answers through `make_world`.
"""

from jindo.app.demo import DemoOutcome, run_demo
from jindo.app.explaining import Explanation, explain_address
from jindo.app.study import Progress
from jindo.app.tracing import TraceOutcome, TraceRequest, trace_ledger
from jindo.app.verifying import Check, Verification, verify_result
from jindo.ledger import FORMATS, ImportReport, Ledger, LedgerStatus, import_source, open_ledger
from jindo.sim import WORLDS, make_world, write_world
from jindo.trace import RULES

__all__ = [
    "FORMATS",
    "RULES",
    "WORLDS",
    "Check",
    "DemoOutcome",
    "Explanation",
    "ImportReport",
    "Ledger",
    "LedgerStatus",
    "Progress",
    "TraceOutcome",
    "TraceRequest",
    "Verification",
    "explain_address",
    "import_source",
    "make_world",
    "open_ledger",
    "run_demo",
    "trace_ledger",
    "verify_result",
    "write_world",
]
