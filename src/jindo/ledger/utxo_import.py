"""One import into a UTXO chain: transactions that can be go in, the others are named.

* Transactions are tried in ledger order; what the ledger holds already is never put out by what is new.
* Refused are: another content or place under a known hash, a second spend, a spend before the output is made or
  of an output that is not there, a stated value that is wrong, and inputs worth less than the outputs.
* The same transaction again is there already.
* Runs that end before the first block touched stay as they are; what stands after them is built anew, as one run.

The formats are `sources.bitcoin_etl`'s and `sources.bitcoin_blocks`'s; the chain's columns are `build`'s.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np

from jindo.base.ids import ChainId, native_asset
from jindo.ledger.build_utxo import build_utxo_run, output_account
from jindo.ledger.chain import UtxoChain
from jindo.ledger.extract import read_transactions
from jindo.ledger.files import SourceFile
from jindo.ledger.imported import Built, Imported
from jindo.ledger.missing_outputs import find_missing
from jindo.ledger.rejects import Reject
from jindo.ledger.rows import UtxoInput, UtxoTransaction
from jindo.ledger.runs import NOBODY, UtxoRun
from jindo.ledger.sources import BadRow
from jindo.ledger.staging import Staging


class Admission:
    """The transactions let in so far, and what speaks against one more.

    Those of the runs that stay are read from them when they are asked for; the others are kept here.
    """

    def __init__(
        self, before: UtxoChain, held: Sequence[UtxoTransaction], new: Sequence[UtxoTransaction]
    ) -> None:
        """`new` are the transactions that will be asked about."""
        self.transactions: dict[str, UtxoTransaction] = {}
        self._spenders: dict[str, dict[int, UtxoTransaction]] = {}
        """By the transaction whose output is spent, and the output's place."""
        self._before = before
        named = {row.tx_hash for row in (*held, *new)}
        named |= {given.prev_hash for row in (*held, *new) for given in row.inputs}
        self._missing = find_missing(before, named)
        """The outputs that are spent without being there, by transaction and place, and what spends each."""
        for row in held:
            self.add(row)

    def add(self, row: UtxoTransaction) -> None:
        """Let `row` in."""
        self.transactions[row.tx_hash] = row
        for given in row.inputs:
            self._spenders.setdefault(given.prev_hash, {})[given.prev_index] = row

    def find(self, tx_hash: str) -> UtxoTransaction | None:
        """The transaction of that hash, if it is in."""
        found = self.transactions.get(tx_hash)
        if found is not None:
            return found
        tx = self._before.tx_hashes.find(tx_hash)
        return None if tx < 0 else _read_as_stated(self._before, tx)

    def find_spender(self, name: tuple[str, int]) -> UtxoTransaction | None:
        """The transaction that spends an output, if one is in."""
        found = self._spenders.get(name[0], {}).get(name[1])
        if found is not None:
            return found
        spender = self._missing.get(name[0], {}).get(name[1], NOBODY)
        maker = self._before.tx_hashes.find(name[0])
        if maker >= 0 and name[1] < len(outputs := self._before.outputs_of(maker)):
            spender = self._before.spender_of(outputs[name[1]])
        return None if spender < 0 else _read_as_stated(self._before, spender)

    def find_problem(self, row: UtxoTransaction) -> tuple[str, str] | None:
        """Code and reason why `row` cannot be let in, or `None`."""
        return self._check_inputs(row) or self._check_value(row, None) or self._check_spenders(row)

    def _check_inputs(self, row: UtxoTransaction) -> tuple[str, str] | None:
        names = [(given.prev_hash, given.prev_index) for given in row.inputs]
        for given, name in zip(row.inputs, names, strict=True):
            says = f"output {given.prev_index} of {given.prev_hash}"
            other = self.find_spender(name)
            if other is not None or names.count(name) > 1:
                by = f" by {other.tx_hash}" if other is not None else ""
                return "ledger.double-spend", f"{says} is spent already{by}"
            maker = self.find(given.prev_hash)
            if maker is not None:
                problem = _check_spend(maker, row, given)
                if problem is not None:
                    return problem
        return None

    def _check_spenders(self, row: UtxoTransaction) -> tuple[str, str] | None:
        """Whether a spender that is there already fits the outputs of `row`."""
        for spender in self._find_spenders(row):
            for given in spender.inputs:
                problem = _check_spend(row, spender, given) if given.prev_hash == row.tx_hash else None
                if problem is not None:
                    return problem
            problem = self._check_value(spender, row)
            if problem is not None:
                return problem
        return None

    def _find_spenders(self, row: UtxoTransaction) -> list[UtxoTransaction]:
        """The transactions that spend any output of `row`, also one that it does not have; `row` is not in yet."""
        held = sorted(set(self._missing.get(row.tx_hash, {}).values()))
        found = [_read_as_stated(self._before, tx) for tx in held]
        found += self._spenders.get(row.tx_hash, {}).values()
        return list({spender.tx_hash: spender for spender in found}.values())

    def _check_value(self, row: UtxoTransaction, maker: UtxoTransaction | None) -> tuple[str, str] | None:
        values = [self._find_value(given, maker) for given in row.inputs]
        known = [value for value in values if value is not None]
        missing = sum(made.value for made in row.outputs) - sum(known)
        if row.coinbase or missing <= 0 or len(known) < len(values):
            return None
        return (
            "ledger.value-from-nowhere",
            f"the inputs of {row.tx_hash} are worth {missing} less than its outputs",
        )

    def _find_value(self, given: UtxoInput, maker: UtxoTransaction | None) -> int | None:
        if maker is None or maker.tx_hash != given.prev_hash:
            maker = self.find(given.prev_hash)
        return given.value if maker is None else maker.outputs[given.prev_index].value


