"""What a joint trace comes to: for each chain its sheets and endpoints, with what crossed.

* For each theft, chain and asset under a conserving rule, to the unit: stolen + arrived = what ended + departed.
  A crossing's departed and arrived units stand on two sheets, or on one where a refund came back.
* What departed ends at the account that gave it, under `departed`; what is in transit at the account that was paid, under
  `service`, known by the memo alone.
* The mark of unexplained inflow goes through a crossing with what it carried.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from jindo.ledger import NOBODY, Chain, UtxoChain
from jindo.trace.boundary import FindsStops, Stop, account_of
from jindo.trace.crossings.crossing import BRIDGE, Crossing
from jindo.trace.crossings.joint import JointFindings
from jindo.trace.crossings.vault_pots import PotStops, find_vault_pots
from jindo.trace.findings import CROSSED, Flow
from jindo.trace.outcome import (
    Beyond,
    Endpoint,
    Outcome,
    asset_of,
    build_outcome,
    find_stop,
    source_pots,
    start_marks,
    widen,
)

IN_TRANSIT = Stop("service", "", "bridge", "memo")
"""Where units end that left with a swap's memo and have not come back."""


def build_joint_outcomes(
    chains: Sequence[Chain], stops: Mapping[str, FindsStops], joint: JointFindings, *, conserves: bool
) -> dict[str, Outcome]:
    """Sum up a joint trace, by chain; `chains` are those that were traced.

    Raises:
        IntegrityError: under a conserving rule, a balance sheet does not balance.
    """
    by_name: dict[str, Chain] = {chain.chain: chain for chain in chains}
    stops = {
        name: PotStops(stops[name], find_vault_pots(chain, joint.crossings))
        for name, chain in by_name.items()
    }
    marks = _Marks(by_name, stops, joint)
    outcomes: dict[str, Outcome] = {}
    for name, chain in by_name.items():
        beyond = Beyond(
            marks.marked[name],
            frozenset(_iter_passing(chain, joint.crossings)),
            _build_departed(chain, joint, marks.crossings),
            _count_arrived(chain, joint),
        )
        findings = joint.findings[name]
        outcomes[name] = build_outcome(chain, stops[name], findings, conserves=conserves, beyond=beyond)
    return outcomes


def _iter_passing(chain: Chain, crossings: Sequence[Crossing]) -> Iterator[int]:
    """Outputs of a UTXO chain that went to a bridge; an account's pots hold other money too."""
    yield CROSSED
    for crossing in crossings if isinstance(chain, UtxoChain) else ():
        if crossing.source.chain == chain.chain:
            yield crossing.source.pot


def _count_arrived(chain: Chain, joint: JointFindings) -> dict[tuple[int, str], int]:
    arrived: dict[tuple[int, str], int] = {}
    for one in joint.crossed:
        crossing = joint.crossings[one.crossing]
        sides = ((crossing.arrivals, one.arrived), (crossing.returns, one.returned))
        for legs, units in sides:
            if units and legs[0].chain == chain.chain:
                key = one.theft, asset_of(chain, legs[0].pot)
                arrived[key] = arrived.get(key, 0) + units
    return arrived


def _build_departed(chain: Chain, joint: JointFindings, marked: set[int]) -> list[Endpoint]:
    endpoints: dict[tuple[int, str, str, str], Endpoint] = {}
    for one in joint.crossed:
        crossing = joint.crossings[one.crossing]
        if crossing.source.chain != chain.chain or not one.departed:
            continue
        is_lost = crossing.is_in_transit
        stop = IN_TRANSIT if is_lost else Stop("departed", kind=crossing.kind)
        whose = crossing.vault if is_lost else account_of(chain, crossing.source.pot)
        account = "" if whose == NOBODY else chain.accounts[whose]
        asset = asset_of(chain, crossing.source.pot)
        endpoint = endpoints.setdefault(
            (one.theft, account, stop.reason, asset), Endpoint(one.theft, account, stop, asset)
        )
        endpoint.amount += one.departed
        endpoint.is_unexplained |= one.crossing in marked
        hops = joint.findings[chain.chain].hops.get(crossing.source.pot)
        widen(endpoint, [int(chain.time[crossing.source.row])], hops)
    return list(endpoints.values())


class _Marks:
    """Pots, rows and crossings that money from outside the ledgers may have come through, in the order of the trace."""

    def __init__(
        self, chains: Mapping[str, Chain], stops: Mapping[str, FindsStops], joint: JointFindings
    ) -> None:
        self._chains, self._stops, self._joint = chains, stops, joint
        self.marked = {name: start_marks(chain, joint.findings[name]) for name, chain in chains.items()}
        self.crossings: set[int] = set()
        self._leaving, self._coming = _index(joint.crossings)
        flows = {name: _by_row(joint.findings[name].flows) for name in chains}
        for name, row in joint.order:
            self._follow(name, row, flows[name].get(row, []))

    def _follow(self, name: str, row: int, flows: list[Flow]) -> None:
        chain, marked, findings = self._chains[name], self.marked[name], self._joint.findings[name]
        leaving = self._leaving.get((name, row), [])
        is_swap = any(self._joint.crossings[place].kind != BRIDGE for place in leaving)
        if not is_swap and any(pot in marked.pots for pot in source_pots(chain, row)):
            marked.rows.add(row)
        for place in leaving:
            crossing = self._joint.crossings[place]
            if row in marked.rows or (crossing.kind != BRIDGE and crossing.source.pot in marked.pots):
                self.crossings.add(place)
        for flow in flows:
            through = self._coming.get((name, row, flow.pot))
            is_marked = through in self.crossings if through is not None else row in marked.rows
            if is_marked:
                marked.rows.add(row)
                if find_stop(self._stops[name], findings, flow.pot) is None and flow.pot != CROSSED:
                    marked.pots.add(flow.pot)


def _index(
    crossings: Sequence[Crossing],
) -> tuple[dict[tuple[str, int], list[int]], dict[tuple[str, int, int], int]]:
    """Which crossings leave at a row, and which one comes into a pot at a row."""
    leaving: dict[tuple[str, int], list[int]] = {}
    coming: dict[tuple[str, int, int], int] = {}
    for place, crossing in enumerate(crossings):
        leaving.setdefault((crossing.source.chain, crossing.source.row), []).append(place)
        coming.update({leg[:3]: place for leg in (*crossing.arrivals, *crossing.returns)})
    return leaving, coming


def _by_row(flows: Sequence[Flow]) -> dict[int, list[Flow]]:
    rows: dict[int, list[Flow]] = {}
    for flow in flows:
        rows.setdefault(flow.row, []).append(flow)
    return rows
