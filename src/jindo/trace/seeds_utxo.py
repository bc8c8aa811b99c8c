"""Which transactions of a UTXO chain are thefts, output by output and input by input.

* A row that names the transaction takes each output that is not change to the transaction's own input addresses; with
  an index, that output alone, change or not.
* A row that names an account takes what the account's own inputs bring to outputs of accounts that are not named.
* Rows are known by rank, their place in the input: where several could take the same units, the lowest rank has them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from jindo.ledger import NOBODY, UtxoChain
from jindo.trace.naming import Named, NamedTransfer, UtxoSeed, UtxoSeeds


def say_already(place: str, tx_hash: str, theft: str) -> str:
    """What to say of a row that names a movement which an earlier row has."""
    return f"{place}: {tx_hash} is named by two thefts; {theft!r} stands first and has it"


class UtxoNaming:
    """One reading of what is named, against one chain; `found` and `notes` fill while seeds are built."""

    def __init__(self, chain: UtxoChain, named: Sequence[Named], first_rows: Mapping[int, int]) -> None:
        self._chain, self._named, self._first_rows = chain, named, first_rows
        self._of_tx: dict[int, list[int]] = {}
        self._of_account: dict[int, list[int]] = {}
        self.found: set[int] = set()
        """Ranks of rows that take, or name, something here."""
        self.notes: list[str] = []
        for rank, row in enumerate(named):
            if isinstance(row, NamedTransfer):
                self._of_tx.setdefault(chain.tx_hashes.find(row.tx_hash), []).append(rank)
            elif rank in first_rows:
                self._of_account.setdefault(chain.accounts.find(row.address), []).append(rank)
        self._of_tx.pop(-1, None)

    def build_seeds(self, thefts: Sequence[str]) -> UtxoSeeds:
        """The seeds of every transaction that is named or spends from a named account."""
        seeds = {tx: seed for tx in self._find_transactions() if (seed := self._build_seed(tx)) is not None}
        return UtxoSeeds(seeds, tuple(thefts.index(row.theft) for row in self._named))

    def _find_transactions(self) -> list[int]:
        chain, found = self._chain, set(self._of_tx)
        for account in self._of_account:
            found.update(chain.spender_of(output) for output in chain.outputs_to(account).tolist())
        if self._of_account:
            found.update(_find_payments(chain, list(self._of_account)))
        return sorted(found - {NOBODY})

    def _build_seed(self, tx: int) -> UtxoSeed | None:
        chain = self._chain
        payers = [int(chain.in_account[i]) for i in chain.inputs_of(tx)]
        payees = [int(chain.out_account[output]) for output in chain.outputs_of(tx)]
        by_input = [self._account_ranks(tx, account) for account in payers]
        by_output = [
            self._output_ranks(tx, i, is_change=a in set(payers) - {NOBODY}) for i, a in enumerate(payees)
        ]
        is_named = tuple(account in self._of_account for account in payees)
        self._note_unknown_change(tx, payers)
        if any(by_output) or not all(is_named):
            self._note_shared(tx, by_input, by_output, is_named)
        self._mark_found(tx, by_input, is_named, len(payees))
        seed = UtxoSeed(tuple(map(_first, by_input)), tuple(map(_first, by_output)), is_named)
        takes = max(seed.output_rank, default=-1) >= 0 or (
            max(seed.input_rank, default=-1) >= 0 and not all(is_named)
        )
        return seed if takes else None

    def _account_ranks(self, tx: int, account: int) -> list[int]:
        return [rank for rank in self._of_account.get(account, []) if tx >= self._first_rows[rank]]

    def _output_ranks(self, tx: int, output: int, *, is_change: bool) -> list[int]:
        indices = {rank: self._index(rank) for rank in self._of_tx.get(tx, [])}
        return [
            rank for rank, index in indices.items() if index == output or (index is None and not is_change)
        ]

    def _index(self, rank: int) -> int | None:
        row = self._named[rank]
        return row.index if isinstance(row, NamedTransfer) else None

    def _mark_found(
        self, tx: int, by_input: list[list[int]], is_named: tuple[bool, ...], outputs: int
    ) -> None:
        self.found.update(r for r in self._of_tx.get(tx, []) if (self._index(r) or 0) < outputs)
        if not all(is_named):
            self.found.update(rank for ranks in by_input for rank in ranks)

    def _note_unknown_change(self, tx: int, payers: list[int]) -> None:
        whole = [rank for rank in self._of_tx.get(tx, []) if self._index(rank) is None]
        if whole and NOBODY in payers:
            self.notes.append(
                f"{self._named[whole[0]].place}: {self._chain.tx_hashes[tx]} has inputs whose addresses the ledger does "
                "not know; change to them cannot be told apart and counts as stolen (name the outputs by index instead)"
            )

    def _note_shared(
        self, tx: int, by_input: list[list[int]], by_output: list[list[int]], is_named: tuple[bool, ...]
    ) -> None:
        first: dict[int, str] = {}
        paying = {tuple(ranks) for ranks in by_input} or {()}
        for taking, named in {
            (tuple(ranks), named) for ranks, named in zip(by_output, is_named, strict=True)
        }:
            for brought in paying:
                ranks = sorted({*taking, *(() if named else brought)})
                theft = self._named[ranks[0]].theft if ranks else ""
                first.update({rank: theft for rank in ranks if self._named[rank].theft != theft})
        tx_hash = self._chain.tx_hashes[tx]
        self.notes += [say_already(self._named[rank].place, tx_hash, first[rank]) for rank in sorted(first)]


def _first(ranks: list[int]) -> int:
    return min(ranks, default=-1)


def _find_payments(chain: UtxoChain, accounts: list[int]) -> list[int]:
    """The transactions that spend an account's output which the ledger does not hold."""
    found: list[int] = []
    for run in chain.runs:
        payers = np.asarray(run.in_account)[run.missing]
        local = np.asarray(run.missing)[np.isin(payers, accounts)]
        found += (run.first_transaction + np.searchsorted(run.in_offsets, local, side="right") - 1).tolist()
    return found
