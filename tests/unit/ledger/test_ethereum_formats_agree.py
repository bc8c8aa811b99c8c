"""The same Ethereum block gives the same chain, whichever published format it comes in, as far as each says it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.unit.ledger.published_cryo import write_cryo
from tests.unit.ledger.published_ethereum import (
    STORY,
    write_bigquery,
    write_etl,
    write_graphsense,
)

from jindo.base.ids import ETHEREUM
from jindo.ledger import AccountChain, import_source, open_ledger, read_transfers


def moves(into: Path) -> list[tuple[Any, ...]]:
    chain = open_ledger(into).chain(ETHEREUM)
    assert isinstance(chain, AccountChain)
    rows = read_transfers(chain, range(chain.event_count))
    return [
        (r.kind.name, r.sender, r.receiver, r.amount, r.asset, r.tx_index, r.position, r.time) for r in rows
    ]


@pytest.mark.parametrize(
    ("name", "write"),
    [("graphsense-ethereum", write_graphsense), ("cryo", write_cryo), ("ethereum-etl", write_bigquery)],
)
def test_one_block_gives_one_fingerprint(tmp_path: Path, name: str, write: Any) -> None:
    write_etl(tmp_path / "etl", STORY)
    write(tmp_path / "other", STORY)
    wanted = import_source(str(tmp_path / "etl"), format="ethereum-etl", into=tmp_path / "ledger")
    report = import_source(str(tmp_path / "other"), format=name, into=tmp_path / "same")
    assert (report.rejected, moves(tmp_path / "same")) == (0, moves(tmp_path / "ledger"))
    assert report.fingerprint == wanted.fingerprint


def test_ethereum_etl_logs_say_what_token_transfers_say(tmp_path: Path) -> None:
    write_etl(tmp_path / "tokens", STORY)
    write_etl(tmp_path / "logs", STORY, tokens=False)
    reports = [
        import_source(str(tmp_path / name), format="ethereum-etl", into=tmp_path / f"of-{name}")
        for name in ("tokens", "logs")
    ]
    assert reports[0].fingerprint == reports[1].fingerprint
    assert reports[1].notes == (
        "1 transfers of single tokens (ERC-721) have no amount and are not in the ledger",
    )


def test_the_story_moves_what_was_meant(tmp_path: Path) -> None:
    write_etl(tmp_path / "etl", STORY)
    import_source(str(tmp_path / "etl"), format="ethereum-etl", into=tmp_path / "ledger")
    assert [(kind, amount) for kind, _, _, amount, *_ in moves(tmp_path / "ledger")] == [
        ("GAS", 105000), ("NATIVE", 10**18 + 1), ("NATIVE", 9), ("TOKEN", 2**255 + 1), ("GAS", 105000),
        ("GAS", 105000), ("NATIVE", 7), ("NATIVE", 4), ("TOKEN", 12_345_678_901_234_567_890),
        ("ISSUANCE", 2 * 10**18), ("ISSUANCE", 10**18),
    ]  # fmt: skip


def test_bigquery_lines_with_every_number_as_text_are_the_same(tmp_path: Path) -> None:
    write_etl(tmp_path / "etl", STORY)
    (tmp_path / "lines").mkdir()
    for place in (tmp_path / "etl").iterdir():
        rows = [json.loads(line) for line in place.read_text().splitlines()]
        lines = [
            json.dumps({key: as_exported(key, value) for key, value in row.items() if value is not None})
            for row in rows
        ]
        (tmp_path / "lines" / f"{place.stem}-000000000000.json").write_text("\n".join(lines) + "\n")
    wanted = import_source(str(tmp_path / "etl"), format="ethereum-etl", into=tmp_path / "ledger")
    report = import_source(str(tmp_path / "lines"), format="ethereum-etl", into=tmp_path / "same")
    assert (report.rejected, report.fingerprint) == (0, wanted.fingerprint)


def as_exported(key: str, value: Any) -> str:
    """A value as BigQuery writes it into JSON lines."""
    if key.endswith("timestamp"):
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return str(value)
