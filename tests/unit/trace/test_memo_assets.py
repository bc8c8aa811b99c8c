"""Which asset of a ledger a memo means, and which it cannot mean."""

from __future__ import annotations

import pytest

from jindo.base.ids import BITCOIN, ETHEREUM, UNNAMED_ASSET, ChainId, native_asset, token_asset
from jindo.trace.crossings.memo_assets import is_meant
from jindo.trace.crossings.memos import parse_memo

USDT = token_asset(ETHEREUM, "0xdac17f958d2ee523a2206206994597c13d831ec7")
BASE = ChainId("eip155:8453")


@pytest.mark.parametrize(
    ("written", "chain", "held", "meant"),
    [
        ("b", BITCOIN, native_asset(BITCOIN), True),
        ("BTC.BTC", ETHEREUM, native_asset(ETHEREUM), False),
        ("e", ETHEREUM, native_asset(ETHEREUM), True),
        ("e", BASE, native_asset(BASE), False),
        ("f", BASE, native_asset(BASE), True),
        ("e", ETHEREUM, "ETH", True),
        ("e", ETHEREUM, "stETH", False),
        ("e", ETHEREUM, USDT, False),
        ("ETH.USDT", ETHEREUM, USDT, True),
        ("ETH.USDT-ec7", ETHEREUM, USDT, True),
        ("ETH.USDT-0XDAC17F958D2EE523A2206206994597C13D831EC7", ETHEREUM, USDT, True),
        ("ETH.USDC-b48", ETHEREUM, USDT, False),
        ("ETH.USDT-ec7", ETHEREUM, native_asset(ETHEREUM), False),
        ("ETH.USDT", ETHEREUM, "usdt", True),
        ("ETH.USDT", ETHEREUM, UNNAMED_ASSET, True),
        ("BTC/BTC", BITCOIN, native_asset(BITCOIN), False),
        ("r", ETHEREUM, native_asset(ETHEREUM), False),
        ("s", ChainId("eip155:56"), native_asset(ChainId("eip155:56")), True),
    ],
)
def test_is_meant(written: str, chain: ChainId, held: str, *, meant: bool) -> None:
    asset = parse_memo(f"=:{written}:x").asset
    assert asset is not None
    assert is_meant(asset, chain=chain, held=held) is meant
