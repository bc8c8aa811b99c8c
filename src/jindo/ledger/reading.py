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

from jindo.ledger.chain import AccountChain, Ints
from jindo.ledger.generation import to_arrow_texts

_CHUNK = 1 << 18


def iter_text_batches(chain: AccountChain) -> Iterator[Any]:
    """Arrow record batches of the rows, at least one; `ord` counts up from minus their number.

    `amount` is int64, NULL where the chain is wide; then `wide` is the amount in decimal text.
    """
    accounts, hashes = to_arrow_texts(chain.accounts), to_arrow_texts(chain.tx_hashes)
    for start in range(0, max(chain.event_count, 1), _CHUNK):
        rows = slice(start, min(start + _CHUNK, chain.event_count))
        yield _read_batch(chain, rows, accounts, hashes)


def _read_batch(chain: AccountChain, rows: slice, accounts: Any, hashes: Any) -> Any:
    src, dst = chain.src[rows], chain.dst[rows]
    asset = chain.pot_asset[np.where(src >= 0, src, dst)]
    amount, wide = _amounts(chain, rows)
    memos = (
        [None] * len(src) if chain.memos is None else [chain.memos[i] for i in range(rows.start, rows.stop)]
    )
    columns = {
        "block": pa.array(chain.block[rows]),
        "tx_hash": pc.take(hashes, pa.array(chain.tx[rows])),
        "sender": _names(accounts, chain.pot_account, src),
        "receiver": _names(accounts, chain.pot_account, dst),
        "tx_index": pa.array(chain.tx_index[rows]),
        "position": pa.array(chain.position[rows]),
        "asset": pc.take(pa.array(chain.assets, type=pa.large_string()), pa.array(asset)),
        "time": pa.array(chain.time[rows]),
        "amount": amount,
        "wide": wide,
        "memo": pa.array(memos, type=pa.large_string()),
        "kind": pa.array(chain.kind[rows]),
        "ord": pa.array(np.arange(rows.start, rows.stop, dtype=np.int64) - chain.event_count),
    }
    return pa.record_batch(columns)


def _names(accounts: Any, pot_account: Ints, pots: Ints) -> Any:
    return pc.take(accounts, pa.array(pot_account[np.maximum(pots, 0)], mask=np.asarray(pots < 0)))


def _amounts(chain: AccountChain, rows: slice) -> tuple[Any, Any]:
    if isinstance(chain.amount, np.ndarray):
        small = pa.array(chain.amount[rows])
        return small, pa.nulls(len(small), pa.large_string())
    values = [chain.amount[i] for i in range(rows.start, rows.stop)]
    fits = [value < 10**18 for value in values]
    small = pa.array([v if fit else None for v, fit in zip(values, fits, strict=True)], type=pa.int64())
    wide = [None if fit else str(v) for v, fit in zip(values, fits, strict=True)]
    return small, pa.array(wide, type=pa.large_string())
