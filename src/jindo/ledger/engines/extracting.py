"""The part of a chain that a trace needs, brought here from the cluster and built into an ordinary chain.

* Account chains: all that each reached and followed pot received and sent; UTXO chains: each reached transaction with
  all its inputs and outputs; on both what is named, a sign that named accounts are there, and the last row of all.
* Traced as it is, by the ordinary tracer, it gives the same findings as the whole chain: rows stand in the same order,
  and each block has the running maximum of times that the whole chain has there.
* It is counted before it is brought: past the limit its size is the error.

How far to go is `reaching`'s.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from jindo.base.ids import ChainId
from jindo.ledger.account_chain import AccountChain
from jindo.ledger.build_utxo import build_utxo_chain
from jindo.ledger.chain import Chain
from jindo.ledger.engines.cluster_ledger import ClusterLedger
from jindo.ledger.engines.leaves import build_chain
from jindo.ledger.engines.places import Place
from jindo.ledger.engines.reaching import TooMuchReached, find_reached_pots, find_reached_transactions
from jindo.ledger.engines.session import Engine, Frame
from jindo.ledger.engines.tables import BLOCKS, PLACE_BITS, ROWS, UTXO_TABLES
from jindo.ledger.engines.transactions import UTXO_ROWS, to_transactions
from jindo.ledger.engines.wanted import Asked, Wanted, put_wanted
from jindo.ledger.files import quote
from jindo.ledger.runs import Texts
from jindo.ledger.staging import Progress
from jindo.ledger.texts import MappedTexts

_BATCH = 1 << 17
_EVENTS = pa.schema([("event", pa.int64())])
_NAMES = pa.schema([("tx_hash", pa.string())])
_ACCOUNT_EVENTS = """
SELECT m.event FROM {rows} m LEFT SEMI JOIN {reached} p ON m.sender = p.name AND m.asset = p.asset WHERE m.block < END
UNION
SELECT m.event FROM {rows} m LEFT SEMI JOIN {reached} p ON m.receiver = p.name AND m.asset = p.asset WHERE m.block < END
UNION
SELECT m.event FROM {rows} m LEFT SEMI JOIN {named} n ON m.tx_hash = n.tx_hash
UNION
SELECT m.event FROM {rows} m JOIN {accounts} a ON m.sender = a.account WHERE m.block >= a.from_block
UNION
SELECT min(event) AS event FROM (
  SELECT m.sender AS account, m.asset, m.event FROM {rows} m LEFT SEMI JOIN {shown} s ON m.sender = s.account
  UNION ALL
  SELECT m.receiver AS account, m.asset, m.event FROM {rows} m LEFT SEMI JOIN {shown} s ON m.receiver = s.account
) f GROUP BY account, asset
UNION
SELECT max(event) AS event FROM {rows}
"""
_ACCOUNT_ROWS = """
SELECT m.*, b.time_max FROM {rows} m LEFT SEMI JOIN {events} e ON m.event = e.event
JOIN {blocks} b ON m.block = b.block
"""
_UTXO_NAMES = """
SELECT name AS tx_hash FROM {reached}
UNION
SELECT t.tx_hash FROM {transactions} t LEFT SEMI JOIN {named} n ON t.tx_hash = n.tx_hash
UNION
SELECT i.tx_hash FROM {inputs} i JOIN {accounts} a ON i.account = a.account
WHERE shiftright(i.event, BITS) >= a.from_block
UNION
SELECT min(tx_hash) AS tx_hash FROM (
  SELECT o.account, o.tx_hash FROM {outputs} o LEFT SEMI JOIN {shown} s ON o.account = s.account
  UNION ALL
  SELECT i.account, i.tx_hash FROM {inputs} i LEFT SEMI JOIN {shown} s ON i.account = s.account
) f GROUP BY account
UNION
SELECT min(t.tx_hash) AS tx_hash FROM {transactions} t
JOIN (SELECT max(event) AS event FROM {transactions}) l ON t.event = l.event
"""


@contextmanager
def extracting(
    session: Engine, cluster: ClusterLedger, wanted: Wanted, scratch: Path, progress: Progress | None
) -> Iterator[list[Chain]]:
    """What is wanted of every chain of a cluster ledger, in order of id, as long as the block runs.

    The chains' columns may be files in `scratch`.

    Raises:
        TooMuchReached: more rows are needed than the limit.
        IntegrityError: a file of the cluster ledger is not what the build wrote.
        SourceError: the engine or the store does not do as asked.
    """
    work = cluster.place.at("work", uuid.uuid4().hex)
    told = progress or (lambda *_: None)
    try:
        yield [
            _extract(session, cluster, name, wanted, work, scratch / str(number), told)
            for number, name in enumerate(sorted(cluster.chains))
        ]
    finally:
        work.remove()


def _extract(
    session: Engine,
    cluster: ClusterLedger,
    name: ChainId,
    wanted: Wanted,
    work: Place,
    scratch: Path,
    progress: Progress,
) -> Chain:
    chain = cluster.chains[name]
    cluster.check_files(name)
    place, work = cluster.chain_place(name, chain.folder), work.at(chain.folder)
    asked = put_wanted(session, place, wanted)
    scratch.mkdir(parents=True)
    if chain.kind == "account":
        _write_account_rows(session, place, asked, work, progress)
        work.at("rows").fetch(scratch / "rows")
        decimals = dict(zip(chain.assets, chain.decimals, strict=True))
        return _read_account_chain(name, decimals, scratch)
    _write_transactions(session, place, asked, work, progress)
    for table in ("rows", "times"):
        work.at(table).fetch(scratch / table)
    return _read_utxo_chain(name, scratch)


def _write_account_rows(session: Engine, place: Place, asked: Asked, work: Place, progress: Progress) -> None:
    reached = find_reached_pots(session, place, asked, work.at("reached"), progress)
    rows, blocks = session.read(place.at("rows"), ROWS), session.read(place.at("blocks"), BLOCKS)
    events = session.query(
        _ACCOUNT_EVENTS.replace("END", str(asked.end)),
        {
            "rows": rows,
            "reached": reached,
            "named": asked.named,
            "accounts": asked.accounts,
            "shown": asked.shown,
        },
    )
    session.write(events, work.at("events"))
    events = session.read(work.at("events"), _EVENTS)
    _check_size(session, "SELECT count(*) AS n FROM {found}", events, asked.limit, "rows")
    progress("bringing the rows here", 0, None)
    session.write(
        session.query(_ACCOUNT_ROWS, {"rows": rows, "events": events, "blocks": blocks}), work.at("rows")
    )


def _write_transactions(session: Engine, place: Place, asked: Asked, work: Place, progress: Progress) -> None:
    reached = find_reached_transactions(session, place, asked, work.at("reached"), progress)
    tables = {name: session.read(place.at(name), schema) for name, schema in UTXO_TABLES.items()}
    names = session.query(
        _UTXO_NAMES.replace("BITS", str(PLACE_BITS)),
        {
            **tables,
            "reached": reached,
            "named": asked.named,
            "accounts": asked.accounts,
            "shown": asked.shown,
        },
    )
    session.write(names, work.at("names"))
    names = session.read(work.at("names"), _NAMES)
    rows = session.query(
        f"SELECT u.* FROM ({UTXO_ROWS}) u LEFT SEMI JOIN {{names}} n ON u.tx_hash = n.tx_hash",
        {**tables, "names": names},
    )
    _check_size(session, "SELECT count(*) AS n FROM {found}", rows, asked.limit, "inputs and outputs")
    progress("bringing the transactions here", 0, None)
    session.write(rows, work.at("rows"))
    blocks = session.query(
        "SELECT b.block, b.time_max FROM {blocks} b LEFT SEMI JOIN "
        "(SELECT t.block FROM {transactions} t LEFT SEMI JOIN {names} n ON t.tx_hash = n.tx_hash) t ON b.block = t.block",
        {
            "blocks": session.read(place.at("blocks"), BLOCKS),
            "transactions": tables["transactions"],
            "names": names,
        },
    )
    session.write(blocks, work.at("times"))


def _check_size(session: Engine, sql: str, found: Frame, limit: int, what: str) -> None:
    (facts,) = session.get(session.query(sql, {"found": found}))
    if facts["n"] > limit:
        raise TooMuchReached(facts["n"], limit, what=what)


def _read_account_chain(name: ChainId, decimals: dict[str, int | None], scratch: Path) -> Chain:
    files = quote(str(scratch / "rows" / "*.parquet"))
    with duckdb.connect(":memory:") as con:
        con.execute(f"SET temp_directory = {quote(str(scratch / 'spill'))}")
        rows = con.sql(f"SELECT * FROM read_parquet({files}) ORDER BY event").to_arrow_reader(_BATCH)
        chain = build_chain(name, rows, decimals, scratch / "run")
        times = con.sql(
            f"SELECT block, max(time_max) AS time_max FROM read_parquet({files}) GROUP BY block ORDER BY block"
        ).fetchnumpy()
    return _with_times(_findable(chain), times["time_max"])


def _findable(chain: AccountChain) -> AccountChain:
    """The chain with accounts and hashes that can be looked up: a run just built has them in order of appearance."""
    runs = tuple(
        dataclasses.replace(run, accounts=_sort(run.accounts), tx_hashes=_sort(run.tx_hashes))
        for run in chain.runs
    )
    return dataclasses.replace(chain, runs=runs)


def _sort(texts: Texts) -> Texts:
    return texts.sorted() if isinstance(texts, MappedTexts) else texts


def _read_utxo_chain(name: ChainId, scratch: Path) -> Chain:
    with duckdb.connect(":memory:") as con:
        rows = con.sql(f"SELECT * FROM read_parquet({quote(str(scratch / 'rows' / '*.parquet'))})")
        found = to_transactions(rows.to_arrow_table().to_pylist(), forget_known=False)
        times = con.sql(
            f"SELECT block, time_max FROM read_parquet({quote(str(scratch / 'times' / '*.parquet'))}) ORDER BY block"
        ).fetchnumpy()
    return _with_times(build_utxo_chain(name, found), times["time_max"])


def _with_times(chain: Chain, times: Any) -> Chain:
    """The chain, of one run, with the running maxima of times that the whole chain has at its blocks."""
    column = np.asarray(times, np.int64)
    runs: Any = tuple(
        dataclasses.replace(run, blocks=dataclasses.replace(run.blocks, time_max=column))
        for run in chain.runs
    )
    return dataclasses.replace(chain, runs=runs)
