"""Swaps inside one transaction: pools with routers, wrapping, staking, and what is not a clean swap.

* A clean swap has one asset out of the account and one in, however many pools, routers and fees are between.
* Wrapped ether is booked by its contract without a Transfer event, as WETH9 does; the loud one mints and burns.
* Not clean, and told as `unclear`: two assets in or out, a share in a pool. An exact amount bought, with what was too
  much returned, is told as `exact-out`; what is paid to another wallet of the same owner as `swap-to-other`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from jindo.base.ids import ZERO_ADDRESS, Account, AssetId
from jindo.sim.world import InternalCall, TokenMove
from jindo.sim.worlds.bridges_cast import BridgeCast, contract_of
from jindo.sim.worlds.ether_people import SWAP
from jindo.sim.worlds.scene import ETHER

SERVICE = "Pelican Swap"
_CALLDATA = "5ae401dc"


@dataclass(frozen=True, slots=True)
class Swapped:
    """What a swap gave."""

    asset: AssetId
    amount: int


def swap(
    cast: BridgeCast, time: int, account: Account, given: AssetId, amount: int, got: AssetId, *,
    to: Account | None = None, by_router: bool = False, cut: int = 0, less: int = 0,
) -> Swapped:  # fmt: skip
    """Plans a swap of an account, the proceeds to `to`; ether goes through wrapped ether.

    `cut` basis points of what is bought go to a collector, `less` say how much below the market it is.
    """
    t, house = cast.tokens, cast.house
    to = to or account
    inner_given = t.wrapped if given == ETHER else given
    inner_got = t.wrapped if got == ETHER else got
    path = _find_path(cast, inner_given, inner_got)
    amounts = [amount]
    for one, two in pairwise(path):
        amounts.append(
            cast.market.exchange(amounts[-1], one, two, time, less=30 if len(amounts) > 1 else 30 + less)
        )
    taken = amounts[-1] * cut // 10_000
    calls: list[InternalCall] = []
    moves: list[TokenMove] = []
    holder = cast.dex if given == ETHER or by_router else account
    if given == ETHER:
        calls.append(InternalCall(cast.dex, contract_of(t.wrapped), amount))
        moves.append(TokenMove(t.wrapped, ZERO_ADDRESS, cast.dex, amount, logged=False))
    elif by_router:
        moves.append(TokenMove(given, account, cast.dex, amount))
    end = cast.dex if got == ETHER or by_router or cut else to
    moves += _through_pools(cast, holder, end, path, amounts)
    if cut:
        moves.append(TokenMove(inner_got, cast.dex, cast.collector, taken))
    if got == ETHER:
        moves.append(TokenMove(t.wrapped, cast.dex, ZERO_ADDRESS, amounts[-1] - taken, logged=False))
        calls += [
            InternalCall(contract_of(t.wrapped), cast.dex, amounts[-1] - taken),
            InternalCall(cast.dex, to, amounts[-1] - taken),
        ]
    elif end == cast.dex:
        moves.append(TokenMove(got, cast.dex, to, amounts[-1] - taken))
    tx_hash, _ = house.send(
        time, account, cast.dex, amount if given == ETHER else 0, gas=SWAP, act="swap", calls=tuple(calls),
        tokens=tuple(moves), calldata=_CALLDATA, departs=True,
    )  # fmt: skip
    legs = cast.scene.ether_leg
    cast.record(
        "swap" if to == account else "swap-to-other", SERVICE, account,
        (legs(tx_hash, given, account, amount),), (legs(tx_hash, got, to, amounts[-1] - taken),),
    )  # fmt: skip
    return Swapped(got, amounts[-1] - taken)


def _find_path(cast: BridgeCast, given: AssetId, got: AssetId) -> list[AssetId]:
    if (given, got) in cast.pools:
        return [given, got]
    for between in (cast.tokens.wrapped, cast.tokens.dollar):
        if (given, between) in cast.pools and (between, got) in cast.pools:
            return [given, between, got]
    t = cast.tokens
    return [given, t.dollar, t.wrapped, got] if given == t.loud else [given, t.wrapped, t.dollar, got]


def _through_pools(
    cast: BridgeCast, holder: Account, end: Account, path: list[AssetId], amounts: list[int]
) -> list[TokenMove]:
    pools = [cast.pools[one, two] for one, two in pairwise(path)]
    stops = [holder, *pools, end]
    return [TokenMove(asset, stops[i], stops[i + 1], amounts[i]) for i, asset in enumerate(path)]


def wrap(cast: BridgeCast, time: int, account: Account, amount: int, *, loud: bool) -> Swapped:
    """Plans a wrapping of ether."""
    asset = cast.tokens.loud if loud else cast.tokens.wrapped
    move = TokenMove(asset, ZERO_ADDRESS, account, amount, logged=loud)
    return _one_to_one(cast, time, account, ("wrap", ETHER, asset), amount, (move,), ())


def unwrap(cast: BridgeCast, time: int, account: Account, amount: int, *, loud: bool) -> Swapped:
    """Plans an unwrapping."""
    asset = cast.tokens.loud if loud else cast.tokens.wrapped
    move = TokenMove(asset, account, ZERO_ADDRESS, amount, logged=loud)
    call = InternalCall(contract_of(asset), account, amount)
    return _one_to_one(cast, time, account, ("unwrap", asset, ETHER), amount, (move,), (call,))


def stake(cast: BridgeCast, time: int, account: Account, amount: int) -> Swapped:
    """Plans a staking of ether for the liquid token, one for one."""
    move = TokenMove(cast.tokens.staked, ZERO_ADDRESS, account, amount)
    return _one_to_one(cast, time, account, ("stake", ETHER, cast.tokens.staked), amount, (move,), ())


def unstake(cast: BridgeCast, time: int, account: Account, amount: int) -> Swapped:
    """Plans the burning of staked ether for ether at once, as from a buffer."""
    asset = cast.tokens.staked
    move = TokenMove(asset, account, ZERO_ADDRESS, amount)
    call = InternalCall(contract_of(asset), account, amount)
    return _one_to_one(cast, time, account, ("unstake", asset, ETHER), amount, (move,), (call,))


def _one_to_one(
    cast: BridgeCast, time: int, account: Account, change: tuple[str, AssetId, AssetId], amount: int,
    tokens: tuple[TokenMove, ...], calls: tuple[InternalCall, ...],
) -> Swapped:  # fmt: skip
    kind, given, got = change
    contract = contract_of(got if given == ETHER else given)
    tx_hash, _ = cast.house.send(
        time, account, contract, amount if given == ETHER else 0, gas=SWAP // 2, act=kind, tokens=tokens,
        calls=calls, calldata="d0e30db0", departs=True,
    )  # fmt: skip
    leg = cast.scene.ether_leg
    cast.record(
        kind,
        "Contract",
        account,
        (leg(tx_hash, given, account, amount),),
        (leg(tx_hash, got, account, amount),),
    )
    return Swapped(got, amount)


def buy_exact(cast: BridgeCast, time: int, account: Account, amount: int, got: AssetId) -> Swapped:
    """Plans the purchase of a round amount for at most `amount` of ether; what is too much comes back."""
    t = cast.tokens
    bought = cast.market.exchange(amount * 97 // 100, ETHER, got, time, less=30)
    bought -= bought % 10 ** (cast.market.decimals[got] - 2)
    used = amount * 97 // 100
    pool = cast.pools[t.wrapped, got]
    moves = (
        TokenMove(t.wrapped, ZERO_ADDRESS, cast.dex, used, logged=False),
        TokenMove(t.wrapped, cast.dex, pool, used),
        TokenMove(got, pool, account, bought),
    )
    calls = (
        InternalCall(cast.dex, contract_of(t.wrapped), used),
        InternalCall(cast.dex, account, amount - used),
    )
    tx_hash, _ = cast.house.send(
        time, account, cast.dex, amount, gas=SWAP, act="exact-out", calls=calls, tokens=moves, departs=True,
        calldata=_CALLDATA,
    )  # fmt: skip
    leg = cast.scene.ether_leg
    arrivals = (leg(tx_hash, got, account, bought), leg(tx_hash, ETHER, account, amount - used))
    cast.record("exact-out", SERVICE, account, (leg(tx_hash, ETHER, account, amount),), arrivals)
    return Swapped(got, bought)


def join_pool(cast: BridgeCast, time: int, account: Account, ether: int, dollars: int) -> Swapped:
    """Plans the payment of two assets for a share in a pool."""
    t, share = cast.tokens, cast.tokens.share
    pool = cast.pools[t.wrapped, t.dollar]
    moves = (
        TokenMove(t.wrapped, ZERO_ADDRESS, cast.dex, ether, logged=False),
        TokenMove(t.wrapped, cast.dex, pool, ether),
        TokenMove(t.dollar, account, pool, dollars),
        TokenMove(share, ZERO_ADDRESS, account, ether // 2),
    )
    calls = (InternalCall(cast.dex, contract_of(t.wrapped), ether),)
    departures = ((ETHER, ether), (t.dollar, dollars))
    return _unclear(cast, time, account, departures, ((share, ether // 2),), moves, calls, ether)


def sell_two(cast: BridgeCast, time: int, account: Account, dollars: int, others: int) -> Swapped:
    """Plans the sale of two assets for wrapped ether in one transaction."""
    t = cast.tokens
    first = cast.market.exchange(dollars, t.dollar, t.wrapped, time, less=30)
    second = cast.market.exchange(others, t.other, t.wrapped, time, less=30)
    one, two = cast.pools[t.wrapped, t.dollar], cast.pools[t.wrapped, t.other]
    moves = (
        TokenMove(t.dollar, account, one, dollars), TokenMove(t.wrapped, one, account, first),
        TokenMove(t.other, account, two, others), TokenMove(t.wrapped, two, account, second),
    )  # fmt: skip
    departures = ((t.dollar, dollars), (t.other, others))
    return _unclear(cast, time, account, departures, ((t.wrapped, first + second),), moves, (), 0)


def _unclear(
    cast: BridgeCast, time: int, account: Account, departures: tuple[tuple[AssetId, int], ...],
    arrivals: tuple[tuple[AssetId, int], ...], moves: tuple[TokenMove, ...], calls: tuple[InternalCall, ...], value: int,
) -> Swapped:  # fmt: skip
    tx_hash, _ = cast.house.send(
        time, account, cast.dex, value, gas=2 * SWAP, act="unclear", calls=calls, tokens=moves, departs=True,
        calldata=_CALLDATA,
    )  # fmt: skip
    leg = cast.scene.ether_leg
    cast.record(
        "unclear", SERVICE, account,
        tuple(leg(tx_hash, asset, account, amount) for asset, amount in departures),
        tuple(leg(tx_hash, asset, account, amount) for asset, amount in arrivals),
    )  # fmt: skip
    return Swapped(*arrivals[0])
