"""Data in the outputs of a UTXO chain: what stands behind OP_RETURN, and the account that such an output has.

* The ledger keeps of a script without an address only its hash, in the account `script:<sha256>`. A text that is
  known beforehand can therefore be found, by the account that it would have; one that is not cannot be read back.
* The answers of the bridge (`OUT:<hash>`, `REFUND:<hash>`) are known beforehand. A swap's memo is not: whoever has the
  script reads it with `find_data` and hands it in.

Source: Bitcoin's script reference (OP_RETURN, pushes); THORChain writes one push after OP_RETURN.
"""

from __future__ import annotations

import hashlib

from jindo.base.ids import Account

_OP_RETURN, _LONGEST_DIRECT = 0x6A, 75
_PUSHES = {0x4C: 1, 0x4D: 2, 0x4E: 4}
"""Opcodes whose operand says the length, in so many bytes."""


def find_data(script: bytes) -> bytes | None:
    """What is pushed behind OP_RETURN, pushes joined; `None` where the script is something else or broken."""
    if not script or script[0] != _OP_RETURN:
        return None
    at, found = 1, b""
    while at < len(script):
        size, at = script[at], at + 1
        if size in _PUSHES:
            width = _PUSHES[size]
            size, at = int.from_bytes(script[at : at + width], "little"), at + width
        elif size > _LONGEST_DIRECT:
            return None
        if at + size > len(script):
            return None
        found, at = found + script[at : at + size], at + size
    return found


def write_data(data: bytes) -> bytes:
    """The script of an output that carries `data`, with the shortest push."""
    size = len(data)
    if size <= _LONGEST_DIRECT:
        push = bytes([size])
    elif size < 1 << 8:
        push = bytes([0x4C, size])
    else:
        push = (
            b"\x4d" + size.to_bytes(2, "little") if size < 1 << 16 else b"\x4e" + size.to_bytes(4, "little")
        )
    return bytes([_OP_RETURN]) + push + data


def name_answer(function: str, tx_hash: str) -> Account:
    """The account of an output that carries the bridge's answer (`out`, `refund`) to a transaction."""
    text = f"{function.upper()}:{tx_hash.removeprefix('0x').upper()}"
    return Account("script:" + hashlib.sha256(write_data(text.encode())).hexdigest())
