"""Building the clusters of a chain: one pass in ledger order, or forests of parts that are merged.

* Who signs for several accounts in one transaction is taken for their owner (common-input ownership).
* A transaction that is excluded joins nothing: CoinJoins are, and whatever else the caller names.
* Candidates are ordered by the ledger's inputs, each its own place; so the minimum spanning forest is one alone, and that
  of the whole is that of the parts' forests (Kruskal over what they kept), in whatever order parts come.
* Memory: a parent for each account, the unions, and one part of the chain.

Sources: Meiklejohn et al., "A fistful of bitcoins" (2013), heuristic 1; Kruskal (1956).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from jindo.ledger import Ints, UtxoChain
from jindo.trace.clusters.forest import Clusters, Forest
from jindo.trace.clusters.kernel_unions import flatten, unite_edges, unite_inputs
from jindo.trace.parts import PART, iter_input_parts

HEURISTIC = "common-input"
VERSION = "1"
"""Raised when what is joined changes: results with another version are not compared silently."""


def build_clusters(
    chain: UtxoChain, excluded: Iterable[int] = (), *, end: int | None = None, part_size: int = PART
) -> Clusters:
    """The clusters that transactions 0 to `end` (all, where it is not given) make, without those excluded."""
    end = chain.tx_count if end is None else end
    parents = _alone(len(chain.accounts))
    found = list(_iter_unions(chain, parents, _sorted(excluded), end=end, part_size=part_size))
    flatten(parents)
    return Clusters(parents, _join(found), end)


def build_forest(
    chain: UtxoChain, excluded: Iterable[int] = (), *, end: int | None = None, part_size: int = PART
) -> Forest:
    """The forest of a part of the chain: of the transactions before `end` that are not excluded."""
    return build_clusters(chain, excluded, end=end, part_size=part_size).forest


def merge_forests(forests: Iterable[Forest], accounts: int, *, end: int) -> Clusters:
    """The clusters of the whole, of forests of its parts; parts may overlap and come in any order.

    `accounts` is how many the whole has, `end` the number of its transactions that the parts have looked at.
    """
    whole = _join(list(forests))
    order = np.argsort(whole.input, kind="stable")
    parents, kept = _alone(accounts), np.zeros(len(order), np.bool_)
    unite_edges(whole.one[order], whole.other[order], parents, kept)
    flatten(parents)
    return Clusters(parents, _take(whole, order[kept]), end)


def _iter_unions(
    chain: UtxoChain, parents: Ints, excluded: Ints, *, end: int, part_size: int
) -> Iterator[Forest]:
    for part in iter_input_parts(chain, end=end, size=part_size):
        room = len(part.in_account)
        ones, others = np.empty(room, parents.dtype), np.empty(room, parents.dtype)
        transactions, inputs = np.empty(room, np.int64), np.empty(room, np.int64)
        at = int(np.searchsorted(excluded, part.first_transaction))
        count = unite_inputs(part, excluded, at, parents, ones, others, transactions, inputs)
        yield Forest(*(column[:count].copy() for column in (ones, others, transactions, inputs)))


def _alone(accounts: int) -> Ints:
    """Every account in a cluster of its own; int32 where ids fit."""
    return np.arange(accounts, dtype=np.int32 if accounts < 1 << 31 else np.int64)


def _sorted(transactions: Iterable[int]) -> Ints:
    given = transactions if isinstance(transactions, np.ndarray) else np.fromiter(transactions, np.int64)
    return np.unique(given.astype(np.int64))


def _join(forests: list[Forest]) -> Forest:
    if not forests:
        nothing = np.zeros(0, np.int64)
        return Forest(nothing.astype(np.int32), nothing.astype(np.int32), nothing, nothing)
    names = ("one", "other", "transaction", "input")
    return Forest(*(np.concatenate([getattr(forest, name) for forest in forests]) for name in names))


def _take(forest: Forest, places: Ints) -> Forest:
    return Forest(forest.one[places], forest.other[places], forest.transaction[places], forest.input[places])
