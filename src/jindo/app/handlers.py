"""The long work of a node: trace, fetch files, pull. The worker runs each at least once.

* What traces is loaded when the first trace is asked for: a node that only shares starts at once.
* Every handler may be killed at any moment and run again: what it made before is found and used, nothing doubles.
* A result folder is written in one step before its exhibit is recorded; the labels that it used are kept beside until
  that is done, so that what is recorded is what was traced.
* Every attempt has a folder of its own: two that run at once never meet.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from jindo.app.acting import View, new_id
from jindo.app.cases import exhibit_folder, list_folder_files
from jindo.app.client import open_partner
from jindo.app.node import Node
from jindo.app.pulling import pull_member
from jindo.base.errors import IntegrityError
from jindo.base.markings import Tlp
from jindo.respond import (
    Label,
    active_labels,
    build_trace_facts,
    check_case_open,
    find_exhibit,
    get_case,
    get_exhibit,
    list_exhibits,
    record_exhibit,
)
from jindo.seal import sha256_hex
from jindo.share import get_member, read_statement
from jindo.store import Job, record_audit


def trace_case(node: Node, job: Job) -> View:
    """Trace what a case names as stolen under every label in force, and lay the result beside the case.

    Raises:
        RefusedError: the case expired before the trace was begun.
    """
    args = job.args
    folder = exhibit_folder(node, args["case"], args["exhibit"])
    used = node.folder / "work" / f"{args['exhibit']}.labels.json"
    if not (folder / "result.json").is_file():
        with _attempt(node, args["exhibit"]) as work:
            _trace(node, args, work, used, folder)
    with node.store.begin() as conn:
        view = _record_trace(conn, node, args, used, folder)
    used.unlink(missing_ok=True)
    return view


@contextmanager
def _attempt(node: Node, name: str) -> Iterator[Path]:
    """A folder for one attempt at a piece of work, so that two attempts never meet; gone afterwards."""
    work = node.folder / "work" / f"{name}.{new_id()}"
    work.mkdir(parents=True)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _trace(node: Node, args: Mapping[str, Any], work: Path, labels_file: Path, folder: Path) -> None:
    from jindo.app.tracing import TraceRequest, trace_ledger

    with node.store.read() as conn:
        check_case_open(conn, args["case"], time=node.clock())
        case = get_case(conn, args["case"])
        labels = active_labels(conn, us=node.me.id, case_id=case.id, time=node.clock())
    write_loss(work / "stolen.csv", case.loss)
    used = _write_services(node, work / "services.csv", labels)
    (work / "labels.json").write_text(json.dumps(used), encoding="utf-8")
    (work / "labels.json").replace(labels_file)
    trace_ledger(
        TraceRequest(
            ledger=node.folder / node.settings.ledger,
            stolen=work / "stolen.csv",
            services=work / "services.csv",
            rule=args["rule"],
            allow_unseen=True,  # what the ledger never saw stands first in the report
            out=folder,
        )
    )


def write_loss(path: Path, loss: Iterable[Mapping[str, Any]]) -> None:
    """A stolen file of what a case names."""
    columns = ["theft", "tx_hash", "output_index", "log_index", "address", "from_time"]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for row in loss:
        writer.writerow(dict.fromkeys(columns, "") | _loss_row(row))
    path.write_text(text.getvalue(), encoding="utf-8", newline="")


def _loss_row(row: Mapping[str, Any]) -> dict[str, Any]:
    if "address" in row:
        return {"theft": row["theft"], "address": row["address"], "from_time": row.get("from_time") or ""}
    column = "log_index" if str(row["tx_hash"]).startswith("0x") else "output_index"
    index = row.get("index")
    return {"theft": row["theft"], "tx_hash": row["tx_hash"], column: "" if index is None else index}


def _write_services(node: Node, path: Path, labels: Iterable[Label]) -> dict[str, str]:
    """The labels in force over an address each; by address the statement that it rests on, where it is one.

    Our own labels win over the node's own list, and that over what other members say.
    """
    from jindo.app.inputs import read_labels

    named: dict[str, tuple[str, str]] = {}
    own = node.folder / node.settings.services if node.settings.services else None
    if own is not None and own.is_file():
        stops = read_labels(own).by_address
        named = {address: (stop.service, stop.kind) for address, stop in stops.items()}
    used: dict[str, str] = {}
    for label in labels:
        if label.address not in used and (label.member == node.me.id or label.address not in named):
            named[label.address] = (label.service, label.kind)
            used[label.address] = label.statement_id
    rows = [(address, *named[address]) for address in sorted(named)]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([("address", "service", "kind"), *rows])
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    return used


def _record_trace(
    conn: Connection, node: Node, args: Mapping[str, Any], labels_file: Path, folder: Path
) -> View:
    from jindo.app.tracing import read_flow_rows
    from jindo.app.verifying import read_result

    known = find_exhibit(conn, args["exhibit"])
    result = read_result(folder)
    if known is None:
        used: dict[str, str] = json.loads(labels_file.read_text(encoding="utf-8"))
        stopped = {row["account"] for row in result["provenance"]["labels"]}
        rests_on = sorted({used[address] for address in stopped & used.keys()})
        before = [
            row
            for row in list_exhibits(conn, args["case"])
            if row.kind == "trace" and row.origin == node.me.id
        ]
        flows = read_flow_rows((folder / "flows.csv").read_text(encoding="utf-8"))
        version = len(before) + 1
        known = record_exhibit(
            conn,
            id=args["exhibit"],
            case_id=args["case"],
            kind="trace",
            title=f"Trace {version} under {args['rule']}",
            origin=node.me.id,
            tlp=_marking(conn, args["case"], rests_on),
            files=list_folder_files(folder),
            facts=build_trace_facts(
                result, rests_on, flows=flows, version=version, replaces=before[-1].id if before else None
            ),
            time=node.clock(),
            actor=args["actor"],
        )
        record_audit(
            conn, time=node.clock(), actor=args["actor"], act="case.traced", subject=known.id, detail={}
        )
    if known.origin != node.me.id:
        raise IntegrityError("another member's exhibit has the id of this trace", place=known.id)
    return {"exhibit": known.id, "n": known.n, "findings_hash": result["findings_hash"]}


def _marking(conn: Connection, case_id: str, rests_on: Iterable[str]) -> Tlp:
    """The strictest of the case's marking and those of the labels that a trace rests on."""
    levels = [get_case(conn, case_id).tlp, *(read_statement(conn, one).statement.tlp for one in rests_on)]
    return max(levels, key=lambda level: level.rank)


