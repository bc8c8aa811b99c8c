"""A proof from a Merkle branch: what is taken, and the trees in which something else than a transaction hangs."""

from __future__ import annotations

import pytest
from tests.unit.ledger.bitcoin.mining import (
    GENESIS,
    REGTEST,
    MadeTx,
    make_block,
    make_coinbase,
    make_other,
    make_tx,
    pay_to,
    sha256d,
)

from jindo.base.errors import InputError
from jindo.ledger import TransactionProof, check_depth, check_proof
from jindo.ledger.bitcoin.merkle import build_branch, build_levels
from jindo.ledger.bitcoin.proof import MOST_LEVELS


def prove(block: bytes, transactions: list[MadeTx], index: int) -> TransactionProof:
    branch = build_branch(build_levels([tx.txid for tx in transactions]), index)
    return TransactionProof(REGTEST, 1, index, block[:80], branch, transactions[index].raw)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8])
def test_every_transaction_of_a_block_is_as_deep_as_its_coinbase(count: int) -> None:
    transactions = [make_coinbase(1, 1), *(make_other(who) for who in range(2, count + 1))]
    block = make_block(GENESIS, transactions)
    coinbase = prove(block, transactions, 0)
    for index in range(count):
        proof = prove(block, transactions, index)
        assert check_proof(proof)[0].txid == transactions[index].txid
        check_depth(proof, len(coinbase.branch))
        with pytest.raises(InputError, match="no transaction of the block"):
            check_depth(proof, len(coinbase.branch) + 1)


def test_a_payment_below_a_transaction_of_64_bytes_is_told_by_its_depth() -> None:
    """CVE-2017-12842: a real transaction of 64 bytes ends in the id of a payment that no block holds.

    The 64 bytes are chosen here, where an attacker would have to search for some that are a transaction too.
    """
    invented = make_tx([(b"\1" * 32, 0)], [(1_000_000, pay_to(7))])
    twin = make_64_bytes(invented.txid)
    real = [make_coinbase(1, 1), twin]
    block = make_block(GENESIS, real)
    coinbase = prove(block, real, 0)
    forged = TransactionProof(REGTEST, 1, 3, block[:80], (twin.raw[:32], real[0].txid), invented.raw)
    check_proof(forged)  # by itself it seems to hold
    with pytest.raises(InputError, match="the branch has 2 steps, and the block's tree is 1 deep"):
        check_depth(forged, len(coinbase.branch))


def make_64_bytes(end: bytes) -> MadeTx:
    """Bytes whose second half is another transaction's id; whether they are a transaction, a tree does not ask."""
    raw = make_tx([(b"\7" * 32, 0)], [(1, b"\x51\x51\x51\x51")]).raw[:32] + end
    assert len(raw) == 64
    return MadeTx(raw, raw)


def test_no_branch_is_longer_than_a_block_is_deep() -> None:
    payment = make_other(2)
    branch = (bytes(32),) * (MOST_LEVELS + 1)
    root = payment.txid
    for beside in branch:
        root = sha256d(root + beside)
    for steps, problem in ((branch, "more than any block's tree is deep"), (branch[:-1], "does not lead")):
        header = make_block(GENESIS, [payment], root=root)[:80]
        with pytest.raises(InputError, match=problem):
            check_proof(TransactionProof(REGTEST, 1, 0, header, steps, payment.raw))
