"""Every amount that a chain can state comes back from its text to the unit, at any number of decimals."""

from __future__ import annotations

import contextlib
from decimal import Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jindo.base.amounts import MAX_AMOUNT, MAX_DECIMALS, format_units, parse_units
from jindo.base.errors import InputError

units = st.integers(0, MAX_AMOUNT)
decimals = st.integers(0, MAX_DECIMALS)


@given(units, decimals)
def test_parse_units_reads_back_what_format_units_writes(amount: int, places: int) -> None:
    text = format_units(amount, decimals=places).replace(",", "")
    assert parse_units(text, decimals=places) == amount


@given(units, decimals)
def test_format_units_is_the_exact_quotient(amount: int, places: int) -> None:
    text = format_units(amount, decimals=places).replace(",", "")
    assert Decimal(text) == Decimal(amount).scaleb(-places, Context(prec=200))


@given(st.integers(0, 10**12), st.integers(-20, 20), decimals)
def test_parse_units_reads_exponents_exactly_or_not_at_all(digits: int, exponent: int, places: int) -> None:
    exact = Decimal(digits).scaleb(exponent + places, Context(prec=200))
    text = f"{digits}e{exponent}"
    if exact > MAX_AMOUNT or exact != int(exact):
        with pytest.raises(InputError):
            parse_units(text, decimals=places)
    else:
        assert parse_units(text, decimals=places) == int(exact)


@given(st.text(max_size=40), decimals)
def test_parse_units_of_any_text_gives_an_amount_or_an_input_error(text: str, places: int) -> None:
    with contextlib.suppress(InputError):
        assert 0 <= parse_units(text, decimals=places) <= MAX_AMOUNT
