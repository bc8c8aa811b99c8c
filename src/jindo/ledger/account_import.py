"""One import into an account chain, from files to the run that it adds.

* Every row that the source reads ends as added, there already, left, superseded or rejected.
* Runs that end before the first block touched stay as they are; what stands after them is built anew, as one run.
* Where nothing is new, nothing is built.

The steps are `sources`', `checking`'s and `merging`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jindo.base.errors import InputError
from jindo.base.ids import AssetId, ChainId
from jindo.ledger.account_building import Start, build_start
from jindo.ledger.chain import AccountChain
from jindo.ledger.checking import SEPARATOR, check_rows
from jindo.ledger.files import SourceFile, find_lines
from jindo.ledger.imported import Built, Imported
from jindo.ledger.merging import build_merged, find_kept_runs, find_names, merge_transfers
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
) -> Imported:
    """Read the files and build what they add to `old`.

    `stage` makes the table `raw` of the files, and gives the rows of each of their tables.
    """
    notes: list[str] = []
    tables = stage()
    check_rows(staging, chain)
    read = staging.one("SELECT count(*) FROM checked") + len(staging.rejected)
    decimals = _read_decimals(staging, old)
    keep = find_kept_runs(staging, old)
    merged = merge_transfers(staging, old, keep, distinct=distinct)
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
    if merged.placed:
        notes.append(f"{merged.placed} movements that stood without their transaction's index have it now")
    changed = merged.added or merged.dropped or merged.placed
    built = _build(staging, old, keep, decimals) if changed else None
    return Imported(built, counts, rejects, tables, notes)


def _build(staging: Staging, old: AccountChain | None, keep: int, decimals: dict[AssetId, int]) -> Built:
    names = find_names(staging) if old is not None and keep else []
    start = Start() if old is None else build_start(old, keep, names)
    run, assets = build_merged(staging, start)
    return Built(keep, () if run is None else (run,), assets, tuple(decimals.get(asset) for asset in assets))


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
