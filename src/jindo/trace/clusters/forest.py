"""What clustering gives: which cluster each account is in, and the forest of unions that proves it.

* A union is an edge (account, account, transaction): the transaction first joined two clusters by signing for both.
* Among all ways to join a cluster the forest has the earliest unions, so each path in it is the earliest proof there is.
* A cluster is named by its account first seen in the ledger. `ClusterId` and account are different types: a figure is of
  addresses or of clusters, and never of both.

How the forest is found is `building`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, NewType

import numpy as np

from jindo.ledger import Ints
from jindo.trace.clusters.kernel_unions import find_path

ClusterId = NewType("ClusterId", int)
"""A cluster, by the id of its account first seen."""


class Union(NamedTuple):
    """One step of a proof: a transaction that signed for both accounts."""

    start: int
    """The account nearer to where the path begins."""
    stop: int
    transaction: int


@dataclass(frozen=True, slots=True)
class Forest:
    """The unions of a chain or of a part of it, in ledger order; four columns of one length."""

    one: Ints
    """The first account that the transaction signs for."""
    other: Ints
    """The account that this input added."""
    transaction: Ints
    input: Ints
    """The input (the chain's row) that made the union: ascending, and what orders unions of one transaction."""

    def __len__(self) -> int:
        return len(self.input)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Forest):
            return NotImplemented
        columns = ("one", "other", "transaction", "input")
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in columns)

    __hash__ = None  # type: ignore[assignment]  # a forest is data, not a key


@dataclass(frozen=True, eq=False)
class Clusters:
    """The clusters of one chain's accounts."""

    roots: Ints
    """The cluster of each account; shape (accounts,)."""
    forest: Forest
    end: int
    """Transactions from this one on were not looked at."""

    def cluster_of(self, account: int) -> ClusterId:
        """The cluster that an account is in; alone in its own where no transaction joined it."""
        return ClusterId(int(self.roots[account]))

    def members(self, cluster: ClusterId) -> Ints:
        """The accounts of a cluster, ascending."""
        return np.flatnonzero(np.asarray(self.roots) == cluster)

    @cached_property
    def sizes(self) -> Ints:
        """How many accounts each cluster has, at the place of its id; 0 elsewhere."""
        return np.bincount(np.asarray(self.roots), minlength=len(self.roots))

    @property
    def joined_count(self) -> int:
        """Clusters of more than one account."""
        return int(np.count_nonzero(self.sizes > 1))

    def find_unions(self, cluster: ClusterId) -> Ints:
        """The places in the forest of a cluster's unions: one fewer than it has accounts."""
        return np.flatnonzero(np.asarray(self.roots)[self.forest.one] == cluster)

    def explain(self, start: int, stop: int) -> list[Union] | None:
        """The path of unions from one account to another; empty for the same, `None` where they are not in one cluster.

        Every path that joins the two by transactions of this chain has a union as late as the latest of this one.
        """
        if self.cluster_of(start) != self.cluster_of(stop):
            return None
        path, at = list[Union](), start
        for place in self._find_path(start, stop).tolist():
            one, other = int(self.forest.one[place]), int(self.forest.other[place])
            following = other if at == one else one
            path.append(Union(at, following, int(self.forest.transaction[place])))
            at = following
        return path

    def _find_path(self, start: int, stop: int) -> Ints:
        """The places in the forest of the unions from one account to another of its cluster, in their order."""
        members, places = self.members(self.cluster_of(start)), self.find_unions(self.cluster_of(start))
        ones, others = (np.searchsorted(members, c[places]) for c in (self.forest.one, self.forest.other))
        ends = np.searchsorted(members, [start, stop]).tolist()
        path = np.zeros(len(members), np.int64)
        count = 0
        if start != stop:
            joint, degree = np.zeros(len(members), np.int64), np.zeros(len(members), np.int64)
            count = find_path(ones, others, ends[0], ends[1], joint, degree, path)
        return places[path[:count]]
