"""A server on loopback that answers as an explorer does, counts what it is asked, and can misbehave."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

Answer = bytes | None
"""The body of an answer; `None` where there is no such thing."""
Answerer = Callable[[str, dict[str, str], bytes], Answer]
"""Path, parameters and posted bytes to an answer."""


@dataclass
class Loopback:
    """The server, and what it was asked."""

    answerer: Answerer
    asked: list[str] = field(default_factory=list)
    """Path and query of each request that was answered with 200 or 404, with what was posted."""
    headers: list[dict[str, str]] = field(default_factory=list)
    busy: int = 0
    """So many of the next requests are answered with 429."""
    gone_after: int | None = None
    """After so many answers every request is answered with 400."""
    url: str = ""

    def answer(self, target: str, posted: bytes) -> tuple[int, bytes]:
        if self.busy:
            self.busy -= 1
            return 429, b"slow down"
        if self.gone_after is not None and len(self.asked) >= self.gone_after:
            return 400, b"gone"
        parts = urlsplit(target)
        self.asked.append(f"{target} {posted.decode()}".strip())
        body = self.answerer(parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), posted)
        return (404, b"not found") if body is None else (200, body)


@contextmanager
def serving(answerer: Answerer) -> Iterator[Loopback]:
    """A running server."""
    loopback = Loopback(answerer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

        def _answer(self, posted: bytes) -> None:
            loopback.headers.append(dict(self.headers))
            status, body = loopback.answer(self.path, posted)
            self.send_response(status)
            if status == 429:
                self.send_header("Retry-After", "1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        loopback.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield loopback
        finally:
            server.shutdown()
            thread.join()
