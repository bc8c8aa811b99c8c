"""Rows in memory become chains, and come back."""

import pytest

from jindo.base.errors import InputError
from jindo.base.ids import BITCOIN, ETHEREUM, Account, AssetId, TxId
from jindo.ledger import (
    NOBODY,
    Kind,
    Transfer,
    UtxoInput,
    UtxoOutput,
    UtxoTransaction,
    build_account_chain,
    build_utxo_chain,
    read_transactions,
    read_transfers,
)

COIN = AssetId("coin")


def move(block: int, sender: str | None, receiver: str | None, amount: int = 1, **more: object) -> Transfer:
    return Transfer(
        block=block,
        tx_hash=TxId(str(more.pop("tx", f"tx{block}"))),
        sender=None if sender is None else Account(sender),
        receiver=None if receiver is None else Account(receiver),
        amount=amount,
        asset=COIN,
        **more,  # type: ignore[arg-type]
    )


def spend(
    block: int, name: str, *inputs: UtxoInput, out: tuple[int, ...] = (), at: int = 0
) -> UtxoTransaction:
    outputs = tuple(UtxoOutput(value, Account(f"{name}-{i}")) for i, value in enumerate(out))
    return UtxoTransaction(block, TxId(name), at, inputs, outputs, coinbase=not inputs)


def of(name: str, index: int = 0, value: int | None = None) -> UtxoInput:
    return UtxoInput(TxId(name), index, value)


def test_build_account_chain_sorts_gas_then_native_then_logs() -> None:
    rows = [
        move(1, "a", "b", 1, tx="t", kind=Kind.TOKEN, tx_index=0, position=0),
        move(1, "a", "b", 2, tx="t", kind=Kind.NATIVE, tx_index=0, position=1),
        move(1, "a", "b", 3, tx="t", kind=Kind.NATIVE, tx_index=0, position=0),
        move(1, "a", None, 4, tx="t", kind=Kind.GAS, tx_index=0),
        move(0, "a", "b", 5, tx="s", tx_index=7),
    ]
    assert build_account_chain(ETHEREUM, rows).amount.tolist() == [5, 4, 3, 2, 1]


def test_build_account_chain_keeps_the_order_of_rows_without_indices() -> None:
    rows = [move(1, "a", "b", n, tx=f"t{9 - n}") for n in range(9)]
    assert build_account_chain(ETHEREUM, rows).amount.tolist() == list(range(9))


def test_build_account_chain_lists_each_pots_events() -> None:
    chain = build_account_chain(ETHEREUM, [move(1, "a", "b"), move(2, "b", "a"), move(3, "a", "a", 0)])
    (pot,) = chain.find_pots("a")
    assert (chain.draws_of(pot).tolist(), chain.fills_of(pot).tolist()) == ([0, 2], [1, 2])
    assert chain.find_pots("nobody") == []


@pytest.mark.parametrize(("amount", "narrow"), [(2**61 - 1, True), (2**61, False), (2**256 - 1, False)])
def test_build_account_chain_is_narrow_while_a_pots_traffic_fits(amount: int, narrow: bool) -> None:
    chain = build_account_chain(ETHEREUM, [move(1, None, "a", amount), move(2, "a", "b", amount)])
    assert chain.narrow is narrow
    assert [int(value) for value in chain.amount] == [amount, amount]


def test_build_account_chain_runs_the_maximum_of_block_times() -> None:
    rows = [move(n, "a", "b", time=time) for n, time in enumerate([None, 50, 40, 60])]
    chain = build_account_chain(ETHEREUM, rows)
    assert chain.block_times.tolist() == [-1, 50, 50, 60]
    assert (chain.row_from(45), chain.row_after(50), chain.row_from(61)) == (1, 3, 4)


def test_build_account_chain_of_nothing_is_empty() -> None:
    chain = build_account_chain(ETHEREUM, [])
    assert (chain.event_count, chain.narrow, chain.row_from(0)) == (0, True, 0)


