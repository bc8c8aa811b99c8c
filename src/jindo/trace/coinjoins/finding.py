"""Finding the CoinJoins of a chain, and what is said of each.

* One pass over the chain, a part at a time; the answer is the same however the chain is cut into runs or parts.
* A Whirlpool round that spends another's output of the same pool is surer than its structure alone [GS 76].
* Confidence is the sources' scale, 0 to 100. It ranks; it is no probability, and none was measured.

Stops and clusters that rest on this are made by others: `find_outputs` for the one, `transactions` for the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from typing import Any

import numpy as np

from jindo.ledger import Ints, UtxoChain
from jindo.trace.coinjoins import kernel_rules, kernel_shares, kernel_sorting, kernel_structure
from jindo.trace.coinjoins.kernel_rules import (
    CONFIDENCE,
    DEALT,
    DENOMINATION,
    FIGURES,
    KIND,
    TX,
    WHIRLPOOL,
    Thresholds,
)
from jindo.trace.coinjoins.kernel_structure import JoinQuestion
from jindo.trace.coinjoins.parameters import KINDS, CoinJoinParameters, build_denominations
from jindo.trace.compiling import compile_stamped
from jindo.trace.parts import PART, TransactionPart, iter_transaction_parts

HEURISTIC = "coinjoin-structure"
VERSION = "1"
"""Raised when a rule or a default changes: results with another version are not compared silently."""
_SURER = 90
"""Confidence of a Whirlpool round whose inputs come out of another [GS 76]."""
_DEALT = ("not decided", "fits", "does not fit")
COLUMNS = (
    *("transaction", "kind", "confidence", "participants", "denomination", "inputs", "outputs", "owners"),
    *("most_owned", "fitting", "odd", "changes", "levels", "dealt"),
)
"""Names of the figures' columns, in their order; `kind` is a place in `KINDS`."""
_SAID = {name: place for place, name in enumerate(COLUMNS) if name not in ("transaction", "kind", "dealt")}
"""Where the figures of a CoinJoin stand."""


@dataclass(frozen=True, slots=True)
class CoinJoin:
    """One transaction that looks like a CoinJoin, and the figures that decided."""

    transaction: int
    kind: str
    """One of `KINDS`."""
    confidence: int
    """0 to 100, on the sources' scale."""
    participants: int
    """As many as have an equal output; 0 where the protocol hides it (`wasabi-2`)."""
    denomination: int
    """Base units of the equal outputs, of the smallest where there are several; 0 for `wasabi-2`."""
    inputs: int
    outputs: int
    owners: int
    """Distinct addresses among the inputs; an unknown one is its own."""
    most_owned: int
    """Inputs of the address that has most of them."""
    fitting: int
    """Outputs of the protocol's denominations."""
    odd: int
    """Those of them that are no round decimal number (`wasabi-2`)."""
    changes: int
    """All other outputs."""
    levels: int
    """Denominations used (`wasabi-1`: 1 is version 1.0, more are 1.1)."""
    dealt: str
    """Whether the inputs could be dealt out to the participants (`joinmarket`)."""

    def to_json(self) -> dict[str, Any]:
        """The same as a JSON object, amounts as strings; the transaction is left to who knows its hash."""
        said = asdict(self)
        del said["transaction"]
        return {**said, "denomination": str(self.denomination)}


@dataclass(frozen=True, slots=True)
class CoinJoins:
    """The CoinJoins of one chain, in ledger order."""

    figures: Ints
    """int64, shape (n, `kernel_rules.FIGURES`)."""
    end: int
    """Transactions from this one on were not looked at."""
    parameters: CoinJoinParameters

    @property
    def transactions(self) -> Ints:
        """The transactions, ascending."""
        return self.figures[:, TX]

    @property
    def kinds(self) -> Ints:
        """The kind of each, as a place in `KINDS`."""
        return self.figures[:, KIND]

    def __len__(self) -> int:
        return len(self.figures)

    def __getitem__(self, place: int) -> CoinJoin:
        row: list[int] = self.figures[place].tolist()
        return CoinJoin(
            transaction=row[TX],
            kind=KINDS[row[KIND]],
            dealt=_DEALT[row[DEALT]],
            **{name: row[column] for name, column in _SAID.items()},
        )

    def __iter__(self) -> Iterator[CoinJoin]:
        return (self[place] for place in range(len(self)))

    def find(self, transaction: int) -> CoinJoin | None:
        """What is said of a transaction, `None` where it is no CoinJoin."""
        place = int(np.searchsorted(self.transactions, transaction))
        is_there = place < len(self) and self.transactions[place] == transaction
        return self[place] if is_there else None

    def find_outputs(self, chain: UtxoChain) -> Ints:
        """Every output of these transactions, ascending: where following stops."""
        spans = [chain.outputs_of(int(tx)) for tx in self.transactions]
        return np.concatenate([np.arange(s.start, s.stop) for s in spans] or [np.zeros(0, np.int64)])


def find_coinjoins(
    chain: UtxoChain,
    parameters: CoinJoinParameters | None = None,
    *,
    end: int | None = None,
    part_size: int = PART,
) -> CoinJoins:
    """The CoinJoins among transactions 0 to `end` (all, where it is not given) of a UTXO chain."""
    asked = parameters or CoinJoinParameters()
    end = chain.tx_count if end is None else end
    thresholds = _to_thresholds(asked)
    found = [_find_in(part, thresholds) for part in iter_transaction_parts(chain, end=end, size=part_size)]
    figures = np.concatenate(found or [np.zeros((0, FIGURES), np.int64)])
    return _verify_lineage(chain, CoinJoins(figures, end, asked))


def _find_in(part: TransactionPart, thresholds: Thresholds) -> Ints:
    inputs, outputs = (int(np.diff(ends).max(initial=0)) for ends in (part.in_offsets, part.out_offsets))
    room = kernel_shares.build_scratch(inputs, outputs)
    found = np.empty((len(part.coinbase) + 1, FIGURES), np.int64)
    count = _compiled()(JoinQuestion(part, thresholds), found, room)
    return found[:count].copy()


@cache
def _compiled() -> Callable[..., int]:
    modules = (kernel_sorting, kernel_shares, kernel_rules, kernel_structure)
    return compile_stamped(kernel_structure.run, *modules)


def _to_thresholds(asked: CoinJoinParameters) -> Thresholds:
    round_ones, odd_ones = build_denominations()
    same = {f.name: getattr(asked, f.name) for f in fields(asked) if f.name != "whirlpool_pools"}
    pools, rounds, odds = (
        np.array(sorted(v), np.int64) for v in (asked.whirlpool_pools, round_ones, odd_ones)
    )
    return Thresholds(pools=pools, round_ones=rounds, odd_ones=odds, **same)


def _verify_lineage(chain: UtxoChain, found: CoinJoins) -> CoinJoins:
    """The same, with the Whirlpool rounds surer that spend an output of an earlier one of their pool."""
    places = np.flatnonzero(found.figures[:, KIND] == WHIRLPOOL)
    if not len(places):
        return found
    figures = found.figures.copy()
    made = {int(figures[i, TX]): int(figures[i, DENOMINATION]) for i in places}
    for i in places:
        spent = (int(chain.in_output[k]) for k in chain.inputs_of(int(figures[i, TX])))
        pools = (made.get(chain.output_tx(output)) for output in spent if output >= 0)
        if figures[i, DENOMINATION] in pools:
            figures[i, CONFIDENCE] = _SURER
    return replace(found, figures=figures)
