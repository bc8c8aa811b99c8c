"""Both tracers, asked in one way: a test that takes `tracer` runs on the reference and on the kernel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from tests.unit.trace.chains import Labels, Tracer

from jindo.ledger import Chain, UtxoChain
from jindo.trace import RULES, Findings, Named, build_stops, kernel, reference, resolve


@pytest.fixture(params=["reference", "kernel"])
def tracer(request: pytest.FixtureRequest) -> Tracer:
    def trace(
        chain: Chain,
        named: Sequence[Named],
        rule: str,
        *,
        labels: Labels | None = None,
        max_hops: int | None = None,
        opening: Mapping[int, int] | None = None,
        end: int | None = None,
    ) -> Findings:
        is_utxo = isinstance(chain, UtxoChain)
        asked: dict[str, Any] = {} if is_utxo else {"opening": opening}
        stops = build_stops(chain, labels)
        asked |= {"stops" if request.param == "kernel" else "stopped": stops}
        run: Any = getattr(
            kernel if request.param == "kernel" else reference,
            "trace_utxo_chain" if is_utxo else "trace_account_chain",
        )
        found: Findings = run(
            chain,
            resolve(named, [chain]).seeds[chain.chain],
            rule=RULES[rule],
            end=len(chain.block) if end is None else end,
            max_hops=max_hops,
            **asked,
        )
        return found

    return trace
