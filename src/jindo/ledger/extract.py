"""A few events of a chain, read back as the rows they came from.

* What is read back and built again gives the same movements in the same order.
* Inputs of an extract carry the value and address of the output they spend, and whether the ledger held it,
  since an extract may leave that output's transaction out.

Which events are wanted is the caller's to say.
"""

from __future__ import annotations

from collections.abc import Iterable

from jindo.base.ids import Account, TxId
from jindo.ledger.account_chain import AccountChain
from jindo.ledger.rows import Kind, Transfer, UtxoInput, UtxoOutput, UtxoTransaction
from jindo.ledger.utxo_chain import UtxoChain


def read_transfers(chain: AccountChain, events: Iterable[int]) -> list[Transfer]:
    """The movements of these events, in the order asked for."""
    return [_read_transfer(chain, event) for event in events]


def read_transactions(chain: UtxoChain, txs: Iterable[int]) -> list[UtxoTransaction]:
    """These transactions, in the order asked for, with every input's value, address and `known` filled in.

    An output without an address comes back with its account (`script:…`) as the address.
    """
    return [_read_transaction(chain, tx) for tx in txs]


def _read_transfer(chain: AccountChain, event: int) -> Transfer:
    src, dst, tx = int(chain.src[event]), int(chain.dst[event]), int(chain.tx[event])
    return Transfer(
        block=int(chain.block[event]),
        tx_hash=TxId(chain.tx_hashes[tx]),
        sender=_name(chain, src),
        receiver=_name(chain, dst),
        amount=int(chain.amount[event]),
        asset=chain.assets[int(chain.pot_asset[src if src >= 0 else dst])],
        kind=Kind(int(chain.kind[event])),
        time=_or_none(chain.time[event]),
        tx_index=_or_none(chain.tx_index[tx]),
        position=_or_none(chain.position[event]),
        memo=None if chain.memos is None else chain.memos[event],
    )


def _read_transaction(chain: UtxoChain, tx: int) -> UtxoTransaction:
    return UtxoTransaction(
        block=int(chain.block[tx]),
        tx_hash=TxId(chain.tx_hashes[tx]),
        tx_index=int(chain.tx_index[tx]),
        inputs=tuple(_read_input(chain, i) for i in chain.inputs_of(tx)),
        outputs=tuple(
            UtxoOutput(int(chain.out_amount[o]), Account(chain.accounts[int(chain.out_account[o])]))
            for o in chain.outputs_of(tx)
        ),
        coinbase=bool(chain.coinbase[tx]),
        time=_or_none(chain.time[tx]),
    )


def _read_input(chain: UtxoChain, i: int) -> UtxoInput:
    account, (name, index) = int(chain.in_account[i]), chain.spent_name(i)
    return UtxoInput(
        prev_hash=TxId(name),
        prev_index=index,
        value=int(chain.in_amount[i]),
        address=Account(chain.accounts[account]) if account >= 0 else None,
        known=bool(chain.in_known[i]),
    )


def _name(chain: AccountChain, pot: int) -> Account | None:
    return Account(chain.accounts[int(chain.pot_account[pot])]) if pot >= 0 else None


def _or_none(value: int) -> int | None:
    return int(value) if value >= 0 else None
