"""`jindo serve`: says where it listens once it does, and ends when it is told to."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jsonschema
import pytest
from tests.unit.cli.stage import SCHEMAS, Stage, ask, open_case, refused

SOURCES = Path(__file__).resolve().parents[3] / "src"


@contextmanager
def serving(*words: str) -> Iterator["subprocess.Popen[str]"]:
    environment = {**os.environ, "PYTHONPATH": str(SOURCES)}
    process = subprocess.Popen(
        [sys.executable, "-m", "jindo", "serve", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_serve_says_where_it_listens_as_json_and_ends_by_itself(stage: Stage) -> None:
    with serving(str(stage.node("seoul")), "--port", "0", "--for", "2", "--json") as process:
        said = json.loads(read_line(process))
        schema = json.loads((SCHEMAS / "serve.json").read_text(encoding="utf-8"))
        jsonschema.validate(said, schema)
        assert said["ready"].startswith("https://127.0.0.1:")
        assert process.wait(120) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_ends_when_it_is_told_to(stage: Stage, number: signal.Signals) -> None:
    with serving(str(stage.node("seoul")), "--port", "0") as process:
        assert read_line(process).startswith("ready https://127.0.0.1:")
        process.send_signal(number)
        assert process.wait(120) == 0


def test_pull_takes_over_what_a_node_that_serves_has_for_us(stage: Stage) -> None:
    kim, bakker = stage.desk("kim"), stage.desk("bakker")
    case = open_case(bakker, "A theft in The Hague")["number"]
    bakker.ask("share", "push", case, "--to", "seoul", "--key", str(bakker.key))
    with serving(str(stage.node("hague"))) as process:
        assert read_line(process).startswith("ready ")
        (pull,) = kim.ask("share", "pull", "hague")["pulls"]
        assert pull["answer"] == {"member": "hague", "received": 1, "quarantined": 0}
        assert "hague" in kim.read("share", "pull", "hague")
    members = ask("node", "members", "--node", str(kim.node))["members"]
    assert {row["id"]: bool(row["pulled"]) for row in members} == {"dolmen": False, "hague": True}


def test_serve_refuses_a_port_that_is_taken(stage: Stage) -> None:
    with serving(str(stage.node("seoul")), "--port", "0") as process:
        port = read_line(process).strip().rpartition(":")[2]
        code, error = refused("serve", str(stage.node("hague")), "--port", port)
        assert code == 5
        assert error["place"].endswith(port)


def test_serve_of_no_node_says_so(tmp_path: Path) -> None:
    assert refused("serve", str(tmp_path))[0] == 2
