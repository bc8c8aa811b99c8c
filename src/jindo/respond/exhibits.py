"""Exhibits: the things that a case rests on, each named by the hash of its files.

* An exhibit is files and facts; its SHA-256 is over the list of files, each with its own.
* Exhibits are numbered in the order in which this node got them, and never change.
* A file's name stays inside its folder: what another member's exhibit lists is fetched under that name.
* A trace **stands** while no label that it rests on was recalled and nobody recalled the exhibit itself.

Listing, copying and fetching files is left to `app`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select

from jindo.base.errors import ConflictError, InputError, NotFound, RefusedError
from jindo.base.markings import Tlp
from jindo.respond.history import record_history
from jindo.respond.reading import (
    parse_choice,
    parse_count,
    parse_hash,
    parse_id,
    parse_moment,
    parse_part,
    parse_rows,
    parse_text,
)
from jindo.respond.trace_facts import check_trace_facts
from jindo.seal import canonical_hash
from jindo.store import tables

EXHIBIT_KINDS = ("trace", "file", "note")
MOST_FILES = 10_000
LARGEST = 2 * 1024**3
"""Bytes of all files of another member's exhibit."""
_NAME = re.compile(r"[^/\\:*?\"<>|]{1,255}")


class GroundGone(RefusedError):
    """Something new would rest on an exhibit that stands no more."""

    code = "respond.ground-gone"

    def default_remedy(self) -> str:
        """Begin again from what stands."""
        return "Draft it again from a trace that stands."


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One exhibit of a case, as this node numbers it."""

    id: str
    case_id: str
    n: int
    kind: str
    title: str
    origin: str
    tlp: Tlp
    files: tuple[Mapping[str, Any], ...]
    """Rows of `name`, `size` and `sha256`, sorted by name."""
    sha256: str
    """Over the canonical JSON of `files`."""
    facts: Mapping[str, Any]
    added: int
    added_by: str


def record_exhibit(
    conn: Connection,
    *,
    id: str,  # noqa: A002  the column's name
    case_id: str,
    kind: str,
    title: str,
    origin: str,
    tlp: Tlp,
    files: Iterable[Mapping[str, Any]],
    facts: Mapping[str, Any],
    time: int,
    actor: str,
) -> Exhibit:
    """Add an exhibit to a case; the same one again changes nothing.

    Raises:
        InputError: a file's name or hash, or the facts of a trace, cannot be right.
        ConflictError: the id is used by another exhibit.
    """
    listed = check_files(files)
    given = {"id": id, "title": title, "kind": kind}
    parse_text(given, "title", longest=200)
    _check_facts(parse_choice(given, "kind", EXHIBIT_KINDS), facts)
    exhibit = Exhibit(
        id=parse_id(given, "id"),
        case_id=case_id,
        n=_next_n(conn, case_id),
        kind=kind,
        title=title,
        origin=origin,
        tlp=tlp,
        files=listed,
        sha256=hash_files(listed),
        facts=dict(facts),
        added=time,
        added_by=actor,
    )
    known = find_exhibit(conn, id)
    if known is not None:
        return _check_same(known, exhibit)
    conn.execute(insert(tables.exhibit).values({**_to_row(exhibit), "added_by": actor}))
    record_history(
        conn, case_id, time=time, actor=actor, act="exhibit-added", detail=_build_history_detail(exhibit)
    )
    return exhibit


def record_foreign_exhibit(
    conn: Connection, body: Mapping[str, Any], *, origin: str, case_id: str, time: int
) -> Exhibit:
    """Take in an exhibit that `origin` signed, under a number of our own.

    Raises:
        InputError: the body is no exhibit, or contradicts itself.
        RefusedError: it is not `origin`'s exhibit, or of another case.
        ConflictError: the id is used by another exhibit.
    """
    check_foreign_exhibit(body, origin=origin, case_id=case_id)
    return record_exhibit(
        conn,
        id=parse_id(body, "id"),
        case_id=case_id,
        kind=parse_choice(body, "kind", EXHIBIT_KINDS),
        title=parse_text(body, "title", longest=200),
        origin=origin,
        tlp=Tlp(parse_choice(body, "tlp", [level.value for level in Tlp])),
        files=check_files(parse_rows(body, "files", most=MOST_FILES)),
        facts=parse_part(body, "facts"),
        time=time,
        actor=origin,
    )


def check_foreign_exhibit(body: Mapping[str, Any], *, origin: str, case_id: str) -> None:
    """Check an exhibit that another member signed, before anything rests on it.

    Raises:
        InputError: the body is no exhibit, or contradicts itself.
        RefusedError: it is not `origin`'s exhibit, or of another case.
    """
    place = f"exhibit {parse_id(body, 'id')}"
    if body.get("origin") != origin or body.get("case_id") != case_id:
        raise RefusedError("the exhibit is not of this member or not of this case", place=place)
    parse_count(body, "n")
    parse_moment(body, "added")
    parse_text(body, "title", longest=200)
    parse_choice(body, "tlp", [level.value for level in Tlp])
    files = check_files(parse_rows(body, "files", most=MOST_FILES))
    if hash_files(files) != parse_hash(body, "sha256"):
        raise InputError("the list of files does not give the exhibit's hash", place=place)
    if sum(row["size"] for row in files) > LARGEST:
        raise InputError("the exhibit is larger than a node takes", place=place)
    _check_facts(parse_choice(body, "kind", EXHIBIT_KINDS), parse_part(body, "facts"))


def _check_facts(kind: str, facts: Mapping[str, Any]) -> None:
    """Only a trace states facts; all else speaks by its files."""
    if kind == "trace":
        check_trace_facts(facts)
    elif facts:
        raise InputError("only a trace states facts", place="facts")


def hash_files(files: Iterable[Mapping[str, Any]]) -> str:
    """An exhibit's SHA-256, from its checked rows of files."""
    return canonical_hash([dict(row) for row in files])


