"""The kernel where it must ask for room: many named inputs spread over many outputs."""

from __future__ import annotations

import pytest

from jindo.base.ids import BITCOIN, Account, TxId
from jindo.ledger import UtxoInput, UtxoOutput, UtxoTransaction, build_utxo_chain
from jindo.trace import RULES, NamedAccount, UtxoSeeds, build_stops, kernel, reference, resolve


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("unit", [1, 10**20])
def test_many_named_inputs_spread_over_many_outputs(rule: str, unit: int) -> None:
    coins = [
        UtxoTransaction(
            i, TxId(f"{i:064x}"), 0, (), (UtxoOutput(1600 * unit, Account(f"in{i}")),), coinbase=True
        )
        for i in range(24)
    ]
    outputs = tuple(UtxoOutput(240 * unit, Account(f"out{i}")) for i in range(160))
    spent = UtxoTransaction(99, TxId("f" * 64), 0, tuple(UtxoInput(c.tx_hash, 0) for c in coins), outputs)
    chain = build_utxo_chain(BITCOIN, [*coins, spent])
    seeds = resolve([NamedAccount("AB"[i % 2], f"in{i}") for i in range(24)], [chain]).seeds[BITCOIN]
    assert isinstance(seeds, UtxoSeeds)
    stops = build_stops(chain, None)
    fast = kernel.trace_utxo_chain(chain, seeds, rule=RULES[rule], stops=stops, end=25)
    assert fast == reference.trace_utxo_chain(chain, seeds, rule=RULES[rule], stopped=stops, end=25)
    assert sum(flow.amount for flow in fast.flows if flow.named) >= 24 * 1600 * unit
