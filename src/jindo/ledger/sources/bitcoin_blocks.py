"""The `bitcoin-blocks` format: raw blocks, one a file, and the blk*.dat files of Bitcoin Core.

* A file of Bitcoin Core's holds blocks in any order, each after the network's magic and its length; a key beside it
  (`xor.dat`) is undone. What stands between blocks and is none is refused by its place, zeros aside.
* A block with no work, another Merkle root or repeated transactions is refused, with all that is in it.
* A block stands at the height that its chain gives it; stale ones are refused.
* Files are gone through twice, a batch of blocks at a time: first for the chain of blocks, then for what is in them.

Whether a transaction can be is `utxo_import`'s to say; what makes a block, `bitcoin`'s; the bytes on the disk,
`block_files`'s, and `block_batches`'s where they become columns.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from jindo.base.errors import InputError
from jindo.base.ids import ChainId, TxId
from jindo.ledger.bitcoin.block import find_height
from jindo.ledger.bitcoin.networks import Network, get_network
from jindo.ledger.bitcoin.parcel import BlockParcel, ParcelWriter
from jindo.ledger.bitcoin.placing import (
    MISSTATED,
    RIVAL,
    TOO_EASY,
    UNKNOWN,
    BlockLink,
    HeldBlock,
    place_blocks,
)
from jindo.ledger.bitcoin.transaction import parse_transaction, to_shown
from jindo.ledger.files import SourceFile
from jindo.ledger.rows import UtxoInput, UtxoOutput, UtxoTransaction
from jindo.ledger.sources.bad_row import BadRow
from jindo.ledger.sources.block_batches import OTHER_COPY, BlockBatch, iter_block_columns
from jindo.ledger.staging import Staging

if TYPE_CHECKING:  # it loads the compiler
    from jindo.ledger.bitcoin.columns import BlockColumns

_DOWN_TO = (
    "Import it together with the blocks before it, down to the genesis block or to one that the ledger keeps. "
    "From height 227,931 on, a block of Bitcoin's main chain states its own."
)
_WHY = {
    UNKNOWN: ("ledger.unknown-height", "nothing says at which height block {name} stands", _DOWN_TO),
    RIVAL: (
        "ledger.rival-block",
        "block {name} does not stand: the ledger keeps another in its place, or other blocks have more work",
        "Leave it out where it is stale. If the ledger has the stale one, import into a new folder.",
    ),
    MISSTATED: (
        "ledger.bad-raw-block",
        "block {name} does not state the height that the blocks around it give it",
        OTHER_COPY,
    ),
    TOO_EASY: (
        "ledger.bad-raw-block",
        "block {name} took far less work than any block of the network from its height on",
        OTHER_COPY,
    ),
}


class BlockSource:
    """The blocks of a source's files, on their way into a ledger."""

    def __init__(
        self,
        staging: Staging,
        files: Sequence[SourceFile],
        chain: ChainId,
        held: Mapping[bytes, HeldBlock],
        parcel: Path,
    ) -> None:
        self.blocks = 0
        """Blocks read so far, refused ones included."""
        self._staging, self._files, self._held = staging, files, held
        self._network = get_network(chain)
        self._writer = ParcelWriter(parcel)
        self._kept = set(held)

    def rows(self) -> Iterator[tuple[int, int, str, UtxoTransaction | BadRow]]:
        """Every transaction, and every block that is refused: number of file, of block in it, text, and the row.

        Raises:
            InputError: not one block's height can be told, or a file is not of this network.
        """
        heights, refused = self._place()
        for batch in self._iter_batches("reading", names=True):
            self.blocks += len(batch.places) + len(batch.refused)
            for number, line, bad in batch.refused:
                yield number, line, json.dumps({"block": line}), bad
            texts = RowTexts(batch.columns)
            for block, (number, line) in enumerate(batch.places):
                header = batch.columns.headers[block]
                height = heights.get(header.hash)
                if height is None:
                    name = to_shown(header.hash)
                    bad = _refuse(refused, header.hash, name)
                    yield number, line, json.dumps({"block_hash": name}), bad
                    continue
                self._keep(batch.columns, block, height)
                for row in iter_rows(batch.columns, block, height, texts):
                    yield number, line, "", row

    def close(self) -> None:
        """Let go of what is being written."""
        self._writer.close()

    def finish(self) -> BlockParcel | None:
        """The blocks that the ledger did not keep before, written; `None` where there are none."""
        return self._writer.finish()

    def _place(self) -> tuple[dict[bytes, int], dict[bytes, str]]:
        links = [
            _to_link(batch.columns, block, self._network)
            for batch in self._iter_batches("looking through", names=False)
            for block in range(len(batch.columns))
        ]
        heights, refused = place_blocks(links, self._held, self._network)
        lost = [name for name, why in refused.items() if why == UNKNOWN]
        if lost and not heights:
            raise InputError(_WHY[UNKNOWN][1].format(name=to_shown(lost[0])), remedy=_DOWN_TO)
        return heights, refused

    def _iter_batches(self, doing: str, *, names: bool) -> Iterator[BlockBatch]:
        def tell(source: SourceFile, line: int) -> None:
            if line % 100 == 1:
                self._staging.progress(f"{doing} {source.name}", line, None)

        return iter_block_columns(self._files, self._network, names=names, tell=tell)

    def _keep(self, columns: BlockColumns, block: int, height: int) -> None:
        header = columns.headers[block]
        if header.hash not in self._kept:
            self._kept.add(header.hash)
            self._writer.add(columns.read_block(block), header, height, columns.place_transactions(block))


