"""Laws of the history: any edit, removal or change of order is seen, wherever it is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jindo.base.errors import IntegrityError
from jindo.respond import verify_history
from jindo.respond.history import COLUMNS, START, hash_row

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def chains(draw: st.DrawFn, *, least: int = 1) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    prev = START
    for n in range(1, draw(st.integers(least, 6)) + 1):
        row = {
            "case_id": "c",
            "n": n,
            "time": draw(st.integers(0, 2**33)),
            "actor": draw(st.text(max_size=5)),
            "act": draw(st.text(max_size=5)),
            "detail": draw(st.dictionaries(st.text(max_size=4), JSON, max_size=3)),
            "prev": prev,
        }
        prev = hash_row(row)
        rows.append({**row, "hash": prev})
    return rows


@given(chains())
def test_a_whole_chain_holds_and_ends_in_its_head(rows: list[dict[str, Any]]) -> None:
    assert verify_history(rows, head=rows[-1]["hash"]) == rows[-1]["hash"]


@given(chains(), st.data())
def test_any_edit_is_seen(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(rows) - 1))
    name = data.draw(st.sampled_from(COLUMNS))
    value = data.draw(JSON)
    if rows[place][name] == value and type(rows[place][name]) is type(value):
        return
    rows[place] = {**rows[place], name: value}
    with pytest.raises(IntegrityError):
        verify_history(rows, head=None if place < len(rows) - 1 else rows[-1]["hash"])


@given(chains(), st.data())
def test_any_edit_with_its_hash_made_anew_is_seen(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    head = rows[-1]["hash"]
    place = data.draw(st.integers(0, len(rows) - 1))
    changed = {**rows[place], "actor": rows[place]["actor"] + "x"}
    rows[place] = {**changed, "hash": hash_row(changed)}
    with pytest.raises(IntegrityError):
        verify_history(rows, head=head)


@given(chains(least=2), st.data())
def test_any_row_left_out_is_seen(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    head, place = rows[-1]["hash"], data.draw(st.integers(0, len(rows) - 1))
    with pytest.raises(IntegrityError):
        verify_history(rows[:place] + rows[place + 1 :], head=head)


@given(chains(least=2), st.data())
def test_any_other_order_is_seen(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    head, order = rows[-1]["hash"], data.draw(st.permutations(rows))
    if order == rows:
        return
    with pytest.raises(IntegrityError):
        verify_history(order, head=head)


@given(chains(), st.data())
def test_a_row_said_twice_is_seen(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(rows) - 1))
    with pytest.raises(IntegrityError):
        verify_history([*rows[: place + 1], *rows[place:]], head=rows[-1]["hash"])
