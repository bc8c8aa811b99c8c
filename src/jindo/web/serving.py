"""A node that serves: HTTPS by uvicorn, and the worker beside it, until it is told to stop.

* Who connects and does not ask is not waited for long, and one address does not take all: see `patience`.
* TLS with the node folder's own key and certificate, 1.2 or later; plain HTTP is never spoken.
* `ready` is told where it listens once it does listen, and not before.
* SIGTERM and SIGINT end both: requests and the job at hand are finished, then the process goes.
* A courier works beside the worker: news from partners, a recall above all, never waits for a trace to end.
* A worker that fails takes the node down with it: a node that serves but does nothing would look healthy.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import uvicorn

from jindo.app import Node
from jindo.base.errors import SourceError
from jindo.web.building import build_web
from jindo.web.patience import FairListener, PatientProtocol, limit_handshakes

GRACE = 10
"""Seconds that open requests get to end, once the node is told to stop."""

WORKER_GRACE = 10
"""Seconds that the job at hand gets; one that is cut off is taken up again at the next start."""


def say_ready(address: str) -> None:
    """Say on stdout where the node listens."""
    sys.stdout.write(f"ready {address}\n")
    sys.stdout.flush()


def serve_node(node: Node, *, host: str, port: int, ready: Callable[[str], None] = say_ready) -> None:
    """Serve until SIGTERM or SIGINT; port 0 takes a free one. `ready` is called with the address.

    Raises:
        SourceError: the address is taken, or not of this machine.
    """
    from jindo.app import FETCHING, HEARING, record_knocks

    listener = open_listener(host, port)
    server = NodeServer(build_config(node), ready)
    workers = (
        WorkerThread(node, server, "worker"),
        WorkerThread(node, server, "courier", kinds=HEARING, every=0),
        WorkerThread(node, server, "porter", kinds=FETCHING, every=0),
    )
    for beside in workers:
        beside.start()
    try:
        server.run(sockets=[listener])
    finally:
        for beside in workers:
            beside.end()
        with suppress(SourceError):
            record_knocks(node, all_of_them=True)
        node.store.close()
    for beside in workers:
        if beside.failure is not None:
            raise beside.failure


def open_listener(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        SourceError: the address is taken, or not of this machine.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = FairListener(family)
        try:
            _listen(listener, host, port)
        except BaseException:
            listener.close()
            raise
    except OSError as error:
        raise SourceError(
            f"nothing can listen here: {error.strerror}",
            place=f"{host}:{port}",
            remedy="Stop what listens there, or choose another port with --port.",
        ) from error
    return listener


def _listen(listener: FairListener, host: str, port: int) -> None:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if listener.family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listener.bind((host, port))
    listener.listen(256)


def build_config(node: Node) -> uvicorn.Config:
    """How uvicorn serves a node: over TLS, trusting no proxy, telling nothing of itself."""
    keys = node.folder / "keys"
    config = uvicorn.Config(
        build_web(node),
        ssl_keyfile=keys / "tls.key",
        ssl_certfile=keys / "tls.crt",
        http=PatientProtocol,
        loop="asyncio",
        ws="none",
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_level="warning",
        limit_concurrency=200,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACE,
    )
    config.load()
    if config.ssl is not None:
        config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
    return config


class NodeServer(uvicorn.Server):
    """uvicorn, which says when it listens, and ends by itself where a signal asks it to."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        limit_handshakes(asyncio.get_running_loop())
        await super().startup(sockets=sockets)
        for listener in sockets or []:
            self._ready(address_of(listener))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let open requests end; who is connected and asks nothing is not waited for."""
        for connection in list(self.server_state.connections):
            cycle = getattr(connection, "cycle", None)
            # TLS would wait for the other side to say goodbye, and an idle client does not listen.
            if cycle is None or cycle.response_complete:
                connection.transport.abort()
        await super().shutdown(sockets=sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End gracefully at SIGTERM and SIGINT, without raising them again: that is what was asked for."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True


class WorkerThread(threading.Thread):
    """The worker of the same process; where it fails, the server is stopped and the failure kept."""

    def __init__(
        self,
        node: Node,
        server: NodeServer,
        name: str,
        *,
        kinds: frozenset[str] | None = None,
        every: int | None = None,
    ) -> None:
        from jindo.app import Worker

        super().__init__(name=f"jindo-{name}", daemon=True)
        self.failure: Exception | None = None
        """Why the worker ended, where it was not told to."""
        self._worker = Worker(node, f"{socket.gethostname()}:{os.getpid()}:{name}", kinds=kinds, every=every)
        self._server = server
        self._ending = threading.Event()

    def run(self) -> None:
        """Work until told to end."""
        try:
            self._worker.run_until(self._ending)
        except Exception as error:
            self.failure = error
            self._server.should_exit = True

    def end(self) -> None:
        """Tell the worker to end, and wait for the job at hand."""
        self._ending.set()
        self.join(WORKER_GRACE)


def address_of(listener: socket.socket) -> str:
    """`https://127.0.0.1:8700` of a socket that listens."""
    host, port = listener.getsockname()[:2]
    return f"https://[{host}]:{port}" if listener.family == socket.AF_INET6 else f"https://{host}:{port}"
