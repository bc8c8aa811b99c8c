"""Bounds of every endpoint, theft by theft and for all thefts together, or why there are none.

* Endpoints are those of a report: account, reason, asset. One that nothing can have reached is left out.
* `theft` is `None` for all thefts together: units of whichever theft. These are exact on account chains.
* Under a limit of hops nothing is computed: where following ends then depends on the rule.
* The same question has the same answer on any machine, whichever engine found it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from jindo.ledger import AccountChain, UtxoChain
from jindo.trace.boundary import Stops
from jindo.trace.bounds import account, utxo
from jindo.trace.bounds.network import FlowNetwork
from jindo.trace.bounds.sizes import DEFAULT_SIZES, Sizes, TooLarge, check_rows, check_work
from jindo.trace.naming import AccountSeeds, UtxoSeeds

_HOPS = "a limit of hops is counted along the lots that a rule chooses; without a rule it ends nowhere in particular"


@dataclass(frozen=True, slots=True)
class Bound:
    """The least and the most that can have come to one endpoint, in base units."""

    theft: int | None
    """`None` for units of any theft."""
    account: str
    """Canonical address; empty for fees and for outputs without one."""
    reason: str
    asset: str
    at_least: int
    at_most: int
    is_exact: bool
    """Whether some apportioning reaches each figure; else they hold, and may be wider than need be."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds of one chain's endpoints, or the reason why there are none."""

    bounds: tuple[Bound, ...]
    edges: int = 0
    """Edges of the largest network that was asked."""
    not_computed: str = ""
    """Why there are no bounds, in words for a report; empty where there are."""


def bound_account_chain(
    chain: AccountChain,
    seeds: AccountSeeds,
    *,
    stops: Stops,
    end: int,
    max_hops: int | None = None,
    opening: Mapping[int, int] | None = None,
    sizes: Sizes = DEFAULT_SIZES,
) -> Bounds:
    """Bounds of what was stolen in events 0 to `end` of an account chain; arguments are those of a trace."""
    question = account.AccountQuestion(chain, seeds, stops, end, opening or {}, sizes)

    def build() -> Bounds:
        movements = account.read_movements(question, _find_reached(question))
        thefts = [*account.iter_thefts(question)]
        return _answer(
            thefts, lambda wanted: account.build_account_network(question, movements, wanted), sizes
        )

    return _build_or_say(build, max_hops)


def bound_utxo_chain(
    chain: UtxoChain,
    seeds: UtxoSeeds,
    *,
    stops: Stops,
    end: int,
    max_hops: int | None = None,
    sizes: Sizes = DEFAULT_SIZES,
) -> Bounds:
    """Bounds of what was stolen in transactions 0 to `end` of a UTXO chain; arguments are those of a trace."""
    question = utxo.UtxoQuestion(chain, seeds, stops, end, sizes)
    thefts = [*utxo.iter_thefts(question)]
    return _build_or_say(
        lambda: _answer(thefts, lambda wanted: utxo.build_utxo_network(question, wanted), sizes), max_hops
    )


def _build_or_say(build: Callable[[], Bounds], max_hops: int | None) -> Bounds:
    if max_hops is not None:
        return Bounds((), not_computed=_HOPS)
    try:
        return build()
    except TooLarge as error:
        return Bounds((), not_computed=str(error))


def _find_reached(question: account.AccountQuestion) -> list[int]:
    from jindo.trace.prepared import prepare_account_chain
    from jindo.trace.reach import find_reach

    prepared = prepare_account_chain(question.chain, question.stops)
    reach = find_reach(prepared, question.seeds.theft_of, end=question.end)
    check_rows(reach.touched, question.sizes)
    return [int(pot) for pot in reach.pots]


def _answer(thefts: list[int], build: Callable[[frozenset[int]], FlowNetwork], sizes: Sizes) -> Bounds:
    if not thefts:
        return Bounds(())
    together = _solve(None, build(frozenset(thefts)), sizes)
    if len(thefts) == 1:
        alone = [Bounds(tuple(_of_theft(bound, thefts[0]) for bound in together.bounds))]
    else:
        alone = [_solve(theft, build(frozenset([theft])), sizes) for theft in thefts]
    every = [together, *alone]
    return Bounds(_join(part.bounds for part in every), max(part.edges for part in every))


def _solve(theft: int | None, network: FlowNetwork, sizes: Sizes) -> Bounds:
    from jindo.trace.bounds.solving import find_extremes

    network.close()
    check_work(len(network.tails), len(network.places), sizes)
    found = find_extremes(network)
    return Bounds(
        tuple(Bound(theft, *place, *found[place], network.is_exact) for place in sorted(found)),
        len(network.tails),
    )


def _of_theft(bound: Bound, theft: int) -> Bound:
    return Bound(
        theft, bound.account, bound.reason, bound.asset, bound.at_least, bound.at_most, bound.is_exact
    )


def _join(parts: Iterable[tuple[Bound, ...]]) -> tuple[Bound, ...]:
    return tuple(bound for part in parts for bound in part)
