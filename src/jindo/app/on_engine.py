"""Trace through a cluster ledger: the cluster finds the rows that matter, and they are traced here.

* The result folder is what a ledger on one machine with the same rows gives: same findings, same findings hash.
* Stops are decided as everywhere: by the labels that are given, and the burn addresses.
* More rows than the limit are not brought here; the error gives their number.

What tracing means is `tracing`'s and `jindo.trace`'s.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from jindo.app.study import Progress
from jindo.app.tracing import (
    TraceInputs,
    TraceOutcome,
    TraceRequest,
    check_request,
    read_inputs,
    trace_chains,
)
from jindo.base.ids import BURN_ADDRESSES
from jindo.base.times import parse_time
from jindo.ledger import LIMIT, Wanted, extracting, open_cluster_ledger, open_engine
from jindo.trace import NamedAccount, NamedTransfer


def trace_on_engine(
    request: TraceRequest, *, engine: str, limit: int | None = None, progress: Progress | None = None
) -> TraceOutcome:
    """Trace through the cluster ledger at `request.ledger`, and write the result folder.

    `limit` is the number of rows that may be brought here; `None` for the usual one.

    Raises:
        InputError: the cluster ledger, a file or an option cannot be used.
        ConflictError: `out` holds something already.
        RefusedError: more rows would be brought here than the limit.
        SourceError: the engine or the store does not do as asked.
        IntegrityError: the list of contents is damaged, or the balance sheet does not balance.
    """
    check_request(request)
    cluster = open_cluster_ledger(str(request.ledger))
    inputs = read_inputs(request)
    wanted = build_wanted(request, inputs, limit=LIMIT if limit is None else limit)
    with (
        open_engine(engine) as session,
        tempfile.TemporaryDirectory(prefix="jindo-extract-") as scratch,
        extracting(session, cluster, wanted, Path(scratch), progress) as chains,
    ):
        return trace_chains(request, cluster.to_ledger(), chains, inputs, progress)


def build_wanted(request: TraceRequest, inputs: TraceInputs, *, limit: int) -> Wanted:
    """What a trace wants of a ledger, in plain words."""
    named, stops = inputs.stolen.named, inputs.labels.stops() if inputs.labels else {}
    return Wanted(
        transfers=tuple((row.tx_hash, row.index) for row in named if isinstance(row, NamedTransfer)),
        accounts=tuple((row.address, row.from_time) for row in named if isinstance(row, NamedAccount)),
        stopped=frozenset(stops) | BURN_ADDRESSES,
        shown=frozenset(balance.account for balance in inputs.balances),
        until=None if request.until is None else parse_time(request.until),
        limit=limit,
        max_hops=request.max_hops,
    )
