"""The world `bybit` at scale `full`, made small: its theft at a share of its numbers, its crowd over fewer blocks."""

import hashlib
import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from jindo.base.errors import InputError
from jindo.base.ids import BITCOIN, ETHEREUM, parse_address
from jindo.ledger import import_source, open_ledger
from jindo.sim import BigWorld, make_world, write_world
from jindo.sim.crowd_columns import iter_account_parts
from jindo.sim.crowd_stream import BlockSpan, CrowdSize, WordStream, to_bech32
from jindo.sim.worlds.full import THEFT_TIME, make_full
from jindo.sim.worlds.full_thief import CURVE, THEFT

SHARE = 0.04
DAY = 86_400


@cache
def small() -> BigWorld:
    big = make_full(seed=2, share=SHARE)
    return replace(
        big,
        account=replace(big.account, blocks=900),
        coins=replace(big.coins, blocks=60),
        account_size=CrowdSize(accounts=700, per_block=6, part_blocks=400),
        coin_size=CrowdSize(accounts=300, per_block=6, part_blocks=25),
    )


def digests(out: Path) -> dict[str, str]:
    files = sorted(path for path in out.rglob("*") if path.is_file())
    return {path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("full") / "world"
    write_world(small(), out)
    return out


def test_sheets_of_the_theft_add_up_in_each_asset() -> None:
    sheets = small().core.truth.sheets(THEFT)
    assert [s.chain for s in sheets] == [ETHEREUM, BITCOIN]
    for sheet in sheets:
        assert sum(sheet.reasons().values()) == sheet.stolen + sheet.arrived
    assert sheets[0].stolen == int(401_000 * SHARE) * 10**18


def test_first_wallets_empty_along_the_curve() -> None:
    core = small().core
    acts = {a.tx_hash: a.act for a in core.acts}
    left = [tx for tx in core.account.transactions if acts[tx.tx_hash] == "tranche"]
    stolen = core.truth.theft(THEFT).stolen
    for seconds, percent in CURVE[1:]:
        moved = sum(tx.value for tx in left if tx.time - THEFT_TIME <= seconds)
        # A tranche is a large part of so small a share.
        assert abs(moved * 100 / stolen - percent) < 5


def test_three_quarters_less_a_little_leave_with_memos_and_coins_end_in_so_many_wallets() -> None:
    core = small().core
    ether, coins = core.truth.sheets(THEFT)
    acts = {a.tx_hash: a.act for a in core.acts}
    moved = sum(tx.value for tx in core.account.transactions if acts[tx.tx_hash] == "tranche")
    # What was refunded departs twice.
    assert 0.66 < (ether.departed - ether.arrived) / moved < 0.78
    held = sum(e.reason == "held" for e in coins.endpoints)
    assert held == int(35_772 * SHARE)
    mixed = coins.reasons()["mixer"]
    assert 944 * SHARE <= mixed / 10**8 < 944 * SHARE + 4


def test_same_seed_same_bytes(folder: Path, tmp_path: Path) -> None:
    again = make_full(seed=2, share=SHARE)
    assert again.core == small().core
    write_world(small(), tmp_path / "w")
    assert digests(tmp_path / "w") == digests(folder)
    described = json.loads((folder / "world.json").read_text(encoding="utf-8"))
    assert described["sha256"] == {n: d for n, d in digests(folder).items() if n != "world.json"}
    assert described["scale"] == "full"


def test_crowd_and_theft_import_into_one_ledger_without_a_reject(folder: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    account = import_source(str(folder / "ethereum"), format="ethereum-etl", into=ledger, strict=True)
    coins = import_source(str(folder / "bitcoin"), format="bitcoin-etl", into=ledger, strict=True)
    counts = json.loads((folder / "world.json").read_text(encoding="utf-8"))["counts"]
    core = small().core
    assert account.rejected == coins.rejected == 0
    assert (
        account.source_rows["transactions"] == len(core.account.transactions) + counts["crowd_transfers"] + 1
    )
    assert coins.added == len(core.utxo.transactions) + counts["crowd_utxo_transactions"]
    assert set(open_ledger(ledger).chain_ids()) == {ETHEREUM, BITCOIN}


def test_crowd_spends_each_coin_once_and_in_a_later_block(folder: Path) -> None:
    made: dict[tuple[str, int], tuple[int, int]] = {}
    spent: set[tuple[str, int]] = set()
    for path in sorted((folder / "bitcoin").glob("*.parquet")):
        for tx in pq.read_table(path).to_pylist():
            for coin in tx["inputs"]:
                key = (coin["spent_transaction_hash"], coin["spent_output_index"])
                assert key not in spent
                spent.add(key)
                if key in made:
                    assert made[key][0] == coin["value"]
                    assert made[key][1] < tx["block_number"]
            assert sum(c["value"] for c in tx["inputs"]) > sum(o["value"] for o in tx["outputs"])
            for output in tx["outputs"]:
                assert parse_address(output["addresses"][0]) == output["addresses"][0]
                made[tx["hash"], output["index"]] = (output["value"], tx["block_number"])
    assert len(spent & made.keys()) > 100


def test_crowd_begins_with_all_that_it_pays(folder: Path) -> None:
    opening = pq.read_table(folder / "ethereum/traces-crowd.parquet").to_pylist()
    begins = {row["to_address"]: int(row["value"]) for row in opening}
    paid: dict[str, int] = {}
    for path in (folder / "ethereum").glob("transactions-0*.parquet"):
        for tx in pq.read_table(path).to_pylist():
            assert tx["from_address"] != tx["to_address"]
            paid[tx["from_address"]] = paid.get(tx["from_address"], 0) + tx["value"]
    assert all(begins.get(account, 0) >= amount for account, amount in paid.items())


def test_crowd_stands_after_what_is_taken() -> None:
    span = BlockSpan(10, 20, 0, 12, {12: 3})
    (part,) = iter_account_parts(5, span, CrowdSize(50, 4, 20))
    for block in range(10, 30):
        index = part.tx_index[part.block == block]
        assert index.tolist() == list(range(3 if block == 12 else 0, len(index) + (3 if block == 12 else 0)))


def test_stream_is_the_same_however_it_is_asked() -> None:
    one, two = WordStream(4), WordStream(4)
    assert np.concatenate([one.words(3), one.words(5)]).tolist() == two.words(8).tolist()
    assert WordStream(1).below(1_000, 7).max() == 6
    assert WordStream(1).skewed(10_000, 1_000).min() == 0


def test_to_bech32_gives_addresses_with_right_checksums() -> None:
    texts = to_bech32(WordStream(9).bytes(40, 20)).to_pylist()
    assert [parse_address(text) for text in texts] == texts
    assert len(set(texts)) == 40


@pytest.mark.parametrize("name", ["coinjoin", "bybit"])
def test_make_world_refuses_a_named_scale_that_there_is_not(name: str) -> None:
    with pytest.raises(InputError, match="scale"):
        make_world(name, seed=1, scale="huge" if name == "bybit" else "full")
