"""What stands around every answer: a limit on what comes in, headers on what goes out, no word about a bug.

* A body larger than `BODY_LIMIT` is refused before anything reads it.
* Every answer forbids scripts, frames, foreign assets and plain HTTP, and is not kept by caches.
* An error that Jindo does not expect is answered with its absence of detail: its text may hold what was asked.
  Its type and place go to the log; the traceback does only where JINDO_DEBUG=1.
"""

from __future__ import annotations

import json
import logging
import os
import traceback
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_LIMIT = 1_000_000
"""Bytes of a request's body: 1 MB."""

SECURITY_HEADERS: Mapping[str, str] = {
    # A page needs its style sheet and its own forms, nothing else.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Strict-Transport-Security": "max-age=63072000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: with that a browser sends `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

LOG = logging.getLogger("jindo.web")


class Guard:
    """ASGI middleware that keeps the rules of this module; it stands outermost."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        outgoing = _Outgoing(send)
        try:
            body = await _read_body(scope, receive)
            if body is None:
                await outgoing.say(413, "web.too-large", f"the body is larger than {BODY_LIMIT:,} bytes")
                return
            await self._app(scope, _replay(body, receive), outgoing)
        except Exception as error:
            _log_bug(error)
            await outgoing.say(
                500, "bug", f"Jindo failed in a way it does not expect ({type(error).__name__})"
            )


class _Outgoing:
    """Adds the headers to an answer, and knows whether it has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._begun = True
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers[name] = value
            headers.setdefault("Cache-Control", "no-store")
        await self._send(message)

    async def say(self, status: int, code: str, problem: str) -> None:
        """Answer with an error, where nothing was answered yet."""
        if self._begun:
            return
        remedy = (
            "Send less." if status == 413 else "Report this as a bug; the node's log says where it happened."
        )
        facts = {"code": code, "problem": problem, "place": "", "remedy": remedy}
        body = json.dumps({"error": facts}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await self({"type": "http.response.start", "status": status, "headers": headers})
        await self({"type": "http.response.body", "body": body})


async def _read_body(scope: Scope, receive: Receive) -> bytes | None:
    """The whole body; `None` where it is larger than allowed."""
    stated = Headers(scope=scope).get("content-length", "0")
    if not stated.isdecimal() or int(stated[:20]) > BODY_LIMIT:
        return None
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > BODY_LIMIT:
            return None
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting = [body]

    async def again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return again


def _log_bug(error: Exception) -> None:
    if os.environ.get("JINDO_DEBUG") == "1":
        traceback.print_exception(error)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    LOG.error("bug: %s at %s:%s", type(error).__name__, frame.filename, frame.lineno)
