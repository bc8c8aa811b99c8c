"""The cryo format: exact values from text or bytes, traces as nodes give them, and nothing that cryo does not say."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from tests.unit.ledger.published_cryo import write_cryo
from tests.unit.ledger.published_ethereum import STORY, A, B, log, reward, trace, tx

from jindo.base.errors import InputError
from jindo.base.ids import ETHEREUM, ChainId
from jindo.ledger import AccountChain, ImportReport, Transfer, import_source, open_ledger, read_transfers

HUGE = 2**255 + 7
WITHOUT_TEXT = ("value_string",)
WITHOUT_BYTES = ("value_binary",)


def bring(folder: Path, into: Path, **options: Any) -> ImportReport:
    return import_source(str(folder), format="cryo", into=into, **options)


def moves(into: Path, chain_id: ChainId = ETHEREUM) -> list[Transfer]:
    chain = open_ledger(into).chain(chain_id)
    assert isinstance(chain, AccountChain)
    return read_transfers(chain, range(chain.event_count))


def told(into: Path) -> list[tuple[str, int]]:
    return [(row.kind.name, row.amount) for row in moves(into)]


def story(**tables: list[Any]) -> dict[str, list[dict[str, Any]]]:
    return {"transactions": [], "traces": [], "logs": []} | tables


@pytest.mark.parametrize("leave", [(), WITHOUT_TEXT, WITHOUT_BYTES, ("value_f64", "value_string")])
def test_values_are_exact_whichever_exact_column_there_is(tmp_path: Path, leave: tuple[str, ...]) -> None:
    rows = story(transactions=[tx("a", 0, 10**18 + 1), tx("b", 1, HUGE)], logs=[log("a", 0, 1, HUGE)])
    write_cryo(tmp_path / "c", rows, "transactions", "erc20_transfers", leave=leave)
    assert bring(tmp_path / "c", tmp_path / "ledger").rejected == 0
    found = [amount for kind, amount in told(tmp_path / "ledger") if kind != "GAS"]
    assert found == [10**18 + 1, HUGE, HUGE]


@pytest.mark.parametrize(
    "leave", [("value_string", "value_binary"), ("value_string", "value_binary", "value_f64")]
)
def test_values_that_are_rounded_or_not_there_are_refused(tmp_path: Path, leave: tuple[str, ...]) -> None:
    write_cryo(tmp_path / "c", story(transactions=[tx("a", 0, 5)]), "transactions", leave=leave)
    with pytest.raises(
        InputError, match=r"ethereum__transactions__00000007_to_00000007\.parquet has the value as"
    ) as caught:
        bring(tmp_path / "c", tmp_path / "ledger")
    assert "--u256-types binary string" in caught.value.remedy()


@pytest.mark.parametrize("prefix", ["0x", ""])
def test_hex_is_read_with_and_without_its_prefix(tmp_path: Path, prefix: str) -> None:
    rows = story(transactions=[tx("a", 0, 256), tx("b", 1, HUGE)], logs=[log("a", 0, 1, HUGE)])
    write_cryo(tmp_path / "c", rows, "transactions", "logs", leave=WITHOUT_TEXT)
    for place in (tmp_path / "c").iterdir():
        table = pq.read_table(place)
        for i, field in enumerate(table.schema):
            if pa.types.is_binary(field.type):
                texts = [None if v is None else prefix + v.hex() for v in table.column(i).to_pylist()]
                table = table.set_column(i, field.name, pa.array(texts, pa.string()))
        pq.write_table(table, place)
    assert bring(tmp_path / "c", tmp_path / "ledger").rejected == 0
    assert [row.amount for row in moves(tmp_path / "ledger") if row.kind.name != "GAS"] == [256, HUGE, HUGE]
    assert {(row.sender, row.receiver) for row in moves(tmp_path / "ledger") if row.receiver} == {(A, B)}


def test_addresses_as_whole_topics_are_cut(tmp_path: Path) -> None:
    write_cryo(tmp_path / "c", story(logs=[log("a", 0, 1, 5)]), "erc20_transfers")
    place = next((tmp_path / "c").iterdir())
    table = pq.read_table(place)
    for name in ("from_address", "to_address"):
        padded = pc.binary_join_element_wise(bytes(12), table.column(name), b"")
        table = table.set_column(table.schema.get_field_index(name), name, padded)
    pq.write_table(table, place)
    bring(tmp_path / "c", tmp_path / "ledger")
    assert [(row.sender, row.receiver) for row in moves(tmp_path / "ledger")] == [(A, B)]


def test_traces_without_an_error_succeeded_and_nothing_is_assumed(tmp_path: Path) -> None:
    rows = story(
        traces=[trace("a", 0, [], 5), trace("a", 0, [0], 3, error="Reverted"), trace("a", 0, [0, 0], 2)]
    )
    write_cryo(tmp_path / "c", rows, "traces")
    report = bring(tmp_path / "c", tmp_path / "ledger")
    assert told(tmp_path / "ledger") == [("NATIVE", 5)]
    assert [note for note in report.notes if "taken as successful" in note] == []


def test_traces_whose_errors_were_not_collected_are_noted(tmp_path: Path) -> None:
    write_cryo(tmp_path / "c", story(traces=[trace("a", 0, [], 5)]), "traces", leave=("error",))
    assert (
        "1 traces have no status and were taken as successful"
        in bring(tmp_path / "c", tmp_path / "ledger").notes
    )


@pytest.mark.parametrize("call", ["delegatecall", "staticcall", "callcode"])
def test_calls_that_lend_code_move_nothing(tmp_path: Path, call: str) -> None:
    write_cryo(
        tmp_path / "c", story(traces=[trace("a", 0, [], 5), trace("a", 0, [0], 5, call=call)]), "traces"
    )
    report = bring(tmp_path / "c", tmp_path / "ledger")
    assert (report.rejected, told(tmp_path / "ledger")) == (0, [("NATIVE", 5)])


def test_a_reward_goes_to_its_author(tmp_path: Path) -> None:
    write_cryo(tmp_path / "c", story(traces=[reward(9, A)]), "traces")
    bring(tmp_path / "c", tmp_path / "ledger")
    assert [(row.kind.name, row.sender, row.receiver) for row in moves(tmp_path / "ledger")] == [
        ("ISSUANCE", None, A)
    ]


def test_native_transfers_are_named_and_move_nothing(tmp_path: Path) -> None:
    write_cryo(tmp_path / "c", STORY, "transactions", "traces", "logs", "blocks")
    plain = bring(tmp_path / "c", tmp_path / "plain")
    write_cryo(tmp_path / "c", STORY, "native_transfers")
    report = bring(tmp_path / "c", tmp_path / "ledger")
    assert report.fingerprint == plain.fingerprint
    assert any("native_transfers do not say which of them were reverted" in note for note in report.notes)


def test_native_transfers_alone_are_refused_with_what_to_collect(tmp_path: Path) -> None:
    write_cryo(tmp_path / "c", STORY, "native_transfers")
    with pytest.raises(InputError, match="collect cryo's traces"):
        bring(tmp_path / "c", tmp_path / "ledger")


def test_files_of_another_chain_are_refused(tmp_path: Path) -> None:
    write_cryo(tmp_path / "c", story(transactions=[tx("a", 0, 5)]), "transactions", chain=137)
    with pytest.raises(InputError, match="of the chain eip155:137, and the import of eip155:1") as caught:
        bring(tmp_path / "c", tmp_path / "ledger")
    assert "--chain eip155:137" in caught.value.remedy()
    bring(tmp_path / "c", tmp_path / "ledger", chain=ChainId("eip155:137"))
    assert len(moves(tmp_path / "ledger", ChainId("eip155:137"))) == 2


def test_chunks_in_any_order_are_one_source_and_keep_their_lines(tmp_path: Path) -> None:
    write_cryo(
        tmp_path / "c/2", story(transactions=[tx("a", 0, 5), tx("b", 1, 7, receiver=None)]), "transactions"
    )
    write_cryo(tmp_path / "c/1", story(transactions=[tx("c", 2, 9)]), "transactions")
    report = bring(tmp_path / "c", tmp_path / "ledger")
    assert told(tmp_path / "ledger") == [
        ("GAS", 105000),
        ("NATIVE", 5),
        ("GAS", 105000),
        ("GAS", 105000),
        ("NATIVE", 9),
    ]
    assert [(reject.file, reject.line) for reject in report.first_rejects] == [
        ("2/ethereum__transactions__00000007_to_00000007.parquet", 2)
    ]


def test_a_file_that_is_cut_is_refused_by_its_name(tmp_path: Path) -> None:
    write_cryo(tmp_path / "c", STORY)
    place = tmp_path / "c/ethereum__logs__00000007_to_00000007.parquet"
    place.write_bytes(place.read_bytes()[:-20])
    with pytest.raises(
        InputError, match=r"ethereum__logs__00000007_to_00000007\.parquet cannot be read as parquet"
    ):
        bring(tmp_path / "c", tmp_path / "ledger")


def test_a_file_that_is_damaged_inside_is_refused_by_its_name(tmp_path: Path) -> None:
    rows = story(transactions=[tx(letter, place, place) for place, letter in enumerate("abcdef")])
    write_cryo(tmp_path / "c/1", rows, "transactions")
    write_cryo(tmp_path / "c/2", rows, "transactions")
    place = tmp_path / "c/2/ethereum__transactions__00000007_to_00000007.parquet"
    data = bytearray(place.read_bytes())
    data[4:800] = bytes(796)
    place.write_bytes(bytes(data))
    with pytest.raises(
        InputError, match=r"2/ethereum__transactions__00000007_to_00000007\.parquet cannot be read"
    ):
        bring(tmp_path / "c", tmp_path / "ledger")
