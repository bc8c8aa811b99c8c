"""The same findings on a real cluster: Apache Spark 4, a master and two workers of their own on loopback.

What Spark built, Sail reads too.

Runs where `SPARK_HOME` names a Spark, or PyPI's `pyspark` package unpacked; it is left out elsewhere, and pytest says
how many were.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.engines.spark_cases import (
    Asked,
    find_locally,
    find_on_cluster,
    make_account_pair,
    make_utxo_pair,
)

from jindo.ledger import open_ledger
from jindo.trace import NamedTransfer
from spark_standalone import find_spark, running_spark

pytestmark = [pytest.mark.engine("spark"), pytest.mark.slow]


@pytest.fixture(scope="module")
def spark_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Spark Connect server over two workers."""
    home = find_spark()
    assert home is not None
    with running_spark(home, tmp_path_factory.mktemp("spark"), workers=2) as url:
        yield url


def test_account_chain_gives_the_same_findings_on_two_workers_and_on_sail(
    tmp_path: Path, spark_url: str, sail_url: str
) -> None:
    pair = make_account_pair(tmp_path, spark_url, 5, parts=4)
    assert pair.built.fingerprint == pair.local.fingerprint
    (chain,) = (open_ledger(pair.ledger).chain(name) for name in open_ledger(pair.ledger).chain_ids())
    named = NamedTransfer("t", chain.tx_hashes[3]), NamedTransfer("u", chain.tx_hashes[40])
    asked = Asked(named, services=(chain.accounts[5],), until=int(chain.time_at(chain.heights()[-4])))
    assert find_on_cluster(pair, asked) == find_locally(pair, asked)
    assert find_on_cluster(replace(pair, engine=sail_url), asked) == find_locally(pair, asked)


def test_utxo_chain_gives_the_same_findings_on_two_workers_and_on_sail(
    tmp_path: Path, spark_url: str, sail_url: str
) -> None:
    pair = make_utxo_pair(tmp_path, spark_url, 5, parts=4)
    assert pair.built.fingerprint == pair.local.fingerprint
    (chain,) = (open_ledger(pair.ledger).chain(name) for name in open_ledger(pair.ledger).chain_ids())
    asked = Asked((NamedTransfer("t", chain.tx_hashes[2]), NamedTransfer("u", chain.tx_hashes[9])))
    assert find_on_cluster(pair, asked) == find_locally(pair, asked)
    assert find_on_cluster(replace(pair, engine=sail_url), asked) == find_locally(pair, asked)
