"""A node that serves: TLS alone, a ready line when it listens, and an end when it is told to."""

import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.unit.web.nodes import build_node, serving, take_port

from jindo.app import Node
from jindo.base.errors import SourceError
from jindo.web import patience
from jindo.web.serving import open_listener


def build_folder(folder: Path) -> Path:
    node = build_node(
        folder / "node", "seoul", name="S", country="KR", kind="police", clock=lambda: int(time.time())
    )
    node.store.close()
    return node.folder


def trust(folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(folder / "keys" / "tls.crt"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_says_ready_answers_and_ends_by_itself_at_a_signal(
    tmp_path: Path, number: signal.Signals
) -> None:
    folder = build_folder(tmp_path)
    command = [sys.executable, "-m", "jindo", "serve", str(folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        word, _, address = process.stdout.readline().strip().partition(" ")
        assert word == "ready"
        with httpx.Client(verify=trust(folder), trust_env=False) as client:
            assert client.get(f"{address}/health").json() == {"status": "ok"}
            # This client stays connected and asks nothing: it is not waited for.
            process.send_signal(number)
            assert process.wait(timeout=60) == 0
        assert process.stdout.read() == ""


def test_nothing_is_spoken_but_tls(tmp_path: Path) -> None:
    node = build_node(
        tmp_path / "node", "seoul", name="S", country="KR", kind="police", clock=lambda: int(time.time())
    )
    with serving(node, take_port()) as address:
        plain = address.replace("https:", "http:")
        with pytest.raises(httpx.TransportError), httpx.Client(trust_env=False) as client:
            client.get(f"{plain}/health")
        old = trust(node.folder)
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_2
        with httpx.Client(verify=old, trust_env=False) as client:
            answer = client.get(f"{address}/health")
        assert "server" not in answer.headers
        assert answer.headers["Strict-Transport-Security"]
    node.store.close()


def test_address_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SourceError, match="nothing can listen here") as told:
            open_listener("127.0.0.1", port)
    assert told.value.place == f"127.0.0.1:{port}"
    assert "--port" in told.value.remedy()


def test_listener_takes_a_free_port_where_none_is_named() -> None:
    with open_listener("127.0.0.1", 0) as listener:
        assert listener.getsockname()[1] > 0


@pytest.fixture
def seoul(tmp_path: Path) -> Iterator[Node]:
    node = build_node(
        tmp_path / "node", "seoul", name="S", country="KR", kind="police", clock=lambda: int(time.time())
    )
    yield node
    node.store.close()


def connect(node: Node, address: str, said: bytes, *, host: str = "127.0.0.1") -> ssl.SSLSocket:
    """A TLS connection from one address of loopback, on which this much of a request was said."""
    port = int(address.rpartition(":")[2])
    plain = socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(host, 0))
    secure = trust(node.folder).wrap_socket(plain, server_hostname="127.0.0.1")
    secure.sendall(said)
    return secure


def is_closed(connection: socket.socket) -> bool:
    """Whether the other side closed it without an answer."""
    try:
        return connection.recv(1) == b""
    except (ConnectionResetError, ssl.SSLError):
        return True


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET /health HTTP/1.1\r\nHost: a\r\n",
        b"POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\ntok",
        b"POST /sign-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
    ],
)
def test_connection_without_a_whole_request_is_closed(
    seoul: Node, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.2)
    monkeypatch.setattr(patience, "BODY_SECONDS", 0.2)
    with serving(seoul, take_port()) as address, connect(seoul, address, said) as connection:
        assert is_closed(connection)


def test_each_byte_more_buys_no_more_time(seoul: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.5)
    with (
        serving(seoul, take_port()) as address,
        connect(seoul, address, b"GET /") as connection,
        pytest.raises(OSError, match=r"."),
    ):
        drip(connection)


def drip(connection: socket.socket) -> None:
    for _ in range(3_000):
        connection.sendall(b"x")
        time.sleep(0.01)


def test_connection_that_asks_again_is_held_as_before(seoul: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.2)
    whole = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
    with serving(seoul, take_port()) as address, connect(seoul, address, whole) as connection:
        assert connection.recv(12) == b"HTTP/1.1 200"
        time.sleep(0.5)  # idle between two requests: that is keep-alive, not a half request
        connection.sendall(whole)
        rest = b""
        while rest.count(b"HTTP/1.1 200") < 1:
            rest += connection.recv(1_000)


def test_one_address_cannot_hold_all_connections(seoul: Node) -> None:
    with serving(seoul, take_port()) as address:
        port = int(address.rpartition(":")[2])
        held = [
            socket.create_connection(("127.0.0.1", port), timeout=30, source_address=("127.0.0.2", 0))
            for _ in range(patience.MOST_OF_ONE + 20)
        ]
        try:
            assert all(is_closed(one) for one in held[patience.MOST_OF_ONE :])
            with httpx.Client(verify=trust(seoul.folder), trust_env=False) as client:
                assert client.get(f"{address}/health").status_code == 200
        finally:
            for one in held:
                one.close()
        assert is_served_again(seoul, address, "127.0.0.2")


def is_served_again(node: Node, address: str, host: str) -> bool:
    """Whether this address gets an answer, once the server has noticed that its connections are closed."""
    for _ in range(300):
        try:
            with connect(node, address, b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n", host=host) as again:
                return again.recv(12) == b"HTTP/1.1 200"
        except OSError:
            time.sleep(0.1)
    return False


def test_who_does_not_finish_the_handshake_is_closed(seoul: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.2)
    with serving(seoul, take_port()) as address:
        port = int(address.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=30) as plain:
            assert is_closed(plain)


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_addresses_that_one_may_hold_together_count_as_one(address: str, block: str) -> None:
    assert patience.block_of(address) == block
