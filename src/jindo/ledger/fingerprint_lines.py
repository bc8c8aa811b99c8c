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
from jindo.ledger.reading import find_accounts, read_names
from jindo.ledger.rows import Kind
from jindo.ledger.runs import Ints, Texts
from jindo.ledger.utxo_chain import UtxoChain

_CHUNK = 1 << 19
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
    src, dst, tx = chain.src[rows], chain.dst[rows], chain.tx[rows]
    kinds = pa.array([kind.name.lower() for kind in Kind], type=pa.large_string())
    assets = _escape_all(pa.array(chain.assets, type=pa.large_string()))
    fields = [
        _numbers(chain.block[rows]),
        _numbers(chain.tx_index[tx]),
        pc.take(kinds, pa.array(chain.kind[rows])),
        _numbers(chain.position[rows]),
        _names(chain.tx_hashes, tx),
        _names(chain.accounts, find_accounts(chain, src)),
        _names(chain.accounts, find_accounts(chain, dst)),
        _amounts(chain.amount[rows]),
        pc.take(assets, pa.array(chain.pot_asset[np.where(src >= 0, src, dst)])),
        _numbers(chain.time[rows]),
        _memos(chain, rows),
    ]
    fields[-1] = pc.binary_join_element_wise(fields[-1], _text(""), _text("\n"))
    return pc.binary_join_element_wise(*fields, _text("\t"))


def _text(value: str) -> Any:
    return pa.scalar(value, type=pa.large_string())


def _numbers(column: Ints) -> Any:
    texts = pc.cast(pa.array(column), pa.large_string())
    return pc.if_else(pa.array(column < 0), _text(""), texts)


def _names(table: Texts, ids: Ints) -> Any:
    return pc.fill_null(read_names(table, ids, escape=_escape_all), _text(""))


def _escape_all(texts: Any) -> Any:
    """`escape` of each text; a table where none needs it is not copied."""
    if not pc.any(pc.match_substring_regex(texts, r"[\\\t\n\r]")).as_py():
        return texts
    for plain, escaped in _ESCAPES.items():
        texts = pc.replace_substring(texts, plain, escaped)
    return texts


def _amounts(amount: Any) -> Any:
    if isinstance(amount, np.ndarray):
        return pc.cast(pa.array(amount), pa.large_string())
    return pa.array([str(value) for value in amount], type=pa.large_string())


def _memos(chain: AccountChain, rows: slice) -> Any:
    if chain.memos is None:
        return pa.repeat(_text(""), rows.stop - rows.start)
    return pa.array([escape(memo or "") for memo in chain.memos[rows]], type=pa.large_string())


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
