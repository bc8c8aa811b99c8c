"""`jindo ledger`: options become arguments, the report becomes a table or JSON."""

import json
from pathlib import Path

import pytest

from jindo.base.errors import InputError
from jindo.cli import program
from jindo.cli.ledger import parse_columns

SENDER, RECEIVER = "0x" + "1" * 40, "0x" + "2" * 40


@pytest.fixture
def source(tmp_path: Path) -> Path:
    rows = [
        "block,tx_hash,sender,to,amount",
        f"1,{'a' * 64},{SENDER},{RECEIVER},1.5",
        f"2,{'b' * 64},{SENDER},{RECEIVER},-1",
    ]
    (tmp_path / "moves.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return tmp_path / "moves.csv"


def words(source: Path, *more: str) -> list[str]:
    into = ["--into", str(source.parent / "ledger")]
    return [
        "ledger",
        "import",
        str(source),
        "--format",
        "transfers",
        *into,
        "--column",
        "from=sender",
        "--decimals",
        "2",
        *more,
    ]


def test_parse_columns_reads_pairs() -> None:
    assert parse_columns(["from=sender", "to=b=c"]) == {"from": "sender", "to": "b=c"}


@pytest.mark.parametrize("pairs", [["from"], ["=x"], ["from="], ["from=a", "from=b"]])
def test_parse_columns_refuses_what_is_no_pair(pairs: list[str]) -> None:
    with pytest.raises(InputError):
        parse_columns(pairs)


def test_import_tells_what_became_of_every_row(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(words(source, "--json")) == 0
    view = json.loads(capsys.readouterr().out)
    assert (view["read"], view["added"], view["rejected"]) == (2, 1, 1)
    assert Path(view["rejects"]).is_file()


def test_import_shows_a_table_that_names_the_rejects(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.run(words(source)) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "rejects file" in out


def test_import_strict_refuses_all_and_names_the_line(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.run(words(source, "--strict")) == 2
    assert "moves.csv:3" in capsys.readouterr().err
    assert not (source.parent / "ledger").exists()


def test_import_refuses_a_chain_that_is_not_caip2(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(words(source, "--chain", "Ethereum")) == 2
    assert "CAIP-2" in capsys.readouterr().err


def test_status_shows_chains_assets_and_fingerprint(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program.run(words(source))
    capsys.readouterr()
    assert program.run(["ledger", "status", str(source.parent / "ledger")]) == 0
    out = capsys.readouterr().out
    for text in ("eip155:1", "unnamed asset", "fingerprint", "rejected rows"):
        assert text in out


def status(source: Path, *more: str) -> int:
    return program.run(["ledger", "status", str(source.parent / "ledger"), *more])


def test_status_refuses_a_damaged_ledger_with_4(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program.run(words(source))
    column = next((source.parent / "ledger").rglob("*.arrow"))
    column.write_bytes(column.read_bytes()[:-1] + b"x")
    assert status(source) == 4
    assert str(column) in capsys.readouterr().err


@pytest.mark.parametrize(("more", "checked"), [((), "files"), (("--full",), "fingerprint")])
def test_status_says_what_it_checked(
    source: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], checked: str
) -> None:
    program.run(words(source))
    capsys.readouterr()
    assert status(source, "--json", *more) == 0
    view = json.loads(capsys.readouterr().out)
    assert view["checked"] == checked
    assert status(source, *more) == 0
    assert "files are as they were written" in capsys.readouterr().out


def test_import_shows_the_first_rejected_rows_with_their_lines(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source.write_text(source.read_text() + f"3,{'c' * 64},{SENDER},{RECEIVER},-1\n" * 8)
    assert program.run(words(source)) == 0
    out = capsys.readouterr().out
    assert "9 rows were rejected and left out:" in out
    assert "moves.csv:3: " in out
    assert "and 4 more" in out
    assert str(source.parent / "ledger/rejects/0001-moves.csv") in out


def test_import_that_takes_nothing_in_leaves_with_2(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source.write_text("\n".join(source.read_text().splitlines()[::2]) + "\n")
    assert program.run(words(source)) == 2
    assert "moves.csv:2: " in capsys.readouterr().err


def test_import_of_the_same_file_in_another_way_leaves_with_6(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program.run(words(source))
    assert program.run(words(source, "--asset", "USD")) == 6
    assert "--again" in capsys.readouterr().err
    assert program.run(words(source, "--asset", "USD", "--again", "--json")) == 0
    assert json.loads(capsys.readouterr().out)["added"] == 1


def test_rollback_takes_blocks_off(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program.run(words(source))
    capsys.readouterr()
    ledger = str(source.parent / "ledger")
    command = ["ledger", "rollback", ledger, "--chain", "eip155:1", "--to", "0"]
    assert program.run([*command, "--json"]) == 0
    view = json.loads(capsys.readouterr().out)
    assert (view["to"], view["removed"]) == (0, 1)
    program.run(words(source))
    capsys.readouterr()
    assert program.run(command) == 0
    assert "rows taken off" in capsys.readouterr().out
    assert program.run(command) == 2  # no block is left, so there is no such chain
