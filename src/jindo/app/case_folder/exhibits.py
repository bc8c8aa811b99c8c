"""Whether the exhibits of an exported case are those that were added, and its traces follow from their history.

* An exhibit is its list of files, and the list gives its hash; the folder has exactly those files.
* A trace is verified as a result folder is, and the figures that the case keeps of it are built again from it. Where
  exhibits are the same files to the byte, they are traced again once.
* Another member's exhibit may be there by its hash alone; then that is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jindo.app.case_folder.layout import FolderManifest
from jindo.app.case_folder.trust import broken_at
from jindo.app.study import Progress
from jindo.app.tracing import read_flow_rows
from jindo.app.verifying import Check, Verification, read_result, verify_result
from jindo.base.errors import IntegrityError
from jindo.base.version import VERSION
from jindo.respond import build_trace_facts, check_files, hash_files
from jindo.seal import canonical_hash

Row = Mapping[str, Any]


def check_exhibits(
    root: Path, record: Row, manifest: FolderManifest, progress: Progress | None
) -> Iterator[Check]:
    """What was checked of each exhibit of the folder `root`, whose papers are verified already.

    Raises:
        IntegrityError: an exhibit is not what was added, or a trace does not follow; it names where.
    """
    with broken_at(root / "case.json"):
        check_numbers(record)
    listed, traced = _list_by_number(manifest), dict[str, Verification]()
    for exhibit in record["exhibits"]:
        folder = root / "exhibits" / str(exhibit["n"])
        with broken_at(folder):
            yield _check_exhibit(manifest, exhibit, listed.pop(str(exhibit["n"]), []))
            if exhibit["kind"] == "trace" and exhibit["n"] not in manifest.without_files:
                same = exhibit["sha256"]  # of the list of files, each of which is what the list says
                if same not in traced:
                    traced[same] = verify_result(folder, progress)
                yield _check_trace(folder, exhibit, manifest, traced[same])
    if listed:
        raise IntegrityError("the record knows no such exhibit", place=str(root / "exhibits" / min(listed)))


def check_numbers(record: Row) -> None:
    """Hold that each exhibit has a number of its own, from 1 on: it names a folder.

    Raises:
        IntegrityError: one has none, or another's.
    """
    numbers = [row["n"] for row in record["exhibits"]]
    if any(type(n) is not int or n < 1 for n in numbers) or len(set(numbers)) != len(numbers):
        raise IntegrityError("an exhibit has no number, or another's")


def _list_by_number(manifest: FolderManifest) -> dict[str, list[dict[str, Any]]]:
    listed: dict[str, list[dict[str, Any]]] = {}
    for file in manifest.files:
        room, _, rest = file.name.partition("/")
        if room == "exhibits":
            number, _, name = rest.partition("/")
            listed.setdefault(number, []).append({"name": name, "size": file.size, "sha256": file.sha256})
    return listed


def _check_exhibit(manifest: FolderManifest, exhibit: Row, listed: list[dict[str, Any]]) -> Check:
    n, files = exhibit["n"], check_files(exhibit["files"])
    if hash_files(files) != exhibit["sha256"]:
        raise IntegrityError(f"exhibit {n}: its list of files does not give its hash")
    if n in manifest.without_files and not listed and exhibit["origin"] != manifest.member:
        return Check(
            f"exhibit {n}", f"of {exhibit['origin']}, by its hash alone: its files are NOT in this folder"
        )
    if tuple(sorted(listed, key=lambda row: str(row["name"]))) != files:
        raise IntegrityError(f"exhibit {n}: its files are not those that were added")
    return Check(
        f"exhibit {n}", f"{exhibit['kind']} of {exhibit['origin']}: {len(files)} files as they were added"
    )


def _check_trace(folder: Path, exhibit: Row, manifest: FolderManifest, verification: Verification) -> Check:
    result, facts = read_result(folder), exhibit["facts"]
    if any(facts[name] != result[name] for name in ("findings_hash", "provenance_hash")):
        raise IntegrityError(f"exhibit {exhibit['n']}: the case rests on other findings than the trace has")
    if manifest.software == f"jindo {VERSION}":
        flows = read_flow_rows((folder / "flows.csv").read_text(encoding="utf-8"))
        told = {"version": facts["version"], "replaces": facts["replaces"]}
        again = [build_trace_facts(result, facts["rests_on"], flows=rows, **told) for rows in (flows, ())]
        if canonical_hash(facts) not in {canonical_hash(one) for one in again}:
            raise IntegrityError(
                f"exhibit {exhibit['n']}: the figures of the case are not those of the trace"
            )
    checks = {check.name: check.detail for check in verification.checks}
    detail = checks.get("report.pdf", "") if "DIFFERS" in checks.get("report.pdf", "") else ""
    return Check(
        f"trace in exhibit {exhibit['n']}", f"{checks['trace']}; {checks['reference']}; {detail}".rstrip("; ")
    )
