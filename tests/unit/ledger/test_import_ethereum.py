"""The ethereum-etl format: which value moved, by the rules of the tracing page."""

import json
from pathlib import Path
from typing import Any

import pytest

from jindo.base.errors import InputError
from jindo.base.ids import ETHEREUM, native_asset
from jindo.ledger import (
    AccountChain,
    ImportReport,
    Kind,
    Transfer,
    import_source,
    open_ledger,
    read_transfers,
)
from jindo.ledger.sources import END_OF_BLOCK

A, B, C = (f"0x{n:040x}" for n in (1, 2, 3))
TX, OTHER = "0x" + "aa" * 32, "0x" + "bb" * 32


def tx(**more: Any) -> dict[str, Any]:
    row = {
        "hash": TX, "nonce": 1, "block_number": 7, "transaction_index": 4, "from_address": A, "to_address": B,
        "value": 100, "gas_price": 9, "block_timestamp": 1700000000, "receipt_status": 1, "receipt_gas_used": 21000,
        "receipt_effective_gas_price": 5,
    }  # fmt: skip
    return row | more


def trace(path: list[int], **more: Any) -> dict[str, Any]:
    row = {
        "transaction_hash": TX, "block_number": 7, "transaction_index": 4, "from_address": A, "to_address": B,
        "value": 100, "trace_type": "call", "call_type": "call", "trace_address": path, "status": 1, "error": None,
    }  # fmt: skip
    return row | more


def token(**more: Any) -> dict[str, Any]:
    row = {
        "token_address": C, "from_address": A, "to_address": B, "value": 2**255, "transaction_hash": TX,
        "log_index": 3, "block_number": 7,
    }  # fmt: skip
    return row | more


def bring(tmp_path: Path, **tables: list[dict[str, Any]]) -> ImportReport:
    folder = tmp_path / "source"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, rows in tables.items():
        (folder / f"{name}.json").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return import_source(str(folder), format="ethereum-etl", into=tmp_path / "ledger")


def moves(tmp_path: Path) -> list[Transfer]:
    chain = open_ledger(tmp_path / "ledger").chain(ETHEREUM)
    assert isinstance(chain, AccountChain)
    return read_transfers(chain, range(chain.event_count))


def said(report: ImportReport) -> list[str]:
    """The notes on what the rows say, without those on tables that are not there."""
    return [note for note in report.notes if not note.startswith("the source has no ")]


def told(tmp_path: Path) -> list[tuple[str, int]]:
    return [(row.kind.name, row.amount) for row in moves(tmp_path)]


def test_gas_comes_first_then_value_then_tokens(tmp_path: Path) -> None:
    bring(tmp_path, transactions=[tx()], token_transfers=[token()])
    gas, value, log = moves(tmp_path)
    assert (gas.kind, gas.amount, gas.receiver, gas.asset) == (Kind.GAS, 105000, None, native_asset(ETHEREUM))
    assert (value.kind, value.amount, value.tx_index, value.time) == (Kind.NATIVE, 100, 4, 1700000000)
    assert (log.amount, log.asset, log.tx_index, log.position) == (2**255, f"eip155:1/erc20:{C}", 4, 3)
    assert log.time == 1700000000


def test_a_failed_transaction_pays_gas_only(tmp_path: Path) -> None:
    bring(tmp_path, transactions=[tx(receipt_status=0)])
    assert told(tmp_path) == [("GAS", 105000)]


def test_the_receipts_file_tells_status_and_gas(tmp_path: Path) -> None:
    bare = {name: value for name, value in tx().items() if not name.startswith("receipt")}
    receipt = {
        "transaction_hash": TX,
        "status": 0,
        "gas_used": 10,
        "cumulative_gas_used": 10,
        "effective_gas_price": 2,
    }
    report = bring(tmp_path, transactions=[bare], receipts=[receipt])
    assert (told(tmp_path), said(report)) == ([("GAS", 20)], [])


