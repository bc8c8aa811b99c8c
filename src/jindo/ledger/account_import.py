"""One import into an account chain, from files to the runs that it adds.

* Every row that the source reads ends as added, there already, left, superseded or rejected.
* Runs that end before the first block touched stay as they are; what stands after them is built anew.
* The order is the ledger's (`rows`); rows that no index orders stand in the order in which they came in.
* Where nothing is new, nothing is built.

The steps are `sources`', `checking`'s and `merging`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from jindo.base.errors import InputError
from jindo.base.ids import UNNAMED_ASSET, AssetId, ChainId
from jindo.ledger.account_building import AccountRunBuilder, Start, build_start
from jindo.ledger.chain import AccountChain
from jindo.ledger.checking import COLUMNS, Checked, check_rows
from jindo.ledger.fields import SEPARATOR
from jindo.ledger.files import SourceFile, find_lines
from jindo.ledger.imported import Built, Imported
from jindo.ledger.merging import find_kept_runs, merge_transfers
from jindo.ledger.rejects import Reject, to_row_text
from jindo.ledger.repeats import check_repeats
from jindo.ledger.runs import NOBODY, AccountRun
from jindo.ledger.spool import Spool
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
_RANK = "CASE kind WHEN 2 THEN 0 WHEN 1 THEN 2 ELSE 1 END"
"""SQL of `rows.RANK`."""
_BATCH = 1 << 17
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
    checked = check_rows(staging, chain)
    read = checked.rows + len(staging.rejected)
    decimals = _read_decimals(checked, old)
    keep = find_kept_runs(staging, old)
    merged = merge_transfers(staging, checked, old, keep, distinct=distinct)
    if "transfers" in tables and not again:
        assets = [*checked.assets.new_texts()]
        unnamed = assets.index(UNNAMED_ASSET) if UNNAMED_ASSET in assets else NOBODY
        check_repeats(staging, files, unnamed)
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
    built = _build(staging, checked, old, keep, decimals) if changed else None
    return Imported(built, counts, rejects, tables, notes)


def _build(
    staging: Staging, checked: Checked, old: AccountChain | None, keep: int, decimals: dict[AssetId, int]
) -> Built:
    names = find_names(staging, checked) if old is not None and keep else []
    start = Start() if old is None else build_start(old, keep, names)
    runs, assets = build_merged(staging, checked, start)
    return Built(keep, runs, assets, tuple(decimals.get(asset) for asset in assets))


def find_names(staging: Staging, checked: Checked) -> list[str]:
    """The accounts that the tables `fresh` and `held` name."""
    ids = staging.run("SELECT DISTINCT unnest([sender, receiver]) AS name FROM every_row")
    return checked.names.texts(np.array([name for (name,) in ids if name >= 0], np.int64))


def build_merged(
    staging: Staging, checked: Checked, start: Start
) -> tuple[tuple[AccountRun, ...], tuple[AssetId, ...]]:
    """The runs of the tables `fresh` and `held` in ledger order, from `start` on, and all assets of the chain.

    The tables are gone then. DuckDB sorts on disk.
    """
    staging.progress("sorting", 0, None)
    count, done = staging.one("SELECT count(*) FROM every_row"), 0
    assets = [*checked.assets.new_texts()]
    builder = AccountRunBuilder(start, Spool(staging.folder / "run"), checked.names, assets)
    order = f"block, tx_index, {_RANK}, position, ord"
    for batch in staging.stream(f"SELECT {', '.join(COLUMNS)} FROM every_row ORDER BY {order}", _BATCH):
        builder.add(batch)
        done += len(batch)
        staging.progress("building", done, count)
    staging.run("DROP VIEW every_row")
    for table in ("fresh", "held"):
        staging.run(f"DROP TABLE {table}")
    return builder.finish()


def _read_decimals(checked: Checked, old: AccountChain | None) -> dict[AssetId, int]:
    known = (
        {} if old is None else {a: d for a, d in zip(old.assets, old.decimals, strict=True) if d is not None}
    )
    assets = checked.assets.new_texts()
    found = sorted((assets[number], *ends) for number, ends in checked.decimals.items())
    for asset, least, most in found:
        _check_decimals(asset, {least, most, known.get(AssetId(asset), least)})
    return {**{AssetId(asset): places for asset, places, _ in found}, **known}


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
