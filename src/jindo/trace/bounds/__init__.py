"""True bounds: the least and the most that can have come to an endpoint, whichever units one says were the stolen ones.

* A bound holds for every way of saying, movement by movement, which whole units were the stolen ones; the five rules
  are five such ways, and each one's answer lies within.
* Bounds are exact integers. Where they are not both reached by some way, they are marked; they hold all the same.
* Beyond a stated size, and under a limit of hops, nothing is computed, and the answer says why.

What the rules say is `reference`'s; what a report shows is `app`'s. `docs/explain/bounds.md` has the method.
"""

from jindo.trace.bounds.answer import Bound, Bounds, bound_account_chain, bound_utxo_chain
from jindo.trace.bounds.sizes import DEFAULT_SIZES, Sizes

__all__ = ["Bound", "Bounds", "DEFAULT_SIZES", "Sizes", "bound_account_chain", "bound_utxo_chain"]
