"""Trace what was stolen through a ledger and write the result folder.

* The folder is written beside its place and put there in one step: a killed run leaves no half result.
* A result never overwrites another: an `--out` that holds something is refused.
* `manifest.json` lists the SHA-256 of every file, so that a changed byte can be named.
"""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jindo.app.evidence import write_evidence
from jindo.app.fetching.bounds import bound
from jindo.app.fetching.statement import FetchStatement
from jindo.app.history import write_history
from jindo.app.inputs import Labels, OpeningBalance, StolenFile, read_labels, read_opening, read_stolen
from jindo.app.report import NOT_TRACED, render_html, render_pdf
from jindo.app.result import build_result, labels_that_stopped, write_endpoints, write_flows, write_result
from jindo.app.study import Progress, Study, ask, run_study
from jindo.base.errors import ConflictError, InputError
from jindo.base.ids import BITCOIN, native_asset
from jindo.base.times import format_time, parse_time
from jindo.base.version import VERSION
from jindo.ledger import AccountChain, Chain, Ledger, LedgerStatus, open_ledger
from jindo.seal import canonical_bytes, sha256_hex
from jindo.trace import NamedAccount, NamedTransfer, Resolution, get_rule, resolve

CONVENTIONS = (
    "Amounts are whole base units; nothing is rounded but shares, which are rounded down against a running total.",
    "Movements apply in the chain's own order: block, transaction, gas, native movements, logs.",
    "What a pot sends beyond what the ledger saw it receive is clean money from outside the ledger (unexplained inflow).",
    "Labelled services and burn addresses hold nothing: what enters is counted and not followed further.",
    "Swaps, wrappings and bridges are not followed through: a labelled one is a stop, an unlabelled one an account.",
    "Accounts that merely behave like a service are followed: likely services are not looked for.",
    "The spread between rules is a spread of conventions, not a bound; true bounds were not computed.",
)


_SHOWN = 5
"""Unseen accounts that a message names."""


@dataclass(frozen=True, slots=True)
class TraceRequest:
    """What `jindo trace` is asked."""

    ledger: Path
    stolen: Path
    out: Path
    services: Path | None = None
    rule: str = "fifo"
    until: str | None = None
    """Blocks whose running maximum of times is past this are left out."""
    max_hops: int | None = None
    opening: Path | None = None
    allow_unseen: bool = False
    """Trace although an account named as stolen is not in the ledger at all; a note then names it first."""


@dataclass(frozen=True, slots=True)
class TraceInputs:
    """The files that a trace is given, read once."""

    stolen: StolenFile
    labels: Labels | None
    balances: tuple[OpeningBalance, ...]
    opening_hash: str
    """SHA-256 of the file of opening balances; empty where there is none."""


@dataclass(frozen=True, slots=True)
class TraceOutcome:
    """What `jindo trace` made."""

    result: dict[str, Any]
    """The content of `result.json`."""
    out: Path


def trace_ledger(
    request: TraceRequest, progress: Progress | None = None, *, fetched: FetchStatement | None = None
) -> TraceOutcome:
    """Trace, and write the result folder; `fetched` says what the ledger was fetched from.

    Raises:
        InputError: the ledger, a file or an option cannot be used.
        ConflictError: `out` holds something already.
        IntegrityError: the ledger's files are not what was written, or the balance sheet does not balance.
    """
    check_request(request)
    ledger, status, chains = _open_chains(request.ledger, progress)
    inputs = read_inputs(request)
    return trace_chains(request, ledger, chains, inputs, progress, status=status, fetched=fetched)


def read_inputs(request: TraceRequest) -> TraceInputs:
    """The files that a trace is given.

    Raises:
        InputError: one cannot be used.
    """
    stolen = read_stolen(request.stolen)
    labels = read_labels(request.services) if request.services else None
    balances, opening_hash = read_opening(request.opening) if request.opening else ((), "")
    return TraceInputs(stolen, labels, balances, opening_hash)


def trace_chains(
    request: TraceRequest,
    ledger: Ledger,
    chains: list[Chain],
    inputs: TraceInputs,
    progress: Progress | None = None,
    *,
    status: LedgerStatus | None = None,
    fetched: FetchStatement | None = None,
) -> TraceOutcome:
    """Trace through chains of `ledger`, or what of them the trace needs, and write the result folder.

    `status` is that of the version that the chains are of; else the ledger is asked.

    Raises:
        InputError: a file or an option cannot be used.
        IntegrityError: the balance sheet does not balance.
    """
    stolen, labels, balances = inputs.stolen, inputs.labels, inputs.balances
    unseen = _find_unseen(request, stolen, chains)
    found = resolve(stolen.named, chains)
    stated = None if fetched is None else fetched.provenance
    study = _study(request, chains, found, labels, balances, stated, progress)
    status = status or ledger.status()
    provenance = _provenance(request, status, stolen, labels, (balances, inputs.opening_hash), study)
    provenance |= {} if fetched is None else {"fetched": fetched.provenance}
    notes = [
        *(fetched.notes if fetched else ()),
        *unseen,
        *found.notes,
        *(labels.notes if labels else ()),
        *status.notes,
        *_note_nothing(study),
    ]
    beside = fetched.files if fetched else {}
    result = _write_folder(request.out.resolve(), ledger, study, provenance, notes, beside, progress)
    return TraceOutcome(result, request.out)


