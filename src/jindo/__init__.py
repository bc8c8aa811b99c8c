"""Jindo follows stolen cryptocurrency through chain data, exact to the base unit.

    import jindo
    jindo.import_source("transfers.csv", format="transfers", into=Path("ledger"))
    outcome = jindo.trace_ledger(jindo.TraceRequest(...))

* The nouns are those of the command line, and do the same by the same code.
* They load where they are first used, so that `import jindo` costs nothing.
* Rooms never import from here: what they share lies below them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from jindo.base.version import VERSION

if TYPE_CHECKING:
    from jindo.app import TraceRequest, explain_address, trace_ledger, verify_result
    from jindo.ledger import import_source, open_ledger
    from jindo.sim import make_world


__version__ = VERSION

__all__ = [
    "TraceRequest",
    "__version__",
    "explain_address",
    "import_source",
    "make_world",
    "open_ledger",
    "trace_ledger",
    "verify_result",
]

_ROOM_OF = {
    "import_source": "jindo.ledger",
    "open_ledger": "jindo.ledger",
    "TraceRequest": "jindo.app",
    "trace_ledger": "jindo.app",
    "verify_result": "jindo.app",
    "explain_address": "jindo.app",
    "make_world": "jindo.sim",
}


def __getattr__(name: str) -> Any:
    """Load a noun from its room when it is first asked for."""
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'jindo' has no attribute {name!r}")
    return getattr(importlib.import_module(_ROOM_OF[name]), name)


def __dir__() -> list[str]:
    """The nouns, also those that are not loaded yet."""
    return sorted({*globals(), *_ROOM_OF})
