"""A node that serves: TLS alone, a ready line when it listens, and an end when it is told to."""

import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from tests.unit.web.nodes import build_node, serving, take_port

from jindo.base.errors import SourceError
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
