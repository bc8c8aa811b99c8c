"""Laws of a trace's facts: whatever the endpoints are, the sums are theirs and the facts pass their own check."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from jindo.respond import build_trace_facts, check_trace_facts
from jindo.respond.trace_facts import ARRIVALS
from jindo.seal import sha256_hex

ENDPOINT = st.fixed_dictionaries(
    {
        "theft": st.sampled_from(["one", "two"]),
        "chain": st.sampled_from(["eip155:1", "bip122:000000000019d6689c085ae165831e93"]),
        "account": st.sampled_from(["a", "b", "c"]),
        "service": st.sampled_from(["X", "Y"]),
        "kind": st.sampled_from(["exchange", ""]),
        "reason": st.sampled_from(["service", "mixer", "held", "fee", "burned"]),
        "asset": st.sampled_from(["coin", "token"]),
        "amount": st.integers(1, 2**200).map(str),
        "first_time": st.none() | st.integers(0, 2**33),
        "last_time": st.none() | st.integers(0, 2**33),
    }
)


def result_of(endpoints: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "findings_hash": sha256_hex(b"f"),
        "provenance_hash": sha256_hex(b"p"),
        "software": {"name": "jindo", "version": "1"},
        "findings": {"rule": "fifo", "max_hops": None, "thefts": [], "endpoints": endpoints},
        "provenance": {"until": None, "decimals": {"coin": 8}, "ledger": {"chains": []}},
    }


@given(st.lists(ENDPOINT, max_size=12))
def test_sums_of_services_and_holdings_are_those_of_the_endpoints(endpoints: list[dict[str, Any]]) -> None:
    facts = build_trace_facts(result_of(endpoints), [])
    check_trace_facts(facts)
    for asset in ("coin", "token"):
        for name, reasons in (("services", ARRIVALS), ("held", ("held",))):
            said = sum(int(row["amount"]) for row in facts[name] if row["asset"] == asset)
            true = sum(int(e["amount"]) for e in endpoints if e["asset"] == asset and e["reason"] in reasons)
            assert said == true
        listed = [
            row for name in ("services", "held", "elsewhere") for row in facts[name] if row["asset"] == asset
        ]
        assert sum(int(row["amount"]) for row in listed) == sum(
            int(e["amount"]) for e in endpoints if e["asset"] == asset
        )


@given(st.lists(ENDPOINT, max_size=8), st.randoms())
def test_facts_do_not_depend_on_the_order_of_endpoints(endpoints: list[dict[str, Any]], random: Any) -> None:
    shuffled = list(endpoints)
    random.shuffle(shuffled)
    assert build_trace_facts(result_of(shuffled), []) == build_trace_facts(result_of(endpoints), [])
