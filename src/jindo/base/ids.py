"""Ids of chains, accounts, assets and transactions, after the chain-agnostic standards.

* A chain is CAIP-2 (`eip155:1`), an account on it CAIP-10, an asset CAIP-19 (`eip155:1/slip44:60`).
* Inside one chain an account is its address alone; `parse_address` gives its one canonical form:
  EVM and bech32 in lower case, base58 untouched. A wrong checksum is an error, never repaired.
* A Tron address is written `T…`; the hex that nodes use (`41…`) is read too.
* An address that follows no format known here is kept as it is: other chains have their own. No address or
  asset holds a control character or begins as a spreadsheet's formula does.

Sources: CAIP-2, CAIP-10, CAIP-19; EIP-55; BIP-173, BIP-350; Base58Check; SLIP-44; the tron namespace of CAIP.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import NewType

from jindo.base.errors import InputError
from jindo.base.keccak import keccak256

ChainId = NewType("ChainId", str)
Account = NewType("Account", str)
AssetId = NewType("AssetId", str)
TxId = NewType("TxId", str)

BITCOIN = ChainId("bip122:000000000019d6689c085ae165831e93")
ETHEREUM = ChainId("eip155:1")
TRON = ChainId("tron:0x2b6653dc")
UNNAMED_ASSET = AssetId("unnamed asset")
ZERO_ADDRESS = Account("0x" + "0" * 40)

BURN_ADDRESSES = frozenset(
    {
        ZERO_ADDRESS,
        Account("0x000000000000000000000000000000000000dead"),
        Account("1BitcoinEaterAddressDontSendf59kuE"),
        Account("1111111111111111111114oLvT2"),
        Account("T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"),
    }
)
"""Addresses that nobody can spend from: the zero and dead addresses, two proven Bitcoin ones, and Tron's zero."""

_CHAIN = re.compile(r"[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}")
_ASSET = re.compile(
    r"[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}/[-a-z0-9]{3,8}:[-.%a-zA-Z0-9]{1,128}(/[-.%a-zA-Z0-9]{1,78})?"
)
_EVM = re.compile(r"0[xX][0-9a-fA-F]{40}")
_HASH = re.compile(r"(0[xX])?[0-9a-fA-F]{64}")
_TRON_HEX = re.compile(r"(0[xX]|41)[0-9a-fA-F]{40}")
_TRON_BASE58 = re.compile(r"T[1-9A-HJ-NP-Za-km-z]{33}")
_TRON_PREFIX = 0x41
_BASE58 = re.compile(r"[1-9A-HJ-NP-Za-km-z]{25,35}")
_BECH32 = re.compile(r"(bc|tb|bcrt|ltc|BC|TB|BCRT|LTC)1[0-9a-zA-Z]{6,87}")
_BASE58_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

_NATIVE = {
    "eip155:1": "slip44:60",
    str(BITCOIN): "slip44:0",
    "eip155:56": "slip44:714",
    "eip155:137": "slip44:966",
    str(TRON): "slip44:195",
}


def parse_chain(text: str) -> ChainId:
    """The CAIP-2 id written as `text`.

    Raises:
        InputError: not of the form `namespace:reference`.
    """
    if not _CHAIN.fullmatch(text):
        raise InputError(
            f"{text!r} is not a CAIP-2 chain id",
            remedy=f"Write eip155:1 for Ethereum or {BITCOIN} for Bitcoin.",
        )
    return ChainId(text)


def parse_asset(text: str, *, chain: ChainId) -> AssetId:
    """The asset written as `text` on `chain`: CAIP-19, an ERC-20 contract's address, or a plain symbol.

    A symbol is kept as it is. Two tokens may share one: what identifies an asset for certain is a CAIP-19 id
    or a contract.

    Raises:
        InputError: a CAIP-19 id of another chain, empty, with control characters, or begun like a formula.
    """
    text = text.strip()
    if not text:
        raise InputError("the asset is empty")
    if not text.isprintable():
        raise InputError(f"the asset {text!r} has a control character")
    _check_no_formula(text, "asset")
    if _ASSET.fullmatch(text):
        if text.split("/", 1)[0] != chain:
            raise InputError(f"the asset {text!r} is not on the chain {chain}")
        return AssetId(text.lower() if text.startswith("eip155:") else text)
    if _EVM.fullmatch(text):
        return token_asset(chain, parse_address(text))
    if chain.startswith("tron:") and _TRON_BASE58.fullmatch(text):
        return token_asset(chain, parse_tron_address(text))
    return AssetId(text)


def native_asset(chain: ChainId) -> AssetId:
    """CAIP-19 of the chain's own coin; EVM chains not listed in SLIP-44 here use Ethereum's 60."""
    default = "slip44:60" if chain.startswith("eip155:") else "slip44:0"
    return AssetId(f"{chain}/{_NATIVE.get(chain, default)}")


def token_asset(chain: ChainId, contract: str) -> AssetId:
    """CAIP-19 of the token at `contract` (canonical address): ERC-20, or TRC-20 on Tron."""
    return AssetId(f"{chain}/{'trc20' if chain.startswith('tron:') else 'erc20'}:{contract}")


def parse_tx_id(text: str) -> TxId:
    """The transaction hash in canonical form: lower case hex, with `0x` only where it was written.

    Hashes of chains that are not 32 bytes of hex (Solana's, say) are kept as they are.

    Raises:
        InputError: empty, holds white space, or is `0x` hex of the wrong length.
    """
    text = text.strip()
    if _HASH.fullmatch(text):
        return TxId(text.lower())
    if not text or not text.isprintable() or any(c.isspace() for c in text):
        raise InputError(f"{text!r} is not a transaction hash")
    if text[:2] in ("0x", "0X"):
        raise InputError(f"{text!r} is not a transaction hash: it needs 64 hex digits after 0x")
    return TxId(text)