def test_an_unknown_status_is_marked(tmp_path: Path) -> None:
    bare = {name: value for name, value in tx().items() if not name.startswith("receipt")}
    report = bring(tmp_path, transactions=[bare])
    assert told(tmp_path) == [("NATIVE", 100)]
    assert [note.split(" ", 1)[0] for note in said(report)] == ["1", "1"]
    assert open_ledger(tmp_path / "ledger").status().notes == report.notes


def test_the_price_falls_back_to_what_was_offered(tmp_path: Path) -> None:
    bring(tmp_path, transactions=[tx(receipt_effective_gas_price=None)])
    assert told(tmp_path)[0] == ("GAS", 189000)


def test_traces_replace_what_the_transaction_says(tmp_path: Path) -> None:
    traces = [trace([]), trace([1], value=30), trace([0, 2], value=20), trace([0], value=10)]
    bring(tmp_path, transactions=[tx()], traces=traces)
    assert told(tmp_path) == [
        ("GAS", 105000),
        ("NATIVE", 100),
        ("NATIVE", 10),
        ("NATIVE", 20),
        ("NATIVE", 30),
    ]


def test_traces_below_a_failed_one_move_nothing(tmp_path: Path) -> None:
    traces = [
        trace([]),
        trace([0], value=1, status=0),
        trace([0, 0], value=2),
        trace([1], value=3),
        trace([10], value=4),
    ]
    bring(tmp_path, transactions=[tx()], traces=traces)
    assert [amount for kind, amount in told(tmp_path) if kind == "NATIVE"] == [100, 3, 4]


def test_an_error_without_status_is_a_failure(tmp_path: Path) -> None:
    bring(
        tmp_path,
        transactions=[tx()],
        traces=[trace([], status=None, error="Reverted"), trace([0], status=None)],
    )
    assert told(tmp_path) == [("GAS", 105000)]


@pytest.mark.parametrize("call", ["delegatecall", "staticcall", "callcode"])
def test_calls_that_lend_code_move_nothing(tmp_path: Path, call: str) -> None:
    bring(tmp_path, traces=[trace([]), trace([0], call_type=call)])
    assert told(tmp_path) == [("NATIVE", 100)]


@pytest.mark.parametrize("sort", ["create", "suicide"])
def test_creation_and_destruction_move_value(tmp_path: Path, sort: str) -> None:
    bring(tmp_path, traces=[trace([], trace_type=sort, call_type=None, value=6)])
    assert told(tmp_path) == [("NATIVE", 6)]


@pytest.mark.parametrize("sort", ["reward", "genesis", "withdrawal"])
def test_rewards_are_issued_at_the_blocks_end(tmp_path: Path, sort: str) -> None:
    reward = trace(
        [], transaction_hash=None, transaction_index=None, from_address=None, trace_type=sort, call_type=None
    )
    bring(tmp_path, transactions=[tx()], traces=[reward | {"trace_id": "r_1"}, reward | {"trace_id": "r_2"}])
    rows = moves(tmp_path)
    assert [row.kind.name for row in rows] == ["GAS", "NATIVE", "ISSUANCE", "ISSUANCE"]
    assert (rows[-1].sender, rows[-1].tx_index) == (None, END_OF_BLOCK)


def test_a_created_contract_is_known_from_the_receipt(tmp_path: Path) -> None:
    bring(tmp_path, transactions=[tx(to_address=None, receipt_contract_address=C)])
    assert moves(tmp_path)[1].receiver == C


def test_value_to_an_unknown_new_contract_is_rejected(tmp_path: Path) -> None:
    report = bring(tmp_path, transactions=[tx(to_address=None)])
    assert (report.added, report.rejected) == (1, 1)


def test_traces_that_come_later_supersede(tmp_path: Path) -> None:
    bring(tmp_path, transactions=[tx()])
    bring(tmp_path, traces=[trace([], value=100), trace([0], value=7)])
    report = bring(tmp_path, transactions=[tx()])
    assert told(tmp_path) == [("GAS", 105000), ("NATIVE", 100), ("NATIVE", 7)]
    assert (report.already_there, report.superseded, report.added) == (1, 1, 0)


def test_one_transaction_in_two_files_counts_once(tmp_path: Path) -> None:
    report = bring(tmp_path, transactions=[tx()], again=[tx()])
    assert (report.added, report.already_there) == (2, 2)


