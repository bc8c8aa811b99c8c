"""Every endpoint is in one table with who may ask it, and refuses everybody else.

* A route of the application that is not in the table fails the test, and so does a row without a route.
* Refused are: nobody, a word that is no token, a withdrawn and an expired token, tokens, sessions and passes of and for another
  node, a person where members ask, a member where people ask, and every role that the row does not name.
* The roles are written here by hand: a slip in the table of permissions shows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from tests.unit.web.filled import LABEL, REQUEST, build_desks, build_pass_for, fill
from tests.unit.web.nodes import NOW, Desk

from jindo import app
from jindo.seal import SigningKey
from jindo.share import ROLES
from jindo.web import build_web

ORIGIN = "https://127.0.0.1:8700"

CASEWORK = {"analyst", "prosecutor", "liaison"}
WORK = CASEWORK | {"compliance"}
READERS = WORK | {"auditor"}
ADMIN = {"admin"}
EVERYONE = set(ROLES)
PARTNER = {"partner"}
ANYBODY: set[str] = {"anybody"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One row: how it is asked, and who may."""

    method: str
    path: str
    may: set[str]
    body: dict[str, Any] | None = None
    query: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


NOTE: dict[str, Any] = {"title": "Seen", "text": "At the usual place."}
CASE: dict[str, Any] = {
    "title": "Fraud by phone",
    "kind": "fraud",
    "purpose": "investigation",
    "legal_basis": "Article 199",
    "expires": NOW + 86_400,
}
SIGNATURE: dict[str, Any] = {"key_id": "0" * 64, "sig": "A" * 86 + "=="}
TAXII = "/taxii2/jindo/collections/{collection}"

TABLE = [
    Endpoint("GET", "/health", ANYBODY),
    Endpoint("GET", "/static/style.css", ANYBODY),
    Endpoint("GET", "/sign-in", ANYBODY),
    Endpoint("POST", "/sign-in", ANYBODY),
    Endpoint("POST", "/sign-out", ANYBODY),
    Endpoint("GET", "/", EVERYONE - {"intake-clerk"}),
    Endpoint("GET", "/cases/{case}", READERS),
    Endpoint("GET", "/requests", READERS),
    Endpoint("GET", "/requests/{request_id}", READERS),
    Endpoint("GET", "/jobs", READERS | ADMIN),
    Endpoint("GET", "/audit", {"admin", "auditor"}),
    Endpoint("GET", "/api/openapi.json", EVERYONE),
    Endpoint("GET", "/api/me", EVERYONE),
    Endpoint("GET", "/api/cases", READERS),
    Endpoint("POST", "/api/cases", CASEWORK, CASE),
    Endpoint("GET", "/api/cases/{case}", READERS),
    Endpoint("POST", "/api/cases/{case}/people", CASEWORK | ADMIN, {"person": "liaison"}),
    Endpoint("POST", "/api/cases/{case}/notes", CASEWORK, NOTE),
    Endpoint("POST", "/api/cases/{case}/traces", CASEWORK, {}),
    Endpoint("POST", "/api/cases/{case}/shares", CASEWORK, {"to": ["hague"]}),
    Endpoint("GET", "/api/cases/{case}/statements", READERS),
    Endpoint("POST", "/api/cases/{case}/labels", {"analyst", "liaison"}, LABEL),
    Endpoint("GET", "/api/cases/{case}/requests", READERS),
    Endpoint("POST", "/api/cases/{case}/requests", CASEWORK, REQUEST),
    Endpoint("GET", "/api/cases/{case}/brief", READERS),
    Endpoint("GET", "/api/statements/{statement}", READERS),
    Endpoint("POST", "/api/statements/{statement}/signatures", WORK, SIGNATURE),
    Endpoint("POST", "/api/statements/{statement}/recalls", WORK, {"reason": "wrong wallet"}),
    Endpoint("GET", "/api/recalls/{recall}", READERS),
    Endpoint("GET", "/api/requests", READERS),
    Endpoint("GET", "/api/requests/{request}", READERS),
    Endpoint("POST", "/api/requests/{request}/send", CASEWORK, {}),
    Endpoint("GET", "/api/requests/{request}/matches", {"compliance"}),
    Endpoint(
        "POST",
        "/api/requests/{request}/replies",
        {"compliance", "prosecutor", "liaison"},
        {"reason": "held", "until": "2027-01-01"},
    ),
    Endpoint("GET", "/api/jobs/{job}", READERS | ADMIN),
    Endpoint("POST", "/api/pulls", WORK | ADMIN, {}),
    Endpoint("GET", "/api/members", EVERYONE - {"intake-clerk"}),
    Endpoint("POST", "/api/members", ADMIN, {"card": {}, "fingerprint": "0000"}),
    Endpoint("GET", "/api/people", {"admin", "auditor"}),
    Endpoint("POST", "/api/people", ADMIN, {"id": "park", "name": "Park", "roles": ["analyst"]}),
    Endpoint("POST", "/api/people/{person}/tokens", ADMIN, {"days": 1}),
    Endpoint("GET", "/api/audit", {"admin", "auditor"}),
    Endpoint("GET", "/taxii2/", PARTNER),
    Endpoint("GET", "/taxii2/jindo/", PARTNER),
    Endpoint("GET", "/taxii2/jindo/status/{status}/", PARTNER),
    Endpoint("GET", "/taxii2/jindo/collections/", PARTNER),
    Endpoint("GET", f"{TAXII}/", PARTNER),
    Endpoint("GET", f"{TAXII}/manifest/", PARTNER),
    Endpoint("GET", f"{TAXII}/objects/", PARTNER),
    Endpoint("POST", f"{TAXII}/objects/", PARTNER, {"objects": []}),
    Endpoint("GET", f"{TAXII}/objects/{{object_id}}/", PARTNER),
    Endpoint("DELETE", f"{TAXII}/objects/{{object_id}}/", PARTNER),
    Endpoint("GET", f"{TAXII}/objects/{{object_id}}/versions/", PARTNER),
    Endpoint("GET", "/files/{exhibit}/{name}", PARTNER),
    Endpoint("GET", "/log/checkpoint", PARTNER),
    Endpoint("GET", "/log/inclusion", PARTNER, query={"index": "0", "size": "1"}),
    Endpoint("GET", "/log/consistency", PARTNER, query={"old": "0", "new": "1"}),
]
GUARDED = [row for row in TABLE if row.may != ANYBODY]
FOR_PEOPLE = [row for row in GUARDED if row.may != PARTNER]
FOR_PARTNERS = [row for row in GUARDED if row.may == PARTNER]
ROLE_BY_ROW = [pytest.param(row, role, id=f"{row} {role}") for row in FOR_PEOPLE for role in sorted(EVERYONE)]


