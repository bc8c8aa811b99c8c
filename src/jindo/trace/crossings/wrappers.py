"""Contracts that wrap a chain's own coin, one for one, without a Transfer event that says so.

* Coin sent to such a contract is a wrap: the sender has as many tokens. Coin that it sends is an unwrap.
* Known by address: the canonical wrapped coin of each chain. One that is missing here is an ordinary account.

Sources: the chains' own documentation of their canonical WETH9 contracts (Ethereum, Base and Optimism's predeploy,
Arbitrum, Polygon's WMATIC, BNB Chain's WBNB, Avalanche's WAVAX, Gnosis' WXDAI).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from jindo.base.ids import Account, ChainId

WRAPPERS: Mapping[ChainId, tuple[Account, ...]] = MappingProxyType(
    {
        ChainId("eip155:1"): (Account("0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"),),
        ChainId("eip155:10"): (Account("0x4200000000000000000000000000000000000006"),),
        ChainId("eip155:56"): (Account("0xbb4cdb9cbd36b01bd1cbaebf2de08d9173bc095c"),),
        ChainId("eip155:100"): (Account("0xe91d153e0b41518a2ce8dd3d7944fa863463a97d"),),
        ChainId("eip155:137"): (Account("0x0d500b1d8e8ef31e21c99d1db9a6444d3adf1270"),),
        ChainId("eip155:8453"): (Account("0x4200000000000000000000000000000000000006"),),
        ChainId("eip155:42161"): (Account("0x82af49447d8a07e3bd95bd0d56f35241523fbab1"),),
        ChainId("eip155:43114"): (Account("0xb31f66aa3c1e785363f0875a1b74e27b85fd66c7"),),
    }
)
"""By chain; canonical addresses."""
