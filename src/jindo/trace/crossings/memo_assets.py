"""Which asset of a ledger a memo means.

* The bridge's words for chains are those of its documentation; a chain that has none here is never paid by a memo.
* A coin is the chain's own. A token is known by its contract, or by the last letters of it; where neither the memo nor
  the ledger names a contract, by its symbol. What neither side says does not speak against a match.

Sources: THORChain's documentation, "Asset Notation"; CAIP-2 namespaces eip155, bip122, cosmos, solana, tron, xrpl.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from jindo.base.ids import BITCOIN, ETHEREUM, TRON, UNNAMED_ASSET, ChainId, native_asset
from jindo.trace.crossings.memos import MemoAsset

CHAINS: Mapping[str, ChainId] = MappingProxyType(
    {
        "ARB": ChainId("eip155:42161"),
        "AVAX": ChainId("eip155:43114"),
        "BASE": ChainId("eip155:8453"),
        "BCH": ChainId("bip122:000000000000000000651ef99cb9fcbe"),
        "BSC": ChainId("eip155:56"),
        "BTC": BITCOIN,
        "DOGE": ChainId("bip122:1a91e3dace36e2be3bf030a65679fe82"),
        "ETH": ETHEREUM,
        "GAIA": ChainId("cosmos:cosmoshub-4"),
        "LTC": ChainId("bip122:12a765e31ffd4059bada1e25190f6e98"),
        "SOL": ChainId("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"),
        "TRON": TRON,
        "XRP": ChainId("xrpl:0"),
    }
)
_COINS = {"ARB": "ETH", "BASE": "ETH", "BSC": "BNB", "GAIA": "ATOM", "TRON": "TRX"}
"""Coins that are not called as their chain."""


def is_meant(asset: MemoAsset, *, chain: str, held: str) -> bool:
    """Whether an asset of a ledger (CAIP-19, or a symbol) on a chain can be the one that a memo names."""
    if asset.is_on_thorchain or CHAINS.get(asset.chain) != chain:
        return False
    if held == UNNAMED_ASSET:
        return True
    is_coin = asset.ticker == _COINS.get(asset.chain, asset.chain) and not asset.contract
    if held == native_asset(ChainId(chain)):
        return is_coin
    if "/" in held:
        return not is_coin and held.lower().endswith(asset.contract.removeprefix("0x"))
    return held.upper() == asset.ticker
