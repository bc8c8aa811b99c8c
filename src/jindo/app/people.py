"""The people of a node: whom the member vouches for, and what they show when they come.

* An auditor has no other role, so that who reads everything changes nothing.
* A person's key is vouched for when the person is added. One key is one person's: nobody signs as two.
* Tokens are 256 random bits and are kept as SHA-256 only; a token is shown once, by whoever issued it.
* A page's session is opened with a person's token and ends within a day; a session opens no other.
* Whoever is retired loses every token and session at once; what they signed stays signed.
* Names of people stay in the node's database: no message, no audit row and no statement holds them.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from jindo.app.node import SERVICE, Node, read_member_key
from jindo.app.permissions import (
    ADMIN,
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
from jindo.base.errors import ConflictError, InputError, NotFound, RefusedError
from jindo.base.times import format_time
from jindo.seal import Envelope, PublicKey, parse_envelope, parse_public_key, sha256_hex
from jindo.share import (
    ROLES,
    Officer,
    build_voucher,
    get_member,
    list_members,
    parse_voucher,
    verify_pass,
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
    "retire_person",
    "revoke_token",
    "sees_all_cases",
    "sign_in",
]

VOUCHED_SECONDS = 730 * 86_400
SESSION_SECONDS = 12 * 3_600
LONGEST_TOKEN = 366
TOKEN_PREFIX = "jindo_"  # noqa: S105 - how a token is told from a pass
CONSOLE = "console"

_ID = re.compile(r"[a-z0-9-]{2,40}")
_RESERVED = frozenset({CONSOLE, SERVICE, "worker", "node"})


class TokenRefused(RefusedError):
    """What was shown lets nobody in."""

    code = "node.token"

    def default_remedy(self) -> str:
        """Get a new one."""
        return "Ask the node's administrator for a new token."


class KeyMissing(RefusedError):
    """The actor has no key for which the member vouches."""

    code = "node.no-key"

    def default_remedy(self) -> str:
        """Be added with a key."""
        return "Only people who were added with a public key can sign."


def console(node: Node) -> Actor:
    """Whoever works on the node's own machine, as the owner of its folder.

    They could read everything anyway, and need a way to add the first person; no case is worked on in this name.
    """
    del node
    return Actor(CONSOLE, frozenset({ADMIN, AUDITOR}), "console")


def sign_in(node: Node, token: str) -> Actor:
    """Who shows this token, session or pass.

    Raises:
        TokenRefused: nobody's, or nobody's any more.
    """
    if not token.startswith(TOKEN_PREFIX):
        return _sign_in_by_pass(node, token)
    with node.store.read() as conn:
        row = _find_token(conn, token, node.clock())
        if row.kind == "member":
            return Actor(get_member(conn, row.subject).id, frozenset(), "member")
        return _actor_of(conn, row.subject)


def add_person(
    node: Node, actor: Actor, *, id: str, name: str, roles: Iterable[str], public_key: PublicKey | None = None  # noqa: A002  the field's name
) -> dict[str, Any]:
    """Let a person use the node; with a key, the member vouches for it for two years.

    Raises:
        RefusedError: the actor may not add people.
        InputError: the id, name or roles cannot be so, or the key is the node's own.
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
            row = {
                "id": id,
                "name": name,
                "roles": held,
                "public_key": public_key.to_text() if public_key else None,
                "voucher": _vouch(node, id, held, public_key, now) if public_key else None,
                "active": True,
                "added": now,
            }
            conn.execute(insert(tables.person).values(**row))
            detail = {"roles": held, "key": public_key.key_id if public_key else None}
            record_audit(conn, time=now, actor=actor.id, act="person.add", subject=id, detail=detail)
    return _view(row)


def retire_person(node: Node, actor: Actor, person: str) -> dict[str, Any]:
    """End a person's use of the node, with all tokens and sessions.

    Raises:
        RefusedError: the actor may not manage people.
        NotFound: there is no such person.
    """
    with recording_refusals(node, actor, "person.retire", person):
        check_permission(actor, "person.add")
        with node.store.begin() as conn:
            row = _get_person(conn, person)
            conn.execute(update(tables.person).where(tables.person.c.id == person).values(active=False))
            _revoke(conn, person, ("person", "session"), node.clock())
            record_audit(
                conn, time=node.clock(), actor=actor.id, act="person.retire", subject=person, detail={}
            )
    return _view({**row._mapping, "active": False})


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


def issue_token(
    node: Node, actor: Actor, *, subject: str, kind: str = "person", days: int = 90
) -> dict[str, Any]:
    """A new token for a person, or for a partner's ordinary TAXII client (`kind` is `member`); shown this once.

    Raises:
        RefusedError: the actor may not issue tokens.
        NotFound: there is no such person or member.
        InputError: it would last less than a day or more than a year, or is of no known kind.
    """
    if kind not in {"person", "member"}:
        raise InputError("a token is a person's or a member's", place="kind")
    if not 1 <= days <= LONGEST_TOKEN:
        raise InputError(f"a token lasts 1 to {LONGEST_TOKEN} days", place="days")
    with recording_refusals(node, actor, "token.issue", subject):
        check_permission(actor, "token.issue")
        with node.store.begin() as conn:
            _check_subject(conn, subject, kind)
            now = node.clock()
            token = _record_token(conn, subject, kind, now, now + days * 86_400)
            detail = {"kind": kind, "days": days}
            record_audit(conn, time=now, actor=actor.id, act="token.issue", subject=subject, detail=detail)
    return {"token": token, "expires": format_time(now + days * 86_400)}


