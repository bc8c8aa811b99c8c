"""Bounds of every endpoint, theft by theft and for all thefts together, or why there are none.

* Endpoints are those of a report: account, reason, asset. One that nothing can have reached is left out.
* `theft` is `None` for all thefts together: units of whichever theft. These are exact on account chains.
* Each asset is asked by itself: a token with absurd amounts, or one that flooded an exchange, costs the others nothing.
* Under a limit of hops nothing is computed: where following ends then depends on the rule.
* The same question has the same answer on any machine, whichever engine found it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from jindo.ledger import AccountChain, UtxoChain
from jindo.trace.boundary import Stops
from jindo.trace.bounds import account, utxo
from jindo.trace.bounds.network import FlowNetwork
from jindo.trace.bounds.sizes import DEFAULT_SIZES, BeyondSizes, Sizes, check_rows, check_work
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
    """Bounds of one chain's endpoints, and of which assets there are none."""

    bounds: tuple[Bound, ...]
    """All thefts together first, then theft by theft; by account, reason and asset."""
    edges: int = 0
    """Edges of the largest network that was asked."""
    not_computed: Mapping[str, str] = field(default_factory=dict)
    """Why there are no bounds in an asset, in words for a report."""


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
    parts = []
    for asset, own in account.split_seeds(chain, seeds, end).items():
        question = account.AccountInquiry(chain, own, stops, end, opening or {}, sizes)
        parts.append(_build_or_say(asset, partial(_bound_asset, question), max_hops))
    return _join(parts)


def _bound_asset(question: account.AccountInquiry) -> Bounds:
    movements = account.read_movements(question, _find_reached(question))
    thefts = sorted({*question.seeds.theft_of.values()})
    return _answer(thefts, partial(account.build_account_network, question, movements), question.sizes)


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
    question = utxo.UtxoInquiry(chain, seeds, stops, end, sizes)
    thefts = utxo.find_thefts(question)
    build = partial(_answer, thefts, partial(utxo.build_utxo_network, question), sizes)
    return _build_or_say(chain.asset, build, max_hops)


def _build_or_say(asset: str, build: Callable[[], Bounds], max_hops: int | None) -> Bounds:
    if max_hops is not None:
        return Bounds((), not_computed={asset: _HOPS})
    try:
        return build()
    except BeyondSizes as error:
        return Bounds((), not_computed={asset: str(error)})


def _find_reached(question: account.AccountInquiry) -> list[int]:
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
        alone = [replace(together, bounds=tuple(replace(b, theft=thefts[0]) for b in together.bounds))]
    else:
        alone = [_solve(theft, build(frozenset([theft])), sizes) for theft in thefts]
    return _join([together, *alone])


def _solve(theft: int | None, network: FlowNetwork, sizes: Sizes) -> Bounds:
    from jindo.trace.bounds.solving import find_extremes

    network.close()
    check_work(len(network.tails), len(network.places), network.supplied, sizes)
    found = find_extremes(network)
    return Bounds(
        tuple(Bound(theft, *place, *figures, network.is_exact) for place, figures in found.items()),
        len(network.tails),
    )


def _join(parts: list[Bounds]) -> Bounds:
    bounds = sorted((bound for part in parts for bound in part.bounds), key=_order)
    not_computed = {asset: why for part in parts for asset, why in part.not_computed.items()}
    return Bounds(
        tuple(bounds), max((part.edges for part in parts), default=0), dict(sorted(not_computed.items()))
    )


def _order(bound: Bound) -> tuple[int, str, str, str]:
    return -1 if bound.theft is None else bound.theft, bound.account, bound.reason, bound.asset
