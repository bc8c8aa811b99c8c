"""The raw blocks of files as columns, many at a time: what an import in bulk reads.

* A batch holds blocks of one file or of several, in order, until they are `BATCH` bytes: memory follows the batch,
  not the files.
* What is no block comes beside the columns, with its place; nothing is dropped in silence.

How blocks lie in files is `block_files`'s; what the columns are, `bitcoin.columns`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jindo.ledger.bitcoin.networks import Network
from jindo.ledger.files import SourceFile
from jindo.ledger.sources.bad_row import BadRow
from jindo.ledger.sources.block_files import read_block_file

if TYPE_CHECKING:  # it loads the compiler
    from jindo.ledger.bitcoin.columns import BlockColumns

BATCH = 16 << 20
"""Bytes of blocks in a batch, at least; the last block may lead over."""
OTHER_COPY = "Compare with another copy of the chain, and leave the wrong one out."


@dataclass(frozen=True, slots=True)
class BlockBatch:
    """Blocks that were read together."""

    columns: BlockColumns
    """The blocks that are some."""
    places: tuple[tuple[int, int], ...]
    """Of each block of `columns`: number of its file, from 0, and of the block in it, from 1."""
    refused: tuple[tuple[int, int, BadRow], ...]
    """What is none, by the same numbers."""


def iter_block_columns(
    files: Sequence[SourceFile],
    network: Network,
    *,
    names: bool = True,
    wtxids: bool = False,
    batch: int = BATCH,
    tell: Callable[[SourceFile, int], None] = lambda *_: None,
) -> Iterator[BlockBatch]:
    """Every block of the files, in their order, a batch at a time; `tell` hears file and number of each block.

    Without `names` the outputs' accounts are left out, which halves the time.

    Raises:
        InputError: a file is of another network, or is none of blocks at all.
    """
    held: list[tuple[int, int, bytes | BadRow]] = []
    size = 0
    for number, source in enumerate(files):
        for line, raw in enumerate(read_block_file(source, network), 1):
            tell(source, line)
            held.append((number, line, raw))
            size += 0 if isinstance(raw, BadRow) else len(raw)
            if size >= batch:
                yield _build_batch(held, network, names=names, wtxids=wtxids)
                held, size = [], 0
    if held:
        yield _build_batch(held, network, names=names, wtxids=wtxids)


def _build_batch(
    held: Sequence[tuple[int, int, bytes | BadRow]], network: Network, *, names: bool, wtxids: bool
) -> BlockBatch:
    from jindo.ledger.bitcoin.columns import parse_blocks

    given = [(number, line, raw) for number, line, raw in held if not isinstance(raw, BadRow)]
    columns, reasons = parse_blocks([raw for _, _, raw in given], network, names=names, wtxids=wtxids)
    places = [(number, line) for number, line, _ in given]
    bad = [(number, line, raw) for number, line, raw in held if isinstance(raw, BadRow)]
    bad += [
        (*places[n], BadRow("ledger.bad-raw-block", error.problem, OTHER_COPY))
        for n, error in reasons.items()
    ]
    stands = tuple(places[n] for n in columns.number.tolist())
    return BlockBatch(columns, stands, tuple(sorted(bad, key=lambda row: row[:2])))
