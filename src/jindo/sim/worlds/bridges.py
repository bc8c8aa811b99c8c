"""The world `bridges`: a theft of three assets through swaps, bridges with memos and without, and partly back.

* `crossings.json` tells every crossing of everybody, thief or not: what departed, what arrived, which memo said so.
* The theft has one sheet for each asset it was in: stolen and arrived are held, reached, departed and fees.
* Innocents are several times as many as thieves at every service.

Sources: THORChain's public documentation; domain facts of public reporting; `docs/reference/worlds.md`.
"""

from __future__ import annotations

from jindo.sim.world import World
from jindo.sim.worlds.bridges_cast import END, START, THEFT, BridgeCast, build_bridges
from jindo.sim.worlds.bridges_crowd import play_crowd
from jindo.sim.worlds.bridges_memo_bridge import plan_churns
from jindo.sim.worlds.bridges_thief import play_theft
from jindo.sim.worlds.scene import BITCOINS, ETHER, WorldScene, build_scene, seal_scene

NAME = "bridges"
DESCRIPTION = (
    "A theft through swaps, bridges with memos and without, refunds and a way back, among their users"
)

MODELS = (
    "30,000 ether, 6,000 staked ether and 12 million dollars leave an exchange in three transactions.",
    (
        "Swaps in pools, direct or by a router, over one to three pools, with a collector's cut or none; wrapped "
        "ether with Transfer events on wrapping and without; staking; exact purchases; shares in a pool; two "
        "assets sold at once."
    ),
    (
        "A bridge after THORChain's public documentation: memos in full, short and streaming forms, deposits into "
        "vaults or by a router's call, answers with OUT and REFUND, one of fourteen returned, streams carried out in "
        "part, vaults that move."
    ),
    (
        "A bridge and two instant exchangers without memos: fees of 0.1 to 3 %, delays of up to 120 minutes, "
        "payouts that share a transaction now and then."
    ),
    "5 % of the bitcoin goes back to ether by the memo bridge, 4 % by the others.",
    "Lying memos: of the thief's to his own wallets, impostors' answers, failed and empty deposits, liquidity.",
)
SIMPLIFICATIONS = (
    "All names, addresses and hashes are invented; no key stands behind an address.",
    "The thief's wallets hold stolen value alone; gas for tokens comes from stolen ether.",
    "Pools quote at the hour's price less 0.3 %; trades do not move them, and pools never run dry.",
    "Unstaking pays at once; the queue of a real staking contract is left out. Staked ether does not grow.",
    "Two chains only: bridges that pay elsewhere are left out.",
    "Service wallets are labelled, but for one pool in five. Instant exchangers label each order's address.",
    "Contracts' approvals, reverted swaps, flash loans and sandwiches are left out.",
)


def make_bridges(*, seed: int, scale: float) -> World:
    """The world at a scale; at 1 it has some 12,000 account and 5,000 UTXO transactions."""
    scene = build_scene(NAME, seed=seed, scale=scale, start=START, thefts={})
    cast = build_bridges(scene)
    _open_books(scene, cast)
    plan_churns(cast)
    play_theft(cast)
    play_crowd(cast)
    cast.agenda.play(END)
    scene.prices = cast.market.list_rows()
    return seal_scene(
        scene, name=NAME, description=DESCRIPTION, seed=seed, scale=scale, models=MODELS,
        simplifications=SIMPLIFICATIONS,
    )  # fmt: skip


def _open_books(scene: WorldScene, cast: BridgeCast) -> None:
    t = cast.tokens
    others = (t.staked, t.dollar, t.other, t.wrapped, t.loud, t.share, BITCOINS)
    scene.books.open_theft(THEFT, asset=ETHER, others=others)
