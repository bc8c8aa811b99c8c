"""What a chain's content is, as one hash: a Merkle root over fixed segments of blocks.

* A segment is 1,024 blocks by height; segments without rows have no leaf.
* A row is one line of text in ledger order; `docs/reference/ledger-format.md` gives it letter by letter.
* Every text in a line is escaped, so that no text can pass for the end of its field.
* The hash follows the content alone: not the files, their batches, or the ids that columns use inside.

Proofs of single segments are not here yet; the tree they need is `seal`'s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jindo.base.ids import ChainId
from jindo.ledger.chain import AccountChain, Chain, Ints, UtxoChain
from jindo.ledger.generation import to_arrow_texts
from jindo.ledger.rows import Kind
from jindo.seal import canonical_bytes, canonical_hash, merkle_root

SEGMENT = 1024
"""Blocks in a segment."""

_CHUNK = 1 << 19
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
"""What stands for a character of a text; the backslash comes first."""


def compute_fingerprint(chain: Chain) -> str:
    """The chain's Merkle root (RFC 9162) over its segments, in hex."""
    return merkle_root(_iter_leaves(chain)).hex()


def combine_fingerprints(roots: dict[ChainId, str]) -> str:
    """The whole ledger's fingerprint: a hash over chain ids and their roots, in hex."""
    return canonical_hash({"chains": dict(roots), "type": "jindo-ledger", "version": 1})


def iter_lines(chain: Chain, first: int, last: int) -> Iterator[Any]:
    """Arrow arrays of the canonical lines of rows `first` to `last`, each line with its line feed."""
    texts = _escape_tables(chain) if isinstance(chain, AccountChain) else ()
    for start in range(first, last, _CHUNK):
        rows = slice(start, min(start + _CHUNK, last))
        yield (
            _account_lines(chain, rows, *texts)
            if isinstance(chain, AccountChain)
            else _utxo_lines(chain, rows)
        )


def _iter_leaves(chain: Chain) -> Iterator[bytes]:
    kind = "account" if isinstance(chain, AccountChain) else "utxo"
    segments, first = _segment_rows(chain)
    hasher, at = hashlib.sha256(), 0
    for lines, start in _with_start(iter_lines(chain, 0, int(chain.blocks.first[-1]))):
        offsets, data = _raw(lines)
        place = start
        while place < start + len(lines):
            end = min(int(first[at + 1]), start + len(lines))
            hasher.update(data[offsets[place - start] : offsets[end - start]])
            place = end
            if end == first[at + 1]:
                yield canonical_bytes(
                    {
                        "chain": chain.chain,
                        "kind": kind,
                        "rows": int(first[at + 1] - first[at]),
                        "segment": int(segments[at]),
                        "sha256": hasher.hexdigest(),
                        "version": 1,
                    }
                )
                hasher, at = hashlib.sha256(), at + 1


def _segment_rows(chain: Chain) -> tuple[Ints, Ints]:
    of_block = chain.blocks.height // SEGMENT
    segments, at = np.unique(of_block, return_index=True)
    return segments, np.append(chain.blocks.first[at], chain.blocks.first[-1])


def _with_start(arrays: Iterator[Any]) -> Iterator[tuple[Any, int]]:
    start = 0
    for array in arrays:
        yield array, start
        start += len(array)


def _raw(lines: Any) -> tuple[Ints, memoryview]:
    _, offsets, data = lines.buffers()
    return np.frombuffer(offsets, dtype=np.int64)[lines.offset : lines.offset + len(lines) + 1], memoryview(
        data
    )


def _escape_tables(chain: AccountChain) -> tuple[Any, Any, Any]:
    assets = pa.array(chain.assets, type=pa.large_string())
    accounts, hashes = to_arrow_texts(chain.accounts), to_arrow_texts(chain.tx_hashes)
    return _escape_all(accounts), _escape_all(hashes), _escape_all(assets)


def _escape_all(texts: Any) -> Any:
    """`escape` of each text; a table where none needs it is not copied."""
    if not pc.any(pc.match_substring_regex(texts, r"[\\\t\n\r]")).as_py():
        return texts
    for plain, escaped in _ESCAPES.items():
        texts = pc.replace_substring(texts, plain, escaped)
    return texts


