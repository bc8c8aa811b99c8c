"""Which height each block stands at, and which of several stands there.

* Blocks form chains by the hash of the block before. A chain is placed by the genesis block or a block that the
  ledger keeps, or else by the height that one of its coinbases states (BIP-34).
* From the height on at which BIP-34 binds its network, a block that does not state its height stands nowhere.
* A block that took less work than any of its network's from its height on stands nowhere.
* Of rival blocks the chain with more work stands, as in Bitcoin; the first that came, where they are equal.
* What the ledger keeps is never put out by what is new, and no block stands on one that does not.

Whether a block is one at all is `block`'s to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from jindo.ledger.bitcoin.networks import Network
from jindo.ledger.bitcoin.transaction import to_shown

UNKNOWN = "unknown"
RIVAL = "rival"
MISSTATED = "misstated"
TOO_EASY = "too easy"


@dataclass(frozen=True, slots=True)
class BlockLink:
    """What placing needs of a block; hashes are in the bytes' order."""

    hash: bytes
    previous: bytes
    work: int
    stated: int | None
    """The height that its coinbase states by BIP-34."""


@dataclass(frozen=True, slots=True)
class _Strand:
    """One chain of blocks that hang together by their links, its best way from the root to a tip."""

    way: tuple[BlockLink, ...]
    work: int
    others: tuple[BlockLink, ...]
    base: int | None
    """Height of the first block."""


@dataclass(frozen=True, slots=True)
class HeldBlock:
    """A block that the ledger keeps."""

    height: int
    previous: bytes


def place_blocks(
    links: Iterable[BlockLink], held: Mapping[bytes, HeldBlock], network: Network
) -> tuple[dict[bytes, int], dict[bytes, str]]:
    """Height of each block that stands, and for each other one why it does not (one of this module's words)."""
    asked = {link.hash: link for link in links}
    new = {name: link for name, link in asked.items() if name not in held}
    taken = {there.height: (name, there.previous) for name, there in held.items()}
    heights = {name: held[name].height for name in asked if name in held}
    refused: dict[bytes, str] = {}
    for strand in sorted(_iter_strands(new, held, network), key=lambda strand: -strand.work):
        refused |= dict.fromkeys((link.hash for link in strand.others), RIVAL)
        _stand(strand, taken, heights, refused, network)
    return heights, refused


def _stand(
    strand: _Strand,
    taken: dict[int, tuple[bytes, bytes]],
    heights: dict[bytes, int],
    refused: dict[bytes, str],
    network: Network,
) -> None:
    """Put the strand's blocks at their heights, up to the first that cannot stand."""
    if strand.base is None:
        refused |= dict.fromkeys((link.hash for link in strand.way), UNKNOWN)
        return
    problem = ""
    for height, link in enumerate(strand.way, strand.base):
        problem = problem or _find_problem(link, height, taken, network)
        if problem:
            refused[link.hash] = problem
        else:
            taken[height] = (link.hash, link.previous)
            heights[link.hash] = height


def _find_problem(
    link: BlockLink, height: int, taken: Mapping[int, tuple[bytes, bytes]], network: Network
) -> str:
    if height < 0 or link.stated != (height if height >= network.heights_from else None):
        return MISSTATED
    if link.work < network.find_least_work(height):
        return TOO_EASY
    below, above = taken.get(height - 1), taken.get(height + 1)
    stands_elsewhere = below is not None and below[0] != link.previous
    is_left_out = above is not None and above[1] != link.hash
    return RIVAL if height in taken or stands_elsewhere or is_left_out else ""


def _iter_strands(
    new: Mapping[bytes, BlockLink], held: Mapping[bytes, HeldBlock], network: Network
) -> Iterator[_Strand]:
    children: dict[bytes, list[BlockLink]] = {}
    for link in new.values():
        children.setdefault(link.previous, []).append(link)
    for link in new.values():
        if link.previous not in new:
            yield _build_strand(link, children, _find_base(link, held, network))


def _find_base(root: BlockLink, held: Mapping[bytes, HeldBlock], network: Network) -> int | None:
    if network.is_genesis(to_shown(root.hash)):
        return 0
    if network.is_genesis(to_shown(root.previous)):
        return 1
    return held[root.previous].height + 1 if root.previous in held else None


def _build_strand(root: BlockLink, children: Mapping[bytes, list[BlockLink]], base: int | None) -> _Strand:
    """The blocks that stand on `root`, in the order in which they are reached; parents come before children."""
    reached, totals = [root], {root.hash: root.work}
    depths = {root.hash: 0}
    for link in reached:
        for child in children.get(link.hash, ()):
            totals[child.hash] = totals[link.hash] + child.work
            depths[child.hash] = depths[link.hash] + 1
            reached.append(child)
    by_hash = {link.hash: link for link in reached}
    tip = max(reached, key=lambda link: totals[link.hash])  # the first of equals
    way = _walk_down(tip, by_hash)
    if base is None:
        base = next((link.stated - depths[link.hash] for link in way if link.stated is not None), None)
    standing = {link.hash for link in way}
    others = tuple(link for link in reached if link.hash not in standing)
    return _Strand(way, totals[tip.hash], others, base)


def _walk_down(tip: BlockLink, by_hash: Mapping[bytes, BlockLink]) -> tuple[BlockLink, ...]:
    way = [tip]
    while way[-1].previous in by_hash:
        way.append(by_hash[way[-1].previous])
    return tuple(reversed(way))
