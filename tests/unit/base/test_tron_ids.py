"""Tron's ids: addresses in every form that nodes use, and the assets of its chain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jindo.base.errors import InputError
from jindo.base.ids import (
    BURN_ADDRESSES,
    ETHEREUM,
    TRON,
    native_asset,
    parse_address,
    parse_asset,
    parse_tron_address,
    token_asset,
)

USDT = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
USDT_HEX = "41a614f803b6fd780986a42c78ec9c7f77e6ded13c"


@pytest.mark.parametrize("text", [USDT, USDT_HEX, USDT_HEX.upper(), f"0x{USDT_HEX[2:]}", f" {USDT} "])
def test_every_form_of_an_address_is_one(text: str) -> None:
    assert parse_tron_address(text) == USDT


def test_hex_is_read_wherever_an_address_is() -> None:
    assert parse_address(USDT_HEX) == USDT
    assert parse_address(f"0x{USDT_HEX[2:]}") == f"0x{USDT_HEX[2:]}"


def test_zero_address_burns() -> None:
    assert parse_tron_address("41" + "00" * 20) in BURN_ADDRESSES


@given(st.binary(min_size=20, max_size=20))
def test_hex_and_base58_say_the_same(payload: bytes) -> None:
    address = parse_tron_address(f"41{payload.hex()}")
    assert parse_address(address) == parse_tron_address(address) == address
    assert len(address) == 34


@pytest.mark.parametrize(
    "text",
    ["", "T", USDT[:-1] + "u", USDT_HEX[:-2], "42" + USDT_HEX[2:], "1BitcoinEaterAddressDontSendf59kuE"],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_tron_address(text)


def test_mistyped_letter_is_refused_anywhere() -> None:
    with pytest.raises(InputError, match="wrong Base58Check checksum"):
        parse_address(USDT[:-1] + "u")


def test_assets_follow_caip_19() -> None:
    assert native_asset(TRON) == "tron:0x2b6653dc/slip44:195"
    assert token_asset(TRON, USDT) == parse_asset(USDT, chain=TRON) == f"tron:0x2b6653dc/trc20:{USDT}"
    assert parse_asset(f"tron:0x2b6653dc/trc20:{USDT}", chain=TRON) == f"tron:0x2b6653dc/trc20:{USDT}"
    assert parse_asset(USDT, chain=ETHEREUM) == USDT
