"""A trace through a cluster ledger finds what a trace through a ledger finds: random chains, every sort of naming."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.engines.spark_cases import (
    Asked,
    Pair,
    find_locally,
    find_on_cluster,
    make_account_pair,
    make_utxo_pair,
)

from jindo.base.errors import InputError
from jindo.ledger import AccountChain, Chain, UtxoChain, open_ledger
from jindo.trace import Named, NamedAccount, NamedTransfer

pytestmark = pytest.mark.engine("spark")


def the_chain(pair: Pair) -> Chain:
    """The chain of the ledger on this machine."""
    ledger = open_ledger(pair.ledger)
    return ledger.chain(ledger.chain_ids()[0])


def draw(rng: random.Random, chain: Chain) -> Asked:
    """A question of several thefts: transactions, single movements and accounts, with services and an end."""
    named: list[Named] = []
    for number in range(rng.randrange(1, 4)):
        theft = f"theft {rng.randrange(3)}"
        if rng.randrange(3):
            index = draw_index(rng, chain, tx := rng.randrange(len(chain.tx_hashes)))
            named.append(NamedTransfer(theft, chain.tx_hashes[tx], index, f"s.csv:{number}"))
        else:
            address = chain.accounts[rng.randrange(len(chain.accounts))]
            since = (
                None if rng.randrange(2) else int(chain.time_at(chain.heights()[len(chain.heights()) // 3]))
            )
            named.append(NamedAccount(theft, address, since, f"s.csv:{number}"))
    services = rng.sample([*chain.accounts], rng.randrange(3))
    until = int(chain.time_at(chain.heights()[2 * len(chain.heights()) // 3])) if rng.randrange(2) else None
    return Asked(
        tuple(named), tuple(services), until, rng.choice((None, None, 2)), rng.choice(("fifo", "haircut"))
    )


def draw_index(rng: random.Random, chain: Chain, tx: int) -> int | None:
    """The index of one movement or output of a transaction, or none."""
    if rng.randrange(2):
        return None
    if isinstance(chain, UtxoChain):
        return rng.randrange(len(chain.outputs_of(tx)))
    assert isinstance(chain, AccountChain)
    return int(chain.position[int(rng.choice(chain.events_of(tx).tolist()))])


def answer(find: Callable[[Pair, Asked], tuple[str, list[str]]], pair: Pair, asked: Asked) -> Any:
    """What is found, or the words of the refusal."""
    try:
        return find(pair, asked)
    except InputError as error:
        return str(error)


def assert_same(pair: Pair, asked: Asked) -> bool:
    """Both find the same, or refuse with the same words; whether anything was found."""
    expected = answer(find_locally, pair, asked)
    assert answer(find_on_cluster, pair, asked) == expected
    return not isinstance(expected, str)


@pytest.mark.parametrize("seed", range(3))
def test_account_chains_give_the_same_findings(tmp_path: Path, sail_url: str, seed: int) -> None:
    pair = make_account_pair(tmp_path, sail_url, seed, parts=4)
    assert pair.built.fingerprint == pair.local.fingerprint
    rng = random.Random(seed)
    chain = the_chain(pair)
    assert sum(assert_same(pair, draw(rng, chain)) for _ in range(6)) >= 3


@pytest.mark.parametrize("seed", range(3))
def test_utxo_chains_give_the_same_findings(tmp_path: Path, sail_url: str, seed: int) -> None:
    pair = make_utxo_pair(tmp_path, sail_url, seed, parts=4)
    assert pair.built.fingerprint == pair.local.fingerprint
    rng = random.Random(seed)
    chain = the_chain(pair)
    assert sum(assert_same(pair, draw(rng, chain)) for _ in range(6)) >= 3
