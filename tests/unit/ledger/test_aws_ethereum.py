"""The aws-eth format: doubles of wei come in as the whole numbers that they are, and the ledger says so."""

from pathlib import Path
from typing import Any

import pytest
from tests.unit.ledger.published_ethereum import STORY, log, trace, tx, write_aws, write_etl

from jindo.base.errors import InputError
from jindo.base.ids import ETHEREUM
from jindo.ledger import AccountChain, ImportReport, import_source, open_ledger, read_transfers

EXACT = 2**53 - 1


def bring(folder: Path, into: Path, **options: Any) -> ImportReport:
    return import_source(str(folder), format="aws-eth", into=into, **options)


def amounts(into: Path, kind: str) -> list[int]:
    chain = open_ledger(into).chain(ETHEREUM)
    assert isinstance(chain, AccountChain)
    return [row.amount for row in read_transfers(chain, range(chain.event_count)) if row.kind.name == kind]


def story(*values: int, **more: list[Any]) -> dict[str, list[dict[str, Any]]]:
    transactions = [
        tx(letter, place, value) for place, (letter, value) in enumerate(zip("abcd", values, strict=False))
    ]
    return {"transactions": transactions, "traces": [], "logs": []} | more


def test_an_amount_that_a_double_holds_is_exact_and_nothing_is_marked(tmp_path: Path) -> None:
    write_aws(tmp_path / "s3", story(EXACT, 1), "transactions")
    report = bring(tmp_path / "s3", tmp_path / "ledger")
    status = open_ledger(tmp_path / "ledger").status()
    assert amounts(tmp_path / "ledger", "NATIVE") == [EXACT, 1]
    assert (status.chains[ETHEREUM].inexact, status.imports[0].inexact) == (None, None)
    assert [note for note in report.notes if "inexact" in note] == []


@pytest.mark.parametrize(
    "value", [2**53, 2**53 + 1, 10**18 + 1, 123_456_789_012_345_678_901, 2**200 + 1, 2**255]
)
def test_a_rounded_amount_is_the_doubles_whole_number_and_is_marked(tmp_path: Path, value: int) -> None:
    write_aws(tmp_path / "s3", story(value), "transactions")
    report = bring(tmp_path / "s3", tmp_path / "ledger")
    status = open_ledger(tmp_path / "ledger").status()
    assert (report.rejected, amounts(tmp_path / "ledger", "NATIVE")) == (0, [int(float(value))])
    assert status.chains[ETHEREUM].inexact
    assert status.imports[0].inexact is not None
    assert status.imports[0].inexact.startswith(
        "1 amounts of eip155:1 come from doubles of 2^53 base units or more"
    )
    assert any(note.startswith("the ledger is inexact: ") for note in status.notes)


def test_gas_is_exact_however_large_it_is(tmp_path: Path) -> None:
    row = tx("a", 0, 1, gas_used=30_000_000, gas_price=10**12 + 1)
    write_aws(tmp_path / "s3", story() | {"transactions": [row]}, "transactions")
    bring(tmp_path / "s3", tmp_path / "ledger")
    assert amounts(tmp_path / "ledger", "GAS") == [30_000_000 * (10**12 + 1)]
    assert not open_ledger(tmp_path / "ledger").status().chains[ETHEREUM].inexact


def test_logs_state_tokens_exactly_and_outweigh_the_doubles(tmp_path: Path) -> None:
    tokens = story(1, logs=[log("a", 0, 3, 2**255 + 1)])
    write_aws(tmp_path / "both", tokens, "transactions", "logs", "token_transfers")
    write_aws(tmp_path / "doubles", tokens, "transactions", "token_transfers")
    for name, value, inexact in (("both", 2**255 + 1, False), ("doubles", 2**255, True)):
        report = bring(tmp_path / name, tmp_path / f"of-{name}")
        chain = open_ledger(tmp_path / f"of-{name}").status().chains[ETHEREUM]
        assert (report.rejected, amounts(tmp_path / f"of-{name}", "TOKEN")) == (0, [value])
        assert (chain.inexact is not None) is inexact


def test_a_chain_once_inexact_stays_so(tmp_path: Path) -> None:
    write_aws(tmp_path / "s3", story(10**18 + 1), "transactions")
    write_etl(tmp_path / "etl", story(5, 6) | {"transactions": [tx("e", 9, 5)]})
    bring(tmp_path / "s3", tmp_path / "ledger")
    import_source(str(tmp_path / "etl"), format="ethereum-etl", into=tmp_path / "ledger")
    status = open_ledger(tmp_path / "ledger").status()
    assert status.chains[ETHEREUM].inexact
    assert [entry.inexact is None for entry in status.imports] == [False, True]


@pytest.mark.parametrize("bad", [0.5, -1.0, float("nan"), float("inf"), 1e300])
def test_a_double_that_is_no_amount_is_refused_with_its_row(tmp_path: Path, bad: float) -> None:
    write_aws(
        tmp_path / "s3", story(1, 2) | {"transactions": [tx("a", 0, 1), tx("b", 1, bad)]}, "transactions"
    )
    report = bring(tmp_path / "s3", tmp_path / "ledger")
    assert amounts(tmp_path / "ledger", "NATIVE") == [1]
    assert [(reject.line, reject.code) for reject in report.first_rejects] == [(2, "ledger.bad-amount")]


def test_the_whole_story_comes_in_as_ethereum_etl_says_it_but_for_the_rounding(tmp_path: Path) -> None:
    write_aws(tmp_path / "s3", STORY)
    write_etl(tmp_path / "etl", STORY)
    report = bring(tmp_path / "s3", tmp_path / "ledger")
    import_source(str(tmp_path / "etl"), format="ethereum-etl", into=tmp_path / "same")
    for kind in ("GAS", "TOKEN", "NATIVE", "ISSUANCE"):
        exact = amounts(tmp_path / "same", kind)
        assert amounts(tmp_path / "ledger", kind) == (
            [int(float(v)) for v in exact] if kind == "NATIVE" else exact
        )
    assert report.rejected == 0


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    write_aws(tmp_path / "s3", story(1, 2), "transactions", "blocks")
    lacking = story(1, 2) | {"transactions": [tx("a", 0, 1)]}
    write_aws(tmp_path / "s3", lacking, "transactions")
    notes = bring(tmp_path / "s3", tmp_path / "ledger").notes
    assert [note.split(":")[0] for note in notes] == [
        "the source has no traces",
        "the source has no token transfers or logs",
        "1 transactions are missing that the block table counts, in 1 blocks from 7 to 7",
    ]


def test_traces_alone_say_that_there_are_no_fees(tmp_path: Path) -> None:
    write_aws(tmp_path / "s3", story(traces=[trace("a", 0, [], 5)]), "traces")
    notes = bring(tmp_path / "s3", tmp_path / "ledger").notes
    assert "the source has no transactions: fees are not in the ledger" in notes


def test_a_folder_without_what_moves_is_refused(tmp_path: Path) -> None:
    write_aws(tmp_path / "s3", story(1), "blocks")
    with pytest.raises(InputError, match="no table of transactions, token_transfers or traces"):
        bring(tmp_path / "s3", tmp_path / "ledger")
