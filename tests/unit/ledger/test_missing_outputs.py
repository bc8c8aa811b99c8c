"""Outputs that are not in the ledger are found by the transaction that they are said to be of."""

from pathlib import Path

from jindo.base.ids import BITCOIN, Account, TxId
from jindo.ledger import UtxoChain, UtxoInput, UtxoOutput, UtxoTransaction, build_utxo_chain
from jindo.ledger.missing_outputs import find_missing
from jindo.ledger.run_counts import Counts, count_run
from jindo.ledger.run_files import map_run, write_run

ODD = TxId("no digits at all")
GONE = [TxId(f"{7:08x}{i:056x}") for i in range(30)]
"""All alike in their first bytes."""


def make_chain() -> UtxoChain:
    given = [(name, place) for name in [*GONE, ODD] for place in (0, 3)]
    rows = [
        UtxoTransaction(
            block=1 + i // 4,
            tx_hash=TxId(f"{i:064x}"),
            tx_index=i % 4,
            inputs=(UtxoInput(name, place, 5),),
            outputs=(UtxoOutput(5, Account("a")),),
        )
        for i, (name, place) in enumerate(given)
    ]
    return build_utxo_chain(BITCOIN, rows)


def map_chain(chain: UtxoChain, place: Path) -> UtxoChain:
    (run,) = chain.runs
    write_run(run, place)
    mapped = map_run(place, "utxo", start=Counts(), counts=count_run(run), max_traffic=run.max_traffic)
    return UtxoChain(chain.chain, chain.asset, chain.narrow, (mapped,))  # type: ignore[arg-type]


def test_what_is_missing_is_found_in_memory_and_on_the_disk(tmp_path: Path) -> None:
    chain = make_chain()
    asked = [GONE[4], GONE[29], ODD, TxId("f" * 64), TxId("another word")]
    expected = {GONE[4]: {0: 8, 3: 9}, GONE[29]: {0: 58, 3: 59}, ODD: {0: 60, 3: 61}}
    assert find_missing(chain, asked) == expected
    assert find_missing(map_chain(chain, tmp_path / "run.arrow"), asked) == expected


def test_all_that_is_missing_is_what_the_chain_says(tmp_path: Path) -> None:
    chain = map_chain(make_chain(), tmp_path / "run.arrow")
    found = find_missing(chain, [*GONE, ODD])
    said = {(name, place): i for i, (_, name, place) in enumerate(chain.missing)}
    assert {(name, place): tx for name, places in found.items() for place, tx in places.items()} == said


def test_nobody_asked_for_is_nothing() -> None:
    assert find_missing(make_chain(), []) == {}
