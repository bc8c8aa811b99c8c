"""Real thefts, traced through the same door as a user: figures to the unit."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path
from typing import Any

import pytest

from jindo.app import TraceRequest, explain_address, import_source, trace_ledger, verify_result
from jindo.trace import RULES

pytestmark = pytest.mark.realdata

ATOMIC = {
    "fifo": (87, 875_561_139),
    "lifo": (85, 884_540_189),
    "haircut": (91, 877_542_651),
    "dirty-first": (87, 884_552_441),
    "clean-first": (85, 875_549_471),
}


def trace(data_dir: Path, tmp_path: Path, theft: str, **asked: Any) -> tuple[dict[str, Any], Path]:
    """Import a theft of two decimals and trace it."""
    folder, ledger = data_dir / "thefts" / theft, tmp_path / "ledger"
    if not ledger.exists():
        import_source(
            str(folder / "transfers.csv"),
            format="transfers",
            into=ledger,
            columns={"time": "timestamp_utc", "amount": "value_usd"},
            decimals=2,
        )
    out = tmp_path / "-".join(["result", *map(str, asked.values())])
    request = TraceRequest(ledger, folder / "stolen_from.csv", out, services=folder / "services.csv", **asked)
    return trace_ledger(request).result, out


@pytest.mark.parametrize("rule", RULES)
def test_atomic_wallet_reaches_the_services(data_dir: Path, tmp_path: Path, rule: str) -> None:
    result, out = trace(data_dir, tmp_path, "atomic-wallet-2023", rule=rule)
    findings = result["findings"]
    services = [e for e in findings["endpoints"] if e["reason"] == "service"]
    (inflow,) = findings["unexplained_inflow"]
    assert int(inflow["amount"]) == (141_795_632 if rule == "clean-first" else 141_802_632)
    if rule != "poison":
        assert (len(services), sum(int(e["amount"]) for e in services)) == ATOMIC[rule]
        (sheet,) = findings["sheets"]
        assert sheet["stolen"] == "1073706452"
        assert int(sheet["stolen"]) == int(sheet["service"]) + int(sheet["held"])
    assert [check.name for check in verify_result(out).checks[:5]] == [
        "files",
        "hashes",
        "balance",
        "trace",
        "reference",
    ]


def test_atomic_wallet_reports_an_unnamed_asset(data_dir: Path, tmp_path: Path) -> None:
    _, out = trace(data_dir, tmp_path, "atomic-wallet-2023")
    assert "unnamed asset" in (out / "report.html").read_text()
    with (out / "endpoints.csv").open() as file:
        assert {row["asset"] for row in csv.DictReader(file)} == {"unnamed asset"}


def test_atomic_wallet_explains_an_exchange_deposit(data_dir: Path, tmp_path: Path) -> None:
    result, out = trace(data_dir, tmp_path, "atomic-wallet-2023")
    deposit = next(e for e in result["findings"]["endpoints"] if e["reason"] == "service")
    explained = explain_address(out, deposit["account"], limit=5)
    assert sum(int(step["amount"]) for step in explained.received) == int(deposit["amount"])
    for path in explained.paths:
        assert path[0]["named"] == "yes"
        assert path[-1]["to"] == deposit["account"]
        assert all(before["to"] == after["from"] for before, after in itertools.pairwise(path))


def test_txphish_rows_out_of_time_order_trace_and_balance(data_dir: Path, tmp_path: Path) -> None:
    result, out = trace(data_dir, tmp_path, "txphish-2024")
    (sheet,) = result["findings"]["sheets"]
    assert (sheet["stolen"], sheet["service"]) == ("5941034620", "1597558281")
    assert verify_result(out).checks


def test_bybit_names_by_hash_and_counts_decoys_apart(data_dir: Path, tmp_path: Path) -> None:
    ledger, folder = tmp_path / "ledger", data_dir / "thefts" / "bybit-2025"
    report = import_source(
        str(folder / "transfers.csv"),
        format="transfers",
        into=ledger,
        columns={"time": "timestamp_utc"},
        decimals=18,
    )
    assert report.read == 214
    assert report.added + report.rejected == 214
    with (folder / "transfers.csv").open() as file:
        first = next(
            row for row in csv.DictReader(file) if row["asset"] == "ETH" and float(row["amount"]) > 1000
        )
    stolen = tmp_path / "stolen.csv"
    stolen.write_text(f"tx_hash\n{first['tx_hash']}\n")
    result = trace_ledger(TraceRequest(ledger, stolen, tmp_path / "out")).result
    assert result["findings"]["sheets"][0]["asset"] == "ETH"
    assert verify_result(tmp_path / "out").checks
