"""Blocks made for tests, with the bytes that Bitcoin's rules ask for and work that costs nothing (regtest)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jindo.base.ids import ChainId
from jindo.ledger.bitcoin.networks import get_network

REGTEST = ChainId("bip122:0f9188f13cb7b2c71f2a335e3a4fc328")
GENESIS = bytes.fromhex("0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206")[::-1]
EASY = 0x207FFFFF
COINS = 50 * 10**8


def sha256d(data: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def compact(number: int) -> bytes:
    if number < 0xFD:
        return bytes([number])
    return b"\xfd" + number.to_bytes(2, "little")


def pay_to(who: int) -> bytes:
    """A P2WPKH script of somebody."""
    return b"\x00\x14" + bytes([who]) * 20


@dataclass(frozen=True)
class MadeTx:
    """A transaction's bytes with and without witnesses."""

    raw: bytes
    stripped: bytes

    @property
    def txid(self) -> bytes:
        return sha256d(self.stripped)

    @property
    def name(self) -> str:
        return self.txid[::-1].hex()


def make_tx(
    spent: Sequence[tuple[bytes, int]],
    outputs: Sequence[tuple[int, bytes]],
    *,
    script: bytes = b"",
    witness: bytes = b"",
) -> MadeTx:
    inputs = b"".join(
        t + i.to_bytes(4, "little") + compact(len(script)) + script + b"\xff" * 4 for t, i in spent
    )
    made = b"".join(v.to_bytes(8, "little") + compact(len(s)) + s for v, s in outputs)
    body = compact(len(spent)) + inputs + compact(len(outputs)) + made
    version, locktime = (2).to_bytes(4, "little"), bytes(4)
    stripped = version + body + locktime
    if not witness:
        return MadeTx(stripped, stripped)
    stack = b"".join(b"\x01" + compact(len(witness)) + witness for _ in spent)
    return MadeTx(version + b"\x00\x01" + body + stack + locktime, stripped)


def push_height(height: int) -> bytes:
    if height <= 16:
        return bytes([0x50 + height])
    data = height.to_bytes(height.bit_length() // 8 + 1, "little")
    return bytes([len(data)]) + data


def make_coinbase(height: int, who: int, value: int = COINS, extra: bytes = b"") -> MadeTx:
    script = push_height(height) + b"\x02jindo" + extra
    return make_tx([(bytes(32), 0xFFFFFFFF)], [(value, pay_to(who))], script=script)


def root_of(txids: Sequence[bytes]) -> bytes:
    level = list(txids)
    while len(level) > 1:
        level += level[-1:] if len(level) % 2 else []
        level = [sha256d(level[i] + level[i + 1]) for i in range(0, len(level), 2)]
    return level[0]


def make_block(
    previous: bytes,
    transactions: Sequence[MadeTx],
    *,
    time: int = 1_600_000_000,
    bits: int = EASY,
    version: int = 4,
    root: bytes | None = None,
    lazy: bool = False,
) -> bytes:
    """A block's bytes; where it is `lazy`, without the work."""
    root = root_of([tx.txid for tx in transactions]) if root is None else root
    start = (
        version.to_bytes(4, "little")
        + previous
        + root
        + time.to_bytes(4, "little")
        + bits.to_bytes(4, "little")
    )
    target = (bits & 0xFFFFFF) << 8 * ((bits >> 24) - 3)
    for nonce in range(1 << 16):
        header = start + nonce.to_bytes(4, "little")
        if (int.from_bytes(sha256d(header), "little") <= target) is not lazy:
            return header + compact(len(transactions)) + b"".join(tx.raw for tx in transactions)
    raise AssertionError("no nonce was found")


def hash_of(block: bytes) -> bytes:
    return sha256d(block[:80])


@dataclass(frozen=True)
class Story:
    """A few blocks of regtest: coins of 1 go to 2 and 3, then on to 4; the spends have witnesses."""

    blocks: list[bytes]
    coins: MadeTx
    first: MadeTx
    second: MadeTx


def make_story() -> Story:
    coins = make_coinbase(1, 1)
    first = make_tx(
        [(coins.txid, 0)], [(30 * 10**8, pay_to(2)), (20 * 10**8 - 500, pay_to(3))], witness=b"sig"
    )
    second = make_tx([(first.txid, 0)], [(30 * 10**8 - 700, pay_to(4))], witness=b"another")
    one = make_block(GENESIS, [coins], time=1_600_000_000)
    two = make_block(hash_of(one), [make_coinbase(2, 9), first], time=1_600_000_600)
    three = make_block(hash_of(two), [make_coinbase(3, 9), make_other(9), second], time=1_600_001_200)
    return Story([one, two, three], coins, first, second)


def make_other(who: int) -> MadeTx:
    """A transaction that spends what nobody here knows."""
    return make_tx([(bytes([who]) * 32, 7)], [(1234, pay_to(who))])


def write_blocks(folder: Path, blocks: Sequence[bytes]) -> Path:
    """One file a block."""
    folder.mkdir(exist_ok=True)
    for number, block in enumerate(blocks):
        (folder / f"{number:03d}.raw").write_bytes(block)
    return folder


def write_core_file(path: Path, blocks: Sequence[bytes], *, key: bytes = b"", after: bytes = b"") -> Path:
    """A blk*.dat as Bitcoin Core writes it, with its key beside it where there is one."""
    magic = get_network(REGTEST).magic
    data = b"".join(magic + len(block).to_bytes(4, "little") + block for block in blocks)
    path.parent.mkdir(exist_ok=True)
    if key:
        data = bytes(byte ^ key[at % 8] for at, byte in enumerate(data))
        (path.parent / "xor.dat").write_bytes(key)
    path.write_bytes(data + after)
    return path
