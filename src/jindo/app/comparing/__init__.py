"""What changed between two results of a trace, and why: a trace is a versioned statement.

    two result folders -> changes (sheets, endpoints, movements) + causes (what the results rest on) -> Comparison

* Tracing is exact, so results that rest on the same things are the same; every change has a cause among what differs.
* Where one thing differs, it is the cause of every change. Where several do, an end's cause is named only where the
  results show it; else the comparison says that they do not.
* It reads two folders and nothing else: neither ledger is needed.
"""

from __future__ import annotations

from jindo.app.comparing.causes import CAUSES, SEVERAL, Cause
from jindo.app.comparing.changes import EndChange, SheetChange
from jindo.app.comparing.comparison import Comparison, compare_results

__all__ = ["CAUSES", "Cause", "Comparison", "EndChange", "SEVERAL", "SheetChange", "compare_results"]
