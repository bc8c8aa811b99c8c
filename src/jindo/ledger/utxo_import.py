"""One import into a UTXO chain: transactions that can be go in, the others are named.

* Transactions are tried in ledger order; what the ledger holds already is never put out by what is new.
* Refused are: another content or place under a known hash, a second spend, a spend before the output is made or
  of an output that is not there, a stated value that is wrong, and inputs worth less than the outputs.
* The same transaction again is there already.

The formats are `sources.bitcoin_etl`'s and `sources.bitcoin_blocks`'s; the chain's columns are `build`'s.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from jindo.base.ids import ChainId
from jindo.ledger.build_utxo import build_utxo_chain, output_account
from jindo.ledger.chain import UtxoChain
from jindo.ledger.extract import read_transactions
from jindo.ledger.files import SourceFile
from jindo.ledger.rejects import Reject
from jindo.ledger.rows import UtxoInput, UtxoTransaction
from jindo.ledger.sources import BadRow
from jindo.ledger.staging import Staging


class Admission:
    """The transactions let in so far, and what speaks against one more."""

    def __init__(self, held: Sequence[UtxoTransaction]) -> None:
        self.transactions: dict[str, UtxoTransaction] = {}
        self._spender: dict[tuple[str, int], UtxoTransaction] = {}
        for row in held:
            self.add(row)

    def add(self, row: UtxoTransaction) -> None:
        """Let `row` in."""
        self.transactions[row.tx_hash] = row
        for given in row.inputs:
            self._spender[given.prev_hash, given.prev_index] = row

    def find_problem(self, row: UtxoTransaction) -> tuple[str, str] | None:
        """Code and reason why `row` cannot be let in, or `None`."""
        return self._check_inputs(row) or self._check_value(row, None) or self._check_spenders(row)

    def _check_inputs(self, row: UtxoTransaction) -> tuple[str, str] | None:
        names = [(given.prev_hash, given.prev_index) for given in row.inputs]
        for given, name in zip(row.inputs, names, strict=True):
            says = f"output {given.prev_index} of {given.prev_hash}"
            other = self._spender.get(name)
            if other is not None or names.count(name) > 1:
                by = f" by {other.tx_hash}" if other is not None else ""
                return "ledger.double-spend", f"{says} is spent already{by}"
            maker = self.transactions.get(given.prev_hash)
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
        found = (self._spender.get((row.tx_hash, i)) for i in range(len(row.outputs) + 1))
        return list({spender.tx_hash: spender for spender in found if spender is not None}.values())

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
            maker = self.transactions.get(given.prev_hash)
        return given.value if maker is None else maker.outputs[given.prev_index].value


def import_transactions(
    staging: Staging,
    files: Sequence[SourceFile],
    chain: ChainId,
    old: UtxoChain | None,
    rows: Iterable[tuple[int, int, str, UtxoTransaction | BadRow]],
) -> tuple[UtxoChain | None, dict[str, int], list[Reject], dict[str, int], list[str]]:
    """The new chain (`None` where nothing is new), counts by outcome, rejects, rows by table, and notes.

    `rows` are those of the files: number of the file, line, the line itself, and what it says.
    """
    admission = Admission(_read_held(old))
    rejects, good = [], []
    for number, line, text, row in rows:
        if isinstance(row, BadRow):
            rejects.append(Reject(files[number].name, line, row.code, row.reason, row.remedy, text))
        else:
            good.append((row.block, row.tx_index, number, line, row))
    read = len(good) + len(rejects)
    added = there = 0
    for _, _, number, line, row in sorted(good, key=lambda item: item[:4]):
        held = admission.transactions.get(row.tx_hash)
        problem = admission.find_problem(row) if held is None else _compare(held, row)
        if problem is not None:
            remedy = "Compare with another copy of the chain, and leave the wrong one out."
            text = f'{{"hash": "{row.tx_hash}", "block_number": {row.block}, "index": {row.tx_index}}}'
            rejects.append(Reject(files[number].name, line, *problem, remedy, text))
        elif held is None:
            admission.add(row)
            added += 1
        else:
            there += 1
    counts = {"read": read, "added": added, "already_there": there, "left_by_distinct": 0, "superseded": 0}
    staging.progress("building", 0, None)
    built = build_utxo_chain(chain, admission.transactions.values()) if added else None
    rejects.sort(key=lambda reject: (reject.file, reject.line))
    return built, counts, rejects, {"transactions": read}, _read_notes(built or old)


def _read_held(old: UtxoChain | None) -> list[UtxoTransaction]:
    """What the ledger holds, with only those input values that a source stated."""
    if old is None:
        return []
    rows = read_transactions(old, range(old.tx_count))
    return [_unfill(old, t, row) for t, row in enumerate(rows)]


def _unfill(old: UtxoChain, t: int, row: UtxoTransaction) -> UtxoTransaction:
    first = int(old.in_offsets[t])
    inputs = tuple(
        UtxoInput(
            given.prev_hash,
            given.prev_index,
            *((given.value, given.address) if _stated(old, first + i) else ()),
        )
        for i, given in enumerate(row.inputs)
    )
    return dataclasses.replace(row, inputs=inputs)


def _stated(old: UtxoChain, i: int) -> bool:
    return old.in_stated is not None and bool(old.in_stated[i])


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


def _read_notes(chain: UtxoChain | None) -> list[str]:
    if chain is None or chain.in_stated is None:
        return []
    unknown = int(((chain.in_output < 0) & (chain.in_stated == 0)).sum())
    if not unknown:
        return []
    return [f"{unknown} inputs spend outputs that are not in the ledger and whose value no source states"]
