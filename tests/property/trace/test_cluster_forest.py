"""The forest is the minimum spanning forest by ledger order, whatever way it is built."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.property.trace.strategies import Case, utxo_cases

from jindo.ledger import UtxoChain
from jindo.trace.clusters import Clusters, build_clusters, build_forest, merge_forests


def build_by_definition(chain: UtxoChain, excluded: set[int]) -> tuple[list[frozenset[int]], list[int]]:
    """Clusters as sets, grown transaction by transaction, and the transactions that joined any."""
    clusters = {account: frozenset([account]) for account in range(len(chain.accounts))}
    joining = []
    for transaction in range(chain.tx_count):
        owners = {int(chain.in_account[i]) for i in chain.inputs_of(transaction)} - {-1}
        if transaction in excluded or not owners:
            continue
        joining += [transaction] * (len({clusters[owner] for owner in owners}) - 1)
        whole = frozenset().union(*(clusters[owner] for owner in owners))
        clusters |= dict.fromkeys(whole, whole)
    return sorted(set(clusters.values()), key=min), joining


def to_sets(clusters: Clusters) -> list[frozenset[int]]:
    roots = sorted(set(clusters.roots.tolist()))
    return [frozenset(clusters.members(clusters.cluster_of(root)).tolist()) for root in roots]


@given(utxo_cases(), st.sets(st.integers(0, 19), max_size=4), st.integers(1, 6))
def test_clusters_are_those_of_the_definition(case: Case, excluded: set[int], size: int) -> None:
    expected, joining = build_by_definition(case.chain, excluded)
    for chain in (case.chain, case.split):
        clusters = build_clusters(chain, excluded, part_size=size)
        assert to_sets(clusters) == expected
        assert clusters.forest.transaction.tolist() == joining
        assert [min(members) for members in expected] == sorted(set(clusters.roots.tolist()))


@given(utxo_cases(), st.lists(st.integers(0, 3), min_size=20, max_size=20), st.randoms())
def test_forests_of_any_parts_merge_to_the_whole(case: Case, share: list[int], chance: st.DataObject) -> None:
    """Each transaction is dealt to one of four workers; forests come in any order, and are merged in two steps."""
    whole = build_clusters(case.chain)
    parts = [
        build_forest(case.split, excluded=[t for t in range(20) if share[t] != worker]) for worker in range(4)
    ]
    chance.shuffle(parts)  # type: ignore[attr-defined]
    accounts, end = len(case.chain.accounts), case.chain.tx_count
    half = merge_forests(parts[:2], accounts, end=end).forest
    merged = merge_forests([*parts[2:], half], accounts, end=end)
    assert merged.forest == whole.forest
    assert merged.roots.tolist() == whole.roots.tolist()


@given(utxo_cases())
def test_every_step_of_a_path_is_signed_by_both(case: Case) -> None:
    clusters, chain = build_clusters(case.chain), case.chain
    for account in range(len(chain.accounts)):
        root = int(clusters.cluster_of(account))
        path = clusters.explain(root, account)
        assert path is not None
        at = root
        for step in path:
            signed = {int(chain.in_account[i]) for i in chain.inputs_of(step.transaction)}
            assert {step.start, step.stop} <= signed
            assert step.start == at
            at = step.stop
        assert at == account


@given(utxo_cases())
def test_a_path_is_as_early_as_any(case: Case) -> None:
    """Before the latest transaction of the path, the two were in two clusters."""
    clusters = build_clusters(case.chain)
    for account in range(len(case.chain.accounts)):
        path = clusters.explain(int(clusters.cluster_of(account)), account)
        if path:
            latest = max(step.transaction for step in path)
            before = build_clusters(case.chain, end=latest)
            assert before.explain(int(clusters.cluster_of(account)), account) is None
