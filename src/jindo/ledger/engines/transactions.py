"""Rows of a cluster's UTXO tables, put together to transactions again.

* A row says what it is (`what`): a transaction, an output or an input; outputs and inputs say their place.
* Inputs whose output the cluster ledger holds carry its value and account, and say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jindo.base.ids import Account, TxId
from jindo.ledger.rows import UtxoInput, UtxoOutput, UtxoTransaction

UTXO_ROWS = """
SELECT 'transaction' AS what, event, tx_hash, block, time, tx_index, coinbase, CAST(NULL AS BIGINT) AS place,
       CAST(NULL AS STRING) AS amount, CAST(NULL AS STRING) AS account, CAST(NULL AS STRING) AS spent_hash,
       CAST(NULL AS BIGINT) AS spent_place, CAST(NULL AS INT) AS known FROM {transactions}
UNION ALL
SELECT 'output', event, tx_hash, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), CAST(NULL AS INT), place,
       amount, account, CAST(NULL AS STRING), CAST(NULL AS BIGINT), CAST(NULL AS INT) FROM {outputs}
UNION ALL
SELECT 'input', event, tx_hash, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), CAST(NULL AS INT), place,
       amount, account, spent_hash, spent_place, known FROM {inputs}
"""
"""The three tables as one, which a group of transactions can be read from."""


def to_transactions(rows: Iterable[Mapping[str, Any]], *, forget_known: bool) -> list[UtxoTransaction]:
    """The transactions of these rows, in order of their events.

    With `forget_known` inputs that the ledger holds say their name only.
    """
    heads: dict[str, Mapping[str, Any]] = {}
    parts: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["what"] == "transaction":
            heads[row["tx_hash"]] = row
        else:
            parts.setdefault((row["what"], row["tx_hash"]), []).append(row)
    ordered = sorted(heads.values(), key=lambda row: (row["event"], row["tx_hash"]))
    return [
        UtxoTransaction(
            block=row["block"],
            tx_hash=TxId(row["tx_hash"]),
            tx_index=row["tx_index"],
            inputs=tuple(
                _to_input(part, forget=forget_known)
                for part in sorted(parts.get(("input", row["tx_hash"]), ()), key=_place)
            ),
            outputs=tuple(
                UtxoOutput(int(part["amount"]), Account(part["account"]))
                for part in sorted(parts.get(("output", row["tx_hash"]), ()), key=_place)
            ),
            coinbase=bool(row["coinbase"]),
            time=None if row["time"] < 0 else row["time"],
        )
        for row in ordered
    ]


def _place(row: Mapping[str, Any]) -> int:
    place: int = row["place"]
    return place


def _to_input(row: Mapping[str, Any], *, forget: bool) -> UtxoInput:
    name = TxId(row["spent_hash"]), row["spent_place"]
    known = bool(row["known"])
    if known and forget:
        return UtxoInput(*name)
    amount, account = row["amount"], row["account"]
    return UtxoInput(
        *name,
        None if amount is None else int(amount),
        None if account is None else Account(account),
        known=known,
    )
