"""The definition of a swap, without columns: what the compiled pass must find."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from jindo.base.ids import BURN_ADDRESSES, ZERO_ADDRESS, Account, native_asset, token_asset
from jindo.ledger import AccountChain, Kind


class PlainSwap(NamedTuple):
    """One swap, by names."""

    tx: int
    account: str
    gave: str
    given: int
    got: str
    gotten: int
    legs: tuple[int, ...]
    is_wrap: bool


class _Entry(NamedTuple):
    account: str
    asset: str
    units: int
    event: int
    says: bool
    """Whether it is a log of tokens between the account and nobody, or their own contract."""


def find_plain_swaps(
    chain: AccountChain, *, end: int, named: Collection[int], wrappers: Sequence[Account]
) -> tuple[list[PlainSwap], list[int]]:
    """Every swap and wrap before `end`, and the transactions that are unclear."""
    by_tx: dict[int, list[int]] = {}
    for event in range(end):
        by_tx.setdefault(int(chain.tx[event]), []).append(event)
    left_out = {int(chain.tx[event]) for event in named}
    swaps, unclear = [], []
    for tx, events in by_tx.items():
        if tx not in left_out:
            found, is_unclear = _look(chain, tx, events, wrappers)
            swaps += found
            unclear += [tx] if is_unclear else []
    return swaps, unclear


def _look(
    chain: AccountChain, tx: int, events: list[int], wrappers: Sequence[Account]
) -> tuple[list[PlainSwap], bool]:
    entries = [entry for event in events for entry in _entries(chain, event)]
    implied = [
        entry
        for event in events
        for entry in _implied(chain, event, wrappers)
        if not any(
            said.says
            and (said.account, said.asset) == (entry.account, entry.asset)
            and said.units * entry.units > 0
            for said in entries
        )
    ]
    payers = [_account(chain, int(chain.src[event])) for event in events if chain.kind[event] == Kind.GAS]
    payer = payers[-1] if payers else None
    every = entries + implied
    net: dict[str, dict[str, int]] = {}
    for entry in every:
        of_account = net.setdefault(entry.account, {})
        of_account[entry.asset] = of_account.get(entry.asset, 0) + entry.units
    barred = {*BURN_ADDRESSES, *wrappers}
    fell = {a: [x for x, units in of.items() if units < 0] for a, of in net.items() if a not in barred}
    rose = {a: [x for x, units in of.items() if units > 0] for a, of in net.items() if a not in barred}
    swapping = [a for a in fell if len(fell[a]) == 1 == len(rose[a])]
    if payer in swapping:
        swapping = [payer]
    found = []
    for account in net:
        if account in swapping:
            (gave,), (got,) = fell[account], rose[account]
            legs = sorted({entry.event for entry in every if entry.account == account})
            given, gotten = -net[account][gave], net[account][got]
            wrapped = {entry.event for entry in implied if entry.account == account}
            found.append(
                PlainSwap(tx, account, gave, given, got, gotten, tuple(legs), is_wrap=wrapped == set(legs))
            )
        else:
            found += [_wrap(chain, tx, entry) for entry in implied if entry.account == account]
    vague = {a for a in fell if fell[a] and rose[a] and not len(fell[a]) == 1 == len(rose[a])}
    asked = vague if payer is None else vague & {payer}
    return found, bool(asked) and not swapping


def _wrap(chain: AccountChain, tx: int, entry: _Entry) -> PlainSwap:
    coin, units = native_asset(chain.chain), abs(entry.units)
    gave, got = (coin, entry.asset) if entry.units > 0 else (entry.asset, coin)
    return PlainSwap(tx, entry.account, gave, units, got, units, (entry.event,), is_wrap=True)


def _entries(chain: AccountChain, event: int) -> Iterator[_Entry]:
    src, dst, units = int(chain.src[event]), int(chain.dst[event]), int(chain.amount[event])
    if chain.kind[event] == Kind.GAS or not units or src == dst:
        return
    asset = chain.assets[int(chain.pot_asset[src if src >= 0 else dst])]
    contract = asset.rpartition(":")[2]
    giver, taker = _account(chain, src), _account(chain, dst)
    nobody = (None, ZERO_ADDRESS, contract)
    if giver is not None:
        yield _Entry(giver, asset, -units, event, taker in nobody)
    if taker is not None:
        yield _Entry(taker, asset, units, event, giver in nobody)


def _implied(chain: AccountChain, event: int, wrappers: Sequence[Account]) -> Iterator[_Entry]:
    entries = list(_entries(chain, event))
    if len(entries) == 2 and entries[0].asset == native_asset(chain.chain):
        for contract in wrappers:
            token = token_asset(chain.chain, contract)
            giver, taker = (entry.account for entry in entries)
            if taker == contract != giver:
                yield _Entry(giver, token, entries[1].units, event, says=False)
            if giver == contract != taker:
                yield _Entry(taker, token, entries[0].units, event, says=False)


def _account(chain: AccountChain, pot: int) -> str | None:
    return chain.accounts[int(chain.pot_account[pot])] if pot >= 0 else None
