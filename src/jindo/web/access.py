"""Who asks: a person of this member, or another member's node; nobody else gets past.

* A person shows a token (`Bearer`, `Token`, or `Basic` with the token as its password) or a page's session cookie.
* Another member's node shows a pass that it signed for us, or a token that we gave it for an ordinary TAXII client.
* A session counts for a change only where the browser says that the change comes from our own page (`Origin`).
* What this person may do is decided by the use case (`app`), never here.
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from fastapi import Depends, Request

from jindo.app import Actor, Node, check_permission, sign_in
from jindo.base.errors import RefusedError
from jindo.share import Member, get_member

SESSION_COOKIE = "__Host-jindo-session"
"""The prefix makes the browser insist on Secure, on the whole site, and on no other host."""

TOKEN_LIMIT = 8_000
"""Characters of the longest token or pass that is looked at."""

PARTNER_ACT = "taxii.read"
"""What every partner may do, and no person."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class NobodyError(RefusedError):
    """Nobody known asks: there is no token, or none that counts."""

    code = "web.nobody"


class WrongKind(RefusedError):
    """Another member's node asks what only people of this member may."""

    code = "node.kind"


class ForeignOrigin(RefusedError):
    """A session is used for a change that no page of this node asked for."""

    code = "web.origin"


def node_of(request: Request) -> Node:
    """The node that answers."""
    node: Node = request.app.state.node
    return node


def ask_person(request: Request) -> Actor:
    """The person of this member who asks.

    Raises:
        RefusedError: nobody known asks, another member's client asks, or a session is used from elsewhere.
    """
    shown = read_token(request)
    if shown is None:
        shown = request.cookies.get(SESSION_COOKIE)
        if not shown:
            raise NobodyError("no token was shown", remedy="Send `Authorization: Bearer TOKEN`, or sign in.")
        if request.method not in _SAFE:
            check_origin(request)
    actor = sign_in(node_of(request), shown[:TOKEN_LIMIT])
    if actor.kind != "person":
        raise WrongKind("this is for people of this member", remedy="Use the token of a person.")
    return actor


def ask_partner(request: Request) -> Member:
    """The other member whose node, or ordinary TAXII client, asks.

    Raises:
        RefusedError: nobody known asks, or a person does.
    """
    shown = read_token(request)
    if shown is None:
        raise NobodyError("no pass was shown", remedy="Send `Authorization: Bearer PASS`.")
    node = node_of(request)
    actor = sign_in(node, shown)
    check_permission(actor, PARTNER_ACT)
    with node.store.read() as conn:
        return get_member(conn, actor.id)


def check_origin(request: Request) -> None:
    """Pass a change that a page of this very node asks for.

    Raises:
        RefusedError: the browser says that another page asks, or does not say.
    """
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    if request.headers.get("origin") != own:
        raise ForeignOrigin(
            "this change was not asked for on a page of this node",
            remedy="Open the page here and send it again.",
        )


def read_token(request: Request) -> str | None:
    """The token or pass of the Authorization header; `None` where there is none.

    Raises:
        RefusedError: the header is in no form that is known here.
    """
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, value = header[:TOKEN_LIMIT].partition(" ")
    value = value.strip()
    if scheme.lower() in {"bearer", "token"} and value:
        return value
    if scheme.lower() == "basic":
        return _read_basic(value)
    raise NobodyError("the Authorization header is in no known form", remedy="Send `Bearer TOKEN`.")


def _read_basic(value: str) -> str:
    """The password of RFC 7617; the user's name says nothing."""
    try:
        text = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise NobodyError("the Authorization header is no Basic of RFC 7617") from error
    return text.partition(":")[2]


Asking = Annotated[Actor, Depends(ask_person)]
"""A person of this member; anybody else is refused."""

Partner = Annotated[Member, Depends(ask_partner)]
"""Another member; anybody else is refused."""

Here = Annotated[Node, Depends(node_of)]
"""The node that answers."""
