"""Amounts: decimal text becomes base units exactly or is refused, and comes out with every digit."""

from __future__ import annotations

import pytest

from jindo.base.amounts import MAX_AMOUNT, format_units, parse_units
from jindo.base.errors import InputError

PARSED = [
    ("0", 0, 0),
    ("1", 18, 10**18),
    ("1.5", 18, 15 * 10**17),
    ("+1.50", 1, 15),
    ("1.", 8, 10**8),
    ("0.00000001", 8, 1),
    ("1.5e18", 0, 15 * 10**17),
    ("15e-1", 1, 15),
    ("250e-2", 1, 25),
    (" 7 ", 0, 7),
    ("0xff", 0, 255),
    ("007", 0, 7),
    (str(MAX_AMOUNT), 0, MAX_AMOUNT),
]


@pytest.mark.parametrize(("text", "decimals", "units"), PARSED)
def test_parse_units_is_exact(text: str, decimals: int, units: int) -> None:
    assert parse_units(text, decimals=decimals) == units


@pytest.mark.parametrize(
    "text",
    ["", "-1", "-0", "one", "1,000", ".5", "1.5.1", "1e", "0x", "0xg", "٣", "1 0", "NaN", "inf", "--1"],
)
def test_parse_units_refuses_what_is_no_amount(text: str) -> None:
    with pytest.raises(InputError):
        parse_units(text)


@pytest.mark.parametrize(("text", "decimals"), [("0.5", 0), ("0.000000001", 8), ("1e-1", 0), ("1.05", 1)])
def test_parse_units_never_rounds(text: str, decimals: int) -> None:
    with pytest.raises(InputError, match="smaller than one base unit") as caught:
        parse_units(text, decimals=decimals)
    assert "--decimals" in caught.value.remedy()


@pytest.mark.parametrize("text", [str(MAX_AMOUNT + 1), "1e78", "1e999", "0x1" + "0" * 64])
def test_parse_units_refuses_above_uint256(text: str) -> None:
    with pytest.raises(InputError, match="larger than any chain can hold"):
        parse_units(text)


@pytest.mark.parametrize("text", ["9" * 5000, "0." + "0" * 5000])
def test_parse_units_refuses_endless_text_as_input(text: str) -> None:
    with pytest.raises(InputError):
        parse_units(text)


def test_parse_units_reads_hex_as_base_units_only() -> None:
    with pytest.raises(InputError):
        parse_units("0x10", decimals=18)


@pytest.mark.parametrize(
    ("units", "decimals", "text"),
    [
        (1073706452, 0, "1,073,706,452"),
        (1050, 2, "10.50"),
        (1, 8, "0.00000001"),
        (0, 2, "0.00"),
        (-1050, 2, "-10.50"),
        (10**24, 18, "1,000,000.000000000000000000"),
    ],
)
def test_format_units_writes_every_digit(units: int, decimals: int, text: str) -> None:
    assert format_units(units, decimals=decimals) == text
