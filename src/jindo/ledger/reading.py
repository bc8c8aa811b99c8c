"""A whole account chain read back as batches of texts, for merging and for export.

* Rows come in ledger order, a batch at a time, so that memory does not follow the ledger's size.
* Where nobody stands, and where a memo or a time is missing, the batch says so as the staging tables do.

Single rows with types are `extract`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jindo.ledger.account_chain import AccountChain
from jindo.ledger.runs import Ints, Texts
from jindo.ledger.text_views import take_texts

_CHUNK = 1 << 18


def iter_text_batches(chain: AccountChain, *, first_run: int = 0) -> Iterator[Any]:
    """Arrow record batches of the rows from run `first_run` on, at least one; `ord` counts up from minus their number.

    `amount` is int64, NULL where it does not fit; then `wide` is the amount in decimal text.
    """
    first = chain.row_starts[first_run]
    for start in range(first, max(chain.event_count, first + 1), _CHUNK):
        yield _read_batch(chain, slice(start, min(start + _CHUNK, chain.event_count)))


def read_names(table: Texts, ids: Ints) -> Any:
    """The texts of these ids (-1: NULL) as an Arrow array; each text is read once."""
    known, place = np.unique(np.maximum(ids, 0), return_inverse=True)
    texts = take_texts(table, known) if np.any(ids >= 0) else pa.nulls(len(known), pa.large_string())
    return pc.take(texts, pa.array(place, mask=np.asarray(ids < 0)))


def _read_batch(chain: AccountChain, rows: slice) -> Any:
    src, dst, tx = chain.src[rows], chain.dst[rows], chain.tx[rows]
    asset = chain.pot_asset[np.where(src >= 0, src, dst)]
    amount, wide = _amounts(chain.amount[rows])
    memos = [None] * len(src) if chain.memos is None else list(chain.memos[rows])
    columns = {
        "block": pa.array(chain.block[rows]),
        "tx_hash": read_names(chain.tx_hashes, tx),
        "sender": read_names(chain.accounts, find_accounts(chain, src)),
        "receiver": read_names(chain.accounts, find_accounts(chain, dst)),
        "tx_index": pa.array(np.asarray(chain.tx_index[tx], np.int64)),
        "position": pa.array(np.asarray(chain.position[rows], np.int64)),
        "asset": pc.take(pa.array(chain.assets, type=pa.large_string()), pa.array(asset)),
        "time": pa.array(chain.time[rows]),
        "amount": amount,
        "wide": wide,
        "memo": pa.array(memos, type=pa.large_string()),
        "kind": pa.array(chain.kind[rows]),
        "ord": pa.array(np.arange(rows.start, rows.stop, dtype=np.int64) - chain.event_count),
    }
    return pa.record_batch(columns)


def find_accounts(chain: AccountChain, pots: Ints) -> Ints:
    """The account of each pot; -1 where it is nobody's."""
    return np.where(pots >= 0, chain.pot_account[np.maximum(pots, 0)], pots)


def _amounts(amount: Any) -> tuple[Any, Any]:
    if isinstance(amount, np.ndarray):
        return pa.array(amount), pa.nulls(len(amount), pa.large_string())
    values = [int(value) for value in amount]
    fits = [value < 10**18 for value in values]
    small = pa.array([v if fit else None for v, fit in zip(values, fits, strict=True)], type=pa.int64())
    wide = [None if fit else str(v) for v, fit in zip(values, fits, strict=True)]
    return small, pa.array(wide, type=pa.large_string())
