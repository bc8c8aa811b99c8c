"""Every second of the years 1970 to 9999 comes back from its text; any other text is an input error."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from jindo.base.errors import InputError
from jindo.base.times import format_time, parse_time


@given(st.integers(0, 253_402_300_799))
def test_parse_time_reads_back_what_format_time_writes(seconds: int) -> None:
    assert parse_time(format_time(seconds)) == seconds


@given(st.one_of(st.text(max_size=30), st.datetimes(timezones=st.timezones()).map(lambda d: d.isoformat())))
def test_parse_time_of_any_text_gives_seconds_or_an_input_error(text: str) -> None:
    with contextlib.suppress(InputError):
        assert 0 <= parse_time(text) <= 253_402_300_799
