r"""The rows of a chain as lines of text, which its fingerprint is taken over.

* A row is one line in ledger order; `docs/reference/ledger-format.md` gives it letter by letter.
* Every text in a line is escaped, so that no text can pass for the end of its field: tabs and line breaks become
  `\t`, `\n` and `\r`, and a backslash two.

What is hashed over the lines is `fingerprint`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jindo.ledger.account_chain import AccountChain
from jindo.ledger.chain import Chain
from jindo.ledger.kernel_lines import DIGITS, write_lines
from jindo.ledger.numbering import to_buffers
from jindo.ledger.reading import find_accounts
from jindo.ledger.rows import Kind
from jindo.ledger.runs import Ints
from jindo.ledger.text_order import freeze
from jindo.ledger.text_views import take_texts
from jindo.ledger.utxo_chain import UtxoChain

_CHUNK = 1 << 17
_FIELDS = 11
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
"""What stands for a character of a text; the backslash comes first."""


def iter_lines(chain: Chain, first: int, last: int) -> Iterator[Any]:
    """Arrow arrays of the canonical lines of rows `first` to `last`, each line with its line feed."""
    for start in range(first, last, _CHUNK):
        rows = slice(start, min(start + _CHUNK, last))
        yield (_account_lines(chain, rows) if isinstance(chain, AccountChain) else _utxo_lines(chain, rows))


def escape(text: str) -> str:
    r"""`text` without tabs and line breaks: they become `\t`, `\n` and `\r`, and a backslash two."""
    for plain, escaped in _ESCAPES.items():
        text = text.replace(plain, escaped)
    return text


def _account_lines(chain: AccountChain, rows: slice) -> Any:
    src, dst, tx = (np.asarray(column[rows]) for column in (chain.src, chain.dst, chain.tx))
    asset = np.asarray(chain.pot_asset[np.where(src >= 0, src, dst)])
    texts = {
        "kinds": pa.array([kind.name.lower() for kind in Kind], type=pa.large_string()),
        "hashes": take_texts(chain.tx_hashes, tx),
        "senders": _names(chain, src),
        "receivers": _names(chain, dst),
        "assets": pa.array(chain.assets, type=pa.large_string()),
    }
    amount = chain.amount[rows]
    wide = not isinstance(amount, np.ndarray)
    texts["amounts"] = pa.array([str(value) for value in amount] if wide else [], type=pa.large_string())
    memos = [] if chain.memos is None else [memo or "" for memo in chain.memos[rows]]
    texts["memos"] = pa.array(memos, type=pa.large_string())
    numbers = (chain.block[rows], chain.tx_index[tx], chain.position[rows], chain.time[rows])
    return _write(
        [_to_ints(column) for column in numbers],
        _to_ints(chain.kind[rows]),
        _to_ints(asset),
        _to_ints(np.zeros(0)) if wide else _to_ints(amount),
        {name: to_buffers(array)[:2] for name, array in texts.items()},
    )


def _write(
    numbers: list[Ints], kind: Ints, asset: Ints, amount: Ints, texts: dict[str, tuple[Ints, Ints]]
) -> Any:
    block, tx_index, position, time = numbers
    sizes = {name: int(ends[-1] - ends[0]) for name, (_, ends) in texts.items()}
    longest = max(int(np.diff(texts[name][1]).max(initial=0)) for name in ("kinds", "assets"))
    by_row = sum(size for name, size in sizes.items() if name not in ("kinds", "assets"))
    room = (
        2 * (by_row + len(block) * 2 * longest)
        + len(block) * (len(numbers) + 1) * DIGITS
        + len(block) * _FIELDS
    )
    out, ends = np.empty(room, np.uint8), np.empty(len(block) + 1, np.int64)
    memos, memo_ends = texts["memos"]
    write_lines(
        out, ends, block, tx_index, kind, *texts["kinds"], position, *texts["hashes"], *texts["senders"],
        *texts["receivers"], amount, *texts["amounts"], asset, *texts["assets"], time,
        memos, memo_ends if len(memo_ends) > 1 else memo_ends[:0],
    )  # fmt: skip
    return pa.LargeStringArray.from_buffers(
        len(block), pa.py_buffer(ends), pa.py_buffer(out[: int(ends[-1])])
    )


def _to_ints(column: Ints) -> Ints:
    return freeze(np.ascontiguousarray(column, np.int64))


def _names(chain: AccountChain, pots: Ints) -> Any:
    """The account of each pot, the empty text where it is nobody's."""
    ids = np.asarray(find_accounts(chain, pots))
    texts = take_texts(chain.accounts, np.maximum(ids, 0))
    nobody = ids < 0
    return pc.if_else(pa.array(nobody), "", texts) if nobody.any() else texts


def _escape_part(text: str) -> str:
    r"""`escape` of a text inside a list: `;` and `@` become `\s` and `\a`."""
    return escape(text).replace(";", "\\s").replace("@", "\\a")


def _escape_hash(text: str) -> str:
    r"""`_escape_part` of a hash that an index follows: also `:` becomes `\c`."""
    return _escape_part(text).replace(":", "\\c")


def _utxo_lines(chain: UtxoChain, rows: slice) -> Any:
    return pa.array([_utxo_line(chain, t) for t in range(rows.start, rows.stop)], type=pa.large_string())


def _utxo_line(chain: UtxoChain, t: int) -> str:
    inputs = ";".join(_input_text(chain, i) for i in chain.inputs_of(t))
    outputs = ";".join(
        f"{int(chain.out_amount[o])}@{_escape_part(chain.accounts[int(chain.out_account[o])])}"
        for o in chain.outputs_of(t)
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
    name, index = chain.spent_name(i)
    text = f"{_escape_hash(name)}:{index}"
    if int(chain.in_output[i]) >= 0 or not chain.in_stated[i]:
        return text
    account = int(chain.in_account[i])
    return f"{text}={int(chain.in_amount[i])}@{_escape_part(chain.accounts[account]) if account >= 0 else ''}"
