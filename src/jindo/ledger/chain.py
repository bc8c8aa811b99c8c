"""A chain as it is read: one of accounts, or one of unspent outputs."""

from __future__ import annotations

from typing import TypeAlias

from jindo.ledger.account_chain import AccountChain
from jindo.ledger.runs import NARROW_BITS, NOBODY, Amounts, Blocks, Ints, Texts
from jindo.ledger.text_views import JoinedTexts
from jindo.ledger.utxo_chain import UtxoChain

Chain: TypeAlias = AccountChain | UtxoChain

__all__ = [
    "AccountChain",
    "UtxoChain",
    "Chain",
    "JoinedTexts",
    "NARROW_BITS",
    "NOBODY",
    "Amounts",
    "Blocks",
    "Ints",
    "Texts",
]
