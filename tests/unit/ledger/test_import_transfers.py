"""The transfers format: columns, exact amounts, copies, and rejects by name and line."""

import csv
import json
from pathlib import Path

import duckdb
import pytest

from jindo.base.errors import InputError, NotFound
from jindo.base.ids import ETHEREUM, UNNAMED_ASSET, parse_address
from jindo.ledger import AccountChain, ImportReport, import_source, open_ledger, read_transfers

A, B, C = (f"0x{n:040x}" for n in (1, 2, 3))
HEADER = "block,tx_hash,from,to,amount"


def bring(tmp_path: Path, text: str, name: str = "t.csv", **options: object) -> ImportReport:
    (tmp_path / name).write_text(text)
    return import_source(str(tmp_path / name), format="transfers", into=tmp_path / "ledger", **options)  # type: ignore[arg-type]


def chain_of(tmp_path: Path) -> AccountChain:
    chain = open_ledger(tmp_path / "ledger").chain(ETHEREUM)
    assert isinstance(chain, AccountChain)
    return chain


def amounts(tmp_path: Path) -> list[int]:
    return [int(value) for value in chain_of(tmp_path).amount]


def rejects(report: ImportReport) -> list[dict[str, str]]:
    assert report.rejects is not None
    with report.rejects.open() as stream:
        return list(csv.DictReader(stream))


def balanced(report: ImportReport) -> bool:
    parts = (report.added, report.already_there, report.left_by_distinct, report.superseded, report.rejected)
    return report.read == sum(parts)


def test_import_orders_by_block_and_keeps_the_files_order_inside(tmp_path: Path) -> None:
    bring(tmp_path, f"{HEADER}\n2,t3,{A},{B},3\n1,t2,{A},{B},1\n1,t1,{A},{B},2\n")
    assert amounts(tmp_path) == [1, 2, 3]


def test_import_orders_by_the_indices_that_are_there(tmp_path: Path) -> None:
    bring(tmp_path, f"{HEADER},tx_index,log_index\n1,t,{A},{B},3,1,9\n1,s,{A},{B},1,0,5\n1,t,{A},{B},2,1,7\n")
    assert amounts(tmp_path) == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "decimals", "units"),
    [
        ("945646.73", 2, 94564673),
        ("1", 18, 10**18),
        ("0.000000000000000001", 18, 1),
        ("1.50", 1, 15),
        ("115792089237316195423570985008687907853269984665640564039457584007913129639935", None, 2**256 - 1),
        ("9223372036854775807", None, 2**63 - 1),
        ("4611686018427387904", 0, 2**62),
        ("000", None, 0),
        ("1.5e3", 0, 1500),
        ("0x10", None, 16),
    ],
)
def test_import_reads_amounts_exactly(tmp_path: Path, text: str, decimals: int | None, units: int) -> None:
    report = bring(tmp_path, f"{HEADER}\n1,t,{A},{B},{text}\n", decimals=decimals)
    assert (amounts(tmp_path), report.rejected) == ([units], 0)


def test_import_takes_decimals_from_a_column(tmp_path: Path) -> None:
    rows = f"{HEADER},asset,decimals\n1,t,{A},{B},1.5,X,1\n1,t,{A},{B},1.5,Y,2\n"
    bring(tmp_path, rows)
    chain = chain_of(tmp_path)
    assert (amounts(tmp_path), chain.assets, chain.decimals) == ([15, 150], ("X", "Y"), (1, 2))


def test_import_maps_columns(tmp_path: Path) -> None:
    text = f"height,hash,src,dst,usd,when\n1,t,{A},{B},1,2023-06-02 21:49:23\n"
    names = {
        "block": "height",
        "tx_hash": "hash",
        "from": "src",
        "to": "dst",
        "amount": "usd",
        "time": "when",
    }
    bring(tmp_path, text, columns=names)
    assert chain_of(tmp_path).time.tolist() == [1685742563]


