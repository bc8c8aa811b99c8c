"""Movements that another file says again with more columns, or fewer: they would count a second time.

* A row repeats an earlier file's where both say the same but what one of them leaves open: time, transaction index,
  log index or asset. Where both fill a field in, they must agree.
* Only `transfers` rows are looked at: what a node states has one place each, which `merging` compares.
* Rows of one file never repeat each other: two equal payouts are two.

It says which row it is; that the whole import is refused for it is stated in `refusals`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jindo.base.errors import ConflictError
from jindo.ledger.checking import FILE
from jindo.ledger.files import SourceFile, find_lines
from jindo.ledger.staging import Staging

_OPEN = {
    "time": ("time", "-1"),
    "tx_index": ("transaction index", "-1"),
    "position": ("log index", "-1"),
    "asset": ("asset", "{unnamed}"),
}
"""Fields that a file may leave open: how a message calls them, and what stands for nothing said."""
_SAME = ("block", "tx_hash", "sender", "receiver", "units")


def check_repeats(staging: Staging, files: Sequence[SourceFile], unnamed: int) -> None:
    """Refuse movements in the tables `fresh` and `held` that repeat those of an earlier file.

    `unnamed` is the id of the asset of rows that name none, -1 where there is none.

    Raises:
        ConflictError: there is one; the first is named.
    """
    nothing = {column: empty.format(unnamed=unnamed) for column, (_, empty) in _OPEN.items()}
    if _count_profiles(staging, nothing) < 2:  # all rows leave the same fields open
        return
    for place, *differs in _find_first(staging, nothing):
        source, line = files[place // FILE], place % FILE // 4
        names = [says for (says, _), is_open in zip(_OPEN.values(), differs, strict=True) if is_open]
        raise ConflictError(
            f"the same movement is there already, and only one of the two states its {' and '.join(names)}: it would "
            "count a second time",
            place=f"{source.name}:{find_lines(source, {line})[line]}",
            remedy="Import the fuller file alone into a new ledger, or add --again if these are further movements.",
        )


def _count_profiles(staging: Staging, nothing: Mapping[str, str]) -> int:
    fields = ", ".join(f"{column} = {empty}" for column, empty in nothing.items())
    return staging.one(f"SELECT count(*) FROM (SELECT DISTINCT {fields} FROM every_row WHERE kind = 4)")


def _find_first(staging: Staging, nothing: Mapping[str, str]) -> list[tuple[int, ...]]:
    low, high = staging.run("SELECT coalesce(min(block), 0), coalesce(max(block), -1) FROM fresh")[0]
    stated = ", ".join(f"nullif({column}, {empty}) AS {column}" for column, empty in nothing.items())
    staging.run(
        "CREATE OR REPLACE TABLE said AS SELECT block, tx_hash, sender, receiver, "
        f"coalesce(wide, amount::VARCHAR) AS units, memo, {stated}, "
        f"CASE WHEN ord < 0 THEN -1 ELSE ord // {FILE} END AS file, min(ord) AS ord "
        f"FROM every_row WHERE kind = 4 AND block BETWEEN {low} AND {high} GROUP BY ALL"
    )
    same = " AND ".join(f"n.{column} IS NOT DISTINCT FROM o.{column}" for column in _SAME)
    agree = " AND ".join(f"coalesce(n.{column} = o.{column}, true)" for column in (*_OPEN, "memo"))
    differs = [f"(n.{column} IS NULL) <> (o.{column} IS NULL)" for column in _OPEN]
    return staging.run(
        f"SELECT n.ord, {', '.join(differs)} FROM said n JOIN said o ON {same} "
        f"WHERE o.file < n.file AND {agree} AND ({' OR '.join(differs)}) ORDER BY n.ord LIMIT 1"
    )
