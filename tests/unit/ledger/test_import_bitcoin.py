"""The bitcoin-etl format: what can be goes in, what cannot is named."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from jindo.base.errors import InputError
from jindo.base.ids import BITCOIN
from jindo.ledger import ImportReport, UtxoChain, folder, import_source, open_ledger

ALICE, BOB = "1PkqKGbNLDdDJGveCcNUMV9CEFH77ADrPQ", "1HaHTfmvoUW6i6nhJf8jJs6tU4cHNmBQHQ"


def name(letter: str) -> str:
    return letter * 64


def output(value: Any, *addresses: str, index: int = 0, script: str = "00") -> dict[str, Any]:
    return {"index": index, "script_hex": script, "addresses": list(addresses), "value": value}


def spent(letter: str, index: int = 0, value: int | None = None, at: int = 0) -> dict[str, Any]:
    row = {"index": at, "spent_transaction_hash": name(letter), "spent_output_index": index, "value": value}
    return row | {"addresses": [BOB] if value is not None else []}


def row(
    letter: str, block: int, inputs: list[Any], outputs: list[Any], index: int = 0, **more: Any
) -> dict[str, Any]:
    return {
        "hash": name(letter), "block_number": block, "index": index, "block_timestamp": 1300000000 + block,
        "is_coinbase": not inputs, "inputs": inputs, "outputs": outputs,
    } | more  # fmt: skip


def bring(tmp_path: Path, *rows: Any, into: str = "ledger", **options: Any) -> ImportReport:
    lines = [line if isinstance(line, str) else json.dumps(line) for line in rows]
    (tmp_path / "transactions.json").write_text("\n".join(lines) + "\n")
    return import_source(
        str(tmp_path / "transactions.json"), format="bitcoin-etl", into=tmp_path / into, **options
    )


def chain_of(tmp_path: Path) -> UtxoChain:
    chain = open_ledger(tmp_path / "ledger").chain(BITCOIN)
    assert isinstance(chain, UtxoChain)
    return chain


def reasons(report: ImportReport) -> str:
    return report.rejects.read_text() if report.rejects is not None else ""


COINS = row("a", 1, [], [output(50, ALICE)])


def test_import_links_spends_across_imports(tmp_path: Path) -> None:
    bring(tmp_path, row("b", 2, [spent("a")], [output(49, BOB)]))
    assert [int(v) for v in chain_of(tmp_path).in_amount] == [49]
    bring(tmp_path, COINS)
    chain = chain_of(tmp_path)
    assert ([int(v) for v in chain.in_amount], chain.in_output.tolist()) == ([50], [0])
    assert chain.accounts[int(chain.in_account[0])] == ALICE


@pytest.mark.parametrize("blocks", [(1, 2), (1, 5000), (6000, 5)])
def test_a_transaction_without_an_output_that_is_spent_is_refused_alone(
    tmp_path: Path, blocks: tuple[int, int]
) -> None:
    made, spends = blocks
    bring(tmp_path, row("b", spends, [spent("a", 7)], [output(49, BOB)]))
    report = bring(tmp_path, row("a", made, [], [output(50, ALICE)]), row("c", made, [], [output(5, BOB)], 1))
    assert (report.added, report.rejected) == (1, 1)
    assert "ledger.no-such-output" in reasons(report)
    assert f"output 7 of {name('a')} is spent by {name('b')}" in reasons(report)


def test_rejects_that_count_are_never_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = (COINS, row("b", 2, [spent("f", 0, 10)], [output(60, BOB)]))
    first = bring(tmp_path, *rows)
    assert first.rejects is not None
    text = reasons(first)
    assert "ledger.value-from-nowhere" in text
    bring(tmp_path, row("f", 1, [], [output(100, BOB)], 1))

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(folder, "write_manifest", die)
        with pytest.raises(KeyboardInterrupt):
            bring(tmp_path, *rows)
    assert (open_ledger(tmp_path / "ledger").status().rejects, reasons(first)) == (
        ("rejects/0001-transactions.json.csv",),
        text,
    )
    again = bring(tmp_path, *rows)
    assert (again.added, "ledger.wrong-value" in reasons(again)) == (0, True)
    assert open_ledger(tmp_path / "ledger").status().rejects == ("rejects/0003-transactions.json.csv",)
    before = (tmp_path / "ledger/ledger.json").read_bytes()
    assert bring(tmp_path, *rows).rejects == again.rejects
    assert (tmp_path / "ledger/ledger.json").read_bytes() == before
    assert [path.name for path in (tmp_path / "ledger/rejects").iterdir()] == ["0003-transactions.json.csv"]


def test_rejects_are_on_the_disk_with_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced, sync = [], os.fsync

    def note(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        sync(handle)

    monkeypatch.setattr(os, "fsync", note)
    bring(tmp_path, COINS, "{not json")
    at = synced.index("0001-transactions.json.csv")
    assert synced[at + 1 : at + 3] == ["rejects", "ledger"]
    assert "ledger.json.new" in synced[at:]


def test_import_in_any_order_gives_one_fingerprint(tmp_path: Path) -> None:
    spender = row("b", 2000, [spent("a"), spent("f", 1, 7, at=1)], [output(57, BOB)])
    whole = bring(tmp_path, COINS, spender)
    bring(tmp_path, spender, into="other")
    assert bring(tmp_path, COINS, into="other").fingerprint == whole.fingerprint


def test_import_twice_adds_nothing(tmp_path: Path) -> None:
    bring(tmp_path, COINS)
    report = bring(tmp_path, COINS)
    assert (report.added, report.already_there, report.rejected) == (0, 1, 0)


def test_import_names_accounts_of_odd_scripts(tmp_path: Path) -> None:
    outputs = [
        output(1, ALICE, BOB, index=0), output(2, index=1, script="6A00"), output(3, "nonstandard00ff", index=2),
    ]  # fmt: skip
    bring(tmp_path, row("a", 1, [], outputs))
    chain = chain_of(tmp_path)
    names = [chain.accounts[int(i)] for i in chain.out_account]
    assert names[0] == f"multisig:{ALICE},{BOB}"
    assert all(text.startswith("script:") for text in names[1:])


def test_import_takes_outputs_by_their_index(tmp_path: Path) -> None:
    bring(tmp_path, row("a", 1, [], [output(2, BOB, index=1), output(1, ALICE, index=0)]))
    assert [int(v) for v in chain_of(tmp_path).out_amount] == [1, 2]


def test_import_takes_the_address_that_an_input_states(tmp_path: Path) -> None:
    bring(tmp_path, row("b", 2, [spent("f", 0, 60)], [output(50, ALICE)]))
    chain = chain_of(tmp_path)
    assert (chain.accounts[int(chain.in_account[0])], [int(v) for v in chain.in_amount]) == (BOB, [60])


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("{not json", "ledger.bad-line"),
        ("[1]", "ledger.bad-transaction"),
        (row("c", 3, [spent("a")], [output(-1, BOB)]), "ledger.bad-transaction"),
        (row("c", 3, [spent("a")], [output(1.5, BOB)]), "ledger.bad-transaction"),
        (row("c", 3, [spent("a")], [output(1, BOB[:-1] + "R")]), "ledger.bad-transaction"),
        (row("c", 3, [spent("a")], [output(1, BOB)], hash="xyz"), "ledger.bad-transaction"),
        (row("c", 3, [spent("a")], [output(1, BOB)], index=-1), "ledger.bad-transaction"),
        (row("c", 3, [spent("a")], [output(1, BOB)], block_number=None), "ledger.bad-transaction"),
        (row("c", 3, [spent("b")], [output(51, BOB)]), "ledger.value-from-nowhere"),
        (row("c", 3, [spent("b"), spent("b", at=1)], [output(1, BOB)]), "ledger.double-spend"),
        (row("c", 3, [spent("a")], [output(1, BOB)]), "ledger.double-spend"),
        (row("c", 3, [spent("b", 1)], [output(1, BOB)]), "ledger.no-such-output"),
        (row("c", 3, [spent("b", 0, 48)], [output(1, BOB)]), "ledger.wrong-value"),
        (row("a", 3, [], [output(50, ALICE)]), "ledger.impossible-order"),
        (row("a", 1, [], [output(51, ALICE)]), "ledger.differs"),
    ],
)
def test_import_rejects_what_cannot_be(tmp_path: Path, bad: Any, code: str) -> None:
    report = bring(tmp_path, COINS, bad, row("b", 2, [spent("a")], [output(50, BOB)]))
    assert (report.read, report.added, report.rejected) == (3, 2, 1)
    assert f"transactions.json,2,{code}," in reasons(report)


def test_import_rejects_a_spend_before_its_output(tmp_path: Path) -> None:
    report = bring(
        tmp_path, row("b", 1, [spent("a")], [output(50, BOB)]), row("a", 5, [], [output(50, ALICE)])
    )
    assert (report.added, report.rejected) == (1, 1)
    assert "ledger.impossible-order" in reasons(report)


def test_import_never_puts_out_what_is_there(tmp_path: Path) -> None:
    bring(tmp_path, row("b", 2, [spent("a", 0, 50)], [output(50, BOB)]))
    with pytest.raises(InputError, match="none of the source's 1 rows"):
        bring(tmp_path, row("a", 1, [], [output(49, ALICE)]))
    assert chain_of(tmp_path).tx_count == 1


@pytest.mark.parametrize("index", [10**30, "٣", "9" * 5000])
def test_import_rejects_an_index_that_no_chain_can_have(tmp_path: Path, index: Any) -> None:
    good = row("a", 1, [], [output(5, ALICE)])
    bad = row("b", 2, [spent("a") | {"spent_output_index": index}], [output(5, BOB)])
    report = bring(tmp_path, good, bad)
    assert (report.read, report.added, report.rejected) == (2, 1, 1)
