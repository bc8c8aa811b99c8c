"""The `bitcoin-blocks` format: raw blocks, one a file, and the blk*.dat files of Bitcoin Core.

* A file of Bitcoin Core's holds blocks in any order, each after the network's magic and its length; a key beside it
  (`xor.dat`) is undone. What stands between blocks and is none is refused by its place, zeros aside.
* A block with no work, another Merkle root or repeated transactions is refused, with all that is in it.
* A block stands at the height that its chain gives it; stale ones are refused.
* Files are gone through twice, one block at a time: first for the chain of blocks, then for what is in them.

Whether a transaction can be is `utxo_import`'s to say; what makes a block, `bitcoin`'s; the bytes on the disk,
`block_files`'s.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from jindo.base.errors import InputError
from jindo.base.ids import ChainId, TxId
from jindo.ledger.bitcoin.block import RawBlock, check_block, find_height, parse_block
from jindo.ledger.bitcoin.networks import Network, get_network
from jindo.ledger.bitcoin.parcel import BlockParcel, ParcelWriter
from jindo.ledger.bitcoin.placing import MISSTATED, RIVAL, UNKNOWN, BlockLink, HeldBlock, place_blocks
from jindo.ledger.bitcoin.script import find_address
from jindo.ledger.bitcoin.transaction import RawOutput, RawTransaction, to_shown
from jindo.ledger.files import SourceFile
from jindo.ledger.rows import UtxoInput, UtxoOutput, UtxoTransaction
from jindo.ledger.sources.bad_row import BadRow
from jindo.ledger.sources.block_files import read_block_file
from jindo.ledger.staging import Staging

_OTHER_COPY = "Compare with another copy of the chain, and leave the wrong one out."
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
        _OTHER_COPY,
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
        for number, line, block, raw in self._iter_blocks("reading"):
            self.blocks += 1
            if isinstance(block, BadRow):
                yield number, line, json.dumps({"block": line}), block
                continue
            name = to_shown(block.header.hash)
            height = heights.get(block.header.hash)
            if height is None:
                yield number, line, json.dumps({"block_hash": name}), _refuse(refused, block, name)
                continue
            self._keep(raw, block, height)
            for row in iter_rows(block, height, self._network):
                yield number, line, "", row

    def close(self) -> None:
        """Let go of what is being written."""
        self._writer.close()

    def finish(self) -> BlockParcel | None:
        """The blocks that the ledger did not keep before, written; `None` where there are none."""
        return self._writer.finish()

    def _place(self) -> tuple[dict[bytes, int], dict[bytes, str]]:
        links = [
            _to_link(block, self._network)
            for _, _, block, _ in self._iter_blocks("looking through")
            if isinstance(block, RawBlock)
        ]
        heights, refused = place_blocks(links, self._held, self._network)
        lost = [name for name, why in refused.items() if why == UNKNOWN]
        if lost and not heights:
            raise InputError(_WHY[UNKNOWN][1].format(name=to_shown(lost[0])), remedy=_DOWN_TO)
        return heights, refused

    def _iter_blocks(self, doing: str) -> Iterator[tuple[int, int, RawBlock | BadRow, bytes]]:
        for number, source in enumerate(self._files):
            for line, raw in enumerate(read_block_file(source, self._network), 1):
                if line % 100 == 1:
                    self._staging.progress(f"{doing} {source.name}", line, None)
                if isinstance(raw, BadRow):
                    yield number, line, raw, b""
                else:
                    yield number, line, _parse(raw, self._network), raw

    def _keep(self, raw: bytes, block: RawBlock, height: int) -> None:
        if block.header.hash not in self._kept:
            self._kept.add(block.header.hash)
            self._writer.add(raw, block, height)


def _to_link(block: RawBlock, network: Network) -> BlockLink:
    header = block.header
    stated = find_height(header, block.transactions[0], network)
    return BlockLink(header.hash, header.previous, header.work, stated)


def iter_rows(block: RawBlock, height: int, network: Network) -> Iterator[UtxoTransaction]:
    """The transactions of a block, in its order; inputs state neither value nor address, which a block lacks."""
    for index, tx in enumerate(block.transactions):
        yield UtxoTransaction(
            block=height,
            tx_hash=TxId(to_shown(tx.txid)),
            tx_index=index,
            inputs=() if tx.is_coinbase else _to_inputs(tx),
            outputs=tuple(_to_output(made, network) for made in tx.outputs),
            coinbase=tx.is_coinbase,
            time=block.header.time,
        )


def _to_inputs(tx: RawTransaction) -> tuple[UtxoInput, ...]:
    return tuple(UtxoInput(TxId(to_shown(txid)), index) for txid, index in tx.spent)


def _to_output(made: RawOutput, network: Network) -> UtxoOutput:
    address = find_address(made.script, network)
    return UtxoOutput(made.value, address, "" if address is not None else made.script.hex())


def _parse(raw: bytes, network: Network) -> RawBlock | BadRow:
    try:
        block = parse_block(raw)
        check_block(block, network)
    except InputError as error:
        return BadRow("ledger.bad-raw-block", error.problem, _OTHER_COPY)
    return block


def _refuse(refused: Mapping[bytes, str], block: RawBlock, name: str) -> BadRow:
    if block.header.hash not in refused:
        raise InputError(
            "the files changed while they were read", remedy="Import them when nothing writes to them."
        )
    code, reason, remedy = _WHY[refused[block.header.hash]]
    return BadRow(code, reason.format(name=name), remedy)
