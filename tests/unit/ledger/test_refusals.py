"""What refuses a whole import: nothing of it comes in, and the first reasons are said with their lines."""

import csv
import gzip
from pathlib import Path
from typing import Any

import pytest

from jindo.base.errors import ConflictError, InputError
from jindo.base.ids import ETHEREUM
from jindo.ledger import ImportReport, import_source, open_ledger

A, B = (f"0x{n:040x}" for n in (1, 2))
HEADER = "block,tx_hash,from,to,amount"
ROWS = f"1,t,{A},{B},5\n2,s,{A},{B},6\n"


def bring(
    tmp_path: Path, text: str = f"{HEADER}\n{ROWS}", name: str = "t.csv", **options: object
) -> ImportReport:
    (tmp_path / name).write_text(text)
    given = {"format": "transfers"} | options
    return import_source(str(tmp_path / name), into=tmp_path / "ledger", **given)  # type: ignore[arg-type]


def amounts(tmp_path: Path) -> list[int]:
    return [int(value) for value in open_ledger(tmp_path / "ledger").chain(ETHEREUM).amount]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "options",
    [
        {"asset": "USD"},
        {"decimals": 2},
        {"columns": {"time": "block"}},
        {"columns": {"amount": "block"}},
    ],
)
def test_the_same_file_in_another_way_is_refused(tmp_path: Path, options: dict[str, Any]) -> None:
    bring(tmp_path)
    before = (tmp_path / "ledger/ledger.json").read_bytes()
    with pytest.raises(ConflictError, match="import 1 of this ledger read the same file") as caught:
        bring(tmp_path, name="renamed.csv", **options)
    assert (caught.value.place, "--again" in caught.value.remedy()) == ("renamed.csv", True)
    assert (tmp_path / "ledger/ledger.json").read_bytes() == before


def test_the_earlier_import_is_named_with_its_options(tmp_path: Path) -> None:
    bring(tmp_path, asset="USD", decimals=2, columns={"time": "block"})
    with pytest.raises(ConflictError, match="as transfers --asset USD --decimals 2 --column time=block"):
        bring(tmp_path)


def test_a_file_of_another_format_is_refused_too(tmp_path: Path) -> None:
    token = f"0x{9:040x}"
    header = "token_address,from_address,to_address,value,transaction_hash,log_index,block_number"
    text = f"{header}\n{token},{A},{B},5,0x{7:064x},1,3\n"
    bring(tmp_path, text, format="ethereum-etl")
    names = {
        "block": "block_number", "tx_hash": "transaction_hash", "from": "from_address", "to": "to_address",
        "amount": "value", "asset": "token_address",
    }  # fmt: skip
    with pytest.raises(ConflictError, match="as ethereum-etl"):
        bring(tmp_path, text, columns=names)


@pytest.mark.parametrize(
    "options", [{}, {"decimals": 0}, {"columns": {"amount": "amount"}}, {"distinct": True}]
)
def test_the_same_file_in_the_same_way_adds_nothing(tmp_path: Path, options: dict[str, Any]) -> None:
    bring(tmp_path)
    assert (bring(tmp_path, **options).added, amounts(tmp_path)) == (0, [5, 6])


def test_a_file_counts_again_where_that_is_asked_for(tmp_path: Path) -> None:
    bring(tmp_path)
    report = bring(tmp_path, asset="USD", again=True)
    assert amounts(tmp_path) == [5, 5, 6, 6]
    assert "--again was given" in report.notes[0]
    assert bring(tmp_path, asset="USD").added == 0  # as the second time: nothing is doubled


def test_a_file_may_be_on_two_chains(tmp_path: Path) -> None:
    bring(tmp_path)
    assert bring(tmp_path, chain="eip155:10", asset="USD").added == 2


def test_a_file_in_a_folder_is_found_out(tmp_path: Path) -> None:
    bring(tmp_path)
    (tmp_path / "more").mkdir()
    (tmp_path / "more/a.csv").write_text(f"{HEADER}\n9,u,{A},{B},1\n")
    (tmp_path / "more/b.csv").write_bytes((tmp_path / "t.csv").read_bytes())
    with pytest.raises(ConflictError) as caught:
        import_source(str(tmp_path / "more"), format="transfers", into=tmp_path / "ledger", decimals=6)
    assert caught.value.place == "b.csv"


def test_an_import_that_takes_nothing_in_names_the_first_reasons(tmp_path: Path) -> None:
    rows = "".join(f"1,t,{A},{B},x{n}\n" for n in range(7))
    with pytest.raises(
        InputError, match=r"none of the source's 7 rows.*t.csv:2: .*'x0'.*t.csv:6: .*and 2 more"
    ):
        bring(tmp_path, f"{HEADER}\n{rows}")
    assert not (tmp_path / "ledger").exists()


def test_rejected_rows_beside_what_is_there_already_are_reported(tmp_path: Path) -> None:
    bring(tmp_path)
    report = bring(tmp_path, f"{HEADER}\n{ROWS}3,u,{A},{B},x\n", name="more.csv")
    assert (report.already_there, report.rejected) == (2, 1)
    assert [(row.file, row.line) for row in report.first_rejects] == [("more.csv", 4)]


