"""`jindo cluster`: what was built and why two addresses are in one cluster, as tables and as JSON."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.unit.trace.chains import coin, spend
from tests.unit.trace.joins import rows_of, whirlpool

from jindo.base.ids import BITCOIN
from jindo.cli import program
from jindo.ledger import append_rows

SCHEMAS = Path(__file__).resolve().parents[3] / "docs" / "reference" / "schemas"


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    rows = [
        coin("a1", ("A", 5), ("B", 5), ("B", 5), ("C", 5)),
        spend("b1", ["a1:0", "a1:1"], ("X", 10)),
        spend("b2", ["a1:2", "a1:3"], ("X", 10)),
        *rows_of([whirlpool()]),
    ]
    append_rows(tmp_path / "ledger", BITCOIN, [replace(row, block=i) for i, row in enumerate(rows)])
    return tmp_path / "ledger"


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    assert program.run(["cluster", *map(str, words)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def run_json(capsys: pytest.CaptureFixture[str], name: str, *words: str | Path) -> dict[str, Any]:
    view: dict[str, Any] = json.loads(run(capsys, *words, "--json"))
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(view)
    return view


def test_every_verb_answers_by_its_schema(ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    built = run_json(capsys, "cluster-build", "build", ledger)
    assert built["chains"][0]["clusters"] == 1
    assert run_json(capsys, "cluster-why", "why", ledger, "C", "A")["joined"]
    assert run_json(capsys, "cluster-why", "why", ledger, "wi0", "wi1")["coinjoins_of_both"]
    assert run_json(capsys, "cluster-show", "show", ledger, "B")["members"] == ["A", "B", "C"]
    stated = json.loads((ledger.parent / "ledger.clusters" / "clusters.json").read_text())
    schema = json.loads((SCHEMAS / "clusters.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(stated)


def test_tables_say_the_same_and_that_it_is_inference(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = run(capsys, "build", ledger)
    assert "1 whirlpool" in out
    assert "Inference" in out
    out = run(capsys, "why", ledger, "A", "C")
    assert "joined by 2 transactions" in out
    assert "Inference" in out
    assert "two clusters" in run(capsys, "why", ledger, "A", "wi1")
    assert "which join nobody" in run(capsys, "why", ledger, "wi0", "wi1")
    assert "same address" in run(capsys, "why", ledger, "A", "A")
    out = run(capsys, "show", ledger, "C", "--limit", "2")
    assert "--limit shows more" in out


def test_a_changed_ledger_is_a_conflict(ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "build", ledger)
    append_rows(ledger, BITCOIN, [replace(coin("c9", ("Z", 1)), block=99)])
    assert program.run(["cluster", "why", str(ledger), "A", "B"]) == 6
    err = capsys.readouterr().err
    assert "has changed" in err
    assert "--replace" in err


def test_asking_before_building_says_what_to_run(ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(["cluster", "show", str(ledger), "A"]) == 2
    assert "jindo cluster build" in capsys.readouterr().err
