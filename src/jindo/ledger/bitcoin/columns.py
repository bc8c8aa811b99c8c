"""Many raw blocks at once, as columns: what the transactions of a chain are made of, hashed, checked and named.

* What comes out of a block is what `block`, `transaction`, `merkle` and `script` say of it, which are the form to
  read; a block that they refuse is refused here, in their words.
* Rows stand in the order of the bytes. A coinbase stands without its input, which spends nothing.
* Counts, places and values have 64 bits; hashes are in the bytes' order, which explorers show reversed.

Which blocks stand at which height is `placing`'s; where the bytes come from, `sources.bitcoin_blocks`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from jindo.base.errors import InputError
from jindo.ledger.bitcoin.block import (
    HEADER_SIZE,
    BlockHeader,
    check_block,
    check_work,
    parse_block,
    parse_header,
)
from jindo.ledger.bitcoin.kernel_fill import fill_rows
from jindo.ledger.bitcoin.kernel_name_room import make_name_room
from jindo.ledger.bitcoin.kernel_names import measure_names, write_names
from jindo.ledger.bitcoin.kernel_scripts import find_kinds
from jindo.ledger.bitcoin.kernel_sha256 import make_hash_room
from jindo.ledger.bitcoin.kernel_walk import (
    DIGEST,
    FIRST_INPUT,
    FIRST_OUTPUT,
    SIZE,
    START,
    WalkedRows,
    count_rows,
    make_rows,
)
from jindo.ledger.bitcoin.networks import Network
from jindo.ledger.bitcoin.parcel import PlacedTransactions
from jindo.ledger.chain import Ints

_SPARE = 64
"""Bytes that hashing and naming may touch behind what they keep."""


@dataclass(frozen=True, slots=True)
class BlockColumns:
    """b blocks with t transactions, i inputs and o outputs, in the order in which they were given."""

    data: bytes
    """The blocks that were given, end to end; places count from its beginning."""
    headers: tuple[BlockHeader, ...]
    """b."""
    number: Ints
    """b: which of the blocks that were given each is."""
    starts: Ints
    """b: where each block begins in `data`."""
    sizes: Ints
    """b: its bytes."""
    first: Ints
    """b + 1 offsets: the transactions of block k are `first[k]` to `first[k + 1]`; the first is its coinbase."""
    txid: NDArray[np.uint8]
    """t x 32."""
    wtxid: NDArray[np.uint8] | None
    """t x 32: hashes with witnesses (BIP-141), where they were asked for."""
    tx_start: Ints
    """t: where each transaction begins in `data`."""
    tx_size: Ints
    """t."""
    in_offsets: Ints
    """t + 1 offsets into the input columns; a coinbase has none."""
    in_txid: NDArray[np.uint8]
    """i x 32: transaction whose output is spent."""
    in_index: Ints
    """i: which of its outputs."""
    out_offsets: Ints
    """t + 1 offsets into the output columns."""
    value: Ints
    """o: satoshi."""
    script_start: Ints
    """o: where each script begins in `data`."""
    script_size: Ints
    """o."""
    kind: NDArray[np.uint8]
    """o: a `ScriptKind`."""
    account: Any
    """o: Arrow's large strings, an address, `multisig:…` or `script:…` each; `None` where names were not asked for."""

    def __len__(self) -> int:
        return len(self.headers)

    def read_block(self, block: int) -> bytes:
        """The bytes of one block."""
        start = int(self.starts[block])
        return self.data[start : start + int(self.sizes[block])]

    def transactions(self, block: int) -> range:
        """The transactions of one block."""
        return range(int(self.first[block]), int(self.first[block + 1]))

    def place_transactions(self, block: int) -> PlacedTransactions:
        """Ids of a block's transactions, and where in it they are."""
        rows = slice(int(self.first[block]), int(self.first[block + 1]))
        starts = self.tx_start[rows] - self.starts[block]
        return PlacedTransactions(self.txid[rows].tobytes(), starts, self.tx_size[rows])

    def read_transaction(self, tx: int) -> bytes:
        """The bytes of one transaction, with its witnesses."""
        start = int(self.tx_start[tx])
        return self.data[start : start + int(self.tx_size[tx])]

    def read_script(self, output: int) -> bytes:
        """The script of one output."""
        start = int(self.script_start[output])
        return self.data[start : start + int(self.script_size[output])]


