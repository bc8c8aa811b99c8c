"""The peers of reach: DuckDB's recursion, a frontier loop in Polars, and the graph libraries igraph and networkx.

* Each answers the question itself: pots, and the first transfer into each, which `measuring` compares with ours.
* What a peer needs beforehand (tables, graphs) is made outside the time that counts, and only of the window, which
  favours it.
* To a graph library time is put as structure: a node for each transfer of the window, an edge to the next draw of its
  sender and one to the first later draw of its receiver; what a theft reaches are the nodes below it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from jindo.app.bench.worlds import BenchCase
from jindo.ledger import AccountChain, Ints

NETWORKX_BYTES = 1500
"""Memory that networkx takes for a transfer of the window (measured)."""
IGRAPH_BYTES = 150
QUERY = """
WITH RECURSIVE reached(pot, event) USING KEY (pot) AS (
    SELECT dst, min(event) FROM {table} JOIN stolen USING (event) WHERE event < {end} GROUP BY dst
    UNION
    SELECT e.dst, min(e.event)
    FROM reached
    JOIN {table} e ON e.src = reached.pot AND e.event > reached.event
    LEFT JOIN recurring.reached known ON known.pot = e.dst
    WHERE e.event > {first} AND e.event < {end} AND e.amount > 0 AND e.src <> e.dst
        AND NOT EXISTS (FROM stopped WHERE stopped.pot = reached.pot)
        AND (known.event IS NULL OR e.event < known.event)
    GROUP BY e.dst
)
SELECT pot, event FROM reached
"""
TABLES = {"by_event": "event", "by_sender": "src, event"}
"""DuckDB gets the rows in ledger order and sorted by sender, and is judged by the faster."""
Answer = tuple[Ints, Ints]
"""Pots and the first transfer into each, in any order."""
Run = Callable[[], Answer]


PEERS = ("duckdb", "polars", "igraph", "networkx")


class TooLarge(Exception):
    """A peer that cannot hold the case in this machine's memory."""


def find_missing() -> tuple[str, ...]:
    """The peers that are not installed."""
    return tuple(name for name in PEERS if find_spec(name) is None)


def load_duckdb(chain: AccountChain, stopped: Ints) -> duckdb.DuckDBPyConnection:
    """The same rows in DuckDB, in memory, once in each order."""
    db, run = duckdb.connect(), chain.runs[0]
    columns = (np.arange(chain.event_count, dtype=np.int32), run.src, run.dst, run.amount)
    db.register("given", pa.table(dict(zip(("event", "src", "dst", "amount"), columns, strict=True))))
    for table, order in TABLES.items():
        db.execute(f"CREATE TABLE {table} AS FROM given ORDER BY {order}")
    db.register("given_stopped", pa.table({"pot": stopped}))
    db.execute("CREATE TABLE stopped AS FROM given_stopped")
    return db


def prepare_duckdb(db: duckdb.DuckDBPyConnection, case: BenchCase, table: str, limit: float) -> Run:
    """DuckDB's recursion; raises TimeoutError past the limit of seconds."""
    db.register("given_stolen", pa.table({"event": case.start}))
    db.execute("CREATE OR REPLACE TABLE stolen AS FROM given_stolen")
    query = QUERY.format(table=table, first=case.start[0], end=case.end)

    def run() -> Answer:
        timer = threading.Timer(limit, db.interrupt)
        timer.start()
        try:
            found = db.execute(query).fetchnumpy()
        except duckdb.InterruptException as error:
            raise TimeoutError from error
        finally:
            timer.cancel()
        return found["pot"], found["event"]

    return run


def prepare_polars(case: BenchCase, limit: float) -> Run:
    """A frontier loop: join the newly reached with their later draws, keep the earliest arrivals, until none is new."""
    import polars as pl

    window, clock = slice(int(case.start[0]), case.end), _Clock(limit)
    moves = pl.DataFrame(_window(case, window))
    moves = moves.filter((pl.col("amount") > 0) & (pl.col("src") != pl.col("dst"))).drop("amount")
    stolen = moves.filter(pl.col("event").is_in(pl.Series(case.start).implode()))
    stopped = pl.DataFrame({"pot": case.stopped.astype(np.int32)})

    def run() -> Answer:
        clock.start()
        known = frontier = stolen.group_by(pl.col("dst").alias("pot")).agg(pl.col("event").min())
        while len(frontier):
            clock.check()
            followed = frontier.join(stopped, on="pot", how="anti").rename({"event": "since"})
            found = moves.join(followed, left_on="src", right_on="pot").filter(
                pl.col("event") > pl.col("since")
            )
            arrivals = found.group_by(pl.col("dst").alias("pot")).agg(pl.col("event").min())
            both = arrivals.join(known.rename({"event": "before"}), on="pot", how="left")
            frontier = both.filter(pl.col("before").is_null() | (pl.col("event") < pl.col("before"))).drop(
                "before"
            )
            known = pl.concat([known, frontier]).group_by("pot").agg(pl.col("event").min())
        return known["pot"].to_numpy(), known["event"].to_numpy()

    return run


