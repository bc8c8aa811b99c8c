"""How much a run holds, and whether its columns are as long as that says.

* Nothing here reads a column: lengths are enough.

The columns themselves are `run_columns`'.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TypeAlias

from jindo.ledger.runs import AccountRun, UtxoRun

Run: TypeAlias = AccountRun | UtxoRun
ACCOUNT, UTXO = "account", "utxo"
ADJACENCIES = {ACCOUNT: ("outgoing", "incoming", "account_pots", "tx_events"), UTXO: ("account_outputs",)}
"""Names of a run's adjacencies, by kind of chain."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a run holds, or all runs before it."""

    rows: int = 0
    """Events of an account chain, transactions of a UTXO chain."""
    transactions: int = 0
    accounts: int = 0
    pots: int = 0
    """On a UTXO chain: outputs."""
    inputs: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Counts)))


def count_run(run: Run) -> Counts:
    """How much the run holds."""
    if isinstance(run, AccountRun):
        return Counts(len(run.src), len(run.tx_hashes), len(run.accounts), len(run.pot_account))
    return Counts(len(run.time), len(run.time), len(run.accounts), len(run.out_account), len(run.in_output))


def find_start(run: Run) -> Counts:
    """What the run says that the runs before it hold."""
    if isinstance(run, AccountRun):
        return Counts(run.first_event, run.first_transaction, run.first_account, run.first_pot)
    first = run.first_transaction
    return Counts(first, first, run.first_account, run.first_output, run.first_input)


def check_lengths(run: Run, counts: Counts) -> None:
    """Hold the lengths of a run's columns against each other and the counts, without reading a column.

    Raises:
        ValueError: they do not fit.
    """
    expected = {"time": counts.rows, "tx_hashes": counts.transactions, "accounts": counts.accounts}
    if isinstance(run, AccountRun):
        expected |= dict.fromkeys(("src", "dst", "tx", "kind", "position", "amount"), counts.rows)
        expected |= {"tx_index": counts.transactions, "pot_account": counts.pots, "pot_asset": counts.pots}
    else:
        expected |= dict.fromkeys(("tx_index", "coinbase"), counts.rows)
        inputs = ("in_output", "in_amount", "in_known", "in_account", "in_stated")
        expected |= dict.fromkeys(inputs, counts.inputs)
        expected |= dict.fromkeys(("out_amount", "out_account", "out_spender"), counts.pots)
        expected |= dict.fromkeys(("in_offsets", "out_offsets"), counts.rows + 1)
        expected |= {
            "missing_hash": len(run.missing),
            "missing_index": len(run.missing),
            "spent_by": len(run.spent),
        }
    for name, length in expected.items():
        if len(getattr(run, name)) != length:
            raise ValueError(f"{name} has {len(getattr(run, name))} values, not {length}")
    for name in ADJACENCIES[ACCOUNT if isinstance(run, AccountRun) else UTXO]:
        owned = getattr(run, name)
        if owned is not None and owned.owners is not None and len(owned.owners) + 1 != len(owned.offsets):
            raise ValueError(f"the columns of {name} differ in length")
    heights = len(run.blocks.height)
    if (len(run.blocks.time_max), len(run.blocks.first)) != (heights, heights + 1):
        raise ValueError("the columns of blocks differ in length")
    if int(run.blocks.first[-1]) != counts.rows:
        raise ValueError("the blocks hold other rows")
