"""The sim room: synthetic worlds with a known truth, and random chains for tests and benches.

* `make_world` gives the same world for the same name, seed and scale on any machine; `write_world` writes it,
  to the byte the same.
* The truth comes from the world's own books; this room does not know how tracing is done.
"""

from jindo.sim.books import Books, Owner, Role
from jindo.sim.catalogue import WORLDS, make_world
from jindo.sim.facts import TrueAct, TrueCrossing, TrueLeg, TrueOwner, TruePattern, WorldPrice
from jindo.sim.random_chains import powerlaw_columns, random_account_rows, random_utxo_rows
from jindo.sim.world import (
    AccountSide,
    AccountTransaction,
    InternalCall,
    Service,
    StolenRow,
    TheftTruth,
    TokenMove,
    Truth,
    TruthEndpoint,
    UtxoSide,
    World,
)
from jindo.sim.worlds import Recipe
from jindo.sim.worlds.full import BigWorld
from jindo.sim.write_big import write_any_world as write_world

__all__ = [
    "WORLDS",
    "make_world",
    "write_world",
    "World",
    "BigWorld",
    "Recipe",
    "AccountSide",
    "AccountTransaction",
    "InternalCall",
    "TrueAct",
    "TrueCrossing",
    "TrueLeg",
    "TrueOwner",
    "TruePattern",
    "WorldPrice",
    "TokenMove",
    "UtxoSide",
    "StolenRow",
    "Service",
    "Truth",
    "TheftTruth",
    "TruthEndpoint",
    "Books",
    "Owner",
    "Role",
    "random_account_rows",
    "random_utxo_rows",
    "powerlaw_columns",
]
