"""One import into an account chain, from files to the new chain.

* Every row that the source reads ends as added, there already, left, superseded or rejected.
* Where nothing is new, no new chain is made.

The steps are `sources`', `checking`'s and `merging`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jindo.base.errors import InputError
from jindo.base.ids import AssetId, ChainId
from jindo.ledger.chain import AccountChain
from jindo.ledger.checking import SEPARATOR, check_rows
from jindo.ledger.files import SourceFile, find_lines
from jindo.ledger.merging import build_merged, merge_transfers
from jindo.ledger.rejects import Reject, to_row_text
from jindo.ledger.repeats import check_repeats
from jindo.ledger.staging import Staging

_ROW = (
    "block",
    "tx_hash",
    "sender",
    "receiver",
    "amount",
    "time",
    "tx_index",
    "position",
    "asset",
    "decimals",
    "memo",
)
_SAYS = {"sender": "from", "receiver": "to", "position": "log_index"}


def import_accounts(
    staging: Staging,
    files: Sequence[SourceFile],
    stage: Callable[[], dict[str, int]],
    chain: ChainId,
    old: AccountChain | None,
    *,
    distinct: bool,
    again: bool,
) -> tuple[AccountChain | None, dict[str, int], list[Reject], dict[str, int], list[str]]:
    """The new chain (`None` where nothing is new), counts by outcome, rejects, rows by table, and notes.

    `stage` makes the table `raw` of the files, and gives the rows of each of their tables.
    """
    notes: list[str] = []
    tables = stage()
    check_rows(staging, chain)
    read = staging.one("SELECT count(*) FROM checked") + len(staging.rejected)
    decimals = _read_decimals(staging, old)
    merged = merge_transfers(staging, old, distinct=distinct)
    if "transfers" in tables and not again:
        check_repeats(staging, files)
    rejects = _read_rejects(staging, files)
    counts = {
        "read": read,
        "added": merged.added,
        "already_there": merged.already_there,
        "left_by_distinct": merged.left_by_distinct,
        "superseded": merged.superseded,
    }
    if merged.dropped:
        notes.append(
            f"{merged.dropped} movements that were taken from transactions gave way to what is known better"
        )
    built = build_merged(staging, chain, decimals) if merged.added or merged.dropped else None
    return built, counts, rejects, tables, notes


def _read_decimals(staging: Staging, old: AccountChain | None) -> dict[AssetId, int]:
    known = (
        {} if old is None else {a: d for a, d in zip(old.assets, old.decimals, strict=True) if d is not None}
    )
    found = staging.run(
        "SELECT asset, min(decimals), max(decimals) FROM checked "
        "WHERE problem IS NULL AND decimals IS NOT NULL GROUP BY asset ORDER BY asset"
    )
    for asset, least, most in found:
        _check_decimals(asset, {int(least), int(most), known.get(AssetId(asset), int(least))})
    return {**{AssetId(asset): int(places) for asset, places, _ in found}, **known}


def _check_decimals(asset: str, places: set[int]) -> None:
    """One asset has one scale: amounts at two would be added as if they were alike."""
    if len(places) > 1:
        raise InputError(
            f"the asset {asset!r} has {' and '.join(map(str, sorted(places)))} decimals at once",
            remedy="Give both imports the asset's true decimals, or name two assets with --asset.",
        )


def _read_rejects(staging: Staging, files: Sequence[SourceFile]) -> list[Reject]:
    found = list(staging.rejected)
    if staging.one("SELECT count(*) FROM refused"):
        fields = ", ".join(f"r.{name}" for name in _ROW)
        rows = staging.run(
            f"SELECT f.file, f.line, f.problem, {fields} FROM refused f JOIN raw r "
            "ON f.file = r.file AND f.line = r.line AND f.kind = r.kind AND f.part = r.part"
        )
        found += [
            (file, line, *problem.split(SEPARATOR), _to_text(values)) for file, line, problem, *values in rows
        ]
    lines = {
        number: find_lines(source, {line for file, line, *_ in found if file == number})
        for number, source in enumerate(files)
    }
    rejects = [Reject(files[file].name, lines[file][line], *rest) for file, line, *rest in found]
    return sorted(rejects, key=lambda reject: (reject.file, reject.line, reject.code))


def _to_text(values: Sequence[Any]) -> str:
    return to_row_text(
        {_SAYS.get(name, name): value for name, value in zip(_ROW, values, strict=True) if value is not None}
    )
