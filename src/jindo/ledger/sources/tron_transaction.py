"""A Tron transaction's own bytes: who signed for what.

* The id is the SHA-256 of the bytes, so what they say is what was signed, whoever hands them over.
* Read are the contracts that move value: transfers of TRX and of TRC-10 tokens, calls and creations of contracts;
  of every other sort only who made it.
* Bytes that are not whole, or hold what they cannot, are an `InputError`.

Whether a transaction succeeded and in which block it is, its receipt says (`trongrid`).

Source: TRON protocol, `core/Tron.proto`, `core/contract/*.proto`; Protocol Buffers encoding.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from jindo.base.errors import InputError
from jindo.base.ids import Account, parse_tron_address

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_CONTRACT, _TYPE, _PARAMETER, _VALUE = 11, 1, 2, 2
TRANSFER, TRANSFER_ASSET, CREATE, TRIGGER = 1, 2, 30, 31
"""Sorts of contracts that move value, as the protocol numbers them."""
OTHER_MOVING = frozenset({9, 41, 42, 43, 44, 51})
"""Sorts that trade or hide value in ways that are not read: asset sales, the protocol's exchange, shielded transfers."""

Fields = dict[int, list[int | bytes]]


@dataclass(frozen=True, slots=True)
class TronContract:
    """What a transaction asks for."""

    sort: int
    """Number of the contract's sort in the protocol."""
    owner: Account
    """Who signed, and pays."""
    receiver: Account | None
    """Who gets the value; `None` for the sorts that move none, and where the receipt names the new contract."""
    units: int
    """Sun, or units of `token`."""
    token: str = ""
    """Id of a TRC-10 token, empty for TRX."""
    token_units: int = 0
    """Units of `token` that go along with a call, beside its TRX."""


def parse_tron_transaction(raw: str, txid: str) -> TronContract:
    """What the transaction asks for whose `raw_data_hex` this is.

    Raises:
        InputError: the bytes do not hash to the id, or are not a transaction of one contract.
    """
    try:
        data = bytes.fromhex(raw)
    except ValueError as error:
        raise InputError("the transaction's bytes are not written in hex") from error
    if hashlib.sha256(data).hexdigest() != txid:
        raise InputError(f"the transaction's bytes do not give its id {txid[:64]}")
    contracts = parse_fields(data).get(_CONTRACT, [])
    if len(contracts) != 1:
        raise InputError(f"the transaction has {len(contracts)} contracts, and the protocol knows one")
    contract = parse_fields(_as_bytes(contracts[0]))
    parameter = parse_fields(_get_bytes(contract, _PARAMETER))
    return _build(_get_number(contract, _TYPE), parse_fields(_get_bytes(parameter, _VALUE)))


def parse_fields(data: bytes) -> Fields:
    """The fields of a protocol buffer by number: varints as numbers, and bytes.

    Raises:
        InputError: it is not whole.
    """
    found: Fields = {}
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        value: int | bytes
        if key & 7 == _VARINT:
            value, at = _read_varint(data, at)
        else:
            size, at = _read_size(data, at, key & 7)
            value, at = data[at : at + size], at + size
            if at > len(data):
                raise InputError("the transaction's bytes end too soon")
        found.setdefault(key >> 3, []).append(value)
    return found


def _build(sort: int, value: Fields) -> TronContract:
    owner = _get_address(value, 2 if sort == TRANSFER_ASSET else 1)
    if sort == TRANSFER:
        return TronContract(sort, owner, _get_address(value, 2), _get_number(value, 3))
    if sort == TRANSFER_ASSET:
        token = _get_bytes(value, 1).decode("utf-8", "replace")
        return TronContract(sort, owner, _get_address(value, 3), _get_number(value, 4), token)
    if sort == TRIGGER:
        token = str(_get_number(value, 6)) if _get_number(value, 5) else ""
        return TronContract(
            sort, owner, _get_address(value, 2), _get_number(value, 3), token, _get_number(value, 5)
        )
    if sort == CREATE:
        made = parse_fields(_get_bytes(value, 2))
        token = str(_get_number(value, 4)) if _get_number(value, 3) else ""
        return TronContract(sort, owner, None, _get_number(made, 5), token, _get_number(value, 3))
    return TronContract(sort, owner, None, 0)


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    for byte in _iter_bytes(data, at):
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number & 0xFFFF_FFFF_FFFF_FFFF, at
    raise InputError("the transaction's bytes hold a number without an end")


def _iter_bytes(data: bytes, at: int) -> Iterator[int]:
    yield from data[at : at + 10]


def _read_size(data: bytes, at: int, wire: int) -> tuple[int, int]:
    if wire == _BYTES:
        return _read_varint(data, at)
    if wire in (_FIXED64, _FIXED32):
        return (8 if wire == _FIXED64 else 4), at
    raise InputError("the transaction's bytes are no protocol buffer")


def _get_number(fields: Fields, number: int) -> int:
    """The last value of a field, 0 where it is missing; negative ones are refused."""
    value = fields.get(number, [0])[-1]
    if not isinstance(value, int) or value >> 63:
        raise InputError("the transaction's bytes hold no amount where one should stand")
    return value


def _get_bytes(fields: Fields, number: int) -> bytes:
    return _as_bytes(fields.get(number, [b""])[-1])


def _as_bytes(value: int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise InputError("the transaction's bytes hold a number where bytes should stand")
    return value


def _get_address(fields: Fields, number: int) -> Account:
    data = _get_bytes(fields, number)
    if len(data) != 21 or data[0] != 0x41:
        raise InputError("the transaction's bytes hold no address where one should stand")
    return parse_tron_address(data.hex())
