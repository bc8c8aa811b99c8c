import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jindo.base.ids import BURN_ADDRESSES
from jindo.ledger import RANK, Kind, Transfer, UtxoTransaction
from jindo.sim import powerlaw_columns, random_account_rows, random_utxo_rows

SEEDS = st.integers(0, 2**32)
AMOUNTS = st.sampled_from([1, 10, 1_000, 2**63, 2**256 - 1])


def account_key(row: Transfer) -> tuple[int, int, int, int]:
    return row.block, row.tx_index or 0, RANK[row.kind], row.position or 0


@given(SEEDS, AMOUNTS, st.integers(1, 9), st.integers(1, 4))
def test_random_account_rows_stand_in_ledger_order(seed: int, most: int, accounts: int, assets: int) -> None:
    rows = random_account_rows(random.Random(seed), accounts=accounts, assets=assets, max_amount=most)
    assert 40 <= len(rows) <= 45
    keys = [account_key(row) for row in rows]
    assert keys == sorted(keys)
    assert all(0 <= row.amount <= most for row in rows)
    assert all((row.kind is Kind.GAS) == (row.receiver is None) for row in rows)
    assert all((row.kind is Kind.ISSUANCE) == (row.sender is None) for row in rows)


@given(SEEDS, AMOUNTS)
def test_random_utxo_rows_are_valid(seed: int, most: int) -> None:
    made: dict[tuple[str, int], int] = {}
    spent: set[tuple[str, int]] = set()
    order = []
    for tx in random_utxo_rows(random.Random(seed), max_amount=most):
        order.append((tx.block, tx.tx_index))
        for coin in tx.inputs:
            key = (str(coin.prev_hash), coin.prev_index)
            assert key not in spent
            assert coin.value == made.get(key, coin.value)
            spent.add(key)
        check_values(tx)
        made.update({(str(tx.tx_hash), i): output.value for i, output in enumerate(tx.outputs)})
    assert order == sorted(set(order))


def check_values(tx: UtxoTransaction) -> None:
    unstated = [coin for coin in tx.inputs if coin.value is None]
    paid = sum(output.value for output in tx.outputs)
    stated = sum(coin.value or 0 for coin in tx.inputs)
    assert len(unstated) <= 1
    assert tx.coinbase == (not tx.inputs)
    assert not tx.coinbase or tx.tx_index == 0
    assert (stated < paid) if unstated or tx.coinbase else (stated >= paid)


def test_random_rows_hold_every_oddity() -> None:
    rows = [row for seed in range(30) for row in random_account_rows(random.Random(seed))]
    assert any(row.sender == row.receiver for row in rows)
    assert any(row.amount == 0 for row in rows)
    assert any(row.receiver in BURN_ADDRESSES for row in rows)
    assert {row.kind for row in rows} == {Kind.NATIVE, Kind.TOKEN, Kind.GAS, Kind.ISSUANCE}
    coins = [tx for seed in range(30) for tx in random_utxo_rows(random.Random(seed))]
    inputs = [coin for tx in coins for coin in tx.inputs]
    assert any(tx.coinbase for tx in coins)
    assert any(coin.value is None for coin in inputs)
    assert any(output.address is None for tx in coins for output in tx.outputs)
    assert any(len(tx.inputs) > 1 and len(tx.outputs) > 1 for tx in coins)


@given(SEEDS)
def test_random_rows_same_state_same_rows(seed: int) -> None:
    assert random_account_rows(random.Random(seed)) == random_account_rows(random.Random(seed))
    assert random_utxo_rows(random.Random(seed)) == random_utxo_rows(random.Random(seed))


@pytest.mark.parametrize("n_accounts", [2, 1_000])
def test_powerlaw_columns_are_heavy_tailed_without_self_transfers(n_accounts: int) -> None:
    block, src, dst, amount = powerlaw_columns(50_000, n_accounts, 1)
    assert all(column.dtype == np.int64 and len(column) == 50_000 for column in (block, src, dst, amount))
    assert not (src == dst).any()
    assert min(src.min(), dst.min()) == 0
    assert max(src.max(), dst.max()) < n_accounts
    assert (np.diff(block) >= 0).all()
    assert 1_000 <= amount.min() <= amount.max() <= 10**9
    degrees = np.sort(np.bincount(src, minlength=n_accounts))[::-1]
    assert degrees[: max(1, n_accounts // 100)].sum() > 0.15 * len(src)