def _account_lines(chain: AccountChain, rows: slice, accounts: Any, hashes: Any, assets: Any) -> Any:
    src, dst = chain.src[rows], chain.dst[rows]
    pot = np.where(src >= 0, src, dst)
    fields = [
        _numbers(chain.block[rows]),
        _numbers(chain.tx_index[rows]),
        pc.take(
            pa.array([kind.name.lower() for kind in Kind], type=pa.large_string()), pa.array(chain.kind[rows])
        ),
        _numbers(chain.position[rows]),
        pc.take(hashes, pa.array(chain.tx[rows])),
        _names(accounts, chain.pot_account, src),
        _names(accounts, chain.pot_account, dst),
        _amounts(chain.amount, rows),
        pc.take(assets, pa.array(chain.pot_asset[pot])),
        _numbers(chain.time[rows]),
        _memos(chain.memos, rows, len(src)),
    ]
    fields[-1] = pc.binary_join_element_wise(fields[-1], _text(""), _text("\n"))
    return pc.binary_join_element_wise(*fields, _text("\t"))


def _text(value: str) -> Any:
    return pa.scalar(value, type=pa.large_string())


def _numbers(column: Ints) -> Any:
    texts = pc.cast(pa.array(column), pa.large_string())
    return pc.if_else(pa.array(column < 0), _text(""), texts)


def _names(accounts: Any, pot_account: Ints, pots: Ints) -> Any:
    ids = pa.array(pot_account[np.maximum(pots, 0)], mask=np.asarray(pots < 0))
    return pc.fill_null(pc.take(accounts, ids), _text(""))


def _amounts(amount: Any, rows: slice) -> Any:
    if isinstance(amount, np.ndarray):
        return pc.cast(pa.array(amount[rows]), pa.large_string())
    return pa.array([str(amount[i]) for i in range(rows.start, rows.stop)], type=pa.large_string())


def _memos(memos: Sequence[str | None] | None, rows: slice, count: int) -> Any:
    if memos is None:
        return pa.repeat(_text(""), count)
    return pa.array([escape(memos[i] or "") for i in range(rows.start, rows.stop)], type=pa.large_string())


def escape(text: str) -> str:
    r"""`text` without tabs and line breaks: they become `\t`, `\n` and `\r`, and a backslash two."""
    for plain, escaped in _ESCAPES.items():
        text = text.replace(plain, escaped)
    return text


def _escape_part(text: str) -> str:
    r"""`escape` of a text inside a list: `;` and `@` become `\s` and `\a`."""
    return escape(text).replace(";", "\\s").replace("@", "\\a")


def _escape_hash(text: str) -> str:
    r"""`_escape_part` of a hash that an index follows: also `:` becomes `\c`."""
    return _escape_part(text).replace(":", "\\c")


def _utxo_lines(chain: UtxoChain, rows: slice) -> Any:
    return pa.array([_utxo_line(chain, t) for t in range(rows.start, rows.stop)], type=pa.large_string())


def _utxo_line(chain: UtxoChain, t: int) -> str:
    inputs = ";".join(
        _input_text(chain, i) for i in range(int(chain.in_offsets[t]), int(chain.in_offsets[t + 1]))
    )
    outputs = ";".join(
        f"{int(chain.out_amount[o])}@{_escape_part(chain.accounts[int(chain.out_account[o])])}"
        for o in range(int(chain.out_offsets[t]), int(chain.out_offsets[t + 1]))
    )
    kind = "coinbase" if chain.coinbase[t] else "transaction"
    time = str(int(chain.time[t])) if chain.time[t] >= 0 else ""
    parts = (
        str(int(chain.block[t])),
        str(int(chain.tx_index[t])),
        kind,
        escape(chain.tx_hashes[t]),
        inputs,
        outputs,
        time,
    )
    return "\t".join(parts) + "\n"


def _input_text(chain: UtxoChain, i: int) -> str:
    text = f"{_escape_hash(chain.in_prev_hash[i])}:{int(chain.in_prev_index[i])}"
    stated = chain.in_stated is not None and chain.in_stated[i]
    if int(chain.in_output[i]) >= 0 or not stated:
        return text
    account = int(chain.in_account[i])
    return f"{text}={int(chain.in_amount[i])}@{_escape_part(chain.accounts[account]) if account >= 0 else ''}"
