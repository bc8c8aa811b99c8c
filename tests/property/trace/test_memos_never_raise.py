"""A memo is whatever somebody wrote: reading it never fails, and says nothing that is not there."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jindo.trace.crossings.memos import FUNCTIONS, MOST_BYTES, SHORT_ASSETS, parse_memo
from jindo.trace.crossings.op_return import find_data, write_data

near_memos = st.lists(
    st.one_of(
        st.sampled_from([*FUNCTIONS, *SHORT_ASSETS, "ETH.USDT-ec7", "BTC/BTC", "1e8", "9e77", "1e78", "ab" * 32, "", "a/b", "/", "|"]),
        st.text(max_size=12),
    ),
    max_size=11,
).map(":".join)  # fmt: skip


@given(st.one_of(st.binary(max_size=400), st.text(max_size=300), near_memos))
def test_parse_memo_never_raises(given_: str | bytes) -> None:
    memo = parse_memo(given_)
    assert memo.is_swap is (memo.function in ("swap", "limit-swap") and memo.asset is not None)
    assert min(memo.limit, memo.interval, memo.quantity, memo.final_limit) >= 0
    assert max(memo.limit, memo.final_limit).bit_length() < 1024


@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=40), near_memos)
def test_parse_memo_keeps_the_destination_letter_by_letter(destination: str, rest: str) -> None:
    text = f"=:e:{destination}:{rest}"
    if len(text.encode()) <= MOST_BYTES:
        assert parse_memo(text).destination == destination


@given(st.binary(max_size=600))
def test_data_of_a_script_comes_back(data: bytes) -> None:
    assert find_data(write_data(data)) == data


@given(st.binary(max_size=100))
def test_find_data_never_raises(script: bytes) -> None:
    found = find_data(script)
    assert found is None or script.startswith(b"\x6a")
