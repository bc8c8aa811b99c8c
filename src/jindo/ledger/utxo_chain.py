"""A UTXO chain over its runs: which transaction spent and made what, for whoever reads it.

* A reader asks by the chain's ids and rows; which run holds a row is this module's affair.
* `narrow` promises that no transaction's inputs or outputs reach 2^62 together, so that sums of int64 cannot wrap.
* Chains are equal where they say the same, however they are cut into runs.

The columns are described in `runs`; the kernels of `trace` read the runs.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from jindo.base.ids import AssetId, ChainId
from jindo.ledger.columns import ChainColumn
from jindo.ledger.over_runs import OverRuns, gather
from jindo.ledger.runs import NOBODY, Ints, UtxoRun


@dataclass(frozen=True, eq=False)
class UtxoChain(OverRuns):
    """A UTXO chain of t transactions, i inputs and o outputs."""

    chain: ChainId
    asset: AssetId
    narrow: bool
    runs: tuple[UtxoRun, ...]

    said = (
        *("chain", "asset", "block", "block_times", "accounts", "tx_hashes", "time", "tx_index", "coinbase"),
        *("in_sizes", "in_output", "in_amount", "in_known", "in_account", "in_stated", "missing"),
        *("out_sizes", "out_amount", "out_account", "out_spender"),
    )

    @cached_property
    def tx_count(self) -> int:
        """Number of transactions t."""
        return self.row_starts[-1]

    @cached_property
    def output_count(self) -> int:
        """Number of outputs o."""
        return self.runs[-1].first_output + len(self.runs[-1].out_account) if self.runs else 0

    @cached_property
    def time(self) -> ChainColumn:
        """Unix seconds of each transaction, or -1."""
        return ChainColumn([run.time for run in self.runs], self.row_starts)

    @cached_property
    def tx_index(self) -> ChainColumn:
        """Place of each transaction in its block."""
        return ChainColumn([run.tx_index for run in self.runs], self.row_starts)

    @cached_property
    def coinbase(self) -> ChainColumn:
        """1 where a transaction issues new coins."""
        return ChainColumn([run.coinbase for run in self.runs], self.row_starts)

    @cached_property
    def in_output(self) -> ChainColumn:
        """The output that each input spends, or -1."""
        return self._inputs("in_output")

    @cached_property
    def in_amount(self) -> ChainColumn:
        """Base units of each input."""
        return self._inputs("in_amount")

    @cached_property
    def in_known(self) -> ChainColumn:
        """1 where the output spent is in the ledger this chain was read from."""
        return self._inputs("in_known")

    @cached_property
    def in_account(self) -> ChainColumn:
        """Account of the output that each input spends, or -1."""
        return self._inputs("in_account")

    @cached_property
    def in_stated(self) -> ChainColumn:
        """1 where the source stated the input's value."""
        return self._inputs("in_stated")

    @cached_property
    def out_amount(self) -> ChainColumn:
        """Base units of each output."""
        return self._outputs("out_amount")

    @cached_property
    def out_account(self) -> ChainColumn:
        """Account of each output."""
        return self._outputs("out_account")

    @cached_property
    def out_spender(self) -> ChainColumn:
        """The transaction that spends each output, or -1; joined from all runs, so for a chain of a few runs."""
        return ChainColumn([_join_spenders(self.runs)], [0, self.output_count])

    @cached_property
    def in_sizes(self) -> ChainColumn:
        """How many inputs each transaction has."""
        return ChainColumn([np.diff(run.in_offsets) for run in self.runs], self.row_starts)

    @cached_property
    def out_sizes(self) -> ChainColumn:
        """How many outputs each transaction has."""
        return ChainColumn([np.diff(run.out_offsets) for run in self.runs], self.row_starts)

    @property
    def missing(self) -> list[tuple[int, str, int]]:
        """Inputs whose output is not in the ledger, with the transaction hash and index that they name."""
        return [
            (run.first_input + int(i), name, int(index))
            for run in self.runs
            for i, name, index in zip(run.missing, run.missing_hash, run.missing_index, strict=True)
        ]

    def inputs_of(self, tx: int) -> range:
        """The inputs of a transaction."""
        run, local = self._place(tx)
        return range(
            run.first_input + int(run.in_offsets[local]), run.first_input + int(run.in_offsets[local + 1])
        )

    def outputs_of(self, tx: int) -> range:
        """The outputs of a transaction."""
        run, local = self._place(tx)
        first = run.first_output
        return range(first + int(run.out_offsets[local]), first + int(run.out_offsets[local + 1]))

    def output_tx(self, output: int) -> int:
        """The transaction that made an output."""
        run = self.runs[bisect_right(self._output_starts, output, hi=len(self.runs)) - 1]
        local = int(np.searchsorted(run.out_offsets, output - run.first_output, side="right")) - 1
        return run.first_transaction + local

    def spender_of(self, output: int) -> int:
        """The transaction that spends an output, or -1."""
        made = bisect_right(self._output_starts, output, hi=len(self.runs)) - 1
        run = self.runs[made]
        spender = int(run.out_spender[output - run.first_output])
        if spender >= 0:
            return spender
        for later in self.runs[made + 1 :]:
            place = int(np.searchsorted(later.spent, output))
            if place < len(later.spent) and later.spent[place] == output:
                return int(later.spent_by[place])
        return NOBODY

    def spent_name(self, i: int) -> tuple[str, int]:
        """Transaction hash and index of the output that an input spends."""
        output = int(self.in_output[i])
        if output >= 0:
            maker = self.output_tx(output)
            return self.tx_hashes[maker], output - self.outputs_of(maker).start
        run = self.runs[bisect_right(self._input_starts, i, hi=len(self.runs)) - 1]
        place = int(np.searchsorted(run.missing, i - run.first_input))
        return run.missing_hash[place], int(run.missing_index[place])

    def outputs_to(self, account: int) -> Ints:
        """Outputs of an account, ascending."""
        return gather(((run.account_outputs, run.first_output) for run in self.runs), account)

    def _place(self, tx: int) -> tuple[UtxoRun, int]:
        run = self.runs[bisect_right(self.row_starts, tx, hi=len(self.runs)) - 1]
        return run, tx - run.first_transaction

    def _inputs(self, name: str) -> ChainColumn:
        return ChainColumn([getattr(run, name) for run in self.runs], self._input_starts)

    def _outputs(self, name: str) -> ChainColumn:
        return ChainColumn([getattr(run, name) for run in self.runs], self._output_starts)

    @cached_property
    def _input_starts(self) -> tuple[int, ...]:
        last = self.runs[-1].first_input + len(self.runs[-1].in_output) if self.runs else 0
        return (*(run.first_input for run in self.runs), last)

    @cached_property
    def _output_starts(self) -> tuple[int, ...]:
        return (*(run.first_output for run in self.runs), self.output_count)


def _join_spenders(runs: tuple[UtxoRun, ...]) -> Ints:
    found = np.concatenate([np.zeros(0, np.int64), *(run.out_spender for run in runs)])
    for run in runs:
        found[run.spent] = run.spent_by
    return found
