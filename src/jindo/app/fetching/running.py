"""A trace that fetches what it needs: ask, import, trace.

* The ledger is written once, from the kept answers, when nothing new is touched.
* A ledger that holds an EVM chain or Tron from another source is refused: the same movement would count twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jindo.app.fetching.explorer import Explorer
from jindo.app.fetching.reading import telling_contradictions
from jindo.app.fetching.rounds import FetchLimits, fetch_touched
from jindo.app.fetching.servers import Asking, Server
from jindo.app.fetching.statement import build_fetch_statement
from jindo.app.study import Progress
from jindo.app.tracing import TraceOutcome, TraceRequest, check_request, trace_ledger
from jindo.base.errors import ConflictError, NotFound
from jindo.ledger import (
    AccountChain,
    Kind,
    Ledger,
    find_kept,
    import_source,
    open_ledger,
    read_etherscan_facts,
)

_NEW_LEDGER = "Name a new ledger; what was answered is kept, and nothing is asked again."


def name_keep_folder(ledger: Path) -> Path:
    """Where answers are kept, unless the user says otherwise: beside the ledger."""
    ledger = ledger.resolve()
    return ledger.with_name(f"{ledger.name}.kept")


def trace_fetched(
    request: TraceRequest,
    servers: Sequence[Server],
    asking: Asking,
    limits: FetchLimits,
    progress: Progress | None = None,
) -> TraceOutcome:
    """Fetch what the trace touches, import it into the ledger, and write the result folder.

    Raises:
        InputError: a file, an option or a server cannot be used.
        NotFound: no server knows what is named as stolen.
        ConflictError: `out` holds something already, or the ledger holds a chain from elsewhere.
        SourceError: a server does not answer; the same command goes on where this one ended.
        SourceContradiction: a server's answers cannot all be true.
        IntegrityError: the ledger or a kept answer is damaged.
    """
    check_request(request)
    fetched = fetch_touched(request, servers, asking, limits, progress)
    for explorer in fetched.explorers:
        _check_ledger(request.ledger, explorer)
        with telling_contradictions(explorer):
            import_source(
                str(explorer.folder),
                format=explorer.format,
                into=request.ledger,
                chain=explorer.chain,
                strict=True,
                progress=progress,
            )
    said = {"accounts": limits.accounts, "most": limits.most, "all_rules": limits.all_rules}
    statement = build_fetch_statement(
        fetched.explorers, fetched.extents, further=fetched.further, limits=said
    )
    return trace_ledger(request, progress, fetched=statement)


def _check_ledger(path: Path, explorer: Explorer) -> None:
    """Refuse a ledger in which a fetched movement could stand a second time."""
    try:
        ledger = open_ledger(path)
    except NotFound:
        return
    chain = ledger.chain(explorer.chain, check=False) if explorer.chain in ledger.chain_ids() else None
    if not isinstance(chain, AccountChain):
        return
    others = {
        entry.format
        for entry in ledger.manifest.imports
        if entry.chain == explorer.chain and entry.format != explorer.format
    }
    if others:
        raise ConflictError(
            f"the ledger holds {explorer.chain} from {min(others)} already, where movements have other places: fetched "
            "ones would count a second time",
            place=str(path),
            remedy=_NEW_LEDGER,
        )
    _check_positions(ledger, chain, explorer)


def _check_positions(ledger: Ledger, chain: AccountChain, explorer: Explorer) -> None:
    """A token movement that came without its log index may not come again with it."""
    if explorer.format != "etherscan":
        return
    files = find_kept(str(explorer.folder), format=explorer.format)
    for tx_hash in sorted(read_etherscan_facts(files, explorer.chain).receipted):
        tx = chain.tx_hashes.find(tx_hash)
        events = chain.events_of(tx).tolist() if tx >= 0 else []
        if any(chain.kind[event] == Kind.TRANSFER for event in events):
            raise ConflictError(
                f"the ledger holds token movements of {tx_hash} without their log indices, which are known now",
                place=str(ledger.folder),
                remedy=_NEW_LEDGER,
            )
