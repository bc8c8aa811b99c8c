"""The bigquery-btc format: NUMERIC satoshi, and places in the block that the table does not have."""

import gzip
import itertools
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.ledger.published_bitcoin import (
    ALICE,
    BIGQUERY_TRANSACTIONS,
    BOB,
    name,
    output,
    spent,
    to_bigquery,
    transaction,
    write_bigquery,
    write_bigquery_json,
)

from jindo.base.errors import InputError
from jindo.base.ids import BITCOIN, TxId
from jindo.ledger import ImportReport, UtxoChain, UtxoInput, UtxoTransaction, import_source, open_ledger
from jindo.ledger.sources.bigquery_bitcoin import place_transactions

COINS = transaction("f", 1, 0, [], [output(100, ALICE)])
FIRST = transaction("e", 1, 1, [spent("f", 0, 100, ALICE)], [output(99, BOB)])
SECOND = transaction("a", 1, 2, [spent("e", 0, 99, BOB)], [output(98, ALICE)])
INDEXED = BIGQUERY_TRANSACTIONS.append(pa.field("index", pa.int64()))


def bring(source: Path, into: Path, **options: Any) -> ImportReport:
    return import_source(str(source), format="bigquery-btc", into=into, **options)


def chain_of(into: Path) -> UtxoChain:
    chain = open_ledger(into).chain(BITCOIN)
    assert isinstance(chain, UtxoChain)
    return chain


@pytest.mark.parametrize("write", [write_bigquery, write_bigquery_json])
def test_values_are_whole_satoshi(tmp_path: Path, write: Any) -> None:
    suffix = "parquet" if write is write_bigquery else "json"
    write(tmp_path / f"x/000000000000.{suffix}", to_bigquery(COINS), to_bigquery(FIRST))
    report = bring(tmp_path / "x", tmp_path / "ledger")
    chain = chain_of(tmp_path / "ledger")
    assert (report.added, report.rejected) == (2, 0)
    assert (chain.out_amount.tolist(), chain.time.tolist()) == ([100, 99], [1_300_000_001] * 2)


def test_outputs_stand_before_their_spenders_in_any_order_of_rows(tmp_path: Path) -> None:
    prints = set()
    for number, rows in enumerate(itertools.permutations([COINS, FIRST, SECOND])):
        write_bigquery(tmp_path / f"{number}/x.parquet", *(to_bigquery(row) for row in rows))
        report = bring(tmp_path / str(number), tmp_path / f"ledger{number}")
        prints.add(report.fingerprint)
        assert (report.added, report.rejected) == (3, 0)
        assert "3 transactions do not state their place" in report.notes[0]
    assert len(prints) == 1


def test_rows_of_one_block_in_two_files_are_placed_together(tmp_path: Path) -> None:
    write_bigquery(tmp_path / "x/1.parquet", to_bigquery(SECOND))
    write_bigquery_json(tmp_path / "x/2.json", to_bigquery(FIRST), to_bigquery(COINS))
    bring(tmp_path / "x", tmp_path / "ledger")
    chain = chain_of(tmp_path / "ledger")
    assert [chain.tx_hashes[t] for t in range(3)] == [name("f"), name("e"), name("a")]


def test_a_stated_place_is_kept_and_nothing_is_noted(tmp_path: Path) -> None:
    rows = [to_bigquery(row) | {"index": row["index"] * 10} for row in (COINS, FIRST)]
    write_bigquery(tmp_path / "x/1.parquet", *rows, schema=INDEXED)
    assert bring(tmp_path / "x", tmp_path / "ledger").notes == ()
    assert chain_of(tmp_path / "ledger").tx_index.tolist() == [0, 10]


def test_transactions_in_a_circle_are_refused(tmp_path: Path) -> None:
    one = transaction("a", 1, 1, [spent("b", 0, 5, BOB)], [output(5, BOB)])
    other = transaction("b", 1, 2, [spent("a", 0, 5, BOB)], [output(5, BOB)])
    write_bigquery(tmp_path / "x/1.parquet", to_bigquery(one), to_bigquery(other))
    with pytest.raises(InputError, match="spend each other in a circle"):
        bring(tmp_path / "x", tmp_path / "ledger")


def test_a_fraction_of_a_satoshi_and_a_double_are_refused(tmp_path: Path) -> None:
    bad = to_bigquery(transaction("b", 2, 0, [], [output(5, BOB)]))
    half = bad | {"outputs": [bad["outputs"][0] | {"value": "5.5"}]}
    write_bigquery_json(tmp_path / "x/1.json", to_bigquery(COINS), half)
    report = bring(tmp_path / "x", tmp_path / "ledger")
    assert (report.added, report.rejected, report.first_rejects[0].line) == (1, 1, 2)


@given(st.data())
def test_place_transactions_is_one_order_whatever_comes_first(data: st.DataObject) -> None:
    names = [f"{n:064x}" for n in range(8)]
    shuffled = data.draw(st.permutations(names))
    rows = []
    for place, this in enumerate(shuffled):
        given_by = data.draw(st.sets(st.sampled_from(shuffled[:place]))) if place else set()
        inputs = tuple(UtxoInput(TxId(maker), place) for maker in given_by)
        rows.append(UtxoTransaction(1, TxId(this), 0, inputs, (), coinbase=place == 0))
    places = place_transactions(rows)
    assert sorted(places.values()) == list(range(8))
    assert all(places[i.prev_hash] < places[row.tx_hash] for row in rows for i in row.inputs)
    assert place_transactions(data.draw(st.permutations(rows))) == places


@pytest.mark.parametrize("keep", [0.5, 0.95])
def test_a_compressed_export_that_is_cut_is_refused_by_its_name(tmp_path: Path, keep: float) -> None:
    rows = [to_bigquery(transaction("f", 1, 0, [], [output(n, ALICE)])) for n in range(300)]
    place = write_bigquery_json(tmp_path / "plain.json", *rows)
    packed = gzip.compress(place.read_bytes())
    (tmp_path / "x").mkdir()
    (tmp_path / "x/000000000000.json.gz").write_bytes(packed[: int(len(packed) * keep)])
    with pytest.raises(InputError, match=r"000000000000\.json\.gz cannot be read"):
        bring(tmp_path / "x", tmp_path / "ledger")
