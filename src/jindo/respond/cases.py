"""Cases: what is investigated, why that is lawful, until when, and who works on it.

* A case without a purpose, a legal basis and an expiry in the future is refused, by name of what is missing.
* A case keeps its id on every node; its number is what people say, and the opener's member counts it.
* A case of another member is taken from that member's own signed word alone, and its first word stands.
* A case need not have lost a coin: an intrusion has no `loss`.

Who may see or change a case is decided by `app`; how far its parts travel, by the gate (`share`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select

from jindo.base.errors import ConflictError, InputError, NotFound, RefusedError
from jindo.base.ids import parse_address, parse_tx_id
from jindo.base.markings import Tlp, parse_tlp
from jindo.base.times import format_time, parse_time
from jindo.respond.history import record_history
from jindo.respond.reading import (
    parse_choice,
    parse_count,
    parse_id,
    parse_moment,
    parse_rows,
    parse_text,
)
from jindo.share import Member
from jindo.store import tables

CASE_KINDS = ("theft", "fraud", "ransomware", "intrusion")
CASE_ROLES = ("lead", "member")
LONGEST_LOSS = 10_000


class ExpiredCase(RefusedError):
    """A case is past its expiry."""

    code = "respond.expired"

    def default_remedy(self) -> str:
        """Open another."""
        return "Open a new case where the law still gives a basis; this one is kept as it is."


class UnlawfulCase(RefusedError):
    """A case lacks what makes it lawful."""

    code = "respond.unlawful"

    def __init__(self, missing: tuple[str, ...]) -> None:
        self.missing = missing
        """What is missing or past: `purpose`, `legal basis`, `expiry`, `expiry in the future`."""
        super().__init__(
            f"a case needs {', '.join(missing)}",
            remedy="Name what the law asks for, an expiry as 2027-06-30, and open it again.",
        )


@dataclass(frozen=True, slots=True)
class CaseDraft:
    """What is told to open a case."""

    title: str
    kind: str
    purpose: str
    legal_basis: str
    expires: int | None
    tlp: Tlp = Tlp.AMBER
    summary: str = ""
    loss: tuple[Mapping[str, Any], ...] = ()
    """What was named as stolen, as rows of a stolen file: `tx_hash` and `index`, or `address` and `from_time`."""


@dataclass(frozen=True, slots=True)
class Case:
    """A case as this node holds it."""

    id: str
    origin: str
    """The member that opened it."""
    number: str
    title: str
    kind: str
    purpose: str
    legal_basis: str
    expires: int
    tlp: Tlp
    summary: str
    loss: tuple[Mapping[str, Any], ...]
    opened: int
    opened_by: str
    """A person's id inside `origin`; of another member's case, that member's id."""


def parse_case_draft(given: Mapping[str, Any]) -> CaseDraft:
    """A draft from untyped fields; `expires` is unix seconds or ISO text, `tlp` any way of writing it.

    Raises:
        InputError: a field is of the wrong type or kind; it names the field.
    """
    expires = given.get("expires")
    if expires not in (None, "") and (isinstance(expires, bool) or not isinstance(expires, int | str)):
        raise InputError("this must be a time", place="expires")
    return CaseDraft(
        title=parse_text(given, "title", longest=200),
        kind=parse_choice(given, "kind", CASE_KINDS),
        purpose=parse_text({"purpose": "", **given}, "purpose", longest=100, empty=True).strip(),
        legal_basis=parse_text({"legal_basis": "", **given}, "legal_basis", longest=1000, empty=True).strip(),
        expires=None if expires in (None, "") else int(parse_time(str(expires), place="expires")),
        tlp=parse_tlp(str(given.get("tlp") or Tlp.AMBER.value)),
        summary=parse_text({"summary": "", **given}, "summary", empty=True),
        loss=parse_loss({"loss": [], **given}),
    )


