"""Cases of a node: open, list, show, and lay exhibits beside them.

* A case without purpose, legal basis and expiry is refused; a closed or expired one takes nothing new.
* An exhibit is a folder of files with their SHA-256; once laid down it is never written again.
* The first trace of a case needs what was named as stolen; a case without any (an intrusion) has none.

What may leave the node is `sharing`'s; long work runs in the worker (`handlers`).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from jindo.app.acting import View, derived_id, look, new_id, perform
from jindo.app.node import Node
from jindo.app.people import Actor, check_case_access, check_permission, sees_all_cases
from jindo.base.errors import InputError, NotFound
from jindo.base.markings import parse_tlp
from jindo.base.times import format_time
from jindo.respond import (
    Case,
    build_trace_facts,
    get_case,
    list_exhibits,
    parse_case_draft,
    record_exhibit,
)
from jindo.respond import add_case_person as record_case_person
from jindo.respond import list_cases as read_cases
from jindo.respond import open_case as record_case
from jindo.seal import sha256_hex
from jindo.share import list_members
from jindo.store import add_job, get_job, list_jobs

DEFAULT_RULE = "fifo"
"""Of a trace where nobody named another."""
MAX_NOTE = 100_000
"""Characters of a note's text."""


def open_case(node: Node, actor: Actor, draft: Mapping[str, Any], once: str | None = None) -> View:
    """Open a case; who opens it leads it.

    Raises:
        InputError: a field cannot be read, or no card here names the purpose.
        RefusedError: purpose, legal basis or expiry is missing, or the actor may not open cases.
    """
    parsed = parse_case_draft(draft)

    def do(conn: Connection) -> View:
        _check_purpose(conn, node, parsed.purpose)
        return view_case(
            record_case(conn, parsed, id=new_id(), me=node.me, actor=actor.id, time=node.clock())
        )

    return perform(node, actor, "case.open", do, subject="case", asked=draft, once=once)


def _check_purpose(conn: Connection, node: Node, purpose: str) -> None:
    """Hold that someone may use data for this purpose; what is for another goes to nobody, ever."""
    known = set(node.me.purposes).union(*(member.purposes for member in list_members(conn)))
    if purpose and purpose not in known:
        raise InputError(
            f"no card on this node names the purpose {purpose!r}, so the gate would let the case to nobody",
            place="purpose",
            remedy=f"Known are: {', '.join(sorted(known))}. A purpose of our own stands in node.toml [node] purposes.",
        )


def list_cases(node: Node, actor: Actor) -> View:
    """The cases that the actor may see, newest first."""
    check_permission(actor, "case.read")
    with node.store.read() as conn:
        found = read_cases(conn, person=None if sees_all_cases(actor) else actor.id)
        return {"cases": [view_case(case) for case in found]}


def view_case(case: Case) -> View:
    """A case as the faces show it."""
    return {
        "id": case.id,
        "number": case.number,
        "origin": case.origin,
        "title": case.title,
        "kind": case.kind,
        "purpose": case.purpose,
        "legal_basis": case.legal_basis,
        "expires": format_time(case.expires),
        "tlp": case.tlp.value,
        "summary": case.summary,
        "loss": [dict(row) for row in case.loss],
        "opened": format_time(case.opened),
        "opened_by": case.opened_by,
    }


def find_case_id(node: Node, name: str) -> str:
    """The id of a case that is named by its id or its number; the name itself where there is none.

    Whether there is such a case is said later, and only to those who may know.
    """
    with node.store.read() as conn:
        try:
            return get_case(conn, name).id
        except NotFound:
            return name


def add_case_person(
    node: Node, actor: Actor, case: str, *, person: str, role: str = "member", once: str | None = None
) -> View:
    """Let a person of this node work in a case.

    Raises:
        NotFound: there is no such person.
        RefusedError: the actor may not.
    """
    case_id = find_case_id(node, case)

    def do(conn: Connection) -> View:
        record_case_person(conn, case_id, person, role=role, actor=actor.id, time=node.clock())
        return {"case": case_id, "person": person, "role": role}

    asked = {"person": person, "role": role}
    return perform(node, actor, "case.people", do, subject=case_id, case=case_id, asked=asked, once=once)


