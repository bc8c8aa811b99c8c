"""Numbers follow the first appearance, whatever the batches."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from jindo.ledger.numbering import PairNumbering, TextNumbering
from jindo.ledger.wide import WideColumn, parse_decimals

TEXTS = st.lists(st.none() | st.text("ab\tß한", max_size=20), max_size=60)


def batches(rows: list[object], cuts: list[int]) -> list[list[object]]:
    ends = [0, *sorted(cut % (len(rows) + 1) for cut in cuts), len(rows)]
    return [rows[a:b] for a, b in pairwise(ends)]


@given(TEXTS, st.lists(st.integers(0, 60), max_size=4), st.lists(st.text("ab", max_size=3), unique=True))
def test_texts_are_numbered_by_first_appearance(
    rows: list[str | None], cuts: list[int], known: list[str]
) -> None:
    numbers = {text: 7 * i for i, text in enumerate(known)}
    fresh: list[str] = []
    expected = []
    for text in rows:
        if text is not None and text not in numbers:
            numbers[text] = 1_000 + len(fresh)
            fresh.append(text)
        expected.append(-1 if text is None else numbers[text])
    numbering = TextNumbering([(text, 7 * i) for i, text in enumerate(known)], first=1_000)
    found = [numbering.number(pa.array(part, pa.string())) for part in batches(list(rows), cuts)]
    assert np.concatenate(found).tolist() == expected
    assert list(numbering.new_texts()) == fresh
    assert len(numbering) == len(fresh)


def test_many_texts_keep_their_numbers_while_the_table_grows() -> None:
    texts = [f"0x{i * 7919 % 50_021:040x}" for i in range(120_000)]
    numbering = TextNumbering()
    found = np.concatenate(
        [numbering.number(pa.array(texts[i : i + 999])) for i in range(0, len(texts), 999)]
    )
    order = list(dict.fromkeys(texts))
    place = {text: i for i, text in enumerate(order)}
    assert found.tolist() == [place[text] for text in texts]
    assert list(numbering.new_texts()) == order


@given(
    st.lists(st.tuples(st.integers(-1, 5), st.integers(0, 2)), max_size=60),
    st.lists(st.integers(0, 60), max_size=3),
)
def test_pairs_are_numbered_by_first_appearance(rows: list[tuple[int, int]], cuts: list[int]) -> None:
    numbers = {(3, 1): 4}
    fresh: list[tuple[int, int]] = []
    expected = []
    for pair in rows:
        if pair[0] >= 0 and pair not in numbers:
            numbers[pair] = 100 + len(fresh)
            fresh.append(pair)
        expected.append(-1 if pair[0] < 0 else numbers[pair])
    numbering = PairNumbering([(3, 1, 4)], first=100)
    found = [
        numbering.number(*np.array(part, np.int64).reshape(-1, 2).T) for part in batches(list(rows), cuts)
    ]
    assert np.concatenate(found).tolist() == expected
    accounts, assets = numbering.new_pairs()
    assert list(zip(accounts.tolist(), assets.tolist(), strict=True)) == fresh


@given(st.lists(st.integers(0, 2**256 - 1), max_size=20))
def test_decimals_are_parsed_to_the_unit(values: list[int]) -> None:
    texts = pa.array([str(value) for value in values], pa.string())
    assert list(WideColumn(parse_decimals(texts))) == values
