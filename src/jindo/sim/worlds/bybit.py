"""The world `bybit`: a theft in the shape of Bybit's, February 2025, on an account chain and a UTXO chain.

* Two named thefts: `bybit-like` out of the cold wallet, and `bybit-like-btc` out of the bridge's payouts.
* Thieves hold no innocent coins before a service has them, so every conserving rule must equal the truth.
* The loot is the same at every scale; scale divides it into more wallets and transactions, in proportion.

The acts are told in `bybit_ether` and `bybit_coins`, the innocent traffic in `bybit_crowd` and
`bybit_coin_crowd`.
"""

from __future__ import annotations

from jindo.sim.world import StolenRow, World
from jindo.sim.worlds.bybit_cast import COIN_THEFT, ETHER_THEFT, Stage, build_stage
from jindo.sim.worlds.bybit_coin_crowd import play_coin_crowd, play_sweeps
from jindo.sim.worlds.bybit_coins import launder_coins, play_payouts
from jindo.sim.worlds.bybit_crowd import play_crowd
from jindo.sim.worlds.bybit_ether import play_theft

NAME = "bybit"
DESCRIPTION = (
    "A theft of 401,000 ether in the shape of Bybit's, through a bridge into bitcoin, with innocent traffic"
)

MODELS = (
    (
        "401,000 ether leave an exchange's cold wallet in three transactions and are spread over about 50 "
        "wallets of about 8,000 within two hours."
    ),
    (
        "Those wallets empty along the reported curve: 10 % of the loot by day 2, 27 % by day 5, 54 % by "
        "day 7, 83 % by day 11; the rest is held."
    ),
    (
        "72 % of what leaves them goes through one bridge that pays in bitcoin, the rest through an instant "
        "exchanger, another bridge, exchanges' deposit addresses, a mixer pool and others, down peel chains."
    ),
    (
        "The bridge's bitcoin payouts begin in wallets of 1.7 bitcoin on average; a third split on into pieces "
        "of 0.28, of which some go to a CoinJoin, a tumbler and exchanges."
    ),
    (
        "Around it: customers of exchanges, payments between people, a stablecoin, failed transactions, "
        "address poisoning with zero transfers and fake tokens, withdrawals in batches, sweeps, coinbases."
    ),
)
SIMPLIFICATIONS = (
    "All names, addresses and hashes are invented; no key stands behind an address.",
    (
        "Only ether is stolen: the staked-ether tokens of the real theft are left out, so first-layer "
        "wallets hold 8,000 ether where the real ones held 10,000."
    ),
    "The real theft touched tens of thousands of wallets; at scale 1 there are fewer, each with more in it.",
    (
        "Thieves' wallets never receive a clean coin: no gas from elsewhere, no refund, no return from "
        "bitcoin to ether."
    ),
    "A mixer is a labelled address; what happens inside it, CoinJoin rounds included, is not modelled.",
    "Every wallet of every service is labelled, but for the robbed cold wallet; real labels have gaps.",
    (
        "The bridge that pays in bitcoin is a service stop on the one chain and the origin of a second "
        "theft on the other; the other bridge pays out on chains that are not here."
    ),
    "Wallets are funded at the beginning by issuance; there is no price, no contract and no internal call.",
)


def make_bybit(*, seed: int, scale: float) -> World:
    """The world at a scale; at 1 it has some 40,000 account movements and 5,000 UTXO transactions."""
    stage = build_stage(NAME, seed=seed, scale=scale)
    first = play_theft(stage)
    play_crowd(stage, first)
    launder_coins(stage, play_payouts(stage))
    play_coin_crowd(stage)
    play_sweeps(stage)
    return _seal(stage, seed=seed, scale=scale)


def _seal(stage: Stage, *, seed: int, scale: float) -> World:
    account, utxo = stage.ether.seal(stage.books), stage.coins.seal(stage.books)
    stage.books.check()
    stolen = [
        StolenRow(tx.tx_hash, None, ETHER_THEFT)
        for tx in account.transactions
        if tx.tx_hash in stage.ether.thefts
    ]
    for tx in utxo.transactions:
        places = range(len(tx.outputs))
        stolen += [
            StolenRow(tx.tx_hash, i, COIN_THEFT) for i in places if (tx.tx_hash, i) in stage.coins.thefts
        ]
    return World(
        name=NAME,
        description=DESCRIPTION,
        seed=seed,
        scale=float(scale),
        account=account,
        utxo=utxo,
        stolen=tuple(stolen),
        services=tuple(sorted(stage.services)),
        truth=stage.books.build_truth(),
        models=MODELS,
        simplifications=SIMPLIFICATIONS,
    )
