"""Verify a result folder with nothing but itself: every hash, the balance sheet, and the trace.

* Files are held against the manifest, so that a changed byte is named by file, with what it breaks.
* Bitcoin's raw transactions are held against their blocks' headers and the history, where the result carries them.
* What was named is found again in the history, the trace is run again under every rule, and every file but the PDF must
  come out the same to the byte.
* Every rule is also run by the readable reference, unless the history is so long that this would take minutes; the
  outcome says which was done.
* A broken or hostile folder ends in an `IntegrityError`, never in a crash.

Verifying shows that the result follows from its history. Whether that history is the chain's, only a ledger or a node
of the chain can say: compare the ledger's fingerprint.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jindo.app.evidence import FILE as EVIDENCE
from jindo.app.evidence import check_evidence, find_break
from jindo.app.fetching.bounds import bound
from jindo.app.fetching.statement import ACCOUNTS, check_fetched
from jindo.app.fetching.statement import EVIDENCE as FETCHED
from jindo.app.history import describe_history, read_history
from jindo.app.report import render_html, render_pdf
from jindo.app.result import (
    FORMAT,
    METHOD,
    build_result,
    hash_provenance,
    labels_that_stopped,
    write_endpoints,
    write_flows,
    write_result,
)
from jindo.app.study import Progress, Study, ask, run_study, trace_by_reference
from jindo.app.tracing import CONVENTIONS, list_files, read_flow_rows
from jindo.base.amounts import parse_units
from jindo.base.errors import InputError, IntegrityError, NotFound
from jindo.base.times import parse_time
from jindo.base.version import VERSION
from jindo.ledger import AccountChain, Chain
from jindo.seal import canonical_hash
from jindo.trace import RULES, Named, NamedAccount, NamedTransfer, Stop, resolve, stop_of_kind

REFERENCE_ROWS = 200_000
"""Longest history that the readable reference runs through."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked and holds."""

    name: str
    detail: str


@dataclass(frozen=True, slots=True)
class Verification:
    """All that was checked; a check that fails is an `IntegrityError` instead."""

    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class _Labels:
    found: Mapping[str, Stop]

    def stops(self) -> Mapping[str, Stop]:
        return self.found


def verify_result(path: Path, progress: Progress | None = None) -> Verification:
    """Check a result folder.

    Raises:
        NotFound: there is no result folder at `path`.
        IntegrityError: something does not hold; it names the file and what that breaks.
    """
    read_result(path)
    with broken_is_integrity(path):
        return Verification(tuple(_iter_checks(path, progress)))


@contextmanager
def broken_is_integrity(path: Path) -> Iterator[None]:
    """Whatever a broken or hostile folder makes fail inside is an `IntegrityError` outside."""
    try:
        yield
    except NotFound:
        raise
    except _BROKEN as error:
        raise IntegrityError(f"the result is not whole: {error!r:.200}", place=str(path)) from error


_BROKEN = (
    InputError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)


def _iter_checks(path: Path, progress: Progress | None) -> Iterator[Check]:
    yield _check_files(path)
    result = _read_json(path / "result.json")
    yield _check_hashes(path, result)
    history = path / "history.parquet"
    if describe_history(history) != result["provenance"]["history"]:
        raise IntegrityError("the history is not the one that the result names", place=str(history))
    shown = check_evidence(path, result["provenance"].get("evidence"))
    if shown is not None:
        yield Check("evidence", shown)
    fetched = check_fetched(path, result["provenance"].get("fetched"))
    if fetched is not None:
        yield Check("fetched", fetched)
    study = _rerun(result, read_history(history), progress)
    yield _check_balance(study)
    yield _check_trace(path, result, study)
    yield _check_reference(path, result, study)
    yield from _check_reports(path, result)


