"""How long a node waits for whoever connects, and how many connections one address may hold.

* Who has not said a whole head `HEAD_SECONDS` after connecting, TLS included, or after the first byte of a further
  request, is cut off; so is who has not said the whole body `BODY_SECONDS` after its head. More bytes buy no more time.
* One address holds `MOST_OF_ONE` connections at most, of the 200 that the server has for all. Further ones are closed
  before anything is read. IPv6 counts by /64, since that is what one machine is given.
* A connection that waits between two whole requests is uvicorn's keep-alive's matter.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from functools import partial
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS: float = 10
BODY_SECONDS: float = 30
MOST_OF_ONE = 64


class PatientProtocol(H11Protocol):
    """uvicorn's HTTP/1.1, which waits for a whole request only so long."""

    _waits_for = ""
    """`head`, `body`, or nothing."""
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a head."""
        super().connection_made(transport)
        self._wait_for("head")

    def data_received(self, data: bytes) -> None:
        """Take bytes, and see what is still to come."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """End an answer; the next request may have begun."""
        super().on_response_complete()
        if self.conn.trailing_data[0]:
            self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._wait_for("")
        super().connection_lost(exc)

    def _look(self) -> None:
        state = self.conn.their_state
        self._wait_for("head" if state is h11.IDLE else "body" if state is h11.SEND_BODY else "")

    def _wait_for(self, what: str) -> None:
        if what == self._waits_for:
            return
        self._waits_for = what
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if what:
            seconds = HEAD_SECONDS if what == "head" else BODY_SECONDS
            self._deadline = self.loop.call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        # TLS would wait for the other side to say goodbye, and this side says nothing.
        self.transport.abort()


class FairListener(socket.socket):
    """A socket that listens, and takes only so many connections of one address."""

    def __init__(self, family: int) -> None:
        super().__init__(family, socket.SOCK_STREAM)
        self._held: dict[str, list[socket.socket]] = {}

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection.

        Raises:
            ConnectionAbortedError: its address holds enough of them; it is closed, and the caller takes the next one.
        """
        taken, address = super().accept()
        block = block_of(str(address[0]))
        held = [one for one in self._held.get(block, []) if one.fileno() != -1]
        if len(held) >= MOST_OF_ONE:
            self._held[block] = held
            taken.close()
            raise ConnectionAbortedError("this address holds enough connections")
        self._held[block] = [*held, taken]
        if len(self._held) > MOST_OF_ONE:
            self._forget()
        return taken, address

    def _forget(self) -> None:
        """Keep no address of which nothing is held."""
        live = {block: [one for one in held if one.fileno() != -1] for block, held in self._held.items()}
        self._held = {block: held for block, held in live.items() if held}


def block_of(address: str) -> str:
    """The address as it counts: IPv6 by its /64, and IPv4 that came by an IPv6 socket as IPv4."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), 64), strict=False))


def limit_handshakes(loop: asyncio.AbstractEventLoop) -> None:
    """Let servers of this loop wait for TLS as long as for a head; uvicorn has no setting for it."""
    made: Any = loop.create_server
    setattr(loop, "create_server", partial(made, ssl_handshake_timeout=HEAD_SECONDS))  # noqa: B010  a method of this one loop
