"""Every operation is asked what nobody would ask, as an administrator, an analyst, a compliance officer and a partner.

* The requests are schemathesis's own, drawn from the OpenAPI document that the node itself serves.
* Each is sent as it was drawn, and again with ids that exist, so that it comes past the first "there is none".
* Whatever is asked, nothing is answered by 500, an error has its form, and no answer repeats a traceback.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, settings
from tests.unit.web.filled import build_desks, build_pass_for, fill

from jindo.web import build_web, describe_web

ROLES = ("analyst", "compliance", "admin")
EXAMPLES = 4
"""Drawn for each operation, beside the ones that schemathesis always tries; each is sent by everybody."""

operations = schemathesis.openapi.from_dict(describe_web())
# That an address answers to no other method is `test_failing`'s; here it would be most of the requests.
operations.config.phases.coverage.unexpected_methods = set()


@dataclass(frozen=True, slots=True)
class Asked:
    """A node, who asks it, and ids that exist there."""

    client: httpx.Client
    tokens: dict[str, str]
    places: dict[str, str]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    seoul, hague, coinbay = build_desks(tmp_path_factory.mktemp("fuzzed"))
    tokens = {role: seoul.tokens[role] for role in ROLES} | {"partner": build_pass_for(hague, "seoul")}
    with TestClient(build_web(seoul.node), base_url="https://127.0.0.1:8700") as client:
        yield Asked(client, tokens, fill(seoul))
    for desk in (seoul, hague, coinbay):
        desk.node.store.close()


@operations.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_makes_the_node_fail(case: Any, asked: Asked) -> None:
    known = case.path.format(**{**case.path_parameters, **asked.places})
    askers = ROLES if case.path.startswith("/api") else ("analyst", "partner")
    for path, role in [(case.formatted_path, askers[-1]), *((known, role) for role in askers)]:
        answer = send(asked.client, case, path, asked.tokens[role])
        assert answer.status_code < 500, (
            f"{role} {case.method} {path}: {answer.status_code} {answer.text[:300]}"
        )
        assert "Traceback" not in answer.text
        assert answer.status_code < 400 or says_what_is_wrong(answer)
        if has_wrong_form(answer):
            break  # whoever asks


def send(client: httpx.Client, case: Any, path: str, token: str) -> httpx.Response:
    """The drawn request, to `path`, by the holder of `token`."""
    drawn = case.as_transport_kwargs(base_url="https://127.0.0.1:8700")
    headers = {name: value for name, value in drawn["headers"].items() if name.lower() != "authorization"}
    body = drawn.get("data")
    if body is not None and not isinstance(body, bytes | str):
        body = str(body)
    return client.request(
        case.method,
        path,
        params=drawn.get("params"),
        headers={**headers, "Authorization": f"Bearer {token}"},
        **({"json": drawn["json"]} if "json" in drawn else {"content": body}),
    )


def says_what_is_wrong(answer: httpx.Response) -> bool:
    """Whether an error is in the API's form, or in TAXII's."""
    said = answer.json()
    return {"code", "problem", "place", "remedy"} == set(said.get("error", ())) or {
        "title",
        "description",
        "error_code",
        "http_status",
    } == set(said)


def has_wrong_form(answer: httpx.Response) -> bool:
    """Whether the request was refused before anyone's permission was asked."""
    if answer.status_code != 422:
        return False
    return str(answer.json()["error"]["place"]).startswith(("body", "query", "path", "header"))
