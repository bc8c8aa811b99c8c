"""Transactions in memory become a UTXO chain, or a run above one, in ledger order, ready to trace.

* What cannot be is refused: a double spend, an output spent before it is made, value from nowhere.
* An input whose output is not there has the value that is stated; where none is, the first such input takes what
  makes inputs equal outputs, and the others nothing.
* An output without an address belongs to the hash of its script.

Movements of an account chain are `build`'s; trying transactions one by one is `utxo_import`'s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np

from jindo.base.errors import InputError
from jindo.base.ids import Account, ChainId, native_asset
from jindo.ledger.amount_columns import to_amounts
from jindo.ledger.indexing import assemble_utxo_run, build_blocks, build_offsets
from jindo.ledger.missing_outputs import find_missing
from jindo.ledger.pieces import to_column, to_index
from jindo.ledger.rows import UtxoInput, UtxoOutput, UtxoTransaction
from jindo.ledger.runs import MOST_TRAFFIC, NOBODY, Ints, UtxoRun
from jindo.ledger.texts import MemoryTexts
from jindo.ledger.utxo_chain import UtxoChain


def build_utxo_chain(chain_id: ChainId, transactions: Iterable[UtxoTransaction]) -> UtxoChain:
    """The UTXO chain, of one run, of these transactions.

    Raises:
        InputError: a transaction twice, a double spend, an output spent before it is made, an input that states
            another value than its output has, or inputs worth less than the outputs.
    """
    empty = UtxoChain(chain_id, native_asset(chain_id), narrow=True, runs=())
    rows = list(transactions)
    if not rows:
        return empty
    run = build_utxo_run(empty, rows)
    return UtxoChain(chain_id, empty.asset, narrow=run.max_traffic < MOST_TRAFFIC, runs=(run,))


def build_utxo_run(before: UtxoChain, transactions: Iterable[UtxoTransaction]) -> UtxoRun:
    """The run of these transactions, one or more, all of which stand in blocks above those of `before`.

    Raises:
        InputError: as `build_utxo_chain`, or a block is not above.
    """
    rows = sorted(transactions, key=lambda row: (row.block, row.tx_index))
    if not before.is_empty and rows[0].block <= before.last_block:
        raise InputError(f"block {rows[0].block} is not above the last block there, {before.last_block}")
    given = _Given(before, rows)
    spent = _find_spent(given)
    payers = [_find_payer(given, i, output) for i, output in enumerate(spent)]
    payees = [output_account(made) for made in given.outputs]
    accounts = _Accounts(before, _name_by_appearance(rows, payers, payees))
    missing = [i for i, output in enumerate(spent) if output < 0]
    time = to_column(NOBODY if row.time is None else row.time for row in rows)
    return assemble_utxo_run(
        first_transaction=before.tx_count,
        first_input=len(before.in_output),
        first_output=before.output_count,
        first_account=len(before.accounts),
        blocks=build_blocks(to_column(row.block for row in rows), time, before=before.last_time),
        accounts=accounts.new,
        tx_hashes=given.hashes,
        time=time,
        tx_index=to_index(to_column(row.tx_index for row in rows)),
        coinbase=np.array([row.coinbase for row in rows], dtype=np.int8),
        in_offsets=build_offsets([len(row.inputs) for row in rows]),
        in_output=to_index(to_column(spent)),
        in_amount=to_amounts(_fill_all(given, spent)),
        in_known=np.array(
            [output >= 0 or one.known for one, output in zip(given.inputs, spent, strict=True)], dtype=np.int8
        ),
        in_account=to_index(accounts.number(payers)),
        in_stated=np.array([one.value is not None for one in given.inputs], dtype=np.int8),
        missing=to_index(to_column(missing)),
        missing_hash=[given.inputs[i].prev_hash for i in missing],
        missing_index=to_column(given.inputs[i].prev_index for i in missing),
        out_offsets=given.out_offsets,
        out_amount=to_amounts([made.value for made in given.outputs]),
        out_account=to_index(accounts.number(payees)),
    )


def output_account(made: UtxoOutput) -> Account:
    """The account of an output: its address, or `script:<sha256 of the script>`.

    Raises:
        InputError: there is no address, and the script is not hex.
    """
    if made.address is not None:
        return made.address
    try:
        script = bytes.fromhex(made.script)
    except ValueError as error:
        raise InputError(f"the script {made.script!r} is not hex") from error
    return Account("script:" + hashlib.sha256(script).hexdigest())


class _Given:
    """Transactions in ledger order, what they list, and what stands before them."""

    def __init__(self, before: UtxoChain, rows: Sequence[UtxoTransaction]) -> None:
        self.before, self.rows = before, rows
        self.hashes = MemoryTexts([row.tx_hash for row in rows])
        self.out_offsets = build_offsets([len(row.outputs) for row in rows])
        self.inputs = [one for row in rows for one in row.inputs]
        self.outputs = [made for row in rows for made in row.outputs]

    def value_of(self, output: int) -> int:
        """Value of an output, by the chain's id."""
        local = output - self.before.output_count
        return self.outputs[local].value if local >= 0 else int(self.before.out_amount[output])

    def find_outputs(self, tx_hash: str, t: int) -> range | None:
        """The chain's ids of the outputs of a transaction, which must stand before local transaction `t`."""
        maker = self.hashes.find(tx_hash)
        if maker >= t:
            raise InputError(f"{tx_hash} is spent before it is made")
        if maker >= 0:
            first = self.before.output_count
            return range(first + int(self.out_offsets[maker]), first + int(self.out_offsets[maker + 1]))
        held = self.before.tx_hashes.find(tx_hash)
        return self.before.outputs_of(held) if held >= 0 else None