def test_a_contradiction_is_rejected(tmp_path: Path) -> None:
    bring(tmp_path, token_transfers=[token(value=1)])
    with pytest.raises(InputError, match="says something else of the same place"):
        bring(tmp_path, token_transfers=[token(value=2)])
    assert told(tmp_path) == [("TOKEN", 1)]


def test_traces_of_one_transaction_in_two_imports_are_refused_with_what_to_do(tmp_path: Path) -> None:
    bring(tmp_path, traces=[trace([0], value=1)])
    with pytest.raises(InputError, match="those of one transaction cannot come in two") as caught:
        bring(tmp_path, traces=[trace([1], value=2)])
    assert "at once" in caught.value.remedy()
    assert told(tmp_path) == [("NATIVE", 1)]


def test_tokens_find_their_place_in_the_ledger(tmp_path: Path) -> None:
    bring(tmp_path, transactions=[tx()])
    bring(tmp_path, token_transfers=[token(value=1)])
    assert moves(tmp_path)[-1].tx_index == 4


def test_names_as_graphsense_writes_them_are_understood(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "blockId,traceId,traceIndex,fromAddress,toAddress,value,status,callType,txHash\n"
        f"7,call_{TX}_,0,{A},{B},5,1,call,{TX}\n7,call_{TX}_0,1,{A},{B},6,0,call,{TX}\n"
        f"7,call_{TX}_0_0,2,{A},{B},7,1,call,{TX}\n7,reward_7_0,3,,{B},8,1,,\n"
    )
    import_source(str(tmp_path / "t.csv"), format="ethereum-etl", into=tmp_path / "ledger")
    assert told(tmp_path) == [("NATIVE", 5), ("ISSUANCE", 8)]


def test_a_table_of_another_sort_is_named(tmp_path: Path) -> None:
    report = bring(tmp_path, transactions=[tx()], logs=[{"topics": [], "data": "0x"}])
    assert said(report) == ["logs.json is none of the tables that move value, and was not read"]
    with pytest.raises(InputError, match="no table of transactions"):
        bring(tmp_path, logs=[{"topics": [], "data": "0x"}])


def bare(**more: Any) -> dict[str, Any]:
    return {name: value for name, value in tx(**more).items() if not name.startswith("receipt")}


def test_a_failure_that_is_known_later_withdraws_the_value(tmp_path: Path) -> None:
    bring(tmp_path, transactions=[bare(), bare(hash=OTHER, transaction_index=5)])
    report = bring(tmp_path, transactions=[tx(receipt_status=0)])
    assert told(tmp_path) == [("GAS", 105000), ("NATIVE", 100)]
    assert "1 movements" in report.notes[-1]


def test_a_failure_that_was_known_before_is_remembered(tmp_path: Path) -> None:
    bring(tmp_path, transactions=[tx(receipt_status=0)])
    assert bring(tmp_path, transactions=[bare()]).added == 0


FAILURES = [0, "0.0", "0x0", "0x", "false", "False", False, 0.0]


@pytest.mark.parametrize("status", FAILURES)
def test_a_status_of_failure_means_the_same_in_every_table(tmp_path: Path, status: Any) -> None:
    bring(tmp_path, transactions=[tx(receipt_status=status)])
    assert told(tmp_path) == [("GAS", 105000)]
    bring(
        tmp_path, traces=[trace([], status=status), trace([0], status=1), trace([], transaction_hash=OTHER)]
    )
    assert told(tmp_path) == [("GAS", 105000), ("NATIVE", 100)]


@pytest.mark.parametrize("status", FAILURES)
def test_a_trace_without_status_fails_with_its_transaction(tmp_path: Path, status: Any) -> None:
    bring(tmp_path, transactions=[tx(receipt_status=status)], traces=[trace([], status=None)])
    assert told(tmp_path) == [("GAS", 105000)]


