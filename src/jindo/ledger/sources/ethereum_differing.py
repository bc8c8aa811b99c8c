"""Rows of Ethereum's tables that contradict each other, taken out as rejects.

* A transaction of which one row says that it failed and another that it did not is taken out whole, with its
  receipts, token transfers and traces: which of them is true cannot be told.
* A failed transaction moves nothing: a token transfer of it, and a trace that says itself that it succeeded and has no
  failed ancestor, are taken out; the fee stays.
* A failure is one that these files state. Where the status is unknown, nothing is contradicted.

What the tables know of each other is `ethereum_tables`'; which rows move value, `ethereum_moves`'.
"""

from __future__ import annotations

from jindo.ledger.rejects import to_row_text
from jindo.ledger.staging import Staging

_SHOWN = {
    "tx": ("hash", "block", "sender", "receiver", "value", "status"),
    "receipts": ("hash", "status", "gas_used"),
    "token_transfers": ("hash", "block", "log_index", "token", "sender", "receiver", "value"),
    "calls": ("hash", "block", "trace_type", "trace_address", "sender", "receiver", "value", "status"),
}
_REMEDY = "Compare with another copy of the chain, and leave out the row that is wrong."


def reject_differing(staging: Staging) -> None:
    """Take out of the tables that `make_lookups` made what contradicts itself or a failure."""
    _refuse_two_outcomes(staging)
    stated = "key IN (SELECT key FROM receipt WHERE failed)"
    reason = "the row moves a token in a transaction that failed, by its status"
    _take_out(staging, "token_transfers", stated, reason)
    alive = (
        "NOT EXISTS (SELECT 1 FROM failed f WHERE f.key = calls.key AND f.path = calls.path[1:len(f.path)])"
    )
    says_so = "status IS NOT NULL AND outcome <> '0'"
    reason = "the trace succeeded, by its status, in a transaction that failed, by its own"
    _take_out(staging, "calls", f"{stated} AND {says_so} AND {alive}", reason)


def _refuse_two_outcomes(staging: Staging) -> None:
    odd = "key IN (SELECT key FROM receipt WHERE failed AND succeeded)"
    for table in _SHOWN:
        reason = "one row of the source says that the transaction failed, and another that it did not"
        _take_out(staging, table, odd, reason)
    staging.run("DELETE FROM failed_txs WHERE key IN (SELECT key FROM receipt WHERE failed AND succeeded)")


def _take_out(staging: Staging, table: str, odd: str, reason: str) -> None:
    shown = _SHOWN[table]
    found = staging.run(f"SELECT file, line, {', '.join(shown)} FROM {table} WHERE {odd} ORDER BY file, line")
    for file, line, *values in found:
        text = to_row_text(dict(zip(shown, values, strict=True)))
        staging.rejected.append((file, line, "ledger.differs", reason, _REMEDY, text))
    if found:
        staging.run(f"DELETE FROM {table} WHERE {odd}")
