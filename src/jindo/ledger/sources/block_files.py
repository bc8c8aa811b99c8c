"""Files that hold raw Bitcoin blocks, and the bytes of each block in them.

* A file is one block, raw or (by its ending .hex) as hex text; or blocks each after the network's magic and their
  length, as Bitcoin Core writes them. Which one, its first bytes say.
* Where `xor.dat` stands beside a blk*.dat, its 8 bytes are undone over the whole file, as Bitcoin Core does.
* A folder gives its .dat, .raw, .blk, .bin and .hex files, without what is no block there: undo data (rev*.dat)
  and the key.
* Zeros, which Bitcoin Core leaves at a file's end, are passed over. Other bytes that are no block are told.

What is in a block is `bitcoin`'s.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

from jindo.base.errors import InputError, NotFound
from jindo.ledger.bitcoin.block import MAX_SIZE
from jindo.ledger.bitcoin.networks import NETWORKS, Network
from jindo.ledger.files import SourceFile
from jindo.ledger.sources.bad_row import BadRow

SUFFIXES = (".dat", ".raw", ".blk", ".bin", ".hex")
KEY_FILE = "xor.dat"
KEY_SIZE = 8

_PREFIX = 8
"""Bytes of magic and length before a block."""
_CHUNK = 1 << 20
_AGAIN = "Compare with another copy of the file; blocks after this place were read."


def find_block_files(source: str) -> list[SourceFile]:
    """The files that a file name, a folder or a glob pattern stands for, in order of name.

    Raises:
        NotFound: there is none.
    """
    root = Path(source)
    if root.is_file():
        return [_describe(root, root.name)]
    if root.is_dir():
        found = [(path, path.relative_to(root).as_posix()) for path in root.rglob("*")]
    else:
        found = [(Path(name), Path(name).name) for name in glob.glob(source, recursive=True)]  # noqa: PTH207  # may be absolute
    files = sorted((path, name) for path, name in found if path.is_file() and _may_hold_blocks(path))
    if not files:
        raise NotFound(
            f"there is no file of blocks at {source!r}",
            remedy=f"Name a file, or a folder or a pattern in quotes of files that end in {', '.join(SUFFIXES)}.",
        )
    return [_describe(path, name) for path, name in files]


def read_block_file(source: SourceFile, network: Network) -> Iterator[bytes | BadRow]:
    """The bytes of each block of a file, and what stands between them that is none.

    Raises:
        InputError: the file is of another network, is too long for one block, or its key is not whole.
    """
    if source.sort == "answers":
        from jindo.ledger.sources.bitcoin_rpc import read_block_answers

        yield from read_block_answers(source)
        return
    if source.path.suffix.lower() == ".hex":
        yield _read_hex(source)
        return
    with source.path.open("rb") as stream:
        file = _Masked(stream, _read_key(source.path))
        magic = file.plain(0, 4)
        _check_network(magic, network, source)
        if magic == network.magic or _is_of_core(source.path):
            yield from _iter_records(file, network)
        else:
            yield _read_whole(file, source)


class _Masked:
    """A file whose bytes are combined with a key that repeats."""

    def __init__(self, stream: IO[bytes], key: bytes) -> None:
        self._stream = stream
        self._key = key
        self.size = stream.seek(0, 2)

    def raw(self, at: int, size: int) -> bytes:
        """Bytes as they are on the disk."""
        self._stream.seek(at)
        return self._stream.read(size)

    def plain(self, at: int, size: int) -> bytes:
        """Bytes with the key undone."""
        data = self.raw(at, size)
        if not any(self._key):
            return data
        turned = at % len(self._key)
        key = (self._key[turned:] + self._key[:turned]) * (len(data) // len(self._key) + 1)
        laid = np.frombuffer(key, dtype=np.uint8, count=len(data))
        return (np.frombuffer(data, dtype=np.uint8) ^ laid).tobytes()


def _iter_records(file: _Masked, network: Network) -> Iterator[bytes | BadRow]:
    at = 0
    while at < file.size:
        head = file.plain(at, _PREFIX)
        length = int.from_bytes(head[4:], "little")
        if head[:4] != network.magic:
            reason = f"the bytes from {at} on are no block"
        elif len(head) < _PREFIX or not 80 <= length <= MAX_SIZE or at + _PREFIX + length > file.size:
            reason = f"the block at byte {at} is not whole: its stated length is {length}"
        else:
            yield file.plain(at + _PREFIX, length)
            at += _PREFIX + length
            continue
        following = _find_magic(file, at + 1, network.magic)
        if not _is_zero(file, at, following):
            yield BadRow("ledger.bad-raw-block", reason, _AGAIN)
        at = following


def _is_zero(file: _Masked, at: int, end: int) -> bool:
    """Whether the disk holds zeros alone from `at` to `end`: they are no part of what the key was laid over."""
    return not any(file.raw(place, min(_CHUNK, end - place)).strip(b"\0") for place in range(at, end, _CHUNK))


def _find_magic(file: _Masked, at: int, magic: bytes) -> int:
    while at < file.size:
        data = file.plain(at, _CHUNK + len(magic) - 1)
        found = data.find(magic)
        if found >= 0:
            return at + found
        at += _CHUNK
    return file.size


def _read_whole(file: _Masked, source: SourceFile) -> bytes:
    if file.size > MAX_SIZE:
        raise InputError(
            f"{source.name} does not begin with the network's magic, and is too long for one block",
            place=str(source.path),
            remedy=f"Give raw blocks, one a file, or Bitcoin Core's blk*.dat with their {KEY_FILE} beside them.",
        )
    return file.plain(0, file.size)


def _read_hex(source: SourceFile) -> bytes | BadRow:
    if source.path.stat().st_size > 4 * MAX_SIZE:
        raise InputError(f"{source.name} is too long for one block in hex", place=str(source.path))
    try:
        return bytes.fromhex(source.path.read_text(encoding="ascii"))
    except ValueError:
        return BadRow(
            "ledger.bad-raw-block", "the file is not one block in hex", "Give the block's bytes in hex alone."
        )


def _check_network(magic: bytes, network: Network, source: SourceFile) -> None:
    other = next((n for n in NETWORKS.values() if n.magic == magic and n is not network), None)
    if other is not None:
        raise InputError(
            f"{source.name} holds blocks of {other.name}, not of {network.name}",
            place=str(source.path),
            remedy=f"Name its chain: --chain {other.chain}.",
        )


def _read_key(path: Path) -> bytes:
    place = path.parent / KEY_FILE
    if not _is_of_core(path) or not place.is_file():
        return bytes(KEY_SIZE)
    key = place.read_bytes()
    if len(key) != KEY_SIZE:
        raise InputError(
            f"the key of the block files has {len(key)} bytes, not {KEY_SIZE}",
            place=str(place),
            remedy="Copy it again from the node's blocks folder.",
        )
    return key


def _is_of_core(path: Path) -> bool:
    return path.name.startswith("blk") and path.suffix == ".dat"


def _may_hold_blocks(path: Path) -> bool:
    name = path.name.lower()
    return (
        name.endswith(SUFFIXES)
        and name != KEY_FILE
        and not (name.startswith("rev") and name.endswith(".dat"))
    )


def _describe(path: Path, name: str) -> SourceFile:
    return SourceFile(path, name, "blocks", (), ())
