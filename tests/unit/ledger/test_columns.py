"""Columns that are found when asked read as the arrays that they stand for."""

from __future__ import annotations

import numpy as np
import pytest

from jindo.ledger.columns import PlaceOfRow


@pytest.mark.parametrize(
    ("first", "said"),
    [(None, [0, 1, 2, 3]), (np.array([0, 1, 3, 4]), [0, 1, 1, 2])],
    ids=["one row each", "several rows"],
)
def test_place_of_each_row_reads_as_an_array_does(first: np.ndarray | None, said: list[int]) -> None:
    places = PlaceOfRow(first, 4)
    assert list(places) == said
    assert np.asarray(places).tolist() == said
    assert places[1:3].tolist() == said[1:3]
    assert places[np.array([3, 0])].tolist() == [said[3], said[0]]


def test_a_row_past_the_end_has_no_place() -> None:
    with pytest.raises(IndexError):
        PlaceOfRow(None, 4)[4]