def add_note(
    node: Node, actor: Actor, case: str, title: str, text: str, tlp: str, once: str | None = None
) -> View:
    """Lay a written note beside a case, as an exhibit of one text file.

    Raises:
        InputError: there is no text, or too much.
        RefusedError: the actor may not.
    """
    case_id, marking = find_case_id(node, case), parse_tlp(tlp)
    if not title.strip() or not text.strip():
        raise InputError("a note needs a title and a text", place="note")
    if len(text) > MAX_NOTE:
        raise InputError(f"a note has at most {MAX_NOTE} characters", place="text")

    def do(conn: Connection) -> View:
        exhibit_id = new_id()
        folder = exhibit_folder(node, case_id, exhibit_id)
        folder.mkdir(parents=True)
        (folder / "note.txt").write_text(text, encoding="utf-8", newline="\n")
        exhibit = record_exhibit(
            conn,
            id=exhibit_id,
            case_id=case_id,
            kind="note",
            title=title,
            origin=node.me.id,
            tlp=marking,
            files=list_folder_files(folder),
            facts={},
            time=node.clock(),
            actor=actor.id,
        )
        return {"exhibit": exhibit.id, "n": exhibit.n, "sha256": exhibit.sha256}

    asked = {"title": title, "text": text, "tlp": marking.value}
    return perform(node, actor, "case.note", do, subject=case_id, case=case_id, asked=asked, once=once)


def add_folder(
    node: Node, actor: Actor, case: str, path: Path, *, title: str, tlp: str, once: str | None = None
) -> View:
    """Lay a folder (or one file) beside a case: a result folder becomes a trace, all else files.

    The files are copied into the node; a result folder is verified first.

    Raises:
        NotFound: there is nothing at `path`.
        IntegrityError: a result folder does not hold what it says.
    """
    from jindo.app.tracing import read_flow_rows
    from jindo.app.verifying import read_result, verify_result

    case_id, marking = find_case_id(node, case), parse_tlp(tlp)
    if not path.exists():
        raise NotFound("there is nothing here", place=str(path))
    is_trace = (path / "result.json").is_file()
    if is_trace:
        verify_result(path)
    facts: dict[str, Any] = {}
    if is_trace:
        flows = read_flow_rows((path / "flows.csv").read_text(encoding="utf-8"))
        facts = build_trace_facts(read_result(path), rests_on=(), flows=flows)

    def do(conn: Connection) -> View:
        exhibit_id = new_id()
        folder = copy_folder(node, path, exhibit_folder(node, case_id, exhibit_id))
        exhibit = record_exhibit(
            conn,
            id=exhibit_id,
            case_id=case_id,
            kind="trace" if is_trace else "file",
            title=title,
            origin=node.me.id,
            tlp=marking,
            files=list_folder_files(folder),
            facts=facts,
            time=node.clock(),
            actor=actor.id,
        )
        return {"exhibit": exhibit.id, "n": exhibit.n, "sha256": exhibit.sha256}

    asked = {"path": path.name, "title": title, "tlp": marking.value}
    return perform(node, actor, "case.note", do, subject=case_id, case=case_id, asked=asked, once=once)


def request_trace(
    node: Node, actor: Actor, case: str, *, rule: str = DEFAULT_RULE, once: str | None = None
) -> View:
    """Have the worker trace what the case names as stolen, through the node's ledger, with every label in force.

    Raises:
        InputError: the case names nothing stolen, the rule is unknown, or the node has no ledger.
        RefusedError: the actor may not.
    """
    from jindo.trace import get_rule

    case_id = find_case_id(node, case)
    get_rule(rule)

    def do(conn: Connection) -> View:
        found = get_case(conn, case_id)
        check_traceable(node, found)
        return queue_trace(conn, node, case_id, rule=rule, reason="asked", actor=actor.id, seed=new_id())

    return perform(
        node, actor, "case.trace", do, subject=case_id, case=case_id, asked={"rule": rule}, once=once
    )


