"""The hand-written result and its flows, as fixtures."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.app.report.results import (
    BITCOIN,
    BTC,
    DEPOSIT,
    ETH,
    ETHER,
    EXCHANGE,
    HOP,
    HOSTILE,
    KOREAN,
    SECOND,
    TAPROOT,
    VICTIM,
    build_result,
    endpoint,
    flow,
    sheet,
)


@pytest.fixture
def endpoints() -> list[dict[str, Any]]:
    return [
        endpoint(EXCHANGE, 3 * 10**18 + 1, "service", HOSTILE, unexplained=True),
        endpoint(DEPOSIT, 2 * 10**18, "service", KOREAN, kind="exchange deposit"),
        endpoint("", 7, "fee", hops=None),
        endpoint(SECOND, 5 * 10**18 - 8, "held"),
        endpoint(TAPROOT, 150_000_000, "service", KOREAN, theft="second", chain=BTC, asset=BITCOIN),
    ]


@pytest.fixture
def result(endpoints: list[dict[str, Any]]) -> dict[str, Any]:
    ether = sheet("heist", ETH, ETHER, 10**19, service=5 * 10**18 + 1, fee=7, held=5 * 10**18 - 8)
    bitcoin = sheet("second", BTC, BITCOIN, 150_000_000, service=150_000_000)
    return build_result(endpoints, [ether, bitcoin])


@pytest.fixture
def flows() -> list[dict[str, str]]:
    on_bitcoin = {"theft": "second", "chain": BTC, "asset": BITCOIN, "named": "yes"}
    return [
        flow(VICTIM, HOP, 10**19, 1, named="yes"),
        flow(HOP, EXCHANGE, 3 * 10**18 + 1, 2, "service"),
        flow(HOP, SECOND, 7 * 10**18 - 8, 2),
        flow(SECOND, DEPOSIT, 2 * 10**18, 3, "service", time="2023-06-06T21:20:00Z"),
        flow(HOP, "", 7, "", "fee"),
        flow("bc1qa bc1qb", TAPROOT, 150_000_000, 1, "service", **on_bitcoin),
    ]
