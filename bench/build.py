"""How fast a ledger is built: an import of text rows beside DuckDB's sorted load of the same rows.

* One run makes synthetic transfers with heavy-tailed degrees as Parquet files, in no order, with hashes and addresses
  as text, as they come from a chain's exports.
* Ours is `jindo ledger import`, whole: reading, checking, numbering, adjacency, hashes, and the bytes on the disk.
  The peer is DuckDB's `CREATE TABLE ... ORDER BY` of the same files into a database file, which numbers nothing and
  builds no adjacency. Both run in a process of their own, with the same memory limit for DuckDB.
* The floor writes as many bytes as the ledger has, and waits for the disk.
* It prints ratios. Nothing here asserts a time.

    python bench/build.py [--sizes 2000000,20000000] [--folder DIR] [--json OUT]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from jindo.base.ids import ETHEREUM
from jindo.ledger import AccountChain, import_source, open_ledger
from jindo.sim.random_chains import powerlaw_columns

SEED = 2025
FILES = 16
MEMORY = "2GB"
DICTIONARIES = ("accounts", "tx_hashes")
"""Columns that hold texts and their order."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One size, in seconds and bytes."""

    transfers: int
    ours: float
    ours_memory: int
    """Largest resident set of the process."""
    duckdb: float
    duckdb_memory: int
    floor: float
    size: int
    dictionaries: int
    """Bytes of the ledger's texts, of `size`."""


def write_rows(folder: Path, transfers: int) -> None:
    """The transfers as Parquet files, shuffled in each, the files in no order."""
    block, src, dst, amount = powerlaw_columns(transfers, transfers // 5, SEED)
    rng = np.random.Generator(np.random.PCG64(SEED))
    con = duckdb.connect()
    for number, rows in enumerate(np.array_split(np.arange(transfers), FILES)):
        mixed = rng.permutation(rows)
        columns = {
            "i": mixed,
            "block": block[mixed],
            "src": src[mixed],
            "dst": dst[mixed],
            "amount": amount[mixed],
        }
        con.register("given", pa.table(columns))
        con.execute(
            "COPY (SELECT block, '0x' || sha256(i::VARCHAR) AS tx_hash, i % 150 AS tx_index, "
            "'0x' || substr(sha256('a' || src), 1, 40) AS \"from\", '0x' || substr(sha256('a' || dst), 1, 40) AS \"to\", "
            "amount::VARCHAR AS amount, 1500000000 + 12 * block AS time FROM given) "
            f"TO '{folder}/{(number * 7) % FILES:02d}.parquet' (FORMAT parquet, COMPRESSION zstd)"
        )


def build_ours(source: str, into: str) -> None:
    """Import the files."""
    import_source(source, format="transfers", into=Path(into), chain=ETHEREUM, asset="ETH")


def build_duckdb(source: str, into: str) -> None:
    """Load the files into a table in the ledger's order."""
    folder = Path(into)
    folder.mkdir()
    con = duckdb.connect(str(folder / "rows.db"))
    con.execute(f"SET memory_limit = '{MEMORY}'")
    con.execute(f"SET temp_directory = '{folder}/spill'")
    con.execute(
        f"CREATE TABLE rows AS SELECT * FROM read_parquet('{source}/*.parquet') ORDER BY block, tx_index, tx_hash"
    )
    con.close()


BUILDERS = {"ours": build_ours, "duckdb": build_duckdb}


def measure(builder: str, source: Path, into: Path) -> tuple[float, int]:
    """Seconds and largest resident bytes of a builder in a process of its own."""
    command = [sys.executable, __file__, "--only", builder, "--source", str(source), "--into", str(into)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, memory = json.loads(done.stdout)
    return float(seconds), int(memory)


def measure_floor(size: int, folder: Path) -> float:
    """Seconds to write so many bytes and have them on the disk."""
    chunk, began = bytes(1 << 24), time.perf_counter()
    with (folder / "floor").open("wb") as stream:
        for _ in range(size >> 24):
            stream.write(chunk)
        stream.flush()
        os.fsync(stream.fileno())
    (folder / "floor").unlink()
    return time.perf_counter() - began


def measure_size(folder: Path, transfers: int) -> Figures:
    """Every peer on one size."""
    source, ledger, database = folder / "rows", folder / "ledger", folder / "database"
    source.mkdir()
    write_rows(source, transfers)
    ours, ours_memory = measure("ours", source, ledger)
    chain = open_ledger(ledger).chain(ETHEREUM, check=False)
    assert isinstance(chain, AccountChain)
    assert chain.event_count == transfers, "rows are missing"
    files = [path for path in (ledger / "chains").rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    texts = sum(path.stat().st_size for path in files if path.name.startswith(DICTIONARIES))
    shutil.rmtree(ledger)
    duck, duck_memory = measure("duckdb", source, database)
    return Figures(transfers, ours, ours_memory, duck, duck_memory, measure_floor(size, folder), size, texts)


HEAD = f"{'transfers':>12} {'rows/s':>10} {'duckdb':>8} {'floor':>8} {'memory':>8} {'B/row':>7} {'+texts':>7}"
LEGEND = (
    "rows/s: ours. duckdb, floor: our time / theirs. memory: ours at its largest. B/row: bytes of the ledger for each "
    "transfer beside the dictionaries; +texts: with them."
)


def to_line(f: Figures) -> str:
    """One size as a row of the table."""
    beside = (f.size - f.dictionaries) / f.transfers
    return (
        f"{f.transfers:>12,} {f.transfers / f.ours:>10,.0f} {f.ours / f.duckdb:>7.2f}x {f.ours / f.floor:>7.1f}x "
        f"{f.ours_memory / 2**30:>5.1f} GB {beside:>7.1f} {f.size / f.transfers:>7.1f}"
    )


def main() -> None:
    """Run the bench and print its table."""
    parser = argparse.ArgumentParser(description="Building a ledger beside DuckDB's sorted load.")
    parser.add_argument("--sizes", default="2000000,20000000", help="transfers of each ledger")
    parser.add_argument(
        "--folder", type=Path, help="where the files go; some 300 bytes a transfer are needed"
    )
    parser.add_argument("--json", type=Path, help="also write the figures here")
    for hidden in ("--only", "--source", "--into"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.only:
        began = time.perf_counter()
        BUILDERS[asked.only](asked.source, asked.into)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps([time.perf_counter() - began, memory]))
        return
    print(LEGEND, HEAD, sep="\n\n", flush=True)
    found = []
    for size in map(int, asked.sizes.split(",")):
        with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
            found.append(measure_size(Path(folder), size))
            print(to_line(found[-1]), flush=True)
    if asked.json:
        asked.json.write_text(json.dumps([asdict(f) for f in found], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
