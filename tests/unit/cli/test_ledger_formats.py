"""Formats on the command line: the help says what each expects, and `status` says which chain is inexact."""

import json
from pathlib import Path

import pytest
from tests.unit.ledger.published_ethereum import tx, write_aws

from jindo.app import CATALOGUE
from jindo.cli import program
from jindo.cli.ledger import FORMATS_HELP


def test_help_of_format_is_the_catalogue() -> None:
    assert FORMATS_HELP.removesuffix(".").replace(" or ", ", ").split(", ") == list(CATALOGUE)


def test_help_says_what_each_format_expects(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "240")
    program.run(["ledger", "import", "--help"])
    out = " ".join(capsys.readouterr().out.split())
    assert [name for name, entry in CATALOGUE.items() if f"{name}: {entry.expects}" not in out] == []


@pytest.mark.parametrize(("value", "inexact"), [(5, False), (10**18 + 1, True)])
def test_status_shows_that_a_chain_is_inexact(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], value: int, inexact: bool
) -> None:
    story = {"transactions": [tx("a", 0, value)], "traces": [], "logs": []}
    write_aws(tmp_path / "s3", story, "transactions")
    ledger = str(tmp_path / "ledger")
    assert (
        program.run(["ledger", "import", str(tmp_path / "s3"), "--format", "aws-eth", "--into", ledger]) == 0
    )
    capsys.readouterr()
    program.run(["ledger", "status", ledger])
    assert ("inexact: some may be off by rounding" in capsys.readouterr().out) is inexact
    program.run(["ledger", "status", ledger, "--json"])
    assert json.loads(capsys.readouterr().out)["chains"][0]["inexact"] is inexact
