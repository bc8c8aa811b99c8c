"""The ETL extracts and real thefts import whole, with sums that the files themselves give."""

import csv
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.ledger.published_bitcoin import (
    BIGQUERY_TRANSACTIONS,
    to_aws,
    to_bigquery,
    write_aws,
    write_bigquery,
)
from tests.unit.ledger.published_cryo import write_cryo

from jindo.base.amounts import parse_units
from jindo.base.ids import BITCOIN, ETHEREUM, ChainId
from jindo.ledger import (
    AccountChain,
    Kind,
    UtxoChain,
    UtxoTransaction,
    import_source,
    open_ledger,
    read_transactions,
    read_transfers,
)
from jindo.seal import EMPTY_ROOT, leaf_hash, node_hash

pytestmark = pytest.mark.realdata


def load(folder: Path, chain: ChainId) -> Any:
    return open_ledger(folder).chain(chain)


def sums(chain: AccountChain) -> dict[str, int]:
    total: Counter[str] = Counter()
    for row in read_transfers(chain, range(chain.event_count)):
        total[row.kind.name] += row.amount
    return dict(total)


TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"


def csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open() as stream:
        return list(csv.DictReader(stream))


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


@pytest.mark.parametrize("name", ["graphsense-ethereum", "ethereum-etl"])
def test_ethereum_graphsense_counts_successful_calls_and_logged_tokens(
    data_dir: Path, tmp_path: Path, name: str
) -> None:
    folder = data_dir / "etl/ethereum-graphsense"
    report = import_source(str(folder), format=name, into=tmp_path / "ledger")
    traces, transactions = csv_rows(folder / "traces.csv"), csv_rows(folder / "transactions.csv")
    failed = {(row["txHash"], path(row)) for row in traces if row["status"] == "0"}
    moved = [
        row
        for row in traces
        if row["txHash"]
        and row["callType"] in ("call", "")
        and not any((row["txHash"], path(row)[:n]) in failed for n in range(len(path(row)) + 1))
    ]
    transfers = [row for row in json_rows(folder / "logs.json") if row["topic0"] == TRANSFER]
    tokens = [row for row in transfers if len(row["topics"]) == 3]
    chain = load(tmp_path / "ledger", ETHEREUM)
    assert report.rejected == 0
    assert sums(chain) == {
        "NATIVE": sum(parse_units(row["value"]) for row in moved),
        "ISSUANCE": sum(parse_units(row["value"]) for row in traces if not row["txHash"]),
        "GAS": sum(int(row["gasPrice"]) * int(row["receiptGasUsed"]) for row in transactions),
        "TOKEN": sum(int(row["data"], 16) for row in tokens),
    }
    assert sum(kind == Kind.NATIVE for kind in chain.kind) == len(moved)
    assert sum(kind == Kind.TOKEN for kind in chain.kind) == len(tokens) == 715
    assert min(chain.time.tolist()[5:]) > 1438918232  # all but genesis
    single = f"{len(transfers) - len(tokens)} transfers of single tokens (ERC-721)"
    assert any(note.startswith(single) for note in report.notes)


def test_the_graphsense_blocks_are_the_same_from_cryo(data_dir: Path, tmp_path: Path) -> None:
    folder = data_dir / "etl/ethereum-graphsense"
    story = from_graphsense(folder)
    write_cryo(tmp_path / "cryo", story, "transactions", "traces", "logs")
    pq.write_table(blocks_of(folder), tmp_path / "cryo/ethereum__blocks__0.parquet")
    wanted = import_source(str(folder), format="graphsense-ethereum", into=tmp_path / "ledger")
    report = import_source(str(tmp_path / "cryo"), format="cryo", into=tmp_path / "same")
    assert (report.rejected, report.fingerprint) == (0, wanted.fingerprint)


def from_graphsense(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The extract's transactions, traces and logs, in no file's shape."""
    transactions = [
        {
            "hash": row["txHash"], "index": int(row["transactionIndex"]), "sender": row["fromAddress"],
            "receiver": row["toAddress"] or None, "value": parse_units(row["value"]), "status": 1, "block": int(row["blockId"]),
            "gas_used": int(row["receiptGasUsed"]), "gas_price": int(row["gasPrice"]), "created": None,
            "time": int(row["blockTimestamp"]),
        }
        for row in csv_rows(folder / "transactions.csv")
    ]  # fmt: skip
    traces = [
        {
            "hash": row["txHash"] or None, "index": None, "sender": row["fromAddress"] or None,
            "receiver": row["toAddress"] or None, "value": parse_units(row["value"]), "path": path(row) if row["txHash"] else (),
            "type": row["traceId"].split("_")[0], "call": row["callType"] or None, "block": int(row["blockId"]),
            "error": None if row["status"] == "1" else "Reverted",
        }
        for row in csv_rows(folder / "traces.csv")
    ]  # fmt: skip
    logs = [
        {
            "hash": row["txHash"], "index": row["transactionIndex"], "log_index": row["logIndex"],
            "address": row["address"], "topics": row["topics"], "data": row["data"], "block": row["blockId"],
        }
        for row in json_rows(folder / "logs.json")
    ]  # fmt: skip
    return {"transactions": transactions, "traces": traces, "logs": logs}


def blocks_of(folder: Path) -> Any:
    rows = csv_rows(folder / "blocks.csv")
    numbers, times = ([int(row[name]) for row in rows] for name in ("blockId", "timestamp"))
    return pa.table(
        {"block_number": pa.array(numbers, pa.uint32()), "timestamp": pa.array(times, pa.uint32())}
    )


@pytest.mark.parametrize("name", ["aws-btc", "bigquery-btc"])
def test_real_bitcoin_transactions_are_the_same_from_doubles_and_decimals(
    data_dir: Path, tmp_path: Path, name: str
) -> None:
    """A block of 2021, imported raw: written in the other schema, it gives the same fingerprint."""
    source = str(data_dir / "blocks/bitcoin")
    into = tmp_path / "ledger"
    report = import_source(source, format="bitcoin-blocks", into=into)
    chain = load(into, BITCOIN)
    stories = [to_story(row) for row in read_transactions(chain, range(chain.tx_count))]
    assert len(stories) > 256
    if name == "aws-btc":
        write_aws(tmp_path / "other", *(to_aws(tx, block_timestamp=tx["time"]) for tx in stories))
    else:
        rows = [to_bigquery(tx) | {"index": tx["index"], "block_timestamp": tx["time"]} for tx in stories]
        schema = BIGQUERY_TRANSACTIONS.append(pa.field("index", pa.int64()))
        write_bigquery(tmp_path / "other/1.parquet", *rows, schema=schema)
    other = import_source(str(tmp_path / "other"), format=name, into=tmp_path / "same")
    assert (other.added, other.rejected, other.fingerprint) == (chain.tx_count, 0, report.fingerprint)


def to_story(row: UtxoTransaction) -> dict[str, Any]:
    """A transaction of the ledger, in no file's shape; scripts are gone, so names stand for addresses."""
    inputs = [
        {"hash": i.prev_hash, "index": i.prev_index, "value": None, "address": None} for i in row.inputs
    ]
    outputs = [{"value": o.value, "address": o.address, "script_hex": o.script} for o in row.outputs]
    time = datetime.fromtimestamp(row.time or 0, UTC).replace(tzinfo=None)
    return {
        "hash": row.tx_hash, "block": row.block, "index": row.tx_index, "inputs": inputs, "outputs": outputs,
        "time": time,
    }  # fmt: skip


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
