"""Where following stops: which labels stop, for which reason, and that a stopped pot holds nothing."""

from __future__ import annotations

import pytest
from tests.unit.trace.chains import (
    Tracer,
    account_chain,
    coin,
    ended,
    laid,
    moved,
    outcome_of,
    pot_of,
    spend,
    stop_at,
    transfer,
    transfers_chain,
    tx,
    utxo_chain,
)

from jindo.base.ids import BURN_ADDRESSES, ZERO_ADDRESS
from jindo.trace import CONSERVING, REASONS, RULES, NamedTransfer, Stop, build_stops, stop_of_kind
from jindo.trace.boundary import KNOWN_KINDS, stopped_pots

NAMED = [NamedTransfer("t", tx("0"))]
EATER = "1BitcoinEaterAddressDontSendf59kuE"


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("exchange", "service"),
        ("exchange deposit", "service"),
        ("bridge", "service"),
        ("swap", "service"),
        ("a kind nobody knows", "service"),
        ("", "service"),
        ("mixer", "mixer"),
        ("coinjoin", "mixer"),
        (" Mixer ", "mixer"),
        ("burn", "burned"),
    ],
)
def test_stop_of_kind_gives_the_reason(kind: str, reason: str) -> None:
    assert stop_of_kind(kind, service="Acme", source="labels.csv") == Stop(reason, "Acme", kind, "labels.csv")


def test_every_known_kind_has_a_reason_of_the_sheet() -> None:
    assert {stop_of_kind(kind, service="", source="").reason for kind in KNOWN_KINDS} <= set(REASONS)


@pytest.mark.parametrize("address", sorted(BURN_ADDRESSES))
def test_burn_addresses_are_stops_without_any_label(address: str) -> None:
    chain = account_chain(("V", address, 1))
    stop = build_stops(chain, None).find(pot_of(chain, address))
    assert stop is not None
    assert stop.reason == "burned"


def test_stop_holds_for_every_asset_of_the_account() -> None:
    chain = transfers_chain(transfer("a", ("V", "S", 1)), transfer("b", ("V", "S", 1), asset="T"))
    stops = build_stops(chain, stop_at("S"))
    assert stopped_pots(chain, stops) == sorted([pot_of(chain, "S"), pot_of(chain, "S", asset="T")])
    assert pot_of(chain, "V") not in stops


def test_stop_holds_for_every_output_of_the_account() -> None:
    chain = utxo_chain(coin("a", ("S", 1), ("V", 1), ("S", 1)))
    stops = build_stops(chain, stop_at("S"))
    assert [output in stops for output in range(3)] == [True, False, True]


def test_label_of_an_address_that_the_chain_lacks_stops_nothing() -> None:
    chain = account_chain(("V", "A", 1))
    assert build_stops(chain, stop_at("elsewhere")).by_account == {}


@pytest.mark.parametrize("reason", ["service", "mixer", "burned"])
@pytest.mark.parametrize("rule", CONSERVING)
def test_what_enters_a_stop_is_counted_and_what_leaves_it_is_clean(
    tracer: Tracer, rule: str, reason: str
) -> None:
    chain = account_chain(("V", "A", 5), ("A", "S", 5), ("S", "B", 5), ("B", "C", 5))
    labels = stop_at("S", reason=reason)
    findings = tracer(chain, NAMED, rule, labels=labels)
    assert [moved(findings, row) for row in range(4)] == [5, 5, 0, 0]
    assert ended(chain, findings, labels) == {reason: 5}
    assert findings.held == {}


@pytest.mark.parametrize("rule", RULES)
def test_utxo_stop_holds_nothing(tracer: Tracer, rule: str) -> None:
    chain = utxo_chain(
        coin("0", ("T", 5)), spend("b", ["0"], ("S", 3), ("U", 2)), spend("c", ["b"], ("W", 3))
    )
    findings = tracer(chain, NAMED, rule, labels=stop_at("S"))
    assert laid(chain, findings, 1) == [3, 2, 0]
    assert laid(chain, findings, 2) == [0, 0]


