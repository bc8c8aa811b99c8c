"""The Bitcoin networks whose blocks are read, and what tells them apart.

* A chain's CAIP-2 reference is how its genesis block's hash begins, so that a chain names its own first block.
* A header whose target is easier than its network's limit proves no work, however it is hashed.
* At a height that the main chain has passed, a header that is easier than any from there on proves none of that height.

Sources: CAIP-2, BIP-122; Bitcoin Core, `kernel/chainparams.cpp`; the difficulties that the main chain's headers state.
"""

from __future__ import annotations

from dataclasses import dataclass

from jindo.base.errors import InputError
from jindo.base.ids import BITCOIN, ChainId

LEAST_DIFFICULTIES = (
    (100_000, 10_000),
    (150_000, 500_000),
    (200_000, 1_400_000),
    (250_000, 15_000_000),
    (300_000, 4_000_000_000),
    (400_000, 75_000_000_000),
    (500_000, 900_000_000_000),
    (600_000, 6_000_000_000_000),
    (800_000, 25_000_000_000_000),
)
"""Heights of the main chain, and what no block from there on falls short of: about half of the least difficulty since."""

_WORK_OF_ONE = (1 << 256) // ((0xFFFF << 208) + 1)
"""Hashes that a block of difficulty 1 takes, on average."""


@dataclass(frozen=True, slots=True)
class Network:
    """One network's constants."""

    name: str
    chain: ChainId
    magic: bytes
    """Stands before each block in a file of Bitcoin Core's."""
    key_version: int
    """First byte of a Base58Check address of a key's hash."""
    script_version: int
    """First byte of a Base58Check address of a script's hash."""
    prefix: str
    """Human-readable part of its bech32 addresses."""
    limit: int
    """Largest target that a block may have."""
    heights_from: int
    """Height from which every coinbase states its block's height (BIP-34)."""

    def is_genesis(self, block_hash: str) -> bool:
        """Whether the hash, as explorers show it, is that of the network's first block."""
        return block_hash.startswith(self.chain.partition(":")[2])

    def find_least_work(self, height: int) -> int:
        """How many hashes a block at this height takes at least; only the main chain's heights say anything."""
        known = LEAST_DIFFICULTIES if self.chain == BITCOIN else ()
        return max((least * _WORK_OF_ONE for start, least in known if start <= height), default=0)


_ROWS = (
    ("main", BITCOIN, "f9beb4d9", 0, 5, "bc", (1 << 224) - 1, 227_931),
    ("testnet3", "bip122:000000000933ea01ad0ee984209779ba", "0b110907", 111, 196, "tb", (1 << 224) - 1, 21_111),
    ("testnet4", "bip122:00000000da84f2bafbbc53dee25a72ae", "1c163f28", 111, 196, "tb", (1 << 224) - 1, 1),
    ("signet", "bip122:00000008819873e925422c1ff0f99f7c", "0a03cf40", 111, 196, "tb", 0x377AE << 216, 1),
    ("regtest", "bip122:0f9188f13cb7b2c71f2a335e3a4fc328", "fabfb5da", 111, 196, "bcrt", (1 << 255) - 1, 1),
)  # fmt: skip
NETWORKS = {
    ChainId(row[1]): Network(row[0], ChainId(row[1]), bytes.fromhex(row[2]), *row[3:]) for row in _ROWS
}
"""By chain id."""


def get_network(chain: ChainId) -> Network:
    """The network of a chain.

    Raises:
        InputError: it is none of Bitcoin's.
    """
    if chain not in NETWORKS:
        names = ", ".join(f"{network.chain} ({network.name})" for network in NETWORKS.values())
        raise InputError(f"{chain} is no chain of Bitcoin blocks", remedy=f"Name one of {names}.")
    return NETWORKS[chain]
