"""Who may do what: the acts of a node, the roles that each one needs, and access to the single case.

* An act that stands in no table is allowed to nobody.
* An auditor reads everything and changes nothing; an administrator manages people, members and tokens, and opens
  and signs nothing.
* A case is read and changed by its own people, and read by auditors. A role alone opens no case.
* Another member's node reads what was published for it, and does nothing else.

Signatures are counted by `share`; how a use case runs and goes on record is `acting`'s matter.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from jindo.base.errors import RefusedError
from jindo.share import ROLES
from jindo.store import tables

ADMIN, AUDITOR = "admin", "auditor"

_CASEWORK = frozenset({"analyst", "prosecutor", "liaison"})
_WORK = _CASEWORK | {"compliance"}
RECEIVING = frozenset({"liaison", "compliance"})
"""Roles of those who deal with other members."""
_ADMIN = frozenset({ADMIN})
_ALL = frozenset(ROLES)

PERMISSIONS: dict[str, frozenset[str]] = {
    "case.open": _CASEWORK,
    "case.read": _WORK | {AUDITOR},
    "case.note": _CASEWORK,
    "case.people": _CASEWORK | _ADMIN,
    "case.trace": _CASEWORK,
    "case.share": _CASEWORK,
    "case.export": _CASEWORK | {AUDITOR},
    "label.draft": frozenset({"analyst", "liaison"}),
    "statement.sign": _WORK,
    "recall.draft": _WORK,
    "request.draft": _CASEWORK,
    "request.send": _CASEWORK,
    "request.read": _WORK | {AUDITOR},
    "request.match": frozenset({"compliance"}),
    "reply.draft": frozenset({"compliance", "prosecutor", "liaison"}),
    "job.read": _WORK | {ADMIN, AUDITOR},
    "pull.run": _WORK | {ADMIN},
    "member.add": _ADMIN,
    "member.read": _ALL - {"intake-clerk"},
    "person.add": _ADMIN,
    "person.read": frozenset({ADMIN, AUDITOR}),
    "token.issue": _ADMIN,
    "audit.read": frozenset({ADMIN, AUDITOR}),
    "page.read": _ALL,
}
"""The roles of which a person needs one, by act."""

MEMBER_ACTS = frozenset({"taxii.read", "file.read", "log.read"})
"""What another member's node, or its ordinary TAXII client, may do."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts."""

    id: str
    """A person's or a member's id; `console` for whoever works on the node's own machine."""
    roles: frozenset[str]
    kind: str
    """person, member or console."""


class RoleMissing(RefusedError):
    """None of the actor's roles allows this act."""

    code = "node.role"

    def default_remedy(self) -> str:
        """Ask someone who has the role."""
        return "Ask someone who has one of these roles, or the node's administrator."


class CaseClosed(RefusedError):
    """The actor is not one of the case's people."""

    code = "node.case-access"

    def default_remedy(self) -> str:
        """Ask the case's people."""
        return "Check the number for a slip; if it is right, ask one of the case's people to add you to it."


def check_permission(actor: Actor, act: str) -> None:
    """Return only if one of the actor's roles allows this act.

    Raises:
        RoleMissing: none does.
    """
    if actor.kind == "member":
        if act not in MEMBER_ACTS:
            raise RoleMissing(f"another member's node may not do {act}", place=f"member {actor.id}")
        return
    needed = PERMISSIONS.get(act, frozenset())
    if actor.roles & needed:
        return
    remedy = ""
    if actor.kind == "console":
        remedy = "Say who you are by $JINDO_TOKEN: the node's own machine administers, and works on no case."
    roles = ", ".join(sorted(needed)) or "nobody"
    raise RoleMissing(
        f"{act} needs one of the roles: {roles}", place=f"{actor.kind} {actor.id}", remedy=remedy
    )


def check_case_access(conn: Connection, actor: Actor, case_id: str, *, missing_ok: bool = False) -> None:
    """Return only if the actor is one of the case's people, or an auditor.

    Whether there is such a case is not said to those who may not see it.

    Args:
        conn: an open transaction.
        actor: who asks.
        case_id: the case's id.
        missing_ok: let those who deal with other members see what belongs to a case that this node does not have:
            a request, a label.

    Raises:
        CaseClosed: the actor is neither.
    """
    if sees_all_cases(actor):
        return
    people = tables.case_person
    mine = select(people.c.person).where(people.c.case_id == case_id, people.c.person == actor.id)
    if actor.kind == "person" and conn.execute(mine).first() is not None:
        return
    known = select(tables.case.c.id).where(tables.case.c.id == case_id)
    if missing_ok and actor.roles & RECEIVING and conn.execute(known).first() is None:
        return
    raise CaseClosed("there is no such case that is open to you", place=f"{actor.kind} {actor.id}")


def sees_all_cases(actor: Actor) -> bool:
    """Whether the actor reads every case; changing one needs a role that an auditor does not have."""
    return actor.kind != "member" and AUDITOR in actor.roles