@pytest.mark.parametrize("rule", RULES)
def test_a_theft_into_a_stop_ends_at_once(tracer: Tracer, rule: str) -> None:
    chain = account_chain(("V", "S", 5), ("S", "B", 5))
    findings = tracer(chain, NAMED, rule, labels=stop_at("S"))
    assert [moved(findings, row) for row in range(2)] == [5, 0]


@pytest.mark.parametrize("rule", RULES)
def test_poison_and_every_rule_leave_a_stop_clean(tracer: Tracer, rule: str) -> None:
    chain = account_chain(("V", "A", 5), ("A", "S", 2), ("S", "B", 1), ("A", "B", 3))
    findings = tracer(chain, NAMED, rule, labels=stop_at("S"))
    assert [moved(findings, row) for row in range(4)] == [5, 2, 0, 3]


def test_burnt_value_goes_no_further_and_a_mint_from_zero_is_clean(tracer: Tracer) -> None:
    chain = account_chain(("V", "A", 5), ("A", ZERO_ADDRESS, 5), (ZERO_ADDRESS, "B", 5))
    findings = tracer(chain, NAMED, "fifo")
    assert moved(findings, 2) == 0
    assert ended(chain, findings) == {"burned": 5}


def test_burnt_coins_end_under_burned(tracer: Tracer) -> None:
    chain = utxo_chain(coin("0", ("T", 5)), spend("b", ["0"], (EATER, 5)))
    assert ended(chain, tracer(chain, NAMED, "fifo")) == {"burned": 5}


def test_a_service_may_be_robbed(tracer: Tracer) -> None:
    chain = account_chain(("S", "A", 5), ("A", "B", 5))
    findings = tracer(chain, NAMED, "fifo", labels=stop_at("S"))
    assert ended(chain, findings, stop_at("S")) == {"held": 5}
    assert findings.hops == {pot_of(chain, "A"): 1, pot_of(chain, "B"): 2}
    assert findings.inflow == {}


@pytest.mark.parametrize("rule", CONSERVING)
@pytest.mark.parametrize(("max_hops", "limit"), [(0, 5), (1, 5), (2, 5), (3, 0), (None, 0)])
def test_beyond_max_hops_value_is_counted_under_limit(
    tracer: Tracer, rule: str, max_hops: int | None, limit: int
) -> None:
    chain = account_chain(("V", "A", 5), ("A", "B", 5), ("B", "C", 5))
    findings = tracer(chain, NAMED, rule, max_hops=max_hops)
    assert ended(chain, findings) == ({"limit": limit} if limit else {"held": 5})
    assert len(findings.limited) == (1 if limit else 0)


def test_what_leaves_a_limited_pot_is_clean_and_its_shortfall_is_not_counted(tracer: Tracer) -> None:
    chain = account_chain(("V", "A", 5), ("A", "B", 5), ("B", "C", 9), (None, "B", 1), ("B", "C", 1))
    findings = tracer(chain, NAMED, "fifo", max_hops=1)
    assert [moved(findings, row) for row in range(5)] == [5, 5, 0, 0, 0]
    assert findings.limited == {pot_of(chain, "B")}
    assert findings.inflow == {}


def test_utxo_output_beyond_max_hops_is_limited(tracer: Tracer) -> None:
    chain = utxo_chain(coin("0", ("T", 5)), spend("b", ["0"], ("U", 5)), spend("c", ["b"], ("W", 5)))
    findings = tracer(chain, NAMED, "fifo", max_hops=1)
    assert [laid(chain, findings, row) for row in range(3)] == [[5, 0], [5, 0], [0, 0]]
    assert ended(chain, findings) == {"limit": 5}


def test_a_label_stands_before_the_limit(tracer: Tracer) -> None:
    chain = account_chain(("V", "A", 5), ("A", "S", 5))
    findings = tracer(chain, NAMED, "fifo", labels=stop_at("S"), max_hops=1)
    assert ended(chain, findings, stop_at("S")) == {"service": 5}


def test_judged_and_departed_are_zero_in_this_version(tracer: Tracer) -> None:
    chain = account_chain(("V", "A", 5))
    (sheet,) = outcome_of(chain, tracer(chain, NAMED, "fifo")).sheets
    assert list(sheet.by_reason) == list(REASONS)
    assert sheet.by_reason["likely-service"] == sheet.by_reason["departed"] == sheet.arrived == 0