class _Accounts:
    """Numbers of accounts: those of `before`, then the new ones as they appear."""

    def __init__(self, before: UtxoChain, names: Sequence[Account]) -> None:
        held = before.accounts.find_all(names).tolist()
        self.new = MemoryTexts([name for name, number in zip(names, held, strict=True) if number < 0])
        self._held = {name: number for name, number in zip(names, held, strict=True) if number >= 0}
        self._first = len(before.accounts)

    def number(self, names: Sequence[Account | None]) -> Ints:
        """The account of each, or -1."""
        return to_column(NOBODY if name is None else self._number(name) for name in names)

    def _number(self, name: Account) -> int:
        held = self._held.get(name)
        return self._first + self.new.find(name) if held is None else held


def _find_spent(given: _Given) -> list[int]:
    """The output that each input spends, by the chain's id, or -1."""
    spent: list[int] = []
    named = {one.prev_hash for one in given.inputs} | {row.tx_hash for row in given.rows}
    lost = find_missing(given.before, named)
    taken = {(name, index) for name, places in lost.items() for index in places}
    for t, row in enumerate(given.rows):
        if given.hashes.find(row.tx_hash) != t or given.before.tx_hashes.find(row.tx_hash) >= 0:
            raise InputError(f"the transaction {row.tx_hash} is there twice")
        if row.tx_hash in lost:
            raise InputError(f"{row.tx_hash} is spent before it is made")
        for one in row.inputs:
            name = (one.prev_hash, one.prev_index)
            spent.append(_find_output(given, one, t))
            if name in taken or _is_spent(given.before, spent[-1]):
                raise InputError(f"output {one.prev_index} of {one.prev_hash} is spent twice")
            taken.add(name)
    return spent


def _find_output(given: _Given, one: UtxoInput, t: int) -> int:
    outputs = given.find_outputs(one.prev_hash, t)
    if outputs is None:
        return NOBODY
    says = f"output {one.prev_index} of {one.prev_hash}"
    if one.prev_index >= len(outputs):
        raise InputError(f"{says} is spent, but there is none such")
    value = given.value_of(outputs[one.prev_index])
    if one.value not in (None, value):
        raise InputError(f"{says} is stated as {one.value}, but holds {value}")
    return outputs[one.prev_index]


def _is_spent(before: UtxoChain, output: int) -> bool:
    return 0 <= output < before.output_count and before.spender_of(output) >= 0


def _find_payer(given: _Given, i: int, output: int) -> Account | None:
    """The account of the output that input `i` spends; what the source states where the ledger does not hold it."""
    before, local = given.before, output - given.before.output_count
    if output < 0:
        return given.inputs[i].address
    if local >= 0:
        return output_account(given.outputs[local])
    return Account(before.accounts[int(before.out_account[output])])


def _fill_all(given: _Given, spent: Sequence[int]) -> list[int]:
    values: list[int] = []
    for row in given.rows:
        outputs = spent[len(values) : len(values) + len(row.inputs)]
        values += _fill_inputs(given, row, outputs)
    return values


def _fill_inputs(given: _Given, row: UtxoTransaction, spent: Sequence[int]) -> list[int]:
    values = [
        given.value_of(output) if output >= 0 else one.value
        for one, output in zip(row.inputs, spent, strict=True)
    ]
    missing = sum(made.value for made in row.outputs) - sum(value or 0 for value in values)
    if missing > 0 and not row.coinbase and None not in values:
        raise InputError(f"the inputs of {row.tx_hash} are worth {missing} less than its outputs")
    if None in values:
        values[values.index(None)] = max(missing, 0)
    return [value or 0 for value in values]


def _name_by_appearance(
    rows: Sequence[UtxoTransaction], stated: Sequence[Account | None], names: Sequence[Account]
) -> list[Account]:
    """The accounts in order of appearance: of a transaction, those of its inputs, then those of its outputs."""
    found: dict[Account | None, None] = {}
    paying, paid = iter(stated), iter(names)
    for row in rows:
        found.update((next(paying), None) for _ in row.inputs)
        found.update((next(paid), None) for _ in row.outputs)
    return [name for name in found if name is not None]
