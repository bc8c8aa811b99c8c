"""How fast clustering is, with the proof of every union kept: beside PyPI's graphsense-clustering, on the same inputs.

* One run makes a UTXO ledger's columns with heavy-tailed owners, and has both join the owners of each transaction's inputs
  in this process, in turns, after a warm-up; a figure is a median.
* Both must give the same clusters, cluster by cluster. A bench that finds them apart fails.
* Ours keeps the forest (account, account, transaction of each union); theirs keeps which cluster each account is in.
* Theirs is fed by Arrow, its fastest way, and numbers accounts the same. Nothing here asserts a time.

    python bench/clusters.py [--transactions 10000000] [--json OUT]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import gs_clustering
import numba
import numpy as np
import pyarrow as pa

from jindo.base.ids import BITCOIN, native_asset
from jindo.ledger import Adjacency, Blocks, Ints, MemoryTexts, UtxoChain, UtxoRun
from jindo.trace import clusters, coinjoins

RUNS = 5
SEED = 7


@dataclass(frozen=True, slots=True)
class Figures:
    """Median seconds."""

    transactions: int
    inputs: int
    accounts: int
    clusters: int
    unions: int
    ours: float
    merged: float
    """Eight forests of parts made one: what a cluster engine's driver would do."""
    theirs_fed: float
    """Feeding it alone; clusters are not read yet."""
    theirs: float
    coinjoins: float
    """Looking for CoinJoins on the same chain, which the other does not do."""
    memory: int
    """Largest resident set of this process after ours, in bytes, the chain in it."""


class Numbered(MemoryTexts):
    """Accounts that nobody asks the names of."""

    def __init__(self, count: int) -> None:
        super().__init__([])
        self._count = count

    def __len__(self) -> int:
        return self._count


def build_chain(transactions: int) -> UtxoChain:
    """A chain of so many transactions, with twice as many inputs and 0.8 accounts each, some of them busy."""
    chance = np.random.Generator(np.random.PCG64(SEED))
    sizes, outs = chance.geometric(0.5, transactions), chance.geometric(0.4, transactions)
    accounts = 8 * transactions // 10
    near = (chance.pareto(1.2, int(sizes.sum())) * 3).astype(np.int64)
    owners = (np.repeat(chance.integers(0, accounts, transactions), sizes) + near) % accounts
    paid = chance.integers(0, accounts, int(outs.sum()))
    return to_chain(sizes, owners, outs, paid, chance.integers(1_000, 10**9, len(paid)), accounts)


def to_chain(sizes: Ints, owners: Ints, outs: Ints, paid: Ints, values: Ints, accounts: int) -> UtxoChain:
    """The columns as a chain of one run; inputs are worth what balances, and nothing is spent twice or looked up."""
    count, inputs = len(sizes), len(owners)
    nothing, zeros = np.zeros(0, np.int64), np.zeros(count, np.int64)
    in_ends, out_ends = (np.concatenate([[0], np.cumsum(each)]) for each in (sizes, outs))
    worth = np.add.reduceat(values, out_ends[:-1]) // sizes + 1
    first = np.append(np.arange(0, count, 2_000), count)
    run = UtxoRun(
        0, 0, 0, 0,
        blocks=Blocks(np.arange(len(first) - 1), np.arange(len(first) - 1), first),
        accounts=Numbered(accounts), tx_hashes=Numbered(count), time=zeros, tx_index=zeros, coinbase=zeros,
        in_offsets=in_ends, in_output=np.full(inputs, -1), in_amount=np.repeat(worth, sizes),
        in_known=np.zeros(inputs, np.int8), in_account=owners.astype(np.int32), in_stated=np.ones(inputs, np.int8),
        missing=nothing, missing_hash=[], missing_index=nothing, out_offsets=out_ends, out_amount=values,
        out_account=paid.astype(np.int32), out_spender=np.full(len(paid), -1), spent=nothing, spent_by=nothing,
        account_outputs=Adjacency(None, np.zeros(1, np.int64), nothing), max_traffic=1 << 50,
    )  # fmt: skip
    return UtxoChain(BITCOIN, native_asset(BITCOIN), narrow=True, runs=(run,))


def measure(run: Callable[[], object]) -> float:
    """Median seconds of a few runs after a warm one."""
    run()
    return statistics.median(measure_once(run) for _ in range(RUNS))


def measure_once(run: Callable[[], object]) -> float:
    """Seconds of one run."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def feed_peer(rows: Any, accounts: int) -> Any:
    """The other, given all transactions."""
    peer = gs_clustering.Clustering(max_address_id=accounts - 1)
    peer.process_transactions_arrow(rows)
    return peer


def measure_all(transactions: int) -> Figures:
    """Both on one chain."""
    chain = build_chain(transactions)
    run, accounts = chain.runs[0], len(chain.accounts)
    rows = pa.ListArray.from_arrays(
        pa.array(run.in_offsets.astype(np.int32)), pa.array(run.in_account.astype(np.uint32))
    )
    built = clusters.build_clusters(chain)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    mapping = feed_peer(rows, accounts).get_mapping().column(1).to_numpy()
    assert np.array_equal(built.roots, mapping), "the other joins other accounts"
    everything = np.arange(transactions)
    parts = [clusters.build_forest(chain, everything[everything % 8 != part]) for part in range(8)]
    merged = clusters.merge_forests(parts, accounts, end=transactions)
    assert merged.forest == built.forest, "parts give another forest"
    return Figures(
        transactions=transactions,
        inputs=len(run.in_account),
        accounts=accounts,
        clusters=int(np.unique(built.roots).size),
        unions=len(built.forest),
        ours=measure(lambda: clusters.build_clusters(chain)),
        merged=measure(lambda: clusters.merge_forests(parts, accounts, end=transactions)),
        theirs_fed=measure(lambda: feed_peer(rows, accounts)),
        theirs=measure(lambda: feed_peer(rows, accounts).get_mapping()),
        coinjoins=measure_once(lambda: coinjoins.find_coinjoins(chain)),
        memory=memory,
    )


def main() -> None:
    """Run the bench and print its figures."""
    parser = argparse.ArgumentParser(description="Clustering with proofs, beside graphsense-clustering.")
    parser.add_argument("--transactions", type=int, default=10_000_000)
    parser.add_argument("--json", type=Path, help="also write the figures, in seconds, here")
    asked = parser.parse_args()
    facts = {
        "machine": f"{os.cpu_count()} cores, {platform.machine()} {platform.system()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
        "graphsense-clustering": version("graphsense-clustering"),
    }
    print(", ".join(f"{name} {value}" for name, value in facts.items()), flush=True)
    f = measure_all(asked.transactions)
    print(
        f"{f.transactions:,} transactions, {f.inputs:,} inputs, {f.accounts:,} accounts: {f.clusters:,} clusters"
    )
    print(f"ours {f.ours:.2f} s with {f.unions:,} unions kept, {f.memory / 2**30:.1f} GiB with the chain")
    print(
        f"theirs {f.theirs:.2f} s ({f.theirs_fed:.2f} s before clusters are read); ours : theirs {f.ours / f.theirs:.2f}"
    )
    print(f"eight forests merged {f.merged:.2f} s, {f.merged / f.ours:.2f} of building the whole")
    print(f"CoinJoins {f.coinjoins:.2f} s, {f.coinjoins / f.ours:.2f} of clustering")
    if asked.json:
        asked.json.write_text(json.dumps({"facts": facts, "figures": asdict(f)}, indent=1) + "\n")


if __name__ == "__main__":
    main()
