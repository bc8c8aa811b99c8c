"""Requests to freeze or to preserve, from both ends: draft, sign, send; match, answer.

* A request is drafted from the case's latest trace that stands, and refused while one of its fields is missing.
* Two officers sign it; then a person sends it. One signature sends nothing.
* The addressee's node finds its own accounts by itself; what is held and why is for its compliance officer to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from jindo.app.acting import View, look, new_id, perform
from jindo.app.cases import find_case_id
from jindo.app.node import Node
from jindo.app.people import Actor, check_case_access, check_permission
from jindo.app.permissions import RECEIVING
from jindo.app.sharing import ask_gate, draft_statement, publish_and_follow
from jindo.app.showing import view_statement
from jindo.base.errors import InputError, NotFound, RefusedError
from jindo.base.markings import Tlp
from jindo.base.times import format_time, parse_time
from jindo.base.version import VERSION
from jindo.respond import (
    TELLING,
    Case,
    Exhibit,
    Matching,
    Request,
    build_reply_body,
    build_request_body,
    check_case_open,
    check_ground,
    check_request,
    find_lost_ground,
    find_standing_trace,
    get_case,
    get_exhibit,
    get_request,
    list_replies,
    match_accounts,
    parse_accounts,
    record_reply,
    record_request,
    request_state,
)
from jindo.respond import list_requests as read_requests
from jindo.share import (
    Member,
    Statement,
    build_gate_item,
    build_reply_objects,
    build_request_objects,
    check_ready,
    derive_statement_id,
    get_member,
    list_members,
    read_statement,
)

DAY = 86_400
DEFAULT_EXPIRY_DAYS = 14
DEFAULT_HOLD_DAYS = 30
HOLDERS = frozenset({"exchange", "issuer"})
"""Kinds of member that hold accounts or coins for others."""
_TEXTS = ("authority", "scope", "confidentiality", "urgency", "urgency_reason", "language", "release_contact")


def draft_request(
    node: Node,
    actor: Actor,
    case: str,
    *,
    addressee: str,
    kind: str = "freeze",
    exhibit: str | None = None,
    fields: Mapping[str, Any] | None = None,
    once: str | None = None,
) -> View:
    """Draft a request to a member about what the trace found at it; two officers have to sign it.

    `fields` may say `contact`, `rank`, `alternative`, `authority`, `instrument`, `duration_days`, `expires`,
    `urgency`, `urgency_reason`, `scope`, `confidentiality`, `language`, `release_contact`.

    Raises:
        NotFound: the case, the addressee or the exhibit is not there, or nothing was traced yet.
        InputError: the addressee holds nobody's accounts, or a field cannot be read.
        RefusedError: a field is missing, or the gate does not let it through.
    """
    case_id, given = find_case_id(node, case), dict(fields or {})

    def do(conn: Connection) -> View:
        found, member = get_case(conn, case_id), get_member(conn, addressee)
        _check_addressee(conn, member)
        trace = _find_trace(conn, node, case_id, exhibit)
        nonce = new_id()
        request_id = derive_statement_id(node.me.id, nonce)
        body = _build_body(node, actor, found, trace, member, kind, given, request_id)
        check_request(body)
        check_ground(conn, trace.id)
        marking = max(found.tlp, trace.tlp, key=lambda level: level.rank)
        statement = _build_statement(node, found, member, body, nonce, marking)
        item = build_gate_item(statement)
        _, denials = ask_gate(conn, node, item, [member.id], subject=body["id"], case_id=case_id)
        if denials:
            raise RefusedError(f"the gate denies it ({denials[0]['rule']})", remedy=denials[0]["reason"])
        view = draft_statement(conn, node, statement)
        made = record_request(
            conn, body, statement_id=statement.id, origin=node.me.id, case_id=case_id, made=statement.made
        )
        return {**view_request(conn, node, made), "statement": view}

    asked = {"addressee": addressee, "kind": kind, "exhibit": exhibit, "fields": given}
    return perform(node, actor, "request.draft", do, subject=case_id, case=case_id, asked=asked, once=once)


def send_request(node: Node, actor: Actor, request: str, once: str | None = None) -> View:
    """Send a request that its officers have signed.

    Raises:
        NotFound: there is no such request.
        RefusedError: a signature is missing, the case has expired, the request rests on what was recalled, or it is not
            ours to send.
    """

    def do(conn: Connection) -> View:
        found = get_request(conn, request)
        if found.origin != node.me.id:
            raise RefusedError("another member's request is not ours to send", place=request)
        check_case_access(conn, actor, found.case_id)
        check_case_open(conn, found.case_id, time=node.clock())
        check_ready(conn, found.statement_id)
        check_ground(conn, str(found.body["custody"]["exhibit_id"]))
        if read_statement(conn, found.statement_id).state == "draft":
            publish_and_follow(conn, node, found.statement_id, actor.id)
        return view_request(conn, node, found)

    return perform(node, actor, "request.send", do, subject=request, once=once)


def list_requests(node: Node, actor: Actor, case: str | None = None) -> View:
    """Requests of a case, or all that the actor may see: those of their cases, and those that came to us."""
    check_permission(actor, "request.read")
    case_id = find_case_id(node, case) if case is not None else None
    with node.store.read() as conn:
        if case_id is not None:
            check_case_access(conn, actor, case_id)
        found = read_requests(conn, case_id=case_id)
        return {
            "requests": [view_request(conn, node, row) for row in found if _may_see(conn, node, actor, row)]
        }


def show_request(node: Node, actor: Actor, request: str) -> View:
    """A request with all its fields, its statement and its replies.

    Raises:
        NotFound: there is none that the actor may see.
    """

    def do(conn: Connection) -> View:
        found = _get_visible(conn, node, actor, request)
        stored = read_statement(conn, found.statement_id)
        return {
            **view_request(conn, node, found),
            "body": dict(found.body),
            "statement": view_statement(conn, stored),
        }

    return look(node, actor, "request.read", do)


def match_request(node: Node, actor: Actor, request: str) -> View:
    """What of a request is found in this member's own accounts, and how much of it can be held.

    Raises:
        NotFound: there is no such request, or no list of accounts.
    """

    def do(conn: Connection) -> View:
        found = _get_visible(conn, node, actor, request)
        return {"request": found.id, **_match(node, found).to_view()}

    return look(node, actor, "request.match", do)


def draft_reply(
    node: Node,
    actor: Actor,
    request: str,
    *,
    reason: str,
    until: str | None = None,
    state: str | None = None,
    once: str | None = None,
) -> View:
    """Draft the answer to a request that came to us; one officer signs it.

    Without a state, what was found and can be held says it: held, partially held, already moved, no such customer.
    What says so much of an account is for those who may match; all who answer can say that it came, or refuse.

    Raises:
        InputError: the state or the time cannot be read, or the reason is missing.
        NotFound: there is no such request.
        RefusedError: the request is not to us, or the actor may not see what is held.
    """
    end = parse_time(until, place="until") if until else None

    def do(conn: Connection) -> View:
        found = _get_visible(conn, node, actor, request)
        if found.addressee != node.me.id:
            raise RefusedError("only the addressee answers a request", place=request)
        if state in (None, *TELLING):
            check_permission(actor, "request.match")
        made, nonce = node.clock(), new_id()
        body = build_reply_body(
            found,
            _match(node, found) if state in (None, *TELLING) else None,
            id=derive_statement_id(node.me.id, nonce),
            me=node.me,
            made=made,
            reason=reason,
            until=end,
            state=state,
        )
        asked_by = read_statement(conn, found.statement_id).statement
        reply = Statement(
            nonce=nonce,
            kind="reply",
            member=node.me.id,
            case_id=found.case_id,
            subject=found.id,
            made=made,
            expires=None,
            tlp=asked_by.tlp,
            purpose=asked_by.purpose,
            recipients=(found.origin,),
            body=body,
            objects=tuple(build_reply_objects(node.me, body, asked_by.tlp, made)),
        )
        view = draft_statement(conn, node, reply)
        record_reply(conn, body, statement_id=reply.id, member=node.me.id, made=made)
        return {"request": found.id, "reply": body, "statement": view}

    asked = {"reason": reason, "until": until, "state": state}
    return perform(node, actor, "reply.draft", do, subject=request, asked=asked, once=once)


def view_request(conn: Connection, node: Node, request: Request) -> View:
    """A request in a few fields, with its state and its replies; `lost` is what it rests on and was recalled since."""
    body = request.body
    return {
        "id": request.id,
        "case": request.case_id,
        "reference": str(body["case"]["number"]),
        "origin": request.origin,
        "addressee": request.addressee,
        "kind": request.kind,
        "state": request_state(conn, request.id, node.clock()),
        "lost": find_lost_ground(conn, str(body["custody"]["exhibit_id"])),
        "made": format_time(request.made),
        "expires": format_time(int(body["expires"])),
        "urgency": str(body["urgency"]),
        "accounts": len(body["identifiers"]),
        "totals": list(body["totals"]),
        "findings_hash": str(body["custody"]["findings_hash"]),
        "statement_id": request.statement_id,
        "replies": [
            {
                "id": reply.id,
                "member": reply.member,
                "state": reply.state,
                "made": format_time(reply.made),
                "body": dict(reply.body),
                "statement_id": reply.statement_id,
                "statement_state": read_statement(conn, reply.statement_id).state,
            }
            for reply in list_replies(conn, request.id)
        ],
    }


def _check_addressee(conn: Connection, member: Member) -> None:
    """Hold that who is asked holds accounts for others.

    Raises:
        InputError: it is no exchange and no issuer.
    """
    if member.kind in HOLDERS:
        return
    holders = ", ".join(one.id for one in list_members(conn) if one.kind in HOLDERS)
    raise InputError(
        f"{member.id} is of the kind {member.kind}: who holds accounts and can freeze is an exchange or an issuer",
        place="to",
        remedy=f"Known are: {holders or 'none yet'}. To tell {member.id} of the case: jindo share push.",
    )


def _find_trace(conn: Connection, node: Node, case_id: str, exhibit: str | None) -> Exhibit:
    us = node.me.id
    trace = get_exhibit(conn, exhibit) if exhibit else find_standing_trace(conn, case_id, us=us)
    trusted = {us, get_case(conn, case_id).origin}
    if trace is None or (trace.case_id, trace.kind) != (case_id, "trace") or trace.origin not in trusted:
        raise NotFound(
            "the case has no trace to ask from",
            place=exhibit or "",
            remedy="Trace it first: jindo case trace.",
        )
    return trace


def _build_body(
    node: Node,
    actor: Actor,
    case: Case,
    trace: Exhibit,
    addressee: Member,
    kind: str,
    given: Mapping[str, Any],
    request_id: str,
) -> dict[str, Any]:
    made = node.clock()
    expires = given.get("expires")
    texts = {name: str(given[name]) for name in _TEXTS if given.get(name)}
    officer = {name: str(given.get(name, "")) for name in ("rank", "contact", "alternative")}
    return build_request_body(
        case,
        trace,
        addressee,
        id=request_id,
        me=node.me,
        officer={"id": actor.id, **officer},
        kind=kind,
        made=made,
        expires=parse_time(str(expires), place="expires") if expires else made + DEFAULT_EXPIRY_DAYS * DAY,
        duration_days=_parse_days(given.get("duration_days", DEFAULT_HOLD_DAYS)),
        tool="jindo",
        version=VERSION,
        instrument=given.get("instrument"),
        **{"authority": case.legal_basis, **texts},
    )


def _parse_days(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 3650:
        raise InputError("a duration is a whole number of days, 1 to 3650", place="duration_days")
    return value


def _build_statement(
    node: Node, case: Case, addressee: Member, body: Mapping[str, Any], nonce: str, marking: Tlp
) -> Statement:
    return Statement(
        nonce=nonce,
        kind="request",
        member=node.me.id,
        case_id=case.id,
        subject=body["id"],
        made=body["made"],
        expires=body["expires"],
        tlp=marking,
        purpose=case.purpose,
        recipients=(addressee.id,),
        body=body,
        objects=tuple(build_request_objects(node.me, body, marking, body["made"])),
    )


def _match(node: Node, request: Request) -> Matching:
    path = node.settings.accounts
    file = node.folder / path if path else None
    if file is None or not file.is_file():
        raise NotFound(
            "this node has no list of its own accounts",
            place="node.toml [exchange] accounts",
            remedy="Name a CSV of address, asset, balance and, if wanted, customer.",
        )
    return match_accounts(request.body, parse_accounts(file.read_text(encoding="utf-8"), place=file.name))


def _may_see(conn: Connection, node: Node, actor: Actor, request: Request) -> bool:
    """Requests to us are for those who deal with other members; all else is for the people of the case."""
    if request.addressee == node.me.id and actor.kind == "person" and actor.roles & RECEIVING:
        return True
    try:
        check_case_access(conn, actor, request.case_id, missing_ok=True)
    except RefusedError:
        return False
    return True


def _get_visible(conn: Connection, node: Node, actor: Actor, request: str) -> Request:
    found = get_request(conn, request)
    if not _may_see(conn, node, actor, found):
        raise NotFound("there is no such request on this node", place=request)
    return found