def _to_link(columns: BlockColumns, block: int, network: Network) -> BlockLink:
    header = columns.headers[block]
    coinbase = parse_transaction(columns.read_transaction(int(columns.first[block])))
    return BlockLink(header.hash, header.previous, header.work, find_height(header, coinbase, network))


class RowTexts:
    """Hashes and accounts of a batch as texts, which its rows take theirs from."""

    def __init__(self, columns: BlockColumns) -> None:
        self.tx_hashes = _to_texts(columns.txid)
        self.spent_hashes = _to_texts(columns.in_txid)
        self.accounts = columns.account.to_pylist()


def iter_rows(columns: BlockColumns, block: int, height: int, texts: RowTexts) -> Iterator[UtxoTransaction]:
    """The transactions of a block, in its order; inputs state neither value nor address, which a block lacks."""
    first = int(columns.first[block])
    for tx in columns.transactions(block):
        yield UtxoTransaction(
            block=height,
            tx_hash=texts.tx_hashes[tx],
            tx_index=tx - first,
            inputs=_to_inputs(columns, tx, texts),
            outputs=_to_outputs(columns, tx, texts),
            coinbase=tx == first,
            time=columns.headers[block].time,
        )


def _to_inputs(columns: BlockColumns, tx: int, texts: RowTexts) -> tuple[UtxoInput, ...]:
    rows = slice(int(columns.in_offsets[tx]), int(columns.in_offsets[tx + 1]))
    indices = columns.in_index[rows].tolist()
    return tuple(map(UtxoInput, texts.spent_hashes[rows], indices))


def _to_outputs(columns: BlockColumns, tx: int, texts: RowTexts) -> tuple[UtxoOutput, ...]:
    first, end = int(columns.out_offsets[tx]), int(columns.out_offsets[tx + 1])
    values, kinds = columns.value[first:end].tolist(), columns.kind[first:end].tolist()
    return tuple(
        UtxoOutput(value, texts.accounts[first + n])
        if kind
        else UtxoOutput(value, None, columns.read_script(first + n).hex())
        for n, (value, kind) in enumerate(zip(values, kinds, strict=True))
    )


def _to_texts(digests: NDArray[np.uint8]) -> list[TxId]:
    """Hashes as explorers show them."""
    text = digests[:, ::-1].tobytes().hex()
    return [TxId(text[at : at + 64]) for at in range(0, len(text), 64)]


def _refuse(refused: Mapping[bytes, str], block_hash: bytes, name: str) -> BadRow:
    if block_hash not in refused:
        raise InputError(
            "the files changed while they were read", remedy="Import them when nothing writes to them."
        )
    code, reason, remedy = _WHY[refused[block_hash]]
    return BadRow(code, reason.format(name=name), remedy)
