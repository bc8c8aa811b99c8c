"""Compiled hashing gives what hashlib and the readable form give, with the processor's instructions and without."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.unit.ledger.bitcoin.mining import REGTEST, make_story

import jindo
from jindo.base.compiling import compile_kept
from jindo.ledger import get_network
from jindo.ledger.bitcoin.columns import parse_blocks
from jindo.ledger.bitcoin.kernel_bytes import copy_bytes, read_16, read_32, read_64
from jindo.ledger.bitcoin.kernel_ripemd160 import hash_digest_160
from jindo.ledger.bitcoin.kernel_sha256 import (
    HashRoom,
    compress_plain,
    hash_block_twice,
    hash_bytes,
    hash_pair_twice,
    hash_twice,
    make_hash_room,
    pad_message,
)
from jindo.ledger.bitcoin.ripemd160 import compute
from jindo.ledger.bitcoin.transaction import double_sha256

NOISE = hashlib.shake_256(b"jindo").digest(1 << 13)


@compile_kept
def run_hashes(room: Any, data: Any, at: Any, size: Any, words: Any, out: Any) -> None:
    """Every sort of hash of the same bytes, 32 apart."""
    hash_bytes(room, data, at, size, out, 0)
    hash_twice(room, data, at, size, out, 32)
    hash_pair_twice(room, data, at, out, 64)
    hash_digest_160(data, at, words, out, 96)


@compile_kept
def run_plain(room: Any, block: Any, again: Any) -> None:
    """One block by plain arithmetic, after another where there is one."""
    compress_plain(room, block, 0)
    if again:
        compress_plain(room, block, 64)


@compile_kept
def run_block(room: Any, block: Any, out: Any) -> None:
    hash_block_twice(room, block, 0, out, 0)


@compile_kept
def run_reads(data: Any, at: Any, out: Any, numbers: Any) -> None:
    copy_bytes(data, at, 9, out, 1)
    numbers[0], numbers[1], numbers[2] = read_16(data, at), read_32(data, at), read_64(data, at)


def to_array(data: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(data, dtype=np.uint8)


@pytest.mark.parametrize("size", [*range(150), 191, 192, 1000, 8000])
def test_hashes_are_what_hashlib_says(size: int) -> None:
    at, out = size % 7, np.zeros(128, dtype=np.uint8)
    run_hashes(make_hash_room(), to_array(NOISE), at, size, np.zeros(26, dtype=np.uint32), out)
    data = NOISE[at : at + size]
    assert out[:32].tobytes() == hashlib.sha256(data).digest()
    assert out[32:64].tobytes() == double_sha256(data)
    assert out[64:96].tobytes() == double_sha256(NOISE[at : at + 64])
    assert out[96:116].tobytes() == compute(NOISE[at : at + 32])


@pytest.mark.parametrize("size", [0, 3, 55, 64, 100, 119])
def test_plain_arithmetic_gives_the_same(size: int) -> None:
    """What runs on processors without the instructions."""
    room: HashRoom = make_hash_room()
    room.words[:8] = [
        0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
    ]  # fmt: skip
    end = pad_message(size)
    padded = NOISE[:size] + end[size % 64 :]
    run_plain(room, to_array(padded.ljust(128, b"\0")), len(padded) > 64)
    assert room.words[:8].astype(">u4").tobytes() == hashlib.sha256(NOISE[:size]).digest()


@pytest.mark.parametrize("size", [0, 21, 55])
def test_a_padded_message_is_hashed_as_it_was(size: int) -> None:
    out = np.zeros(32, dtype=np.uint8)
    run_block(make_hash_room(), to_array(NOISE[:size] + pad_message(size)[size:]), out)
    assert out.tobytes() == double_sha256(NOISE[:size])


@pytest.mark.parametrize("at", range(9))
def test_numbers_are_read_at_any_place(at: int) -> None:
    out, numbers = np.zeros(16, dtype=np.uint8), np.zeros(3, dtype=np.uint64)
    run_reads(to_array(NOISE), at, out, numbers)
    assert out.tobytes() == b"\0" + NOISE[at : at + 9] + bytes(6)
    assert numbers.tolist() == [int.from_bytes(NOISE[at : at + size], "little") for size in (2, 4, 8)]


PLAIN = """
import sys
from jindo.base.ids import ChainId
from jindo.ledger import get_network
from jindo.ledger.bitcoin.columns import parse_blocks
from jindo.ledger.bitcoin.kernel_sha256 import HAS_INSTRUCTIONS

assert not HAS_INSTRUCTIONS
blocks = [bytes.fromhex(line) for line in sys.stdin.read().split()]
columns, refused = parse_blocks(blocks, get_network(ChainId(sys.argv[1])), wtxids=True)
assert not refused
print(columns.txid.tobytes().hex(), columns.wtxid.tobytes().hex(), *columns.account.to_pylist())
"""


@pytest.mark.slow
def test_a_processor_without_the_instructions_gives_the_same(tmp_path: Path) -> None:
    blocks = make_story().blocks
    columns, _ = parse_blocks(blocks, get_network(REGTEST), wtxids=True)
    assert columns.wtxid is not None
    plain = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "", "NUMBA_CACHE_DIR": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", PLAIN, REGTEST],
        input="\n".join(block.hex() for block in blocks),
        env=os.environ | plain | {"PYTHONPATH": str(Path(jindo.__path__[0]).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    hashes = columns.txid.tobytes().hex(), columns.wtxid.tobytes().hex()
    assert ended.stdout.split() == [*hashes, *columns.account.to_pylist()]
