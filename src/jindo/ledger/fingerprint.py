"""What a chain's content is, as one hash: a Merkle root over fixed segments of blocks.

* A segment is 1,024 blocks by height; segments without rows have no leaf.
* A row is one line of text in ledger order (`fingerprint_lines`).
* Segments are hashed side by side: none knows of another.
* The hash follows the content alone: not the files, the runs, their batches, or the ids that columns use inside.

Proofs of single segments are not here yet; the tree they need is `seal`'s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from jindo.base.ids import ChainId
from jindo.ledger.account_chain import AccountChain
from jindo.ledger.chain import Chain
from jindo.ledger.fingerprint_lines import iter_lines
from jindo.ledger.runs import Ints
from jindo.seal import canonical_bytes, canonical_hash, merkle_root

SEGMENT = 1024
"""Blocks in a segment."""
_PART = 1 << 19
"""Rows, or more, that one thread takes at a time."""
_WORKERS = 2
"""Writing and hashing lines is mostly compiled, and holds no lock; more threads take more memory."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """What one segment comes to."""

    segment: int
    """Height of its first block, in segments."""
    rows: int
    sha256: str
    """Of its rows' lines, in hex."""


def compute_fingerprint(chain: Chain) -> str:
    """The chain's Merkle root (RFC 9162) over its segments, in hex."""
    last = chain.last_block // SEGMENT + 1 if not chain.is_empty else 0
    return combine_leaves(chain.chain, kind_of(chain), compute_leaves(chain, 0, last))


def kind_of(chain: Chain) -> str:
    """`account` or `utxo`."""
    return "account" if isinstance(chain, AccountChain) else "utxo"


def combine_leaves(chain: ChainId, kind: str, leaves: Iterable[Leaf]) -> str:
    """The Merkle root over all leaves of a chain, in hex."""
    return merkle_root(
        canonical_bytes(
            {
                "chain": chain,
                "kind": kind,
                "rows": leaf.rows,
                "segment": leaf.segment,
                "sha256": leaf.sha256,
                "version": 1,
            }
        )
        for leaf in leaves
    ).hex()


def combine_fingerprints(roots: dict[ChainId, str]) -> str:
    """The whole ledger's fingerprint: a hash over chain ids and their roots, in hex."""
    return canonical_hash({"chains": dict(roots), "type": "jindo-ledger", "version": 1})


def compute_leaves(chain: Chain, first_segment: int, last_segment: int) -> list[Leaf]:
    """The leaves of the segments from the first on to before the last that have rows, in order; reads no other rows."""
    end = chain.row_at(last_segment * SEGMENT)
    starts = _find_starts(chain, first_segment, last_segment)
    parts = _share(starts, end)
    if len(parts) < 2:
        return [leaf for part in parts for leaf in _compute_part(chain, *part)]
    with ThreadPoolExecutor(_WORKERS) as pool:
        return [
            leaf for leaves in pool.map(lambda part: _compute_part(chain, *part), parts) for leaf in leaves
        ]


def _share(starts: list[tuple[int, int]], end: int) -> list[tuple[list[tuple[int, int]], int]]:
    """The segments in parts of some rows each, and where each part ends."""
    parts: list[list[tuple[int, int]]] = []
    for segment, row in starts:
        if not parts or row - parts[-1][0][1] >= _PART:
            parts.append([])
        parts[-1].append((segment, row))
    ends = [*(part[0][1] for part in parts[1:]), end]
    return list(zip(parts, ends, strict=bool(parts)))


def _compute_part(chain: Chain, starts: list[tuple[int, int]], end: int) -> list[Leaf]:
    ends = [*(row for _, row in starts[1:]), end]
    begin = starts[0][1]
    leaves, hasher, at, place = [], hashlib.sha256(), 0, begin
    for lines in iter_lines(chain, begin, end):
        offsets, data = _raw(lines)
        first, last = place, place + len(lines)
        while place < last:
            stop = min(ends[at], last)
            hasher.update(data[offsets[place - first] : offsets[stop - first]])
            place = stop
            if stop == ends[at]:
                segment, row = starts[at]
                leaves.append(Leaf(segment, stop - row, hasher.hexdigest()))
                hasher, at = hashlib.sha256(), at + 1
    return leaves


def _find_starts(chain: Chain, first: int, last: int) -> list[tuple[int, int]]:
    """The segments from `first` to before `last` that have rows, and the first row of each."""
    segments = chain.heights() // SEGMENT
    there = np.unique(segments[(segments >= first) & (segments < last)]).tolist()
    return [(segment, chain.row_at(segment * SEGMENT)) for segment in there]


def _raw(lines: Any) -> tuple[Ints, memoryview]:
    _, offsets, data = lines.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)[lines.offset : lines.offset + len(lines) + 1]
    return ends, memoryview(data)
