"""A run built from a stream of batches is the run that rows in memory give."""

import dataclasses
import random
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from jindo.base.ids import ETHEREUM, AssetId
from jindo.ledger import AccountChain, Transfer, build_account_chain, read_transfers
from jindo.ledger.account_building import AccountRunBuilder, Start, build_start
from jindo.ledger.interning import NameIds
from jindo.ledger.numbering import TextNumbering
from jindo.ledger.packing import pack_hashes
from jindo.ledger.run_counts import check_lengths, count_run, find_start
from jindo.ledger.run_files import map_run, write_run
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


def to_batch(rows: list[Transfer], names: NameIds, assets: TextNumbering) -> pa.RecordBatch:
    def ints(values: list[int | None], kind: pa.DataType) -> pa.Array:
        return pa.array([-1 if value is None else value for value in values], kind)

    def texts(values: list[str | None]) -> pa.Array:
        return pa.array(values, pa.large_string())

    large = [row.amount >= 10**18 for row in rows]
    return pa.record_batch(
        {
            "block": ints([row.block for row in rows], pa.int64()),
            "time": ints([row.time for row in rows], pa.int64()),
            "tx_hash": pack_hashes(texts([row.tx_hash for row in rows])),
            "tx_index": ints([row.tx_index for row in rows], pa.int32()),
            "kind": ints([int(row.kind) for row in rows], pa.int8()),
            "position": ints([row.position for row in rows], pa.int32()),
            "sender": pa.array(names.number(texts([row.sender for row in rows]))),
            "receiver": pa.array(names.number(texts([row.receiver for row in rows]))),
            "asset": pa.array(assets.number(texts([row.asset for row in rows]))),
            "amount": pa.array(
                [None if big else row.amount for row, big in zip(rows, large, strict=True)], pa.int64()
            ),
            "wide": texts([str(row.amount) if big else None for row, big in zip(rows, large, strict=True)]),
            "memo": texts([row.memo for row in rows]),
        }
    )


def stream(
    rows: list[Transfer], cuts: list[int], start: Start, most_rows: int
) -> tuple[AccountChain, tuple[AssetId, ...]]:
    ends = [0, *sorted(cut % (len(rows) + 1) for cut in cuts), len(rows)]
    names, assets = NameIds(), TextNumbering()
    to_batch(rows[::-1], names, assets)  # ids are given in another order than the ledger's
    batches = [to_batch(rows[a:b], names, assets) for a, b in pairwise(ends)]
    with TemporaryDirectory() as folder:
        known = [*assets.new_texts()]
        builder = AccountRunBuilder(start, Spool(Path(folder) / "run"), names, known, most_rows=most_rows)
        for batch in batches:
            builder.add(batch)
        runs, found = builder.finish()
        narrow = sum(run.max_traffic for run in runs) < 2**62
        chain = AccountChain(ETHEREUM, found, (None,) * len(found), narrow=narrow, runs=runs)
        for run in runs:
            check_lengths(run, count_run(run))
            assert len(run.src) <= most_rows or len(run.blocks.height) == 1
        parts: list[Any] = []
        for i, run in enumerate(runs):
            place = Path(folder) / f"{i}.arrow"
            write_run(run, place)
            counts = count_run(run)
            traffic = run.max_traffic
            parts.append(map_run(place, "account", start=find_start(run), counts=counts, max_traffic=traffic))
        mapped = AccountChain(ETHEREUM, found, chain.decimals, narrow=narrow, runs=tuple(parts))
        assert mapped == chain
        return mapped, found


@given(SEEDS, CUTS, st.booleans(), st.integers(1, 100))
def test_batches_give_the_chain_that_rows_give(seed: int, cuts: list[int], wide: bool, most: int) -> None:
    rows = rows_of(seed, wide=wide)
    chain, _ = stream(rows, cuts, Start(), most)
    whole = build_account_chain(ETHEREUM, rows)
    assert chain == dataclasses.replace(whole, narrow=chain.narrow)
    if len(chain.runs) == 1:
        assert chain.narrow == whole.narrow


@given(SEEDS, CUTS, st.integers(0, 200), st.booleans(), st.integers(1, 100))
def test_what_follows_takes_the_numbers_of_what_is_there(
    seed: int, cuts: list[int], cut: int, wide: bool, most: int
) -> None:
    rows = rows_of(seed, wide=wide)
    blocks = sorted({row.block for row in rows})
    height = blocks[cut % len(blocks)]
    first, rest = [r for r in rows if r.block < height], [r for r in rows if r.block >= height]
    before = build_account_chain(ETHEREUM, first)
    names = sorted({n for row in rest for n in (row.sender, row.receiver) if n is not None})
    after, assets = stream(rest, cuts, build_start(before, len(before.runs), names), most)
    runs = (*before.runs, *after.runs)
    whole = build_account_chain(ETHEREUM, rows)
    assert AccountChain(ETHEREUM, assets, (None,) * len(assets), narrow=whole.narrow, runs=runs) == whole