def check_files(files: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """The rows of files, sorted by name, each of `name`, `size` and `sha256`.

    Raises:
        InputError: a name leaves its folder or comes twice, or a size or hash is none.
    """
    rows = [
        {"name": _check_name(row), "size": parse_count(row, "size"), "sha256": parse_hash(row, "sha256")}
        for row in files
    ]
    names = [row["name"] for row in rows]
    if len(set(names)) != len(names):
        raise InputError("a file is listed twice", place="files")
    return tuple(sorted(rows, key=lambda row: str(row["name"])))


def find_exhibit(conn: Connection, exhibit_id: str) -> Exhibit | None:
    """The exhibit with this id, if it is here."""
    row = conn.execute(select(tables.exhibit).where(tables.exhibit.c.id == exhibit_id)).mappings().first()
    return None if row is None else _from_row(row)


def get_exhibit(conn: Connection, exhibit_id: str) -> Exhibit:
    """The exhibit with this id.

    Raises:
        NotFound: there is none.
    """
    found = find_exhibit(conn, exhibit_id)
    if found is None:
        raise NotFound("there is no such exhibit on this node", place=exhibit_id)
    return found


def list_exhibits(conn: Connection, case_id: str) -> list[Exhibit]:
    """The exhibits of a case, by number."""
    rows = tables.exhibit
    found = conn.execute(select(rows).where(rows.c.case_id == case_id).order_by(rows.c.n))
    return [_from_row(row) for row in found.mappings()]


def find_standing_trace(conn: Connection, case_id: str, *, us: str) -> Exhibit | None:
    """The latest trace of the case that nothing recalled has taken the ground from.

    Ours count before all others, then those of the member that opened the case; nobody else's stand in for them.
    """
    recalled = recalled_ids(conn)
    opener = conn.scalar(select(tables.case.c.origin).where(tables.case.c.id == case_id))
    traces = [exhibit for exhibit in list_exhibits(conn, case_id) if exhibit.kind == "trace"]
    standing = [trace for trace in reversed(traces) if not unstands(trace, recalled)]
    by_origin = (trace for origin in (us, opener) for trace in standing if trace.origin == origin)
    return next(by_origin, None)


def unstands(exhibit: Exhibit, recalled: Iterable[str]) -> frozenset[str]:
    """What recalled things an exhibit rests on: labels' statements, or its own id; empty while it stands."""
    return frozenset(recalled) & {exhibit.id, *exhibit.facts.get("rests_on", [])}


def check_ground(conn: Connection, exhibit_id: str) -> None:
    """Hold that nothing recalled has taken the ground from an exhibit that something new shall rest on.

    Raises:
        NotFound: there is no such exhibit.
        GroundGone: something has.
    """
    exhibit = get_exhibit(conn, exhibit_id)
    if unstands(exhibit, recalled_ids(conn)):
        raise GroundGone(f"exhibit {exhibit.n} rests on what was recalled", place=f"exhibit {exhibit.id}")


def find_lost_ground(conn: Connection, exhibit_id: str) -> list[str]:
    """What recalled things an exhibit rests on, sorted; none where it stands, or is not on this node."""
    exhibit = find_exhibit(conn, exhibit_id)
    return [] if exhibit is None else sorted(unstands(exhibit, recalled_ids(conn)))


def recalled_ids(conn: Connection) -> frozenset[str]:
    """Ids of all recalled statements, and of the exhibits that recalled statements had carried."""
    recall, statement = tables.recall, tables.statement
    ids = set(conn.execute(select(recall.c.statement_id)).scalars())
    carried = select(statement.c.subject).join(recall, recall.c.statement_id == statement.c.id)
    return frozenset(ids | set(conn.execute(carried.where(statement.c.kind == "exhibit")).scalars()))


def build_exhibit_body(exhibit: Exhibit) -> dict[str, Any]:
    """What a statement says of an exhibit; no person of ours is in it."""
    return _to_row(exhibit)


def _to_row(exhibit: Exhibit) -> dict[str, Any]:
    return {
        "id": exhibit.id,
        "case_id": exhibit.case_id,
        "n": exhibit.n,
        "kind": exhibit.kind,
        "title": exhibit.title,
        "origin": exhibit.origin,
        "tlp": exhibit.tlp.value,
        "files": [dict(row) for row in exhibit.files],
        "sha256": exhibit.sha256,
        "facts": dict(exhibit.facts),
        "added": exhibit.added,
    }


def _from_row(row: RowMapping) -> Exhibit:
    return Exhibit(**{**row, "tlp": Tlp(row["tlp"]), "files": tuple(row["files"])})


def _build_history_detail(exhibit: Exhibit) -> dict[str, Any]:
    detail = {"exhibit": exhibit.id, "n": exhibit.n, "kind": exhibit.kind, "origin": exhibit.origin}
    findings, rests_on = exhibit.facts.get("findings_hash"), list(exhibit.facts.get("rests_on", ()))
    return {
        **detail,
        "tlp": exhibit.tlp.value,
        "sha256": exhibit.sha256,
        **({"findings_hash": findings} if findings else {}),
        **({"rests_on": rests_on} if rests_on else {}),
    }


def _check_same(known: Exhibit, again: Exhibit) -> Exhibit:
    names = ("case_id", "kind", "title", "origin", "tlp", "files", "facts")
    if any(getattr(known, name) != getattr(again, name) for name in names):
        raise ConflictError("this id is another exhibit's", place=f"exhibit {known.id}")
    return known


def _next_n(conn: Connection, case_id: str) -> int:
    rows = tables.exhibit
    return (conn.execute(select(func.max(rows.c.n)).where(rows.c.case_id == case_id)).scalar() or 0) + 1


def _check_name(row: Mapping[str, Any]) -> str:
    """A name that stays in its folder, on any system: one part, printable, and not only dots."""
    name = row.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or not name.isprintable():
        raise InputError("a file's name cannot be one", place="files")
    if not name.strip(". ") or len(name.encode()) > 255:
        raise InputError("a file's name leaves its folder or is too long", place="files")
    return name
