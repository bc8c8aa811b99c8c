"""Writes a world whose crowd is columns: the theft's files as any world's, and the crowd's in Parquet beside them.

    ethereum/transactions-NNN.parquet, token_transfers-NNN.parquet, …    as ethereum-etl's tables, in parts
    bitcoin/transactions-NNN.parquet                                     as bitcoin-etl's

* A part is in memory at a time, and what each of the crowd's accounts will ever pay.
* The same world gives the same bytes with the same version of pyarrow.
"""

from __future__ import annotations

import csv
from pathlib import Path

from jindo.sim.crowd_coins import write_coin_crowd
from jindo.sim.crowd_columns import write_account_crowd
from jindo.sim.world import World
from jindo.sim.worlds.full import BigWorld
from jindo.sim.write import write_described, write_parts, write_world

CROWD_EXCHANGE = "Crowd Exchange"


def write_any_world(world: World | BigWorld, out: Path) -> None:
    """Writes a world, however large, into the folder `out`, which is made where it is absent.

    Raises:
        ConflictError: `out` is a file, or a folder that holds something.
    """
    if isinstance(world, BigWorld):
        write_big_world(world, out)
    else:
        write_world(world, out)


def write_big_world(big: BigWorld, out: Path) -> None:
    """Writes `big` into the folder `out`, which is made where it is absent.

    Raises:
        ConflictError: `out` is a file, or a folder that holds something.
    """
    write_parts(big.core, out)
    # Streams of their own, apart from the theft's.
    base = 1_000_003 * (big.core.seed % 2**32)
    counts = write_account_crowd(
        out / "ethereum", base + 11, big.account, big.account_size, dollar=big.dollar, labelled=big.labelled
    )
    coins = write_coin_crowd(out / "bitcoin", base + 101, big.coins, big.coin_size)
    with (out / "services.csv").open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows(
            (a, f"{CROWD_EXCHANGE} {i + 1}", "exchange") for i, a in enumerate(counts["busiest"])
        )
    write_described(
        big.core,
        out,
        {
            "crowd_transfers": counts["transfers"],
            "crowd_token_transfers": counts["token_transfers"],
            "crowd_utxo_transactions": coins["transactions"],
            "services": len(big.core.services) + big.labelled,
        },
    )
