"""CoinJoins in a real block: what is found there has the structure of Whirlpool rounds, and nothing joins across it.

Nobody has said which transactions of the block are CoinJoins, so this measures no error.
"""

from pathlib import Path

import pytest

from jindo.app import build_cluster_folder, import_source
from jindo.base.ids import BITCOIN
from jindo.ledger import UtxoChain, open_ledger
from jindo.trace.clusters import build_clusters
from jindo.trace.coinjoins import find_coinjoins

BLOCK = "mainnet_block_000000000000000000000c835b2adcaedc20fdf6ee440009c249452c726dafae.raw"
"""Height 702861, September 2021, 2,500 transactions; nearly all spend outputs of other blocks."""


@pytest.fixture(scope="module")
def ledger(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("blocks") / "ledger"
    import_source(str(data_dir / "blocks" / "bitcoin" / BLOCK), format="bitcoin-blocks", into=into)
    return into


@pytest.mark.realdata
def test_block_702861_has_seven_transactions_like_whirlpool_rounds(ledger: Path) -> None:
    chain = open_ledger(ledger).chain(BITCOIN)
    assert isinstance(chain, UtxoChain)
    found = find_coinjoins(chain)
    assert [(c.kind, c.inputs, c.outputs) for c in found] == [("whirlpool", 5, 5)] * 7
    assert sorted(c.denomination for c in found) == [100_000] * 4 + [1_000_000] * 3
    hashes = {chain.tx_hashes[int(tx)] for tx in found.transactions}
    assert "d6b212a663c85b03fb391fe69c59520e61b8a5970678ef7f376889a145e215a6" in hashes


@pytest.mark.realdata
def test_clusters_of_the_block_leave_them_out(ledger: Path) -> None:
    chain = open_ledger(ledger).chain(BITCOIN)
    assert isinstance(chain, UtxoChain)
    found = find_coinjoins(chain)
    clusters = build_clusters(chain, found.transactions)
    assert not set(found.transactions.tolist()) & set(clusters.forest.transaction.tolist())
    assert build_cluster_folder(ledger)["chains"][0]["clusters"] == clusters.joined_count > 0
