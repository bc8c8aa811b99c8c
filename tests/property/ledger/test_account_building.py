"""A run built from a stream of batches is the run that rows in memory give."""

import random
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from jindo.base.ids import ETHEREUM, AssetId
from jindo.ledger import AccountChain, Transfer, build_account_chain, read_transfers
from jindo.ledger.account_building import AccountRunBuilder, Start, build_start
from jindo.ledger.spool import Spool
from jindo.sim.random_chains import random_account_rows

SEEDS = st.integers(0, 1 << 30)
CUTS = st.lists(st.integers(0, 200), max_size=5)


def rows_of(seed: int, *, wide: bool) -> list[Transfer]:
    rng = random.Random(seed)
    most = 10**30 if wide else 1_000
    given = random_account_rows(rng, events=rng.randrange(1, 80), max_amount=most)
    chain = build_account_chain(ETHEREUM, given)
    return read_transfers(chain, range(chain.event_count))


def to_batch(rows: list[Transfer]) -> pa.RecordBatch:
    def ints(values: list[int | None], kind: pa.DataType) -> pa.Array:
        return pa.array([-1 if value is None else value for value in values], kind)

    large = [row.amount >= 10**18 for row in rows]
    return pa.record_batch(
        {
            "block": ints([row.block for row in rows], pa.int64()),
            "time": ints([row.time for row in rows], pa.int64()),
            "tx_hash": pa.array([row.tx_hash for row in rows], pa.string()),
            "tx_index": ints([row.tx_index for row in rows], pa.int64()),
            "kind": ints([int(row.kind) for row in rows], pa.int8()),
            "position": ints([row.position for row in rows], pa.int64()),
            "sender": pa.array([row.sender for row in rows], pa.string()),
            "receiver": pa.array([row.receiver for row in rows], pa.string()),
            "asset": pa.array([row.asset for row in rows], pa.string()),
            "amount": pa.array(
                [None if big else row.amount for row, big in zip(rows, large, strict=True)], pa.int64()
            ),
            "wide": pa.array(
                [str(row.amount) if big else None for row, big in zip(rows, large, strict=True)], pa.string()
            ),
            "memo": pa.array([row.memo for row in rows], pa.string()),
        }
    )


def stream(rows: list[Transfer], cuts: list[int], start: Start) -> tuple[AccountChain, tuple[AssetId, ...]]:
    ends = [0, *sorted(cut % (len(rows) + 1) for cut in cuts), len(rows)]
    with TemporaryDirectory() as folder:
        builder = AccountRunBuilder(start, Spool(Path(folder) / "run"))
        for a, b in pairwise(ends):
            builder.add(to_batch(rows[a:b]))
        run, assets = builder.finish()
        assert run is not None
        chain = AccountChain(
            ETHEREUM, assets, (None,) * len(assets), narrow=run.max_traffic < 2**62, runs=(run,)
        )
        return chain, assets


@given(SEEDS, CUTS, st.booleans())
def test_batches_give_the_chain_that_rows_give(seed: int, cuts: list[int], wide: bool) -> None:
    rows = rows_of(seed, wide=wide)
    chain, _ = stream(rows, cuts, Start())
    assert chain == build_account_chain(ETHEREUM, rows)


@given(SEEDS, CUTS, st.integers(0, 200), st.booleans())
def test_what_follows_takes_the_numbers_of_what_is_there(
    seed: int, cuts: list[int], cut: int, wide: bool
) -> None:
    rows = rows_of(seed, wide=wide)
    blocks = sorted({row.block for row in rows})
    height = blocks[cut % len(blocks)]
    first, rest = [r for r in rows if r.block < height], [r for r in rows if r.block >= height]
    before = build_account_chain(ETHEREUM, first)
    names = sorted({n for row in rest for n in (row.sender, row.receiver) if n is not None})
    after, assets = stream(rest, cuts, build_start(before, len(before.runs), names))
    runs = (*before.runs, *after.runs)
    whole = build_account_chain(ETHEREUM, rows)
    assert AccountChain(ETHEREUM, assets, (None,) * len(assets), narrow=whole.narrow, runs=runs) == whole
