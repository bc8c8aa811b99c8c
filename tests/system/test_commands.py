"""From chain data to a verified report in processes of their own, every command by its published schema."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from jindo.base.ids import BITCOIN

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "docs" / "reference" / "schemas"
SCALE = "0.05"


def run(*words: str | Path, code: int = 0) -> "subprocess.CompletedProcess[str]":
    """Run jindo as a user does, in a pipe; it must leave with `code`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JINDO_")}
    environment = {**kept, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, "-c", "from jindo.cli import main; main()", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == code, done.stderr
    return done


def run_json(name: str, *words: str | Path) -> dict[str, Any]:
    """The JSON that a command prints, once it is checked against its published schema."""
    done = run(*words, "--json")
    assert done.stderr == ""
    view: dict[str, Any] = json.loads(done.stdout)
    check(name, view)
    return view


def check(name: str, value: Any) -> None:
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(value)


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A world, its ledger, and what `jindo trace` said of its theft."""
    folder = tmp_path_factory.mktemp("traced")
    world, ledger = folder / "world", folder / "ledger"
    run_json("world-make", "world", "make", "bybit", "--seed", "1", "--scale", SCALE, "--out", world)
    for name, chain in (("ethereum", "eip155:1"), ("bitcoin", BITCOIN)):
        words: list[str | Path] = ["--format", f"{name}-etl", "--into", ledger, "--chain", chain, "--strict"]
        run_json("ledger-import", "ledger", "import", world / name, *words)
    named: list[str | Path] = ["--stolen", world / "stolen.csv", "--services", world / "services.csv"]
    return folder, run_json("trace", "trace", ledger, *named, "--rule", "fifo", "--out", folder / "result")


def example_of(folder: Path) -> str:
    """A service account that a short path reaches."""
    result = json.loads((folder / "result" / "result.json").read_text(encoding="utf-8"))
    ends = [end for end in result["findings"]["endpoints"] if end["reason"] == "service" and end["account"]]
    return str(min(ends, key=lambda end: (end["hops"], -int(end["amount"]), end["account"]))["account"])


def test_trace_equals_the_world_s_truth(traced: tuple[Path, dict[str, Any]]) -> None:
    folder, view = traced
    truth = json.loads((folder / "world" / "truth.json").read_text(encoding="utf-8"))
    assert sorted(row["theft"] for row in view["thefts"]) == sorted(
        theft["theft"] for theft in truth["thefts"]
    )
    for theft in truth["thefts"]:
        reached: dict[str, int] = {}
        for row in view["services"]:
            if row["theft"] == theft["theft"]:
                reached[row["service"]] = reached.get(row["service"], 0) + int(row["amount"])
        services = {name: int(amount) for name, amount in theft["reached"].items() if name in reached}
        assert reached == services
        assert sum(reached.values()) == sum(int(theft["reasons"][reason]) for reason in ("service", "mixer"))


def test_trace_sheets_balance_and_equal_the_truth(traced: tuple[Path, dict[str, Any]]) -> None:
    folder, view = traced
    truth = json.loads((folder / "world" / "truth.json").read_text(encoding="utf-8"))
    sheets = {sheet["theft"]: sheet for sheet in view["sheets"]}
    for theft in truth["thefts"]:
        sheet = sheets[theft["theft"]]
        assert {reason: sheet[reason] for reason in theft["reasons"]} == theft["reasons"]
        assert sheet["stolen"] == theft["stolen"]
        assert sum(map(int, theft["reasons"].values())) == int(sheet["stolen"])


def test_trace_writes_the_whole_result(traced: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = traced
    names = {path.name for path in (folder / "result").iterdir()}
    assert {
        "result.json",
        "flows.csv",
        "endpoints.csv",
        "history.parquet",
        "report.html",
        "report.pdf",
    } <= names
    check("result", json.loads((folder / "result" / "result.json").read_text(encoding="utf-8")))


def test_verify_accepts_the_result(traced: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = traced
    view = run_json("verify", "verify", folder / "result")
    assert view["verified"] is True
    assert "checks passed" in run("verify", folder / "result").stdout


def test_explain_shows_a_path_to_the_example(traced: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = traced
    example = example_of(folder)
    found = run_json("trace-explain", "trace", "explain", folder / "result", example)
    assert found["paths"][0][0]["named"] == "yes"
    assert found["paths"][0][-1]["to"] == example
    shown = run("trace", "explain", folder / "result", example, "--limit", "1").stdout
    assert found["paths"][0][-1]["tx_hash"] in shown


def test_compare_tells_what_a_missing_label_changes(
    traced: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    folder, _ = traced
    stolen, out = folder / "world" / "stolen.csv", tmp_path / "bare"
    run("trace", folder / "ledger", "--stolen", stolen, "--out", out)
    found = run_json("trace-compare", "trace", "compare", out, folder / "result")
    assert {cause["code"] for cause in found["causes"]} == {"label"}
    assert {end["cause"] for end in found["endpoints"]} == {"label"}
    shown = run("trace", "compare", out, folder / "result").stdout
    assert "other labels where stolen value stopped" in shown
    assert run_json("trace-compare", "trace", "compare", out, out)["same"]


def test_status_shows_both_chains(traced: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = traced
    status = run_json("ledger-status", "ledger", "status", folder / "ledger")
    assert [chain["chain"] for chain in status["chains"]] == sorted((BITCOIN, "eip155:1"))


def test_trace_under_every_rule_keeps_to_its_schema(
    traced: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    folder, _ = traced
    world = folder / "world"
    words: list[str | Path] = [
        "trace",
        folder / "ledger",
        "--stolen",
        world / "stolen.csv",
        "--services",
        world / "services.csv",
    ]
    for rule in ("poison", "haircut"):
        view = run_json("trace", *words, "--rule", rule, "--out", tmp_path / rule)
        check("result", json.loads((tmp_path / rule / "result.json").read_text(encoding="utf-8")))
        assert bool(view["sheets"]) == (rule != "poison")
    again = run(*words, "--rule", "haircut", "--out", tmp_path / "haircut", "--json", code=6)
    check("error", json.loads(again.stderr))
    assert again.stdout == ""


def test_import_again_adds_nothing(traced: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = traced
    words: list[str | Path] = ["--format", "bitcoin-etl", "--into", folder / "ledger"]
    view = run_json("ledger-import", "ledger", "import", folder / "world" / "bitcoin", *words)
    assert (view["added"], view["rejected"]) == (0, 0)


def test_demo_leaves_a_folder_that_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    done = run("demo", "--dir", tmp_path, "--scale", SCALE, code=6)
    assert "no demo made" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_world_commands_keep_to_their_schemas(tmp_path: Path) -> None:
    worlds = run_json("world-list", "world", "list")["worlds"]
    words: list[str | Path] = ["--seed", "2", "--scale", "0.05", "--out", tmp_path / "world"]
    made = run_json("world-make", "world", "make", worlds[0]["name"], *words)
    assert {file["name"] for file in made["files"]} >= {"stolen.csv", "services.csv", "truth.json"}
    run("world", "make", worlds[0]["name"], *words, code=6)


def test_doctor_keeps_to_its_schema() -> None:
    assert run_json("doctor", "doctor")["findings"]
