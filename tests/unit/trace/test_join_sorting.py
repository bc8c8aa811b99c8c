"""Values are sorted into room that is there already."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from jindo.trace.coinjoins.kernel_sorting import reverse, sort_into


@given(st.lists(st.integers(-1, 9), max_size=30), st.integers(0, 5), st.integers(0, 5))
def test_sort_into_sorts_a_span_and_touches_nothing_else(values: list[int], first: int, beyond: int) -> None:
    column = np.array(values, np.int64)
    span = (min(first, len(values)), len(values))
    room = np.full(len(values) + beyond, 77, np.int64)
    sort_into(room, column, span)  # type: ignore[no-untyped-call]
    got = room[: span[1] - span[0]]
    assert got.tolist() == sorted(values[span[0] :])
    assert column.tolist() == values
    assert set(room[len(got) :].tolist()) <= {77}
    reverse(got)  # type: ignore[no-untyped-call]
    assert got.tolist() == sorted(values[span[0] :], reverse=True)