def revoke_token(node: Node, actor: Actor, *, subject: str, kind: str = "person") -> dict[str, Any]:
    """Withdraw every token of a person, with their sessions, or of a member.

    Raises:
        RefusedError: the actor may not manage tokens.
    """
    kinds = ("member",) if kind == "member" else ("person", "session")
    with recording_refusals(node, actor, "token.revoke", subject):
        check_permission(actor, "token.issue")
        with node.store.begin() as conn:
            count = _revoke(conn, subject, kinds, node.clock())
            detail = {"kind": kind, "revoked": count}
            record_audit(
                conn, time=node.clock(), actor=actor.id, act="token.revoke", subject=subject, detail=detail
            )
    return {"subject": subject, "revoked": count}


def open_session(node: Node, token: str) -> str:
    """A session for a page, opened with a person's token.

    Raises:
        TokenRefused: it is no person's token, or does not count any more.
    """
    if not token.startswith(TOKEN_PREFIX):
        raise TokenRefused("this is no token of this node")
    with node.store.begin() as conn:
        now = node.clock()
        row = _find_token(conn, token, now)
        if row.kind != "person":
            raise TokenRefused("only a person's token opens a session")
        person = _actor_of(conn, row.subject).id
        session = _record_token(conn, person, "session", now, min(now + SESSION_SECONDS, row.expires))
        record_audit(conn, time=now, actor=person, act="session.open", subject=person, detail={})
    return session


def close_session(node: Node, session: str) -> None:
    """End a session; one that has ended already, or never was, is left."""
    with node.store.begin() as conn:
        mine = (tables.token.c.hash == _hash(session)) & (tables.token.c.kind == "session")
        open_one = mine & tables.token.c.revoked.is_(None)
        subject = conn.scalar(select(tables.token.c.subject).where(open_one))
        if subject is None:
            return
        conn.execute(update(tables.token).where(open_one).values(revoked=node.clock()))
        record_audit(
            conn, time=node.clock(), actor=subject, act="session.close", subject=subject, detail={}
        )


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


def _sign_in_by_pass(node: Node, text: str) -> Actor:
    with node.store.read() as conn:
        members = {member.id: member for member in list_members(conn) if member.id != node.me.id}
    try:
        member = verify_pass(text, members=members, audience=node.me.id, time=node.clock())
    except (InputError, RefusedError) as error:
        raise TokenRefused("this is no token and no pass that counts here", remedy=error.remedy()) from error
    return Actor(member.id, frozenset(), "member")


def _find_token(conn: Connection, token: str, now: int) -> Row[Any]:
    row = conn.execute(select(tables.token).where(tables.token.c.hash == _hash(token))).first()
    if row is None or row.revoked is not None or row.expires <= now:
        raise TokenRefused("the token is unknown, has ended, or was withdrawn")
    return row


def _actor_of(conn: Connection, person: str) -> Actor:
    row = conn.execute(select(tables.person).where(tables.person.c.id == person)).first()
    if row is None or not row.active:
        raise TokenRefused("the token is nobody's any more")
    return Actor(row.id, frozenset(row.roles), "person")


def _record_token(conn: Connection, subject: str, kind: str, now: int, expires: int) -> str:
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    row = {"hash": _hash(token), "kind": kind, "subject": subject, "made": now, "expires": expires}
    conn.execute(insert(tables.token).values(**row))
    return token


def _revoke(conn: Connection, subject: str, kinds: Iterable[str], now: int) -> int:
    token = tables.token.c
    live = (token.subject == subject) & token.kind.in_(list(kinds)) & token.revoked.is_(None)
    return conn.execute(update(tables.token).where(live).values(revoked=now)).rowcount


def _hash(token: str) -> str:
    return sha256_hex(token.encode("utf-8", "surrogatepass"))


def _check_roles(roles: Iterable[str]) -> list[str]:
    held = sorted(set(roles))
    if not held or set(held) - set(ROLES):
        raise InputError("a person has one or more of the known roles", place="roles", remedy=f"Use {', '.join(ROLES)}.")
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
        raise InputError("this is a key of the node's own; a person has a key of their own", place="public_key")
    if conn.execute(select(column.id).where(column.public_key == key.to_text())).first() is not None:
        raise ConflictError("the key is another person's", place="public_key", remedy="Make a key for this person.")


def _check_subject(conn: Connection, subject: str, kind: str) -> None:
    if kind == "member":
        get_member(conn, subject)
    elif not _get_person(conn, subject).active:
        raise NotFound("this person does not use the node any more", place=f"person {subject}")


def _get_person(conn: Connection, person: str) -> Row[Any]:
    row = conn.execute(select(tables.person).where(tables.person.c.id == person)).first()
    if row is None:
        raise NotFound("there is no such person here", place="person")
    return row


def _vouch(node: Node, person: str, roles: list[str], key: PublicKey, now: int) -> dict[str, Any]:
    officer = Officer(
        member=node.me.id, id=person, roles=tuple(roles), key=key, since=now, expires=now + VOUCHED_SECONDS
    )
    return build_voucher(officer, read_member_key(node)).to_dict()


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
