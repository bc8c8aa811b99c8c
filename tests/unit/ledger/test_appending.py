"""Blocks on top and off again: what is refused, what is recorded, and what stays."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from jindo.base.errors import InputError, IntegrityError, NotFound
from jindo.base.ids import BITCOIN, ETHEREUM, Account, AssetId, TxId
from jindo.ledger import (
    Transfer,
    UtxoInput,
    UtxoOutput,
    UtxoTransaction,
    append_rows,
    build_account_chain,
    build_utxo_chain,
    import_source,
    open_ledger,
    read_transfers,
    roll_back,
)


def row(block: int, *, amount: int = 5, asset: str = "x", name: str | None = None) -> Transfer:
    return Transfer(
        block, TxId(name or f"t{block}"), Account("a"), Account(f"b{block}"), amount, AssetId(asset)
    )


COINS = UtxoTransaction(1, TxId("z"), 0, (), (UtxoOutput(7, Account("m")),), coinbase=True, time=3)


def test_append_puts_blocks_above_the_last(tmp_path: Path) -> None:
    append_rows(tmp_path / "l", ETHEREUM, [row(1), row(2)], decimals={AssetId("x"): 6})
    append_rows(tmp_path / "l", ETHEREUM, [row(7, asset="y")], decimals={AssetId("y"): 2})
    chain = open_ledger(tmp_path / "l").chain(ETHEREUM)
    assert read_transfers(chain, range(3)) == [row(1), row(2), row(7, asset="y")]  # type: ignore[arg-type]
    assert (chain.assets, chain.decimals) == (("x", "y"), (6, 2))  # type: ignore[union-attr]
    entry = open_ledger(tmp_path / "l").status().chains[ETHEREUM]
    assert (entry.rows, entry.assets, entry.asset_rows, entry.blocks) == (3, ["x", "y"], [2, 1], [1, 7])


def test_all_that_is_appended_is_one_import(tmp_path: Path) -> None:
    for block in range(5):
        append_rows(tmp_path / "l", ETHEREUM, [row(block)])
    (entry,) = open_ledger(tmp_path / "l").status().imports
    assert (entry.format, entry.chain, entry.read, entry.added) == ("append", ETHEREUM, 5, 5)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([], "no row"),
        ([row(3)], "not above the last"),
        ([row(9), row(2)], "not above the last"),
        ([row(9, name="t3")], "two places"),
        ([row(9, amount=-1)], "amount"),
        ([row(9, amount=1 << 256)], "amount"),
        ([COINS], "sort of chain"),
    ],
)
def test_append_refuses_what_cannot_stand_there(tmp_path: Path, rows: list[Transfer], says: str) -> None:
    append_rows(tmp_path / "l", ETHEREUM, [row(1), row(3)])
    before = (tmp_path / "l/ledger.json").read_bytes()
    with pytest.raises(InputError, match=says):
        append_rows(tmp_path / "l", ETHEREUM, rows)
    assert (tmp_path / "l/ledger.json").read_bytes() == before


@pytest.mark.parametrize("value", [-5, 1 << 256])
@pytest.mark.parametrize("where", ["input", "output"])
def test_append_refuses_a_value_out_of_range(tmp_path: Path, value: int, where: str) -> None:
    given = (UtxoInput(TxId("f"), 0, value if where == "input" else 5, Account("m")),)
    made = (UtxoOutput(value if where == "output" else 5, Account("m")),)
    append_rows(tmp_path / "l", BITCOIN, [COINS])
    with pytest.raises(InputError, match=f"the amount {value} in y"):
        append_rows(tmp_path / "l", BITCOIN, [UtxoTransaction(2, TxId("y"), 0, given, made)])
    assert open_ledger(tmp_path / "l").chain(BITCOIN) == build_utxo_chain(BITCOIN, [COINS])


def test_append_refuses_a_second_scale_of_one_asset(tmp_path: Path) -> None:
    append_rows(tmp_path / "l", ETHEREUM, [row(1)], decimals={AssetId("x"): 6})
    with pytest.raises(InputError, match="6 and 18 decimals"):
        append_rows(tmp_path / "l", ETHEREUM, [row(2)], decimals={AssetId("x"): 18})


def test_a_refused_first_append_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        append_rows(tmp_path / "l", ETHEREUM, [row(1, amount=-1)])
    assert not (tmp_path / "l").exists()


def test_rollback_takes_off_what_stands_above(tmp_path: Path) -> None:
    append_rows(tmp_path / "l", ETHEREUM, [row(1), row(2, asset="y"), row(5, asset="z"), row(6)])
    assert roll_back(tmp_path / "l", ETHEREUM, 4) == 2
    ledger = open_ledger(tmp_path / "l")
    assert ledger.chain(ETHEREUM) == build_account_chain(ETHEREUM, [row(1), row(2, asset="y")])
    assert ledger.status().chains[ETHEREUM].assets == ["x", "y"]
    taken = ledger.status().imports[-1]
    assert (taken.format, taken.options) == ("rollback", {"to": 4, "removed": 2})


def test_every_rollback_is_recorded(tmp_path: Path) -> None:
    for _ in range(2):
        append_rows(tmp_path / "l", ETHEREUM, [row(1), row(2)] if not (tmp_path / "l").exists() else [row(2)])
        roll_back(tmp_path / "l", ETHEREUM, 1)
    names = [entry.format for entry in open_ledger(tmp_path / "l").status().imports]
    assert names == ["append", "rollback", "append", "rollback"]


def test_an_import_after_a_rollback_is_recorded_beside_the_first(tmp_path: Path) -> None:
    lines = "".join(f"{n},t{n},0x{1:040x},0x{2:040x},{n}\n" for n in range(4))
    (tmp_path / "t.csv").write_text(f"block,tx_hash,from,to,amount\n{lines}")
    append_rows(tmp_path / "l", BITCOIN, [COINS])
    import_source(str(tmp_path / "t.csv"), format="transfers", into=tmp_path / "l")
    roll_back(tmp_path / "l", ETHEREUM, 1)
    records = []
    for _ in range(2):  # the second adds nothing, and is not recorded
        import_source(str(tmp_path / "t.csv"), format="transfers", into=tmp_path / "l")
        records.append(open_ledger(tmp_path / "l").status().imports)
    assert records[0] == records[1]
    counts = [(entry.format, entry.added) for entry in records[0]]
    assert counts == [("append", 1), ("transfers", 4), ("rollback", 0), ("transfers", 2)]


def test_what_is_appended_after_a_rollback_is_counted_anew(tmp_path: Path) -> None:
    append_rows(tmp_path / "l", ETHEREUM, [row(1), row(2)])
    append_rows(tmp_path / "l", BITCOIN, [COINS])
    roll_back(tmp_path / "l", ETHEREUM, 1)
    for block in (2, 3):
        append_rows(tmp_path / "l", ETHEREUM, [row(block)])
    append_rows(tmp_path / "l", BITCOIN, [replace(COINS, block=2, tx_hash=TxId("y"))])
    records = open_ledger(tmp_path / "l").status().imports
    assert [entry.added for entry in records] == [2, 2, 0, 2]


def test_rollback_above_the_last_block_changes_nothing(tmp_path: Path) -> None:
    append_rows(tmp_path / "l", ETHEREUM, [row(1)])
    before = (tmp_path / "l/ledger.json").read_bytes()
    assert roll_back(tmp_path / "l", ETHEREUM, 1) == 0
    assert (tmp_path / "l/ledger.json").read_bytes() == before


def test_rollback_below_the_first_block_leaves_no_chain(tmp_path: Path) -> None:
    append_rows(tmp_path / "l", ETHEREUM, [row(3)])
    append_rows(tmp_path / "l", BITCOIN, [COINS])
    assert roll_back(tmp_path / "l", ETHEREUM, 2) == 1
    assert open_ledger(tmp_path / "l").chain_ids() == (BITCOIN,)
    append_rows(tmp_path / "l", ETHEREUM, [row(2)])
    assert open_ledger(tmp_path / "l").chain(ETHEREUM) == build_account_chain(ETHEREUM, [row(2)])


def test_rollback_wants_a_ledger_a_chain_and_a_height(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        roll_back(tmp_path / "l", ETHEREUM, 1)
    assert not (tmp_path / "l").exists()
    append_rows(tmp_path / "l", ETHEREUM, [row(3)])
    with pytest.raises(NotFound):
        roll_back(tmp_path / "l", BITCOIN, 1)
    with pytest.raises(InputError, match="negative"):
        roll_back(tmp_path / "l", ETHEREUM, -1)


def test_what_was_rolled_back_can_be_imported_again(tmp_path: Path) -> None:
    lines = "".join(f"{n},t{n},0x{1:040x},0x{2:040x},{n}\n" for n in range(4))
    (tmp_path / "t.csv").write_text(f"block,tx_hash,from,to,amount\n{lines}")
    first = import_source(str(tmp_path / "t.csv"), format="transfers", into=tmp_path / "l")
    roll_back(tmp_path / "l", ETHEREUM, 1)
    again = import_source(str(tmp_path / "t.csv"), format="transfers", into=tmp_path / "l")
    assert (again.added, again.already_there, again.fingerprint) == (2, 2, first.fingerprint)


def test_no_run_is_given_the_name_of_an_earlier_one(tmp_path: Path) -> None:
    seen: set[str] = set()
    for block in range(6):
        append_rows(
            tmp_path / "l", ETHEREUM, [row(n) for n in range(block * 20, block * 20 + 20 - 3 * block)]
        )
        named = {run.place for run in open_ledger(tmp_path / "l").manifest.chains[ETHEREUM].runs}
        assert not (named - seen) & seen
        new = named - seen
        assert len(new) == 1
        seen |= named
    roll_back(tmp_path / "l", ETHEREUM, 3)
    (run,) = open_ledger(tmp_path / "l").manifest.chains[ETHEREUM].runs
    assert run.place not in seen


def test_no_run_is_given_the_name_of_one_of_a_chain_that_went(tmp_path: Path) -> None:
    append_rows(tmp_path / "l", ETHEREUM, [row(3), row(4)])
    reader = open_ledger(tmp_path / "l")
    (before,) = reader.manifest.chains[ETHEREUM].runs
    roll_back(tmp_path / "l", ETHEREUM, 2)
    append_rows(tmp_path / "l", BITCOIN, [COINS])
    assert open_ledger(tmp_path / "l").manifest.gone == {ETHEREUM: 2}
    rival = [row(3, amount=6), row(4, amount=7)]
    append_rows(tmp_path / "l", ETHEREUM, rival)
    now = open_ledger(tmp_path / "l").manifest
    assert (now.chains[ETHEREUM].runs[0].place != before.place, now.gone) == (True, {})
    assert not (tmp_path / "l" / before.place).exists()
    assert reader.chain(ETHEREUM, check=False) == build_account_chain(ETHEREUM, rival)


@pytest.mark.parametrize(
    "changed", [{"gone": {"eip155:1": 0}}, {"gone": [1]}, {"next_rejects": "1"}, {"next_parcels": {"x": 0}}]
)
def test_numbers_that_are_none_are_an_integrity_error(tmp_path: Path, changed: dict[str, object]) -> None:
    append_rows(tmp_path / "l", ETHEREUM, [row(1)])
    file = tmp_path / "l/ledger.json"
    content = json.loads(file.read_text()) | changed
    del content["sha256"]
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    file.write_text(json.dumps(content | {"sha256": hashlib.sha256(text.encode()).hexdigest()}))
    with pytest.raises(IntegrityError, match="damaged"):
        open_ledger(tmp_path / "l")


def test_a_status_and_its_fingerprint_are_of_one_version(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    append_rows(path, ETHEREUM, [row(10)])
    early = open_ledger(path)
    append_rows(path, ETHEREUM, [row(11)])
    said, newest = early.status().chains[ETHEREUM], open_ledger(path).status().chains[ETHEREUM]
    assert said == newest
