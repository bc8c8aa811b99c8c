"""A Bitcoin block out of its raw bytes, and what must hold of it alone.

* A header's hash is at most the target that its bits state, and that target at most its network's limit.
* Where its height is said, it took no less work than any block of the network from there on.
* The transactions give the header's Merkle root, one way only; the first one is the coinbase, and no other is.
* The height is stated by the coinbase where BIP-34 demands it; earlier ones may say anything.

That a header is in the best chain cannot be seen from it; which of two blocks stands at a height is `placing`'s.
"""

from __future__ import annotations

from dataclasses import dataclass

from jindo.base.errors import InputError
from jindo.ledger.bitcoin.merkle import build_root
from jindo.ledger.bitcoin.networks import Network
from jindo.ledger.bitcoin.transaction import (
    NO_OUTPUT,
    Cursor,
    RawTransaction,
    double_sha256,
    read_transaction,
    to_shown,
)

HEADER_SIZE = 80
MAX_SIZE = 4_000_000
"""No block has more bytes than its weight."""


@dataclass(frozen=True, slots=True)
class BlockHeader:
    """The 80 bytes that work is proven over; hashes are in the bytes' order."""

    hash: bytes
    version: int
    previous: bytes
    root: bytes
    time: int
    """Unix seconds that the miner stated."""
    target: int

    @property
    def work(self) -> int:
        """How many hashes it takes to find one such, on average."""
        return (1 << 256) // (self.target + 1)


@dataclass(frozen=True, slots=True)
class RawBlock:
    """One block as its bytes say it."""

    header: BlockHeader
    transactions: tuple[RawTransaction, ...]
    starts: tuple[int, ...]
    """Where each transaction begins in the block's bytes."""


def parse_header(data: bytes) -> BlockHeader:
    """The header that these 80 bytes are.

    Raises:
        InputError: there are more or fewer, or the bits state no target.
    """
    if len(data) != HEADER_SIZE:
        raise InputError(f"a block's header has {HEADER_SIZE} bytes, not {len(data)}")
    cursor = Cursor(data)
    version, previous, root = cursor.number(4), cursor.take(32), cursor.take(32)
    return BlockHeader(
        double_sha256(data), version, previous, root, cursor.number(4), _to_target(cursor.number(4))
    )


def check_work(header: BlockHeader, network: Network) -> None:
    """Raise where the header proves no work.

    Raises:
        InputError: its hash is above its target, or its target above the network's limit.
    """
    says = to_shown(header.hash)
    if header.target > network.limit:
        raise InputError(f"the target of block {says} is easier than {network.name} allows")
    if int.from_bytes(header.hash, "little") > header.target:
        raise InputError(f"the hash of block {says} does not meet its target: no work was done for it")


def check_depth(header: BlockHeader, height: int, network: Network) -> None:
    """Raise where the header took too little work to stand at this height.

    Raises:
        InputError: no block of the network from there on was that easy.
    """
    if header.work < network.find_least_work(height):
        raise InputError(
            f"block {to_shown(header.hash)} took far less work than any block of {network.name} from {height} on"
        )


def parse_block(data: bytes) -> RawBlock:
    """The block that these bytes are, all of them.

    Raises:
        InputError: they are not one whole block.
    """
    header, cursor = parse_header(data[:HEADER_SIZE]), Cursor(data, HEADER_SIZE)
    transactions, starts = [], []
    for _ in range(cursor.compact()):
        starts.append(cursor.at)
        transactions.append(read_transaction(cursor))
    if cursor.at != len(data):
        raise InputError("there are bytes after the block's end")
    return RawBlock(header, tuple(transactions), tuple(starts))


def check_block(block: RawBlock, network: Network) -> None:
    """Raise where a block cannot be one.

    Raises:
        InputError: no work, another Merkle root, repeated transactions, or a coinbase out of place.
    """
    check_work(block.header, network)
    first = [n for n, tx in enumerate(block.transactions) if NO_OUTPUT in tx.spent]
    if first != [0] or not block.transactions[0].is_coinbase:
        raise InputError("the block does not have one coinbase, in the first place")
    if build_root([tx.txid for tx in block.transactions]) != block.header.root:
        raise InputError("the block's transactions do not give its header's Merkle root")


def find_height(header: BlockHeader, coinbase: RawTransaction, network: Network) -> int | None:
    """The height that the coinbase states by BIP-34, `None` where the block is older than that rule or breaks it."""
    height = _parse_height(coinbase.first_script)
    is_ruled = header.version >= 2 and height is not None and height >= network.heights_from
    return height if is_ruled else None


def _parse_height(script: bytes) -> int | None:
    """The number that the script pushes first, in its one shortest form."""
    size = script[0] if script else 0
    if 0x51 <= size <= 0x60:
        return size - 0x50
    pushed = script[1 : 1 + size]
    if not 1 <= size <= 4 or len(pushed) < size or pushed[-1] & 0x80:
        return None
    height = int.from_bytes(pushed, "little")
    is_shortest = height > 16 and (height.bit_length() // 8 + 1) == size
    return height if is_shortest else None


def _to_target(bits: int) -> int:
    size, word = bits >> 24, bits & 0x007FFFFF
    target = word >> 8 * (3 - size) if size <= 3 else word << 8 * (size - 3)
    if bits & 0x00800000 or not 0 < target < 1 << 256:
        raise InputError("the header's bits state no target")
    return target
