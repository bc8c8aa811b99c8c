"""A Bitcoin transaction out of its raw bytes.

* The id is the double SHA-256 of the bytes without marker, flag and witnesses (BIP-141, BIP-144).
* Counts and values are read as consensus has them: the shortest form of a count, no value above all coins.
* Every byte is accounted for: whoever parses says where the transaction ends.

What the scripts mean is `script`'s; that the transaction is in a block, `merkle`'s and `block`'s.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from jindo.base.errors import InputError

MAX_UNITS = 21_000_000 * 10**8
"""More than all satoshi that there can be."""
NO_OUTPUT = (bytes(32), 0xFFFFFFFF)
"""What a coinbase names as the output that it spends."""

_WITNESS = b"\x00\x01"
_COMPACT = {0xFD: (2, 0xFD), 0xFE: (4, 0x10000), 0xFF: (8, 0x100000000)}
"""By first byte: how many bytes follow, and the least number that needs them."""


@dataclass(frozen=True, slots=True)
class RawOutput:
    """One output as its bytes say it."""

    value: int
    script: bytes


@dataclass(frozen=True, slots=True)
class RawTransaction:
    """One transaction as its bytes say it; hashes are in the bytes' order, which explorers show reversed."""

    txid: bytes
    spent: tuple[tuple[bytes, int], ...]
    """Transaction and index of each output that it spends."""
    outputs: tuple[RawOutput, ...]
    first_script: bytes
    """Script of the first input: in a coinbase, where the height stands."""
    stripped_size: int
    """Bytes without witnesses."""
    size: int

    @property
    def is_coinbase(self) -> bool:
        """Whether it issues the block's coins."""
        return self.spent == (NO_OUTPUT,)


class Cursor:
    """A place in bytes that moves as they are read; reading past the end is an `InputError`."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        start, self.at = self.at, self.at + size
        if self.at > len(self.data):
            raise InputError("the bytes end in the middle of a block or transaction")
        return self.data[start : self.at]

    def number(self, size: int) -> int:
        """The next number of `size` bytes, least significant first."""
        return int.from_bytes(self.take(size), "little")

    def compact(self) -> int:
        """The next count or length, which must be in its shortest form."""
        first = self.number(1)
        if first not in _COMPACT:
            return first
        size, least = _COMPACT[first]
        value = self.number(size)
        if value < least:
            raise InputError("a count is not in its shortest form")
        return value


def double_sha256(data: bytes) -> bytes:
    """SHA-256 of the SHA-256 of `data`."""
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def to_shown(digest: bytes) -> str:
    """A hash as explorers show it: its bytes reversed, in hex."""
    return digest[::-1].hex()


def from_shown(text: str) -> bytes:
    """The 32 bytes of a hash that is written as explorers show it.

    Raises:
        InputError: not 64 lower case hex digits.
    """
    digest = parse_hex(text)
    if len(digest) != 32:
        raise InputError(f"{text[:70]!r} is not a hash of 64 hex digits")
    return digest[::-1]


def parse_hex(text: str) -> bytes:
    """The bytes that lower case hex stands for.

    Raises:
        InputError: it is something else.
    """
    if not set(text) <= set("0123456789abcdef") or len(text) % 2:
        raise InputError("the bytes are not written in lower case hex")
    return bytes.fromhex(text)


def parse_transaction(data: bytes) -> RawTransaction:
    """The transaction that these bytes are, all of them.

    Raises:
        InputError: they are not one whole transaction.
    """
    cursor = Cursor(data)
    found = read_transaction(cursor)
    if cursor.at != len(data):
        raise InputError("there are bytes after the transaction's end")
    return found


def read_transaction(cursor: Cursor) -> RawTransaction:
    """The transaction that begins where `cursor` stands, which then stands at its end.

    Raises:
        InputError: it is not whole, or cannot be.
    """
    start = cursor.at
    version = cursor.take(4)
    has_witness = cursor.data[cursor.at : cursor.at + 2] == _WITNESS
    cursor.at += 2 if has_witness else 0
    body = cursor.at
    inputs = [_read_input(cursor) for _ in range(_count(cursor, "inputs"))]
    outputs = tuple(_read_output(cursor) for _ in range(_count(cursor, "outputs")))
    end = cursor.at
    if has_witness:
        _skip_witnesses(cursor, len(inputs))
    locktime = cursor.take(4)
    stripped = version + cursor.data[body:end] + locktime
    if sum(made.value for made in outputs) > MAX_UNITS:
        raise InputError("the outputs of a transaction are worth more than all coins")
    return RawTransaction(
        txid=double_sha256(stripped),
        spent=tuple(spent for spent, _ in inputs),
        outputs=outputs,
        first_script=inputs[0][1],
        stripped_size=len(stripped),
        size=cursor.at - start,
    )


def _count(cursor: Cursor, says: str) -> int:
    count = cursor.compact()
    if not count:
        raise InputError(f"a transaction has no {says}")
    return count


def _read_input(cursor: Cursor) -> tuple[tuple[bytes, int], bytes]:
    spent = (cursor.take(32), cursor.number(4))
    script = cursor.take(cursor.compact())
    cursor.take(4)
    return spent, script


def _read_output(cursor: Cursor) -> RawOutput:
    value = cursor.number(8)
    if value > MAX_UNITS:
        raise InputError("an output is worth more than all coins")
    return RawOutput(value, cursor.take(cursor.compact()))


def _skip_witnesses(cursor: Cursor, inputs: int) -> None:
    items = 0
    for _ in range(inputs):
        count = cursor.compact()
        items += count
        for _ in range(count):
            cursor.take(cursor.compact())
    if not items:
        raise InputError("a transaction is marked as having witnesses, and has none")
