"""Outputs that a UTXO chain spends without holding them, found by the transaction that they are said to be of.

* Asking for a few reads eight bytes of each hash, compiled, and the rest only where those are the same.
* Memory is what is found.

What such an input is worth is `build_utxo`'s to say.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from jindo.ledger.hex_texts import HexTexts, parse_hex_texts
from jindo.ledger.pieces import iter_pieces
from jindo.ledger.runs import Ints
from jindo.ledger.texts import lay_out
from jindo.ledger.utxo_chain import UtxoChain


def find_missing(chain: UtxoChain, hashes: Collection[str]) -> dict[str, dict[int, int]]:
    """The spender (a transaction of the chain) of each output that is not there, by transaction and place.

    Only transactions of these hashes are looked for.
    """
    found: dict[str, dict[int, int]] = {}
    wanted = set(hashes)
    for run in chain.runs:
        for row in _find_rows(run.missing_hash, wanted):
            spender = int(np.searchsorted(run.in_offsets, run.missing[row], side="right")) - 1
            by_place = found.setdefault(run.missing_hash[row], {})
            by_place[int(run.missing_index[row])] = run.first_transaction + spender
    return found


def _find_rows(texts: Sequence[str], wanted: set[str]) -> list[int]:
    """The rows of a column that have one of these texts."""
    if not isinstance(texts, HexTexts):
        return [row for row, text in enumerate(texts) if text in wanted]
    raw, fits = parse_hex_texts(texts.form, *lay_out([*wanted]))
    keys = np.unique(_take_keys(raw[fits]))
    near = [
        start + np.flatnonzero(np.isin(_take_keys(texts.data[start:stop]), keys))
        for start, stop in iter_pieces(len(texts))
    ]
    rows = np.union1d(np.concatenate([np.zeros(0, np.int64), *near]), texts.others[0])
    return [row for row in rows.tolist() if texts[row] in wanted]


def _take_keys(raw: Ints) -> Ints:
    """The first eight bytes of each row."""
    return np.ascontiguousarray(raw[:, :8]).view(np.uint64)[:, 0]
