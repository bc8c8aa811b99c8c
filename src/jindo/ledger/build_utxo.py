"""Transactions in memory become a UTXO chain, in ledger order, ready to trace.

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
from jindo.ledger.chain import NOBODY, Ints, UtxoChain
from jindo.ledger.indexing import build_blocks, build_groups, build_offsets, to_column, to_index
from jindo.ledger.rows import UtxoInput, UtxoOutput, UtxoTransaction
from jindo.ledger.texts import MemoryTexts


def build_utxo_chain(chain_id: ChainId, transactions: Iterable[UtxoTransaction]) -> UtxoChain:
    """The UTXO chain of these transactions.

    Raises:
        InputError: a transaction twice, a double spend, an output spent before it is made, an input that states
            another value than its output has, or inputs worth less than the outputs.
    """
    rows = sorted(transactions, key=lambda row: (row.block, row.tx_index))
    hashes = MemoryTexts([row.tx_hash for row in rows])
    out_offsets = build_offsets([len(row.outputs) for row in rows])
    inputs = [given for row in rows for given in row.inputs]
    outputs = [made for row in rows for made in row.outputs]
    spent = _find_spent(rows, hashes, out_offsets)
    names = [output_account(made) for made in outputs]
    stated = [_input_account(given, names, o) for given, o in zip(inputs, spent, strict=True)]
    accounts = MemoryTexts(sorted({*names, *(name for name in stated if name is not None)}))
    values = [_fill_inputs(row, outputs, spent, first) for row, first in _with_first_input(rows)]
    in_amount, out_amount = [v for part in values for v in part], [made.value for made in outputs]
    narrow = _is_narrow(rows, values)
    spender = np.full(len(outputs), NOBODY, dtype=np.int64)
    spends = np.repeat(np.arange(len(rows)), [len(row.inputs) for row in rows])
    held = to_column(spent)
    spender[held[held >= 0]] = spends[held >= 0]
    out_account = to_column(accounts.find(name) for name in names)
    account_offsets, account_outputs = build_groups(out_account, len(accounts))
    block, time = (
        to_column(row.block for row in rows),
        to_column(NOBODY if row.time is None else row.time for row in rows),
    )
    return UtxoChain(
        chain=chain_id,
        asset=native_asset(chain_id),
        accounts=accounts,
        tx_hashes=hashes,
        blocks=build_blocks(block, time),
        narrow=narrow,
        block=block,
        time=time,
        tx_index=to_column(row.tx_index for row in rows),
        coinbase=np.array([row.coinbase for row in rows], dtype=np.int8),
        in_offsets=build_offsets([len(row.inputs) for row in rows]),
        in_output=to_index(held),
        in_amount=np.array(in_amount, dtype=np.int64) if narrow else in_amount,
        in_known=np.array(
            [o >= 0 or given.known for given, o in zip(inputs, spent, strict=True)], dtype=np.int8
        ),
        in_account=to_index(to_column(NOBODY if name is None else accounts.find(name) for name in stated)),
        in_prev_hash=[given.prev_hash for given in inputs],
        in_prev_index=to_column(given.prev_index for given in inputs),
        out_offsets=out_offsets,
        out_amount=np.array(out_amount, dtype=np.int64) if narrow else out_amount,
        out_account=to_index(out_account),
        out_spender=to_index(spender),
        account_offsets=account_offsets,
        account_outputs=account_outputs,
        in_stated=np.array([given.value is not None for given in inputs], dtype=np.int8),
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


def _find_spent(rows: Sequence[UtxoTransaction], hashes: MemoryTexts, out_offsets: Ints) -> list[int]:
    spent: list[int] = []
    taken: set[tuple[str, int]] = set()
    for t, row in enumerate(rows):
        if hashes.find(row.tx_hash) != t:
            raise InputError(f"the transaction {row.tx_hash} is there twice")
        for given in row.inputs:
            name = (given.prev_hash, given.prev_index)
            if name in taken:
                raise InputError(f"output {given.prev_index} of {given.prev_hash} is spent twice")
            taken.add(name)
            spent.append(_find_output(rows, hashes, out_offsets, given, t))
    return spent


def _find_output(
    rows: Sequence[UtxoTransaction], hashes: MemoryTexts, out_offsets: Ints, given: UtxoInput, t: int
) -> int:
    maker = hashes.find(given.prev_hash)
    if maker < 0:
        return NOBODY
    if maker >= t:
        raise InputError(f"output {given.prev_index} of {given.prev_hash} is spent before it is made")
    if given.prev_index >= len(rows[maker].outputs):
        raise InputError(f"output {given.prev_index} of {given.prev_hash} is spent, but there is none such")
    value = rows[maker].outputs[given.prev_index].value
    if given.value is not None and given.value != value:
        raise InputError(
            f"output {given.prev_index} of {given.prev_hash} is stated as {given.value}, but holds {value}"
        )
    return int(out_offsets[maker]) + given.prev_index


def _fill_inputs(
    row: UtxoTransaction, outputs: Sequence[UtxoOutput], spent: Sequence[int], first: int
) -> list[int]:
    values = [
        outputs[spent[first + i]].value if spent[first + i] >= 0 else given.value
        for i, given in enumerate(row.inputs)
    ]
    missing = sum(made.value for made in row.outputs) - sum(value or 0 for value in values)
    if missing > 0 and not row.coinbase and None not in values:
        raise InputError(f"the inputs of {row.tx_hash} are worth {missing} less than its outputs")
    if None in values:
        values[values.index(None)] = max(missing, 0)
    return [value or 0 for value in values]


def _with_first_input(rows: Sequence[UtxoTransaction]) -> Iterable[tuple[UtxoTransaction, int]]:
    return zip(rows, build_offsets([len(row.inputs) for row in rows])[:-1].tolist(), strict=True)


def _input_account(given: UtxoInput, names: Sequence[Account], output: int) -> Account | None:
    return names[output] if output >= 0 else given.address


def _is_narrow(rows: Sequence[UtxoTransaction], values: Sequence[Sequence[int]]) -> bool:
    return all(
        max(sum(made.value for made in row.outputs), sum(given)) >> 62 == 0
        for row, given in zip(rows, values, strict=True)
    )