def prepare_igraph(case: BenchCase) -> Run:
    """The nodes below the theft in the graph of the window's transfers."""
    import igraph

    graph = _TransferGraph(case, IGRAPH_BYTES)
    made = igraph.Graph(n=graph.theft + 1, edges=graph.edges, directed=True)
    return lambda: graph.to_answer(np.array(made.subcomponent(graph.theft, mode="out"), np.int64))


def prepare_networkx(case: BenchCase) -> Run:
    """The same graph in networkx."""
    import networkx as nx

    graph = _TransferGraph(case, NETWORKX_BYTES)
    made = nx.DiGraph()
    made.add_node(graph.theft)
    made.add_edges_from(map(tuple, graph.edges.tolist()))
    return lambda: graph.to_answer(np.fromiter(nx.descendants(made, graph.theft), np.int64))


class _TransferGraph:
    """A node for each moving transfer of the window, which is reached where its sender is; the theft is the last."""

    def __init__(self, case: BenchCase, bytes_each: int) -> None:
        size = case.end - int(case.start[0])
        if size * bytes_each > 0.8 * os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"):
            raise TooLarge(f"needs {size * bytes_each / 2**30:.0f} GiB")
        moves = _window(case, slice(int(case.start[0]), case.end))
        keep = (moves["amount"] > 0) & (moves["src"] != moves["dst"])
        self._event, src, self._dst = (moves[name][keep].astype(np.int64) for name in ("event", "src", "dst"))
        self.theft = len(self._event)
        self._stolen = np.flatnonzero(np.isin(self._event, case.start))
        order = np.argsort(src, kind="stable")
        self.edges = np.concatenate(
            [self._find_next_draws(src, order), self._find_arrivals(src, order, case)]
        )

    def to_answer(self, nodes: Ints) -> Answer:
        """Pots that these transfers and the stolen ones enter, and the first into each."""
        nodes = np.union1d(nodes[nodes < self.theft], self._stolen)
        pots, first = np.unique(self._dst[nodes], return_index=True)
        return pots, self._event[nodes[first]]

    def _find_next_draws(self, src: Ints, order: Ints) -> Ints:
        """From each transfer to the next of the same sender; shape (m, 2)."""
        same = src[order[:-1]] == src[order[1:]]
        return np.stack([order[:-1][same], order[1:][same]], axis=1)

    def _find_arrivals(self, src: Ints, order: Ints, case: BenchCase) -> Ints:
        """From each transfer, and from the theft for its own, to the first later one that the receiver sends."""
        place = np.searchsorted(
            src[order] * self.theft + order, self._dst * self.theft + np.arange(self.theft)
        )
        place = np.minimum(place, self.theft - 1)
        follows = (src[order[place]] == self._dst) & (order[place] > np.arange(self.theft))
        follows &= ~np.isin(self._dst, case.stopped)
        arrivals = np.stack([np.flatnonzero(follows), order[place[follows]]], axis=1)
        of_theft = arrivals[np.isin(arrivals[:, 0], self._stolen)]
        of_theft[:, 0] = self.theft
        return np.concatenate([arrivals, of_theft])


def _window(case: BenchCase, window: slice) -> dict[str, Any]:
    run = case.prepared.chain.runs[0]
    columns = {name: getattr(run, name)[window] for name in ("src", "dst", "amount")}
    return {"event": np.arange(window.start, window.stop, dtype=np.int32), **columns}


class _Clock:
    """Raises TimeoutError where a run takes more than a limit of seconds."""

    def __init__(self, limit: float) -> None:
        self._limit, self._late = limit, threading.Event()
        self._timer: threading.Timer | None = None

    def start(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._late.clear()
        self._timer = threading.Timer(self._limit, self._late.set)
        self._timer.daemon = True
        self._timer.start()

    def check(self) -> None:
        if self._late.is_set():
            raise TimeoutError