@dataclass(frozen=True, slots=True)
class World:
    """A node under test, its neighbours, and things to ask about."""

    web: FastAPI
    seoul: Desk
    hague: Desk
    coinbay: Desk
    places: dict[str, str]
    card: dict[str, Any]
    """A member to add: the permission is asked after the card was read."""

    def client(self) -> httpx.Client:
        return TestClient(self.web, base_url=ORIGIN, follow_redirects=False)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("endpoints")
    seoul, hague, coinbay = build_desks(folder)
    places = fill(seoul)
    card = {
        "card": json.loads(app.read_card(hague.node)),
        "fingerprint": app.fingerprint(hague.node.me.member_key),
    }
    yield World(build_web(seoul.node), seoul, hague, coinbay, places, card)
    for desk in (seoul, hague, coinbay):
        desk.node.store.close()


def ask(
    world: World, row: Endpoint, token: str | None = None, cookie: str | None = None, **headers: str
) -> httpx.Response:
    with world.client() as client:
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if cookie is not None:
            client.cookies.set("__Host-jindo-session", cookie, domain="127.0.0.1", path="/")
        path = row.path.format(**world.places)
        body = world.card if row.path == "/api/members" else row.body
        return client.request(row.method, path, json=body, params=row.query, headers=headers)


def is_page(row: Endpoint) -> bool:
    return not row.path.startswith(("/api", "/taxii2", "/files", "/log", "/health"))


def assert_unknown(row: Endpoint, answer: httpx.Response) -> None:
    """Nobody known asks: 401 for programs; a page leads to the sign-in page."""
    if is_page(row):
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/sign-in?")
        return
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert code_of(answer) in {"web.nobody", "node.token"}


def assert_forbidden(row: Endpoint, answer: httpx.Response) -> None:
    assert answer.status_code == 403
    if not is_page(row):
        assert code_of(answer) in {"node.role", "node.kind"}


def code_of(answer: httpx.Response) -> str:
    body = answer.json()
    return str(body["error"]["code"] if "error" in body else body["error_code"])