@pytest.mark.parametrize(
    ("header", "names", "says"),
    [
        ("hash,from,to,amount", {}, "'block'; the columns are hash, from, to, amount"),
        (HEADER, {"time": "when"}, "--column time=when names a column that is not there"),
        (HEADER, {"blok": "block"}, "no column 'blok'"),
    ],
)
def test_import_names_the_columns_there_are(
    tmp_path: Path, header: str, names: dict[str, str], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        bring(tmp_path, f"{header}\n", columns=names)
    assert not (tmp_path / "ledger").exists()


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (f"1,t,{A[:-1]},{B},1", "ledger.bad-address"),
        (
            f"1,t,0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD,{B},1".replace("BeAeD", "BeAed").replace(
                "5aA", "5AA"
            ),
            "ledger.bad-address",
        ),
        (f"1,0x12,{A},{B},1", "ledger.bad-hash"),
        (f"1,t,{A},{B},-1", "ledger.bad-amount"),
        (f"1,t,{A},{B},ten", "ledger.bad-amount"),
        (f"1,t,{A},{B},{2**256}", "ledger.bad-amount"),
        (f"1,t,{A},{B},", "ledger.missing-field"),
        (f"1,t,,{B},1", "ledger.missing-field"),
        (f",t,{A},{B},1", "ledger.missing-field"),
        (f"-1,t,{A},{B},1", "ledger.bad-block"),
        (f"x,t,{A},{B},1", "ledger.bad-block"),
        (f"1,t,{A},{B}", "ledger.bad-line"),
        (f"7,good,{A},{B},1", "ledger.impossible-order"),
    ],
)
def test_import_rejects_a_bad_row_by_name_and_line(tmp_path: Path, row: str, code: str) -> None:
    report = bring(tmp_path, f"{HEADER}\n1,good,{A},{B},5\n{row}\n2,other,{B},{C},5\n")
    (reject,) = rejects(report)
    assert (reject["file"], reject["line"], reject["code"]) == ("t.csv", "3", code)
    assert reject["reason"]
    assert reject["remedy"]
    assert (amounts(tmp_path), balanced(report)) == ([5, 5], True)


@pytest.mark.parametrize("index", ["tx_index", "log_index"])
def test_import_rejects_a_negative_index(tmp_path: Path, index: str) -> None:
    report = bring(tmp_path, f"{HEADER},{index}\n1,t,{A},{B},5,0\n1,t,{A},{B},5,-1\n")
    (reject,) = rejects(report)
    assert (reject["code"], json.loads(reject["row"])[index]) == ("ledger.bad-order", "-1")


def test_import_keeps_lines_right_after_a_broken_one(tmp_path: Path) -> None:
    report = bring(tmp_path, f"{HEADER}\n1,t,{A}\n1,t,{A},{B},x\n1\n1,t,{A},{B},y\n1,t,{A},{B},5\n")
    assert [reject["line"] for reject in rejects(report)] == ["2", "3", "4", "5"]


def test_import_strict_refuses_all_and_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"t.csv:3.*negative.*1 rows"):
        bring(tmp_path, f"{HEADER}\n1,t,{A},{B},5\n1,t,{A},{B},-5\n", strict=True)
    assert not (tmp_path / "ledger").exists()


def test_import_twice_adds_nothing(tmp_path: Path) -> None:
    text = f"{HEADER}\n1,t,{A},{B},5\n1,t,{A},{B},5\n"
    first, second = bring(tmp_path, text), bring(tmp_path, text)
    assert (first.added, second.added, second.already_there) == (2, 0, 2)
    assert first.fingerprint == second.fingerprint
    assert amounts(tmp_path) == [5, 5]
    assert open_ledger(tmp_path / "ledger").status().imports[0].added == 2


