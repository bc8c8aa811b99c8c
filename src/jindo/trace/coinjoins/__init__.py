"""CoinJoins by their structure: transactions that several owners signed together, by the protocols known.

* `find_coinjoins` reads a whole UTXO chain and says which transactions look like one, of which protocol, by which figures.
* What is found is inference: a boundary for tracing (`mixer`), and no ground for clustering. It is never a fact.
* Sources and defaults stand in `CoinJoinParameters`; the rule's version is `VERSION`.

Enter by this door: `from jindo.trace import coinjoins`.
"""

from jindo.trace.coinjoins.finding import COLUMNS, HEURISTIC, VERSION, CoinJoin, CoinJoins, find_coinjoins
from jindo.trace.coinjoins.parameters import KINDS, CoinJoinParameters

__all__ = [
    "COLUMNS",
    "HEURISTIC",
    "KINDS",
    "VERSION",
    "CoinJoin",
    "CoinJoinParameters",
    "CoinJoins",
    "find_coinjoins",
]