def _check_files(path: Path) -> Check:
    listed = _read_json(path / "manifest.json")
    strange = next((p for p in sorted(path.iterdir()) if p.is_symlink() or not p.is_file()), None)
    if strange is not None:
        raise IntegrityError("only files belong in a result", place=str(strange))
    found = list_files(path)
    for name in sorted(listed.keys() | found.keys()):
        place = str(path / name)
        if name not in found:
            raise IntegrityError("the file is missing from the result", place=place)
        if name not in listed:
            raise IntegrityError("the file does not belong to the result", place=place)
        if listed[name] != found[name]:
            raise IntegrityError(
                f"the file is not the one that the manifest lists: {_tell_break(path, name)}", place=place
            )
    return Check("files", f"{len(found)} files are those that the manifest lists")


def _tell_break(path: Path, name: str) -> str:
    """What can no longer be relied on where a file of a result was changed."""
    if name == EVIDENCE:
        return find_break(path) or _BREAKS[name]
    return _BREAKS.get(name, "nothing that it says can be relied on")


_BREAKS = {
    "result.json": "what was found, and what it was found in, cannot be relied on",
    "flows.csv": "the movements of stolen value cannot be relied on",
    "endpoints.csv": "where stolen value ended cannot be relied on",
    "history.parquet": "the trace cannot be run again from it",
    "report.html": "the report is not that of the result",
    "report.pdf": "the report is not that of the result",
    FETCHED: "what servers answered cannot be relied on",
    ACCOUNTS: "how far each account is known cannot be relied on",
    EVIDENCE: "a witness in it was changed, which no transaction's id covers",
}


def _check_hashes(path: Path, result: dict[str, Any]) -> Check:
    place = str(path / "result.json")
    if result.get("format") != FORMAT or result["findings"].get("method") != METHOD:
        raise IntegrityError(
            f"the result is of format {result.get('format')!r}, method {result['findings'].get('method')!r}; "
            f"this version reads {FORMAT!r}, method {METHOD!r}",
            place=place,
            remedy="Verify it with the version of Jindo that it names under `software`.",
        )
    if canonical_hash(result["findings"]) != result["findings_hash"]:
        raise IntegrityError("the findings do not give the findings hash", place=place)
    if hash_provenance(result) != result["provenance_hash"]:
        raise IntegrityError("the provenance does not give the provenance hash", place=place)
    return Check("hashes", f"findings {result['findings_hash']}, provenance {result['provenance_hash']}")


def _rerun(result: dict[str, Any], chains: list[Chain], progress: Progress | None) -> Study:
    provenance, findings = result["provenance"], result["findings"]
    found = resolve([_parse_named(row) for row in provenance["stolen"]["named"]], chains)
    balances = (provenance["opening"] or {}).get("balances", [])
    questions = []
    for chain in chains:
        _check_range(chain, provenance)
        labels = {
            label["account"]: stop_of_kind(label["kind"], service=label["service"], source="")
            for label in provenance["labels"]
            if label["chain"] == chain.chain
        }
        boundary = bound(_Labels(labels), provenance.get("fetched"), chain.chain)
        opening = _openings(chain, balances)
        questions.append(ask(chain, found.seeds[chain.chain], boundary, opening=opening))
    return run_study(
        questions, found.thefts, rule=findings["rule"], max_hops=findings["max_hops"], progress=progress
    )


def _parse_named(row: dict[str, Any]) -> Named:
    if "tx_hash" in row:
        return NamedTransfer(row["theft"], row["tx_hash"], row["index"])
    return NamedAccount(row["theft"], row["address"], row["from_time"])


def _check_range(chain: Chain, provenance: dict[str, Any]) -> None:
    """The history may not reach past `--until`, nor past the ledger that the result says it is from."""
    told = next(row for row in provenance["ledger"]["chains"] if row["chain"] == chain.chain)
    if not told["first_block"] <= chain.first_block <= chain.last_block <= told["last_block"]:
        raise IntegrityError(f"the history of {chain.chain} reaches past the ledger that the result names")
    if provenance["until"] and chain.last_time > parse_time(provenance["until"]):
        raise IntegrityError(f"the history of {chain.chain} reaches past --until")


