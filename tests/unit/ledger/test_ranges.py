"""A ledger's folder whose hashes fit and whose numbers lead astray: each is refused before anything follows it."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from jindo.base.errors import IntegrityError
from jindo.base.ids import BITCOIN, ETHEREUM, Account, AssetId, ChainId, TxId
from jindo.ledger import Transfer, UtxoInput, UtxoOutput, UtxoTransaction, append_rows, open_ledger, run_files

FAR = 1 << 30


def make_ledger(folder: Path) -> Path:
    """Two runs of each sort of chain; the second run of Bitcoin spends an output of the first."""
    people = [Account(f"0x{n:040x}") for n in range(1, 13)]
    for first in (0, 40):
        rows = [
            Transfer(
                first + min(n, 34),
                TxId(f"0x{first + min(n, 34):064x}"),  # one transaction has two rows
                people[n % 10],
                people[n % 2 + 10] if n else Account("not in hex"),
                5 + n,
                AssetId(f"a{n % 2}"),
                tx_index=3,
                memo="note" if n == 1 else None,
            )
            for n in range(36 if not first else 2)
        ]
        append_rows(folder, ETHEREUM, rows)
    append_rows(folder, BITCOIN, [*map(make_coins, range(20))])
    spent = UtxoInput(make_coins(3).tx_hash, 0), UtxoInput(TxId("e" * 64), 1, 9, Account("away"))
    paid = (UtxoOutput(30, Account("q")), UtxoOutput(29, None, "6a"))
    append_rows(folder, BITCOIN, [UtxoTransaction(70, TxId("d" * 64), 0, spent, paid, time=9)])
    return folder


def make_coins(n: int) -> UtxoTransaction:
    made = (UtxoOutput(50, Account(f"m{n * 3 % 4}")),)
    return UtxoTransaction(n, TxId(f"{n:064x}"), 0, (), made, coinbase=True, time=5)


@pytest.fixture(scope="module", params=["file", "folder"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger whose runs are files, and one whose runs are folders."""
    with pytest.MonkeyPatch.context() as patched:
        if request.param == "folder":
            patched.setattr(run_files, "SMALL", 1)
        return make_ledger(tmp_path_factory.mktemp("made") / "ledger")


@pytest.fixture
def ledger(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "ledger")


def forge(ledger: Path, chain: ChainId, run: int, name: str, change: Any) -> None:
    """Put another column in the place of one, with hashes that fit all the way up."""
    content = json.loads((ledger / "ledger.json").read_text())
    entry = content["chains"][chain]["runs"][run]
    place = ledger / entry["place"]
    file = place if place.suffix else place / f"{name}.arrow"
    with pa.OSFile(str(file)) as source:
        table = pa.ipc.open_file(source).read_all()
    at = table.schema.get_field_index(name)
    field, column = table.schema.field(at), table.column(at).combine_chunks()
    values = column.values if place.suffix else column
    changed = change(values)
    if place.suffix:
        ends = pa.array([0, len(changed)], pa.int64())
        changed = pa.LargeListArray.from_arrays(ends, changed, type=field.type)
    columns = [column.combine_chunks() for column in table.columns]
    columns[at] = changed
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_batch(pa.record_batch(columns, schema=table.schema))
    seal(ledger, content, entry, file)


def forge_bytes(ledger: Path, chain: ChainId, run: int, name: str, old: bytes, new: bytes) -> None:
    """Put other bytes in a column's file, where no library would write them."""
    content = json.loads((ledger / "ledger.json").read_text())
    entry = content["chains"][chain]["runs"][run]
    place = ledger / entry["place"]
    file = place if place.suffix else place / f"{name}.arrow"
    data = file.read_bytes()
    assert data.count(old) == 1
    file.write_bytes(data.replace(old, new))
    seal(ledger, content, entry, file)


def seal(ledger: Path, content: dict[str, Any], entry: dict[str, Any], file: Path) -> None:
    entry["files"][file.name] = hashlib.sha256(file.read_bytes()).hexdigest()
    sign(ledger, content)


def sign(ledger: Path, content: dict[str, Any]) -> None:
    del content["sha256"]
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    content["sha256"] = hashlib.sha256(text.encode()).hexdigest()
    (ledger / "ledger.json").write_text(json.dumps(content))


def put(place: int, value: int) -> Any:
    """A change of one number."""

    def change(values: Any) -> Any:
        numbers = values.to_pylist()
        numbers[place] = value
        return pa.array(numbers, values.type)

    return change


ACCOUNT = [
    *[(name, put(0, FAR)) for name in ("src", "dst", "tx_first", "pot_account", "pot_asset")],
    *[(name, put(-1, -2)) for name in ("src", "dst", "tx_first", "tx_index", "position")],
    ("kind", put(0, 100)),
    ("amount", put(0, -1)),
    ("amount", put(1, (1 << 63) - 1)),
    ("block_height", put(1, -5)),
    ("block_time_max", put(1, -2)),
    ("block_first", put(1, 1000)),
    ("block_time", put(0, -9)),
    ("memo_rows", put(0, FAR)),
    *[
        (f"{side}_{part}", put(1, value))
        for side in ("outgoing", "incoming", "account_pots")
        for part, value in (("rows", FAR), ("rows", -1), ("offsets", FAR), ("offsets", -3))
    ],
    ("accounts_order", put(0, FAR)),
    ("accounts_others", lambda values: pa.array(["\0"] * 2, values.type)),
    ("accounts_other_rows", put(0, FAR)),
]
UTXO = [
    *[(name, put(0, FAR)) for name in ("out_account", "out_spender", "out_offsets")],
    *[(name, put(0, -2)) for name in ("out_account", "out_spender", "in_offsets", "out_amount", "in_amount")],
    *[(name, put(0, FAR)) for name in ("in_output", "in_account", "in_offsets", "missing", "spent_by")],
    *[(name, put(0, 2)) for name in ("in_known", "in_stated", "coinbase")],
    *[(name, put(0, -1)) for name in ("missing", "missing_index", "spent", "spent_by")],
    ("missing_index", put(0, 1 << 33)),
    ("spent", put(0, 20)),
    ("out_spender", put(0, 3)),
    ("account_outputs_rows", put(0, FAR)),
    ("account_outputs_offsets", put(-1, FAR)),
    ("account_outputs_owners", put(0, FAR)),
]


