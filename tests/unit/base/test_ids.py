"""Ids: the published vectors of EIP-55, BIP-173, BIP-350, Base58Check and CAIP are read, mistyped ones refused."""

from __future__ import annotations

import pytest

from jindo.base.errors import InputError
from jindo.base.ids import (
    BITCOIN,
    BURN_ADDRESSES,
    ETHEREUM,
    is_checked_address,
    is_checked_tx_id,
    native_asset,
    parse_address,
    parse_asset,
    parse_chain,
    parse_tx_id,
    token_asset,
)

EIP55 = [
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]
BECH32 = [
    "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
    "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
    "tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy",
]
BECH32M = [
    "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
    "BC1SW50QGDZ25J",
    "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs",
    "tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
]
NOT_SEGWIT = {
    "bech32 for version 1": "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
    "bech32 for version 2": "tb1z0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqglt7rf",
    "bech32 for version 16": "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL",
    "bech32m for version 0": "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh",
    "bech32m for version 0, 32 bytes": "tb1q0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq24jc47",
    "a letter outside the alphabet": "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",
    "version 17": "BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R",
    "a program of 1 byte": "bc1pw5dgrnzv",
    "a program of 41 bytes": "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav",
    "version 0 with 16 bytes": "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P",
    "mixed case": "tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq",
    "more than 4 spare bits": "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf",
    "spare bits that are not zero": "tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j",
    "no data": "bc1gmk9yu",
    "wrong checksum": "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
}
BASE58 = [
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
    "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
    "1BitcoinEaterAddressDontSendf59kuE",
    "1111111111111111111114oLvT2",
]


@pytest.mark.parametrize("address", EIP55)
def test_parse_address_takes_eip55_and_gives_lower_case(address: str) -> None:
    assert parse_address(address) == address.lower()
    assert parse_address(address.lower()) == address.lower()
    assert parse_address("0x" + address[2:].upper()) == address.lower()
    assert parse_address("0X" + address[2:]) == address.lower()


@pytest.mark.parametrize("address", EIP55[4:])
def test_parse_address_refuses_a_mistyped_eip55(address: str) -> None:
    last = max(i for i, c in enumerate(address) if c.isalpha())
    with pytest.raises(InputError, match="EIP-55") as caught:
        parse_address(address[:last] + address[last].swapcase() + address[last + 1 :])
    assert "Copy the address" in caught.value.remedy()


@pytest.mark.parametrize("text", ["0x", "0x12", "0x" + "g" * 40, "0x" + "a" * 41])
def test_parse_address_refuses_bad_hex(text: str) -> None:
    with pytest.raises(InputError, match="40 hex digits"):
        parse_address(text)


@pytest.mark.parametrize("address", [*BECH32, *BECH32M])
def test_parse_address_takes_bech32_and_bech32m_in_lower_case(address: str) -> None:
    assert parse_address(address) == address.lower()
    assert parse_address(address.upper()) == address.lower()


@pytest.mark.parametrize("case", NOT_SEGWIT)
def test_parse_address_refuses_what_bip350_calls_invalid(case: str) -> None:
    with pytest.raises(InputError):
        parse_address(NOT_SEGWIT[case])


@pytest.mark.parametrize("address", BASE58)
def test_parse_address_leaves_base58_untouched(address: str) -> None:
    assert parse_address(f" {address} ") == address


@pytest.mark.parametrize("address", BASE58)
def test_parse_address_refuses_a_mistyped_base58(address: str) -> None:
    wrong = address[:-1] + ("b" if address[-1] != "b" else "c")
    with pytest.raises(InputError, match="Base58Check"):
        parse_address(wrong)