def test_the_report_shows_five_rejected_rows_at_most(tmp_path: Path) -> None:
    report = bring(tmp_path, f"{HEADER}\n{ROWS}" + f"3,u,{A},{B},x\n" * 9)
    assert report.rejects is not None
    with report.rejects.open() as stream:
        assert len(list(csv.DictReader(stream))) == 9
    assert [row.line for row in report.first_rejects] == [4, 5, 6, 7, 8]


def test_a_source_without_rows_is_noted(tmp_path: Path) -> None:
    assert bring(tmp_path, f"{HEADER}\n").notes == ("the source has no row that moves anything",)


@pytest.mark.parametrize("amount", ["1.5", "5.00", ".5", "-1.5", "1.5e3", "0.1234567890123456789"])
def test_a_point_without_decimals_refuses_the_whole_source(tmp_path: Path, amount: str) -> None:
    text = f'{HEADER},memo\n1,t,{A},{B},7,"two\nlines"\n2,s,{A},{B},{amount},\n3,r,{A},{B},{amount},\n'
    with pytest.raises(InputError, match="decimal point, and no decimals are stated") as caught:
        bring(tmp_path, text)
    assert (caught.value.place, "--decimals" in caught.value.remedy()) == ("t.csv:4", True)
    assert not (tmp_path / "ledger").exists()


def test_a_point_is_welcome_where_decimals_are_stated(tmp_path: Path) -> None:
    assert bring(tmp_path, f"{HEADER}\n1,t,{A},{B},5.00\n", decimals=0).added == 1
    text = f"{HEADER},asset,decimals\n2,s,{A},{B},5.0,X,1\n3,r,{A},{B},5,Y,\n"
    assert (bring(tmp_path, text, "u.csv").added, amounts(tmp_path)) == (2, [5, 50, 5])


def test_a_point_in_a_row_whose_decimals_are_missing_refuses_all(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="decimal point"):
        bring(tmp_path, f"{HEADER},decimals\n2,s,{A},{B},5.0,1\n3,r,{A},{B},5.0,\n")


def test_a_json_number_with_a_point_refuses_all(tmp_path: Path) -> None:
    line = f'{{"block": 1, "tx_hash": "t", "from": "{A}", "to": "{B}", "amount": 1.5}}\n'
    with pytest.raises(InputError, match=r"the amount '1\.5' has a decimal point"):
        bring(tmp_path, line, "t.jsonl")


CUT = {
    "t.csv": f"{HEADER}\n{ROWS}3,u,{A},{B},70",
    "t.jsonl": f'\n{{"block": 1, "tx_hash": "t", "from": "{A}", "to": "{B}", "amount": 1}}\n'
    f'{{"block": 2, "tx_hash": "s", "from": "{A}", "to": "{B}", "amount": 2}}',
}


@pytest.mark.parametrize(("name", "line"), [("t.csv", 4), ("t.jsonl", 3)])
def test_a_last_line_that_may_be_cut_is_noted(tmp_path: Path, name: str, line: int) -> None:
    (note,) = bring(tmp_path, CUT[name], name).notes
    assert note.startswith(f"{name}:{line}: the last line has no final newline")
    assert open_ledger(tmp_path / "ledger").status().notes == (note,)


@pytest.mark.parametrize(("name", "line"), [("t.csv", 4), ("t.jsonl", 3)])
def test_a_last_line_that_may_be_cut_is_refused_under_strict(tmp_path: Path, name: str, line: int) -> None:
    with pytest.raises(InputError, match="no final newline") as caught:
        bring(tmp_path, CUT[name], name, strict=True)
    assert caught.value.place == f"{name}:{line}"
    assert not (tmp_path / "ledger").exists()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_last_line_that_is_ended_passes_strict(tmp_path: Path, end: str) -> None:
    assert bring(tmp_path, (f"{HEADER}\n{ROWS}").replace("\n", end), strict=True).notes == ()


def test_a_last_line_is_looked_at_through_gzip(tmp_path: Path) -> None:
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(CUT["t.csv"].encode()))
    report = import_source(str(tmp_path / "t.csv.gz"), format="transfers", into=tmp_path / "ledger")
    assert report.notes[0].startswith("t.csv.gz:4: ")


@pytest.mark.parametrize("name", ["t.csv.gz", "t.jsonl.gz"])
def test_a_cut_gzip_file_is_refused(tmp_path: Path, name: str) -> None:
    rows = "".join(f"{n},t{n * n},{A},{B},5\n" for n in range(9999))
    (tmp_path / name).write_bytes(gzip.compress(f"{HEADER}\n{rows}".encode())[:-9])
    with pytest.raises(InputError, match="cannot be read"):
        import_source(str(tmp_path / name), format="transfers", into=tmp_path / "ledger")
    assert not (tmp_path / "ledger").exists()
