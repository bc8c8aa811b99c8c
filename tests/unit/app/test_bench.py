"""The bench that a user runs: what it measures, that peers agree, and what it leaves out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from jindo.app.bench import QUICK_BENCH, BenchPlan, BenchResult, draw_bench, run_bench
from jindo.app.bench.measuring import measure_peer, measure_peers
from jindo.app.bench.peers import PEERS, find_missing, load_duckdb
from jindo.app.bench.picture import format_time, list_bars
from jindo.app.bench.worlds import BenchCase, PeersDiffer, build_chain, find_case, prepare, split_as_appended


def parse(drawing: str) -> ET.Element:
    return ET.fromstring(drawing)  # noqa: S314  # our own drawing


SMALL = BenchPlan((20_000,), (60,), appends=30)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> BenchResult:
    return run_bench(SMALL, folder=tmp_path_factory.mktemp("bench"))


@pytest.fixture(scope="module")
def case() -> BenchCase:
    prepared, stopped = prepare(build_chain(20_000))
    found = find_case(prepared, stopped, 60)
    assert found is not None
    return found


def test_run_bench_measures_a_case_on_one_run_and_after_appends(result: BenchResult) -> None:
    first, late, appended = result.cases
    assert (first.transfers, first.runs, late.runs) == (20_000, 1, 1)
    assert first.touched >= 60
    assert appended.runs > 1
    assert (appended.touched, appended.pots) == (late.touched, late.pots)
    assert first.cold is not None
    assert appended.cold is None
    assert min(first.reach, first.gather, first.read_window, first.exact, first.poison) > 0


def test_run_bench_names_every_peer_as_measured_or_left_out(result: BenchResult) -> None:
    assert {*result.cases[0].peers, *result.left_out} == set(PEERS)
    assert set(result.left_out) == set(find_missing())


def test_run_bench_says_where_no_theft_is_large_enough(tmp_path: Path) -> None:
    found = run_bench(BenchPlan((2_000,), (1_900,), appends=0), folder=tmp_path)
    assert (found.cases, len(found.not_found)) == ((), 1)
    assert "1,900" in found.not_found[0]
    assert parse(draw_bench(found)).tag.endswith("svg")


def test_run_bench_leaves_no_files_behind(tmp_path: Path) -> None:
    run_bench(BenchPlan((2_000,), (5,), appends=0), folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_measure_peers_leaves_out_those_named(case: BenchCase) -> None:
    db = load_duckdb(case.prepared.chain, case.stopped)
    assert set(measure_peers(db, case, without=("polars", "networkx"))) == {"duckdb", "igraph"}


def test_measure_peer_refuses_another_answer(case: BenchCase) -> None:
    pots, events = case.reach.pots, case.reach.events
    assert isinstance(measure_peer(case, lambda: lambda: (pots[::-1], events[::-1])), int)
    with pytest.raises(PeersDiffer):
        measure_peer(case, lambda: lambda: (pots[:-1], events[:-1]))
    later = events.copy()
    later[-1] += 1
    with pytest.raises(PeersDiffer):
        measure_peer(case, lambda: lambda: (pots, later))


def test_split_as_appended_holds_the_same_rows_in_runs_that_grow(case: BenchCase) -> None:
    chain = case.prepared.chain
    split = split_as_appended(chain, 30)
    sizes = np.diff(split.row_starts)
    assert len(sizes) > 1
    assert (sizes[:-1] >= 8 * sizes[1:]).all()
    for name in ("src", "dst", "amount"):
        assert np.array_equal(np.asarray(getattr(split, name)), np.asarray(getattr(chain, name)))


def test_draw_bench_shows_every_bar_with_its_time(result: BenchResult) -> None:
    drawing = parse(draw_bench(result))
    bars = [bar for figures in result.cases for bar in list_bars(figures)]
    assert len(drawing.findall("{http://www.w3.org/2000/svg}rect")) == len(bars)
    texts = "".join(drawing.itertext())
    assert all(name in texts for name, _, _ in bars)


def test_draw_bench_says_why_a_peer_has_no_time(result: BenchResult) -> None:
    stopped = replace(result.cases[0], peers={"polars": "> 120 s", "networkx": "needs 140 GiB"})
    texts = "".join(parse(draw_bench(replace(result, cases=(stopped,)))).itertext())
    assert "> 120 s" in texts
    assert "needs 140 GiB" in texts


@pytest.mark.parametrize(
    ("nanoseconds", "said"),
    [(0, "0 ns"), (999, "999 ns"), (5_790, "5.79 µs"), (10**6, "1 ms"), (2 * 10**12, "2,000 s")],
)
def test_format_time_has_the_unit_that_reads_best(nanoseconds: int, said: str) -> None:
    assert format_time(nanoseconds) == said


def test_the_quick_plan_is_a_small_one() -> None:
    assert sum(QUICK_BENCH.sizes) <= 1_000_000
