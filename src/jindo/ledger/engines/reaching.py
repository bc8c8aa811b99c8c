"""How far value can have gone, found on the cluster round by round: the pots or transactions that it can have reached.

* Account chains: a pot is reached by the first movement into it out of a pot reached before; a later finding of an
  earlier movement counts as new. UTXO chains: a transaction is reached when it spends an output that was.
* A movement of nothing, or of a pot to itself, reaches nobody; what is stopped is not followed.
* A pot found in round n is n hops away on some way; so a limit of hops is a limit of rounds, with one to spare.
* The answer may hold more than stolen value reached, never less; it says nothing of amounts.
* Each round's findings are files: a round costs one join, however many there were before.

The same for one machine is `trace`'s; what is brought here, `extracting`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from jindo.base.errors import RefusedError
from jindo.ledger.engines.places import Place
from jindo.ledger.engines.session import Engine, Frame
from jindo.ledger.engines.tables import PLACE_BITS, ROWS, UTXO_TABLES
from jindo.ledger.engines.wanted import Asked
from jindo.ledger.staging import Progress

_FOUND = pa.schema([("name", pa.string()), ("asset", pa.string()), ("event", pa.int64())])


class TooMuchReached(RefusedError):
    """More rows would have to be brought here than is allowed."""

    code = "ledger.too-much-reached"

    def __init__(self, rows: int, limit: int, *, what: str, at_least: bool = False) -> None:
        self.rows = rows
        """How many there are, or at least are."""
        self.limit = limit
        least = "at least " if at_least else ""
        super().__init__(
            f"the trace needs {least}{rows:,} {what}, and the limit is {limit:,}",
            place="--engine-limit",
            remedy="Label the services that were reached with --services, end the trace earlier with --until, or raise "
            "--engine-limit if this machine has the memory and disk for it.",
        )


@dataclass(frozen=True, slots=True)
class _Rounds:
    """Findings of each round, as files below one place."""

    session: Engine
    place: Place
    asked: Asked
    what: str
    progress: Progress

    def run(self, first: Frame, go_on: Callable[[Frame, Frame, int], Frame]) -> Frame:
        """Every finding, from the first on; `go_on` makes new ones of the last ones, all, and their least event."""
        found, number, total = first, 0, 0
        while True:
            place = self.place.at(f"round={number:05d}")
            self.session.write(found, place)
            last = self.session.read(place, _FOUND)
            (facts,) = self.session.get(
                self.session.query("SELECT count(*) AS n, min(event) AS first FROM {last}", {"last": last})
            )
            every = self.session.read(self.place, _FOUND)
            if not facts["n"]:
                return every
            number, total = number + 1, total + facts["n"]
            self.progress(f"round {number}: {total:,} {self.what} reached", number, None)
            if total > self.asked.limit:
                self._check_distinct(every)
            if number == self.asked.rounds:
                return every
            found = go_on(last, every, facts["first"])

    def _check_distinct(self, every: Frame) -> None:
        sql = "SELECT count(*) AS n FROM (SELECT DISTINCT name, asset FROM {every}) d"
        (facts,) = self.session.get(self.session.query(sql, {"every": every}))
        if facts["n"] > self.asked.limit:
            raise TooMuchReached(facts["n"], self.asked.limit, what=self.what, at_least=True)


_ACCOUNT_SEEDS = """
SELECT receiver AS name, asset, min(event) AS event FROM (
  SELECT m.receiver, m.asset, m.event, m.block FROM {rows} m JOIN {named} n ON m.tx_hash = n.tx_hash
  WHERE (n.place IS NULL AND m.kind <> 2) OR (n.place = m.position AND m.kind IN (1, 4))
  UNION ALL
  SELECT m.receiver, m.asset, m.event, m.block FROM {rows} m JOIN {accounts} a ON m.sender = a.account
  LEFT ANTI JOIN {accounts} b ON m.receiver = b.account
  WHERE m.block >= a.from_block
) s LEFT ANTI JOIN {stopped} t ON s.receiver = t.account
WHERE s.receiver IS NOT NULL AND s.block < END GROUP BY receiver, asset
"""
_ACCOUNT_ROUND = """
SELECT n.name, n.asset, n.event FROM (
  SELECT m.receiver AS name, m.asset AS asset, min(m.event) AS event
  FROM {rows} m JOIN {last} f ON m.sender = f.name AND m.asset = f.asset
  WHERE m.event > f.event AND m.event > FIRST AND m.block < END
    AND m.amount <> '0' AND m.receiver IS NOT NULL AND m.receiver <> m.sender
  GROUP BY m.receiver, m.asset
) n LEFT ANTI JOIN {stopped} t ON n.name = t.account
LEFT JOIN (SELECT name, asset, min(event) AS event FROM {every} GROUP BY name, asset) k
  ON n.name = k.name AND n.asset = k.asset
