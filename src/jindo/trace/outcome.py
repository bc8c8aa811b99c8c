"""What a trace comes to: the balance sheet, the endpoints, and the marks that partial data leaves.

* For each theft and asset under a conserving rule, to the unit:
  stolen + arrived = held + services + likely services + mixers + departed + burned + fees + limits.
  A sheet that does not balance is an `IntegrityError`. What arrives and departs through crossings is `crossings`' to
  say (`Beyond`); without any, both are nothing.
* An endpoint is where following ended: a stopped account, the fees, or an account that still holds.
* An endpoint reached through a pot with unexplained inflow is marked: there, money from outside the ledger may have
  mixed in.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field

from jindo.base.errors import IntegrityError
from jindo.ledger import NOBODY, AccountChain, Chain
from jindo.trace.boundary import REASONS, FindsStops, Stop, account_of
from jindo.trace.findings import CROSSED, FEE, Findings, Flow


@dataclass(frozen=True, slots=True)
class Sheet:
    """The balance sheet of one theft in one asset; amounts in base units."""

    theft: int
    asset: str
    stolen: int
    arrived: int
    by_reason: dict[str, int]


@dataclass(slots=True)
class Endpoint:
    """Where following one theft in one asset ended, at one account."""

    theft: int
    account: str
    """Canonical address; empty for fees."""
    stop: Stop
    asset: str
    amount: int = 0
    first_time: int | None = None
    """Unix seconds at which stolen value first reached it."""
    last_time: int | None = None
    hops: int | None = None
    """Fewest hops by which it was reached; `None` for fees."""
    is_unexplained: bool = False
    """Whether a pot with unexplained inflow stands on the way."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One rule's findings on one chain, summed up."""

    sheets: list[Sheet]
    endpoints: list[Endpoint]
    inflow: dict[str, int] = field(default_factory=dict)
    """Unexplained inflow by asset."""


@dataclass(frozen=True, slots=True)
class Marked:
    """Pots and rows that money from outside the ledger may have come through."""

    pots: set[int]
    rows: set[int]


@dataclass(frozen=True, slots=True)
class Beyond:
    """What crossings say of one chain, which its own rows do not."""

    marked: Marked
    passing: Container[int]
    """Pots whose content went on through a crossing at once: nothing ends there."""
    endpoints: list[Endpoint]
    """What departed, and what is in transit."""
    arrived: Mapping[tuple[int, str], int]
    """Stolen units that came from elsewhere, by theft and asset."""


def build_outcome(
    chain: Chain, stops: FindsStops, findings: Findings, *, conserves: bool, beyond: Beyond | None = None
) -> Outcome:
    """Sum up findings.

    Raises:
        IntegrityError: under a conserving rule, a balance sheet does not balance.
    """
    beyond = beyond or Beyond(_find_marked(chain, stops, findings), (), [], {})
    endpoints = [*_build_endpoints(chain, stops, findings, beyond).values(), *beyond.endpoints]
    sheets = _build_sheets(chain, findings, endpoints, beyond.arrived) if conserves else []
    inflow: dict[str, int] = {}
    for pot, units in findings.inflow.items():
        asset = asset_of(chain, pot)
        inflow[asset] = inflow.get(asset, 0) + units
    return Outcome(sheets, sorted(endpoints, key=_endpoint_order), dict(sorted(inflow.items())))


def asset_of(chain: Chain, pot: int) -> str:
    """The asset that a pot holds; a UTXO chain has one."""
    return chain.assets[int(chain.pot_asset[pot])] if isinstance(chain, AccountChain) else chain.asset


def flow_asset(chain: Chain, flow: Flow) -> str:
    """The asset that a flow moved, fees included."""
    return asset_of(
        chain,
        int(chain.src[flow.row])
        if isinstance(chain, AccountChain) and flow.pot in (FEE, CROSSED)
        else flow.pot,
    )


def find_stop(stops: FindsStops, findings: Findings, pot: int) -> Stop | None:
    """Why a pot is not followed, or `None` where it is."""
    if pot == FEE:
        return Stop("fee")
    return Stop("limit") if pot in findings.limited else stops.find(pot)


def source_pots(chain: Chain, row: int) -> list[int]:
    """The pots that a row draws from, as far as the ledger holds them."""
    if isinstance(chain, AccountChain):
        return [int(chain.src[row])] if chain.src[row] != NOBODY else []
    outputs = (int(chain.in_output[i]) for i in chain.inputs_of(row))
    return [output for output in outputs if output != NOBODY]