def parse_address(text: str) -> Account:
    """The one canonical form of an address.

    Raises:
        InputError: empty, bad hex, a checksum (EIP-55, bech32, Base58Check) that does not match, white space or
            control characters, or begun like a formula.
    """
    text = text.strip()
    if text[:2] in ("0x", "0X"):
        return _parse_evm(text)
    if _BECH32.fullmatch(text):
        return _parse_bech32(text)
    if text[:1] in ("1", "3") and _BASE58.fullmatch(text):
        return _parse_base58(text)
    if _TRON_BASE58.fullmatch(text) or _TRON_HEX.fullmatch(text):
        return parse_tron_address(text)
    if not text or not text.isprintable() or any(c.isspace() for c in text):
        raise InputError(f"{text!r} is not an address")
    _check_no_formula(text, "address")
    return Account(text)


def parse_tron_address(text: str) -> Account:
    """The `T…` form of a Tron address, written so, or in hex: `41` and 20 bytes, or `0x` and 20 bytes as in Tron's EVM.

    Raises:
        InputError: neither form, another network's, or a checksum that does not match.
    """
    text = text.strip()
    if _TRON_HEX.fullmatch(text):
        return _to_base58check(bytes([_TRON_PREFIX]) + bytes.fromhex(text[-40:]))
    if not _TRON_BASE58.fullmatch(text):
        raise InputError(f"{text!r} is not a Tron address: T and 33 more letters, or 41 and 40 hex digits")
    return _parse_base58(text)


def _to_base58check(payload: bytes) -> Account:
    """Base58Check of a payload that does not begin with a zero byte."""
    raw = payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, text = int.from_bytes(raw, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = _BASE58_ALPHABET[digit] + text
    return Account(text)


def is_checked_address(address: Account) -> bool:
    """Whether an address of `parse_address` follows a format known here, so that a slip or a word is none.

    Known are EVM's, bech32 and Base58Check of any version byte (Bitcoin and its test networks, Tron, Dogecoin, …).
    """
    if address.startswith("0x") or _BECH32.fullmatch(address):
        return True
    if not _BASE58.fullmatch(address):
        return False
    try:
        return bool(_parse_base58(address))
    except InputError:
        return False


def is_checked_tx_id(tx_id: TxId) -> bool:
    """Whether a hash of `parse_tx_id` is 32 bytes of hex, as on the chains whose addresses have a known format."""
    return _HASH.fullmatch(tx_id) is not None


def _check_no_formula(text: str, says: str) -> None:
    """Results are opened in spreadsheets, which would run such a text."""
    if text[:1] in ("=", "+", "-", "@"):
        raise InputError(
            f"the {says} {text!r} begins as a spreadsheet's formula does",
            remedy=f"Leave the row out, or give the {says} another name.",
        )


def _parse_evm(text: str) -> Account:
    if not _EVM.fullmatch(text):
        raise InputError(f"{text!r} is not an address: it needs 40 hex digits after 0x")
    digits = text[2:]
    if digits not in (digits.lower(), digits.upper()) and digits != _eip55(digits.lower()):
        raise InputError(
            f"{text!r} has a wrong EIP-55 checksum: a letter is mistyped",
            remedy="Copy the address again from its source; do not retype it.",
        )
    return Account("0x" + digits.lower())


def _eip55(digits: str) -> str:
    mask = keccak256(digits.encode()).hex()
    return "".join(c.upper() if int(mask[i], 16) >= 8 else c for i, c in enumerate(digits))


@lru_cache(maxsize=1 << 16)
def _parse_bech32(text: str) -> Account:
    if text not in (text.lower(), text.upper()):
        raise InputError(f"{text!r} mixes upper and lower case, which bech32 forbids")
    text = text.lower()
    prefix, _, data = text.rpartition("1")
    values = [_BECH32_ALPHABET.find(c) for c in data]
    # Version 0 is bech32, the later ones are bech32m (BIP-350); taking either for both would weaken the check.
    if -1 in values or _bech32_polymod(prefix, values) != (0x2BC830A3 if values[0] else 1):
        raise InputError(f"{text!r} has a wrong bech32 checksum: a letter is mistyped")
    if not _is_witness_program(values[:-6]):
        raise InputError(f"{text!r} is not an address: no witness program has this version and length")
    return Account(text)


def _is_witness_program(values: list[int]) -> bool:
    """Whether a version and 5-bit groups are what BIP-141 and BIP-173 allow; the spare bits must be zero."""
    size, spare = divmod(5 * (len(values) - 1), 8)
    if not 2 <= size <= 40 or values[0] > 16 or (values[0] == 0 and size not in (20, 32)):
        return False
    return spare <= 4 and not values[-1] & ((1 << spare) - 1)


def _bech32_polymod(prefix: str, values: list[int]) -> int:
    check = 1
    for value in [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if (top >> i) & 1 else 0
    return check


@lru_cache(maxsize=1 << 16)
def _parse_base58(text: str) -> Account:
    number = 0
    for c in text:
        number = number * 58 + _BASE58_ALPHABET.index(c)
    try:
        raw = number.to_bytes(25, "big")
    except OverflowError as error:
        raise InputError(f"{text!r} is too long for a Base58Check address") from error
    # Each leading 1 stands for one zero byte; a 1 too many does not change the number.
    zeros = len(raw) - len(raw.lstrip(b"\0"))
    checksum = hashlib.sha256(hashlib.sha256(raw[:21]).digest()).digest()[:4]
    if checksum != raw[21:] or zeros != len(text) - len(text.lstrip("1")):
        raise InputError(f"{text!r} has a wrong Base58Check checksum: a letter is mistyped")
    return Account(text)