def parse_loss(body: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The rows of `loss`: each names a movement or an account, in canonical form.

    Raises:
        InputError: a row names neither, or what it names cannot be read.
    """
    return tuple(_parse_loss_row(row) for row in parse_rows(body, "loss", most=LONGEST_LOSS))


def open_case(
    conn: Connection,
    draft: CaseDraft,
    *,
    id: str,  # noqa: A002  the column's name
    me: Member,
    actor: str,
    time: int,
) -> Case:
    """Open a case of our own; the opener leads it, where the opener is a person of this node.

    Raises:
        UnlawfulCase: no purpose, legal basis or expiry, or one that is past.
        ConflictError: there is a case with this id already.
    """
    expires = _check_lawful(draft, time)
    case = Case(
        id=id,
        origin=me.id,
        number=_next_number(conn, me, time),
        title=draft.title,
        kind=draft.kind,
        purpose=draft.purpose,
        legal_basis=draft.legal_basis,
        expires=expires,
        tlp=draft.tlp,
        summary=draft.summary,
        loss=draft.loss,
        opened=time,
        opened_by=actor,
    )
    _insert_case(conn, case)
    detail = {"number": case.number, "kind": case.kind, "purpose": case.purpose, "expires": case.expires}
    record_history(
        conn, id, time=time, actor=actor, act="case-opened", detail={**detail, "tlp": case.tlp.value}
    )
    if conn.execute(select(tables.person.c.id).where(tables.person.c.id == actor)).first():
        add_case_person(conn, id, actor, role="lead", actor=actor, time=time)
    return case


def record_foreign_case(conn: Connection, body: Mapping[str, Any], *, origin: str, time: int) -> Case:
    """Take in a case that `origin` opened and signed; the same case again changes nothing.

    Raises:
        InputError: the body is no case.
        RefusedError: it is not `origin`'s own case.
        ConflictError: the case is known, and said something else.
    """
    case = _parse_case_body(body)
    if case.origin != origin:
        raise RefusedError(f"{origin} says that this case is {case.origin}'s", place=f"case {case.id}")
    if not case.number.startswith(f"{origin.upper()}-"):
        raise InputError("a case's number begins with its member's name", place=f"case {case.id}")
    known = find_case(conn, case.id)
    if known is not None and known != case:
        raise ConflictError("the case is known here and said something else", place=f"case {case.id}")
    if known is None:
        _insert_case(conn, case)
        detail = {"number": case.number, "kind": case.kind, "tlp": case.tlp.value}
        record_history(conn, case.id, time=time, actor=origin, act="case-received", detail=detail)
    return case


def find_case(conn: Connection, case_id: str) -> Case | None:
    """The case with this id, if it is here."""
    row = conn.execute(select(tables.case).where(tables.case.c.id == case_id)).mappings().first()
    return None if row is None else _from_row(row)


def get_case(conn: Connection, case: str) -> Case:
    """The case with this id or number.

    Raises:
        NotFound: there is none.
        ConflictError: two members use this number.
    """
    known = find_case(conn, case)
    if known is not None:
        return known
    rows = tables.case
    found = conn.execute(select(rows).where(rows.c.number == case).limit(2)).mappings().all()
    if not found:
        raise NotFound("there is no such case on this node", place=case)
    if len(found) > 1:
        raise ConflictError("two cases have this number", place=case, remedy="Name the case by its id.")
    return _from_row(found[0])


def check_case_open(conn: Connection, case_id: str, *, time: int) -> None:
    """Raises `ExpiredCase` where a case takes nothing more at `time`."""
    case = get_case(conn, case_id)
    if case.expires <= time:
        raise ExpiredCase(f"the case expired on {format_time(case.expires)}", place=f"case {case.number}")


def list_cases(conn: Connection, person: str | None = None) -> list[Case]:
    """All cases, or those that `person` works on; the latest first."""
    rows, people = tables.case, tables.case_person
    chosen = select(rows).order_by(rows.c.opened.desc(), rows.c.id)
    if person is not None:
        chosen = chosen.join(people, people.c.case_id == rows.c.id).where(people.c.person == person)
    return [_from_row(row) for row in conn.execute(chosen).mappings()]


def add_case_person(conn: Connection, case_id: str, person: str, *, role: str, actor: str, time: int) -> None:
    """Let a person of this node work on the case; whoever is on it already stays as they are.

    Raises:
        InputError: there is no such role.
        NotFound: there is no such person.
    """
    parse_choice({"role": role}, "role", CASE_ROLES)
    if not conn.execute(select(tables.person.c.id).where(tables.person.c.id == person)).first():
        raise NotFound("there is no such person on this node", place=person)
    if person in case_people(conn, case_id):
        return
    conn.execute(insert(tables.case_person).values(case_id=case_id, person=person, role=role))
    detail = {"person": person, "role": role}
    record_history(conn, case_id, time=time, actor=actor, act="person-added", detail=detail)


def case_people(conn: Connection, case_id: str) -> dict[str, str]:
    """Who of this node works on the case: role by person's id."""
    rows = tables.case_person
    found = conn.execute(select(rows).where(rows.c.case_id == case_id).order_by(rows.c.person))
    return {row.person: row.role for row in found}


def build_case_body(case: Case) -> dict[str, Any]:
    """What a statement says of a case; no person of ours is in it."""
    return {
        "id": case.id,
        "origin": case.origin,
        "number": case.number,
        "title": case.title,
        "kind": case.kind,
        "purpose": case.purpose,
        "legal_basis": case.legal_basis,
        "expires": case.expires,
        "opened": case.opened,
        "tlp": case.tlp.value,
        "summary": case.summary,
        "loss": [dict(row) for row in case.loss],
    }


def _parse_case_body(body: Mapping[str, Any]) -> Case:
    origin = parse_id(body, "origin")
    return Case(
        id=parse_id(body, "id"),
        origin=origin,
        number=parse_id(body, "number"),
        title=parse_text(body, "title", longest=200),
        kind=parse_choice(body, "kind", CASE_KINDS),
        purpose=parse_text(body, "purpose", longest=100),
        legal_basis=parse_text(body, "legal_basis", longest=1000),
        expires=parse_moment(body, "expires"),
        tlp=Tlp(parse_choice(body, "tlp", [level.value for level in Tlp])),
        summary=parse_text(body, "summary", empty=True),
        loss=parse_loss(body),
        opened=parse_moment(body, "opened"),
        opened_by=origin,
    )


def _check_lawful(draft: CaseDraft, time: int) -> int:
    named = {"purpose": draft.purpose, "legal basis": draft.legal_basis, "expiry": draft.expires}
    missing = [name for name, value in named.items() if not value]
    if draft.expires and draft.expires <= time:
        missing.append("expiry in the future")
    if missing or draft.expires is None:
        raise UnlawfulCase(tuple(missing))
    return draft.expires


def _next_number(conn: Connection, me: Member, time: int) -> str:
    """`SEOUL-2026-1`: counted by member and year of opening; cases are never deleted."""
    prefix = f"{me.id.upper()}-{format_time(time)[:4]}-"
    rows = tables.case
    own = rows.c.origin == me.id, rows.c.number.startswith(prefix, autoescape=True)
    count = conn.execute(select(func.count()).select_from(rows).where(*own)).scalar_one()
    return f"{prefix}{count + 1}"


def _insert_case(conn: Connection, case: Case) -> None:
    if find_case(conn, case.id) is not None:
        raise ConflictError("there is a case with this id already", place=f"case {case.id}")
    values = {**build_case_body(case), "opened_by": case.opened_by}
    conn.execute(insert(tables.case).values(values))


def _from_row(row: RowMapping) -> Case:
    return Case(**{**row, "tlp": Tlp(row["tlp"]), "loss": tuple(row["loss"])})


def _parse_loss_row(row: Mapping[str, Any]) -> Mapping[str, Any]:
    theft = {"theft": parse_text({"theft": "theft", **row}, "theft", longest=200)}
    if row.get("tx_hash"):
        index = {} if row.get("index") is None else {"index": parse_count(row, "index")}
        return {**theft, "tx_hash": str(parse_tx_id(parse_text(row, "tx_hash", longest=200))), **index}
    since = {} if row.get("from_time") is None else {"from_time": parse_moment(row, "from_time")}
    if not row.get("address"):
        raise InputError("a row names neither a transaction nor an address", place="loss")
    return {**theft, "address": str(parse_address(parse_text(row, "address", longest=200))), **since}
