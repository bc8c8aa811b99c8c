"""How errors are said over HTTP: by family, in the reader's form, without what was sent."""

from collections.abc import Iterator
from typing import Annotated

import pytest
from fastapi import FastAPI, Path
from fastapi.testclient import TestClient
from pydantic import BaseModel, ConfigDict

from jindo.base.errors import (
    ConflictError,
    InputError,
    IntegrityError,
    JindoError,
    NotFound,
    RefusedError,
    SourceError,
)
from jindo.share import MEDIA
from jindo.web.failing import STATUSES, Unacceptable, add_error_handlers, status_of

SECRET = "hong gil-dong"  # noqa: S105  what a person sent


class Unknown(RefusedError):
    code = "node.token"


class Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")
    count: int


ERRORS: dict[str, JindoError] = {
    "input": InputError("no", place="field", remedy="Mend it."),
    "not-found": NotFound("none"),
    "refused": RefusedError("no"),
    "unknown": Unknown("who"),
    "integrity": IntegrityError("broken"),
    "source": SourceError("later"),
    "busy": SourceError("later", retry_after=7),
    "conflict": ConflictError("again"),
    "media": Unacceptable("other"),
    "bare": JindoError("bare"),
}
WANTED = {
    "input": 422,
    "not-found": 404,
    "refused": 403,
    "unknown": 401,
    "integrity": 409,
    "source": 502,
    "busy": 503,
    "conflict": 409,
    "media": 406,
    "bare": 500,
}


def build_app() -> FastAPI:
    app = FastAPI()

    @app.get("/api/fail/{name}")
    @app.get("/taxii2/fail/{name}")
    def fail(name: Annotated[str, Path(pattern="^[a-z-]+$")]) -> None:
        raise ERRORS[name]

    @app.post("/api/body")
    def body(given: Body) -> Body:
        return given

    add_error_handlers(app)
    return app


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(build_app(), base_url="https://node.test") as client:
        yield client


def test_every_family_has_a_status() -> None:
    assert set(JindoError.__subclasses__()) <= set(STATUSES)


@pytest.mark.parametrize("name", ERRORS)
def test_status_follows_from_the_family(client: TestClient, name: str) -> None:
    error = ERRORS[name]
    assert status_of(error) == WANTED[name]
    answer = client.get(f"/api/fail/{name}")
    assert answer.status_code == WANTED[name]
    assert answer.json() == {
        "error": {
            "code": error.code,
            "problem": error.problem,
            "place": error.place,
            "remedy": error.remedy(),
        }
    }


def test_unknown_caller_is_told_how_to_come_again(client: TestClient) -> None:
    assert client.get("/api/fail/unknown").headers["WWW-Authenticate"] == 'Bearer realm="jindo"'
    assert "WWW-Authenticate" not in client.get("/api/fail/refused").headers


def test_busy_source_says_when_to_come_again(client: TestClient) -> None:
    assert client.get("/api/fail/busy").headers["Retry-After"] == "7"
    assert "Retry-After" not in client.get("/api/fail/source").headers


def test_taxii_answers_with_its_own_error_message(client: TestClient) -> None:
    answer = client.get("/taxii2/fail/input")
    assert answer.headers["Content-Type"] == MEDIA
    assert answer.status_code == 400
    assert answer.json() == {
        "title": "no",
        "description": "Mend it.",
        "error_code": "input",
        "http_status": "400",
    }


def test_broken_evidence_is_an_alarm_in_the_log(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    client.get("/api/fail/integrity")
    assert "alarm" in caplog.text


@pytest.mark.parametrize(
    "given",
    [
        {"json": {"count": SECRET}},
        {"json": {"count": 1, SECRET: 2}},
        {"json": {SECRET: 2}},
        {"content": f'{{"count": "{SECRET}'.encode(), "headers": {"Content-Type": "application/json"}},
        {"content": SECRET.encode(), "headers": {"Content-Type": "text/plain"}},
    ],
)
def test_what_was_sent_is_never_repeated(client: TestClient, given: dict[str, object]) -> None:
    answer = client.post("/api/body", **given)
    assert answer.status_code == 422
    assert SECRET not in answer.text


def test_unknown_address_and_method_are_said_in_the_same_form(client: TestClient) -> None:
    assert client.get("/api/nothing").json()["error"]["code"] == "input.not-found"
    answer = client.delete("/api/body")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert answer.json()["error"]["code"] == "input"
