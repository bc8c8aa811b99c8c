"""A trace held against the world's books: exact, and loud where a single unit differs."""

from typing import Any

import pytest

from jindo.app.agreement import check_truth
from jindo.base.errors import IntegrityError
from jindo.base.ids import Account, AssetId, ChainId
from jindo.sim import TheftTruth, TruthEndpoint
from jindo.trace import CONSERVING

CHAIN, ASSET = ChainId("eip155:1"), AssetId("eip155:1/slip44:60")
TRUTH = TheftTruth(
    "t", CHAIN, ASSET, stolen=100, fee=3, frozen=0,
    endpoints=(
        TruthEndpoint(Account("0xa"), "A", "exchange", "service", 60),
        TruthEndpoint(Account("0xb"), "", "", "burned", 7),
        TruthEndpoint(Account("0xc"), "", "", "held", 30),
    ),
)  # fmt: skip


def row(reason: str, account: str, service: str, amount: int) -> dict[str, Any]:
    amounts = dict.fromkeys(CONSERVING, str(amount))
    return {
        "theft": "t",
        "asset": ASSET,
        "reason": reason,
        "account": account,
        "service": service,
        "amounts": amounts,
    }


def build_result() -> dict[str, Any]:
    spread = [row("service", "0xa", "A", 60), row("burned", "0xb", "burn address", 7), row("fee", "", "", 3)]
    held = [{"theft": "t", "reason": "held", "account": "0xc", "amount": "30"}]
    return {"spread": spread, "findings": {"rule": "fifo", "endpoints": held}}


def test_check_truth_agrees_where_every_figure_does() -> None:
    agreement = check_truth(TRUTH, build_result())
    assert (agreement.stolen, agreement.accounts, agreement.figures) == (100, 3, 5 * 4 + 1)


@pytest.mark.parametrize("rule", CONSERVING)
def test_check_truth_refuses_one_unit_under_any_rule(rule: str) -> None:
    result = build_result()
    result["spread"][0]["amounts"][rule] = "59"
    with pytest.raises(IntegrityError, match=f"the books say 30 base units, {rule} finds 31"):
        check_truth(TRUTH, result)


def test_check_truth_refuses_another_service_s_name() -> None:
    result = build_result()
    result["spread"][0]["service"] = "B"
    with pytest.raises(IntegrityError, match="service 0xa"):
        check_truth(TRUTH, result)


def test_check_truth_refuses_another_holder() -> None:
    result = build_result()
    result["findings"]["endpoints"][0]["account"] = "0xd"
    with pytest.raises(IntegrityError, match="held 0xc"):
        check_truth(TRUTH, result)
