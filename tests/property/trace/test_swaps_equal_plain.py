"""The compiled pass finds what the plain definition finds: any width, any order, any cut into runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.property.trace.many_runs import split_account_chain
from tests.property.trace.strategies import amounts, cuts
from tests.unit.trace.plain_swaps import PlainSwap, find_plain_swaps

from jindo.base.ids import ETHEREUM, ZERO_ADDRESS, Account, TxId, native_asset, token_asset
from jindo.ledger import AccountChain, Kind, Transfer, build_account_chain
from jindo.trace.crossings.swaps import Swaps, find_swaps

WETH = Account("0x" + "e" * 40)
OTHER = Account("0x" + "d" * 40)
PEOPLE = [Account(f"0x{i:040x}") for i in range(1, 5)]
PARTIES = [*PEOPLE, *PEOPLE, WETH, OTHER, ZERO_ADDRESS]
ASSETS = [
    *(
        native_asset(ETHEREUM),
        native_asset(ETHEREUM),
        token_asset(ETHEREUM, WETH),
        token_asset(ETHEREUM, OTHER),
    ),
    *(token_asset(ETHEREUM, "0x" + "a" * 40), token_asset(ETHEREUM, "0x" + "b" * 40)),
]


@dataclass(frozen=True)
class Trades:
    """A chain of transactions that trade, whole and in runs."""

    whole: AccountChain
    split: AccountChain
    end: int
    named: set[int]
    wrappers: Sequence[Account]


@st.composite
def trades(draw: st.DrawFn) -> Trades:
    size = draw(st.sampled_from([st.integers(0, 3), amounts()]))
    indexed = draw(st.booleans())
    rows: list[Transfer] = []
    for tx in range(draw(st.integers(1, 6))):
        rows += draw(_transaction(tx, size, indexed=indexed))
    chain = build_account_chain(ETHEREUM, rows)
    split = split_account_chain(chain, draw(cuts(6))) if indexed else chain
    events = st.integers(0, chain.event_count - 1)
    return Trades(
        chain,
        split,
        draw(st.one_of(st.just(chain.event_count), events)),
        draw(st.sets(events, max_size=1)),
        draw(st.sampled_from([[], [WETH], [WETH, OTHER]])),
    )


@st.composite
def _transaction(draw: st.DrawFn, tx: int, size: st.SearchStrategy[int], *, indexed: bool) -> list[Transfer]:
    block = tx if indexed else tx // 2
    rows: list[Transfer] = []

    def add(sender: Account | None, receiver: Account | None, asset: Any, kind: Kind) -> None:
        place = len(rows)
        index = 0 if indexed else None
        rows.append(
            Transfer(
                *(block, TxId(f"0x{tx:064x}"), sender, receiver, draw(size), asset, kind, 1000 + block),
                tx_index=index,
                position=place,
            )
        )

    if draw(st.booleans()):
        add(draw(st.sampled_from(PEOPLE)), None, ASSETS[0], Kind.GAS)
    for _ in range(draw(st.integers(1, 14 if draw(st.integers(0, 4)) == 0 else 5))):
        asset = draw(st.sampled_from(ASSETS))
        sender = draw(st.sampled_from([*PARTIES, None]))
        receiver = draw(st.sampled_from(PARTIES if sender is None else [*PARTIES, None]))
        add(sender, receiver, asset, Kind.NATIVE if asset == ASSETS[0] else Kind.TOKEN)
    return rows


def to_plain(chain: AccountChain, swaps: Swaps) -> list[PlainSwap]:
    """What was found, by names."""
    grown = swaps.extend(chain)
    return [
        PlainSwap(
            int(swaps.tx[i]),
            grown.accounts[int(swaps.account[i])],
            grown.assets[int(grown.pot_asset[crossing.source.pot])],
            crossing.source.units,
            grown.assets[int(grown.pot_asset[crossing.arrivals[0].pot])],
            crossing.arrivals[0].units,
            crossing.dropped,
            is_wrap=crossing.kind == "wrap",
        )
        for i, crossing in enumerate(swaps)
    ]


@given(trades())
def test_the_pass_finds_what_the_definition_finds(case: Trades) -> None:
    plain, unclear = find_plain_swaps(case.whole, end=case.end, named=case.named, wrappers=case.wrappers)
    for chain in (case.whole, case.split):
        found = find_swaps(chain, end=case.end, named=case.named, wrappers=case.wrappers)
        assert sorted(to_plain(chain, found)) == sorted(plain)
        assert sorted(found.unclear.tolist()) == sorted(unclear)


@given(trades())
def test_a_swap_is_of_its_own_account_and_leaves_no_pot_without_an_owner(case: Trades) -> None:
    found = find_swaps(case.split, end=case.end, wrappers=case.wrappers)
    grown = found.extend(case.split)
    for i, crossing in enumerate(found):
        pots = (crossing.source.pot, crossing.arrivals[0].pot)
        assert {int(grown.pot_account[pot]) for pot in pots} == {int(found.account[i])}
        assert pots[0] != pots[1]
        assert crossing.source.units > 0 < crossing.arrivals[0].units
        assert crossing.source.row == crossing.dropped[-1] < case.end
    assert grown.pot_count == case.split.pot_count + len(found.extra)
    for account, asset in found.extra:
        (pot,) = [
            p for p in grown.pots_of(account).tolist() if grown.assets[int(grown.pot_asset[p])] == asset
        ]
        assert pot >= case.split.pot_count