def check_request(request: TraceRequest) -> None:
    """Refuse what can be refused before anything is read.

    Raises:
        InputError: an option cannot be used.
        ConflictError: `out` holds something already.
    """
    get_rule(request.rule)
    if request.max_hops is not None and request.max_hops < 1:
        raise InputError("the number of hops must be 1 or more", place="--max-hops")
    if request.until is not None:
        parse_time(request.until)
    if request.out.exists() and (not request.out.is_dir() or any(request.out.iterdir())):
        raise ConflictError(
            "there is something already, and a result never overwrites another",
            place=str(request.out),
            remedy="Choose another folder with --out.",
        )


def _open_chains(path: Path, progress: Progress | None) -> tuple[Ledger, LedgerStatus, list[Chain]]:
    """The ledger with its status and its chains, all of one version, after their files were held against their hashes."""
    ledger = open_ledger(path)
    if progress:
        progress("checking the ledger's files", 0, None)
    chains = [ledger.chain(chain) for chain in ledger.chain_ids()]
    status = ledger.status()
    # An import that ended meanwhile gives newer chains than the fingerprint that was read.
    is_same = open_ledger(path).manifest.chains == ledger.manifest.chains
    return (ledger, status, chains) if is_same else _open_chains(path, progress)


def _find_unseen(request: TraceRequest, stolen: StolenFile, chains: list[Chain]) -> list[str]:
    """A note for each account named as stolen that no chain knows: a slip there would lose its money in silence."""
    unseen = [
        row
        for row in stolen.named
        if isinstance(row, NamedAccount) and all(chain.accounts.find(row.address) < 0 for chain in chains)
    ]
    if unseen and not request.allow_unseen:
        more = "".join(f"; nor {row.address} ({row.place})" for row in unseen[1:_SHOWN])
        rest = f"; nor {len(unseen) - _SHOWN} more" if unseen[_SHOWN:] else ""
        raise InputError(
            f"the account {unseen[0].address} is not in the ledger at all{more}{rest}",
            place=unseen[0].place,
            remedy="Check it for a slip, or import the chain data that holds it; --allow-unseen traces the others.",
        )
    return [
        f"{NOT_TRACED}: {row.place}: the account {row.address} is not in the ledger at all: a slip, or data is missing"
        for row in unseen
    ]


def _study(
    request: TraceRequest,
    chains: list[Chain],
    found: Resolution,
    labels: Labels | None,
    balances: Iterable[OpeningBalance],
    fetched: Mapping[str, Any] | None,
    progress: Progress | None,
) -> Study:
    openings = _find_openings(chains, balances)
    questions = [
        ask(
            chain,
            found.seeds[chain.chain],
            bound(labels, fetched, chain.chain),
            end=find_end(chain, request.until),
            opening=openings[chain.chain],
        )
        for chain in chains
    ]
    return run_study(questions, found.thefts, rule=request.rule, max_hops=request.max_hops, progress=progress)


def find_end(chain: Chain, until: str | None) -> int:
    """The row of a chain from which on rows are left out.

    Raises:
        InputError: the chain has no times, and `until` is given.
    """
    if until is None:
        return chain.row_starts[-1]
    if chain.last_time < 0:
        raise InputError(
            f"the ledger has no times for {chain.chain}", place="--until", remedy="Leave --until out."
        )
    return chain.row_after(parse_time(until))


def _find_openings(chains: list[Chain], balances: Iterable[OpeningBalance]) -> dict[str, dict[int, int]]:
    openings: dict[str, dict[int, int]] = {chain.chain: {} for chain in chains}
    for balance in balances:
        places = [
            (chain.chain, pot)
            for chain in chains
            if isinstance(chain, AccountChain)
            for pot in chain.find_pots(balance.account)
            if balance.asset in ("", chain.assets[int(chain.pot_asset[pot])])
        ]
        if len(places) != 1:
            raise InputError(
                f"{balance.account} has {len(places)} pots of the asset {balance.asset!r} in this ledger",
                place="--opening",
                remedy="Name the asset as `jindo ledger status` lists it; leave out accounts that the ledger lacks.",
            )
        chain, pot = places[0]
        openings[chain][pot] = openings[chain].get(pot, 0) + balance.units
    return openings