@pytest.mark.parametrize("wrong", ["11A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "3" + "z" * 34])
def test_parse_address_refuses_a_base58_of_the_wrong_length(wrong: str) -> None:
    with pytest.raises(InputError, match="Base58Check"):
        parse_address(wrong)


@pytest.mark.parametrize(
    "text", ["", "  ", "two words", "tab\tbed", "nul\0byte", "del\x7f", "turn\u202eed", "c1\x9b"]
)
def test_parse_address_refuses_empty_and_control_characters(text: str) -> None:
    with pytest.raises(InputError):
        parse_address(text)


@pytest.mark.parametrize("text", ["victim", "A", "1", "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8"])
def test_parse_address_keeps_formats_it_does_not_know(text: str) -> None:
    assert parse_address(text) == text


def test_burn_addresses_are_canonical() -> None:
    assert {parse_address(address) for address in BURN_ADDRESSES} == BURN_ADDRESSES


@pytest.mark.parametrize("text", ["eip155:1", str(BITCOIN), "cosmos:cosmoshub-3", "solana:5eykt4UsFv8P8NJd"])
def test_parse_chain_takes_caip2(text: str) -> None:
    assert parse_chain(text) == text


@pytest.mark.parametrize(
    "text", ["", "ethereum", "ei:1", "EIP155:1", "eip155:", "eip155:1:2", "eip155:" + "1" * 33]
)
def test_parse_chain_refuses_what_is_not_caip2(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_chain(text)
    assert str(ETHEREUM) in caught.value.remedy()


def test_native_asset_is_the_chain_s_slip44_coin() -> None:
    assert native_asset(ETHEREUM) == "eip155:1/slip44:60"
    assert native_asset(BITCOIN) == f"{BITCOIN}/slip44:0"
    assert native_asset(parse_chain("eip155:10")) == "eip155:10/slip44:60"


def test_parse_asset_takes_caip19_contract_and_symbol() -> None:
    contract = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    token = token_asset(ETHEREUM, contract.lower())
    assert parse_asset(contract, chain=ETHEREUM) == token == f"eip155:1/erc20:{contract.lower()}"
    assert parse_asset(f"eip155:1/erc20:{contract}", chain=ETHEREUM) == token
    assert parse_asset("XRP", chain=ETHEREUM) == "XRP"


@pytest.mark.parametrize("text", ["", "  ", "eip155:56/slip44:714"])
def test_parse_asset_refuses_empty_and_another_chain(text: str) -> None:
    with pytest.raises(InputError):
        parse_asset(text, chain=ETHEREUM)


def test_parse_tx_id_is_lower_case_with_0x_where_written() -> None:
    assert parse_tx_id(" 0x" + "AB" * 32) == "0x" + "ab" * 32
    assert parse_tx_id("AB" * 32) == "ab" * 32
    assert parse_tx_id("5VERYLongSolanaSignature") == "5VERYLongSolanaSignature"


@pytest.mark.parametrize("text", ["", "a b", "0x12", "0x" + "a" * 65])
def test_parse_tx_id_refuses_what_is_no_hash(text: str) -> None:
    with pytest.raises(InputError):
        parse_tx_id(text)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", '=cmd|" /C calc"!A0'])
def test_parse_address_and_parse_asset_refuse_what_a_spreadsheet_would_run(text: str) -> None:
    with pytest.raises(InputError):
        parse_address(text)
    with pytest.raises(InputError, match="formula"):
        parse_asset(text, chain=ETHEREUM)


@pytest.mark.parametrize("text", ["a\tb", "a\nb", "a\rb", "a\0b", "a\u2028b"])
def test_parse_asset_and_parse_tx_id_refuse_control_characters(text: str) -> None:
    with pytest.raises(InputError):
        parse_asset(text, chain=ETHEREUM)
    with pytest.raises(InputError):
        parse_tx_id(text)


def test_is_checked_address_knows_formats_with_a_check_and_no_words() -> None:
    tron, testnet = "TNaRAoLUyYEV2uF7GUrzSjRQTU8v5ZJ5VR", "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn"
    for address in (*EIP55, *BECH32, *BECH32M, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", tron, testnet):
        assert is_checked_address(parse_address(address)), address
    for text in (
        "nonsense",
        "Quokka",
        "a" * 64,
        testnet[:-1] + "m",
        "9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin",
    ):
        assert not is_checked_address(parse_address(text)), text


def test_is_checked_tx_id_knows_32_bytes_of_hex() -> None:
    assert is_checked_tx_id(parse_tx_id("0x" + "aB" * 32))
    assert is_checked_tx_id(parse_tx_id("ab" * 32))
    assert not is_checked_tx_id(parse_tx_id("5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnb"))
