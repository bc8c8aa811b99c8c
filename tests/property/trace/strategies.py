"""Small hostile chains for hypothesis: cycles, self-transfers, zeros, shortfalls, amounts up to 2^256-1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from tests.property.trace.many_runs import split_account_chain, split_utxo_chain

from jindo.base.amounts import MAX_AMOUNT
from jindo.base.errors import InputError
from jindo.base.ids import BITCOIN, ETHEREUM, UNNAMED_ASSET, Account, AssetId, TxId
from jindo.ledger import (
    Kind,
    Transfer,
    UtxoChain,
    UtxoInput,
    UtxoOutput,
    UtxoTransaction,
    build_account_chain,
    build_utxo_chain,
)
from jindo.trace import AccountSeeds, NamedAccount, NamedTransfer, Resolution, Stop, Stops, resolve
from jindo.trace.boundary import build_stops
from jindo.trace.kernel_units import LIMB_BITS

ACCOUNTS = [Account(f"0x{i:040x}") for i in range(1, 8)]
THEFTS = ("first", "second", "third")


@dataclass(frozen=True)
class Labels:
    """Labels for a trace under test."""

    found: dict[str, Stop]

    def stops(self) -> dict[str, Stop]:
        """Stops by address."""
        return self.found


@dataclass(frozen=True)
class Case:
    """A chain, what is stolen on it, and where following stops."""

    chain: Any
    seeds: Any
    stops: Stops
    end: int
    max_hops: int | None
    opening: dict[int, int]
    split: Any
    """The same chain in up to 13 runs."""


def amounts() -> st.SearchStrategy[int]:
    """Small amounts, where rounding shows, and the largest that a chain can state."""
    return st.one_of(
        st.integers(0, 12),
        st.integers(0, 2**40),
        st.integers(2**61, 2**66),
        st.integers(MAX_AMOUNT - 9, MAX_AMOUNT),
    )


def limbs() -> st.SearchStrategy[int]:
    """Amounts that two limbs hold, up to the largest."""
    return st.one_of(
        st.integers(0, 12), st.integers(2**61, 2**66), st.integers(2**LIMB_BITS - 9, 2**LIMB_BITS - 1)
    )


def cuts(blocks: int) -> st.SearchStrategy[set[int]]:
    """Heights at which a chain of so many blocks is cut into runs."""
    return st.sets(st.integers(0, blocks), max_size=12)


@st.composite
def labels(draw: st.DrawFn, addresses: list[Account]) -> Labels:
    """Up to two services among the accounts."""
    chosen = draw(st.lists(st.sampled_from(addresses), max_size=2, unique=True))
    return Labels({address: Stop("service", f"service {i}", "exchange") for i, address in enumerate(chosen)})


@st.composite
def account_cases(draw: st.DrawFn) -> Case:
    """An account chain of up to 40 movements, with one to three thefts."""
    size = draw(st.sampled_from([st.integers(0, 12), limbs(), amounts()]))
    assets = [UNNAMED_ASSET, AssetId("eip155:1/erc20:0x" + "a" * 40)]
    rows = []
    for i in range(draw(st.integers(1, 40))):
        sender = draw(st.sampled_from([*ACCOUNTS, *ACCOUNTS, None]))
        receiver = (
            draw(st.sampled_from([*ACCOUNTS, *ACCOUNTS, None])) if sender else draw(st.sampled_from(ACCOUNTS))
        )
        kind = Kind.GAS if receiver is None else Kind.TRANSFER
        block = draw(st.integers(max(0, i - 1), i))  # one transaction a block
        rows.append(
            Transfer(
                block,
                TxId(f"0x{block:064x}"),
                sender,
                receiver,
                draw(size),
                draw(st.sampled_from(assets)),
                kind,
                1000 + block,
                position=i,
            )
        )
    chain = build_account_chain(ETHEREUM, rows)
    named = draw(st.lists(_account_named(rows), min_size=1, max_size=5))
    seeds = _resolve(named, chain)
    opening = draw(st.dictionaries(st.integers(0, max(chain.pot_count - 1, 0)), amounts(), max_size=2))
    return Case(
        chain,
        seeds or AccountSeeds({}),
        build_stops(chain, draw(labels(ACCOUNTS))),
        draw(st.integers(max(0, len(rows) - 5), len(rows))),
        draw(st.sampled_from([None, None, 1, 2, 3])),
        opening,
        split_account_chain(chain, draw(cuts(40))),
    )


def _resolve(named: list[NamedTransfer | NamedAccount], chain: Any) -> Any:
    try:
        found: Resolution = resolve(named, [chain])
    except InputError:
        return None
    return next(iter(found.seeds.values()))


@st.composite
def _account_named(draw: st.DrawFn, rows: list[Transfer]) -> NamedTransfer | NamedAccount:
    theft = draw(st.sampled_from(THEFTS))
    if draw(st.booleans()):
        row = draw(st.sampled_from(rows))
        return NamedTransfer(theft, row.tx_hash, draw(st.sampled_from([None, row.position])))
    return NamedAccount(theft, draw(st.sampled_from(ACCOUNTS)), draw(st.sampled_from([None, 1005, 1020])))


@st.composite
def utxo_cases(draw: st.DrawFn) -> Case:
    """A UTXO chain of up to 20 transactions, with inputs from outside the ledger."""
    size = draw(st.sampled_from([st.integers(0, 12), amounts()]))
    unspent: list[tuple[TxId, int, int, Account]] = []
    rows: list[UtxoTransaction] = []
    for i in range(draw(st.integers(1, 20))):
        row = draw(_transaction(i, unspent, size))
        unspent += [
            (row.tx_hash, index, output.value, output.address)
            for index, output in enumerate(row.outputs)
            if output.address is not None
        ]
        rows.append(row)
    chain = build_utxo_chain(BITCOIN, rows)
    named = draw(st.lists(_utxo_named(rows), min_size=1, max_size=4))
    return Case(
        chain,
        _resolve(named, chain),
        build_stops(chain, draw(labels(ACCOUNTS))),
        draw(st.integers(max(0, len(rows) - 2), len(rows))),
        draw(st.sampled_from([None, None, 1, 2, 3])),
        {},
        split_utxo_chain(chain, rows, draw(cuts(20))),
    )


@st.composite
def _transaction(
    draw: st.DrawFn, i: int, unspent: list[tuple[TxId, int, int, Account]], size: st.SearchStrategy[int]
) -> UtxoTransaction:
    hash_, places = TxId(f"{i:064x}"), st.sampled_from(ACCOUNTS)
    if draw(st.integers(0, 4)) == 0 or (not unspent and draw(st.booleans())):
        outputs = tuple(UtxoOutput(draw(size), draw(places)) for _ in range(draw(st.integers(1, 3))))
        return UtxoTransaction(i, hash_, 0, (), outputs, coinbase=True, time=1000 + i)
    inputs, total = [], 0
    for _ in range(min(len(unspent), draw(st.integers(0, 4)))):
        prev, index, coin, _ = unspent.pop(draw(st.integers(0, len(unspent) - 1)))
        inputs.append(UtxoInput(prev, index))
        total += coin
    unstated = False
    if not inputs or draw(st.integers(0, 3)) == 0:
        stated = draw(st.one_of(st.none(), size))
        unstated, total = stated is None, total + (stated or 0)
        inputs.insert(
            draw(st.integers(0, len(inputs))), UtxoInput(TxId(f"{10**6 + i:064x}"), 0, stated, draw(places))
        )
    count = draw(st.integers(1, 5))
    cuts = sorted(draw(st.lists(st.integers(0, total), min_size=count, max_size=count)))
    values = [high - low for low, high in zip([0, *cuts], cuts, strict=False)]
    if unstated:
        values[-1] += draw(st.integers(0, 9))
    outputs = tuple(UtxoOutput(value, draw(places)) for value in values)
    return UtxoTransaction(i, hash_, 0, tuple(inputs), outputs, time=1000 + i)


@st.composite
def _utxo_named(draw: st.DrawFn, rows: list[UtxoTransaction]) -> NamedTransfer | NamedAccount:
    theft = draw(st.sampled_from(THEFTS))
    if draw(st.booleans()):
        row = draw(st.sampled_from(rows))
        return NamedTransfer(theft, row.tx_hash, draw(st.sampled_from([None, 0, len(row.outputs) - 1])))
    return NamedAccount(theft, draw(st.sampled_from(ACCOUNTS)), draw(st.sampled_from([None, 1005, 1010])))


def is_utxo(case: Case) -> bool:
    """Whether the case is on a UTXO chain."""
    return isinstance(case.chain, UtxoChain)
