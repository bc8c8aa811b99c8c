"""A crowd too large for objects on the account chain: columns, written as Parquet in parts with bounded memory.

* Plain payments and a dollar's transfers between accounts whose degrees fall like a power; nobody pays himself.
* Whoever pays has it: every account begins with all that it will ever pay out, and a tenth more.
* In a block the crowd stands after what is planned there already.

Who the thieves are and what they do is the worlds'.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from jindo.sim.crowd_stream import (
    BlockSpan,
    Bytes,
    CrowdSize,
    Numbers,
    WordStream,
    repeat_text,
    to_hex,
    write_table,
)

GWEI = 10**9
MOST = 9 * 10**9
"""Gwei of the largest payment: in wei it fits 63 bits."""
TOKEN_SHARE = 7
"""One transaction of so many moves dollars instead of ether."""


@dataclass(frozen=True, slots=True)
class AccountPart:
    """The crowd's transactions of a run of blocks."""

    block: Numbers
    tx_index: Numbers
    time: Numbers
    sender: Numbers
    receiver: Numbers
    gwei: Numbers
    """Of ether, or of dollars in millionths where `token`."""
    token: NDArray[np.bool_]
    hashes: Bytes


def iter_account_parts(seed: int, span: BlockSpan, size: CrowdSize) -> Iterator[AccountPart]:
    """The crowd on the account chain, part by part; the same each time it is asked for."""
    stream = WordStream(seed)
    for begin in range(0, span.blocks, size.part_blocks):
        heights = np.arange(begin, min(begin + size.part_blocks, span.blocks), dtype=np.int64)
        counts = size.per_block - 2 + stream.below(len(heights), 5)
        place = np.repeat(heights, counts)
        count = len(place)
        taken = np.array([span.taken.get(int(h) + span.first_block, 0) for h in heights], dtype=np.int64)
        index = np.arange(count) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(taken, counts)
        sender, receiver = stream.skewed(count, size.accounts), stream.skewed(count, size.accounts)
        receiver[receiver == sender] += 1
        receiver[receiver == size.accounts] = 0
        token = stream.below(count, TOKEN_SHARE) == 0
        # Small sums more often; the last digits are noise, as they are.
        gwei = 1 + stream.skewed(count, MOST)
        gwei[token] = 1 + gwei[token] // 90
        yield AccountPart(
            place + span.first_block, index, span.start + place * span.interval, sender, receiver, gwei, token,
            stream.bytes(count, 32),
        )  # fmt: skip


def write_account_crowd(
    out: Path, seed: int, span: BlockSpan, size: CrowdSize, *, dollar: str, labelled: int
) -> dict[str, Any]:
    """Writes the crowd's transactions, token transfers and openings; gives its counts, and its busiest addresses.

    The busiest `labelled` accounts are its exchanges.
    """
    names = to_hex(WordStream(seed + 1).bytes(size.accounts, 20), prefix=b"0x")
    owed = {False: np.zeros(size.accounts, dtype=np.int64), True: np.zeros(size.accounts, dtype=np.int64)}
    rows = tokens = 0
    for number, part in enumerate(iter_account_parts(seed, span, size)):
        for token, sums in owed.items():
            chosen = part.token == token
            np.add.at(sums, part.sender[chosen], part.gwei[chosen])
        tokens += _write_transfers(out / f"token_transfers-{number:03d}.parquet", part, names, dollar)
        rows += _write_transactions(out / f"transactions-{number:03d}.parquet", part, names, dollar)
    _write_openings(out, names, owed[False], span)
    _write_mints(out, names, owed[True], span, dollar, seed)
    busiest = [names[i].as_py() for i in range(labelled)]
    return {"transactions": rows, "transfers": rows, "token_transfers": tokens, "busiest": busiest}


def _write_transactions(path: Path, part: AccountPart, names: pa.StringArray, dollar: str) -> int:
    count = len(part.block)
    receivers = names.take(pa.array(part.receiver))
    to = pc.if_else(pa.array(part.token), pa.scalar(dollar), receivers)
    value = np.where(part.token, 0, part.gwei * GWEI)
    write_table(path, {
        "hash": to_hex(part.hashes, prefix=b"0x"),
        "block_number": pa.array(part.block),
        "transaction_index": pa.array(part.tx_index),
        "from_address": names.take(pa.array(part.sender)),
        "to_address": to,
        "value": pa.array(value),
        "gas_price": pa.array(np.full(count, 2 * GWEI)),
        "block_timestamp": pa.array(part.time),
        "receipt_status": pa.array(np.ones(count, dtype=np.int64)),
    })  # fmt: skip
    return count


def _write_transfers(path: Path, part: AccountPart, names: pa.StringArray, dollar: str) -> int:
    chosen = part.token
    count = int(chosen.sum())
    write_table(path, {
        "token_address": repeat_text(dollar, count),
        "from_address": names.take(pa.array(part.sender[chosen])),
        "to_address": names.take(pa.array(part.receiver[chosen])),
        "value": pa.array(part.gwei[chosen]),
        "transaction_hash": to_hex(part.hashes[chosen], prefix=b"0x"),
        # Far above what others' logs of the block have.
        "log_index": pa.array(1_000 + part.tx_index[chosen]),
        "block_number": pa.array(part.block[chosen]),
        "block_timestamp": pa.array(part.time[chosen]),
    })  # fmt: skip
    return count


def _write_openings(out: Path, names: pa.StringArray, gwei: Numbers, span: BlockSpan) -> None:
    """What each account begins with: all that it pays out, and a tenth more."""
    who = np.flatnonzero(gwei)
    digits = pa.array(gwei[who] * 11 // 10).cast(pa.string())
    value = pc.binary_join_element_wise(digits, str(GWEI)[1:], "")
    count = len(who)
    write_table(out / "traces-crowd.parquet", {
        "block_number": pa.array(np.full(count, span.first_block - 1)),
        "to_address": names.take(pa.array(who)),
        "value": value,
        "trace_type": repeat_text("genesis", count),
        "status": pa.array(np.ones(count, dtype=np.int64)),
        "block_timestamp": pa.array(np.full(count, span.start - span.interval)),
        "trace_id": pa.array([f"genesis_crowd_{i}" for i in range(count)]),
    })  # fmt: skip


def _write_mints(
    out: Path, names: pa.StringArray, units: Numbers, span: BlockSpan, dollar: str, seed: int
) -> None:
    """Dollars that each account begins with, minted by one transaction in the block before the first."""
    who = np.flatnonzero(units)
    count = len(who)
    tx_hash = to_hex(WordStream(seed + 2).bytes(1, 32), prefix=b"0x")
    zero, block = "0x" + "0" * 40, span.first_block - 1
    write_table(out / "token_transfers-mint.parquet", {
        "token_address": repeat_text(dollar, count),
        "from_address": repeat_text(zero, count),
        "to_address": names.take(pa.array(who)),
        "value": pa.array(units[who]),
        "transaction_hash": repeat_text(tx_hash[0].as_py(), count),
        "log_index": pa.array(np.arange(count)),
        "block_number": pa.array(np.full(count, block)),
        "block_timestamp": pa.array(np.full(count, span.start - span.interval)),
    })  # fmt: skip
    write_table(out / "transactions-mint.parquet", {
        "hash": tx_hash, "block_number": pa.array([block]), "transaction_index": pa.array([0]),
        "from_address": names.take(pa.array([0])), "to_address": pa.array([dollar]), "value": pa.array([0]),
        "gas_price": pa.array([2 * GWEI]), "block_timestamp": pa.array([span.start - span.interval]),
        "receipt_status": pa.array([1]),
    })  # fmt: skip
