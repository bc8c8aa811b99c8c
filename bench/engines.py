"""A theft traced on one machine, on Sail, and on Apache Spark with one and two workers: the same rows, the same hashes.

* Transfers with heavy-tailed degrees lie in Parquet files of whole blocks; the busiest thousandth of accounts are services.
* Each engine builds its ledger of them, and traces the theft, after both were done once with a small source.
* *build* is `jindo ledger import`, *trace* is `jindo trace`, reports and all. On an engine a trace first finds the reach,
  round by round, then brings the rows here; both are shown. On one machine *reach* is `find_reach` alone.
* Fingerprints and findings hashes must be the same, or the bench fails. It prints ratios; nothing asserts a time.

    python bench/engines.py [--transfers 2000000] [--touched 10000] [--engines local,sail,spark-1,spark-2] [--json OUT]

Apache Spark is found as `spark_standalone` says.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from jindo.app import TraceRequest, build_cluster_ledger, import_source, trace_ledger, trace_on_engine
from jindo.app.bench.worlds import ACCOUNTS_PER_TRANSFER, SEED, build_chain, find_case, prepare
from jindo.base.times import format_time, parse_time
from jindo.ledger import AccountChain, Ints, open_ledger
from jindo.sim.random_chains import powerlaw_columns
from jindo.trace.prepared import prepare_account_chain
from jindo.trace.reach import find_reach
from spark_standalone import find_spark, free_port, running_spark, wait_for

FILES = 16
BLOCK = 150
WARM = (30_000, 30, 2)
"""Transfers, touched ones and files of the small source."""
BRINGING = "bringing"


@dataclass(frozen=True, slots=True)
class World:
    """A source, and what is asked of it."""

    source: Path
    stolen: Path
    services: Path
    until: str


@dataclass(frozen=True, slots=True)
class Figures:
    """One engine, in seconds."""

    engine: str
    build: float
    reach: float
    rounds: int
    bring: float
    trace: float
    hashes: tuple[str, str]
    """Fingerprint and findings hash."""


def write_world(folder: Path, transfers: int, touched: int, files: int = FILES) -> World:
    """The transfers as files of whole blocks, and a theft that touches so many of them by its end."""
    block, src, dst, amount = powerlaw_columns(transfers, int(transfers * ACCOUNTS_PER_TRANSFER), SEED)
    source = folder / "source"
    source.mkdir(parents=True)
    size = -(-int(block[-1] + 1) // files)
    with duckdb.connect() as con:
        con.register(
            "given",
            pa.table({"i": np.arange(transfers), "block": block, "src": src, "dst": dst, "amount": amount}),
        )
        for first in range(0, int(block[-1]) + 1, size):
            con.execute(
                f"COPY (SELECT block, '0x' || sha256(i::VARCHAR) AS tx_hash, i % {BLOCK} AS tx_index, "
                f'{_address("src")} AS "from", {_address("dst")} AS "to", amount::VARCHAR AS amount, '
                f"1500000000 + 12 * block AS time FROM given WHERE block BETWEEN {first} AND {first + size - 1}) "
                f"TO '{source}/transfers_{first:08d}_{first + size - 1:08d}.parquet' (FORMAT parquet, COMPRESSION zstd)"
            )
    return _write_case(folder, source, transfers, touched, (src, dst))


def _address(column: str) -> str:
    return f"'0x' || substr(sha256('a' || {column}), 1, 40)"


def _write_case(
    folder: Path, source: Path, transfers: int, touched: int, columns: tuple[Ints, Ints]
) -> World:
    chain = build_chain(transfers)
    prepared, stopped = prepare(chain)
    case = find_case(prepared, stopped, touched)
    assert case is not None, "no theft touches so many"
    original = np.empty(chain.pot_count, np.int64)
    for number, given in zip((chain.src, chain.dst), columns, strict=True):
        original[number[:]] = given
    with duckdb.connect() as con:
        names = con.execute(
            f"SELECT {_address('n')} FROM (SELECT unnest(?) AS n)", [original[stopped].tolist()]
        ).fetchall()
        hashes = con.execute(
            "SELECT '0x' || sha256(n::VARCHAR) FROM (SELECT unnest(?) AS n)", [case.start.tolist()]
        ).fetchall()
    _write_csv(folder / "stolen.csv", ("tx_hash",), hashes)
    _write_csv(
        folder / "services.csv", ("address", "service", "kind"), [(n, "S", "exchange") for (n,) in names]
    )
    end = 1500000000 + 12 * (case.end // BLOCK)
    return World(source, folder / "stolen.csv", folder / "services.csv", format_time(end))


def _write_csv(path: Path, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


class Clock:
    """Told how a trace goes on; keeps when the rounds ended."""

    def __init__(self) -> None:
        self.start = time.perf_counter()
        self.rounds = 0
        self.marks: dict[str, float] = {}

    def __call__(self, what: str, done: int, _of: int | None) -> None:
        """One step."""
        word = what.split(maxsplit=1)[0]
        self.marks.setdefault(word, time.perf_counter() - self.start)
        if word == "round":
            self.rounds = done


def run_local(world: World, folder: Path) -> Figures:
    """On one machine, without any engine."""
    start = time.perf_counter()
    report = import_source(str(world.source), format="transfers", into=folder / "ledger")
    build = time.perf_counter() - start
    start = time.perf_counter()
    result = trace_ledger(_ask(world, folder / "ledger", folder / "out")).result
    trace = time.perf_counter() - start
    return Figures(
        "local",
        build,
        _time_reach(world, folder / "ledger"),
        0,
        0.0,
        trace,
        (report.fingerprint, result["findings_hash"]),
    )


def _time_reach(world: World, folder: Path) -> float:
    ledger = open_ledger(folder)
    chain = ledger.chain(ledger.chain_ids()[0])
    assert isinstance(chain, AccountChain)
    stopped = [
        pot
        for name in _column(world.services)
        if (a := chain.accounts.find(name)) >= 0
        for pot in chain.pots_of(a)
    ]
    prepared = prepare_account_chain(chain, np.array(sorted(stopped), np.int64))
    events = sorted(
        int(e) for name in _column(world.stolen) for e in chain.events_of(chain.tx_hashes.find(name))
    )
    end = chain.row_after(parse_time(world.until))
    find_reach(prepared, events, end=end)
    start = time.perf_counter()
    find_reach(prepared, events, end=end)
    return time.perf_counter() - start


def _column(path: Path) -> list[str]:
    with path.open(newline="") as file:
        return [row[0] for row in csv.reader(file)][1:]


def _ask(world: World, ledger: Path, out: Path) -> TraceRequest:
    return TraceRequest(
        ledger=ledger, stolen=world.stolen, services=world.services, until=world.until, out=out
    )


def run_engine(name: str, url: str, world: World, folder: Path) -> Figures:
    """On an engine that runs at `url`."""
    start = time.perf_counter()
    report = build_cluster_ledger(
        str(world.source), format="transfers", into=str(folder / "cluster"), engine=url
    )
    build = time.perf_counter() - start
    clock = Clock()
    request = _ask(world, folder / "cluster", folder / "out")
    result = trace_on_engine(request, engine=url, progress=clock).result
    trace = time.perf_counter() - clock.start
    reach, there = clock.marks[BRINGING], clock.marks["tracing"]
    hashes = report.fingerprint, result["findings_hash"]
    return Figures(name, build, reach, clock.rounds, there - reach, trace, hashes)


@contextmanager
def running(name: str, folder: Path) -> Iterator[str]:
    """The address of an engine of this name: `sail`, or `spark-N` with N workers."""
    folder.mkdir(parents=True)
    if name != "sail":
        home = find_spark()
        assert home is not None, "no Apache Spark: set SPARK_HOME"
        with running_spark(home, folder, workers=int(name.partition("-")[2])) as url:
            yield url
        return
    port, log = free_port(), folder / "sail.log"
    with log.open("w") as stream:
        sail = str(Path(sys.executable).parent / "sail")
        words = [sail, "spark", "server", "--ip", "127.0.0.1", "--port", str(port)]
        process = subprocess.Popen(words, stdout=stream, stderr=stream)
    try:
        wait_for(port, log)
        yield f"sc://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=60)


def measure(name: str, worlds: dict[str, World], folder: Path) -> Figures:
    """One engine, warm."""
    if name == "local":
        run_local(worlds["warm"], folder / "warm")
        return run_local(worlds["cold"], folder)
    with running(name, folder / "engine") as url:
        run_engine(name, url, worlds["warm"], folder / "warm")
        return run_engine(name, url, worlds["cold"], folder)


def show(figures: list[Figures]) -> None:
    """The table, in seconds and as ratios to the first."""
    first = figures[0]
    print("| engine | build s | : first | reach s | : first | rounds | bring s | trace s | : first |")
    print("|--|--:|--:|--:|--:|--:|--:|--:|--:|")
    for f in figures:
        print(
            f"| {f.engine} | {f.build:.1f} | {f.build / first.build:.2f} | {f.reach:.3f} | {f.reach / first.reach:,.0f} "
            f"| {f.rounds} | {f.bring:.1f} | {f.trace:.1f} | {f.trace / first.trace:.2f} |"
        )


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--transfers", type=int, default=2_000_000)
    parser.add_argument("--touched", type=int, default=10_000)
    parser.add_argument("--engines", default="local,sail,spark-1,spark-2")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    figures: list[Figures] = []
    with tempfile.TemporaryDirectory(prefix="jindo-engines-") as scratch:
        place = Path(scratch)
        worlds = {
            "warm": write_world(place / "small", *WARM),
            "cold": write_world(place / "large", given.transfers, given.touched),
        }
        for name in given.engines.split(","):
            (place / name).mkdir()
            figures.append(measure(name, worlds, place / name))
            print(f"{name}: {asdict(figures[-1])}, load {os.getloadavg()[0]:.1f}", flush=True)
    assert len({f.hashes for f in figures}) == 1, "engines do not agree"
    show(figures)
    if given.json:
        given.json.write_text(json.dumps([asdict(f) for f in figures], indent=1))


if __name__ == "__main__":
    main()
