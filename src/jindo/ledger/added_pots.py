"""An account chain with pots that no movement of it names, such as those that a wrapping fills without saying so.

* New pots stand past the chain's own, in the order given, so that no id changes; rows and runs stay as they are.
* A pot of an asset that the chain does not know makes the asset known, after the others.

Which pots there are to add is `trace`'s to say; such a chain is never stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from jindo.base.ids import AssetId
from jindo.ledger.account_chain import AccountChain
from jindo.ledger.indexing import build_adjacency


def add_pots(chain: AccountChain, pots: Sequence[tuple[int, AssetId]]) -> AccountChain:
    """`chain` with a pot for each (account, asset) of `pots`, none of which it has."""
    if not pots:
        return chain
    assets = tuple(dict.fromkeys([*chain.assets, *(asset for _, asset in pots)]))
    places = {asset: place for place, asset in enumerate(assets)}
    last = chain.runs[-1]
    accounts = np.append(last.pot_account, [account for account, _ in pots])
    of_asset = np.append(last.pot_asset, [places[asset] for _, asset in pots])
    grown = replace(
        last,
        pot_account=accounts,
        pot_asset=of_asset,
        account_pots=build_adjacency(accounts.astype(np.int64)),
    )
    unknown = (None,) * (len(assets) - len(chain.assets))
    return replace(chain, assets=assets, decimals=(*chain.decimals, *unknown), runs=(*chain.runs[:-1], grown))
