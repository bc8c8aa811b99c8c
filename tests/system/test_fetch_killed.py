"""A trace that fetches, as a process of its own: killed in the middle, run again, and read by people and programs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.explorers.bitcoin import EsploraServer, make_chain
from tests.explorers.serving import Answer, Loopback, serving

KILL_AT = 14
"""The request at which the process is killed."""


class _Stalling:
    """An explorer that stops in the middle of one answer until it is let go on."""

    def __init__(self, answers: EsploraServer) -> None:
        self.answers, self.count = answers, 0
        self.reached, self.go_on = threading.Event(), threading.Event()

    def __call__(self, path: str, query: dict[str, str], posted: bytes) -> Answer:
        self.count += 1
        if self.count == KILL_AT:
            self.reached.set()
            self.go_on.wait(60)
        return self.answers(path, query, posted)


@pytest.fixture
def explorer() -> Iterator[tuple[Loopback, _Stalling]]:
    answers = _Stalling(EsploraServer(make_chain(7, blocks=40)))
    with serving(answers) as server:
        yield server, answers


def start(folder: Path, server: Loopback, *more: str) -> subprocess.Popen[str]:
    chain = make_chain(7, blocks=40)
    stolen = folder / "stolen.csv"
    stolen.write_text("tx_hash\n" + [tx.name for body in chain.bodies[:10] for tx in body[1:]][2] + "\n")
    command = [sys.executable, "-m", "jindo", "trace", "ledger", "--stolen", "stolen.csv", "--out", "result"]
    command += ["--fetch", f"esplora={server.url}", "--fetch-rate", "1000", *more]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JINDO_")}
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_killed_fetch_goes_on_and_asks_nothing_twice(
    explorer: tuple[Loopback, _Stalling], tmp_path: Path
) -> None:
    server, answers = explorer
    process = start(tmp_path, server)
    assert answers.reached.wait(60)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    answers.go_on.set()
    assert not (tmp_path / "result").exists()
    told, errors = start(tmp_path, server, "--json").communicate()
    view = json.loads(told)
    assert errors == ""
    unanswered = server.asked[KILL_AT - 1]
    assert [asked for asked in server.asked if asked != unanswered] == list(
        dict.fromkeys(asked for asked in server.asked if asked != unanswered)
    )
    assert view["fetched"]["not_whole"] == []
    assert view["fetched"]["servers"][0]["answers"] == len(set(server.asked))
    assert {"evidence-fetched.jsonl", "accounts-fetched.csv"} <= set(view["files"])


def test_people_are_told_what_was_fetched(explorer: tuple[Loopback, _Stalling], tmp_path: Path) -> None:
    server, answers = explorer
    answers.go_on.set()
    told, errors = start(tmp_path, server, "--fetch-accounts", "1").communicate()
    assert errors == ""
    assert f"fetched from {server.url} (esplora)" in told
    assert "not fetched: where it went is not known" in told
    assert "beyond a limit, not followed" in told


def test_fetch_options_without_a_server_are_refused(tmp_path: Path) -> None:
    (tmp_path / "stolen.csv").write_text("tx_hash\n" + "11" * 32 + "\n")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "jindo",
            "trace",
            "ledger",
            "--stolen",
            "stolen.csv",
            "--out",
            "r",
            "--keep",
            "k",
        ],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "--fetch" in done.stderr
