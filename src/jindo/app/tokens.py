"""What people, and partners' ordinary TAXII clients, show when they come: tokens, sessions and passes.

* A token is 256 random bits, kept as its SHA-256 only, and shown once to whoever issued it.
* A page's session is opened with a person's token, ends within 12 hours and with the token's own end, and opens
  no other session.
* A token that is unknown, has ended or was withdrawn gives the same answer.
* What is refused only reads: nobody outside can keep the node's one writer busy. Failed attempts are counted, and go on
  record as one audit row a minute.
* Another member's node shows a pass that it signed for us (`share`); it is worth minutes.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from jindo.app.node import Node
from jindo.app.papers import SERVICE
from jindo.app.permissions import ADMIN, AUDITOR, Actor, check_permission
from jindo.app.refusals import recording_refusals
from jindo.base.errors import InputError, NotFound, RefusedError
from jindo.base.times import format_time
from jindo.seal import sha256_hex
from jindo.share import get_member, list_members, verify_pass
from jindo.store import record_audit, tables

CONSOLE = "console"
SESSION_SECONDS = 12 * 3_600
LONGEST_TOKEN = 366
TOKEN_PREFIX = "jindo_"  # noqa: S105 - how a token is told from a pass


class TokenRefused(RefusedError):
    """What was shown lets nobody in."""

    code = "node.token"

    def default_remedy(self) -> str:
        """Get a new one."""
        return "Ask the node's administrator for a new token."


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
    with _counting_failures(node):
        if not token.startswith(TOKEN_PREFIX):
            return _sign_in_by_pass(node, token)
        with node.store.read() as conn:
            row = _find_token(conn, token, node.clock())
            if row.kind == "member":
                return Actor(get_member(conn, row.subject).id, frozenset(), "member")
            return _actor_of(conn, row.subject)


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
            count = revoke_all(conn, subject, kinds, node.clock())
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
    with _counting_failures(node), node.store.read() as conn:
        _find_opener(conn, token, node.clock())
    with node.store.begin() as conn:
        now = node.clock()
        row = _find_opener(conn, token, now)
        person = row.subject
        session = _record_token(conn, person, "session", now, min(now + SESSION_SECONDS, row.expires))
        record_audit(conn, time=now, actor=person, act="session.open", subject=person, detail={})
    return session


def close_session(node: Node, session: str) -> None:
    """End a session; one that has ended already, or never was, is left."""
    mine = (tables.token.c.hash == _hash(session)) & (tables.token.c.kind == "session")
    open_one = mine & tables.token.c.revoked.is_(None)
    with node.store.read() as conn:
        subject = conn.scalar(select(tables.token.c.subject).where(open_one))
    if subject is None:
        return
    with node.store.begin() as conn:
        ended = conn.execute(update(tables.token).where(open_one).values(revoked=node.clock())).rowcount
        if ended:
            now = node.clock()
            record_audit(conn, time=now, actor=subject, act="session.close", subject=subject, detail={})


def record_knocks(node: Node, *, all_of_them: bool = False) -> None:
    """Enter failed attempts to sign in in the audit trail: a row for each minute that is over.

    Raises:
        SourceError: the database does not answer; they are kept for the next time.
    """
    over = node.knocks.take(node.clock(), all_of_them=all_of_them)
    if not over:
        return
    try:
        with node.store.begin() as conn:
            for minute, count in sorted(over.items()):
                record_audit(
                    conn,
                    time=node.clock(),
                    actor=SERVICE,
                    act="sign-in.refused",
                    subject=format_time(minute),
                    detail={"count": count},
                )
    except BaseException:
        for minute, count in over.items():
            node.knocks.add(minute, count)
        raise


@contextmanager
def _counting_failures(node: Node) -> Iterator[None]:
    try:
        yield
    except TokenRefused:
        node.knocks.count(node.clock())
        raise


def _find_opener(conn: Connection, token: str, now: int) -> Row[Any]:
    """The row of a person's token, with which a session may be opened."""
    if not token.startswith(TOKEN_PREFIX):
        raise TokenRefused("this is no token of this node")
    row = _find_token(conn, token, now)
    if row.kind != "person":
        raise TokenRefused("only a person's token opens a session")
    _actor_of(conn, row.subject)
    return row


def get_person(conn: Connection, person: str) -> Row[Any]:
    """The row of a person.

    Raises:
        NotFound: there is none.
    """
    row = conn.execute(select(tables.person).where(tables.person.c.id == person)).first()
    if row is None:
        raise NotFound("there is no such person here", place="person")
    return row


def revoke_all(conn: Connection, subject: str, kinds: Iterable[str], now: int) -> int:
    """Withdraw every live token of these kinds that a person or member has; how many those were."""
    token = tables.token.c
    live = (token.subject == subject) & token.kind.in_(list(kinds)) & token.revoked.is_(None)
    return conn.execute(update(tables.token).where(live).values(revoked=now)).rowcount


def _check_subject(conn: Connection, subject: str, kind: str) -> None:
    if kind == "member":
        get_member(conn, subject)
    elif not get_person(conn, subject).active:
        raise NotFound("this person does not use the node any more", place=f"person {subject}")


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


def _hash(token: str) -> str:
    return sha256_hex(token.encode("utf-8", "surrogatepass"))
