"""A result that rests on rounded amounts says so wherever it is read."""

import json
from pathlib import Path

from tests.unit.ledger.published_ethereum import tx, write_aws

from jindo.app import TraceRequest, import_source, trace_ledger, verify_result


def trace_theft(folder: Path, value: int) -> Path:
    folder.mkdir()
    story = {"transactions": [tx("a", 0, value)], "traces": [], "logs": []}
    write_aws(folder / "s3", story, "transactions")
    import_source(str(folder / "s3"), format="aws-eth", into=folder / "ledger")
    (folder / "stolen.csv").write_text(f"tx_hash\n{'0x' + 'a' * 64}\n")
    trace_ledger(TraceRequest(folder / "ledger", folder / "stolen.csv", folder / "out"))
    return folder / "out"


def test_a_result_on_rounded_amounts_is_marked(tmp_path: Path) -> None:
    out = trace_theft(tmp_path / "rounded", 10**18 + 1)
    (chain,) = json.loads((out / "result.json").read_text())["provenance"]["ledger"]["chains"]
    assert chain["inexact"].startswith("1 amounts of eip155:1 come from doubles")
    assert "are inexact: 1 amounts of eip155:1 come from doubles" in (out / "report.html").read_text()
    verify_result(out)


def test_a_result_on_exact_amounts_is_not(tmp_path: Path) -> None:
    out = trace_theft(tmp_path / "exact", 10**15)
    (chain,) = json.loads((out / "result.json").read_text())["provenance"]["ledger"]["chains"]
    assert "inexact" not in chain
    assert "inexact" not in (out / "report.html").read_text()
