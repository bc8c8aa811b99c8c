"""The worked examples of the definition, V1 to V8, by name, on the readable reference and on the kernel."""

from __future__ import annotations

import pytest
from tests.unit.trace.chains import Tracer, account_chain, tx

from jindo.base.ids import BITCOIN, Account
from jindo.ledger import UtxoChain, UtxoInput, UtxoOutput, UtxoTransaction, build_utxo_chain
from jindo.trace import CONSERVING, FEE, Findings, NamedTransfer, build_stops
from jindo.trace.outcome import build_outcome

E8 = 10**8


def merge_world(inputs: list[tuple[int, bool]], outputs: list[int]) -> tuple[UtxoChain, list[NamedTransfer]]:
    """Coins of these sizes, some stolen, spent together into these outputs."""
    coins = [
        UtxoTransaction(i, tx(f"a{i}"), 0, (), (UtxoOutput(size, Account(f"in{i}")),), coinbase=True)
        for i, (size, _) in enumerate(inputs)
    ]
    spent = UtxoTransaction(
        99,
        tx("b"),
        0,
        tuple(UtxoInput(coin.tx_hash, 0) for coin in coins),
        tuple(UtxoOutput(size, Account(f"out{i}")) for i, size in enumerate(outputs)),
    )
    named = [NamedTransfer("theft", tx(f"a{i}"), 0) for i, (_, stolen) in enumerate(inputs) if stolen]
    return build_utxo_chain(BITCOIN, [*coins, spent]), named


def stolen_by_output(chain: UtxoChain, findings: Findings) -> list[int]:
    """Stolen units in each output of the last transaction, and in its fee."""
    last = chain.tx_count - 1
    places = [*chain.outputs_of(last), FEE]
    return [sum(f.amount for f in findings.flows if f.row == last and f.pot == place) for place in places]


V1 = ([(3 * E8, True), (7 * E8, False)], [4 * E8, 6 * E8])
V2 = ([(7 * E8, False), (3 * E8, True)], [4 * E8, 6 * E8])
V3 = ([(3 * E8, True), (7 * E8, False)], [399999993, 599999997])
V5 = ([(4 * E8, False), (4 * E8, True), (2 * E8, False)], [333330000] * 3)

MERGES = [
    ("V1", V1, "haircut", [12 * 10**7, 18 * 10**7, 0]),
    ("V1", V1, "fifo", [3 * E8, 0, 0]),
    ("V1", V1, "lifo", [0, 3 * E8, 0]),
    ("V1", V1, "dirty-first", [0, 3 * E8, 0]),
    ("V1", V1, "clean-first", [0, 3 * E8, 0]),
    ("V2", V2, "haircut", [12 * 10**7, 18 * 10**7, 0]),
    ("V2", V2, "fifo", [0, 3 * E8, 0]),
    ("V2", V2, "lifo", [3 * E8, 0, 0]),
    ("V2", V2, "dirty-first", [0, 3 * E8, 0]),
    ("V2", V2, "clean-first", [0, 3 * E8, 0]),
    ("V3", V3, "haircut", [119999997, 180000000, 3]),
    ("V3", V3, "fifo", [3 * E8, 0, 0]),
    ("V3", V3, "lifo", [0, 299999990, 10]),
    ("V3", V3, "dirty-first", [0, 3 * E8, 0]),
    ("V3", V3, "clean-first", [0, 299999990, 10]),
    ("V5", V5, "haircut", [133332000, 133332000, 133332000, 4000]),
    ("V5", V5, "fifo", [0, 266660000, 133340000, 0]),
    ("V5", V5, "lifo", [133330000, 266670000, 0, 0]),
    ("V5", V5, "dirty-first", [333330000, 66670000, 0, 0]),
    ("V5", V5, "clean-first", [0, 66660000, 333330000, 10000]),
]


