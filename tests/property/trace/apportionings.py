"""Every way of saying which whole units were stolen, one by one: what bounds are held against on tiny chains.

It knows nothing of flows or networks: a state is what each pot holds of each origin, and what each endpoint has got.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from jindo.ledger import NOBODY, AccountChain, UtxoChain
from jindo.trace import FEE, AccountSeeds, Stops, UtxoSeed, UtxoSeeds
from jindo.trace.outcome import asset_of

CLEAN = -1
Place: TypeAlias = tuple[str, str, str]
Key: TypeAlias = tuple[Any, int]
"""A pot or an endpoint, and an origin."""
State: TypeAlias = frozenset[tuple[Key, int]]
MOST_STATES = 4000


class TooMany(Exception):
    """More states than a test has time for."""


def every_account_ending(
    chain: AccountChain, seeds: AccountSeeds, stops: Stops, end: int, opening: Mapping[int, int]
) -> list[dict[tuple[Place, int], int]]:
    """What each endpoint can have of each theft, for every apportioning."""
    states = {freeze({(pot, CLEAN): units for pot, units in opening.items() if pot not in stops})}
    for event in range(end):
        src, dst, amount = int(chain.src[event]), int(chain.dst[event]), int(chain.amount[event])
        if not amount or src == dst:
            continue
        theft = seeds.theft_of.get(event)
        into = account_end(chain, stops, src, dst)
        states = {
            after
            for state in states
            for after in move(state, None if src == NOBODY or src in stops else src, into, amount, theft)
        }
        check_count(states)
    return [end_account(chain, state) for state in states]


def account_end(chain: AccountChain, stops: Stops, src: int, dst: int) -> Any:
    if dst == FEE:
        return ("", "fee", asset_of(chain, src))
    stop = stops.find(dst)
    return dst if stop is None else (address_of(chain, dst), stop.reason, asset_of(chain, dst))


def address_of(chain: AccountChain, pot: int) -> str:
    return str(chain.accounts[int(chain.pot_account[pot])])


def move(state: State, src: int | None, into: Any, amount: int, theft: int | None) -> Iterator[State]:
    held = {origin: units for (pot, origin), units in state if pot == src} if src is not None else {}
    held[CLEAN] = held.get(CLEAN, 0) + max(0, amount - sum(held.values()))
    for drawn in ways(held, amount):
        after = Counter(dict(state))
        for origin, units in drawn.items():
            if src is not None:
                after[src, origin] = held[origin] - units
            after[into, theft if origin == CLEAN and theft is not None else origin] += units
        yield freeze(after)


def end_account(chain: AccountChain, state: State) -> dict[tuple[Place, int], int]:
    ended: Counter[tuple[Place, int]] = Counter()
    for (pot, origin), units in state:
        if origin != CLEAN:
            place = (
                (address_of(chain, pot), "held", asset_of(chain, pot)) if not isinstance(pot, tuple) else pot
            )
            ended[place, origin] += units
    return dict(ended)


def every_utxo_ending(
    chain: UtxoChain, seeds: UtxoSeeds, stops: Stops, end: int
) -> list[dict[tuple[Place, int], int]]:
    """What each endpoint can have of each theft, for every apportioning."""
    states: set[State] = {frozenset()}
    for tx in range(end):
        states = {
            after
            for state in states
            for after in transact(chain, tx, seeds.seeds.get(tx), seeds.rank_theft, stops, state)
        }
        check_count(states)
    return [end_utxo(chain, state) for state in states]


def transact(
    chain: UtxoChain,
    tx: int,
    seed: UtxoSeed | None,
    rank_theft: tuple[int, ...],
    stops: Stops,
    state: State,
) -> Iterator[State]:
    outputs = list(chain.outputs_of(tx))
    sizes = [int(chain.out_amount[output]) for output in outputs]
    kept, pieces = Counter(dict(state)), Counter[Any]()
    if chain.coinbase[tx]:
        pieces[CLEAN, -1] = sum(sizes)
    for place, i in enumerate(chain.inputs_of(tx)):
        rank, pot = seed.input_rank[place] if seed else -1, int(chain.in_output[i])
        stolen = {key: units for key, units in kept.items() if key[0] == pot and pot != NOBODY}
        for key, units in stolen.items():
            pieces[key[1], rank] += units
            del kept[key]
        pieces[CLEAN, rank] += int(chain.in_amount[i]) - sum(stolen.values())
    fee = sum(pieces.values()) - sum(sizes)
    for laid in fillings(dict(pieces), [*sizes, fee]):
        after = Counter(kept)
        for index, (output, row) in enumerate(zip([*outputs, FEE], laid, strict=True)):
            into = utxo_end(chain, stops, output)
            for (origin, rank), units in row.items():
                taken = origin if origin != CLEAN else taker(seed, rank_theft, index, rank)
                if taken != CLEAN:
                    after[into, taken] += units
        yield freeze(after)


def taker(seed: UtxoSeed | None, rank_theft: tuple[int, ...], index: int, rank: int) -> int:
    if seed is None or index >= len(seed.output_rank):
        return CLEAN
    ranks = [seed.output_rank[index]] + ([] if seed.output_named[index] else [rank])
    named = [r for r in ranks if r >= 0]
    return rank_theft[min(named)] if named else CLEAN


def utxo_end(chain: UtxoChain, stops: Stops, output: int) -> Any:
    if output == FEE:
        return ("", "fee", chain.asset)
    stop = stops.find(output)
    return output if stop is None else (owner(chain, output), stop.reason, chain.asset)


def owner(chain: UtxoChain, output: int) -> str:
    account = int(chain.out_account[output])
    return "" if account == NOBODY else str(chain.accounts[account])


def end_utxo(chain: UtxoChain, state: State) -> dict[tuple[Place, int], int]:
    ended: Counter[tuple[Place, int]] = Counter()
    for (pot, origin), units in state:
        ended[pot if isinstance(pot, tuple) else (owner(chain, pot), "held", chain.asset), origin] += units
    return dict(ended)


def ways(held: Mapping[Any, int], amount: int) -> Iterator[dict[Any, int]]:
    """Every choice of `amount` units among kinds of units."""
    if not held:
        if amount == 0:
            yield {}
        return
    kind, *others = held
    rest = {other: held[other] for other in others}
    for units in range(max(0, amount - sum(rest.values())), min(held[kind], amount) + 1):
        for chosen in ways(rest, amount - units):
            yield {kind: units, **chosen}


def fillings(pieces: Mapping[Any, int], sizes: list[int]) -> Iterator[list[dict[Any, int]]]:
    """Every way of laying pieces into outputs."""
    if not sizes:
        yield []
        return
    for first in ways(pieces, sizes[0]):
        left = {kind: units - first[kind] for kind, units in pieces.items()}
        for others in fillings(left, sizes[1:]):
            yield [first, *others]


def freeze(state: Mapping[Key, int]) -> State:
    return frozenset((key, units) for key, units in state.items() if units)


def check_count(states: set[State]) -> None:
    if len(states) > MOST_STATES:
        raise TooMany
