"""Times: ISO text and unix seconds are one and the same, a time without a zone is UTC."""

from __future__ import annotations

import pytest

from jindo.base.errors import InputError
from jindo.base.times import format_time, parse_time

NOON = 1_685_742_563
LAST = 253_402_300_799


@pytest.mark.parametrize(
    "text",
    [
        "2023-06-02T21:49:23Z",
        "2023-06-02 21:49:23",
        "2023-06-02T21:49:23+00:00",
        "2023-06-02 21:49:23 UTC",
        "2023-06-03T06:49:23+09:00",
        "2023-06-02T21:49:23.999Z",
        " 1685742563 ",
    ],
)
def test_parse_time_reads_every_form_as_one_second(text: str) -> None:
    assert parse_time(text) == NOON


def test_parse_time_reads_a_day_as_its_midnight_in_utc() -> None:
    assert parse_time("2023-06-02") == parse_time("20230602") == 1_685_664_000


@pytest.mark.parametrize(("text", "seconds"), [("0", 0), ("1970-01-01", 0), (str(LAST), LAST)])
def test_parse_time_reaches_from_1970_to_9999(text: str, seconds: int) -> None:
    assert parse_time(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "1969-12-31T23:59:59Z",
        str(LAST + 1),
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-05:00",
        "9999-12-31T23:59:59.5-00:01",
    ],
)
def test_parse_time_refuses_years_outside(text: str) -> None:
    with pytest.raises(InputError, match="outside the years"):
        parse_time(text)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "-5", "1.5", "2023-13-01", "2023-06-02T25:00", "02/06/2023"]
)
def test_parse_time_refuses_other_text_and_says_what_to_write(text: str) -> None:
    with pytest.raises(InputError, match="not ISO 8601") as caught:
        parse_time(text)
    assert "2023-06-02T21:49:23Z" in caught.value.remedy()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(NOON, "2023-06-02T21:49:23Z"), (0, "1970-01-01T00:00:00Z"), (LAST, "9999-12-31T23:59:59Z"), (None, "")],
)
def test_format_time_is_iso_in_utc(seconds: int | None, text: str) -> None:
    assert format_time(seconds) == text
