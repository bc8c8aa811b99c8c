"""`jindo bench run`: what it prints and writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.cli.stage import ask, read, refused

RUN = ("bench", "run", "--sizes", "20_000", "--touched", "60", "--appends", "30")


def test_bench_run_writes_what_it_prints_and_a_plot(tmp_path: Path) -> None:
    view = ask(*RUN, "--out", str(tmp_path / "out"))
    kept = json.loads((tmp_path / "out/bench.json").read_text(encoding="utf-8"))
    files = view.pop("files")
    assert kept == view
    assert sorted(Path(name).name for name in files) == ["bench.json", "reach.svg"]
    assert (tmp_path / "out/reach.svg").read_text(encoding="utf-8").startswith("<svg")


def test_bench_run_shows_ratios_and_where_the_files_are(tmp_path: Path) -> None:
    shown = read(*RUN, "--out", str(tmp_path))
    assert "duckdb" in shown
    assert "reach.svg" in shown
    assert "20,000" in shown


@pytest.mark.parametrize("words", [",", "many", "0", "-5", "10,x", "1e6", "٣"])
def test_bench_run_refuses_what_is_no_list_of_counts(tmp_path: Path, words: str) -> None:
    code, error = refused("bench", "run", "--sizes", words, "--out", str(tmp_path / "out"))
    assert (code, error["place"]) == (2, "--sizes")
    assert not (tmp_path / "out").exists()