def test_build_account_chain_refuses_a_movement_of_nobody() -> None:
    with pytest.raises(InputError, match="neither"):
        build_account_chain(ETHEREUM, [move(1, None, None)])


def test_read_transfers_gives_back_what_was_built() -> None:
    rows = [
        move(1, None, "a", 2**200, kind=Kind.ISSUANCE, time=5, memo="=:BTC.BTC:x"),
        move(2, "a", None, 7, kind=Kind.GAS, tx_index=3, position=None),
    ]
    assert read_transfers(build_account_chain(ETHEREUM, rows), range(2)) == rows


def test_build_utxo_chain_links_outputs_to_spenders() -> None:
    chain = build_utxo_chain(BITCOIN, [spend(2, "b", of("a"), out=(30, 15)), spend(1, "a", out=(50,))])
    assert chain.in_output.tolist() == [0]
    assert chain.out_spender.tolist() == [1, NOBODY, NOBODY]
    assert [chain.output_tx(o) for o in range(3)] == [0, 1, 1]
    assert chain.coinbase.tolist() == [1, 0]


def test_build_utxo_chain_gives_an_unstated_input_what_is_missing() -> None:
    row = spend(1, "b", of("x", 0, 4), of("y"), of("z"), out=(10,))
    chain = build_utxo_chain(BITCOIN, [row])
    assert [int(value) for value in chain.in_amount] == [4, 6, 0]
    assert chain.in_known.tolist() == [0, 0, 0]


def test_build_utxo_chain_never_makes_an_input_negative() -> None:
    chain = build_utxo_chain(BITCOIN, [spend(1, "b", of("x", 0, 40), of("y"), out=(10,))])
    assert [int(value) for value in chain.in_amount] == [40, 0]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([spend(1, "a", out=(5,)), spend(2, "b", of("a"), of("a"), out=(1,))], "spent twice"),
        ([spend(2, "a", out=(5,)), spend(1, "b", of("a"), out=(1,))], "before it is made"),
        ([spend(1, "a", out=(5,)), spend(2, "b", of("a"), out=(6,))], "worth 1 less"),
        ([spend(1, "b", of("x", 0, 5), out=(6,))], "worth 1 less"),
        ([spend(1, "a", out=(5,)), spend(2, "b", of("a", 1), out=(1,))], "none such"),
        ([spend(1, "a", out=(5,)), spend(2, "b", of("a", 0, 6), out=(1,))], "stated as 6"),
        ([spend(1, "a", out=(5,)), spend(2, "a", out=(5,))], "there twice"),
    ],
)
def test_build_utxo_chain_refuses_what_cannot_be(rows: list[UtxoTransaction], says: str) -> None:
    with pytest.raises(InputError, match=says):
        build_utxo_chain(BITCOIN, rows)


def test_read_transactions_of_an_extract_keep_value_and_knowledge() -> None:
    whole = build_utxo_chain(BITCOIN, [spend(1, "a", out=(50,)), spend(2, "b", of("a"), out=(50,))])
    part = build_utxo_chain(BITCOIN, read_transactions(whole, [1]))
    assert ([int(v) for v in part.in_amount], part.in_known.tolist(), part.in_output.tolist()) == (
        [50],
        [1],
        [NOBODY],
    )
    assert part.accounts[int(part.in_account[0])] == "a-0"


def test_build_utxo_chain_tells_scripts_without_address_apart() -> None:
    outputs = (UtxoOutput(1, None, "6a00"), UtxoOutput(1, None, "6a01"), UtxoOutput(1, None, "6a00"))
    chain = build_utxo_chain(BITCOIN, [UtxoTransaction(1, TxId("a"), 0, (), outputs, coinbase=True)])
    first, second, third = chain.out_account.tolist()
    assert first == third != second
    assert chain.accounts[first].startswith("script:")
