"""Compile the fast tracer ahead of its first use: `python -m jindo.trace.warm`.

Numba compiles once a machine and keeps what it made beside the source; `make` calls this after installing, so that
the first trace does not wait for it. Without it, the first trace does the same.
"""

from __future__ import annotations

from jindo.base.ids import BITCOIN, ETHEREUM, UNNAMED_ASSET, Account, TxId
from jindo.ledger import (
    Transfer,
    UtxoInput,
    UtxoOutput,
    UtxoTransaction,
    build_account_chain,
    build_utxo_chain,
)
from jindo.trace import kernel
from jindo.trace.boundary import build_stops
from jindo.trace.naming import AccountSeeds, UtxoSeed, UtxoSeeds
from jindo.trace.prepared import prepare_account_chain
from jindo.trace.reach import find_reach
from jindo.trace.rules import RULES


def warm_kernel() -> None:
    """Trace one movement on a chain of each kind, and find its reach, which compiles every kernel."""
    here, there = Account("here"), Account("there")
    for amount in (1, 1 << 64):
        account = build_account_chain(ETHEREUM, [Transfer(0, TxId("a"), here, there, amount, UNNAMED_ASSET)])
        prepared = prepare_account_chain(account, [])
        kernel.trace_accounts(prepared, AccountSeeds({0: 0}), rule=RULES["fifo"], end=1)
        find_reach(prepared, [0], end=1)
    spent = UtxoTransaction(1, TxId("d"), 0, (UtxoInput(TxId("c"), 0),), (UtxoOutput(1, there),))
    coin = UtxoTransaction(0, TxId("c"), 0, (), (UtxoOutput(1, here),), coinbase=True)
    utxo = build_utxo_chain(BITCOIN, [coin, spent])
    seeds = UtxoSeeds({0: UtxoSeed((), (0,), (False,))}, (0,))
    kernel.trace_utxo_chain(utxo, seeds, rule=RULES["fifo"], stops=build_stops(utxo, None), end=2)


if __name__ == "__main__":
    warm_kernel()
