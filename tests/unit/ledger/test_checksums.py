"""EIP-55 over many addresses, against the standard's own examples and the single check."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jindo.base.errors import InputError
from jindo.base.ids import parse_address
from jindo.ledger.checksums import find_checked

# The test cases of EIP-55.
RIGHT = [
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]
WRONG = [
    "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xg" + "0" * 39,
    "0x12",
    "",
    "1" * 42,
    "0x" + "é" * 40,
]


def test_find_checked_knows_right_from_wrong() -> None:
    assert find_checked([*RIGHT, *WRONG]) == [True] * 4 + [False] * 6


@given(st.text("0123456789abcdefABCDEF", min_size=40, max_size=40))
def test_find_checked_never_passes_what_the_single_check_refuses(digits: str) -> None:
    if find_checked(["0x" + digits]) == [True]:
        assert parse_address("0x" + digits) == "0x" + digits.lower()


@pytest.mark.parametrize("address", RIGHT)
def test_find_checked_sees_one_changed_letter(address: str) -> None:
    at = next(i for i in range(2, 42) if address[i].isalpha())
    changed = address[:at] + address[at].swapcase() + address[at + 1 :]
    assert find_checked([changed]) == [False]
    with pytest.raises(InputError):
        parse_address(changed)
