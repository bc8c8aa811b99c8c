"""What refuses a whole import, so that nothing of it comes in.

* A file that was imported before in another way is refused: its rows would count a second time. `again` allows it.
* Where no row can be taken in, or one cannot and the import is strict, the first reasons are said.
* A text file whose last line has no line feed may be cut: it is noted, and refused where the import is strict.

Single rows are refused by `checking`, `merging` and the sources.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jindo.base.errors import ConflictError, InputError
from jindo.base.ids import ChainId, parse_asset
from jindo.ledger.files import SourceFile, find_unended_line
from jindo.ledger.manifest import ImportEntry
from jindo.ledger.rejects import Reject

FIRST = 5
"""Rejected rows that a message shows."""


def find_other_import(imports: Sequence[ImportEntry], entry: ImportEntry) -> tuple[int, str] | None:
    """Number of the import that read a file of `entry` in another way, and the file's name; else `None`."""
    for source in entry.sources:
        earlier = [(n, old) for n, old in enumerate(imports, 1) if _has(old, entry.chain, source["sha256"])]
        if earlier and not any(_reading(old) == _reading(entry) for _, old in earlier):
            return earlier[0][0], source["name"]
    return None


def check_other_import(imports: Sequence[ImportEntry], entry: ImportEntry) -> None:
    """Refuse what would count the rows of a file a second time.

    Raises:
        ConflictError: a file was imported before with another format, other columns, asset or decimals.
    """
    found = find_other_import(imports, entry)
    if found is not None:
        number, name = found
        raise ConflictError(
            f"import {number} of this ledger read the same file in another way, {_say(imports[number - 1])}: its rows "
            "would count a second time",
            place=name,
            remedy="Import it as before, start a new ledger, or add --again if its rows are to count again.",
        )


def check_taken(rejects: Sequence[Reject], counts: Mapping[str, int]) -> None:
    """Refuse an import of which no row can be taken in.

    Raises:
        InputError: every row is rejected; the first are named.
    """
    taken = sum(counts[name] for name in ("added", "already_there", "left_by_distinct", "superseded"))
    if rejects and not taken:
        says = f"none of the source's {len(rejects)} rows can be taken in, and nothing was imported"
        raise InputError(f"{says}: {_list_first(rejects)}", remedy=rejects[0].remedy)


def check_strict(rejects: Sequence[Reject]) -> None:
    """Refuse an import of which a row is rejected.

    Raises:
        InputError: a row is rejected; the first is named.
    """
    if rejects:
        first = rejects[0]
        raise InputError(
            f"{first.reason} ({len(rejects)} rows are refused in all, and nothing was imported)",
            place=f"{first.file}:{first.line}",
            remedy=first.remedy,
        )


def note_unended(files: Iterable[SourceFile], *, strict: bool) -> list[str]:
    """A note for each text file whose last line has no line feed.

    Raises:
        InputError: there is one, and the import is `strict`; or a file cannot be read to its end.
    """
    notes = []
    for source in files:
        line = find_unended_line(source)
        if line is not None and strict:
            raise InputError(
                "the last line has no final newline, and may be cut",
                place=f"{source.name}:{line}",
                remedy="Compare it with the original; if it is whole, end it with a newline or leave --strict out.",
            )
        if line is not None:
            notes.append(
                f"{source.name}:{line}: the last line has no final newline, and may be cut: compare it with the original"
            )
    return notes


def _has(old: ImportEntry, chain: str, sha256: str) -> bool:
    """Whether rows of the file stand in the ledger by this import."""
    stands = old.read > old.rejected and old.chain == chain
    return stands and any(source["sha256"] == sha256 for source in old.sources)


def _reading(entry: ImportEntry) -> tuple[str, dict[str, Any]]:
    """How an import read its files: what tells one row from the same row read in another way.

    No other reading are the copies that `distinct` leaves, a column mapped to its own name, and no decimals for 0.
    """
    options, chain = entry.options, ChainId(entry.chain)
    asset, columns = options.get("asset"), options.get("columns") or {}
    return entry.format, {
        "asset": None if asset is None else parse_asset(asset, chain=chain),
        "columns": {ours: theirs for ours, theirs in columns.items() if theirs.lower() != ours},
        "decimals": options.get("decimals") or None,
    }


def _say(old: ImportEntry) -> str:
    options = {name: value for name, value in old.options.items() if value not in (None, {}, False)}
    columns = [f"--column {ours}={theirs}" for ours, theirs in options.pop("columns", {}).items()]
    said = [f"--{name} {value}" for name, value in options.items() if name != "distinct"]
    return " ".join((f"as {old.format}", *(said + columns or ["without options"])))


def _list_first(rejects: Sequence[Reject]) -> str:
    said = [f"{reject.file}:{reject.line}: {reject.reason}" for reject in rejects[:FIRST]]
    more = len(rejects) - len(said)
    return "; ".join([*said, f"and {more} more"] if more else said)
