"""One canonical form: reading it again changes nothing, and one mistyped letter never passes."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from jindo.base.errors import InputError
from jindo.base.ids import parse_address, parse_tx_id

SEGWIT = [
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
]
BECH32_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
BASE58 = ["1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"]
BASE58_LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def mistype(address: str, place: int, letter: str) -> str:
    assume(address[place] != letter)
    return address[:place] + letter + address[place + 1 :]


@given(st.sampled_from(SEGWIT), st.data())
def test_one_mistyped_bech32_letter_is_refused(address: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(3, len(address) - 1))
    wrong = mistype(address, place, data.draw(st.sampled_from(BECH32_LETTERS)))
    with pytest.raises(InputError):
        parse_address(wrong)


@given(st.sampled_from(BASE58), st.data())
def test_one_mistyped_base58_letter_is_refused(address: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(1, len(address) - 1))
    wrong = mistype(address, place, data.draw(st.sampled_from(BASE58_LETTERS)))
    with pytest.raises(InputError):
        parse_address(wrong)


@given(st.one_of(st.text(max_size=70), st.from_regex(r"(0x|bc1|1|3)[0-9a-zA-Z]{0,60}", fullmatch=True)))
def test_parse_address_of_any_text_is_canonical_or_an_input_error(text: str) -> None:
    try:
        address = parse_address(text)
    except InputError:
        return
    assert parse_address(address) == address


@given(st.binary(min_size=20, max_size=20))
def test_parse_address_of_evm_hex_is_its_lower_case(raw: bytes) -> None:
    assert parse_address("0x" + raw.hex()) == parse_address("0X" + raw.hex().upper()) == "0x" + raw.hex()


@given(st.text(max_size=80))
def test_parse_tx_id_of_any_text_is_canonical_or_an_input_error(text: str) -> None:
    try:
        tx_hash = parse_tx_id(text)
    except InputError:
        return
    assert parse_tx_id(tx_hash) == tx_hash
