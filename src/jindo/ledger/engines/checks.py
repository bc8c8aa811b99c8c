"""What no group of files can see alone, asked of all rows on the cluster.

* A block stands in one group and a transaction in one block: else the order of its rows would be made up.
* On a UTXO chain an output is spent once, after it is made, at its own value, and no transaction makes value.
* The first that is wrong, in order of text, is named, and refuses the build.

Where one machine would reject the later of two rows, a cluster refuses both, and asks for better files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jindo.base.errors import InputError
from jindo.ledger.engines.places import Place
from jindo.ledger.engines.session import Engine, Frame
from jindo.ledger.engines.tables import INPUTS, OUTPUTS, ROWS, STATED, TRANSACTIONS

_COMPARE = "Compare the files with another copy of the chain, and leave the wrong one out."
_REGROUP = (
    "Let each file's folder or name give its day (date=…) or its range of blocks, so that a block is in one group; or "
    "put all files into one folder whose names say nothing."
)


class ContradictoryGroups(InputError):
    """Files that were imported apart do not fit together."""

    code = "ledger.groups"


def check_rows(session: Engine, place: Place) -> None:
    """Check the movements of an account chain.

    Raises:
        ContradictoryGroups: a block is in two groups of files, or a transaction in two blocks.
        InputError: there is no row at all.
    """
    _check_any(place.at("rows"))
    tables = {"rows": session.read(place.at("rows"), ROWS)}
    _refuse(
        session,
        "SELECT block AS name FROM {rows} GROUP BY block HAVING min(part) <> max(part)",
        tables,
        "the block {} stands in two groups of files",
        _REGROUP,
    )
    _refuse(
        session,
        "SELECT tx_hash AS name FROM {rows} GROUP BY tx_hash HAVING min(block) <> max(block)",
        tables,
        "the transaction {} stands in two blocks",
        _COMPARE,
    )


def check_transactions(session: Engine, place: Place) -> None:
    """Check the transactions of a UTXO chain, and write the table of its inputs with what they spend.

    Raises:
        ContradictoryGroups: see above.
        InputError: there is no transaction at all.
    """
    _check_any(place.at("transactions"))
    schemas = {"transactions": TRANSACTIONS, "outputs": OUTPUTS, "stated": STATED}
    tables = {name: session.read(place.at(name), schema) for name, schema in schemas.items()}
    _refuse(
        session,
        "SELECT tx_hash AS name FROM {transactions} GROUP BY tx_hash HAVING count(*) > 1",
        tables,
        "the transaction {} stands in two groups of files",
        _REGROUP,
    )
    _refuse(
        session,
        "SELECT min(tx_hash) AS name FROM {transactions} GROUP BY event HAVING count(*) > 1",
        tables,
        "the transaction {} stands at the same place in its block as another",
        _COMPARE,
    )
    session.write(session.query(_JOIN_INPUTS, tables), place.at("inputs"))
    tables["inputs"] = session.read(place.at("inputs"), INPUTS)
    for sql, says in _UTXO_CHECKS:
        _refuse(session, sql, tables, says, _COMPARE)
    place.at("stated").remove()


_JOIN_INPUTS = """
SELECT i.event, i.tx_hash, i.place, i.spent_hash, i.spent_place,
       coalesce(o.amount, i.amount) AS amount, coalesce(o.account, i.account) AS account,
       CASE WHEN o.tx_hash IS NULL THEN 0 ELSE 1 END AS known, o.event AS made, i.amount AS stated
FROM {stated} i LEFT JOIN {outputs} o ON i.spent_hash = o.tx_hash AND i.spent_place = o.place
"""
_SUM = "sum(CAST(amount AS DECIMAL(38, 0)))"
"""Whole numbers: exact far beyond what a UTXO chain has ever issued."""
_NAME = "concat(spent_hash, ':', CAST(spent_place AS STRING)) AS name"
_SPENT_TWICE = f"SELECT {_NAME} FROM {{inputs}} GROUP BY spent_hash, spent_place HAVING count(*) > 1"
_NONE_SUCH = f"SELECT {_NAME} FROM {{inputs}} i LEFT SEMI JOIN {{transactions}} t ON i.spent_hash = t.tx_hash WHERE i.known = 0"
_TOO_EARLY = f"SELECT {_NAME} FROM {{inputs}} WHERE made >= event"
_OTHER_VALUE = f"SELECT {_NAME} FROM {{inputs}} WHERE known = 1 AND stated <> amount"
_FROM_NOWHERE = (
    f"SELECT i.tx_hash AS name FROM (SELECT tx_hash, {_SUM} AS worth FROM {{inputs}} GROUP BY tx_hash "
    f"HAVING count(*) = count(amount)) i JOIN (SELECT tx_hash, {_SUM} AS worth FROM {{outputs}} GROUP BY tx_hash) o "
    "ON i.tx_hash = o.tx_hash WHERE i.worth < o.worth"
)
_UTXO_CHECKS = (
    (_SPENT_TWICE, "the output {} is spent twice"),
    (_NONE_SUCH, "the output {} is spent, but there is none such"),
    (_TOO_EARLY, "the output {} is spent before it is made"),
    (_OTHER_VALUE, "the output {} is stated at another value than it has"),
    (_FROM_NOWHERE, "the inputs of {} are worth less than its outputs"),
)


def _check_any(place: Place) -> None:
    if not place.list_files():
        raise InputError("the source has no row that moves anything, and nothing was built")


def _refuse(session: Engine, sql: str, tables: Mapping[str, Frame], says: str, remedy: str) -> None:
    used = {name: frame for name, frame in tables.items() if f"{{{name}}}" in sql}
    found: list[dict[str, Any]] = session.get(
        session.query(f"SELECT name FROM ({sql}) odd ORDER BY name LIMIT 1", used)
    )
    if found:
        raise ContradictoryGroups(says.format(found[0]["name"]), remedy=remedy)