def _openings(chain: Chain, balances: list[dict[str, str]]) -> dict[int, int]:
    if not isinstance(chain, AccountChain):
        return {}
    openings: dict[int, int] = {}
    for balance in balances:
        for pot in chain.find_pots(balance["account"]):
            if balance["asset"] in ("", chain.assets[int(chain.pot_asset[pot])]):
                openings[pot] = openings.get(pot, 0) + parse_units(balance["amount"])
    return openings


def _check_balance(study: Study) -> Check:
    sheets = sum(len(answer.outcome.sheets) for answers in study.answers.values() for answer in answers)
    conserving = sum(rule.conserves for rule in RULES.values())
    return Check(
        "balance", f"{sheets} balance sheets under {conserving} conserving rules balance to the unit"
    )


def _check_trace(path: Path, result: dict[str, Any], study: Study) -> Check:
    """The whole result again, from what only the ledger and the user could say; every other word must be the same."""
    stated = result["provenance"]
    provenance = {
        **stated,
        "stolen": {**stated["stolen"], "rows": len(stated["stolen"]["named"])},
        "labels": labels_that_stopped(study, tuple(study.answers)),
        "conventions": list(CONVENTIONS),
    }
    again = build_result(study, provenance, notes=result["notes"], version=result["software"]["version"])
    for name in sorted(again.keys() | result.keys()):
        if again.get(name) != result.get(name):
            raise IntegrityError(f"the history does not give this {name}", place=str(path / "result.json"))
    texts = {
        "result.json": write_result(again),
        "flows.csv": write_flows(study).encode(),
        "endpoints.csv": write_endpoints(again["findings"]).encode(),
    }
    for name, text in texts.items():
        if text != (path / name).read_bytes():
            raise IntegrityError("the history does not give this file", place=str(path / name))
    return Check("trace", f"traced again from {stated['history']['rows']} rows of history: the same")


def _check_reference(path: Path, result: dict[str, Any], study: Study) -> Check:
    rows = result["provenance"]["history"]["rows"]
    if rows > REFERENCE_ROWS:
        return Check("reference", f"left out: the history has {rows} rows, more than {REFERENCE_ROWS}")
    for rule, answers in study.answers.items():
        for answer in answers:
            slow = trace_by_reference(answer.question, rule=rule, max_hops=study.max_hops)
            if slow != answer.findings:
                raise IntegrityError(
                    f"the readable reference disagrees with the kernel under {rule}",
                    place=str(path / "result.json"),
                )
    return Check("reference", f"the readable reference finds the same under all {len(RULES)} rules")


def _check_reports(path: Path, result: dict[str, Any]) -> Iterator[Check]:
    if result["software"]["version"] != VERSION:
        yield Check("reports", f"not compared: they were drawn by version {result['software']['version']}")
        return
    flows = read_flow_rows((path / "flows.csv").read_text(encoding="utf-8"))
    if render_html(result, flows).encode() != (path / "report.html").read_bytes():
        raise IntegrityError("the result does not give this report", place=str(path / "report.html"))
    yield Check("report.html", "drawn again from the result: the same")
    same = render_pdf(result, flows) == (path / "report.pdf").read_bytes()
    detail = (
        "drawn again from the result: the same"
        if same
        else (
            "DIFFERS from what this machine draws. Fonts differ between machines; if in doubt, rely on report.html"
        )
    )
    yield Check("report.pdf", detail)


def read_result(path: Path) -> dict[str, Any]:
    """The content of a result folder's `result.json`.

    Raises:
        NotFound: there is no result folder at `path`.
        IntegrityError: it is not a result.
    """
    if not (path / "result.json").is_file():
        raise NotFound("there is no result here: result.json is missing", place=str(path))
    return _read_json(path / "result.json")


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise IntegrityError("the file is missing from the result", place=str(path)) from error
    except ValueError as error:
        raise IntegrityError("the file is not JSON", place=str(path)) from error
    if not isinstance(value, dict):
        raise IntegrityError("the file is not a JSON object", place=str(path))
    return value
