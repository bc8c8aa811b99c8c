"""A server on loopback that speaks JSON-RPC, and misbehaves as a test wants it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias

Method: TypeAlias = Callable[..., Any]


@dataclass(frozen=True)
class Reply:
    """An answer that is not the one of a well-behaved server."""

    status: int = 200
    body: bytes | None = None
    """`None`: the right one."""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    """Bytes of the body after which the connection ends."""
    backwards: bool = False
    """The replies of a batch in reverse order."""
    error: tuple[int, str] | None = None
    """Number and words of an error, in the place of every result."""


class RpcError(Exception):
    """What a method raises to be answered with an error object."""

    def __init__(self, number: int, words: str) -> None:
        super().__init__(words)
        self.number, self.words = number, words


class RpcServer:
    """The methods that it offers, what it was asked, and how it misbehaves next."""

    def __init__(self, methods: dict[str, Method]) -> None:
        self.methods = methods
        self.requests: list[Any] = []
        """Bodies of the requests, as JSON."""
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.next: list[Reply] = []
        """How the next requests are answered, the first first."""
        self.batches = True
        """Whether lists of calls are taken."""
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                server.answer(self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.host = f"127.0.0.1:{self._http.server_address[1]}"
        self.url = f"http://{self.host}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def asked(self) -> list[tuple[str, list[Any]]]:
        """Every call that came, in order."""
        each = [one for body in self.requests for one in (body if isinstance(body, list) else [body])]
        return [(call["method"], call["params"]) for call in each]

    def forget(self) -> None:
        """Begin the record of calls anew."""
        self.requests.clear()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        asked = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        self.requests.append(asked)
        self.headers.append({name.lower(): value for name, value in handler.headers.items()})
        self.paths.append(handler.path)
        reply = self.next.pop(0) if self.next else Reply()
        body = self._say(asked, reply) if reply.body is None else reply.body
        handler.send_response(reply.status)
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[: reply.cut])
        if reply.cut is not None:
            handler.close_connection = True

    def _say(self, asked: Any, reply: Reply) -> bytes:
        if isinstance(asked, list) and not self.batches:
            error = {"code": -32600, "message": "batches are not taken"}
            return json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode()
        each = [self._call(one, reply) for one in (asked if isinstance(asked, list) else [asked])]
        if reply.backwards:
            each.reverse()
        return json.dumps(each if isinstance(asked, list) else each[0]).encode()

    def _call(self, call: dict[str, Any], reply: Reply) -> dict[str, Any]:
        says: dict[str, Any] = {"jsonrpc": "2.0", "id": call["id"]}
        method: Method = self.methods.get(call["method"], _offer_nothing)
        try:
            if reply.error is None:
                return says | {"result": method(*call["params"])}
            number, words = reply.error
        except RpcError as error:
            number, words = error.number, error.words
        return says | {"error": {"code": number, "message": words}}


def _offer_nothing(*_: Any) -> Any:
    raise RpcError(-32601, "the method does not exist")


@contextmanager
def serve(methods: dict[str, Method]) -> Iterator[RpcServer]:
    server = RpcServer(methods)
    try:
        yield server
    finally:
        server.close()
