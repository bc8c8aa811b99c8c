"""Common-input clusters, each union with the transaction that proves it.

* `build_clusters` reads a UTXO chain, leaves out what it is told to (CoinJoins), and keeps the minimum spanning forest by
  ledger order; `Clusters.explain` gives the path of transactions between two accounts.
* The forest is the same in whatever order and on whatever engine it is built: `merge_forests` joins those of parts.
* What is found is inference: that who signs together is one. Accounts and clusters are different types.

Enter by this door: `from jindo.trace import clusters`.
"""

from jindo.trace.clusters.building import HEURISTIC, VERSION, build_clusters, build_forest, merge_forests
from jindo.trace.clusters.forest import ClusterId, Clusters, Forest, Union

__all__ = [
    "HEURISTIC",
    "VERSION",
    "ClusterId",
    "Clusters",
    "Forest",
    "Union",
    "build_clusters",
    "build_forest",
    "merge_forests",
]
