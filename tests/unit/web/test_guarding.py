"""The guard: nothing large comes in, the headers always go out, and a bug says nothing of what was asked."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from jindo.web.guarding import BODY_LIMIT, SECURITY_HEADERS, Guard

SECRET = "the victim's name"  # noqa: S105  what must never come out


def build_app() -> FastAPI:
    app = FastAPI()

    @app.post("/size")
    async def size(request: Request) -> dict[str, int]:
        return {"size": len(await request.body())}

    @app.get("/bug")
    async def bug() -> None:
        raise ValueError(SECRET)

    app.add_middleware(Guard)
    return app


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(build_app(), base_url="https://node.test") as client:
        yield client


def test_body_of_the_limit_comes_in_whole(client: TestClient) -> None:
    assert client.post("/size", content=b"x" * BODY_LIMIT).json() == {"size": BODY_LIMIT}


def test_body_above_the_limit_is_refused(client: TestClient) -> None:
    answer = client.post("/size", content=b"x" * (BODY_LIMIT + 1))
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "web.too-large"


def test_body_above_the_limit_is_refused_where_its_length_is_not_stated(client: TestClient) -> None:
    def pieces() -> Iterator[bytes]:
        yield from (b"x" * 100_000 for _ in range(11))

    assert client.post("/size", content=pieces()).status_code == 413


@pytest.mark.parametrize("stated", ["-1", "1e9", "9" * 30, "one"])
def test_length_that_is_no_length_is_refused(client: TestClient, stated: str) -> None:
    assert client.post("/size", content=b"x", headers={"Content-Length": stated}).status_code == 413


@pytest.mark.parametrize("path", ["/size", "/bug", "/nothing"])
def test_every_answer_has_the_headers(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert {name: answer.headers[name] for name in SECURITY_HEADERS} == dict(SECURITY_HEADERS)
    assert answer.headers["Cache-Control"] == "no-store"


def test_policy_allows_no_script_and_no_frame() -> None:
    policy = SECURITY_HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy


def test_bug_is_answered_without_what_it_says(
    client: TestClient, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = client.get("/bug")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "bug"
    said = answer.text + caplog.text + "".join(capsys.readouterr())
    assert SECRET not in said
    assert "ValueError" in caplog.text


def test_bug_shows_its_traceback_where_asked(
    client: TestClient, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDO_DEBUG", "1")
    assert client.get("/bug").status_code == 500
    assert SECRET in capsys.readouterr().err


async def run(app: Any, scope: dict[str, Any], messages: list[dict[str, Any]]) -> list[Any]:
    sent: list[Any] = []
    waiting = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(waiting)

    async def send(message: Any) -> None:
        sent.append(message)

    await Guard(app)(scope, receive, send)
    return sent


def test_bug_after_an_answer_began_adds_no_second_answer() -> None:
    import asyncio

    async def half(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError(SECRET)

    scope = {"type": "http", "headers": []}
    sent = asyncio.run(run(half, scope, [{"type": "http.request", "body": b""}]))
    assert [message["type"] for message in sent] == ["http.response.start"]
