"""A crowd too large for objects on the UTXO chain: payments of one or two coins with change, as Parquet in parts.

* Each coin is spent once, oldest first, and in a later block than the one that made it.
* The first coins come from before the world, with value and address stated.
* In a block the crowd stands after what is planned there already.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from jindo.sim.crowd_stream import (
    BlockSpan,
    Bytes,
    CrowdSize,
    Numbers,
    WordStream,
    to_bech32,
    to_hex,
    write_table,
)

BTC = 10**8
FEE = 400
"""Satoshi of fee for each coin spent."""


@dataclass(slots=True)
class _Coins:
    """Coins in the order in which they will be spent."""

    hashes: Bytes
    index: Numbers
    value: Numbers
    account: Numbers

    def split(self, count: int) -> tuple[_Coins, _Coins]:
        """The first so many, and the others."""
        return (
            _Coins(self.hashes[:count], self.index[:count], self.value[:count], self.account[:count]),
            _Coins(self.hashes[count:], self.index[count:], self.value[count:], self.account[count:]),
        )


@dataclass(slots=True)
class _Part:
    """What a file is made of, block by block."""

    hashes: list[Bytes] = field(default_factory=list)
    block: list[Numbers] = field(default_factory=list)
    tx_index: list[Numbers] = field(default_factory=list)
    inputs: list[Numbers] = field(default_factory=list)
    """How many each transaction spends."""
    spent: list[_Coins] = field(default_factory=list)
    made: list[_Coins] = field(default_factory=list)


def write_coin_crowd(out: Path, seed: int, span: BlockSpan, size: CrowdSize) -> dict[str, Any]:
    """Writes the crowd's transactions; gives their number."""
    stream = WordStream(seed)
    names = to_bech32(WordStream(seed + 1).bytes(size.accounts, 20))
    # What a block makes waits about a day before it is spent.
    first = 3 * size.per_block * min(160, max(2, span.blocks // 6))
    waiting = [
        _Coins(
            stream.bytes(first, 32), np.zeros(first, dtype=np.int64), BTC // 50 + stream.skewed(first, 4 * BTC),
            stream.skewed(first, size.accounts),
        )
    ]  # fmt: skip
    count = 0
    for number, begin in enumerate(range(0, span.blocks, size.part_blocks)):
        part = _Part()
        pool = _join(waiting)
        waiting = []
        for height in range(begin, min(begin + size.part_blocks, span.blocks)):
            if len(pool.value) < 3 * size.per_block + 9:
                pool = _join([pool, *waiting])
                waiting = []
            pool, made = _play_block(part, stream, pool, span, size, height)
            waiting.append(made)
        waiting.insert(0, pool)
        count += _write_part(out / f"transactions-{number:03d}.parquet", part, names, span)
    return {"transactions": count}


def _play_block(
    part: _Part, stream: WordStream, pool: _Coins, span: BlockSpan, size: CrowdSize, height: int
) -> tuple[_Coins, _Coins]:
    """One block's transactions; gives the coins left and the coins made."""
    count = size.per_block - 2 + int(stream.below(1, 5)[0])
    inputs = 1 + stream.below(count, 2)
    spent, pool = pool.split(int(inputs.sum()))
    ends = np.cumsum(inputs)
    total = np.add.reduceat(spent.value, ends - inputs) - FEE * inputs
    paid = total * (5 + stream.below(count, 85)) // 100
    hashes = stream.bytes(count, 32)
    block = span.first_block + height
    part.hashes.append(hashes)
    part.block.append(np.full(count, block))
    part.tx_index.append(np.arange(count) + span.taken.get(block, 0))
    part.inputs.append(inputs)
    part.spent.append(spent)
    value = np.stack([paid, total - paid], axis=1).reshape(-1)
    made = _Coins(
        np.repeat(hashes, 2, axis=0), np.tile(np.array([0, 1]), count), value,
        stream.skewed(2 * count, size.accounts),
    )  # fmt: skip
    part.made.append(made)
    # What is nearly nothing is left where it is.
    keep = made.value > 20 * FEE
    return pool, _Coins(made.hashes[keep], made.index[keep], made.value[keep], made.account[keep])


def _join(coins: list[_Coins]) -> _Coins:
    return _Coins(
        np.concatenate([c.hashes for c in coins]), np.concatenate([c.index for c in coins]),
        np.concatenate([c.value for c in coins]), np.concatenate([c.account for c in coins]),
    )  # fmt: skip


def _write_part(path: Path, part: _Part, names: pa.StringArray, span: BlockSpan) -> int:
    block, inputs = np.concatenate(part.block), np.concatenate(part.inputs)
    count = len(block)
    spent, made = _join(part.spent), _join(part.made)
    starts = np.concatenate([[0], np.cumsum(inputs)])
    place = np.arange(len(spent.value)) - np.repeat(starts[:-1], inputs)
    given = {
        "index": pa.array(place), "spent_transaction_hash": to_hex(spent.hashes), "spent_output_index": pa.array(spent.index),
        "value": pa.array(spent.value), "addresses": _singles(names, spent.account),
    }  # fmt: skip
    got = {
        "index": pa.array(made.index),
        "value": pa.array(made.value),
        "addresses": _singles(names, made.account),
    }
    write_table(path, {
        "hash": to_hex(np.concatenate(part.hashes)),
        "block_number": pa.array(block),
        "block_timestamp": pa.array(span.start + (block - span.first_block) * span.interval),
        "index": pa.array(np.concatenate(part.tx_index)),
        "is_coinbase": pa.array(np.zeros(count, dtype=bool)),
        "inputs": _lists(starts, given),
        "outputs": _lists(np.arange(count + 1) * 2, got),
    })  # fmt: skip
    return count


def _singles(names: pa.StringArray, accounts: Numbers) -> pa.ListArray:
    offsets = pa.array(np.arange(len(accounts) + 1, dtype=np.int32))
    return pa.ListArray.from_arrays(offsets, names.take(pa.array(accounts)))


def _lists(starts: Numbers, columns: dict[str, Any]) -> pa.ListArray:
    rows = pa.StructArray.from_arrays(list(columns.values()), names=list(columns))
    return pa.ListArray.from_arrays(pa.array(starts.astype(np.int32)), rows)
