"""Verify a result folder with nothing but itself: every hash, the balance sheet, and the trace.

* Files are held against the manifest, so that a changed byte is named by file.
* The trace is run again from the history that the folder carries, under every rule, and must give the same findings,
  spread and upper figures to the byte.
* The stated rule is also run by the readable reference, which shares no code with the kernel, unless the history is
  so long that this would take minutes; the outcome says which was done.

Verifying shows that the result follows from its history. Whether that history is the chain's, only a ledger or a node
of the chain can say: compare the ledger's fingerprint.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jindo.app.history import describe_history, read_history
from jindo.app.result import FORMAT, METHOD, build_result, write_endpoints, write_flows, write_result
from jindo.app.study import Progress, Study, ask, run_study, trace_by_reference
from jindo.app.tracing import list_files
from jindo.base.errors import IntegrityError, NotFound
from jindo.ledger import AccountChain, Chain
from jindo.seal import canonical_hash, sha256_hex
from jindo.trace import RULES, Stop

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
    try:
        return Verification(tuple(_iter_checks(path, progress)))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise IntegrityError(f"the result is not whole: {error!r}", place=str(path)) from error


def _iter_checks(path: Path, progress: Progress | None) -> Iterator[Check]:
    yield _check_files(path)
    result = _read_json(path / "result.json")
    yield _check_hashes(path, result)
    history = path / "history.parquet"
    if describe_history(history) != result["provenance"]["history"]:
        raise IntegrityError("the history is not the one that the result names", place=str(history))
    study = _rerun(result, history, progress)
    yield _check_balance(study)
    yield _check_trace(path, result, study)
    yield _check_reference(path, result, study)


def _check_files(path: Path) -> Check:
    listed = _read_json(path / "manifest.json")
    found = list_files(path)
    for name in sorted(listed.keys() | found.keys()):
        place = str(path / name)
        if name not in found:
            raise IntegrityError("the file is missing from the result", place=place)
        if name not in listed:
            raise IntegrityError("the file does not belong to the result", place=place)
        if listed[name] != found[name]:
            raise IntegrityError("the file was changed after the result was written", place=place)
    return Check("files", f"{len(found)} files are as they were written")


def _check_hashes(path: Path, result: dict[str, Any]) -> Check:
    place = str(path / "result.json")
    if result.get("format") != FORMAT or result["findings"].get("method") != METHOD:
        raise IntegrityError(
            f"the result is of format {result.get('format')!r}, method {result['findings'].get('method')!r}; "
            f"this version reads {FORMAT!r}, method {METHOD!r}",
            place=place,
            remedy="Verify it with the version of Jindo that it names under `software`.",
        )
    if write_result(result) != (path / "result.json").read_bytes():
        raise IntegrityError("result.json is not canonical JSON", place=place)
    if canonical_hash(result["findings"]) != result["findings_hash"]:
        raise IntegrityError("the findings do not give the findings hash", place=place)
    names = ("findings_hash", "spread", "upper_bound", "provenance")
    if canonical_hash({name: result[name] for name in names}) != result["provenance_hash"]:
        raise IntegrityError("the provenance does not give the provenance hash", place=place)
    return Check("hashes", f"findings {result['findings_hash']}, provenance {result['provenance_hash']}")


def _rerun(result: dict[str, Any], history: Path, progress: Progress | None) -> Study:
    named = result["provenance"]["stolen"]["named"]
    thefts = tuple(dict.fromkeys(row["theft"] for row in named))
    questions = []
    for chain, seeds in read_history(history, tuple(thefts.index(row["theft"]) for row in named)):
        labels = {
            label["account"]: Stop(label["reason"], label["service"], label["kind"])
            for label in result["provenance"]["labels"]
            if label["chain"] == chain.chain
        }
        opening = _openings(chain, (result["provenance"]["opening"] or {}).get("balances", []))
        questions.append(ask(chain, seeds, _Labels(labels), opening=opening))
    findings = result["findings"]
    return run_study(
        questions, thefts, rule=findings["rule"], max_hops=findings["max_hops"], progress=progress
    )


def _openings(chain: Chain, balances: list[dict[str, str]]) -> dict[int, int]:
    if not isinstance(chain, AccountChain):
        return {}
    openings: dict[int, int] = {}
    for balance in balances:
        for pot in chain.find_pots(balance["account"]):
            if balance["asset"] in ("", chain.assets[int(chain.pot_asset[pot])]):
                openings[pot] = openings.get(pot, 0) + int(balance["amount"])
    return openings


def _check_balance(study: Study) -> Check:
    sheets = sum(len(answer.outcome.sheets) for answers in study.answers.values() for answer in answers)
    conserving = sum(rule.conserves for rule in RULES.values())
    return Check(
        "balance", f"{sheets} balance sheets under {conserving} conserving rules balance to the unit"
    )


def _check_trace(path: Path, result: dict[str, Any], study: Study) -> Check:
    again = build_result(study, result["provenance"], version=result["software"]["version"])
    for name in ("findings", "spread", "upper_bound"):
        if again[name] != result[name]:
            raise IntegrityError(f"the history does not give these {name}", place=str(path / "result.json"))
    for name, text in (
        ("flows.csv", write_flows(study)),
        ("endpoints.csv", write_endpoints(again["findings"])),
    ):
        if sha256_hex(text.encode()) != sha256_hex((path / name).read_bytes()):
            raise IntegrityError("the history does not give this file", place=str(path / name))
    return Check(
        "trace", f"traced again from {result['provenance']['history']['rows']} rows of history: the same"
    )


def _check_reference(path: Path, result: dict[str, Any], study: Study) -> Check:
    rows = result["provenance"]["history"]["rows"]
    if rows > REFERENCE_ROWS:
        return Check("reference", f"left out: the history has {rows} rows, more than {REFERENCE_ROWS}")
    for answer in study.stated:
        slow = trace_by_reference(answer.question, rule=study.rule, max_hops=study.max_hops)
        if slow != answer.findings:
            raise IntegrityError(
                "the readable reference disagrees with the kernel", place=str(path / "result.json")
            )
    return Check("reference", f"the readable reference finds the same under {study.rule}")


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
