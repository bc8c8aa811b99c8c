"""The joint tutorial works: its blocks run in order, as one shell session, with three nodes that serve."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

TUTORIAL = Path(__file__).resolve().parents[2] / "docs" / "tutorial" / "one-case-two-countries.md"
PORTS = ("8701", "8702", "8703")
PATIENCE = 900
"""Seconds after which a tutorial that hangs is ended."""


def read_blocks() -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```$", TUTORIAL.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def find_free_ports(count: int) -> list[str]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [str(each.getsockname()[1]) for each in held]
    for each in held:
        each.close()
    return ports


def run_session(script: str, folder: Path) -> tuple[int, str]:
    """Exit code and all that was printed; whatever the session started is ended with it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JINDO_")}
    environment = {**kept, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    with (folder / "session.txt").open("w+", encoding="utf-8") as printed:
        process = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(PATIENCE)
        finally:
            if process.poll() is None or code:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        printed.seek(0)
        return code, printed.read()


@pytest.mark.slow
def test_joint_tutorial_runs_block_by_block(tmp_path: Path) -> None:
    blocks = read_blocks()
    assert len(blocks) >= 10
    script = "\n".join(f"echo '--- block {number}'\n{block}" for number, block in enumerate(blocks, 1))
    for told, free in zip(PORTS, find_free_ports(len(PORTS)), strict=True):
        script = script.replace(told, free)
    code, printed = run_session(script, tmp_path)
    assert code == 0, printed[-6000:]
    assert "partially-held" in printed
    assert "Booked under the wrong service" in printed
    assert "handed-over is whole" in printed


def test_joint_tutorial_names_each_port_once_for_a_node() -> None:
    text = "\n".join(read_blocks())
    assert [text.count(port) for port in PORTS] == [1, 1, 1]
