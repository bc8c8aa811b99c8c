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
