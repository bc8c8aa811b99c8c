"""Every sort of Parquet that a bucket may hold gives on an engine what it gives on one machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.engines.aws_shape import write_aws_bucket
from tests.unit.ledger.published_ethereum import STORY, trace, tx, write_aws, write_etl

from jindo.app import (
    TraceRequest,
    build_cluster_ledger,
    import_source,
    make_world,
    trace_ledger,
    trace_on_engine,
    write_world,
)
from jindo.base.ids import BITCOIN, ETHEREUM
from jindo.ledger import open_cluster_ledger, open_ledger

pytestmark = pytest.mark.engine("spark")
SOURCES = (("v1.0/eth", "aws-eth"), ("v1.0/btc", "aws-btc"))


def test_theft_in_a_bucket_of_aws_parquet_is_traced_as_on_one_machine(tmp_path: Path, sail_url: str) -> None:
    world = make_world("bybit", seed=3, scale=0.02)
    write_world(world, tmp_path / "world")
    named = world.stolen[:7]  # of both chains, on few days
    write_aws_bucket(tmp_path / "world", tmp_path / "bucket", around=[row.tx_hash for row in named])
    stolen = tmp_path / "stolen.csv"
    stolen.write_text("tx_hash,theft\n" + "".join(f"{row.tx_hash},{row.theft}\n" for row in named))
    cluster = tmp_path / "cluster"
    for folder, form in SOURCES:
        source = str(tmp_path / "bucket" / folder)
        local = import_source(source, format=form, into=tmp_path / "ledger")
        built = build_cluster_ledger(source, format=form, into=str(cluster), engine=sail_url)
        assert (built.added, built.fingerprint) == (local.added, local.fingerprint)
        assert built.notes == local.notes
    asked: dict[str, Any] = {
        "stolen": stolen,
        "services": tmp_path / "world/services.csv",
    }
    one = trace_ledger(TraceRequest(ledger=tmp_path / "ledger", out=tmp_path / "one", **asked)).result
    many = trace_on_engine(
        TraceRequest(ledger=cluster, out=tmp_path / "many", **asked), engine=sail_url
    ).result
    assert many["findings_hash"] == one["findings_hash"]
    assert many["provenance_hash"] == one["provenance_hash"]
    assert {sheet["asset"].partition("/")[0] for sheet in many["findings"]["sheets"]} == {ETHEREUM, BITCOIN}
    stated = {chain["chain"]: chain.get("inexact") for chain in many["provenance"]["ledger"]["chains"]}
    assert "2^53 base units or more" in stated[ETHEREUM]
    assert stated[BITCOIN] is None


def test_rounded_amounts_of_all_groups_are_counted_together(tmp_path: Path, sail_url: str) -> None:
    for day, block in (("2023-11-14", 7), ("2023-11-15", 8), ("2023-11-16", 9)):
        letter = "abc"[block - 7]
        rows = [tx(letter, 0, 10**18 + 1 if block < 9 else 5, block=block)]
        write_aws(tmp_path / day, {"transactions": rows, "traces": [], "logs": []}, "transactions")
        there = tmp_path / f"s3/transactions/date={day}"
        there.mkdir(parents=True)
        (tmp_path / day / "eth/transactions/date=2023-11-14/part-00000-c000.snappy.parquet").rename(
            there / "a.parquet"
        )
    source = str(tmp_path / "s3")
    import_source(source, format="aws-eth", into=tmp_path / "ledger")
    build_cluster_ledger(source, format="aws-eth", into=str(tmp_path / "cluster"), engine=sail_url)
    local, built = (
        ledger.status()
        for ledger in (open_ledger(tmp_path / "ledger"), open_cluster_ledger(str(tmp_path / "cluster")))
    )
    assert built.chains[ETHEREUM].inexact == local.chains[ETHEREUM].inexact
    assert (built.chains[ETHEREUM].inexact or "").startswith("2 amounts of eip155:1")
    assert built.imports[0].inexact == local.imports[0].inexact
    assert [note for note in built.notes if "inexact" in note] == [
        note for note in local.notes if "inexact" in note
    ]


def test_ethereum_etl_with_failed_calls_and_rewards_is_the_same_on_both(
    tmp_path: Path, sail_url: str
) -> None:
    write_etl(tmp_path / "etl", STORY | {"traces": [*STORY["traces"], trace("a", 0, [3], 0)]})
    local = import_source(str(tmp_path / "etl"), format="ethereum-etl", into=tmp_path / "ledger")
    built = build_cluster_ledger(
        str(tmp_path / "etl"), format="ethereum-etl", into=str(tmp_path / "cluster"), engine=sail_url
    )
    for count in ("read", "added", "rejected", "superseded", "source_rows", "notes", "fingerprint"):
        assert getattr(built, count) == getattr(local, count), count


@pytest.mark.realdata
def test_published_extract_is_the_same_on_both(tmp_path: Path, sail_url: str, data_dir: Path) -> None:
    source = str(data_dir / "etl/ethereum-graphsense")
    local = import_source(source, format="graphsense-ethereum", into=tmp_path / "ledger")
    built = build_cluster_ledger(
        source, format="graphsense-ethereum", into=str(tmp_path / "cluster"), engine=sail_url
    )
    for count in ("read", "added", "rejected", "superseded", "source_rows", "notes", "fingerprint"):
        assert getattr(built, count) == getattr(local, count), count
