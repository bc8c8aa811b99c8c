"""What both kinds of chain answer alike, over their runs: where blocks begin, when they were, whose rows are whose.

* A chain without rows has no runs, no first and no last block.
* Nothing is copied; a question costs the logarithm of a run's length, for each run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from itertools import accumulate
from typing import Any

import numpy as np

from jindo.ledger.columns import ChainColumn, HeightOfRow
from jindo.ledger.runs import NOBODY, Adjacency, Blocks, Ints
from jindo.ledger.text_views import JoinedTexts


class OverRuns:
    """What both kinds of chain answer alike: blocks and times."""

    runs: tuple[Any, ...]
    said: tuple[str, ...]
    """Names of all that makes two chains equal."""

    def __eq__(self, other: object) -> bool:
        """Whether both say the same, however they are cut into runs; reads every row."""
        if type(self) is not type(other):
            return NotImplemented
        return all(_is_same(getattr(self, name), getattr(other, name)) for name in self.said)

    __hash__ = None  # type: ignore[assignment]  # a chain is data, not a key

    @cached_property
    def blocks_of_runs(self) -> tuple[Blocks, ...]:
        """The blocks of each run."""
        return tuple(run.blocks for run in self.runs)

    @cached_property
    def row_starts(self) -> tuple[int, ...]:
        """First row of each run, and the number of rows: events, or transactions on a UTXO chain."""
        return tuple(accumulate((int(blocks.first[-1]) for blocks in self.blocks_of_runs), initial=0))

    @cached_property
    def accounts(self) -> JoinedTexts:
        """Accounts by id: addresses, and on a UTXO chain `script:<sha256>` where a script has none."""
        return JoinedTexts([run.accounts for run in self.runs])

    @cached_property
    def tx_hashes(self) -> JoinedTexts:
        """Transaction hashes by transaction."""
        return JoinedTexts([run.tx_hashes for run in self.runs])

    @cached_property
    def block(self) -> ChainColumn:
        """Height of each row."""
        return ChainColumn([HeightOfRow(blocks) for blocks in self.blocks_of_runs], self.row_starts)

    @cached_property
    def block_times(self) -> ChainColumn:
        """Running maximum of times at each block with rows."""
        starts = np.cumsum([0, *(len(blocks.height) for blocks in self.blocks_of_runs)]).tolist()
        return ChainColumn([blocks.time_max for blocks in self.blocks_of_runs], starts)

    @property
    def is_empty(self) -> bool:
        """Whether there is no row."""
        return not self.row_starts[-1]

    @property
    def first_block(self) -> int:
        """Height of the first block with rows."""
        return int(self.blocks_of_runs[0].height[0])

    @property
    def last_block(self) -> int:
        """Height of the last block with rows."""
        return int(self.blocks_of_runs[-1].height[-1])

    @property
    def last_time(self) -> int:
        """Running maximum of all block times, or -1 where none is known."""
        return int(self.blocks_of_runs[-1].time_max[-1]) if not self.is_empty else NOBODY

    def row_from(self, time: int) -> int:
        """First row of the first block whose running maximum of times reaches `time`; the row count if none does."""
        return self._first_row(lambda blocks: int(np.searchsorted(blocks.time_max, time, side="left")))

    def row_after(self, time: int) -> int:
        """First row past the blocks whose running maximum of times is at most `time`."""
        return self._first_row(lambda blocks: int(np.searchsorted(blocks.time_max, time, side="right")))

    def row_at(self, height: int) -> int:
        """First row of the first block of at least this height; the row count if there is none."""
        return self._first_row(lambda blocks: int(np.searchsorted(blocks.height, height)))

    def time_at(self, height: int) -> int:
        """Running maximum of times at the block of this height, or -1 where it has no rows or no time is known."""
        for blocks in self.blocks_of_runs:
            place = int(np.searchsorted(blocks.height, height))
            if place < len(blocks.height) and blocks.height[place] == height:
                return int(blocks.time_max[place])
        return NOBODY

    def heights(self) -> Ints:
        """Heights of all blocks with rows, ascending."""
        return np.concatenate([blocks.height for blocks in self.blocks_of_runs] or [np.zeros(0, np.int64)])

    def _first_row(self, place_in: Callable[[Blocks], int]) -> int:
        for blocks, start in zip(self.blocks_of_runs, self.row_starts, strict=False):
            place = place_in(blocks)
            if place < len(blocks.height):
                return start + int(blocks.first[place])
        return self.row_starts[-1]


def gather(places: Iterable[tuple[Adjacency, int]], owner: int) -> Ints:
    """The rows of an owner in every run, as rows of the chain."""
    found = [first + rows.find(owner).astype(np.int64) for rows, first in places]
    return np.concatenate(found) if found else np.zeros(0, np.int64)


def _is_same(mine: Any, theirs: Any) -> bool:
    if isinstance(mine, JoinedTexts):
        return len(mine) == len(theirs) and all(mine[i] == theirs[i] for i in range(len(mine)))
    same = mine == theirs
    return bool(same)