def fetch_files(node: Node, job: Job) -> View:
    """Fetch the files of another member's exhibit, each held against its size and SHA-256."""
    args = job.args
    with node.store.read() as conn:
        exhibit, member = get_exhibit(conn, args["exhibit"]), get_member(conn, args["member"])
    folder = exhibit_folder(node, exhibit.case_id, exhibit.id)
    if folder.is_dir() and list_folder_files(folder) == [dict(row) for row in exhibit.files]:
        return {"exhibit": exhibit.id, "files": len(exhibit.files)}
    with _attempt(node, f"files-{exhibit.id}") as draft, open_partner(node, member) as partner:
        for row in exhibit.files:
            data = partner.fetch_file(exhibit.id, row["name"], size=row["size"])
            if len(data) != row["size"] or sha256_hex(data) != row["sha256"]:
                raise IntegrityError(
                    f"{member.id} gave another file than the exhibit lists",
                    place=f"{exhibit.id}/{row['name']}",
                )
            (draft / row["name"]).write_bytes(data)
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft.rename(folder)
    return {"exhibit": exhibit.id, "files": len(exhibit.files)}


def pull(node: Node, job: Job) -> View:
    """Read what a partner has for us."""
    return pull_member(node, job.args["member"])


HANDLERS: Mapping[str, Callable[[Node, Job], View]] = {
    "trace": trace_case,
    "files": fetch_files,
    "pull": pull,
}

HEARING = frozenset({"pull"})
"""What a second worker does beside the first, so that a recall never waits for a trace to end."""
FETCHING = frozenset({"files"})
"""What a third does, so that a recall never waits for another member's slow files either."""