def parse_blocks(
    blocks: Sequence[bytes], network: Network, *, names: bool = True, wtxids: bool = False
) -> tuple[BlockColumns, dict[int, InputError]]:
    """The blocks that these bytes are, as columns, and of each that is none, by its number, why."""
    data = b"".join(blocks)
    starts = np.zeros(len(blocks) + 1, dtype=np.int64)
    np.cumsum([len(raw) for raw in blocks], out=starts[1:])
    headers = [_find_header(raw, network) for raw in blocks]
    good = np.array([header is not None for header in headers], dtype=np.bool_)
    view = np.frombuffer(data, dtype=np.uint8)
    rows, first, hashes = _fill(view, starts, good, wtxids=wtxids)
    refused = {n: _find_reason(blocks[n], network) for n in np.flatnonzero(~good).tolist()}
    by_tx, (value, script, script_size) = rows.transactions.T.copy(), rows.outputs.T.copy()
    kinds = find_script_kinds(view, script, script_size)
    number = np.flatnonzero(good)
    columns = BlockColumns(
        data=data,
        headers=tuple(header for header, stands in zip(headers, good, strict=True) if stands and header),
        number=number,
        starts=starts[number],
        sizes=np.diff(starts)[number],
        first=np.append(first[number], first[-1]),
        txid=hashes[0],
        wtxid=hashes[1] if wtxids else None,
        tx_start=by_tx[START],
        tx_size=by_tx[SIZE],
        in_offsets=np.append(by_tx[FIRST_INPUT], len(rows.spent_index)),
        in_txid=rows.spent.reshape(-1, DIGEST),
        in_index=rows.spent_index,
        out_offsets=np.append(by_tx[FIRST_OUTPUT], len(value)),
        value=value,
        script_start=script,
        script_size=script_size,
        kind=kinds,
        account=name_scripts(view, script, script_size, kinds, network) if names else None,
    )
    return columns, refused


def find_script_kinds(data: NDArray[np.uint8], starts: Ints, sizes: Ints) -> NDArray[np.uint8]:
    """The `ScriptKind` of each script of `data`."""
    kinds = np.empty(len(starts), dtype=np.uint8)
    find_kinds(data, starts, sizes, kinds)
    return kinds


def name_scripts(
    data: NDArray[np.uint8], starts: Ints, sizes: Ints, kinds: NDArray[np.uint8], network: Network
) -> Any:
    """The account of each script of `data`, as Arrow's large strings: an address, `multisig:…` or `script:…`."""
    text = np.empty(measure_names(kinds, sizes, network) + _SPARE, dtype=np.uint8)
    offsets = np.zeros(len(kinds) + 1, dtype=np.int64)
    write_names(data, starts, sizes, kinds, make_name_room(network), text, offsets[1:])
    kept = pa.py_buffer(text[: offsets[-1]])
    return pa.LargeStringArray.from_buffers(len(kinds), pa.py_buffer(offsets), kept)


def _find_header(raw: bytes, network: Network) -> BlockHeader | None:
    try:
        header = parse_header(raw[:HEADER_SIZE])
        check_work(header, network)
    except InputError:
        return None
    return header


def _find_reason(raw: bytes, network: Network) -> InputError:
    """What the readable form says against a block that was refused."""
    try:
        check_block(parse_block(raw), network)
    except InputError as error:
        return error
    raise AssertionError("a block was refused without a reason")


def _fill(
    data: NDArray[np.uint8], starts: Ints, good: NDArray[np.bool_], *, wtxids: bool
) -> tuple[WalkedRows, Ints, tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """The rows of the blocks that are `good`, which is corrected; first rows of the blocks; ids and full hashes."""
    totals, counts = np.zeros(3, dtype=np.int64), np.zeros(3, dtype=np.int64)
    count_rows(data, starts, make_rows(0, 0, 0), good, totals)
    size = int(totals[0])
    rows, first = make_rows(*totals.tolist()), np.zeros(len(starts), dtype=np.int64)
    hashes = tuple(np.empty(count * DIGEST, dtype=np.uint8) for count in (size, size if wtxids else 0))
    longest = int(np.diff(starts).max(initial=0))
    buffer = np.empty(longest + _SPARE, dtype=np.uint8)
    fill_rows(data, starts, good, rows, first, counts, hashes, make_hash_room(), buffer)
    ids, full = (column.reshape(-1, DIGEST)[: counts[0]] for column in hashes)
    transactions, inputs, outputs = counts.tolist()
    kept = WalkedRows(
        rows.transactions[:transactions],
        rows.outputs[:outputs],
        rows.spent_index[:inputs],
        rows.spent[: inputs * DIGEST],
    )
    return kept, first, (ids, full)
