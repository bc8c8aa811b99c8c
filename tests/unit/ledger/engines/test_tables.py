"""The number that puts a row into ledger order, and how rows of a block are counted over batches."""

from __future__ import annotations

import random

import numpy as np
import pytest

from jindo.base.errors import InputError
from jindo.ledger.engines.group_import import _number_in_block
from jindo.ledger.engines.tables import MOST_BLOCKS, PLACE_BITS, to_event


def test_to_event_rises_with_block_and_place() -> None:
    order = [(0, 0), (0, 1), (0, (1 << PLACE_BITS) - 1), (1, 0), (MOST_BLOCKS - 1, (1 << PLACE_BITS) - 1)]
    events = [to_event(*place) for place in order]
    assert events == sorted(set(events))
    assert events[-1] < 1 << 62


@pytest.mark.parametrize(("block", "place"), [(-1, 0), (MOST_BLOCKS, 0), (0, 1 << PLACE_BITS)])
def test_to_event_refuses_what_it_cannot_tell_apart(block: int, place: int) -> None:
    with pytest.raises(InputError, match="is past") as raised:
        to_event(block, place)
    assert "--engine" in raised.value.remedy()


@pytest.mark.parametrize("seed", range(20))
def test_number_in_block_is_the_same_however_rows_are_batched(seed: int) -> None:
    rng = random.Random(seed)
    blocks = np.sort(np.array([rng.randrange(6) for _ in range(30)], np.int64))
    expected = [int(np.count_nonzero(blocks[:i] == block)) for i, block in enumerate(blocks)]
    found: list[int] = []
    last, place, start = -1, 0, 0
    while start < len(blocks):
        piece = blocks[start : start + rng.randrange(1, 9)]
        places = _number_in_block(piece, last, place)
        last, place, start = int(piece[-1]), int(places[-1]) + 1, start + len(piece)
        found += places.tolist()
    assert found == expected
