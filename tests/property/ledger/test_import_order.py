"""Whatever the batches and their order, rows that carry their indices make one ledger."""

import csv
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from jindo.base.ids import ETHEREUM, Account, AssetId, TxId
from jindo.ledger import (
    AccountChain,
    Transfer,
    build_account_chain,
    compute_fingerprint,
    import_source,
    open_ledger,
    read_transfers,
)

ACCOUNTS = st.sampled_from([Account(f"0x{n:040x}") for n in range(1, 5)])
AMOUNTS = st.one_of(st.integers(0, 20), st.integers(0, 2**256 - 1))
PLACES = st.tuples(st.sampled_from([0, 1023, 1024, 9000]), st.integers(0, 3), st.integers(0, 5))


@st.composite
def transfers(draw: st.DrawFn) -> list[Transfer]:
    places = draw(st.lists(PLACES, unique=True, min_size=1, max_size=12))
    return [
        Transfer(
            block, TxId(f"{block}-{index}"), draw(ACCOUNTS), draw(ACCOUNTS), draw(AMOUNTS), AssetId(draw(st.sampled_from("xy"))),
            time=draw(st.none() | st.integers(10**9, 2 * 10**9)), tx_index=index, position=position,
            memo=draw(st.sampled_from([None, "m", "a\tb\\", "=:x,y\"z"])),
        )
        for block, index, position in places
    ]  # fmt: skip


def write(path: Path, rows: list[Transfer]) -> None:
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(
            ["block", "tx_hash", "from", "to", "amount", "asset", "time", "tx_index", "log_index", "memo"]
        )
        for row in rows:
            ends = [
                row.sender,
                row.receiver,
                row.amount,
                row.asset,
                row.time,
                row.tx_index,
                row.position,
                row.memo,
            ]
            writer.writerow([row.block, row.tx_hash, *ends])


def load(folder: Path) -> AccountChain:
    chain = open_ledger(folder).chain(ETHEREUM)
    assert isinstance(chain, AccountChain)
    return chain


@settings(max_examples=8)
@given(rows=transfers(), data=st.data())
def test_any_split_and_order_of_imports_gives_one_ledger(rows: list[Transfer], data: st.DataObject) -> None:
    parts = [*data.draw(st.lists(st.lists(st.sampled_from(rows), unique=True), max_size=2)), rows]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for n, part in enumerate(data.draw(st.permutations(parts))):
            write(folder / f"{n}.csv", part)
            import_source(str(folder / f"{n}.csv"), format="transfers", into=folder / "ledger")
        chain = load(folder / "ledger")
        built = build_account_chain(ETHEREUM, rows)
        assert read_transfers(chain, range(chain.event_count)) == read_transfers(
            built, range(built.event_count)
        )
        assert compute_fingerprint(chain) == compute_fingerprint(built)
        assert open_ledger(folder / "ledger").status().chains[ETHEREUM].fingerprint == compute_fingerprint(
            built
        )


@given(rows=transfers())
def test_build_account_chain_comes_back_as_it_was(rows: list[Transfer]) -> None:
    chain = build_account_chain(ETHEREUM, rows)
    back = read_transfers(chain, range(chain.event_count))
    assert sorted(back, key=repr) == sorted(rows, key=repr)
    assert build_account_chain(ETHEREUM, back).src.tolist() == chain.src.tolist()
