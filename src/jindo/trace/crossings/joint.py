"""Tracing over several chains and through crossings, written to be read: the definition in code.

* Every row of every chain is applied once, in the one order of `order`; what a row does to its own chain's books is
  `reference`'s, row by row, so that without crossings each chain's findings are those of `reference`.
* A swap draws what was given and lays what was got, at its last leg; the legs move nothing by themselves. Nobody else's
  pots are touched.
* A bridge's departure draws and lays nothing; what it drew becomes the arrivals, whose payer's pots are not touched on an
  account chain; on a UTXO chain what a payment spends is a stop (`vault_pots`). The last units drawn are those that are refunded.
* Units that cross are counted twice, as departed in one asset and as arrived in another, and always as a pair.
* Under `poison` what arrives is stained with what stained the departure.

Which crossings there are is `swaps`' and `bridges`' to find; what it comes to, `sheets`'.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace

from jindo.ledger import AccountChain, Chain, UtxoChain
from jindo.trace.crossings.crossing import BRIDGE, Crossing, Leg, cut_crossing
from jindo.trace.crossings.order import Row, merge_rows, read_times, refuse_rings
from jindo.trace.crossings.vault_pots import find_vault_pots
from jindo.trace.findings import CROSSED, Findings, build_findings
from jindo.trace.naming import AccountSeeds, UtxoSeeds
from jindo.trace.reference import (
    Naming,
    Piece,
    Taken,
    TraceBooks,
    apply_movement,
    apply_transaction,
    count_stolen,
    external_value,
    finish_accounts,
    lay,
    take,
)
from jindo.trace.rules import CLEAN, Lots, Rule, convert, divide


@dataclass(slots=True)
class Crossed:
    """Stolen units of one theft that went through one crossing."""

    crossing: int
    """Place of the crossing in `JointFindings.crossings`."""
    theft: int
    departed: int = 0
    arrived: int = 0
    """In the asset that was bought."""
    returned: int = 0
    """In the asset that was given."""


@dataclass(frozen=True, slots=True)
class JointFindings:
    """The outcome of one rule on several chains."""

    findings: Mapping[str, Findings]
    """By chain."""
    crossings: tuple[Crossing, ...]
    """The crossings as they were followed: cut at the end of the trace, and without matches that make a ring."""
    crossed: tuple[Crossed, ...]
    """By crossing, then theft; those that carried stolen units."""
    order: tuple[Row, ...]
    """The rows that laid stolen units, in the order in which they were applied."""


def trace_jointly(
    chains: Sequence[Chain],
    seeds: Mapping[str, AccountSeeds | UtxoSeeds],
    crossings: Sequence[Crossing],
    *,
    rule: Rule,
    stopped: Mapping[str, Container[int]] | None = None,
    ends: Mapping[str, int] | None = None,
    max_hops: int | None = None,
    openings: Mapping[str, Mapping[int, int]] | None = None,
) -> JointFindings:
    """Follow stolen value over the rows before `ends` of all chains; mappings are by chain.

    An account chain has the pots that its swaps fill (`Swaps.extend`). `openings` are clean balances by pot.
    """
    rows: dict[str, int] = {
        chain.chain: (ends or {}).get(chain.chain, chain.row_starts[-1]) for chain in chains
    }
    times = read_times(chains)
    cut = (cut_crossing(crossing, rows) for crossing in crossings)
    kept, _ = refuse_rings(sorted((c for c in cut if c is not None), key=_place_in_order), times)
    trace = _Trace(chains, seeds, kept, rule, max_hops, stopped or {}, openings or {})
    for chain, row in merge_rows({name: range(end) for name, end in rows.items()}, times, kept):
        trace.apply(chain, row)
    return trace.finish()


def _place_in_order(crossing: Crossing) -> tuple[str, int, int]:
    return crossing.source.chain, crossing.source.row, crossing.source.pot


@dataclass(slots=True)
class _Places:
    """Where the crossings of one chain apply, by row."""

    departs: dict[int, int] = field(default_factory=dict)
    swaps: dict[int, list[int]] = field(default_factory=dict)
    arrives: dict[int, list[tuple[int, Leg]]] = field(default_factory=dict)
    dropped: set[int] = field(default_factory=set)
    passing: set[int] = field(default_factory=set)
    """Outputs of a UTXO chain that went to a bridge."""


@dataclass(frozen=True, slots=True)
class _Either:
    """What one of two holds."""

    given: Container[int]
    vaults: Container[int]

    def __contains__(self, pot: object) -> bool:
        return pot in self.vaults or pot in self.given


class _Trace:
    """One trace while it runs."""

    def __init__(
        self,
        chains: Sequence[Chain],
        seeds: Mapping[str, AccountSeeds | UtxoSeeds],
        crossings: Sequence[Crossing],
        rule: Rule,
        max_hops: int | None,
        stopped: Mapping[str, Container[int]],
        openings: Mapping[str, Mapping[int, int]],
    ) -> None:
        self._chains: dict[str, Chain] = {chain.chain: chain for chain in chains}
        self._seeds, self._crossings, self._rule = seeds, crossings, rule
        self._places = {name: _Places() for name in self._chains}
        for place, crossing in enumerate(crossings):
            self._place(place, crossing)
        self._books: dict[str, TraceBooks] = {}
        for name in self._chains:
            stops = _Either(stopped.get(name, ()), find_vault_pots(self._chains[name], crossings))
            books = TraceBooks(rule, stops, max_hops, self._places[name].passing)
            opening = openings.get(name, {}).items()
            books.lots = {pot: [(CLEAN, units)] for pot, units in opening if units and pot not in stops}
            self._books[name] = books
        self._under_way: dict[Leg, Taken] = {}
        self._crossed: dict[tuple[int, int], Crossed] = {}
        self._order: list[Row] = []

    def _place(self, place: int, crossing: Crossing) -> None:
        source = self._places[crossing.source.chain]
        source.dropped.update(crossing.dropped)
        if crossing.kind != BRIDGE:
            source.swaps.setdefault(crossing.source.row, []).append(place)
            return
        source.departs[crossing.source.row] = place
        if isinstance(self._chains[crossing.source.chain], UtxoChain):
            source.passing.add(crossing.source.pot)
        for leg in (*crossing.arrivals, *crossing.returns):
            self._places[leg.chain].arrives.setdefault(leg.row, []).append((place, leg))

    def apply(self, name: str, row: int) -> None:
        """Apply one row of a chain."""
        chain, books = self._chains[name], self._books[name]
        before = len(books.flows)
        if isinstance(chain, UtxoChain):
            self._apply_transaction(chain, books, row)
        else:
            self._apply_event(chain, books, row)
            for place in self._places[name].swaps.get(row, ()):
                self._swap(books, place)
        if any(flow.amount for flow in books.flows[before:]):
            self._order.append((name, row))

    def finish(self) -> JointFindings:
        """What was found, after the last row."""
        findings = {
            name: finish_accounts(books)
            if isinstance(self._chains[name], AccountChain)
            else build_findings(books.flows, books.held(), books.inflow, books.hops, books.limited)
            for name, books in self._books.items()
        }
        crossed = tuple(self._crossed[key] for key in sorted(self._crossed))
        return JointFindings(findings, tuple(self._crossings), crossed, tuple(self._order))

    # ---------------------------------------------------------------------------------------------- account chains

    def _apply_event(self, chain: AccountChain, books: TraceBooks, row: int) -> None:
        sender, receiver, amount = int(chain.src[row]), int(chain.dst[row]), int(chain.amount[row])
        places, seeds = self._places[chain.chain], self._seeds.get(chain.chain)
        theft = seeds.theft_of.get(row) if isinstance(seeds, AccountSeeds) else None
        if row in places.departs:
            taken = take(books, sender, amount, theft)
            lay(books, row, CROSSED, taken)
            self._depart(places.departs[row], taken)
        elif row in places.arrives:
            ((place, leg),) = places.arrives[row]
            lay(books, row, receiver, _name(self._arrive(place, leg), theft, conserves=self._rule.conserves))
        elif amount and sender != receiver and row not in places.dropped:
            apply_movement(books, row, sender, receiver, amount, theft)

    def _swap(self, books: TraceBooks, place: int) -> None:
        crossing = self._crossings[place]
        taken = take(books, crossing.source.pot, crossing.source.units, None)
        lay(books, crossing.source.row, CROSSED, taken)
        self._depart(place, taken)
        for leg in crossing.arrivals:
            lay(books, leg.row, leg.pot, self._arrive(place, leg))

    # ------------------------------------------------------------------------------------------------- UTXO chains

    def _apply_transaction(self, chain: UtxoChain, books: TraceBooks, tx: int) -> None:
        places, seeds = self._places[chain.chain], self._seeds.get(chain.chain)
        seed, naming = None, Naming(None, ())
        if isinstance(seeds, UtxoSeeds):
            seed = seeds.seeds.get(tx)
            naming = Naming(seed, seeds.rank_theft)
        arriving = {
            leg.pot: _to_pieces(self._arrive(place, leg)) for place, leg in places.arrives.get(tx, ())
        }
        holds_stolen = apply_transaction(books, chain, tx, naming, arriving)
        if holds_stolen and seed is None:
            books.inflow[tx] = external_value(chain, tx)
        if tx in places.departs:
            place = places.departs[tx]
            self._depart(place, _empty(books, self._crossings[place].source))

    # --------------------------------------------------------------------------------------------------- crossings

    def _depart(self, place: int, taken: Taken) -> None:
        """Send what was drawn on its way: cut into what bought and what comes back, converted, shared out."""
        crossing = self._crossings[place]
        for theft in sorted({*taken.stolen, *taken.named}):
            units = taken.stolen.get(theft, 0) + taken.named.get(theft, 0)
            self._count(place, theft).departed += units
        bought, returned = divide(
            self._rule, taken.lots, [crossing.source.units - crossing.returned, crossing.returned]
        )
        became = convert(self._rule, bought, crossing.bought)
        for legs, lots in ((crossing.arrivals, became), (crossing.returns, returned)):
            for leg, part in zip(legs, divide(self._rule, lots, [leg.units for leg in legs]), strict=True):
                self._under_way[leg] = self._carry(part, taken)

    def _carry(self, lots: Lots, taken: Taken) -> Taken:
        units = sum(size for _, size in lots)
        stolen = count_stolen(lots) if self._rule.conserves else dict.fromkeys(taken.stain, units)
        return Taken(lots, taken.stain, stolen, {}, taken.hop)

    def _arrive(self, place: int, leg: Leg) -> Taken:
        taken = self._under_way.pop(leg)
        for theft, units in taken.stolen.items():
            counted = self._count(place, theft)
            if leg in self._crossings[place].returns:
                counted.returned += units
            else:
                counted.arrived += units
        return taken

    def _count(self, place: int, theft: int) -> Crossed:
        return self._crossed.setdefault((place, theft), Crossed(place, theft))


def _name(taken: Taken, theft: int | None, *, conserves: bool) -> Taken:
    """What arrives in a movement that a theft names: clean units become the theft's."""
    if theft is None:
        return taken
    units = sum(size for _, size in taken.lots)
    if not conserves:
        named = {} if theft in taken.stain else {theft: units}
        return replace(taken, named=named, stain=taken.stain | {theft})
    lots = [(origin if origin >= 0 else theft, size) for origin, size in taken.lots]
    return replace(taken, lots=lots, named={theft: units - sum(taken.stolen.values())})


def _to_pieces(taken: Taken) -> tuple[list[Piece], frozenset[int]]:
    return [Piece(origin, size, hop=taken.hop) for origin, size in taken.lots], taken.stain


def _empty(books: TraceBooks, source: Leg) -> Taken:
    """What a transaction laid into the output that went to the bridge; its hop counts once."""
    lots = books.lots.pop(source.pot, None) or [(CLEAN, source.units)]
    stain = books.stains.pop(source.pot, frozenset())
    stolen = count_stolen(lots) if books.rule.conserves else dict.fromkeys(stain, source.units)
    return Taken(lots, stain, stolen, {}, books.hops.get(source.pot, 1) - 1)