def _provenance(
    request: TraceRequest,
    status: LedgerStatus,
    stolen: StolenFile,
    labels: Labels | None,
    opening: tuple[tuple[OpeningBalance, ...], str],
    study: Study,
) -> dict[str, Any]:
    balances, opening_hash = opening
    return {
        "ledger": _describe_ledger(status),
        "until": format_time(parse_time(request.until)) if request.until else None,
        "stolen": {
            "rows": len(stolen.named),
            "sha256": stolen.sha256,
            "named": [_named(n) for n in stolen.named],
        },
        "services": {"rows": labels.rows, "sha256": labels.sha256, "file": labels.name} if labels else None,
        "labels": labels_that_stopped(study, tuple(study.answers)),
        "opening": {
            "sha256": opening_hash,
            "balances": [{"account": b.account, "asset": b.asset, "amount": str(b.units)} for b in balances],
        }
        if balances
        else None,
        "decimals": _decimals(study),
        "conventions": list(CONVENTIONS),
    }


def _named(row: Any) -> dict[str, Any]:
    if isinstance(row, NamedTransfer):
        return {"theft": row.theft, "tx_hash": row.tx_hash, "index": row.index}
    return {"theft": row.theft, "address": row.address, "from_time": row.from_time}


def _describe_ledger(status: LedgerStatus) -> dict[str, Any]:
    chains = []
    for chain, entry in status.chains.items():
        first_block, last_block = entry.blocks or (None, None)
        first_time, last_time = entry.times or (None, None)
        chains.append(
            {
                "chain": chain,
                "fingerprint": entry.fingerprint,
                "kind": entry.kind,
                "rows": entry.rows,
                "first_block": first_block,
                "last_block": last_block,
                "first_time": first_time,
                "last_time": last_time,
                **({} if entry.inexact is None else {"inexact": entry.inexact}),
            }
        )
    return {"fingerprint": status.fingerprint, "chains": chains}


def _decimals(study: Study) -> dict[str, int | None]:
    decimals: dict[str, int | None] = {}
    for answer in study.stated:
        chain = answer.question.chain
        known: dict[str, int | None] = {native_asset(chain.chain): 8 if chain.chain == BITCOIN else None}
        if isinstance(chain, AccountChain):
            known = dict(zip(chain.assets, chain.decimals, strict=True))
        for endpoint in answer.outcome.endpoints:
            decimals[endpoint.asset] = _known_decimals(chain, endpoint.asset, known.get(endpoint.asset))
    return dict(sorted(decimals.items()))


def _known_decimals(chain: Chain, asset: str, stated: int | None) -> int | None:
    is_ether = chain.chain.startswith("eip155:") and asset == native_asset(chain.chain)
    return 18 if stated is None and is_ether else stated


def _note_nothing(study: Study) -> list[str]:
    """Thefts of which no unit moved by the end of the trace."""
    moved = {flow.theft for answer in study.stated for flow in answer.findings.flows if flow.named}
    if not moved:
        raise InputError(
            "nothing that was named as stolen had moved by the end of the trace",
            place="--stolen",
            remedy="Name movements of more than zero between two accounts, and set --until after them.",
        )
    return [
        f"the theft {name!r} moved nothing by the end of the trace"
        for theft, name in enumerate(study.thefts)
        if theft not in moved
    ]


def _write_folder(
    out: Path,
    ledger: Ledger,
    study: Study,
    provenance: dict[str, Any],
    notes: list[str],
    beside: Mapping[str, bytes],
    progress: Progress | None,
) -> dict[str, Any]:
    steps = ("history", "result", "report.html", "report.pdf")
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        _say(progress, steps, 0)
        provenance["history"] = write_history(study, draft / "history.parquet")
        evidence = write_evidence(draft / "history.parquet", ledger, draft)
        provenance |= {} if evidence is None else {"evidence": evidence}
        _say(progress, steps, 1)
        result = build_result(study, provenance, notes=notes, version=VERSION)
        flows = write_flows(study)
        (draft / "result.json").write_bytes(write_result(result))
        (draft / "flows.csv").write_bytes(flows.encode())
        (draft / "endpoints.csv").write_bytes(write_endpoints(result["findings"]).encode())
        for name, content in beside.items():
            (draft / name).write_bytes(content)
        _write_reports(draft, result, flows, progress, steps)
        (draft / "manifest.json").write_bytes(canonical_bytes(list_files(draft)) + b"\n")
        draft.chmod(0o755)
        if out.exists():
            out.rmdir()
        draft.rename(out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return result


def _write_reports(
    draft: Path, result: dict[str, Any], flows: str, progress: Progress | None, steps: tuple[str, ...]
) -> None:
    rows = read_flow_rows(flows)
    _say(progress, steps, 2)
    (draft / "report.html").write_text(render_html(result, rows), encoding="utf-8")
    _say(progress, steps, 3)
    (draft / "report.pdf").write_bytes(render_pdf(result, rows))


def read_flow_rows(flows: str) -> list[dict[str, str]]:
    """The rows of `flows.csv`."""
    return list(csv.DictReader(io.StringIO(flows, newline="")))


def list_files(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a result folder but the manifest, by name."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != "manifest.json")
    return {path.name: sha256_hex(path.read_bytes()) for path in files}


def _say(progress: Progress | None, steps: tuple[str, ...], done: int) -> None:
    if progress:
        progress(f"writing {steps[done]}", done, len(steps))
