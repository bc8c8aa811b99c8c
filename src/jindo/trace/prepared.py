"""A chain laid out for the kernels, with its stops decided: made once, asked by any number of traces.

* Nothing of the ledger is read for it; stops are a bit for each pot (on a UTXO chain a sorted list of accounts).
* It holds the chain, so that what its tables point to stays in memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from jindo.ledger import AccountChain, Ints, UtxoChain
from jindo.trace.boundary import Stops, stopped_pots
from jindo.trace.kernel_columns import ChainTables, build_bits, lay_out


@dataclass(frozen=True, slots=True)
class PreparedAccountChain:
    """An account chain, and the pots that are not followed."""

    chain: AccountChain
    tables: ChainTables
    stopped: Ints
    """A bit for each pot."""


@dataclass(frozen=True, slots=True)
class PreparedUtxoChain:
    """A UTXO chain, and the accounts whose outputs are not followed."""

    chain: UtxoChain
    tables: ChainTables
    stopped: Ints
    """Accounts, ascending."""


def prepare_account_chain(chain: AccountChain, stopped: Stops | Iterable[int]) -> PreparedAccountChain:
    """The chain, ready for traces that stop at these stops, or at these pots."""
    pots = stopped_pots(chain, stopped) if isinstance(stopped, Stops) else stopped
    marked = pots if isinstance(pots, np.ndarray) else np.fromiter(pots, np.int64)
    return PreparedAccountChain(chain, lay_out(chain), build_bits(chain.pot_count, marked))


def prepare_utxo_chain(chain: UtxoChain, stops: Stops) -> PreparedUtxoChain:
    """The chain, ready for traces that stop at these stops."""
    return PreparedUtxoChain(chain, lay_out(chain), np.array(sorted(stops.by_account), np.int64))
