"""Output scripts and the accounts that they belong to.

* P2PKH, P2SH and every witness program have the address that their standard gives them (P2WPKH, P2WSH, P2TR and
  what later versions bring).
* P2PK belongs to the address of its key's hash: whoever owns the key owns both.
* Bare multisig belongs to `multisig:<address>,<address>`, as in bitcoin-etl; with a single key to that key's address.
* Every other script belongs to `script:<sha256 of the script>`.

Sources: BIP-13, BIP-141, BIP-173, BIP-350; Bitcoin Core, `script/solver.cpp`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from jindo.base.ids import Account
from jindo.ledger.bitcoin.networks import Network
from jindo.ledger.bitcoin.ripemd160 import ripemd160

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_KEY_SIZES = {2: 33, 3: 33, 4: 65, 6: 65, 7: 65}
"""By first byte of a public key; 6 and 7 are the hybrid form, which consensus takes."""
CHECKSIG, CHECKMULTISIG = 0xAC, 0xAE


def name_script(script: bytes) -> Account:
    """The account of a script that has no address."""
    return Account("script:" + hashlib.sha256(script).hexdigest())


def find_address(script: bytes, network: Network) -> Account | None:
    """The address of a script, `None` where it has none."""
    if len(script) == 25 and script[:3] == b"\x76\xa9\x14" and script[23:] == b"\x88\xac":
        return _base58_address(network.key_version, script[3:23])
    if len(script) == 23 and script[:2] == b"\xa9\x14" and script[22:] == b"\x87":
        return _base58_address(network.script_version, script[2:22])
    if _is_witness_program(script):
        version = script[0] - 0x50 if script[0] else 0
        return _bech32_address(network.prefix, version, script[2:])
    keys = _find_keys(script)
    addresses = [_base58_address(network.key_version, _hash160(key)) for key in keys]
    if len(addresses) > 1:
        return Account("multisig:" + ",".join(addresses))
    return addresses[0] if addresses else None


def name_accounts(script: bytes, network: Network) -> frozenset[Account]:
    """Every name that a source may give to the account of a script: its address, and the hash of the script."""
    address = find_address(script, network)
    return frozenset({name_script(script)} | ({address} if address is not None else set()))


def _is_witness_program(script: bytes) -> bool:
    if not 4 <= len(script) <= 42 or script[1] != len(script) - 2:
        return False
    return script[0] in range(0x51, 0x61) or (script[0] == 0 and len(script) in (22, 34))


def _find_keys(script: bytes) -> list[bytes]:
    """The keys of P2PK and of bare multisig."""
    if len(script) in (35, 67) and script[-1] == CHECKSIG and script[0] == len(script) - 2:
        key = script[1:-1]
        return [key] if _is_key(key) else []
    if len(script) < 3 or script[-1] != CHECKMULTISIG:
        return []
    keys, at = [], 1
    while at < len(script) - 2:
        key = script[at + 1 : at + 1 + script[at]]
        if not _is_key(key) or len(key) != script[at]:
            return []
        keys.append(key)
        at += 1 + len(key)
    needed, there = script[0] - 0x50, script[-2] - 0x50
    return keys if at == len(script) - 2 and 1 <= needed <= there == len(keys) <= 16 else []


def _is_key(key: bytes) -> bool:
    return bool(key) and _KEY_SIZES.get(key[0]) == len(key)


def _hash160(data: bytes) -> bytes:
    return ripemd160(hashlib.sha256(data).digest())


def _base58_address(version: int, payload: bytes) -> Account:
    raw = bytes([version]) + payload
    raw += hashlib.sha256(hashlib.sha256(raw).digest()).digest()[:4]
    number, text = int.from_bytes(raw, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = BASE58[digit] + text
    zeros = len(raw) - len(raw.lstrip(b"\0"))
    return Account("1" * zeros + text)


def _bech32_address(prefix: str, version: int, program: bytes) -> Account:
    values = [version, *_to_fives(program)]
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    constant = 0x2BC830A3 if version else 1
    check = _polymod([*expanded, *values, 0, 0, 0, 0, 0, 0]) ^ constant
    values += [check >> 5 * (5 - i) & 31 for i in range(6)]
    return Account(f"{prefix}1" + "".join(BECH32[value] for value in values))


def _to_fives(data: bytes) -> list[int]:
    """The bits of `data` in groups of five, the last filled up with zeros."""
    spare = -len(data) * 8 % 5
    number, count = int.from_bytes(data, "big") << spare, (len(data) * 8 + spare) // 5
    return [number >> 5 * (count - 1 - i) & 31 for i in range(count)]


def _polymod(values: Sequence[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate(GENERATORS):
            check ^= generator if (top >> i) & 1 else 0
    return check