def check_traceable(node: Node, case: Case) -> None:
    """Hold that a case names what was stolen, and that this node has a ledger.

    Raises:
        InputError: one of the two is missing.
    """
    if not case.loss:
        raise InputError(
            f"the case {case.number} names nothing as stolen",
            place="loss",
            remedy="Open a case with the transactions or accounts that were robbed.",
        )
    if not has_ledger(node):
        raise InputError(
            "this node has no ledger to trace in",
            place="node.toml [trace] ledger",
            remedy="Import chain data with `jindo ledger import --into` that folder.",
        )


def has_ledger(node: Node) -> bool:
    """Whether the node has chain data of its own."""
    return (node.folder / node.settings.ledger / "ledger.json").is_file()


def queue_trace(
    conn: Connection, node: Node, case_id: str, *, rule: str, reason: str, actor: str, seed: str
) -> View:
    """Put a trace into the worker's queue; the same seed asks for the same trace."""
    waiting = _find_waiting_trace(conn, case_id, rule) if reason != "asked" else None
    if waiting is not None:
        return waiting
    job = derived_id("trace", node.me.id, case_id, seed)
    args = {"case": case_id, "exhibit": new_id(), "rule": rule, "reason": reason, "actor": actor}
    add_job(conn, id=job, kind="trace", subject=case_id, args=args, time=node.clock())
    return {"job": job, "case": case_id, "exhibit": str(get_job(conn, job).args["exhibit"]), "rule": rule}


def _find_waiting_trace(conn: Connection, case_id: str, rule: str) -> View | None:
    """A trace of the case that nobody has begun: whatever is new by then, it will see."""
    for job in list_jobs(conn, subject=case_id):
        if job.kind == "trace" and job.state == "queued" and job.attempts == 0 and job.args["rule"] == rule:
            return {"job": job.id, "case": case_id, "exhibit": str(job.args["exhibit"]), "rule": rule}
    return None


def exhibit_folder(node: Node, case_id: str, exhibit_id: str) -> Path:
    """Where an exhibit's files lie."""
    return node.folder / "cases" / case_id / exhibit_id


def list_folder_files(folder: Path) -> list[dict[str, Any]]:
    """Name, size and SHA-256 of every file of a folder, by name.

    Raises:
        InputError: something else than a file lies in it.
    """
    strange = [path for path in sorted(folder.iterdir()) if path.is_symlink() or not path.is_file()]
    if strange:
        raise InputError(
            "an exhibit is a folder of plain files",
            place=str(strange[0]),
            remedy="Lay folders down one by one.",
        )
    return [
        {"name": path.name, "size": path.stat().st_size, "sha256": sha256_hex(path.read_bytes())}
        for path in sorted(folder.iterdir())
    ]


def copy_folder(node: Node, source: Path, target: Path) -> Path:
    """Copy a folder or file to where exhibits lie, in one step."""
    draft = node.folder / "work" / target.name
    shutil.rmtree(draft, ignore_errors=True)
    draft.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, draft, symlinks=True)
    else:
        draft.mkdir()
        shutil.copyfile(source, draft / source.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft.rename(target)
    return target


def own_exhibits(conn: Connection, node: Node, case_id: str, wanted: Iterable[str] | None) -> list[Any]:
    """The node's own exhibits of a case, or those of them that are wanted.

    Raises:
        NotFound: a wanted one is not there.
    """
    own = [exhibit for exhibit in list_exhibits(conn, case_id) if exhibit.origin == node.me.id]
    if wanted is None:
        return own
    by_name = {exhibit.id: exhibit for exhibit in own} | {str(exhibit.n): exhibit for exhibit in own}
    missing = [name for name in wanted if name not in by_name]
    if missing:
        raise NotFound(f"the case has no exhibit {missing[0]} of ours", place="items")
    return [by_name[name] for name in dict.fromkeys(wanted)]


def show_job(node: Node, actor: Actor, job: str) -> View:
    """How far a piece of long work is."""

    def do(conn: Connection) -> View:
        found = get_job(conn, job)
        if "case" in found.args:
            check_case_access(conn, actor, str(found.args["case"]), missing_ok=True)
        return {
            "job": found.id,
            "kind": found.kind,
            "subject": found.subject,
            "state": found.state,
            "attempts": found.attempts,
            "problem": found.problem or "",
            "answer": found.answer or {},
        }

    return look(node, actor, "job.read", do)