def test_import_adds_only_copies_beyond_those_there(tmp_path: Path) -> None:
    row = f"1,t,{A},{B},5\n"
    bring(tmp_path, f"{HEADER}\n{row * 2}", "one.csv")
    report = bring(tmp_path, f"{HEADER}\n{row * 3}", "two.csv")
    assert (report.added, report.already_there) == (1, 2)
    assert amounts(tmp_path) == [5, 5, 5]


def test_import_distinct_keeps_one_and_says_how_many_it_left(tmp_path: Path) -> None:
    row = f"1,t,{A},{B},5\n"
    report = bring(tmp_path, f"{HEADER}\n{row * 3}1,t,{A},{B},6\n", distinct=True)
    assert (report.added, report.left_by_distinct, balanced(report)) == (2, 2, True)


def test_import_extends_with_wide_amounts(tmp_path: Path) -> None:
    bring(tmp_path, f"{HEADER}\n1,t,{A},{B},5\n", "one.csv")
    bring(tmp_path, f"{HEADER}\n2,u,{B},{C},{2**70}\n", "two.csv")
    bring(tmp_path, f"{HEADER}\n3,v,{B},{C},7\n", "three.csv")
    assert amounts(tmp_path) == [5, 2**70, 7]
    assert not chain_of(tmp_path).narrow


def test_import_takes_mixed_case_with_a_right_checksum(tmp_path: Path) -> None:
    address = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    bring(tmp_path, f"{HEADER}\n1,t,{address},{B},5\n")
    assert chain_of(tmp_path).find_pots(parse_address(address)) == [0]


def test_import_keeps_memos_and_assets(tmp_path: Path) -> None:
    contract = "0xdac17f958d2ee523a2206206994597c13d831ec7"
    bring(tmp_path, f'{HEADER},asset,memo\n1,t,{A},{B},5,{contract},"=:BTC.BTC:bc1,x"\n2,u,{A},{B},5,,\n')
    first, second = read_transfers(chain_of(tmp_path), range(2))
    assert (first.asset, first.memo) == (f"eip155:1/erc20:{contract}", "=:BTC.BTC:bc1,x")
    assert (second.asset, second.memo) == (UNNAMED_ASSET, None)


def test_import_reads_parquet_like_csv(tmp_path: Path) -> None:
    csv_report = bring(
        tmp_path, f"{HEADER},time\n1,t,{A},{B},1.25,1700000000\n2,u,{B},{C},{10**20},1700000001\n", decimals=2
    )
    duckdb.connect().execute(
        f"COPY (SELECT 1::BIGINT AS block, 't' AS tx_hash, '{A}' AS \"from\", '{B}' AS \"to\", "
        f"1.25::DECIMAL(38,4) AS amount, make_timestamp(1700000000000000) AS time UNION ALL SELECT 2, 'u', '{B}', '{C}', "
        f"{10**20}::DECIMAL(38,4), make_timestamp(1700000001000000)) TO '{tmp_path / 't.parquet'}' (FORMAT parquet)"
    )
    report = import_source(
        str(tmp_path / "t.parquet"), format="transfers", into=tmp_path / "other", decimals=2
    )
    assert (report.fingerprint, report.rejected) == (csv_report.fingerprint, 0)


def test_import_rejects_floats_that_may_be_rounded(tmp_path: Path) -> None:
    duckdb.connect().execute(
        f"COPY (SELECT 1 AS block, 't' AS tx_hash, '{A}' AS \"from\", '{B}' AS \"to\", unnest([0.1::DOUBLE + 0.2, "
        f"945646.73, 0.5]) AS amount) TO '{tmp_path / 't.parquet'}' (FORMAT parquet)"
    )
    report = import_source(
        str(tmp_path / "t.parquet"), format="transfers", into=tmp_path / "ledger", decimals=18
    )
    assert [reject["line"] for reject in rejects(report)] == ["1"]
    assert amounts(tmp_path) == [94564673 * 10**16, 5 * 10**17]