def _build_endpoints(
    chain: Chain, stops: FindsStops, findings: Findings, beyond: Beyond
) -> dict[tuple[int, str, str, str], Endpoint]:
    endpoints: dict[tuple[int, str, str, str], Endpoint] = {}
    for theft, pot, stop, asset, amount, rows, is_marked in _arrivals(chain, stops, findings, beyond):
        account = (
            "" if pot == FEE or account_of(chain, pot) == NOBODY else chain.accounts[account_of(chain, pot)]
        )
        endpoint = endpoints.setdefault(
            (theft, account, stop.reason, asset), Endpoint(theft, account, stop, asset)
        )
        endpoint.amount += amount
        endpoint.is_unexplained |= is_marked
        widen(endpoint, [int(chain.time[row]) for row in rows], findings.hops.get(pot))
    return endpoints


def _arrivals(
    chain: Chain, stops: FindsStops, findings: Findings, beyond: Beyond
) -> Iterator[tuple[int, int, Stop, str, int, list[int], bool]]:
    marked = beyond.marked
    rows: dict[tuple[int, int], list[int]] = {}
    for flow in findings.flows:
        if flow.pot in beyond.passing:
            continue
        stop = find_stop(stops, findings, flow.pot)
        if stop is not None:
            asset = flow_asset(chain, flow)
            yield flow.theft, flow.pot, stop, asset, flow.amount, [flow.row], flow.row in marked.rows
        elif (flow.pot, flow.theft) in findings.held:
            rows.setdefault((flow.pot, flow.theft), []).append(flow.row)
    for (pot, theft), amount in findings.held.items():
        reached = rows.get((pot, theft), [])
        yield theft, pot, Stop("held"), asset_of(chain, pot), amount, reached, pot in marked.pots


def widen(endpoint: Endpoint, times: list[int], hops: int | None) -> None:
    """Add times and hops at which an endpoint was reached."""
    known = [time for time in times if time >= 0]
    if known:
        endpoint.first_time = min(known) if endpoint.first_time is None else min(endpoint.first_time, *known)
        endpoint.last_time = max(known) if endpoint.last_time is None else max(endpoint.last_time, *known)
    if hops is not None:
        endpoint.hops = hops if endpoint.hops is None else min(endpoint.hops, hops)


def start_marks(chain: Chain, findings: Findings) -> Marked:
    """The pots, or on a UTXO chain the rows, where unexplained inflow came in."""
    is_account = isinstance(chain, AccountChain)
    return Marked(
        set(findings.inflow) if is_account else set(), set() if is_account else set(findings.inflow)
    )


def _find_marked(chain: Chain, stops: FindsStops, findings: Findings) -> Marked:
    marked = start_marks(chain, findings)
    for flow in findings.flows:
        if any(pot in marked.pots for pot in source_pots(chain, flow.row)):
            marked.rows.add(flow.row)
        if flow.row in marked.rows and find_stop(stops, findings, flow.pot) is None:
            marked.pots.add(flow.pot)
    return marked


def _build_sheets(
    chain: Chain, findings: Findings, endpoints: list[Endpoint], arrived: Mapping[tuple[int, str], int]
) -> list[Sheet]:
    stolen = dict.fromkeys((key for key, units in arrived.items() if units), 0)
    for flow in findings.flows:
        if flow.named:
            key = (flow.theft, flow_asset(chain, flow))
            stolen[key] = stolen.get(key, 0) + flow.amount
    sheets = []
    for theft, asset in sorted(stolen):
        by_reason = dict.fromkeys(REASONS, 0)
        for endpoint in endpoints:
            if (endpoint.theft, endpoint.asset) == (theft, asset):
                by_reason[endpoint.stop.reason] += endpoint.amount
        sheets.append(Sheet(theft, asset, stolen[theft, asset], arrived.get((theft, asset), 0), by_reason))
    check_balance(sheets, endpoints)
    return sheets


def check_balance(sheets: list[Sheet], endpoints: list[Endpoint]) -> None:
    """Refuse sheets whose two sides differ.

    Raises:
        IntegrityError: they differ, or an endpoint stands on no sheet.
    """
    for sheet in sheets:
        ended = sum(sheet.by_reason.values())
        if sheet.stolen + sheet.arrived != ended:
            raise IntegrityError(
                f"the balance sheet of theft {sheet.theft} in {sheet.asset} is off: "
                f"stolen {sheet.stolen} + arrived {sheet.arrived}, ended {ended}"
            )
    known = {(sheet.theft, sheet.asset) for sheet in sheets}
    if any((endpoint.theft, endpoint.asset) not in known for endpoint in endpoints):
        raise IntegrityError("an endpoint holds stolen value that no theft brought")


def _endpoint_order(endpoint: Endpoint) -> tuple[object, ...]:
    reason = REASONS.index(endpoint.stop.reason)
    return endpoint.theft, reason, endpoint.asset, -endpoint.amount, endpoint.account
