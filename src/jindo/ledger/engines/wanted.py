"""What a trace wants of a cluster ledger, as plain words: no ids, since a cluster has none.

* It says where stolen value begins and where following stops; the cluster answers with a superset of what is needed.
* Times become blocks by the running maximum of times, as everywhere in a ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from jindo.ledger.engines.places import Place
from jindo.ledger.engines.session import Engine, Frame
from jindo.ledger.engines.tables import BLOCKS, MOST_BLOCKS

LIMIT = 50_000_000
"""Rows that are brought here where nobody says another number."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a trace names."""

    transfers: tuple[tuple[str, int | None], ...]
    """Transaction hash, and log or output index where one movement alone is meant."""
    accounts: tuple[tuple[str, int | None], ...]
    """Address whose sends are stolen, and the time (unix seconds) from which on."""
    stopped: frozenset[str] = frozenset()
    """Addresses that are not followed."""
    shown: frozenset[str] = frozenset()
    """Addresses of which it must be plain that they are there: those of opening balances."""
    until: int | None = None
    """Blocks whose running maximum of times is past this are left out."""
    limit: int = LIMIT
    """Rows that may be brought here."""
    max_hops: int | None = None
    """Pots one hop beyond this are stopped."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted, as tables on the cluster."""

    end: int
    """Blocks from this one on are left out."""
    limit: int
    rounds: int | None
    """Rounds of the search that surely reach every pot that is followed; `None` for as many as there are."""
    named: Frame
    """tx_hash, place (NULL for all)."""
    accounts: Frame
    """account, from_block (NULL where its time never comes)."""
    stopped: Frame
    """account."""
    shown: Frame
    """account: those named, and those of opening balances."""


def put_wanted(session: Engine, chain: Place, wanted: Wanted) -> Asked:
    """The tables of what is wanted, with times as blocks of the chain."""
    blocks = session.read(chain.at("blocks"), BLOCKS)
    froms = {
        time: 0 if time is None else _first_block(session, blocks, f"time_max >= {time}")
        for _, time in wanted.accounts
    }
    end = None if wanted.until is None else _first_block(session, blocks, f"time_max > {wanted.until}")
    hashes, places = [name for name, _ in wanted.transfers], [place for _, place in wanted.transfers]
    addresses = [address for address, _ in wanted.accounts]
    shown = sorted({*addresses, *wanted.shown})
    return Asked(
        end=MOST_BLOCKS if end is None else end,
        limit=wanted.limit,
        rounds=None if wanted.max_hops is None else wanted.max_hops + 1,
        named=_put(session, {"tx_hash": hashes}, {"place": places}),
        accounts=_put(
            session, {"account": addresses}, {"from_block": [froms[time] for _, time in wanted.accounts]}
        ),
        stopped=_put(session, {"account": sorted(wanted.stopped)}, {}),
        shown=_put(session, {"account": shown}, {}),
    )


def _first_block(session: Engine, blocks: Frame, where: str) -> int | None:
    found = session.get(
        session.query(f"SELECT min(block) AS first FROM {{blocks}} WHERE {where}", {"blocks": blocks})
    )
    first: int | None = found[0]["first"]
    return first


def _put(session: Engine, texts: Mapping[str, list[str]], numbers: Mapping[str, list[int | None]]) -> Frame:
    columns = {name: pa.array(values, pa.string()) for name, values in texts.items()}
    columns |= {name: pa.array(values, pa.int64()) for name, values in numbers.items()}
    return session.put(pa.table(columns))
