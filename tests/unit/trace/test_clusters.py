"""Clusters: who signs together is one, and every union names its transaction."""

import numpy as np
import pytest
from tests.unit.trace.chains import coin, outside, spend, utxo_chain
from tests.unit.trace.joins import chain_of, joinmarket, wabisabi, whirlpool, zerolink

from jindo.ledger import UtxoChain
from jindo.trace.clusters import Clusters, Union, build_clusters, build_forest, merge_forests
from jindo.trace.coinjoins import find_coinjoins


@pytest.fixture
def chain() -> UtxoChain:
    """1: A and B; 2: C and D; 3: B and C; 4: A and D, which joins nothing new; E is alone."""
    return utxo_chain(
        coin("a1", ("A", 5), ("B", 5), ("C", 5), ("D", 5), ("B", 5), ("C", 5), ("A", 5), ("D", 5), ("E", 5)),
        spend("b1", ["a1:0", "a1:1"], ("X", 10)),
        spend("b2", ["a1:2", "a1:3"], ("X", 10)),
        spend("b3", ["a1:4", "a1:5"], ("Y", 10)),
        spend("b4", ["a1:6", "a1:7"], ("Z", 10)),
    )


def ids(chain: UtxoChain, names: str) -> list[int]:
    return [chain.accounts.find(name) for name in names]


def named(chain: UtxoChain, path: list[Union] | None) -> list[tuple[str, str, int]] | None:
    if path is None:
        return None
    return [(chain.accounts[step.start], chain.accounts[step.stop], step.transaction) for step in path]


def test_who_signs_together_is_in_one_cluster(chain: UtxoChain) -> None:
    clusters = build_clusters(chain)
    a, b, c, d, e, x = ids(chain, "ABCDEX")
    assert {clusters.cluster_of(account) for account in (a, b, c, d)} == {a}
    assert clusters.members(clusters.cluster_of(d)).tolist() == [a, b, c, d]
    assert clusters.cluster_of(e) == e
    assert clusters.cluster_of(x) == x
    assert clusters.sizes[a] == 4
    assert clusters.joined_count == 1


def test_forest_has_the_transactions_that_first_joined(chain: UtxoChain) -> None:
    clusters = build_clusters(chain)
    assert clusters.forest.transaction.tolist() == [1, 2, 3]


def test_explain_gives_the_path_in_its_direction(chain: UtxoChain) -> None:
    clusters = build_clusters(chain)
    a, d, e = ids(chain, "ADE")
    assert named(chain, clusters.explain(a, d)) == [("A", "B", 1), ("B", "C", 3), ("C", "D", 2)]
    assert named(chain, clusters.explain(d, a)) == [("D", "C", 2), ("C", "B", 3), ("B", "A", 1)]
    assert clusters.explain(a, a) == []
    assert clusters.explain(a, e) is None


def test_excluded_transactions_join_nothing(chain: UtxoChain) -> None:
    a, b, c, d = ids(chain, "ABCD")
    clusters = build_clusters(chain, [3])
    assert named(chain, clusters.explain(a, d)) == [("A", "D", 4)]
    assert clusters.forest.transaction.tolist() == [1, 2, 4]
    assert build_clusters(chain, [3, 4]).explain(b, c) is None


def test_transactions_after_the_end_join_nothing(chain: UtxoChain) -> None:
    a, _, c, _ = ids(chain, "ABCD")
    assert build_clusters(chain, end=3).explain(a, c) is None


def test_inputs_of_unknown_owners_join_nobody() -> None:
    chain = utxo_chain(spend("b1", [outside(5), outside(5, index=1), outside(5, "A", index=2)], ("X", 15)))
    clusters = build_clusters(chain)
    assert len(clusters.forest) == 0


def test_inputs_whose_outputs_are_elsewhere_join_by_their_stated_owners() -> None:
    chain = utxo_chain(spend("b1", [outside(5, "A"), outside(5, "B", index=1)], ("X", 10)))
    clusters = build_clusters(chain)
    assert clusters.cluster_of(chain.accounts.find("A")) == clusters.cluster_of(chain.accounts.find("B"))


@pytest.mark.parametrize("join", [whirlpool(), zerolink(), wabisabi(), joinmarket(5)])
def test_no_cluster_merges_across_a_coinjoin(
    join: tuple[list[tuple[str, int]], list[tuple[str, int]]],
) -> None:
    chain = chain_of(join)
    assert build_clusters(chain).joined_count == 1
    assert build_clusters(chain, find_coinjoins(chain).transactions).joined_count == 0


def test_merge_forests_gives_the_whole_of_parts_in_any_order(chain: UtxoChain) -> None:
    parts = [build_forest(chain, excluded=set(range(5)) - {kept}) for kept in (4, 3, 1, 2)]
    merged = merge_forests(parts, len(chain.accounts), end=chain.tx_count)
    assert merged.forest == build_clusters(chain).forest
    assert merged.roots.tolist() == build_clusters(chain).roots.tolist()


def test_merge_forests_takes_overlapping_parts_once(chain: UtxoChain) -> None:
    whole = build_forest(chain)
    merged = merge_forests([whole, build_forest(chain, [1]), whole], len(chain.accounts), end=chain.tx_count)
    assert merged.forest == whole


def test_a_chain_without_rows_has_no_clusters() -> None:
    clusters = build_clusters(utxo_chain())
    assert (len(clusters.roots), len(clusters.forest), clusters.joined_count) == (0, 0, 0)


def test_explain_walks_a_chain_of_many_unions() -> None:
    count = 3_000
    made = coin("a1", *[(f"A{i // 2}", 1) for i in range(2 * count)])
    rows = [spend(f"b{i:04x}", [f"a1:{2 * i + 1}", f"a1:{2 * i + 2}"], ("X", 2)) for i in range(count - 1)]
    chain = utxo_chain(made, *rows)
    clusters: Clusters = build_clusters(chain, part_size=100)
    path = clusters.explain(chain.accounts.find("A0"), chain.accounts.find(f"A{count - 1}"))
    assert path is not None
    assert [step.transaction for step in path] == list(range(1, count))
    assert np.unique(clusters.roots).size == 2