def test_import_reads_a_folder_and_a_pattern(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for n in range(3):
        (tmp_path / "in" / f"{n}.csv").write_text(f"{HEADER}\n{n},t{n},{A},{B},{n}\n")
    whole = import_source(str(tmp_path / "in"), format="transfers", into=tmp_path / "ledger")
    part = import_source(str(tmp_path / "in" / "[01].csv"), format="transfers", into=tmp_path / "ledger")
    assert (whole.added, part.added, part.already_there) == (3, 0, 2)


def test_import_of_a_header_alone_adds_nothing(tmp_path: Path) -> None:
    assert bring(tmp_path, f"{HEADER}\n").read == 0


def test_import_of_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        import_source(str(tmp_path / "none.csv"), format="transfers", into=tmp_path / "ledger")


@pytest.mark.parametrize("content", [b"", b"block,tx_hash,from,to,amount\n1,\xff\xfe,a,b,1\n", b"PAR1"])
@pytest.mark.parametrize("name", ["t.csv", "t.parquet", "t.jsonl", "t.xlsx"])
def test_import_of_a_file_that_is_not_what_it_says(tmp_path: Path, content: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError):
        import_source(str(tmp_path / name), format="transfers", into=tmp_path / "ledger")
    assert not (tmp_path / "ledger").exists()


def test_import_reads_a_header_with_a_byte_order_mark(tmp_path: Path) -> None:
    assert bring(tmp_path, f"\ufeff{HEADER}\n1,t,{A},{B},5\n").added == 1


def test_import_reads_json_lines_with_every_digit(tmp_path: Path) -> None:
    row = {"block": 1, "tx_hash": "t", "from": A, "to": B, "amount": 2**200 + 1}
    report = bring(tmp_path, json.dumps(row) + "\n{broken\n", "t.jsonl")
    assert amounts(tmp_path) == [2**200 + 1]
    assert [reject["line"] for reject in rejects(report)] == ["2"]


def test_import_names_the_line_where_a_row_begins(tmp_path: Path) -> None:
    rows = f'1,t,{A},{B},5,"two\nlines"\n\n\n2,u,{A},{B},x,"a\nb"\n3,v,{A}\n4,w,{A},{B},y,\n'
    report = bring(tmp_path, f"{HEADER},memo\n{rows}")
    assert [reject["line"] for reject in rejects(report)] == ["6", "8", "9"]
    assert (report.added, balanced(report)) == (1, True)


def test_rejects_hold_no_cell_that_a_spreadsheet_would_run(tmp_path: Path) -> None:
    report = bring(tmp_path, f"{HEADER}\n=1+1\n1,t,{A},{B},5\n", name="=x.csv")
    (reject,) = rejects(report)
    assert (reject["file"], reject["row"][:1]) == ("'=x.csv", "'")


@pytest.mark.parametrize("one_by_one", [False, True])
def test_import_counts_what_two_files_share_once(tmp_path: Path, one_by_one: bool) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    (folder / "a.csv").write_text(f"{HEADER}\n1,t,{A},{B},5\n1,t,{A},{B},5\n2,s,{A},{B},7\n")
    (folder / "b.csv").write_text(f"{HEADER}\n1,t,{A},{B},5\n2,s,{A},{B},7\n2,s,{A},{B},7\n3,r,{A},{B},9\n")
    sources = sorted(map(str, folder.iterdir())) if one_by_one else [str(folder)]
    found = [import_source(name, format="transfers", into=tmp_path / "ledger") for name in sources]
    assert amounts(tmp_path) == [5, 5, 7, 7, 9]
    assert (sum(r.added for r in found), sum(r.already_there for r in found)) == (5, 2)
    assert all(balanced(report) for report in found)


def test_import_distinct_of_two_files_keeps_one_of_each(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    for name in ("a", "b"):
        (tmp_path / f"p/{name}.csv").write_text(f"{HEADER}\n" + f"1,t,{A},{B},5\n" * 2)
    report = import_source(str(tmp_path / "p"), format="transfers", into=tmp_path / "ledger", distinct=True)
    assert (amounts(tmp_path), report.read, balanced(report)) == ([5], 4, True)


def as_json(**more: object) -> str:
    row = {"block": 1, "tx_hash": "t", "from": A, "to": B, "amount": 5} | more
    return json.dumps(row)


@pytest.mark.parametrize(
    "broken", ['{"block": 1, "tx_h', "[1]", '"x"', as_json() + " and more", "{}x", "\x01"]
)
def test_import_rejects_a_broken_json_line_by_its_line(tmp_path: Path, broken: str) -> None:
    text = "\n".join([as_json(), "", broken, as_json(block=2, tx_hash="s", amount=None), ""])
    report = bring(tmp_path, text.replace("\n", "\r\n"), name="t.jsonl")
    assert [(row["line"], row["code"]) for row in rejects(report)] == [
        ("3", "ledger.bad-line"),
        ("4", "ledger.missing-field"),
    ]
    assert (amounts(tmp_path), balanced(report), rejects(report)[0]["row"]) == ([5], True, broken)


def test_import_never_rounds_a_json_number(tmp_path: Path) -> None:
    lines = [as_json(), as_json().replace(": 5}", ": 0.12345678901234567890}")]
    report = bring(
        tmp_path, "\n".join([*lines, as_json(amount="0.12345678901234567890"), ""]), "t.jsonl", decimals=20
    )
    assert "floating-point" in rejects(report)[0]["reason"]
    assert amounts(tmp_path) == [5 * 10**20, 12345678901234567890]


def test_import_refuses_two_scales_of_one_asset(tmp_path: Path) -> None:
    text = "block,tx_hash,from,to,amount\n1,a,x,y,1.5\n"
    bring(tmp_path, text, decimals=6, asset="USDT")
    with pytest.raises(InputError, match="6 and 18 decimals at once"):
        bring(tmp_path, text.replace("1,a", "2,b"), "u.csv", decimals=18, asset="USDT")
    assert amounts(tmp_path) == [1_500_000]


@pytest.mark.parametrize("header", ["amount,amount", "Amount,amount", "amount,AMOUNT"])
@pytest.mark.parametrize("columns", [{}, {"amount": "amount"}])
def test_import_refuses_two_columns_of_one_name(tmp_path: Path, header: str, columns: dict[str, str]) -> None:
    path = tmp_path / "twice.csv"
    a, b = (f"0x{n:040x}" for n in (1, 2))
    path.write_text(f"block,tx_hash,from,to,{header}\n1,{'0x' + '11' * 32},{a},{b},5,7\n")
    with pytest.raises(InputError, match="2 columns are called alike"):
        import_source(str(path), format="transfers", into=tmp_path / "ledger", columns=columns)


def test_import_leaves_two_columns_of_one_name_that_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "twice.csv"
    a, b = (f"0x{n:040x}" for n in (1, 2))
    path.write_text(f"block,tx_hash,from,to,amount,note,Note\n1,{'0x' + '11' * 32},{a},{b},5,x,y\n")
    assert import_source(str(path), format="transfers", into=tmp_path / "ledger").added == 1


def test_import_refuses_json_keys_that_differ_in_capitals_alone(tmp_path: Path) -> None:
    path = tmp_path / "twice.jsonl"
    row = {"block": 1, "tx_hash": "0x" + "11" * 32, "from": f"0x{1:040x}", "to": f"0x{2:040x}", "amount": 7}
    path.write_text(json.dumps(row | {"Amount": 5}) + "\n")
    with pytest.raises(InputError, match="2 columns are called alike"):
        import_source(str(path), format="transfers", into=tmp_path / "plain")
    mapped = import_source(
        str(path), format="transfers", into=tmp_path / "mapped", columns={"amount": "amount"}
    )
    assert mapped.added == 1