def import_transactions(
    staging: Staging,
    files: Sequence[SourceFile],
    chain: ChainId,
    old: UtxoChain | None,
    rows: Iterable[tuple[int, int, str, UtxoTransaction | BadRow]],
) -> Imported:
    """Read the rows and build what they add to `old`.

    `rows` are those of the files: number of the file, line, the line itself, and what it says.
    """
    old = old or UtxoChain(chain, native_asset(chain), narrow=True, runs=())
    rejects, good = [], []
    for number, line, text, row in rows:
        if isinstance(row, BadRow):
            rejects.append(Reject(files[number].name, line, row.code, row.reason, row.remedy, text))
        else:
            good.append((row.block, row.tx_index, number, line, row))
    low = min((item[0] for item in good), default=None)
    keep = len(old.runs) if low is None else sum(int(run.blocks.height[-1]) < low for run in old.runs)
    before = dataclasses.replace(old, runs=old.runs[:keep])
    held = [_read_as_stated(old, t) for t in range(before.tx_count, old.tx_count)]
    admission = Admission(before, held, [item[-1] for item in good])
    read = len(good) + len(rejects)
    added = there = 0
    for _, _, number, line, row in sorted(good, key=lambda item: item[:4]):
        there_already = admission.find(row.tx_hash)
        problem = admission.find_problem(row) if there_already is None else _compare(there_already, row)
        if problem is not None:
            remedy = "Compare with another copy of the chain, and leave the wrong one out."
            text = f'{{"hash": "{row.tx_hash}", "block_number": {row.block}, "index": {row.tx_index}}}'
            rejects.append(Reject(files[number].name, line, *problem, remedy, text))
        elif there_already is None:
            admission.add(row)
            added += 1
        else:
            there += 1
    counts = {"read": read, "added": added, "already_there": there, "left_by_distinct": 0, "superseded": 0}
    staging.progress("building", 0, None)
    run = build_utxo_run(before, admission.transactions.values()) if added else None
    built = None if run is None else Built(keep, (run,), (old.asset,), (8,))
    rejects.sort(key=lambda reject: (reject.file, reject.line))
    runs = old.runs if run is None else (*before.runs, run)
    return Imported(built, counts, rejects, {"transactions": read}, _read_notes(runs))


def _read_as_stated(chain: UtxoChain, tx: int) -> UtxoTransaction:
    """A transaction with only those input values that a source stated."""
    (row,) = read_transactions(chain, (tx,))
    stated = [bool(chain.in_stated[i]) for i in chain.inputs_of(tx)]
    inputs = tuple(
        UtxoInput(given.prev_hash, given.prev_index, *((given.value, given.address) if is_stated else ()))
        for given, is_stated in zip(row.inputs, stated, strict=True)
    )
    return dataclasses.replace(row, inputs=inputs)


def _check_spend(
    maker: UtxoTransaction, spender: UtxoTransaction, given: UtxoInput
) -> tuple[str, str] | None:
    says = f"output {given.prev_index} of {given.prev_hash}"
    if given.prev_index >= len(maker.outputs):
        return "ledger.no-such-output", f"{says} is spent by {spender.tx_hash}, but there is none such"
    if (maker.block, maker.tx_index) >= (spender.block, spender.tx_index):
        return "ledger.impossible-order", f"{says} is spent by {spender.tx_hash} before it is made"
    value = maker.outputs[given.prev_index].value
    if given.value not in (None, value):
        return "ledger.wrong-value", f"{spender.tx_hash} states {given.value} for {says}, which holds {value}"
    return None


def _compare(held: UtxoTransaction, row: UtxoTransaction) -> tuple[str, str] | None:
    if (held.block, held.tx_index) != (row.block, row.tx_index):
        return "ledger.impossible-order", f"the transaction {row.tx_hash} stands at two places in the chain"
    if _content(held) != _content(row):
        return "ledger.differs", f"the transaction {row.tx_hash} is there already with another content"
    return None


def _content(row: UtxoTransaction) -> tuple[object, ...]:
    spent = tuple((given.prev_hash, given.prev_index) for given in row.inputs)
    return row.coinbase, spent, tuple((made.value, output_account(made)) for made in row.outputs)


def _read_notes(runs: Sequence[UtxoRun]) -> list[str]:
    unknown = sum(int(np.count_nonzero(run.in_stated[run.missing] == 0)) for run in runs)
    if not unknown:
        return []
    return [f"{unknown} inputs spend outputs that are not in the ledger and whose value no source states"]
