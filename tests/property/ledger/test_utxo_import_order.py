"""Transactions that can be make one UTXO ledger, in whatever batches and order they come in."""

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from jindo.base.ids import BITCOIN
from jindo.ledger import UtxoChain, import_source, open_ledger, read_transactions

ADDRESSES = ["1PkqKGbNLDdDJGveCcNUMV9CEFH77ADrPQ", "1HaHTfmvoUW6i6nhJf8jJs6tU4cHNmBQHQ"]


@st.composite
def transactions(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows as bitcoin-etl writes them: coinbases, spends, inputs from outside with and without a value."""
    rows: list[dict[str, Any]] = []
    unspent: list[tuple[str, int, int]] = []
    for place in range(draw(st.integers(1, 6))):
        name = hashlib.sha256(bytes([place])).hexdigest()
        taken = draw(st.lists(st.sampled_from(unspent), unique=True, max_size=2)) if unspent else []
        outside = draw(st.integers(0, 2))
        inputs: list[tuple[str, int, int | None]] = [(tx, index, None) for tx, index, _ in taken]
        inputs += [("f" * 62 + f"{place}{n}", 0, draw(st.none() | st.just(10**9))) for n in range(outside)]
        room = sum(value for *_, value in taken) if inputs else 50
        values = [draw(st.integers(0, room // 2)) for _ in range(2)]
        unspent = [output for output in unspent if output not in taken]
        unspent += [(name, index, value) for index, value in enumerate(values)]
        rows.append(to_row(name, place * 700, inputs, values, draw(st.sampled_from(ADDRESSES))))
    return rows


def to_row(name: str, block: int, inputs: list[Any], values: list[int], address: str) -> dict[str, Any]:
    return {
        "hash": name, "block_number": block, "index": 0, "block_timestamp": 1300000000 + block, "is_coinbase": not inputs,
        "inputs": [
            {"index": n, "spent_transaction_hash": tx, "spent_output_index": index, "value": value,
             "addresses": [ADDRESSES[0]] if value else []}
            for n, (tx, index, value) in enumerate(inputs)
        ],
        "outputs": [
            {"index": n, "value": value, "addresses": [address] if n else [], "script_hex": "6a"}
            for n, value in enumerate(values)
        ],
    }  # fmt: skip


def bring(folder: Path, ledger: str, rows: list[dict[str, Any]]) -> UtxoChain:
    (folder / "t.json").write_text("".join(json.dumps(row) + "\n" for row in rows))
    report = import_source(str(folder / "t.json"), format="bitcoin-etl", into=folder / ledger)
    assert report.rejected == 0
    chain = open_ledger(folder / ledger).chain(BITCOIN)
    assert isinstance(chain, UtxoChain)
    return chain


@settings(max_examples=12)
@given(rows=transactions(), data=st.data())
def test_any_split_and_order_of_imports_gives_one_utxo_ledger(
    rows: list[dict[str, Any]], data: st.DataObject
) -> None:
    mixed = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(1, len(rows)))
    with tempfile.TemporaryDirectory() as name:
        whole = bring(Path(name), "whole", rows)
        part = bring(Path(name), "parts", mixed[:cut])
        part = bring(Path(name), "parts", mixed[cut:] + mixed[:1])
        every = range(len(rows))
        assert read_transactions(part, every) == read_transactions(whole, every)
        assert (
            open_ledger(Path(name) / "whole").fingerprint() == open_ledger(Path(name) / "parts").fingerprint()
        )