WHERE k.event IS NULL OR n.event < k.event
"""
_UTXO_SEEDS = """
SELECT o.tx_hash, o.place, o.account FROM {outputs} o JOIN {named} n ON o.tx_hash = n.tx_hash AND o.place = n.place
UNION
SELECT o.tx_hash, o.place, o.account FROM {outputs} o
  LEFT SEMI JOIN (SELECT tx_hash FROM {named} WHERE place IS NULL) n ON o.tx_hash = n.tx_hash
  LEFT ANTI JOIN {inputs} i ON o.tx_hash = i.tx_hash AND o.account = i.account
UNION
SELECT o.tx_hash, o.place, o.account FROM {outputs} o
  LEFT SEMI JOIN (SELECT i.tx_hash FROM {inputs} i JOIN {accounts} a ON i.account = a.account
    WHERE shiftright(i.event, BITS) >= a.from_block) p ON o.tx_hash = p.tx_hash
  LEFT ANTI JOIN {accounts} b ON o.account = b.account
"""
_UTXO_MADE = """
SELECT o.tx_hash, o.place, o.account FROM {outputs} o LEFT SEMI JOIN {last} f ON o.tx_hash = f.name
"""
_UTXO_SPENT = """
SELECT DISTINCT i.tx_hash AS name, '' AS asset, i.event AS event FROM {inputs} i
JOIN (SELECT m.tx_hash, m.place FROM {made} m LEFT ANTI JOIN {stopped} t ON m.account = t.account) f
  ON i.spent_hash = f.tx_hash AND i.spent_place = f.place
WHERE shiftright(i.event, BITS) < END
"""
_UTXO_NEW = "SELECT n.name, n.asset, n.event FROM {found} n LEFT ANTI JOIN {every} k ON n.name = k.name"


def find_reached_pots(session: Engine, chain: Place, asked: Asked, work: Place, progress: Progress) -> Frame:
    """Pots (name, asset) that are reached and followed, some more than once.

    Raises:
        TooMuchReached: there are more than the limit, and each has a row or more.
    """
    rows = session.read(chain.at("rows"), ROWS)
    tables = {"rows": rows, "stopped": asked.stopped}
    seeds = session.query(
        _ACCOUNT_SEEDS.replace("END", str(asked.end)),
        {**tables, "named": asked.named, "accounts": asked.accounts},
    )

    def go_on(last: Frame, every: Frame, first: int) -> Frame:
        sql = _ACCOUNT_ROUND.replace("FIRST", str(first)).replace("END", str(asked.end))
        return session.query(sql, {**tables, "last": last, "every": every})

    return _Rounds(session, work, asked, "pots", progress).run(seeds, go_on)


def find_reached_transactions(
    session: Engine, chain: Place, asked: Asked, work: Place, progress: Progress
) -> Frame:
    """Transactions (name) that spend what stolen value can have reached, each once.

    Raises:
        TooMuchReached: there are more than the limit.
    """
    outputs, inputs = (session.read(chain.at(name), UTXO_TABLES[name]) for name in ("outputs", "inputs"))
    bits = str(PLACE_BITS)
    spent = _UTXO_SPENT.replace("BITS", bits).replace("END", str(asked.end))
    made = session.query(
        _UTXO_SEEDS.replace("BITS", bits),
        {"outputs": outputs, "inputs": inputs, "named": asked.named, "accounts": asked.accounts},
    )
    tables = {"inputs": inputs, "stopped": asked.stopped}

    def go_on(last: Frame, every: Frame, first: int) -> Frame:
        made = session.query(_UTXO_MADE, {"outputs": outputs, "last": last})
        found = session.query(spent, {**tables, "made": made})
        return session.query(_UTXO_NEW, {"found": found, "every": every})

    rounds = _Rounds(session, work, asked, "transactions", progress)
    return rounds.run(session.query(spent, {**tables, "made": made}), go_on)