@pytest.mark.parametrize(
    ("name", "change"), ACCOUNT, ids=lambda value: value if isinstance(value, str) else ""
)
def test_numbers_of_an_account_chain_that_name_nothing_are_refused(
    ledger: Path, name: str, change: Any
) -> None:
    check_refused(ledger, ETHEREUM, 0, name, change)


@pytest.mark.parametrize(("name", "change"), UTXO, ids=lambda value: value if isinstance(value, str) else "")
def test_numbers_of_a_utxo_chain_that_name_nothing_are_refused(ledger: Path, name: str, change: Any) -> None:
    check_refused(ledger, BITCOIN, 1, name, change)


def check_refused(ledger: Path, chain: ChainId, run: int, name: str, change: Any) -> None:
    assert len(open_ledger(ledger).manifest.chains[chain].runs) == 2
    forge(ledger, chain, run, name, change)
    check_is_refused(ledger, chain, run)


def check_is_refused(ledger: Path, chain: ChainId, run: int) -> None:
    opened = open_ledger(ledger)
    for _ in range(2):  # what was refused is not remembered as known
        with pytest.raises(IntegrityError) as caught:
            opened.chain(chain)
        assert caught.value.place.startswith(str(ledger / opened.manifest.chains[chain].runs[run].place))
    with pytest.raises(IntegrityError):
        opened.check()


@pytest.mark.parametrize("ends", [[0, 1, 2, FAR], [0, FAR, 2, 76], [0, 76, 1, 76], [-FAR, 0, 1, 76]])
def test_a_text_that_leads_out_of_its_bytes_is_refused(ledger: Path, ends: list[int]) -> None:
    chain = open_ledger(ledger).chain(BITCOIN)
    texts = [chain.accounts[n] for n in range(4, 7)]
    assert len(texts) == len(chain.accounts) - 4
    there = np.cumsum([0, *map(len, texts)])
    assert there[-1] == 76
    old, new = (np.array(numbers, np.int64).tobytes() for numbers in (there, ends))
    forge_bytes(ledger, BITCOIN, 1, "accounts", old, new)
    check_is_refused(ledger, BITCOIN, 1)


def test_a_text_that_is_no_utf8_is_refused(ledger: Path) -> None:
    def spoil(values: Any) -> Any:
        _, ends, data = values.buffers()
        return pa.LargeStringArray.from_buffers(len(values), ends, pa.py_buffer(b"\xff" * data.size))

    check_refused(ledger, BITCOIN, 1, "accounts", spoil)


DERIVED = [
    (ETHEREUM, 0, "outgoing_rows", lambda v: pa.array(v.to_pylist()[::-1], v.type)),
    (ETHEREUM, 0, "incoming_rows", lambda v: pa.array(v.to_pylist()[::-1], v.type)),
    (ETHEREUM, 0, "account_pots_rows", lambda v: pa.array(v.to_pylist()[::-1], v.type)),
    (ETHEREUM, 0, "block_time_max", put(-1, 5)),
    (ETHEREUM, 1, "tx_hashes", lambda v: pa.array(v.to_pylist()[::-1], v.type)),
    (BITCOIN, 0, "accounts_order", lambda v: pa.array(v.to_pylist()[::-1], v.type)),
    (BITCOIN, 1, "spent", put(0, 4)),
    (BITCOIN, 0, "out_spender", put(5, 7)),
    (BITCOIN, 0, "account_outputs_rows", lambda v: pa.array(v.to_pylist()[::-1], v.type)),
]


@pytest.mark.parametrize(("chain", "run", "name", "change"), DERIVED)
def test_what_follows_from_the_rows_and_does_not_is_found_by_a_full_check(
    ledger: Path, chain: ChainId, run: int, name: str, change: Any
) -> None:
    before = open_ledger(ledger).fingerprint()
    open_ledger(ledger).check(full=True)
    forge(ledger, chain, run, name, change)
    if name != "tx_hashes":
        assert open_ledger(ledger).fingerprint() == before  # which covers rows alone
    with pytest.raises(IntegrityError, match="contradict each other"):
        open_ledger(ledger).check(full=True)


def test_traffic_that_is_understated_is_found_by_a_full_check(ledger: Path) -> None:
    content = json.loads((ledger / "ledger.json").read_text())
    content["chains"][ETHEREUM]["runs"][0]["max_traffic"] = "1"
    sign(ledger, content)
    with pytest.raises(IntegrityError, match="max_traffic is 1"):
        open_ledger(ledger).check(full=True)
