"""The fingerprint tells apart whatever differs, also texts made to look like two fields."""

from jindo.base.ids import BITCOIN, ETHEREUM, Account, AssetId, TxId
from jindo.ledger import (
    Transfer,
    UtxoInput,
    UtxoOutput,
    UtxoTransaction,
    build_account_chain,
    build_utxo_chain,
    compute_fingerprint,
)


def coins(*outputs: tuple[int, str]) -> str:
    made = tuple(UtxoOutput(value, Account(name)) for value, name in outputs)
    return compute_fingerprint(
        build_utxo_chain(BITCOIN, [UtxoTransaction(1, TxId("t"), 0, (), made, coinbase=True)])
    )


def spent(*inputs: UtxoInput) -> str:
    return compute_fingerprint(build_utxo_chain(BITCOIN, [UtxoTransaction(1, TxId("t"), 0, inputs, ())]))


def moved(tx: str, sender: str, receiver: str, asset: str) -> str:
    row = Transfer(1, TxId(tx), Account(sender), Account(receiver), 1, AssetId(asset), time=5)
    return compute_fingerprint(build_account_chain(ETHEREUM, [row]))


def test_an_address_cannot_pass_for_a_second_output() -> None:
    assert coins((1, "a"), (5, "b")) != coins((1, "a;5@b"))
    assert coins((1, "a\\;5@b")) != coins((1, "a;5@b"))


def test_an_address_cannot_pass_for_a_second_input() -> None:
    one = UtxoInput(TxId("p"), 0, 7, Account("a"))
    other = UtxoInput(TxId("q"), 1, 8, Account("b"))
    assert spent(one, other) != spent(UtxoInput(TxId("p"), 0, 7, Account("a;q:1=8@b")))
    assert spent(UtxoInput(TxId("p:1"), 2)) != spent(UtxoInput(TxId("p"), 1, 2))


def test_a_text_cannot_pass_for_two_fields_of_a_movement() -> None:
    texts = ["a", "a\tb", "a\\tb", "b", "a\nb", "a\\nb", "a\\\tb", "b\tx"]
    found = [moved("t", sender, "r", "x") for sender in texts]
    found += [moved("t", "s", receiver, "x") for receiver in texts]
    found += [moved("t", "s", "r", asset) for asset in texts]
    found += [moved(tx, "s", "r", "x") for tx in texts]
    assert len(set(found)) == len(found)
    assert moved("t", "a\tb", "c", "x") != moved("t\ta", "b", "c", "x")
