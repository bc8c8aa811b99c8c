"""Names for everything in a world: addresses and hashes derived by hashing, owned by nobody.

* The same key and label give the same name on any machine; two labels never share one.
* EVM addresses are lower case; Bitcoin's are P2WPKH, P2TR (bech32) or P2PKH, P2SH (Base58Check) with right checksums.
* No private key stands behind any of them: nobody can spend from them, and nobody real is meant.

Sources: BIP-173, BIP-350 (bech32, bech32m); BIP-13, BIP-341; Base58Check.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import reduce
from operator import xor

from jindo.base.ids import Account, TxId

BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_FOLDS = tuple(
    reduce(xor, (generator for i, generator in enumerate(GENERATORS) if (top >> i) & 1), 0)
    for top in range(32)
)
"""What the five bits that leave the checksum fold back into it."""
_PREFIX = [ord(c) >> 5 for c in "bc"] + [0] + [ord(c) & 31 for c in "bc"]


@dataclass(frozen=True, slots=True)
class Namer:
    """Names of one world."""

    key: str
    """World, seed and scale: what makes this world's names its own."""

    def evm(self, label: str) -> Account:
        """An EVM address, lower case."""
        return Account("0x" + self._digest("evm", label)[:20].hex())

    def look_alike(self, address: Account, label: str) -> Account:
        """An EVM address with the first and last four digits of `address`, as poisoners make them."""
        return Account(address[:6] + self._digest("look", label)[:16].hex() + address[-4:])

    def p2wpkh(self, label: str) -> Account:
        """A Bitcoin segwit address (bc1q…)."""
        return Account(_to_bech32(self._digest("p2wpkh", label)[:20]))

    def p2pkh(self, label: str) -> Account:
        """A Bitcoin base58 address (1…)."""
        return Account(_to_base58check(b"\x00" + self._digest("p2pkh", label)[:20]))

    def p2tr(self, label: str) -> Account:
        """A Bitcoin taproot address (bc1p…)."""
        return Account(_to_bech32(self._digest("p2tr", label), version=1))

    def p2sh(self, label: str) -> Account:
        """A Bitcoin script-hash address (3…)."""
        return Account(_to_base58check(b"\x05" + self._digest("p2sh", label)[:20]))

    def evm_tx(self, number: int) -> TxId:
        """The hash of an EVM transaction, with 0x."""
        return TxId("0x" + self._digest("evm-tx", str(number)).hex())

    def bitcoin_tx(self, label: str) -> TxId:
        """The hash of a Bitcoin transaction."""
        return TxId(self._digest("bitcoin-tx", label).hex())

    def block_hash(self, chain: str, height: int) -> str:
        """The hash of a block, 64 hex digits."""
        return self._digest("block", f"{chain}/{height}").hex()

    def _digest(self, sort: str, label: str) -> bytes:
        return hashlib.sha256(f"jindo-world/{self.key}/{sort}/{label}".encode()).digest()


def _to_bech32(program: bytes, version: int = 0) -> str:
    """Bech32 for version 0, bech32m above it."""
    values = [version, *_to_five_bits(program)]
    check = _polymod([*_PREFIX, *values, 0, 0, 0, 0, 0, 0]) ^ (0x2BC830A3 if version else 1)
    values += [(check >> 5 * (5 - i)) & 31 for i in range(6)]
    return "bc1" + "".join(BECH32[v] for v in values)


def _to_five_bits(data: bytes) -> list[int]:
    number = int.from_bytes(data, "big")
    bits = len(data) * 8
    pad = -bits % 5
    return [((number << pad) >> shift) & 31 for shift in range(bits + pad - 5, -1, -5)]


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        check = (check & 0x1FFFFFF) << 5 ^ value ^ _FOLDS[check >> 25]
    return check


def _to_base58check(payload: bytes) -> str:
    raw = payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, text = int.from_bytes(raw, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = _BASE58[digit] + text
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + text