@pytest.mark.parametrize(
    ("name", "world", "rule", "expected"), MERGES, ids=[f"{m[0]}-{m[2]}" for m in MERGES]
)
def test_merge_of_coins(
    tracer: Tracer, name: str, world: tuple[list[tuple[int, bool]], list[int]], rule: str, expected: list[int]
) -> None:
    chain, named = merge_world(*world)
    assert stolen_by_output(chain, tracer(chain, named, rule)) == expected, name


def test_v4_two_merges_in_a_row_under_haircut(tracer: Tracer) -> None:
    rows = [
        UtxoTransaction(0, tx("a"), 0, (), (UtxoOutput(99990000, Account("thief")),), coinbase=True),
        UtxoTransaction(1, tx("b"), 0, (), (UtxoOutput(199990000, Account("other")),), coinbase=True),
        UtxoTransaction(2, tx("c"), 0, (), (UtxoOutput(1199980000, Account("third")),), coinbase=True),
        UtxoTransaction(
            3,
            tx("d"),
            0,
            (UtxoInput(tx("a"), 0), UtxoInput(tx("b"), 0)),
            (UtxoOutput(299970000, Account("m")),),
        ),
        UtxoTransaction(
            4,
            tx("e"),
            0,
            (UtxoInput(tx("d"), 0), UtxoInput(tx("c"), 0)),
            (UtxoOutput(1499940000, Account("n")),),
        ),
    ]
    findings = tracer(build_utxo_chain(BITCOIN, rows), [NamedTransfer("theft", tx("a"), 0)], "haircut")
    assert [(f.row, f.pot == FEE, f.amount) for f in findings.flows if f.row >= 3] == [
        (3, True, 3334),
        (3, False, 99986666),
        (4, True, 667),
        (4, False, 99985999),
    ]


V6 = {
    "haircut": [12 * 10**7, 18 * 10**7],
    "fifo": [0, 3 * E8],
    "lifo": [3 * E8, 0],
    "dirty-first": [3 * E8, 0],
    "clean-first": [0, 3 * E8],
}


@pytest.mark.parametrize("rule", V6)
def test_v6_account_that_mixes(tracer: Tracer, rule: str) -> None:
    chain = account_chain(
        *[(None, "A", 7 * E8), ("victim", "A", 3 * E8), ("A", "B", 4 * E8), ("A", "D", 6 * E8)]
    )
    findings = tracer(chain, [NamedTransfer("theft", tx("1"))], rule)
    assert [sum(f.amount for f in findings.flows if f.row == row) for row in (2, 3)] == V6[rule]


@pytest.mark.parametrize("rule", CONSERVING)
def test_v7_twelve_halvings_stay_exact(tracer: Tracer, rule: str) -> None:
    moves: list[tuple[str | None, str, int]] = [("victim", "0", 4095), (None, "0", 4096)]
    holders = [("0", 8191)]
    for level in range(12):
        halves = []
        for name, units in holders:
            first = (units + 1) // 2
            moves += [(name, f"{level}:{name}a", first), (name, f"{level}:{name}b", units - first)]
            halves += [(f"{level}:{name}a", first), (f"{level}:{name}b", units - first)]
        holders = halves
    chain = account_chain(*moves)
    findings = tracer(chain, [NamedTransfer("theft", tx("0"))], rule)
    assert len(holders) == 4096
    assert sum(findings.held.values()) == 4095
    assert (
        build_outcome(chain, build_stops(chain, None), findings, conserves=True).sheets[0].by_reason["held"]
        == 4095
    )


@pytest.mark.parametrize("rule", CONSERVING)
def test_v8_two_thefts_drawn_unit_by_unit(tracer: Tracer, rule: str) -> None:
    chain = account_chain(*[("x", "P", 5), ("y", "P", 5), *[("P", f"out{i}", 1) for i in range(10)]])
    findings = tracer(chain, [NamedTransfer("one", tx("0")), NamedTransfer("two", tx("1"))], rule)
    drawn = [flow for flow in findings.flows if flow.row >= 2]
    assert [sum(f.amount for f in drawn if f.theft == theft) for theft in (0, 1)] == [5, 5]
    assert all(sum(f.amount for f in drawn if f.row == row) == 1 for row in range(2, 12))