@pytest.mark.parametrize("odd", [{"trace_type": "lend"}, {"trace_type": None}, {"call_type": "authcall"}])
def test_a_trace_of_an_unknown_sort_is_rejected(tmp_path: Path, odd: dict[str, Any]) -> None:
    report = bring(tmp_path, traces=[trace([]), trace([0], **odd)])
    assert (told(tmp_path), report.rejected, report.read) == ([("NATIVE", 100)], 1, 2)
    assert report.rejects is not None
    assert "traces.json,2,ledger.bad-trace" in report.rejects.read_text()


def test_a_broken_line_of_traces_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "traces.json").write_text(json.dumps(trace([])) + '\n{"trace_type": "ca\n')
    report = import_source(str(tmp_path / "traces.json"), format="ethereum-etl", into=tmp_path / "ledger")
    assert (report.added, report.rejected, report.read) == (1, 1, 2)


BARE = {name: value for name, value in tx().items() if not name.startswith("receipt")}


def receipt(**more: Any) -> dict[str, Any]:
    return {"transaction_hash": TX, "status": 1, "gas_used": 21000, "cumulative_gas_used": 1} | more


def codes(report: ImportReport) -> list[str]:
    return [row.code for row in report.first_rejects]


def test_two_receipts_with_different_statuses_take_the_transaction_out(tmp_path: Path) -> None:
    other = tx(hash=OTHER, transaction_index=5)
    report = bring(
        tmp_path,
        transactions=[BARE, other],
        receipts=[receipt(), receipt(status=0)],
        token_transfers=[token()],
    )
    assert told(tmp_path) == [("GAS", 105000), ("NATIVE", 100)]
    assert (report.rejected, set(codes(report))) == (4, {"ledger.differs"})


def test_a_transaction_and_its_receipt_differ_on_failure(tmp_path: Path) -> None:
    other = tx(hash=OTHER, transaction_index=5)
    report = bring(tmp_path, transactions=[tx(receipt_status=0), other], receipts=[receipt()])
    assert told(tmp_path) == [("GAS", 105000), ("NATIVE", 100)]
    assert set(codes(report)) == {"ledger.differs"}


def test_the_same_status_twice_is_no_contradiction(tmp_path: Path) -> None:
    report = bring(tmp_path, transactions=[tx()], receipts=[receipt(status="0x1"), receipt(status=1)])
    assert (report.rejected, told(tmp_path)) == (0, [("GAS", 105000), ("NATIVE", 100)])


def test_a_token_transfer_of_a_failed_transaction_is_rejected(tmp_path: Path) -> None:
    report = bring(tmp_path, transactions=[tx(receipt_status=0)], token_transfers=[token()])
    assert told(tmp_path) == [("GAS", 105000)]
    assert (report.rejected, codes(report)) == (1, ["ledger.differs"])


def test_a_trace_that_succeeds_in_a_failed_transaction_is_rejected(tmp_path: Path) -> None:
    traces = [trace([]), trace([0], value=7)]
    report = bring(tmp_path, transactions=[tx(receipt_status=0)], traces=traces)
    assert told(tmp_path) == [("GAS", 105000)]
    assert (report.rejected, codes(report)) == (2, ["ledger.differs"] * 2)


@pytest.mark.parametrize("status", [None, 1])
def test_a_part_of_a_failed_call_is_no_contradiction(tmp_path: Path, status: int | None) -> None:
    traces = [trace([], status=0), trace([0], value=7, status=status)]
    report = bring(tmp_path, transactions=[tx(receipt_status=0)], traces=traces)
    assert (report.rejected, told(tmp_path)) == (0, [("GAS", 105000)])


def test_a_transaction_without_its_traces_in_a_traced_block_is_noted(tmp_path: Path) -> None:
    silent = tx(hash=OTHER, transaction_index=5)
    failed = tx(hash="0x" + "cc" * 32, transaction_index=6, receipt_status=0)
    report = bring(tmp_path, transactions=[tx(), silent, failed], traces=[trace([])])
    assert [kind for kind, _ in told(tmp_path)].count("NATIVE") == 1
    assert "1 transactions of blocks with traces have no trace of their own" in "".join(said(report))


def test_a_traced_block_that_is_whole_has_no_such_note(tmp_path: Path) -> None:
    assert said(bring(tmp_path, transactions=[tx()], traces=[trace([])])) == []
