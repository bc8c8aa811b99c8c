"""What a bridge's payments spend on a UTXO chain: stops, whoever owns them.

* A payment empties its inputs whole, and the outputs that arrive carry what the departures sent. Stolen units that lay
  in such an input, because somebody paid the vault without a memo, would be lost: they end there, under `service`.
* On an account chain a payment's payer is not touched, and nothing has to stop there.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from jindo.ledger import NOBODY, Chain, UtxoChain
from jindo.trace.boundary import FindsStops, Stop
from jindo.trace.crossings.crossing import Crossing

VAULT = Stop("service", "bridge vault", "bridge", "matched memos")


@dataclass(frozen=True, slots=True)
class PotStops:
    """The stops of one chain, with pots that are stops by themselves."""

    stops: FindsStops
    pots: Container[int]

    def find(self, pot: int) -> Stop | None:
        """The stop of a pot, or `None` where it is followed."""
        return self.stops.find(pot) or (VAULT if pot in self.pots else None)


def find_vault_pots(chain: Chain, crossings: Sequence[Crossing]) -> frozenset[int]:
    """The outputs that arrivals on this chain spend; none on an account chain."""
    if not isinstance(chain, UtxoChain):
        return frozenset()
    legs = (leg for crossing in crossings for leg in (*crossing.arrivals, *crossing.returns))
    rows = {leg.row for leg in legs if leg.chain == chain.chain}
    spent = {int(chain.in_output[i]) for row in rows for i in chain.inputs_of(row)}
    return frozenset(spent - {NOBODY})
