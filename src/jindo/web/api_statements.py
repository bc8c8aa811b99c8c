"""Statements and requests over HTTP: read, sign, recall, send, match, reply."""

from __future__ import annotations

from typing import Any, TypeAlias

from fastapi import APIRouter

from jindo import app
from jindo.web.access import Asking, Here
from jindo.web.incoming import Once, RecallIn, ReplyIn, SignatureIn, ThingId

View: TypeAlias = dict[str, Any]

ROUTES = APIRouter(prefix="/api", tags=["statements"])


@ROUTES.get("/statements/{statement}")
def show_statement(node: Here, actor: Asking, statement: ThingId) -> View:
    """A statement, with the bytes to sign and the signatures it has and needs."""
    return app.show_statement(node, actor, statement)


@ROUTES.post("/statements/{statement}/signatures", status_code=201)
def add_signature(
    node: Here, actor: Asking, statement: ThingId, signature: SignatureIn, once: Once = None
) -> View:
    """Hand in an officer's signature; the last that is needed sends the statement (a request waits to be sent)."""
    return app.add_signature(node, actor, statement, key_id=signature.key_id, sig=signature.sig, once=once)


@ROUTES.post("/statements/{statement}/recalls", status_code=201)
def draft_recall(node: Here, actor: Asking, statement: ThingId, recall: RecallIn, once: Once = None) -> View:
    """Draft the recall of a statement of ours; gives a statement that three officers sign."""
    return app.draft_recall(node, actor, statement, reason=recall.reason, once=once)


@ROUTES.get("/recalls/{recall}")
def show_recall(node: Here, actor: Asking, recall: ThingId) -> View:
    """A recall: what rested on it, who was told, and who has acknowledged."""
    return app.show_recall(node, actor, recall)


@ROUTES.get("/requests")
def list_requests(node: Here, actor: Asking) -> View:
    """The requests made and received."""
    return app.list_requests(node, actor)


@ROUTES.get("/requests/{request}")
def show_request(node: Here, actor: Asking, request: ThingId) -> View:
    """A request with its replies."""
    return app.show_request(node, actor, request)


@ROUTES.post("/requests/{request}/send")
def send_request(node: Here, actor: Asking, request: ThingId, once: Once = None) -> View:
    """Send a request that has its signatures."""
    return app.send_request(node, actor, request, once=once)


@ROUTES.get("/requests/{request}/matches")
def match_request(node: Here, actor: Asking, request: ThingId) -> View:
    """What of a received request is found in this member's own accounts."""
    return app.match_request(node, actor, request)


@ROUTES.post("/requests/{request}/replies", status_code=201)
def draft_reply(node: Here, actor: Asking, request: ThingId, reply: ReplyIn, once: Once = None) -> View:
    """Draft the answer to a received request; gives a statement to sign."""
    return app.draft_reply(
        node, actor, request, reason=reply.reason, until=reply.to_until(), state=reply.state, once=once
    )
