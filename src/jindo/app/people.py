"""The people of a node: whom the member vouches for, and what they show when they come.

* An auditor has no other role, so that who reads everything changes nothing.
* A person's key is vouched for when the person is added: the one time that the member key is needed. One key is one
  person's: nobody signs as two.
* Whoever is retired loses every token and session at once, and their signatures on drafts. What was published with
  them stays signed.
* Names of people stay in the node's database: no message, no audit row and no statement holds them.

What they show when they come is `tokens`' matter, what they may do `permissions`'.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select, update

from jindo.app.node import Node, read_member_key
from jindo.app.papers import SERVICE
from jindo.app.permissions import (
    AUDITOR,
    MEMBER_ACTS,
    PERMISSIONS,
    Actor,
    CaseClosed,
    RoleMissing,
    check_case_access,
    check_permission,
    sees_all_cases,
)
from jindo.app.refusals import recording_refusals
from jindo.app.tokens import (
    CONSOLE,
    TokenRefused,
    close_session,
    console,
    get_person,
    issue_token,
    open_session,
    revoke_all,
    revoke_token,
    sign_in,
)
from jindo.base.errors import ConflictError, InputError, NotFound, RefusedError
from jindo.base.times import format_time
from jindo.seal import Envelope, PublicKey, parse_envelope, parse_public_key
from jindo.share import (
    ROLES,
    Officer,
    build_voucher,
    parse_voucher,
)
from jindo.store import record_audit, tables

__all__ = [
    "MEMBER_ACTS",
    "PERMISSIONS",
    "Actor",
    "CaseClosed",
    "RoleMissing",
    "TokenRefused",
    "add_person",
    "check_case_access",
    "check_permission",
    "close_session",
    "console",
    "get_officer",
    "issue_token",
    "list_people",
    "open_session",
    "renew_person",
    "retire_person",
    "revoke_token",
    "sees_all_cases",
    "sign_in",
]

VOUCHED_SECONDS = 730 * 86_400

_ID = re.compile(r"[a-z0-9-]{2,40}")
_RESERVED = frozenset({CONSOLE, SERVICE, "worker", "node"})


class KeyMissing(RefusedError):
    """The actor has no key for which the member vouches."""

    code = "node.no-key"

    def default_remedy(self) -> str:
        """Be added with a key."""
        return "Only people who were added with a public key can sign."


def add_person(
    node: Node,
    actor: Actor,
    *,
    id: str,  # noqa: A002  the field's name
    name: str,
    roles: Iterable[str],
    public_key: PublicKey | None = None,
    passphrase: bytes | None = None,
) -> dict[str, Any]:
    """Let a person use the node; with a key, the member vouches for it for two years.

    `passphrase` is the member key's, where it has one.

    Raises:
        RefusedError: the actor may not add people.
        InputError: the id, name or roles cannot be so, the key is the node's own, or the member key is away or locked.
        ConflictError: the person or the key is there already.
    """
    held = _check_roles(roles)
    if not _ID.fullmatch(id) or id in _RESERVED:
        raise InputError("a person's id is 2 to 40 of a-z, 0-9 and -, and no word of the node's", place="id")
    if not name.strip() or len(name) > 200 or not name.isprintable():
        raise InputError("a name is one line of 1 to 200 characters", place="name")
    with recording_refusals(node, actor, "person.add", id):
        check_permission(actor, "person.add")
        with node.store.begin() as conn:
            _check_new(conn, node, id, public_key)
            now = node.clock()
            voucher = _vouch(node, id, held, public_key, now, passphrase) if public_key else None
            row = {
                "id": id,
                "name": name,
                "roles": held,
                "public_key": public_key.to_text() if public_key else None,
                "voucher": voucher,
                "active": True,
                "added": now,
            }
            conn.execute(insert(tables.person).values(**row))
            detail = {"roles": held, "key": public_key.key_id if public_key else None}
            record_audit(conn, time=now, actor=actor.id, act="person.add", subject=id, detail=detail)
    return _view(row)


def renew_person(node: Node, actor: Actor, person: str, *, passphrase: bytes | None = None) -> dict[str, Any]:
    """Vouch for a person's key for two more years from now; what was signed under the old word stays signed.

    Raises:
        RefusedError: the actor may not manage people, or the person has no key.
        NotFound: there is no such person, or they do not use the node any more.
        InputError: the member key is away or locked.
    """
    with recording_refusals(node, actor, "person.renew", person):
        check_permission(actor, "person.add")
        with node.store.begin() as conn:
            row, now = get_person(conn, person), node.clock()
            if not row.active:
                raise NotFound("this person does not use the node any more", place=f"person {person}")
            if row.public_key is None:
                raise KeyMissing("there is no key to vouch for", place=f"person {person}")
            voucher = _vouch(node, person, list(row.roles), parse_public_key(row.public_key), now, passphrase)
            conn.execute(update(tables.person).where(tables.person.c.id == person).values(voucher=voucher))
            record_audit(conn, time=now, actor=actor.id, act="person.renew", subject=person, detail={})
    return _view(row._asdict())


def retire_person(node: Node, actor: Actor, person: str) -> dict[str, Any]:
    """End a person's use of the node, with all tokens and sessions, and their signatures on what is still a draft.

    Raises:
        RefusedError: the actor may not manage people.
        NotFound: there is no such person.
    """
    with recording_refusals(node, actor, "person.retire", person):
        check_permission(actor, "person.add")
        with node.store.begin() as conn:
            row = get_person(conn, person)
            conn.execute(update(tables.person).where(tables.person.c.id == person).values(active=False))
            revoke_all(conn, person, ("person", "session"), node.clock())
            detail = {"voided": _void_signatures(conn, node, person)}
            record_audit(
                conn, time=node.clock(), actor=actor.id, act="person.retire", subject=person, detail=detail
            )
    return _view({**row._asdict(), "active": False})


def list_people(node: Node, actor: Actor) -> dict[str, Any]:
    """Everyone who uses or used the node.

    Raises:
        RefusedError: the actor may not see people.
    """
    with recording_refusals(node, actor, "person.read", "people"):
        check_permission(actor, "person.read")
    with node.store.read() as conn:
        rows = conn.execute(select(tables.person).order_by(tables.person.c.id)).mappings().all()
    return {"people": [_view(dict(row)) for row in rows]}


def get_officer(conn: Connection, node: Node, actor: Actor) -> tuple[Officer, Envelope]:
    """Whom the member vouches for in this person, and the voucher.

    Raises:
        KeyMissing: the person has no key, or is no person of this node.
        RefusedError: the voucher has lapsed.
    """
    voucher = None
    if actor.kind == "person":
        person = tables.person.c
        voucher = conn.scalar(select(person.voucher).where(person.id == actor.id, person.active))
    if voucher is None:
        raise KeyMissing("the member vouches for no key of yours", place=f"{actor.kind} {actor.id}")
    envelope = parse_envelope(voucher)
    return parse_voucher(envelope, node.me, at=node.clock()), envelope


def _check_roles(roles: Iterable[str]) -> list[str]:
    held = sorted(set(roles))
    if not held or set(held) - set(ROLES):
        raise InputError(
            "a person has one or more of the known roles", place="roles", remedy=f"Use {', '.join(ROLES)}."
        )
    if AUDITOR in held and len(held) > 1:
        raise InputError("an auditor reads everything, and so has no other role", place="roles")
    return held


def _check_new(conn: Connection, node: Node, person: str, key: PublicKey | None) -> None:
    column = tables.person.c
    if conn.execute(select(column.id).where(column.id == person)).first() is not None:
        raise ConflictError("there is a person with this id", place=f"person {person}")
    if key is None:
        return
    if key in {node.me.member_key, node.me.service_key}:
        raise InputError(
            "this is a key of the node's own; a person has a key of their own", place="public_key"
        )
    if conn.execute(select(column.id).where(column.public_key == key.to_text())).first() is not None:
        raise ConflictError(
            "the key is another person's", place="public_key", remedy="Make a key for this person."
        )


def _vouch(
    node: Node, person: str, roles: list[str], key: PublicKey, now: int, passphrase: bytes | None
) -> dict[str, Any]:
    officer = Officer(
        member=node.me.id, id=person, roles=tuple(roles), key=key, since=now, expires=now + VOUCHED_SECONDS
    )
    return build_voucher(officer, read_member_key(node, passphrase)).to_dict()


def _void_signatures(conn: Connection, node: Node, person: str) -> list[str]:
    """Take a person's signatures off what is not published yet; the drafts that lost one."""
    signature, statement = tables.signature.c, tables.statement.c
    drafts = select(statement.id).where(statement.state == "draft", statement.member == node.me.id)
    theirs = and_(signature.officer == person, signature.statement_id.in_(drafts))
    voided = list(conn.scalars(select(signature.statement_id).where(theirs).order_by(signature.statement_id)))
    conn.execute(delete(tables.signature).where(theirs))
    return voided


def _view(row: dict[str, Any]) -> dict[str, Any]:
    key = parse_public_key(row["public_key"]) if row["public_key"] else None
    return {
        "id": row["id"],
        "name": row["name"],
        "roles": list(row["roles"]),
        "public_key": row["public_key"],
        "key_id": key.key_id if key else None,
        "active": row["active"],
        "added": format_time(row["added"]),
    }
