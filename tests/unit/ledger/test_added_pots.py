"""Pots that no movement names: past the chain's own, found by their account, and nothing else changes."""

from __future__ import annotations

import numpy as np

from jindo.base.ids import ETHEREUM, Account, AssetId, TxId
from jindo.ledger import Transfer, add_pots, build_account_chain

ANN, BOB = Account("0x" + "a" * 40), Account("0x" + "b" * 40)
COIN, TOKEN = AssetId("eip155:1/slip44:60"), AssetId("eip155:1/erc20:0x" + "c" * 40)


def test_add_pots_puts_new_ones_past_the_chains_own() -> None:
    chain = build_account_chain(ETHEREUM, [Transfer(0, TxId("t"), ANN, BOB, 5, COIN)], decimals={COIN: 18})
    grown = add_pots(chain, [(1, TOKEN), (0, TOKEN)])
    assert (chain.pot_count, grown.pot_count) == (2, 4)
    assert (grown.assets, grown.decimals) == ((COIN, TOKEN), (18, None))
    assert [grown.pots_of(account).tolist() for account in (0, 1)] == [[0, 3], [1, 2]]
    assert [grown.assets[int(grown.pot_asset[pot])] for pot in range(4)] == [COIN, COIN, TOKEN, TOKEN]
    assert grown.find_pots(BOB) == [1, 2]
    assert np.array_equal(grown.src[0:1], chain.src[0:1])
    assert chain.pots_of(0).tolist() == [0]


def test_add_pots_of_nothing_is_the_chain_itself() -> None:
    chain = build_account_chain(ETHEREUM, [])
    assert add_pots(chain, []) is chain
