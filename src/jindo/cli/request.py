"""`jindo request …`: ask an exchange or an issuer to freeze or to preserve, and answer when one is asked.

What a request must say and how accounts are matched is `jindo.respond`'s; tables are `request_tables`'.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from jindo.base.errors import InputError
from jindo.cli.case import CaseId
from jindo.cli.keys import KeyFile, SignWith, read_key
from jindo.cli.output import Json, emit
from jindo.cli.request_tables import render_matching, render_reply, render_request, render_requests
from jindo.cli.signing import Yes, open_signer, sign_drafted, sign_statement
from jindo.cli.standing import NodeFolder, Once, Token, open_here

commands = typer.Typer(no_args_is_help=True, add_completion=False)

RequestId = Annotated[str, typer.Argument(help="The request's id.", metavar="REQUEST")]


@commands.command("draft")
def draft(
    case: CaseId,
    to: Annotated[str, typer.Option(help="The exchange or issuer that is asked.", metavar="MEMBER")],
    contact: Annotated[
        str, typer.Option(help="Where the officer in charge is reached: an official address.", metavar="TEXT")
    ],
    kind: Annotated[str, typer.Option(help="freeze or preserve.", metavar="KIND")] = "freeze",
    exhibit: Annotated[
        str | None, typer.Option(help="The trace it rests on; else the latest that stands.", metavar="ID")
    ] = None,
    days: Annotated[int | None, typer.Option(help="For how many days; else 30.", metavar="DAYS")] = None,
    expires: Annotated[
        str | None, typer.Option(help="Until when it may be acted on; else 14 days.", metavar="TIME")
    ] = None,
    urgent: Annotated[str | None, typer.Option(help="Why it is urgent.", metavar="TEXT")] = None,
    fields: Annotated[
        Path | None,
        typer.Option(
            help="JSON object of further fields: rank, alternative, authority, instrument, scope, …",
            metavar="FILE",
        ),
    ] = None,
    key: KeyFile = None,
    folder: NodeFolder = None,
    token: Token = None,
    once: Once = None,
    as_json: Json = False,
) -> None:
    """Draft a request about what the trace found at a member. One that lacks a field is refused by name of the field."""
    from jindo.app import draft_request, show_request

    said = read_fields(fields) | build_fields(contact=contact, days=days, expires=expires, urgent=urgent)
    with open_here(folder, token) as (node, actor):
        signer = open_signer(node, actor, key, "request")
        drafted = draft_request(
            node, actor, case, addressee=to, kind=kind, exhibit=exhibit, fields=said, once=once
        )
        sign_drafted(node, actor, {"statements": [drafted["statement"]]}, signer, once=once)
        view = show_request(node, actor, drafted["id"])
    emit(view, render_request, as_json=as_json)


@commands.command("sign")
def sign(
    request: RequestId,
    key: SignWith,
    yes: Yes = False,
    folder: NodeFolder = None,
    token: Token = None,
    once: Once = None,
    as_json: Json = False,
) -> None:
    """Sign a request as yourself, after it was shown to you. It takes two officers, and then someone who sends it."""
    from jindo.app import show_request

    with open_here(folder, token) as (node, actor):
        statement = show_request(node, actor, request)["statement_id"]
        ask = not yes
        sign_statement(node, actor, statement, read_key(key), once=once, ask=ask)
        view = show_request(node, actor, request)
    emit(view, render_request, as_json=as_json)


@commands.command("send")
def send(
    request: RequestId,
    folder: NodeFolder = None,
    token: Token = None,
    once: Once = None,
    as_json: Json = False,
) -> None:
    """Send a request that its officers have signed."""
    from jindo.app import send_request, show_request

    with open_here(folder, token) as (node, actor):
        send_request(node, actor, request, once=once)
        view = show_request(node, actor, request)
    emit(view, render_request, as_json=as_json)


@commands.command("list")
def list_(
    case: Annotated[str | None, typer.Option(help="Of this case alone.", metavar="CASE")] = None,
    folder: NodeFolder = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """List requests, ours and those that came to us, and where each stands."""
    from jindo.app import list_requests

    with open_here(folder, token) as (node, actor):
        view = list_requests(node, actor, case)
    emit(view, render_requests, as_json=as_json)


@commands.command("show")
def show(request: RequestId, folder: NodeFolder = None, token: Token = None, as_json: Json = False) -> None:
    """Show a request with its accounts, its signatures and its replies."""
    from jindo.app import show_request

    with open_here(folder, token) as (node, actor):
        view = show_request(node, actor, request)
    emit(view, render_request, as_json=as_json)


@commands.command("match")
def match(request: RequestId, folder: NodeFolder = None, token: Token = None, as_json: Json = False) -> None:
    """Find a request's accounts among your own, and how much of what is asked could be held."""
    from jindo.app import match_request

    with open_here(folder, token) as (node, actor):
        view = match_request(node, actor, request)
    emit(view, render_matching, as_json=as_json)


@commands.command("reply")
def reply(
    request: RequestId,
    reason: Annotated[
        str, typer.Option(help="Why so, in words that the asking officer can use.", metavar="TEXT")
    ],
    until: Annotated[
        str | None, typer.Option(help="Until when what is held is held.", metavar="TIME")
    ] = None,
    state: Annotated[
        str | None,
        typer.Option(
            help="received, authenticated, need-instrument, refused, released, …; else what the match says.",
            metavar="STATE",
        ),
    ] = None,
    key: KeyFile = None,
    folder: NodeFolder = None,
    token: Token = None,
    once: Once = None,
    as_json: Json = False,
) -> None:
    """Draft the reply to a request; with --key it is signed and goes. Hold the assets in your own systems first."""
    from jindo.app import draft_reply

    with open_here(folder, token) as (node, actor):
        signer = open_signer(node, actor, key, "reply")
        drafted = draft_reply(node, actor, request, reason=reason, until=until, state=state, once=once)
        signed = sign_drafted(node, actor, {"statements": [drafted["statement"]]}, signer, once=once)
        view = drafted | {"statement": signed["statements"][0]}
    emit(view, render_reply, as_json=as_json)


def build_fields(
    *, contact: str, days: int | None, expires: str | None, urgent: str | None
) -> dict[str, Any]:
    """Fields of a request that options give; what was not given stays out."""
    said: dict[str, Any] = {"contact": contact, "duration_days": days, "expires": expires}
    said |= {"urgency": "urgent", "urgency_reason": urgent} if urgent else {}
    return {name: value for name, value in said.items() if value not in (None, "")}


def read_fields(path: Path | None) -> dict[str, Any]:
    """Further fields of a request from a file.

    Raises:
        InputError: the file holds no JSON object.
    """
    if path is None:
        return {}
    try:
        said = json.loads(path.read_bytes())
    except ValueError as error:
        raise InputError("the file holds no JSON", place=str(path)) from error
    if not isinstance(said, dict):
        raise InputError("the file holds no JSON object", place=str(path))
    return said
