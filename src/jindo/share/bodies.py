"""The two bodies that are about other statements: a receipt and a recall.

* A receipt names what it received by hash, so that two who were shown different things find out.
* A recall takes back one statement of the same member, with a reason; what was said stays on record.

Bodies about cases, exhibits, labels, requests and replies are `respond`'s.
"""

from __future__ import annotations

from typing import Any

from jindo.base.errors import InputError
from jindo.share.statements import SignedStatement, Statement


def build_receipt_body(received: SignedStatement) -> dict[str, Any]:
    """That we have this statement, with these signatures."""
    return {"statement_id": received.statement.id, "sha256": received.sha256}


def build_recall_body(recalled: Statement, *, reason: str) -> dict[str, Any]:
    """That `recalled` no longer stands, and why.

    Raises:
        InputError: no reason is given.
    """
    if not reason.strip():
        raise InputError("a recall needs a reason", remedy="Say in a sentence why it no longer stands.")
    return {"statement_id": recalled.id, "kind": recalled.kind, "reason": reason.strip()}
