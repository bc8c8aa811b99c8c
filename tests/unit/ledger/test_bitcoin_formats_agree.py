"""The same Bitcoin transactions give the same chain, whichever published format they come in."""

from pathlib import Path

from tests.unit.ledger.published_bitcoin import (
    ALICE,
    BOB,
    KEY,
    output,
    spent,
    to_aws,
    to_bigquery,
    to_etl,
    transaction,
    write_aws,
    write_bigquery,
    write_bigquery_json,
    write_etl,
)

from jindo.ledger import import_source

BTC = 100_000_000
STORY = [
    transaction("0", 1, 0, [], [output(50 * BTC, ALICE)]),
    transaction("1", 2, 0, [], [output(50 * BTC, None, f"21{KEY}ac"), output(1, None, "6a0b"), output(0, None, "")]),
    transaction("2", 2, 1, [spent("0", 0, 50 * BTC, ALICE)], [output(2_099_999_999, BOB), output(2_900_000_000, ALICE)]),
    transaction("3", 2, 2, [spent("2", 0, 2_099_999_999, BOB), spent("9", 4, 12_345_678_901, BOB)], [output(3, BOB)]),
    transaction("4", 1024, 0, [], [output(2_100_000_000_000_000, BOB)]),
]  # fmt: skip


def test_aws_etl_and_bigquery_give_one_fingerprint(tmp_path: Path) -> None:
    write_etl(tmp_path / "etl/transactions.json", *(to_etl(tx) for tx in STORY))
    write_aws(tmp_path / "aws", *(to_aws(tx) for tx in reversed(STORY)))
    write_bigquery(tmp_path / "parquet/1.parquet", *(to_bigquery(tx) for tx in reversed(STORY)))
    write_bigquery_json(tmp_path / "lines/000000000000.json", *(to_bigquery(tx) for tx in STORY))
    formats = {"etl": "bitcoin-etl", "aws": "aws-btc", "parquet": "bigquery-btc", "lines": "bigquery-btc"}
    reports = {
        folder: import_source(str(tmp_path / folder), format=name, into=tmp_path / f"of-{folder}")
        for folder, name in formats.items()
    }
    assert {(report.added, report.rejected) for report in reports.values()} == {(5, 0)}
    assert len({report.fingerprint for report in reports.values()}) == 1


def test_what_one_format_brought_another_finds_there(tmp_path: Path) -> None:
    write_aws(tmp_path / "aws", *(to_aws(tx) for tx in STORY))
    write_etl(tmp_path / "etl/transactions.json", *(to_etl(tx) for tx in STORY))
    import_source(str(tmp_path / "aws"), format="aws-btc", into=tmp_path / "ledger")
    report = import_source(str(tmp_path / "etl"), format="bitcoin-etl", into=tmp_path / "ledger")
    assert (report.added, report.already_there, report.rejected) == (0, 5, 0)
