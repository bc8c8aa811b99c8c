import csv
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jindo.base.errors import ConflictError
from jindo.base.ids import BITCOIN
from jindo.sim import make_world, write_world

FILES = [
    "bitcoin/transactions.json", "ethereum/token_transfers.csv", "ethereum/traces.csv",
    "ethereum/transactions.csv", "services.csv", "stolen.csv", "truth.json", "world.json",
]  # fmt: skip
PROGRAM = """
import sys; from pathlib import Path; from jindo.sim import make_world, write_world
write_world(make_world("bybit", seed=3, scale=0.02), Path(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("worlds") / "bybit"
    write_world(make_world("bybit", seed=3, scale=0.02), out)
    return out


def digests(out: Path) -> dict[str, str]:
    files = sorted(path for path in out.rglob("*") if path.is_file())
    return {path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("hash_seed", ["0", "1234"])
def test_write_world_same_bytes_in_another_process(folder: Path, tmp_path: Path, hash_seed: str) -> None:
    environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path / "w")], check=True, env=environment)
    assert digests(tmp_path / "w") == digests(folder)


def test_write_world_writes_these_files(folder: Path) -> None:
    assert sorted(digests(folder)) == FILES
    world = json.loads((folder / "world.json").read_text(encoding="utf-8"))
    assert world["sha256"] == {name: d for name, d in digests(folder).items() if name != "world.json"}
    assert (world["name"], world["seed"], world["scale"], world["synthetic"]) == ("bybit", 3, 0.02, True)
    assert world["simplifications"]


def test_write_world_truth_adds_up_to_the_unit(folder: Path) -> None:
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    assert [theft["theft"] for theft in truth["thefts"]] == ["bybit-like", "bybit-like-btc"]
    for theft in truth["thefts"]:
        stolen, reasons = int(theft["stolen"]), {k: int(v) for k, v in theft["reasons"].items()}
        endpoints = sum(int(end["amount"]) for end in theft["endpoints"])
        reached = sum(int(amount) for amount in theft["reached"].values())
        assert stolen == sum(reasons.values()) == endpoints + reasons["fee"]
        assert reached == reasons["service"] + reasons["mixer"]


def test_write_world_ethereum_files_hold_the_worlds_transactions(folder: Path) -> None:
    world = make_world("bybit", seed=3, scale=0.02)
    lines = read(folder / "ethereum/transactions.csv")
    assert [line["hash"] for line in lines] == [tx.tx_hash for tx in world.account.transactions]
    for line, tx in zip(lines, world.account.transactions, strict=True):
        assert int(line["receipt_gas_used"]) * int(line["receipt_effective_gas_price"]) == tx.fee
        assert (int(line["value"]), line["receipt_status"]) == (tx.value, str(int(tx.succeeded)))
        assert bytes.fromhex(line["input"][2:]).decode() == (tx.memo or "")
    openings = read(folder / "ethereum/traces.csv")
    assert {line["trace_type"] for line in openings} == {"genesis"}
    assert sum(int(line["value"]) for line in openings) == sum(row.amount for row in world.account.openings)


def test_write_world_bitcoin_lines_state_consistent_values(folder: Path) -> None:
    for text in (folder / "bitcoin/transactions.json").read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        assert line["output_value"] == sum(output["value"] for output in line["outputs"])
        assert line["is_coinbase"] or line["fee"] == line["input_value"] - line["output_value"] > 0


def test_write_world_stolen_rows_name_what_was_stolen(folder: Path) -> None:
    truth = {t["theft"]: t for t in json.loads((folder / "truth.json").read_text(encoding="utf-8"))["thefts"]}
    coins = {}
    for text in (folder / "bitcoin/transactions.json").read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        coins.update({(line["hash"], str(o["index"])): o["value"] for o in line["outputs"]})
    ether = {line["hash"]: int(line["value"]) for line in read(folder / "ethereum/transactions.csv")}
    sums = dict.fromkeys(truth, 0)
    for row in read(folder / "stolen.csv"):
        on_bitcoin = truth[row["theft"]]["chain"] == BITCOIN
        key = (row["tx_hash"], row["output_index"])
        sums[row["theft"]] += coins[key] if on_bitcoin else ether[row["tx_hash"]]
        assert on_bitcoin == bool(row["output_index"])
    assert sums == {name: int(theft["stolen"]) for name, theft in truth.items()}


def test_write_world_refuses_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    world = make_world("bybit", seed=1, scale=0.001)
    for out in (tmp_path, tmp_path / "mine.txt"):
        with pytest.raises(ConflictError):
            write_world(world, out)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_write_world_takes_an_empty_folder(tmp_path: Path) -> None:
    write_world(make_world("bybit", seed=1, scale=0.001), tmp_path)
    assert sorted(digests(tmp_path)) == FILES