def iter_routes(routes: Iterable[Any]) -> Iterator[Any]:
    """Every route of an application, also those of the routers that it includes."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        yield from [route] if inner is None else iter_routes(inner.routes)


def test_table_holds_every_route_and_no_other(world: World) -> None:
    routes = list(iter_routes(world.web.routes))
    assert [route for route in routes if not isinstance(route, APIRoute)] == []
    asked = {f"{method} {route.path}" for route in routes for method in route.methods}
    assert {str(row) for row in TABLE} == asked
    assert len(TABLE) == len({str(row) for row in TABLE})


@pytest.mark.parametrize("row", GUARDED, ids=str)
def test_refuses_nobody(world: World, row: Endpoint) -> None:
    assert_unknown(row, ask(world, row))


@pytest.mark.parametrize("row", GUARDED, ids=str)
def test_refuses_what_is_no_token(world: World, row: Endpoint) -> None:
    for shown in ("x", "jindo_" + "A" * 43, "A" * 7_000):
        assert_unknown(row, ask(world, row, shown))
    assert_unknown(row, ask(world, row, Authorization="Digest x"))
    assert_unknown(row, ask(world, row, Authorization="Basic !"))


@pytest.mark.parametrize("row", GUARDED, ids=str)
def test_refuses_tokens_sessions_and_passes_of_another_node(world: World, row: Endpoint) -> None:
    assert_unknown(row, ask(world, row, world.hague.tokens["analyst"]))
    assert_unknown(row, ask(world, row, world.hague.tokens["admin"]))
    session = app.open_session(world.hague.node, world.hague.tokens["analyst"])
    assert_unknown(row, ask(world, row, cookie=session, Origin=ORIGIN))
    for_coinbay = build_pass_for(world.hague, "coinbay")
    assert_unknown(row, ask(world, row, for_coinbay))
    forged = build_pass_for(world.hague, "seoul", key=SigningKey.generate())
    assert_unknown(row, ask(world, row, forged))
    stale = build_pass_for(world.hague, "seoul", time=NOW - 3_600)
    assert_unknown(row, ask(world, row, stale))
    own = build_pass_for(world.seoul, "seoul")
    assert_unknown(row, ask(world, row, own))


@pytest.mark.parametrize("row", GUARDED, ids=str)
def test_refuses_a_token_that_was_withdrawn_or_of_who_has_left(world: World, row: Endpoint) -> None:
    node, owner, name = world.seoul.node, app.console(world.seoul.node), f"leaver-{GUARDED.index(row)}"
    app.add_person(node, owner, id=name, name="Leaver", roles=["analyst"])
    token = app.issue_token(node, owner, subject=name)["token"]
    app.revoke_token(node, owner, subject=name)
    assert_unknown(row, ask(world, row, token))
    again = app.issue_token(node, owner, subject=name)["token"]
    app.retire_person(node, owner, name)
    assert_unknown(row, ask(world, row, again))


@pytest.mark.parametrize("row", FOR_PEOPLE, ids=str)
def test_refuses_another_member_where_people_ask(world: World, row: Endpoint) -> None:
    assert_forbidden(row, ask(world, row, build_pass_for(world.hague, "seoul")))
    owner = app.console(world.seoul.node)
    token = app.issue_token(world.seoul.node, owner, subject="hague", kind="member")["token"]
    assert_forbidden(row, ask(world, row, token))


@pytest.mark.parametrize("row", FOR_PARTNERS, ids=str)
def test_refuses_every_person_where_members_ask(world: World, row: Endpoint) -> None:
    for role in sorted(EVERYONE):
        assert_forbidden(row, ask(world, row, world.seoul.tokens[role]))


@pytest.mark.parametrize("row", FOR_PARTNERS, ids=str)
def test_lets_a_partner_in_by_pass_and_by_token(world: World, row: Endpoint) -> None:
    owner = app.console(world.seoul.node)
    token = app.issue_token(world.seoul.node, owner, subject="hague", kind="member")["token"]
    for shown in (build_pass_for(world.hague, "seoul"), token):
        answer = ask(world, row, shown)
        refused_for_all = row.method != "GET"
        assert (answer.status_code == 403) is refused_for_all
        assert answer.status_code != 401
        assert answer.status_code < 500


@pytest.mark.parametrize(("row", "role"), ROLE_BY_ROW)
def test_lets_in_the_roles_of_its_row_and_refuses_the_others(world: World, row: Endpoint, role: str) -> None:
    answer = ask(world, row, world.seoul.tokens[role])
    assert answer.status_code < 500
    if role not in row.may:
        assert_forbidden(row, answer)
        return
    assert answer.status_code != 401
    assert is_page(row) or answer.status_code != 403 or code_of(answer) not in {"node.role", "node.kind"}
    assert not is_page(row) or answer.status_code in {200, 303}


@pytest.mark.parametrize("row", [row for row in FOR_PEOPLE if row.method == "POST"], ids=str)
def test_session_changes_nothing_from_another_page(world: World, row: Endpoint) -> None:
    role = sorted(row.may)[0]
    session = app.open_session(world.seoul.node, world.seoul.tokens[role])
    for origin in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        answer = ask(world, row, cookie=session, **origin)
        assert answer.status_code == 403
        assert code_of(answer) == "web.origin"
    assert ask(world, row, cookie=session, Origin=ORIGIN).status_code != 401


def test_case_is_closed_to_who_is_not_on_it(world: World) -> None:
    owner = app.console(world.seoul.node)
    app.add_person(world.seoul.node, owner, id="outsider", name="Outsider", roles=["analyst"])
    token = app.issue_token(world.seoul.node, owner, subject="outsider")["token"]
    rows = [row for row in FOR_PEOPLE if "{case}" in row.path and "analyst" in row.may]
    assert rows
    for row in rows:
        answer = ask(world, row, token)
        assert answer.status_code == 403
        assert is_page(row) or code_of(answer) == "node.case-access"
