"""The ETL extracts and real thefts import whole, with sums that the files themselves give."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from jindo.base.amounts import parse_units
from jindo.base.ids import BITCOIN, ETHEREUM, ChainId
from jindo.ledger import AccountChain, Kind, UtxoChain, import_source, open_ledger, read_transfers
from jindo.seal import EMPTY_ROOT, leaf_hash, node_hash

pytestmark = pytest.mark.realdata


def load(folder: Path, chain: ChainId) -> Any:
    return open_ledger(folder).chain(chain)


def sums(chain: AccountChain) -> dict[str, int]:
    total: Counter[str] = Counter()
    for row in read_transfers(chain, range(chain.event_count)):
        total[row.kind.name] += row.amount
    return dict(total)


def json_rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_ethereum_etl_transactions_and_tokens_keep_every_digit(data_dir: Path, tmp_path: Path) -> None:
    report = import_source(str(data_dir / "etl/ethereum"), format="ethereum-etl", into=tmp_path / "ledger")
    chain = load(tmp_path / "ledger", ETHEREUM)
    transactions = json_rows(data_dir / "etl/ethereum/expected_transactions.json")
    tokens = json_rows(data_dir / "etl/ethereum/expected_token_transfers.json")
    traces = json_rows(data_dir / "etl/ethereum/expected_traces.json")
    assert report.rejected == 0
    assert sums(chain) == {
        "TOKEN": sum(row["value"] for row in tokens),
        "NATIVE": sum(row["value"] for row in transactions if row["receipt_status"] == 1)
        + sum(row["value"] for row in traces if row["trace_type"] != "reward"),
        "ISSUANCE": 5156250000000000000 + 3750000000000000000,
        "GAS": sum(row["receipt_gas_used"] * row["receipt_effective_gas_price"] for row in transactions),
    }
    assert max(row["value"] for row in tokens) > 2**64


def test_the_csv_of_the_same_transactions_adds_nothing(data_dir: Path, tmp_path: Path) -> None:
    for name, added in (("json", True), ("csv", False)):
        source = str(data_dir / f"etl/ethereum/expected_transactions.{name}")
        assert bool(import_source(source, format="ethereum-etl", into=tmp_path / "ledger").added) is added


def test_ethereum_graphsense_counts_successful_calls_only(data_dir: Path, tmp_path: Path) -> None:
    report = import_source(
        str(data_dir / "etl/ethereum-graphsense"), format="ethereum-etl", into=tmp_path / "ledger"
    )
    with (data_dir / "etl/ethereum-graphsense/traces.csv").open() as stream:
        traces = list(csv.DictReader(stream))
    with (data_dir / "etl/ethereum-graphsense/transactions.csv").open() as stream:
        transactions = list(csv.DictReader(stream))
    failed = {(row["txHash"], path(row)) for row in traces if row["status"] == "0"}
    moved = [
        row
        for row in traces
        if row["txHash"]
        and row["callType"] in ("call", "")
        and not any((row["txHash"], path(row)[:n]) in failed for n in range(len(path(row)) + 1))
    ]
    chain = load(tmp_path / "ledger", ETHEREUM)
    assert report.rejected == 0
    assert sums(chain) == {
        "NATIVE": sum(parse_units(row["value"]) for row in moved),
        "ISSUANCE": sum(parse_units(row["value"]) for row in traces if not row["txHash"]),
        "GAS": sum(int(row["gasPrice"]) * int(row["receiptGasUsed"]) for row in transactions),
    }
    assert int((chain.kind == Kind.NATIVE).sum()) == len(moved)
    assert min(chain.time.tolist()[5:]) > 1438918232  # all but genesis


def test_bitcoin_etl_takes_the_missing_inputs_from_the_outputs(data_dir: Path, tmp_path: Path) -> None:
    source = str(data_dir / "etl/bitcoin/expected_transactions.json")
    report = import_source(source, format="bitcoin-etl", into=tmp_path / "ledger")
    chain = load(tmp_path / "ledger", BITCOIN)
    assert isinstance(chain, UtxoChain)
    assert (report.added, report.rejected) == (4, 0)
    assert chain.out_amount.tolist() == [5000000000, 10000000000, 5000000000, 5000000000]
    assert chain.in_amount.tolist() == [10000000000, 0, 5000000000]


@pytest.mark.parametrize(
    ("name", "rows", "cents"), [("atomic-wallet-2023", 1080, None), ("txphish-2024", 292, None)]
)
def test_thefts_import_to_the_cent(data_dir: Path, tmp_path: Path, name: str, rows: int, cents: None) -> None:
    source = data_dir / "thefts" / name / "transfers.csv"
    report = import_source(
        str(source),
        format="transfers",
        into=tmp_path / "ledger",
        columns={"amount": "value_usd", "time": "timestamp_utc"},
        decimals=2,
    )
    with source.open() as stream:
        texts = [row["value_usd"] for row in csv.DictReader(stream)]
    wanted = sum(
        int(whole) * 100 + int((part + "00")[:2]) for whole, _, part in (t.partition(".") for t in texts)
    )
    chain = load(tmp_path / "ledger", ETHEREUM)
    assert (report.added, report.rejected) == (rows, 0)
    assert sum(chain.amount.tolist()) == wanted


def test_node_hash_climbs_the_published_inclusion_proofs(data_dir: Path) -> None:
    """RFC 9162, section 2.1.3.2: our hashes lead from the leaf to the root where the vector says so."""
    import base64

    seen = 0
    for path_ in sorted((data_dir / "vectors/merkle").rglob("inclusion/**/*.json")):
        vector = json.loads(path_.read_text())
        if vector["wantErr"]:
            continue
        leaf, root = (base64.b64decode(vector[key] or "") for key in ("leafHash", "root"))
        proof = [base64.b64decode(step) for step in vector["proof"] or []]
        assert climb(leaf, vector["leafIdx"], vector["treeSize"], proof) == root, path_
        seen += 1
    assert seen > 0
    assert leaf_hash(b"") != EMPTY_ROOT


def climb(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    at, last, root = index, size - 1, leaf
    for step in proof:
        if at % 2 or at == last:
            root = node_hash(step, root)
            while at % 2 == 0 and at:
                at, last = at // 2, last // 2
        else:
            root = node_hash(root, step)
        at, last = at // 2, last // 2
    return root


def path(row: dict[str, str]) -> tuple[int, ...]:
    return tuple(int(step) for step in row["traceId"].split("_")[2:] if step)
