"""The aws-btc format: doubles of bitcoin become satoshi exactly, or are refused by name."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.unit.ledger.published_bitcoin import (
    ALICE,
    BOB,
    KEY,
    output,
    spent,
    to_aws,
    transaction,
    write_aws,
    write_aws_blocks,
)

from jindo.base.errors import InputError
from jindo.base.ids import BITCOIN
from jindo.ledger import ImportReport, UtxoChain, import_source, open_ledger
from jindo.ledger.sources.aws_bitcoin import SATOSHI, is_total, to_satoshi

MOST = 21_000_000 * SATOSHI
COINS = transaction("a", 1, 0, [], [output(50 * SATOSHI, ALICE)])
SPEND = transaction("b", 2, 1, [spent("a", 0, 50 * SATOSHI, ALICE)], [output(4_999_999_999, BOB)])


def bring(folder: Path, into: Path, **options: Any) -> ImportReport:
    return import_source(str(folder), format="aws-btc", into=into, **options)


def chain_of(into: Path) -> UtxoChain:
    chain = open_ledger(into).chain(BITCOIN)
    assert isinstance(chain, UtxoChain)
    return chain


@given(st.integers(0, MOST))
@example(MOST)
@example(1)
@example(2_099_999_997_690_000)
def test_to_satoshi_recovers_every_satoshi(units: int) -> None:
    assert to_satoshi(units / SATOSHI) == units
    assert to_satoshi(units * 1e-8) == units  # one rounding more, as a careless writer makes it


@pytest.mark.parametrize(
    "bad", [0.000000015, 1.5e-9, -1.0, float("nan"), float("inf"), 2.0**27, None, "x", 1e-8 / 3]
)
def test_to_satoshi_refuses_what_is_none(bad: Any) -> None:
    with pytest.raises(InputError):
        to_satoshi(bad)


@given(st.lists(st.integers(0, MOST // 1000), min_size=1, max_size=200))
def test_is_total_allows_what_adding_doubles_does_and_no_satoshi_more(units: list[int]) -> None:
    total = 0.0
    for value in units:
        total += value / SATOSHI
    assert is_total(total, sum(units), len(units))
    assert not is_total(total, sum(units) + 2, len(units))
    assert not is_total(total, sum(units) - 2, len(units))


def test_days_in_folders_are_one_source(tmp_path: Path) -> None:
    write_aws(tmp_path / "s3", to_aws(SPEND), day="2011-03-14")
    write_aws(tmp_path / "s3", to_aws(COINS), day="2011-03-13")
    report = bring(tmp_path / "s3", tmp_path / "ledger")
    chain = chain_of(tmp_path / "ledger")
    assert (report.added, report.rejected, report.notes) == (2, 0, ())
    assert chain.out_amount.tolist() == [5_000_000_000, 4_999_999_999]
    assert chain.time.tolist() == [1_300_000_001, 1_300_000_002]
    entry = open_ledger(tmp_path / "ledger").status().imports[0]
    assert [source["name"] for source in entry.sources] == [
        f"btc/transactions/date=2011-03-{day}/part-00000-c000.snappy.parquet" for day in (13, 14)
    ]


def test_a_pattern_of_days_is_one_source(tmp_path: Path) -> None:
    write_aws(tmp_path / "s3", to_aws(SPEND), day="2011-03-14")
    write_aws(tmp_path / "s3", to_aws(COINS), day="2011-03-13")
    for pattern in ("btc/transactions/date=2011-03-*/*.parquet", "btc/transactions/date=2011-03-1?"):
        into = tmp_path / f"ledger{len(pattern)}"
        assert bring(tmp_path / "s3" / pattern, into).added == 2
        names = [source["name"] for source in open_ledger(into).status().imports[0].sources]
        assert names == [f"date=2011-03-{day}/part-00000-c000.snappy.parquet" for day in (13, 14)]


def test_a_script_without_address_has_the_address_that_it_has_elsewhere(tmp_path: Path) -> None:
    outputs = [
        output(1, None, f"21{KEY}ac"),
        output(2, None, f"5121{KEY}21{KEY}52ae"),
        output(3, None, "6a00"),
    ]
    write_aws(tmp_path / "s3", to_aws(transaction("a", 1, 0, [], outputs)))
    bring(tmp_path / "s3", tmp_path / "ledger")
    chain = chain_of(tmp_path / "ledger")
    names = [chain.accounts[int(i)] for i in chain.out_account]
    key = "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH"
    assert names[:2] == [key, f"multisig:{key},{key}"]
    assert names[2].startswith("script:")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"output_value": 50.00000001}, "output_value is stated as 50.00000001"),
        ({"input_value": 49.0}, "input_value is stated as 49.0"),
        ({"fee": 0.5}, "fee is stated as 0.5"),
        ({"input_count": 2}, "input_count counts as 2"),
        ({"output_count": 0}, "output_count counts as 0"),
        ({"block_number": None}, "block_number is missing"),
        ({"hash": "xyz"}, "'xyz' is not a transaction hash"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused_with_what_it_says(
    tmp_path: Path, wrong: dict[str, Any], says: str
) -> None:
    write_aws(tmp_path / "s3", to_aws(COINS), to_aws(SPEND, **wrong))
    report = bring(tmp_path / "s3", tmp_path / "ledger")
    assert (report.added, report.rejected, report.first_rejects[0].line) == (1, 1, 2)
    assert report.first_rejects[0].code == "ledger.bad-transaction"
    assert says in report.first_rejects[0].reason


def test_a_value_between_two_satoshi_is_refused(tmp_path: Path) -> None:
    row = to_aws(transaction("c", 3, 0, [], [output(5, BOB)]), output_value=None)
    row["outputs"][0]["value"] = 0.123456785
    write_aws(tmp_path / "s3", to_aws(COINS), row)
    report = bring(tmp_path / "s3", tmp_path / "ledger")
    assert "0.123456785 bitcoin is no whole number of satoshi" in report.first_rejects[0].reason


def test_transactions_that_the_blocks_count_and_that_are_not_there_are_noted(tmp_path: Path) -> None:
    write_aws(tmp_path / "s3", to_aws(COINS), to_aws(SPEND))
    write_aws_blocks(tmp_path / "s3", {1: 1, 2: 3, 3: 1})
    report = bring(tmp_path / "s3", tmp_path / "ledger")
    assert report.added == 2
    assert report.notes[0].startswith(
        "3 transactions are missing that the block table counts, in 2 blocks from 2 to 3"
    )


@pytest.mark.parametrize("keep", [0.0, 0.4, 0.99])
def test_a_file_that_is_cut_is_refused_by_its_name(tmp_path: Path, keep: float) -> None:
    write_aws(tmp_path / "s3", to_aws(COINS))
    place = write_aws(tmp_path / "s3", to_aws(SPEND), day="2011-03-14")
    place.write_bytes(place.read_bytes()[: int(place.stat().st_size * keep)])
    with pytest.raises(InputError, match="date=2011-03-14/part-00000"):
        bring(tmp_path / "s3", tmp_path / "ledger")
    assert not (tmp_path / "ledger" / "chains").exists()


def test_a_file_that_is_damaged_inside_is_refused_by_its_name(tmp_path: Path) -> None:
    place = write_aws(
        tmp_path / "s3", *(to_aws(transaction("a", 1, i, [], [output(i, ALICE)])) for i in range(50))
    )
    data = bytearray(place.read_bytes())
    data[4:600] = bytes(596)
    place.write_bytes(bytes(data))
    with pytest.raises(InputError, match="part-00000"):
        bring(tmp_path / "s3", tmp_path / "ledger")


def test_a_source_without_transactions_is_refused_with_what_is_there(tmp_path: Path) -> None:
    write_aws_blocks(tmp_path / "s3", {1: 1})
    with pytest.raises(InputError, match="no table of transactions; the columns are date, hash"):
        bring(tmp_path / "s3", tmp_path / "ledger")


def test_a_block_without_a_number_is_refused_by_its_place(tmp_path: Path) -> None:
    write_aws(tmp_path / "s3", to_aws(COINS))
    write_aws_blocks(tmp_path / "s3", {-1: 1})
    with pytest.raises(InputError, match="the block '-1' is not a whole number") as caught:
        bring(tmp_path / "s3", tmp_path / "ledger")
    assert caught.value.place.endswith("btc/blocks/date=2011-03-13/part-00000-c000.snappy.parquet:1")


def test_a_day_that_comes_again_as_single_blocks_counts_once(tmp_path: Path) -> None:
    write_aws(tmp_path / "s3", to_aws(COINS), to_aws(SPEND))
    place = tmp_path / "s3/btc/transactions/date=2011-03-13/2.snappy.parquet"
    place.write_bytes(write_aws(tmp_path / "other", to_aws(SPEND)).read_bytes())
    report = bring(tmp_path / "s3", tmp_path / "ledger")
    assert (report.added, report.already_there, report.rejected) == (2, 1, 0)
