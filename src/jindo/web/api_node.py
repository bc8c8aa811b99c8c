"""The node over HTTP: who am I, jobs, pulls, other members, people and tokens, the audit trail."""

from __future__ import annotations

import json
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Query

from jindo import app
from jindo.web.access import Asking, Here
from jindo.web.incoming import MemberIn, Name, Once, PersonId, PersonIn, PullIn, TokenIn

View: TypeAlias = dict[str, Any]

ROUTES = APIRouter(prefix="/api", tags=["node"])


@ROUTES.get("/me")
def show_me(node: Here, actor: Asking) -> View:
    """The asking person and this member."""
    return {
        "id": actor.id,
        "roles": sorted(actor.roles),
        "member": node.me.id,
        "name": node.me.name,
        "country": node.me.country,
        "kind": node.me.kind,
    }


@ROUTES.get("/jobs/{job}")
def show_job(node: Here, actor: Asking, job: Name) -> View:
    """How far a task of the worker is."""
    return app.show_job(node, actor, job)


@ROUTES.post("/pulls", status_code=202)
def request_pull(node: Here, actor: Asking, pull: PullIn, once: Once = None) -> View:
    """Have the worker ask a partner, or every partner, for news; gives the jobs."""
    return app.request_pull(node, actor, member=pull.member, once=once)


@ROUTES.get("/members")
def list_members(node: Here, actor: Asking) -> View:
    """The members that this node knows."""
    return app.list_members(node, actor)


@ROUTES.post("/members", status_code=201)
def add_member(node: Here, actor: Asking, member: MemberIn) -> View:
    """Know another member by its card, whose fingerprint was compared with its people."""
    card = json.dumps(member.card).encode()
    return app.add_member(node, actor, card, fingerprint=member.fingerprint)


@ROUTES.get("/people")
def list_people(node: Here, actor: Asking) -> View:
    """The people of this member who use the node."""
    return app.list_people(node, actor)


@ROUTES.post("/people", status_code=201)
def add_person(node: Here, actor: Asking, person: PersonIn) -> View:
    """Let a person use the node, in some roles; an officer with a public key."""
    return app.add_person(
        node, actor, id=person.id, name=person.name, roles=person.roles, public_key=person.to_key()
    )


@ROUTES.post("/people/{person}/tokens", status_code=201)
def issue_token(node: Here, actor: Asking, person: PersonId, token: TokenIn) -> View:
    """A token for a person; it is shown this once."""
    return app.issue_token(node, actor, subject=person, kind="person", days=token.days)


@ROUTES.get("/audit")
def read_audit(
    node: Here,
    actor: Asking,
    after: Annotated[int, Query(ge=0, le=2**53, description="The last row seen.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> View:
    """The audit trail: who asked for what and when, each row sealing those before it."""
    return app.show_audit(node, actor, after=after, limit=limit)
