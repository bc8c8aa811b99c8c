"""Random chains in a ledger and in a cluster ledger, and what a question put to both finds."""

from __future__ import annotations

import csv
import json
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jindo.app.inputs import Labels
from jindo.app.result import build_result
from jindo.app.study import ask, run_study
from jindo.base.ids import BURN_ADDRESSES
from jindo.ledger import (
    Chain,
    ImportReport,
    Transfer,
    UtxoTransaction,
    Wanted,
    build_cluster_ledger,
    extracting,
    import_source,
    open_cluster_ledger,
    open_engine,
    open_ledger,
)
from jindo.sim.random_chains import random_account_rows, random_utxo_rows
from jindo.trace import Named, NamedAccount, NamedTransfer, resolve, stop_of_kind


@dataclass(frozen=True)
class Pair:
    """One chain in both sorts of ledger."""

    ledger: Path
    cluster: Path
    local: ImportReport
    built: ImportReport
    engine: str


@dataclass(frozen=True)
class Asked:
    """A question."""

    named: tuple[Named, ...]
    services: tuple[str, ...] = ()
    until: int | None = None
    max_hops: int | None = None
    rule: str = "fifo"

    def labels(self) -> Labels:
        """The services as labels."""
        stops = {name: stop_of_kind("exchange", service="S", source="s.csv") for name in self.services}
        return Labels(stops, "s.csv", "", len(stops), ())


def make_account_pair(folder: Path, engine: str, seed: int, *, parts: int, events: int = 160) -> Pair:
    """A random account chain, its file cut into parts of whole blocks."""
    rng = random.Random(seed)
    rows = [
        r
        for r in random_account_rows(rng, accounts=24, events=events, max_amount=10**30)
        if r.sender and r.receiver
    ]
    return make_pair(folder, engine, "transfers", "csv", rows, parts, write_transfers)


def make_utxo_pair(folder: Path, engine: str, seed: int, *, parts: int, transactions: int = 60) -> Pair:
    """A random UTXO chain, its file cut into parts of whole blocks."""
    rows = random_utxo_rows(random.Random(seed), accounts=24, transactions=transactions)
    return make_pair(folder, engine, "bitcoin-etl", "json", rows, parts, write_coins)


def make_pair(folder, engine, form, ending, rows, parts, write) -> Pair:  # type: ignore[no-untyped-def]
    """Both ledgers of these rows."""
    source = folder / "source"
    blocks = sorted({row.block for row in rows})
    size = -(-len(blocks) // parts)
    for start in range(0, len(blocks), size):
        first, last = blocks[start], blocks[min(start + size, len(blocks)) - 1]
        part = [row for row in rows if first <= row.block <= last]
        path = source / f"rows_{first:06d}_{last:06d}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, part)
    local = import_source(str(source), format=form, into=folder / "ledger")
    built = build_cluster_ledger(str(source), format=form, into=str(folder / "cluster"), engine=engine)
    return Pair(folder / "ledger", folder / "cluster", local, built, engine)


def write_transfers(path: Path, rows: Sequence[Transfer]) -> None:
    """Movements as a `transfers` file."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["block", "tx_hash", "from", "to", "amount", "time", "tx_index", "log_index", "asset", "memo"]
        )
        for number, row in enumerate(rows):
            memo = "" if number % 7 else f"a\\tb {number}"
            writer.writerow(
                [
                    row.block, row.tx_hash, row.sender, row.receiver, row.amount, row.time, row.tx_index,
                    row.position, row.asset, memo,
                ]
            )  # fmt: skip


def write_coins(path: Path, rows: Sequence[UtxoTransaction]) -> None:
    """Transactions as a `bitcoin-etl` file."""
    with path.open("w") as file:
        for tx in rows:
            line = {
                "hash": tx.tx_hash, "block_number": tx.block, "block_timestamp": tx.time,
                "is_coinbase": tx.coinbase, "index": tx.tx_index,
                "inputs": [
                    {
                        "index": n, "spent_transaction_hash": i.prev_hash, "spent_output_index": i.prev_index,
                        "addresses": [] if i.address is None else [i.address], "value": i.value,
                    }
                    for n, i in enumerate(tx.inputs)
                ],
                "outputs": [
                    {
                        "index": n, "addresses": [] if o.address is None else [o.address], "value": o.value,
                        "script_hex": o.script, "type": "pubkeyhash",
                    }
                    for n, o in enumerate(tx.outputs)
                ],
            }  # fmt: skip
            file.write(json.dumps(line) + "\n")


def find_locally(pair: Pair, asked: Asked) -> tuple[str, list[str]]:
    """Findings hash, and the notes on what was named."""
    ledger = open_ledger(pair.ledger)
    return find(asked, [ledger.chain(name) for name in ledger.chain_ids()])


def find_on_cluster(pair: Pair, asked: Asked, *, limit: int = 10**6) -> tuple[str, list[str]]:
    """The same by the engine."""
    wanted = Wanted(
        transfers=tuple((n.tx_hash, n.index) for n in asked.named if isinstance(n, NamedTransfer)),
        accounts=tuple((n.address, n.from_time) for n in asked.named if isinstance(n, NamedAccount)),
        stopped=frozenset(asked.services) | BURN_ADDRESSES,
        until=asked.until,
        limit=limit,
        max_hops=asked.max_hops,
    )
    cluster = open_cluster_ledger(str(pair.cluster))
    with (
        open_engine(pair.engine) as session,
        tempfile.TemporaryDirectory() as scratch,
        extracting(session, cluster, wanted, Path(scratch), None) as chains,
    ):
        return find(asked, chains)


def find(asked: Asked, chains: list[Chain]) -> tuple[str, list[str]]:
    """What is found in these chains."""
    found = resolve(asked.named, chains)
    questions = [
        ask(
            chain,
            found.seeds[chain.chain],
            asked.labels(),
            end=None if asked.until is None else chain.row_after(asked.until),
        )
        for chain in chains
    ]
    study = run_study(questions, found.thefts, rule=asked.rule, max_hops=asked.max_hops)
    result = build_result(study, {}, notes=[], version="")
    return result["findings_hash"], found.notes
