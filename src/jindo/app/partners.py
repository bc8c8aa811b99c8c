"""The other members that this node knows, and how its people came to trust them.

* A member is entered by its card and by the fingerprint of its key, which came by another way: on the phone.
* A fingerprint counts whole, however it is grouped or written.
* A card of a known member is taken when it is newer and by the same key.
* A partner is asked for what is new when its turn comes; one question to it waits in the queue at a time.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, select

from jindo.app.certificates import check_certificate
from jindo.app.node import Node
from jindo.app.people import Actor, check_permission
from jindo.app.refusals import recording_refusals
from jindo.app.settings import parse_url
from jindo.base.errors import InputError, IntegrityError, NotFound, RefusedError
from jindo.base.times import format_time
from jindo.seal import Envelope, parse_envelope
from jindo.share import Member, fingerprint, parse_card, record_member
from jindo.share import list_members as read_members
from jindo.store import add_job, record_audit, tables

LARGEST_CARD = 256 * 1024
KEEP_PULLS = 3_600
"""Seconds for which a finished pull can still be looked at."""

_PRINT = re.compile(r"[\s:.-]+")


class FingerprintDiffers(RefusedError):
    """The key on the card is not the one whose fingerprint was read out."""

    code = "node.fingerprint"

    def default_remedy(self) -> str:
        """Ring again."""
        return "Ring the member at a number you knew before, and compare again. If it differs, the card is forged."


def add_member(
    node: Node, actor: Actor, card: bytes, *, fingerprint: str, place: str = "card"
) -> dict[str, Any]:
    """Know another member by its card, whose fingerprint was compared with its people; or take its newer card.

    `place` names in errors where the card came from: its file.

    Raises:
        RefusedError: the actor may not do so, the fingerprint differs, or the key is another than before.
        InputError: it is no card, or one whose node cannot be reached safely.
        IntegrityError: the card is not signed by its own key.
        ConflictError: a newer card is here already.
    """
    envelope, member = _parse_card(card, place)
    with recording_refusals(node, actor, "member.add", member.id):
        check_permission(actor, "member.add")
        _check_partner(node, member, fingerprint)
        with node.store.begin() as conn:
            record_member(conn, envelope, time=node.clock())
            detail = {"key": member.member_key.key_id, "version": member.version}
            record_audit(
                conn, time=node.clock(), actor=actor.id, act="member.add", subject=member.id, detail=detail
            )
            return _view(member, _read_rows(conn)[member.id])


def list_members(node: Node, actor: Actor) -> dict[str, Any]:
    """The members that this node knows, and when each last answered.

    Raises:
        RefusedError: the actor may not see them.
    """
    with recording_refusals(node, actor, "member.read", "members"):
        check_permission(actor, "member.read")
    with node.store.read() as conn:
        rows = _read_rows(conn)
        return {"members": [_view(member, rows[member.id]) for member in read_members(conn)]}


def show_member(node: Node, actor: Actor, member: str) -> dict[str, Any]:
    """One member that this node knows.

    Raises:
        RefusedError: the actor may not see it.
        NotFound: there is none of this id.
    """
    for view in list_members(node, actor)["members"]:
        if view["id"] == member:
            return dict(view)
    raise NotFound("no member of this id is known here", place="member")


def queue_pull(conn: Connection, member: str, *, time: int) -> str:
    """Ask a member for what is new, unless that waits or runs already; the job's id."""
    job = tables.job.c
    mine = (job.kind == "pull") & (job.subject == member)
    waiting = conn.scalar(select(job.id).where(mine, job.state.in_(["queued", "running"])))
    if waiting is not None:
        return str(waiting)
    gone = job.ended.is_not(None) & ((job.ended < time - KEEP_PULLS) | (job.ended > time + KEEP_PULLS))
    conn.execute(delete(tables.job).where(mine, gone))
    fresh = str(uuid.uuid4())
    add_job(conn, id=fresh, kind="pull", subject=member, args={"member": member}, time=time)
    return fresh


def queue_pulls(node: Node) -> None:
    """Ask every partner for what is new."""
    with node.store.read() as conn:
        partners = list(conn.scalars(select(tables.member.c.id).where(tables.member.c.id != node.me.id)))
    if partners:
        with node.store.begin() as conn:
            for member in partners:
                queue_pull(conn, member, time=node.clock())


def _parse_card(card: bytes, place: str) -> tuple[Envelope, Member]:
    again = "Take the file as it was sent, or have it sent again: it is what `jindo node card --out FILE` wrote there."
    if len(card) > LARGEST_CARD:
        raise InputError("this is no card: it is too long", place=place, remedy=again)
    try:
        envelope = parse_envelope(json.loads(card))
        return envelope, parse_card(envelope)
    except (ValueError, RecursionError) as error:
        raise InputError("this is no card, or not all of it: no JSON", place=place, remedy=again) from error
    except InputError as error:
        raise InputError(f"this is no card, or a damaged one: {error}", place=place, remedy=again) from error
    except IntegrityError as error:
        raise IntegrityError(
            f"the card was changed since it was signed: {error}", place=place, remedy=again
        ) from error


def _check_partner(node: Node, member: Member, spoken: str) -> None:
    digits = len(_bare(fingerprint(member.member_key)))
    if len(_bare(spoken)) != digits:
        raise FingerprintDiffers(
            f"a fingerprint has {digits} digits in all, and {len(_bare(spoken))} are given",
            place="fingerprint",
            remedy="Have it read out whole: what is compared in part can be forged.",
        )
    if _bare(spoken) != _bare(fingerprint(member.member_key)):
        raise FingerprintDiffers(
            "the fingerprint is not that of the key on the card", place=f"member {member.id}"
        )
    if member.id == node.me.id:
        raise InputError("this is the card of this very node, or of one under its name", place="card")
    if member.service_key in {node.me.service_key, node.me.member_key}:
        raise InputError("the card names a key of this node's", place="card")
    parse_url(member.url)
    check_certificate(member.certificate)


def _bare(text: str) -> str:
    return _PRINT.sub("", text).lower()


def _read_rows(conn: Connection) -> Mapping[str, RowMapping]:
    return {row["id"]: row for row in conn.execute(select(tables.member)).mappings()}


def _view(member: Member, row: RowMapping) -> dict[str, Any]:
    return {
        "id": member.id,
        "name": member.name,
        "country": member.country,
        "kind": member.kind,
        "url": member.url,
        "purposes": list(member.purposes),
        "services": list(member.services),
        "version": member.version,
        "fingerprint": fingerprint(member.member_key),
        "added": format_time(row["added"]),
        "pulled": format_time(row["pulled"]),
        "problem": row["problem"] or "",
    }
